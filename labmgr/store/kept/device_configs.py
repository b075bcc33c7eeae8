"""Configurations of devices as files: devices/<name>/<time>.cfg of labmgr's home, 0600."""

from __future__ import annotations

import os
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final

from labmgr.domain.devices import Backup
from labmgr.errors import NotFound, StoreError

FOLDER: Final = "devices"
SUFFIX: Final = ".cfg"
_STAMP: Final = "%Y%m%dT%H%M%S.%f"
_NAME: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,60}")


class FileConfigs:
    def __init__(self, home: Path, *, now: Callable[[], datetime]) -> None:
        self._folder, self._now = home / FOLDER, now

    def keep(self, device: str, text: str) -> Backup:
        """Whole or not at all: written beside (hidden, so no backup takes it), then renamed."""
        folder, at = self._of(device), self._after_all_others(device)
        name = f"{at.strftime(_STAMP)[:-3]}{SUFFIX}"
        with _in_our_words(folder):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            made = folder / f".{name}"
            fd = os.open(made, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
            with open(fd, "w", encoding="utf-8", newline="") as out:  # noqa: PTH123 - by its number
                out.write(text)
                out.flush()
                os.fsync(out.fileno())
            made.rename(folder / name)
        return self._backup(device, folder / name)

    def _after_all_others(self, device: str) -> datetime:
        """Now; after a wall clock was set back the newest is still the last by its name."""
        last = next((one.at for one in self.backups(device)), None)
        now = self._now().astimezone(UTC)
        return max(now, last + timedelta(milliseconds=1)) if last else now

    def backups(self, device: str) -> list[Backup]:
        with _in_our_words(self._of(device)):
            found = sorted(self._of(device).glob(f"[!.]*{SUFFIX}"), reverse=True)
            return [self._backup(device, file) for file in found]

    def text(self, device: str, name: str) -> str:
        file = self._of(device) / f"{name.removesuffix(SUFFIX)}{SUFFIX}"
        if not _NAME.fullmatch(file.name) or not file.is_file():
            raise NotFound(
                f"{device} has no backup {name}",
                hint=f"`labmgr device diff {device} --list` names those there are.",
            )
        with _in_our_words(file):
            return file.read_text(encoding="utf-8")

    def names(self) -> list[str]:
        with _in_our_words(self._folder):
            there = self._folder.iterdir() if self._folder.is_dir() else ()
            return sorted(one.name for one in there if one.is_dir() and _NAME.fullmatch(one.name))

    def discard(self, device: str, name: str) -> None:
        file = self._of(device) / f"{name}{SUFFIX}"
        if not _NAME.fullmatch(file.name):
            raise NotFound(f"{device} has no backup {name}")
        with _in_our_words(file):
            file.unlink(missing_ok=True)

    def _backup(self, device: str, file: Path) -> Backup:
        stamp = file.name.removesuffix(SUFFIX)
        at = datetime.strptime(f"{stamp}000", _STAMP).replace(tzinfo=UTC)
        return Backup(device, stamp, at, file.stat().st_size)

    def _of(self, device: str) -> Path:
        if not _NAME.fullmatch(device):
            raise NotFound(f"There is no device {device}")
        return self._folder / device


@contextmanager
def _in_our_words(file: Path) -> Iterator[None]:
    try:
        yield
    except OSError as trouble:
        raise StoreError(
            f"{file}: {trouble.strerror}", hint="Free some space on the disk of labmgr's home."
        ) from trouble
