"""Exam time: instants that no change of the wall clock can move, and what has been used of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import pairwise

ROUNDING = 0.001  # seconds


@dataclass(frozen=True)
class Moment:
    """One instant as the server lived it: UTC, which boot, and seconds on that boot's clock."""

    at: datetime
    boot: str
    ticks: float

    def since(self, earlier: Moment) -> float:
        """Seconds from *earlier* to here, never less than none.

        Within one boot its own clock counts: a wall clock set back or forth changes nothing.
        Between two boots only the wall clock is left to tell.
        """
        if self.boot == earlier.boot:
            return max(0.0, self.ticks - earlier.ticks)
        return max(0.0, (self.at - earlier.at).total_seconds())

    def earlier(self, seconds: float) -> Moment:
        """So many seconds before; as it is, for less than none."""
        if seconds <= 0:
            return self
        at = self.at - timedelta(seconds=seconds)
        return Moment(at, self.boot, self.ticks - seconds)


@dataclass(frozen=True)
class Stretch:
    """Time that counts, from one moment to another; still running without an end."""

    start: Moment
    end: Moment | None = None

    def length(self, now: Moment) -> float:
        return (self.end or now).since(self.start)


@dataclass(frozen=True)
class Clock:
    """What a phase may take, in seconds, and the stretches in which it ran.

    Nothing counts down anywhere: what is left is asked of these rows. `finished`: given up before
    its end, so that nothing of it is left, whatever was not used.
    """

    allotted: float
    stretches: tuple[Stretch, ...] = ()
    finished: bool = False

    @property
    def running(self) -> bool:
        return bool(self.stretches) and self.stretches[-1].end is None

    def used(self, now: Moment) -> float:
        return sum(stretch.length(now) for stretch in self.stretches)

    def left(self, now: Moment) -> float:
        """Seconds left, never less than none; what sums of fractions leave over is none."""
        left = 0.0 if self.finished else self.allotted - self.used(now)
        return left if left > ROUNDING else 0.0

    def due(self, now: Moment) -> datetime:
        """The wall clock's instant of its end, if it runs on from *now*."""
        return now.at + timedelta(seconds=self.left(now))

    def started(self, now: Moment) -> Clock:
        """Running from *now*; as it is, when it runs already."""
        if self.running:
            return self
        return replace(self, stretches=(*self.stretches, Stretch(now)))

    def stopped(self, now: Moment) -> Clock:
        """Stopped at *now*, or at its end if that came before; as it is, when it stands.

        A bell that is answered late (labmgr was away) makes nobody's time longer.
        """
        if not self.running:
            return self
        return self._ended(now.earlier(self.used(now) - self.allotted))

    def halted(self, beat: Moment) -> Clock:
        """Stopped by an outage at the last heartbeat; a stretch begun after it counts nothing."""
        if not self.running:
            return self
        start = self.stretches[-1].start
        seen = start.boot == beat.boot and start.ticks <= beat.ticks
        return self._ended(beat if seen else start)

    def _ended(self, end: Moment) -> Clock:
        last = replace(self.stretches[-1], end=end)
        return replace(self, stretches=(*self.stretches[:-1], last))

    def given_up(self, now: Moment) -> Clock:
        """Stopped for good: no resumption goes on with it; only more time by decision does."""
        return replace(self.stopped(now), finished=True)

    def with_time(self, allotted: float) -> Clock:
        return replace(self, allotted=allotted, finished=False)


def pauses(stretches: Sequence[Stretch]) -> list[tuple[Moment, Moment]]:
    """The gaps between stretches: from when to when the clock stood."""
    ended = [(one.end, after.start) for one, after in pairwise(stretches)]
    return [(end, start) for end, start in ended if end is not None]


def lasting(seconds: float) -> str:
    """To the second, as people say it: `7 min 23 s`."""
    minutes, rest = divmod(round(seconds), 60)
    words = [f"{minutes} min"] if minutes else []
    return " ".join([*words, f"{rest} s"] if rest or not minutes else words)
