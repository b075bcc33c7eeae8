"""A clash of a timetable: its kind, whom it concerns, when, and the words for it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from labmgr.domain.exam import MINUTE, Phase
from labmgr.domain.timetable import Limits, Span
from labmgr.domain.words import Said

FRENCH = {
    Phase.PHASE_1: "première préparation",
    Phase.INTERVIEW_1: "premier entretien",
    Phase.HOUR: "heure",
    Phase.INTERVIEW_2: "second entretien",
}


class ClashKind(StrEnum):
    """What is wrong."""

    MISSING = "missing"  # a passage, a phase, a commission or a place
    SHORT = "short"  # a phase is planned shorter than allotted
    OPTION = "option"  # nobody in the commission teaches the candidate's
    EXAMINER = "examiner"  # in two places
    GAP = "gap"  # interviews too near to each other
    PLACE = "place"  # two candidates on one
    PAUSE = "pause"  # an interview during one
    OUTSIDE = "outside"  # before the day opens or after it closes
    LABS = "labs"  # too many alive at once


@dataclass(frozen=True)
class Clash:
    """One clash. `candidates` are the numbers of this session's; `what` and `mend` are for people.

    `phase` is the one to look at, where there is one.
    """

    kind: ClashKind
    candidates: tuple[str, ...]
    what: Said
    mend: Said
    start: datetime | None = None
    end: datetime | None = None
    phase: Phase | None = None


def french(phases: Iterable[Phase]) -> str:
    return ", ".join(FRENCH[phase] for phase in phases)


def clock(instant: datetime, limits: Limits) -> str:
    """Day and hour in the centre, as sentences in both languages say them."""
    return f"{instant.astimezone(limits.zone):%d/%m %H:%M}"


def minutes(seconds: float) -> int:
    """Whole minutes, upwards: what is missing is never said too small."""
    return math.ceil(seconds / MINUTE)


def overlap(one: Span, other: Span) -> bool:
    return one[0] < other[1] and other[0] < one[1]
