"""One running shell with all that is kept of it: its last output, its recording, who looks on."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from labmgr.domain.terminals import Recording, Ring, Shell, Size
from labmgr.domain.words import Audience
from labmgr.errors import StoreError

LISTEN: Final = 1.0  # seconds until a silent shell is looked at again
ASKED: Final = 3.0  # seconds between two questions whether it may go on
FASTEST: Final = 1 << 20  # bytes a second: a flood on one screen must not slow everybody's pages
FLOOD: Final = 4096  # bytes at once; less is a person at work
ABANDONED: Final = 10 * 60.0  # seconds without any browser, then a shell is ended
IDLE: Final = 2 * 3600.0  # seconds in which nothing was typed or shown


class Ending(StrEnum):
    """Why a terminal is over."""

    EXITED = "exited"  # the shell ended by itself
    LOST = "lost"  # the line was cut, though the lab is open
    CLOSED = "closed"  # the lab is no longer open to its user
    LEFT = "left"  # its user closed it
    ABANDONED = "abandoned"  # no browser came back in time
    IDLE = "idle"


@dataclass(frozen=True)
class Holder:
    """Whose terminal: `owner` alone may type; `by` is what the journal says of them."""

    audience: Audience
    owner: str
    by: str


@dataclass(frozen=True)
class Label:
    """Which terminal this is."""

    id: str
    lab: str
    node: str
    login: str
    holder: Holder
    opened: datetime


class Terminal:
    """Thread-safe: one thread reads the shell, each browser's thread types and looks."""

    def __init__(
        self,
        label: Label,
        shell: Shell,
        size: Size,
        recording: Recording | None,
        *,
        clock: Callable[[], float] = time.monotonic,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        self.label, self.size = label, size
        self.ended: Ending | None = None
        self._shell, self._recording = shell, recording
        self._clock, self._pause = clock, pause
        self._ring = Ring()
        self._lock = threading.Lock()
        self._bells: set[int] = set()
        self._hands: set[int] = set()  # those of its owner, without its watchers
        self._active = self._left = clock()

    @property
    def recorded(self) -> bool:
        return self._recording is not None

    @property
    def attended(self) -> bool:
        """Whether a browser of its owner is attached now."""
        return bool(self._hands)

    @property
    def watchers(self) -> int:
        return len(self._bells) - len(self._hands)

    def run(self, overdue: Callable[[], Ending | None], trouble: Callable[[str], None]) -> None:
        """Carry output to ring and recording until the shell is over.

        *overdue* is asked every few seconds and may end it; *trouble* is told when the recording
        stops before its time.
        """
        asked = self._clock()
        while self.ended is None:
            data = self._shell.read(LISTEN)
            if data is None:
                self.end(self._why(overdue))
            elif data:
                self._shown(data, trouble)
            if self._clock() - asked >= ASKED:
                asked = self._clock()
                if why := overdue():
                    self.end(why)

    def expired(self) -> Ending | None:
        """By the clocks alone."""
        now = self._clock()
        if not self._hands and now - self._left > ABANDONED:
            return Ending.ABANDONED
        return Ending.IDLE if now - self._active > IDLE else None

    def end(self, why: Ending) -> None:
        """Only the first reason counts."""
        with self._lock:
            if self.ended is not None:
                return
            self.ended = why
        self._shell.close()
        if self._recording is not None:
            self._recording.close()
        self._ring_bells()

    def type(self, data: bytes) -> None:
        self._active = self._clock()
        self._shell.write(data)

    def resize(self, size: Size) -> None:
        if size == self.size:
            return
        self.size = size
        self._shell.resize(size)
        if self._recording is not None:
            with suppress(StoreError):  # the next output meets the same trouble, and tells of it
                self._recording.resize(size)
        self._ring_bells()

    def since(self, place: int, most: int) -> tuple[int, bytes, int]:
        """Output from *place* on, where it really begins, and where all of it ends now."""
        with self._lock:
            first, data = self._ring.since(place, most)
            return first, data, self._ring.end

    @contextmanager
    def viewed(self, *, typing: bool) -> Iterator[int]:
        """While the block runs, a file descriptor that becomes readable when there is news."""
        bell = os.eventfd(0, os.EFD_NONBLOCK | os.EFD_CLOEXEC)
        with self._lock:
            self._bells.add(bell)
            if typing:
                self._hands.add(bell)
        try:
            yield bell
        finally:
            with self._lock:
                self._bells.discard(bell)
                self._hands.discard(bell)
                if typing:
                    self._left = self._clock()
            os.close(bell)

    def _why(self, overdue: Callable[[], Ending | None]) -> Ending:
        """At the bell the gateway cuts first, and labmgr's books follow a moment later."""
        if self._shell.exit_status() is not None:
            return Ending.EXITED
        for _ in range(12):
            if why := overdue():
                return why
            self._pause(0.25)
        return Ending.LOST

    def _shown(self, data: bytes, trouble: Callable[[str], None]) -> None:
        self._active = self._clock()
        with self._lock:
            self._ring.add(data)
        self._ring_bells()
        if self._recording is not None:
            self._record(data, trouble)
        if len(data) >= FLOOD:
            self._pause(len(data) / FASTEST)

    def _record(self, data: bytes, trouble: Callable[[str], None]) -> None:
        """A recording that cannot go on never takes the shell with it."""
        assert self._recording is not None  # noqa: S101 - asked by the caller
        try:
            if self._recording.output(data):
                return
            trouble(self._recording.full)
        except StoreError as failure:
            self._recording.close()
            trouble(str(failure))
        self._recording = None

    def _ring_bells(self) -> None:
        with self._lock:
            for bell in self._bells:
                os.eventfd_write(bell, 1)
