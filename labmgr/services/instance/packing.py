"""A home as a stream of files, and back; nothing is held in memory."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from io import BytesIO, RawIOBase
from pathlib import Path
from typing import BinaryIO, Final

from labmgr.domain.backup import (
    DATABASE,
    MANIFEST,
    Kept,
    Manifest,
    belongs,
    odd,
    refuse_odd,
)
from labmgr.errors import Refused

Count = Callable[[int, int], None]  # bytes done, of all
PIECE: Final = 1 << 18
MANIFEST_MOST: Final = 64 << 20


def pack(out: RawIOBase, home: Path, database: Path, about: Manifest, tell: Count) -> Manifest:
    """The database's copy first, then the files beside it: what its rows name is there."""
    plan = [(DATABASE, database), *_files(home)]
    total = sum(file.stat().st_size for _, file in plan if file.exists())
    kept: list[Kept] = []
    done = 0
    with tarfile.open(fileobj=out, mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for name, file in plan:
            if (one := _add(tar, name, file)) is not None:
                kept.append(one)
                done += one.size
            tell(done, total)
        manifest = replace(about, files=tuple(kept))
        text = manifest.text()
        tar.addfile(_member(MANIFEST, len(text)), BytesIO(text))
    return manifest


def unpack(stream: RawIOBase, fresh: Path, tell: Callable[[], None]) -> Manifest:
    """Every file as its manifest says, in a folder that is ours alone. Raises BadInput."""
    found: list[Kept] = []
    manifest = None
    try:
        with tarfile.open(fileobj=stream, mode="r|") as tar:
            for member in tar:
                content = _content(tar, member)
                if member.name == MANIFEST:
                    manifest = Manifest.read(content.read(MANIFEST_MOST))
                else:
                    found.append(_write(fresh, member.name, content))
                tell()
    except tarfile.TarError as e:
        raise odd(f"its contents cannot be read ({e})") from e
    while stream.read(PIECE):
        pass  # only the last piece proves that none is missing
    if manifest is None or list(manifest.files) != found:
        raise odd("its files are not those that its manifest names")
    return manifest


def _files(home: Path) -> Iterator[tuple[str, Path]]:
    for folder, folders, files in os.walk(home):
        here = Path(folder)
        for name in sorted(folders + files):
            path = here / name
            inside = path.relative_to(home).as_posix()
            if not belongs(inside):
                continue
            if path.is_symlink():
                raise Refused(
                    f"{path} is a link: a backup would not know what to do with it",
                    hint="Put the files themselves there, or remove the link.",
                )
            if path.is_file():
                yield inside, path
        folders[:] = [one for one in folders if belongs((here / one).relative_to(home).as_posix())]


def _add(tar: tarfile.TarFile, name: str, file: Path) -> Kept | None:
    """A file that grows is kept as long as it was; one that was removed meanwhile is none."""
    try:
        handle = file.open("rb")
    except FileNotFoundError:
        return None
    with handle:
        size = os.fstat(handle.fileno()).st_size
        reader = _Hashing(handle)
        try:
            tar.addfile(_member(name, size), reader)
        except OSError as e:
            if reader.short:
                raise Refused(f"{file} shrank while it was read", hint="Repeat.") from e
            raise
    return Kept(name, size, reader.sha256)


def _member(name: str, size: int) -> tarfile.TarInfo:
    made = tarfile.TarInfo(name)
    made.size, made.mode = size, 0o600
    return made


def _content(tar: tarfile.TarFile, member: tarfile.TarInfo) -> BinaryIO:
    refuse_odd(member.name)
    content = tar.extractfile(member) if member.isreg() else None
    if content is None:
        raise odd(f"{member.name!r} is not a plain file")
    return content  # type: ignore[return-value]  # an IO[bytes] in all that is used of it


def _write(fresh: Path, name: str, content: BinaryIO) -> Kept:
    """The owner's alone, whatever the member says; on the disk before it counts."""
    path = fresh / name
    for folder in reversed(path.relative_to(fresh).parents):
        (fresh / folder).mkdir(mode=0o700, exist_ok=True)
    try:
        handle = os.open(path, os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_WRONLY, 0o600)
    except FileExistsError as e:
        raise odd(f"it holds {name!r} twice") from e
    reader = _Hashing(content)
    with os.fdopen(handle, "wb") as out:
        shutil.copyfileobj(reader, out, PIECE)
        out.flush()
        os.fsync(out.fileno())
        return Kept(name, out.tell(), reader.sha256)


class _Hashing:
    """Hashes what is read through it."""

    def __init__(self, file: BinaryIO) -> None:
        self._file = file
        self._hash = hashlib.sha256()
        self.short = False

    def read(self, size: int = -1) -> bytes:
        data = self._file.read(size)
        self.short = len(data) < size
        self._hash.update(data)
        return data

    @property
    def sha256(self) -> str:
        return self._hash.hexdigest()
