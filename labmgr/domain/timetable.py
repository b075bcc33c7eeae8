"""A timetable's words: what the day allows, what is wished for, and when each passage uses what."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from labmgr.domain.exam import MINUTE, Candidate, Commission, ExamSession, Phase
from labmgr.domain.passage import Passage
from labmgr.domain.words import Said
from labmgr.errors import BadInput

INTERVIEWS = (Phase.INTERVIEW_1, Phase.INTERVIEW_2)
MEAL = 45 * MINUTE  # from this length on a pause is a meal, and nobody is made to sit through it
SATURDAY = 5
NEGATIVE = Said("A duration or a number is negative", "Une durée ou un nombre est négatif")
Span = tuple[datetime, datetime]


@dataclass(frozen=True)
class Pause:
    """Hours of the day, on the centre's clock, in which nobody interviews."""

    start: time
    end: time

    def on(self, day: date, zone: tzinfo) -> Span:
        return at(day, self.start, zone), at(day, self.end, zone)

    @property
    def is_meal(self) -> bool:
        return _seconds(self.end) - _seconds(self.start) >= MEAL


@dataclass(frozen=True)
class Limits:
    """What every timetable has to keep to. Seconds; hours on the centre's clock.

    A lab is alive from `ahead` before its hour until the end of interview 2; `labs` is how many
    may be alive at once, None for no limit.
    """

    zone: tzinfo = field(default_factory=lambda: ZoneInfo("Europe/Paris"))
    opens: time = time(8)
    closes: time = time(18)
    pauses: tuple[Pause, ...] = (Pause(time(12, 30), time(13, 30)),)
    gap: int = 5 * MINUTE  # of a commission, between two interviews
    ahead: int = 10 * MINUTE
    labs: int | None = None

    def __post_init__(self) -> None:
        spans = [(self.opens, self.closes), *((one.start, one.end) for one in self.pauses)]
        for start, end in spans:
            if start >= end:
                hours = f"{start:%H:%M}", f"{end:%H:%M}"
                raise BadInput(
                    Said(
                        f"{hours[0]} to {hours[1]} is no span of a day",
                        f"De {hours[0]} à {hours[1]} : ces heures ne se suivent pas",
                    ),
                    hint=Said(
                        "The end comes after the start, on the same day.",
                        "La fin vient après le début, le même jour.",
                    ),
                )
        if min(self.gap, self.ahead, self.labs or 0) < 0:
            raise BadInput(NEGATIVE)

    def hours(self, day: date) -> Span:
        return at(day, self.opens, self.zone), at(day, self.closes, self.zone)

    def day_of(self, instant: datetime) -> date:
        return instant.astimezone(self.zone).date()


@dataclass(frozen=True)
class Wishes:
    """What a proposal is made from.

    `days` is the most it may take, 0 for as many as it needs; the days after the first skip
    Saturday and Sunday. `longest_wait` is what a candidate may wait before an interview if the
    days do not suffice otherwise. Starts fall on a multiple of `step`.
    """

    first: date
    places: tuple[str, ...]
    limits: Limits = field(default_factory=Limits)
    days: int = 0
    longest_wait: int = 20 * MINUTE
    step: int = 5 * MINUTE
    through_meals: bool = False

    def __post_init__(self) -> None:
        if self.step <= 0 or min(self.days, self.longest_wait) < 0:
            raise BadInput(NEGATIVE)

    def dates(self) -> Iterator[date]:
        """The first day, and the working days after it."""
        yield self.first
        day = self.first
        while True:
            day += timedelta(days=1)
            if day.weekday() < SATURDAY:
                yield day


@dataclass(frozen=True)
class Other:
    """A passage that stands already, as of another session: what it uses is not to be had."""

    passage: Passage
    lengths: Mapping[Phase, float]
    logins: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Use:
    """When a planned passage uses its commission, its place and its lab."""

    interviews: Mapping[Phase, Span]
    whole: Span
    lab: Span | None  # None: the candidate brings an environment of their own


def at(day: date, hour: time, zone: tzinfo) -> datetime:
    """An hour of the centre's clock, as an instant."""
    return datetime.combine(day, hour, tzinfo=zone).astimezone(UTC)


def _seconds(hour: time) -> int:
    return hour.hour * 3600 + hour.minute * MINUTE + hour.second


def lengths_of(candidate: Candidate, session: ExamSession) -> dict[Phase, float]:
    """Seconds of each phase, with extra time."""
    return {phase: candidate.allotted(phase, session.durations) for phase in Phase}


def use_of(passage: Passage, lengths: Mapping[Phase, float], ahead: int) -> Use | None:
    """None while a phase has no instant yet."""
    planned = passage.planned
    if any(phase not in planned for phase in Phase):
        return None
    ends = {phase: planned[phase] + timedelta(seconds=lengths[phase]) for phase in Phase}
    end = ends[Phase.INTERVIEW_2]
    lab = None if passage.own_tools else (planned[Phase.HOUR] - timedelta(seconds=ahead), end)
    interviews = {phase: (planned[phase], ends[phase]) for phase in INTERVIEWS}
    return Use(interviews, (planned[Phase.PHASE_1], end), lab)


def logins_of(commission: Commission) -> frozenset[str]:
    return frozenset(member.login for member in commission.members)


def labs_alive(
    passages: Iterable[Passage],
    candidates: Iterable[Candidate],
    session: ExamSession,
    limits: Limits,
    others: Iterable[Other] = (),
) -> list[tuple[datetime, int]]:
    """How many labs are alive from each instant on, for a curve; empty without any lab."""
    lengths = {one.number: lengths_of(one, session) for one in candidates}
    mine = [Other(one, lengths[one.candidate]) for one in passages if one.candidate in lengths]
    uses = [use_of(one.passage, one.lengths, limits.ahead) for one in (*mine, *others)]
    return curve([use.lab for use in uses if use and use.lab])


def curve(spans: Iterable[Span]) -> list[tuple[datetime, int]]:
    """How many of the spans hold from each instant on."""
    steps: dict[datetime, int] = {}
    for start, end in spans:
        steps[start] = steps.get(start, 0) + 1
        steps[end] = steps.get(end, 0) - 1
    count, found = 0, []
    for instant in sorted(steps):
        count += steps[instant]
        if steps[instant]:
            found.append((instant, count))
    return found


def peak(alive: Sequence[tuple[datetime, int]]) -> tuple[datetime, int] | None:
    """The first instant with the most labs; None without any."""
    return max(alive, key=lambda one: one[1], default=None)
