"""Key files: made once, the owner's alone, never half written."""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from labmgr.errors import VaultError


def made_once(path: Path, make: Callable[[], bytes]) -> bytes:
    """The file's content; made on first use. Of two processes one makes it, both read that."""
    with _in_our_words(path):
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            _write_new(path, make())
        _refuse_readable(path)
        return path.read_bytes()


def _write_new(path: Path, content: bytes) -> None:
    draft = path.with_name(f".{path.name}.{os.getpid()}.{os.urandom(4).hex()}")
    try:
        with os.fdopen(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        # A link, not a rename: it never replaces a key that somebody made meanwhile.
        with suppress(FileExistsError):
            os.link(draft, path)
        _sync_folder(path.parent)
    finally:
        draft.unlink(missing_ok=True)


def _sync_folder(folder: Path) -> None:
    """A key that a power cut takes away again takes all that it sealed with it."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _refuse_readable(path: Path) -> None:
    mode = stat.S_IMODE(path.stat().st_mode)
    if mode & 0o077:
        raise VaultError(
            f"The key {path} can be read by others (mode {mode:04o})",
            hint=f"`chmod 600 {path}`; if others have accounts here, renew what it protects.",
        )


@contextmanager
def _in_our_words(path: Path) -> Iterator[None]:
    try:
        yield
    except OSError as e:
        raise VaultError(
            f"The key {path} cannot be read or made: {e.strerror}",
            hint="Check the owner, the rights and the room of LABMGR_HOME.",
        ) from e
