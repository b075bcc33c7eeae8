"""Recordings of terminals as asciicast files: one a shell, readable up to the last word."""

from __future__ import annotations

import codecs
import json
import os
import re
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from labmgr.domain.terminals import Size, Space, Tape
from labmgr.errors import NotFound, StoreError
from labmgr.store.kept.recording_room import MOST, Room

FOLDER: Final = "records"
SUFFIX: Final = ".cast"
LARGEST: Final = 16 << 20  # bytes of one recording; an hour of ordinary work is well below one
LEAST: Final = 4 << 10  # bytes: a recording that could not hold more is not begun
TOO_MUCH: Final = "Put records of past sessions elsewhere, or raise LABMGR_RECORDINGS_MIB."
NAME: Final = re.compile(r"[0-9A-Za-z][0-9A-Za-z._-]{0,120}")
FULL: Final = "\r\n[enregistrement arrêté : taille maximale atteinte]\r\n"


class CastFile:
    """An asciicast v2 file under way. Each event is written at once, unbuffered."""

    def __init__(
        self,
        file: Path,
        size: Size,
        title: str,
        *,
        clock: Callable[[], float],
        largest: int,
        room: Callable[[int], str],
    ) -> None:
        self.name, self.full, self._room = file.name, "", room
        self._clock, self._begun, self._left = clock, clock(), largest
        self._decode = codecs.getincrementaldecoder("utf-8")(errors="replace").decode
        self._lock = threading.Lock()  # output and sizes come from different threads
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
        self._fd = os.open(file, flags, 0o600)
        header = {
            "version": 2,
            "width": size.columns,
            "height": size.rows,
            "timestamp": int(time.time()),
            "title": title,
            "env": {"TERM": "xterm-256color"},
        }
        with _in_our_words(file):
            self._write(json.dumps(header, ensure_ascii=False))

    def output(self, data: bytes) -> bool:
        with self._lock:
            return self._event("o", self._decode(data))

    def resize(self, size: Size) -> None:
        with self._lock:
            self._event("r", str(size))

    def close(self) -> None:
        with self._lock:
            if self._fd >= 0:
                os.close(self._fd)
            self._fd = -1

    def _event(self, kind: str, text: str) -> bool:
        if self._fd < 0:
            return False
        if not text:  # the first half of a letter: its rest comes with the next bytes
            return True
        line = self._line(kind, text)
        self.full = self._refusal(len(line.encode()) + 1)
        with _in_our_words(self.name):
            self._write(self._line("o", FULL) if self.full else line)
        if self.full:
            os.close(self._fd)
            self._fd = -1
        return not self.full

    def _refusal(self, more: int) -> str:
        """Why so many bytes cannot be kept; empty, and they are counted, when they can."""
        if more > self._left:
            return "it has reached its largest size"
        return self._room(more)

    def _line(self, kind: str, text: str) -> str:
        at = round(self._clock() - self._begun, 6)
        return json.dumps([at, kind, text], ensure_ascii=False)

    def _write(self, line: str) -> None:
        data = f"{line}\n".encode()
        self._left -= len(data)
        while data:
            data = data[os.write(self._fd, data) :]


class FileRecordings:
    """All recordings, under records/<lab>/ of labmgr's home; for labmgr's own eyes (0700, 0600)."""

    def __init__(
        self,
        home: Path,
        *,
        now: Callable[[], datetime],
        clock: Callable[[], float] = time.monotonic,
        largest: int = LARGEST,
        most: int = MOST,
    ) -> None:
        self._folder, self._now, self._clock = home / FOLDER, now, clock
        self._largest = largest
        self._room = Room(self._folder, SUFFIX, most=most, clock=clock)

    def start(self, lab: str, label: str, size: Size, title: str) -> CastFile:
        """A new file whose name tells when, and *label*: who and where."""
        folder = self._of(lab)
        stamp = self._now().astimezone(UTC).strftime("%Y%m%dT%H%M%S.%f")[:-3]
        file = folder / f"{stamp}-{re.sub('[^0-9A-Za-z]+', '-', label)[:80]}{SUFFIX}"
        with _in_our_words(file):
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            self._room.measure()
            if full := self._room.refusal(lab, LEAST):
                raise StoreError(full, hint=TOO_MUCH)
            room = partial(self._room.take, lab)
            return CastFile(file, size, title, clock=self._clock, largest=self._largest, room=room)

    def space(self) -> Space:
        with _in_our_words(self._folder):
            return self._room.space()

    def tapes(self, lab: str) -> list[Tape]:
        with _in_our_words(self._of(lab)):
            found = [(file, file.stat()) for file in self._of(lab).glob(f"*{SUFFIX}")]
        return [
            Tape(lab, file.name, seen.st_size, datetime.fromtimestamp(seen.st_mtime, UTC))
            for file, seen in sorted(found, reverse=True)
        ]

    def path(self, lab: str, name: str) -> Path:
        file = self._of(lab) / name
        if not NAME.fullmatch(name) or file.suffix != SUFFIX or not file.is_file():
            raise NotFound(f"Lab {lab} has no recording {name}")
        return file

    def _of(self, lab: str) -> Path:
        if not NAME.fullmatch(lab):
            raise NotFound(f"There is no lab {lab}")
        return self._folder / lab


@contextmanager
def _in_our_words(file: Path | str) -> Iterator[None]:
    try:
        yield
    except OSError as trouble:
        raise StoreError(
            f"{file}: {trouble.strerror}", hint="Free some space on the disk of labmgr's home."
        ) from trouble
