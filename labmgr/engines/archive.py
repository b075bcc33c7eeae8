"""Tar archives to and from containers: secret files going in, first proofs coming out."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Generator, Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import PurePosixPath

from labmgr.domain.plan import SecretFile

OURS = PurePosixPath("/etc/labmgr")


def of_secrets(files: Sequence[SecretFile]) -> bytes:
    """Owner root; the directories below /etc/labmgr are root's alone.

    Directories elsewhere must exist in the image: an entry here would change their mode.
    """
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as tar:
        for folder in sorted({folder for file in files for folder in _ours_above(file.path)}):
            entry = tarfile.TarInfo(str(folder).lstrip("/"))
            entry.type, entry.mode = tarfile.DIRTYPE, 0o700
            tar.addfile(entry)
        for file in files:
            entry = tarfile.TarInfo(file.path.lstrip("/"))
            entry.size, entry.mode = len(file.content), file.mode
            tar.addfile(entry, io.BytesIO(file.content))
    return buffer.getvalue()


def _ours_above(path: str) -> list[PurePosixPath]:
    return [folder for folder in PurePosixPath(path).parents if folder.is_relative_to(OURS)]


class _Pieces(io.RawIOBase):
    """A stream of pieces, readable as a file."""

    def __init__(self, pieces: Iterator[bytes]) -> None:
        self._pieces = pieces
        self._left = b""

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]  # Buffer in stubs
        while not self._left:
            piece = next(self._pieces, None)
            if piece is None:
                return 0
            self._left = piece
        size = min(len(buffer), len(self._left))
        buffer[:size] = self._left[:size]
        self._left = self._left[size:]
        return size


def entries(pieces: Iterable[bytes]) -> Generator[tuple[tarfile.TarInfo, bytes], None, None]:
    """Each entry with its content, as far as the caller goes on. Raises tarfile.TarError."""
    raw = io.BufferedReader(_Pieces(iter(pieces)))
    with closing(raw), tarfile.open(fileobj=raw, mode="r|") as tar:
        for entry in tar:
            file = tar.extractfile(entry) if entry.isfile() else None
            yield entry, file.read() if file else b""


def proof(pieces: Iterable[bytes]) -> str:
    """Name of the first file that reads whole (or the first entry of a tree without files)."""
    first = ""
    for entry, content in entries(pieces):
        if entry.isfile() and content:
            return entry.name
        first = first or entry.name
    return first
