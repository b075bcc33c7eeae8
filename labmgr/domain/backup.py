"""A backup of an instance: what of its home belongs in it, and what it says of itself."""

from __future__ import annotations

import json
from abc import abstractmethod
from contextlib import AbstractContextManager
from dataclasses import asdict, dataclass
from datetime import datetime
from io import RawIOBase
from pathlib import Path, PurePosixPath
from typing import BinaryIO, Final, Protocol

from labmgr.domain.books import Store
from labmgr.errors import BadInput

DATABASE: Final = "labmgr.db"
MANIFEST: Final = "manifest.json"
NEEDED: Final = frozenset({DATABASE, "instance", "keys/vault.key"})
# Made anew at each start, or of this machine alone. What is hidden is somebody's half-written
# file; the database is copied by its own means.
_LEFT_OUT: Final = frozenset({"locks", "tls", "url", MANIFEST})


@dataclass(frozen=True)
class Kept:
    """One file of a backup."""

    name: str  # relative to the home
    size: int
    sha256: str


@dataclass(frozen=True)
class Manifest:
    """What a backup says of itself; its last member, so that it can tell of what was read."""

    version: str
    schema: str
    instance: str
    made: datetime
    files: tuple[Kept, ...]

    @property
    def size(self) -> int:
        return sum(one.size for one in self.files)

    def text(self) -> bytes:
        return json.dumps(asdict(self), default=datetime.isoformat, indent=1).encode()

    @classmethod
    def read(cls, text: bytes) -> Manifest:
        """Raises BadInput."""
        try:
            facts = json.loads(text)
            made = datetime.fromisoformat(facts.pop("made"))
            files = tuple(Kept(**one) for one in facts.pop("files"))
            return cls(**facts, made=made, files=files)
        except (ValueError, TypeError, KeyError) as e:
            raise odd("its manifest cannot be read") from e


def belongs(name: str) -> bool:
    """Whether this file of a home, named from there, goes into a backup."""
    parts = PurePosixPath(name).parts
    top = parts[0]
    hidden = any(part.startswith(".") for part in parts)
    lone = len(parts) == 1 and (top.startswith(DATABASE) or top.endswith(".log"))
    return not (hidden or lone or top in _LEFT_OUT)


def refuse_odd(name: str) -> None:
    """No member of a backup may reach beyond the folder it is unpacked into."""
    parts = name.split("/")
    if any(part in {"", ".", ".."} or "\\" in part or "\0" in part for part in parts):
        raise odd(f"it holds a file named {name!r}")
    if name not in {DATABASE, MANIFEST} and not belongs(name):
        raise odd(f"it holds {name!r}, which no backup does")


def odd(what: str) -> BadInput:
    return BadInput(f"This is no backup that labmgr made: {what}", hint="Use another backup.")


class Sealed(RawIOBase):
    """A stream being encrypted; only `finish` makes it whole."""

    @abstractmethod
    def finish(self) -> None:
        """Write what makes the stream whole."""


class Strongbox(Protocol):
    """Encrypts a stream under a passphrase, in pieces, so that its size does not matter."""

    def seal(self, file: BinaryIO, passphrase: str) -> Sealed: ...
    def unseal(self, file: BinaryIO, passphrase: str) -> RawIOBase:
        """Reading raises VaultError for a wrong passphrase, an altered file or a cut one."""


class Homes(Protocol):
    """Whole directories of state."""

    def copy_database(self, home: Path, to: Path) -> None:
        """A copy of one instant, sound, while others go on writing."""

    def schema(self, home: Path) -> str:
        """The shape of its tables; refused when it is newer than this labmgr."""

    def store(self, home: Path) -> AbstractContextManager[Store]:
        """Its store, brought up to date."""

    def alone(self, home: Path) -> AbstractContextManager[None]:
        """Nobody else works in this home while the block runs; Refused when somebody does."""

    def fresh(self, beside: Path) -> AbstractContextManager[Path]:
        """An empty private directory; what is still there at the end of the block is removed.

        So is what a killed one left.
        """

    def put_in_place(self, fresh: Path, home: Path, aside: Path) -> bool:
        """*fresh* becomes *home* in one step; what stood there moves *aside* (True)."""
