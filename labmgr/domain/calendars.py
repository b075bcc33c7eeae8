"""What is taken when: calendars that answer with the first time at which something is free."""

from __future__ import annotations

import math
from bisect import insort
from copy import copy

Busy = tuple[float, float]


class Calendar:
    """One thing that serves one at a time. Seconds; `margin` is kept free between two uses."""

    def __init__(self, margin: float = 0) -> None:
        self._margin = margin
        self._busy: list[Busy] = []  # uses, which keep their margin from each other
        self._shut: list[Busy] = []  # pauses, which need none

    def shut(self, start: float, end: float) -> None:
        insort(self._shut, (start, end))

    def take(self, start: float, end: float) -> None:
        insort(self._busy, (start, end))

    def free_from(self, start: float, length: float) -> float:
        """The first instant from *start* on at which *length* seconds are free."""
        moved = True
        while moved:
            moved = False
            for spans, margin in ((self._busy, self._margin), (self._shut, 0.0)):
                for begin, end in spans:
                    if start < end + margin and begin < start + length + margin:
                        start, moved = end + margin, True
        return start

    def copy(self) -> Calendar:
        """Uses of its own; pauses are shut once, before the first copy."""
        twin = copy(self)
        vars(twin)["_busy"] = list(self._busy)
        return twin


class Crowd:
    """Something that serves so many at once; without a number, any."""

    def __init__(self, most: int | None) -> None:
        self._most = most
        self._busy: list[Busy] = []

    def take(self, start: float, end: float) -> None:
        insort(self._busy, (start, end))

    def free_from(self, start: float, length: float) -> float:
        """The first instant from *start* on at which there is room for *length* seconds."""
        if self._most == 0:
            return math.inf
        while self._most:
            near = [one for one in self._busy if one[0] < start + length and start < one[1]]
            if _most_at_once(near, start) < self._most:
                return start
            start = min(end for _, end in near)
        return start

    def copy(self) -> Crowd:
        twin = copy(self)
        vars(twin)["_busy"] = list(self._busy)
        return twin


def _most_at_once(spans: list[Busy], start: float) -> int:
    instants = {max(begin, start) for begin, _ in spans}
    return max((sum(b <= at < e for b, e in spans) for at in instants), default=0)
