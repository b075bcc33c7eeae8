"""How much disk recordings may take: all of them together, and those of one lab."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Final

from labmgr.domain.terminals import Space

MOST: Final = 2 << 30  # bytes, when the centre says nothing
OF_A_LAB: Final = 64 << 20  # so that one flood on one screen ends nobody else's recording
AGAIN: Final = 60.0  # seconds until the folder is measured again for whoever asks
MIB: Final = 1 << 20


class Room:
    """Counted as it is written, measured at each new recording: files go by other hands too.

    *most* 0 sets no limit for all of them.
    """

    def __init__(
        self, folder: Path, suffix: str, *, most: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._folder, self._suffix, self._most, self._clock = folder, suffix, most, clock
        self._used: Counter[str] = Counter()
        self._measured: float | None = None
        self._lock = threading.Lock()

    def measure(self) -> None:
        found: Counter[str] = Counter()
        for file in self._folder.glob(f"*/*{self._suffix}"):
            found[file.parent.name] += file.stat().st_size
        with self._lock:
            self._used, self._measured = found, self._clock()

    def refusal(self, lab: str, more: int) -> str:
        """What is too full for *more* bytes of a lab's; empty when there is room."""
        if self._used[lab] + more > OF_A_LAB:
            return f"the recordings of this lab have reached {OF_A_LAB // MIB} MiB"
        if self._most and self._used.total() + more > self._most:
            return f"all recordings have reached {self._most // MIB} MiB"
        return ""

    def take(self, lab: str, more: int) -> str:
        """Count so many bytes; or count nothing, and say what is full."""
        with self._lock:
            if not (full := self.refusal(lab, more)):
                self._used[lab] += more
            return full

    def space(self) -> Space:
        if self._measured is None or self._clock() - self._measured > AGAIN:
            self.measure()
        with self._lock:
            return Space(self._used.total(), self._most)
