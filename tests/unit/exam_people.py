"""A session's people for timetables: candidates by number, commissions of two."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from fractions import Fraction

from labmgr.domain.exam import Candidate, Commission, ExamSession, Form, Member, Phase
from labmgr.domain.timetable import Limits, Wishes
from labmgr.domain.words import Option

DAY = date(2026, 5, 27)  # a Wednesday
SESSION = ExamSession(
    "e6", "E6", "mini", Option.SISR, datetime(2026, 1, 1, tzinfo=UTC), form=Form.PONCTUELLE
)
THIRD = Fraction(1, 3)
PREPARATIONS = {Phase.PHASE_1: THIRD, Phase.HOUR: THIRD}


def candidates(count: int, **every: object) -> list[Candidate]:
    return [Candidate("e6", str(n), f"Nom{n}", **every) for n in range(1, count + 1)]


def commissions(names: str, option: Option = Option.SISR) -> list[Commission]:
    return [
        Commission("e6", one, one.upper(), (Member(f"{one}1", option), Member(f"{one}2", option)))
        for one in names
    ]


def limits(gap: int = 5, **more: object) -> Limits:
    return Limits(gap=gap * 60, **more)


def wishes(gap: int = 5, seats: int = 8, days: int = 0, **more: object) -> Wishes:
    of_limits = {name: more.pop(name) for name in [*more] if name in Limits.__dataclass_fields__}
    places = tuple(str(n) for n in range(1, seats + 1))
    return Wishes(DAY, places, limits(gap, **of_limits), days=days, **more)


def hours(passages, phase: Phase = Phase.PHASE_1) -> list[str]:
    zone = Limits().zone
    return [f"{one.planned[phase].astimezone(zone):%H:%M}" for one in passages]


def days(passages) -> int:
    return len({Limits().day_of(one.planned[Phase.PHASE_1]) for one in passages})


def ends(passages, people, session: ExamSession = SESSION) -> list[str]:
    """When each passage's last interview is over, on the centre's clock."""
    last = {one.number: int(one.allotted(Phase.INTERVIEW_2, session.durations)) for one in people}
    zone = Limits().zone
    over = [
        datetime.fromtimestamp(
            one.planned[Phase.INTERVIEW_2].timestamp() + last[one.candidate], tz=zone
        )
        for one in passages
    ]
    return [f"{one:%H:%M}" for one in over]


def local(hour: int, minute: int = 0) -> datetime:
    return datetime.combine(DAY, time(hour, minute), tzinfo=Limits().zone).astimezone(UTC)
