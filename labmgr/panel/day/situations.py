"""Where a passage stands, for people: one shape, a few words, and what is left of its time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from labmgr.domain.clock import Moment
from labmgr.domain.exam import Phase
from labmgr.domain.passage import PHASE_OF, Passage, PassageState
from labmgr.domain.work import ENDED, Job, JobKind, JobState
from labmgr.panel.filters import word

P = PassageState
OVER: Final = {
    P.PHASE_1: _l("préparation finie, attend l'entretien 1"),
    P.INTERVIEW_1: _l("entretien 1 fini, attend l'heure"),
    P.HOUR: _l("heure finie, accès coupé, attend la commission"),
    P.INTERVIEW_2: _l("entretien 2 fini, à terminer"),
}
WAITS_FOR_DOOR = frozenset({P.INTERVIEW_1, P.SUSPENDED})


@dataclass(frozen=True)
class Situation:
    """`key` names shape and colour; `left` is in seconds, of the phase it is in."""

    key: str
    words: str
    left: float | None = None
    due: datetime | None = None  # None while the clock stands
    trouble: Job | None = None  # a door that was ordered and did not open


def situation(passage: Passage, now: Moment, jobs: list[Job]) -> Situation:
    """*jobs*: those of the passage's lab, newest first."""
    opening = next((one for one in jobs if one.kind is JobKind.OPEN), None)
    if passage.state in WAITS_FOR_DOOR and opening and opening.state not in ENDED:
        return Situation("building", _("ouverture du labo…"), *_time(passage, now))
    failed = jobs[0] if jobs and jobs[0].state in {JobState.REFUSED, JobState.CRASHED} else None
    key, said = _named(passage, now)
    return Situation(key, said, *_time(passage, now), failed if passage.phase else None)


def _named(passage: Passage, now: Moment) -> tuple[str, str]:
    if passage.state in PHASE_OF and passage.is_over(now):
        return "over", str(OVER[passage.state])
    if passage.state is P.SUSPENDED and passage.paused:
        return "suspended", _("suspendu : %(phase)s", phase=word(passage.paused))
    if passage.state is P.REGISTERED and passage.absent_said_by:
        return "asked", _("dit absent, à confirmer")
    planned = passage.planned.get(Phase.PHASE_1)
    if passage.state is P.REGISTERED and planned and planned < now.at:
        return "late", _("pas encore là")
    return str(passage.state), word(passage.state)


def _time(passage: Passage, now: Moment) -> tuple[float | None, datetime | None]:
    clock = passage.clock
    if clock is None or clock.left(now) <= 0:
        return None, None
    return clock.left(now), clock.due(now) if clock.running else None
