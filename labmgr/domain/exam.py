"""The exam's people and papers: sessions, candidates and their extra time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from fractions import Fraction
from types import MappingProxyType

from labmgr.domain.words import Option


class SessionState(StrEnum):
    """A session is prepared, then held; nothing is built or pulled while it is open."""

    PREPARED = "prepared"
    OPEN = "open"
    CLOSED = "closed"


class Form(StrEnum):
    """How the épreuve is held; USERS §1.1 (S4:2308, 2344): one flow for all."""

    PONCTUELLE = "ponctuelle"
    CCF = "ccf"
    TRAINING = "training"  # no exam: durations and labs as one likes


class Phase(StrEnum):
    """The four timed parts of a passage, in their order (S4:2328, 2336)."""

    PHASE_1 = "phase-1"
    INTERVIEW_1 = "interview-1"
    HOUR = "hour"
    INTERVIEW_2 = "interview-2"


MINUTE = 60
# Seconds. Both interviews are a maximum, the others are due to the candidate (S4:2328, 2336).
DURATIONS: Mapping[Phase, int] = MappingProxyType(
    {
        Phase.PHASE_1: 30 * MINUTE,
        Phase.INTERVIEW_1: 20 * MINUTE,
        Phase.HOUR: 60 * MINUTE,
        Phase.INTERVIEW_2: 20 * MINUTE,
    }
)
# The épreuve was E5 in the text of 2019 and is E6 since session 2025: its names are data.
LABELS: Mapping[str, str] = MappingProxyType(
    {"epreuve": "E6", "unit": "U6", "fiche": "VII-1", "attestation": "VII-7", "year": ""}
)


@dataclass(frozen=True)
class ExamSession:
    """One session of the exam in this centre. `name` is its slug, used in every identifier.

    `durations` in seconds, before extra time; `labels` as they are printed.
    """

    name: str
    title: str
    template: str
    option: Option
    created: datetime
    state: SessionState = SessionState.PREPARED
    form: Form = Form.TRAINING
    durations: Mapping[Phase, int] = field(default_factory=lambda: dict(DURATIONS))
    labels: Mapping[str, str] = field(default_factory=lambda: dict(LABELS))


@dataclass(frozen=True)
class Candidate:
    """One person of the list. `number` is theirs in this session and stands in all records.

    `extra_time` is the added fraction of each phase's duration (1/3 turns 60 min into 80), save
    where `extra_by_phase` has its own; the reason is not known to labmgr, and must not be.
    """

    session: str
    number: str
    last_name: str
    first_name: str = ""
    option: Option = Option.SISR
    extra_time: Fraction = Fraction(0)
    place: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    extra_by_phase: Mapping[Phase, Fraction] = field(default_factory=dict)

    def allotted(self, phase: Phase, durations: Mapping[Phase, int]) -> float:
        """Seconds that this candidate has for a phase."""
        extra = self.extra_by_phase.get(phase, self.extra_time)
        return float(durations[phase] * (1 + extra))


@dataclass(frozen=True)
class Realisation:
    """One of a candidate's two projects (S4:2309): a template with its own parameters.

    `document` is the name of what is handed out at phase 1, empty while there is none.
    """

    session: str
    candidate: str
    number: int  # 1 or 2
    template: str
    title: str = ""
    variables: Mapping[str, str] = field(default_factory=dict)
    document: str = ""


@dataclass(frozen=True)
class Member:
    """A teacher of a commission, by staff login; `option` is the speciality they teach."""

    login: str
    option: Option
    teaches_bloc: bool = True  # a bloc professionnel; in CCF one must teach the bloc itself


@dataclass(frozen=True)
class Commission:
    """Two teachers who interview together. `id` is a slug of its title, unique in the session."""

    session: str
    id: str
    title: str
    members: tuple[Member, ...] = ()
    room: str = ""


def composition_faults(commission: Commission, session: ExamSession) -> list[str]:
    """Why a commission may not sit; empty when it may. Training asks for nobody.

    Ponctuelle: two teachers of blocs professionnels, one at least of the speciality (S4:2341).
    CCF: two teachers, one of whom teaches the bloc (S4:2345).
    """
    if session.form is Form.TRAINING:
        return []
    members, name = commission.members, f"commission {commission.title}"
    faults = []
    if len({one.login for one in members}) != MEMBERS:
        faults.append(f"{name} has {len(members)} members: it takes two different ones")
    if session.form is Form.CCF:
        if not any(one.teaches_bloc for one in members):
            faults.append(f"{name}: nobody in it teaches the bloc")
        return faults
    if not all(one.teaches_bloc for one in members):
        faults.append(f"{name}: both teach a bloc professionnel")
    if not any(one.option is session.option for one in members):
        faults.append(f"{name}: nobody in it teaches {session.option}")
    return faults


MEMBERS = 2
