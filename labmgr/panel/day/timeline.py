"""The day as a picture: what was planned and what really was, laid on one scale of time."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import pairwise

from labmgr.domain.clock import Clock, pauses
from labmgr.domain.exam import Phase
from labmgr.domain.passage import Passage, PassageState

STEPS = (5, 10, 15, 30, 60, 120, 240)  # minutes between two marks
MOST_MARKS = 12
SHORTEST = timedelta(minutes=20)
SHORT = {Phase.PHASE_1: "1", Phase.INTERVIEW_1: "E1", Phase.HOUR: "2", Phase.INTERVIEW_2: "E2"}
ROOM_FOR_WORDS = 3.0  # per cent of the picture


@dataclass(frozen=True)
class Span:
    """Something that lasted or is to last. `kind`: planned, real, paused or waiting."""

    kind: str
    phase: Phase
    start: datetime
    end: datetime


@dataclass(frozen=True)
class Bar:
    """A span in per cent of the scale; `short` where there is room for a word."""

    kind: str
    phase: Phase
    x: float
    width: float
    middle: float
    short: str


@dataclass(frozen=True)
class Scale:
    """From the first to the last instant of a day's passages."""

    start: datetime
    end: datetime

    @classmethod
    def around(cls, spans: Iterable[Span]) -> Scale | None:
        """Whole quarters of an hour around all of them; None when there is nothing to show."""
        found = list(spans)
        if not found:
            return None
        first, last = min(one.start for one in found), max(one.end for one in found)
        return cls(_quarter(first), _quarter(max(last, first + SHORTEST) + timedelta(minutes=15)))

    def x(self, at: datetime) -> float:
        share = (at - self.start) / (self.end - self.start)
        return round(100 * min(1.0, max(0.0, share)), 2)

    def holds(self, at: datetime) -> bool:
        return self.start <= at <= self.end

    def marks(self) -> list[tuple[float, datetime]]:
        """Round hours or minutes, with where they stand."""
        whole = (self.end - self.start) / timedelta(minutes=1)
        step = next((one for one in STEPS if whole / one <= MOST_MARKS), STEPS[-1])
        at = datetime.fromtimestamp(-(-self.start.timestamp() // (60 * step)) * 60 * step, UTC)
        found = []
        while at <= self.end:
            found.append((self.x(at), at))
            at += timedelta(minutes=step)
        return found

    def bars(self, spans: Iterable[Span]) -> list[Bar]:
        return [self._bar(one) for one in spans]

    def _bar(self, span: Span) -> Bar:
        x, end = self.x(span.start), self.x(span.end)
        width = round(max(0.25, end - x), 2)
        room = span.kind in {"planned", "real"} and width >= ROOM_FOR_WORDS
        middle = round(x + width / 2, 2)
        return Bar(span.kind, span.phase, x, width, middle, SHORT[span.phase] if room else "")


def planned(passage: Passage, lengths: Mapping[Phase, float]) -> list[Span]:
    """What the timetable says, with the candidate's own lengths (seconds)."""
    return [
        Span("planned", phase, start, start + timedelta(seconds=lengths[phase]))
        for phase, start in passage.planned.items()
    ]


def real(passage: Passage, now: datetime) -> list[Span]:
    """What was: clocks that ran, pauses in them, and the waits from one phase to the next."""
    ran = [(phase, passage.clocks[phase]) for phase in Phase if phase in passage.clocks]
    ran = [(phase, clock) for phase, clock in ran if clock.stretches]
    spans = [one for phase, clock in ran for one in _of(phase, clock, now)]
    return [*spans, *_waits(ran), *_standing(passage, now)]


def _of(phase: Phase, clock: Clock, now: datetime) -> list[Span]:
    stood = [Span("paused", phase, one.at, after.at) for one, after in pauses(clock.stretches)]
    worked = [
        Span("real", phase, one.start.at, one.end.at if one.end else now) for one in clock.stretches
    ]
    return [*stood, *worked]


def _waits(ran: Sequence[tuple[Phase, Clock]]) -> list[Span]:
    ends = [(clock.stretches[-1].end, after) for (_phase, clock), after in pairwise(ran)]
    return [
        Span("waiting", phase, end.at, clock.stretches[0].start.at)
        for end, (phase, clock) in ends
        if end is not None
    ]


def _standing(passage: Passage, now: datetime) -> list[Span]:
    """A passage under way whose clock stands: suspended, or waiting for what comes next."""
    phase, clock = passage.phase, passage.clock
    end = clock.stretches[-1].end if clock and clock.stretches else None
    if phase is None or end is None or end.at >= now:
        return []
    kind = "paused" if passage.state is PassageState.SUSPENDED else "waiting"
    return [Span(kind, phase, end.at, now)]


def _quarter(at: datetime) -> datetime:
    return datetime.fromtimestamp(at.timestamp() // 900 * 900, UTC)
