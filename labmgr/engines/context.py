"""What the builder is handed: a recipe's folder, the same on every machine, and extra-ca.crt."""

from __future__ import annotations

import io
import tarfile
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

from labmgr.errors import BadSettings

ABOUT = Path("README.md")  # the folder's own, left out of the recipe's hash too
CA = "extra-ca.crt"


@contextmanager
def context(folder: Path, extra_ca: Path | None) -> Iterator[IO[bytes]]:
    """A tar: root's files, modes by who may execute, so that no umask gets into an image."""
    with tempfile.TemporaryFile() as file:
        with tarfile.open(fileobj=file, mode="w") as tar:
            for path in sorted(folder.rglob("*")):
                inside = path.relative_to(folder)
                compiled = "__pycache__" in inside.parts or path.suffix == ".pyc"
                if inside != ABOUT and not compiled:
                    tar.add(path, str(inside), recursive=False, filter=_plain)
            content = _certificates(extra_ca)
            entry = tarfile.TarInfo(CA)
            entry.size, entry.mode = len(content), 0o644
            tar.addfile(entry, io.BytesIO(content))
        file.seek(0)
        yield file


def _plain(entry: tarfile.TarInfo) -> tarfile.TarInfo:
    entry.uid = entry.gid = 0
    entry.uname = entry.gname = "root"
    entry.mtime = 0
    entry.mode = 0o755 if entry.isdir() or entry.mode & 0o100 else 0o644
    return entry


def _certificates(file: Path | None) -> bytes:
    try:
        return file.read_bytes() if file else b""
    except OSError as e:
        raise BadSettings(
            f"The extra certificates {file} cannot be read: {e.strerror}",
            hint="LABMGR_EXTRA_CA names a PEM file that this user may read, or nothing.",
        ) from e
