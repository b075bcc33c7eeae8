"""Interactive shells: where they lead, how they are kept, and the ports that open and record them.

The promise of ports.py holds here too: every failure leaves as one of labmgr's own errors.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Final, Protocol

MOST_EACH: Final = 5  # shells of one person: three nodes, a second view, and one left behind
MOST_LINES: Final = 150  # browsers attached at once; each holds one of the server's threads
KEPT: Final = 256 << 10  # bytes of output that a browser gets back when it returns
WIDEST, TALLEST = 500, 200  # columns, rows: more is no screen but a mistake


@dataclass(frozen=True)
class Size:
    """A terminal's columns and rows, always within what a screen can be."""

    columns: int = 80
    rows: int = 24

    @classmethod
    def of(cls, columns: int, rows: int) -> Size:
        """The nearest size that makes sense."""
        return cls(min(max(columns, 2), WIDEST), min(max(rows, 2), TALLEST))

    def __str__(self) -> str:
        return f"{self.columns}x{self.rows}"


@dataclass(frozen=True)
class Jump:
    """The lab's gateway, as a jump host; its key is pinned."""

    host: str
    port: int
    login: str
    password: str = field(repr=False)
    host_key: str = ""  # "ssh-ed25519 AAAA…"


@dataclass(frozen=True)
class Target:
    """An account on a node, behind its jump host."""

    jump: Jump
    node: str
    host: str
    port: int
    login: str
    password: str = field(default="", repr=False)
    key: str = field(default="", repr=False)  # a private key in OpenSSH form, tried first


class Shell(Protocol):
    """A shell that runs on a node. May be used by several threads at once."""

    def read(self, timeout: float) -> bytes | None:
        """What it wrote; b"" when nothing came within *timeout* seconds, None once it is over."""

    def write(self, data: bytes) -> None:
        """Type into it. What is typed into a shell that is over is lost."""

    def resize(self, size: Size) -> None: ...
    def exit_status(self) -> int | None:
        """How the shell ended by itself; None while it runs or when the line was cut."""

    def close(self) -> None: ...


class Shells(Protocol):
    """Opens shells on nodes."""

    def open(self, target: Target, size: Size) -> Shell:
        """Raises HostKeyChanged, LoginRefused or ConsoleError."""


@dataclass(frozen=True)
class Tape:
    """A finished or running recording, as a file of records/<lab>/."""

    lab: str
    name: str
    size: int
    written: datetime


@dataclass(frozen=True)
class Space:
    """What all recordings take on the disk, and what they may; in bytes, `most` 0 for no limit."""

    used: int
    most: int

    @property
    def low(self) -> bool:
        """Four fifths are used: soon terminals run on unrecorded."""
        return 0 < self.most * 4 <= self.used * 5


class Recording(Protocol):
    """A recording under way: output and sizes, never what was typed."""

    name: str
    full: str  # why it has ended before its shell; empty while it goes on

    def output(self, data: bytes) -> bool:
        """Keep it, readable even after a kill; False once the recording is full and has ended."""

    def resize(self, size: Size) -> None: ...
    def close(self) -> None: ...


class Recordings(Protocol):
    """The recordings of terminals, in labmgr's home. Failures are StoreErrors."""

    def start(self, lab: str, label: str, size: Size, title: str) -> Recording:
        """Raises a StoreError as well when recordings have taken all that they may."""

    def space(self) -> Space: ...
    def tapes(self, lab: str) -> Sequence[Tape]:
        """Newest first."""

    def path(self, lab: str, name: str) -> Path:
        """Where a recording lies. Raises NotFound."""


class Ring:
    """The last bytes of an endless output; each byte keeps its place, counted from the first."""

    def __init__(self, room: int = KEPT) -> None:
        self._room = room
        self._bytes = bytearray()
        self.end = 0

    @property
    def start(self) -> int:
        return self.end - len(self._bytes)

    def add(self, data: bytes) -> None:
        self._bytes += data
        self.end += len(data)
        if len(self._bytes) > 2 * self._room:  # seldom, so that long output is not slow
            del self._bytes[: -self._room]

    def since(self, place: int, most: int) -> tuple[int, bytes]:
        """At most *most* bytes from *place*, and where they begin: later, when some are gone."""
        if not self.start <= place <= self.end:
            place = self._line_start()
        first = place - self.start
        return place, bytes(self._bytes[first : first + most])

    def _line_start(self) -> int:
        """The oldest place where a line begins: not amid a letter or an escape sequence."""
        if self.start == 0:
            return 0
        return self.start + self._bytes.find(b"\n") + 1
