"""A passage: one candidate's whole sitting, its states, its clocks and what may happen next."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum

from labmgr.domain.clock import Clock, Moment
from labmgr.domain.exam import Phase
from labmgr.errors import WrongState


class PassageState(StrEnum):
    """Where a passage stands (DESIGN §6). A phase whose clock is out waits for the commission."""

    REGISTERED = "registered"
    PRESENT = "present"
    PHASE_1 = "phase-1"
    INTERVIEW_1 = "interview-1"
    HOUR = "hour"
    INTERVIEW_2 = "interview-2"
    DONE = "done"
    SUSPENDED = "suspended"  # an incident: the clock stands, access is cut
    NONCONFORMING = "nonconforming"  # the file is not: nobody is interrogated (S3:69)
    ABSENT = "absent"  # by two confirmations of two people; never by labmgr (S3:61)


P = PassageState

MOVES: dict[PassageState, frozenset[PassageState]] = {
    P.REGISTERED: frozenset({P.PRESENT, P.ABSENT, P.NONCONFORMING}),
    P.PRESENT: frozenset({P.PHASE_1, P.REGISTERED, P.NONCONFORMING}),
    P.PHASE_1: frozenset({P.INTERVIEW_1, P.SUSPENDED}),
    P.INTERVIEW_1: frozenset({P.HOUR, P.SUSPENDED}),
    P.HOUR: frozenset({P.INTERVIEW_2, P.SUSPENDED}),
    P.INTERVIEW_2: frozenset({P.DONE, P.SUSPENDED}),
    P.DONE: frozenset(),
    P.SUSPENDED: frozenset({P.PHASE_1, P.INTERVIEW_1, P.HOUR, P.INTERVIEW_2, P.DONE}),
    P.NONCONFORMING: frozenset({P.REGISTERED, P.PRESENT}),
    P.ABSENT: frozenset({P.REGISTERED}),  # a mistake, taken back
}
PHASE_OF: Mapping[PassageState, Phase] = {
    P.PHASE_1: Phase.PHASE_1,
    P.INTERVIEW_1: Phase.INTERVIEW_1,
    P.HOUR: Phase.HOUR,
    P.INTERVIEW_2: Phase.INTERVIEW_2,
}
STATE_OF: Mapping[Phase, PassageState] = {phase: state for state, phase in PHASE_OF.items()}
UNDER_WAY = frozenset({*PHASE_OF, P.SUSPENDED})
BEFORE = frozenset({P.REGISTERED, P.PRESENT, P.NONCONFORMING})


@dataclass(frozen=True)
class Passage:
    """One candidate's sitting: what is planned, where it stands, and each phase's clock.

    `choice` is the réalisation that the commission chose, 0 while it has not; nobody but the
    commission and the administrator may read it before phase 1. `lab` is the lab the candidate
    works in, which a spare may be; empty for an environment of the candidate's own (`own_tools`).
    `paused` is the state to go back to after a suspension.
    """

    session: str
    candidate: str
    commission: str = ""
    place: str = ""
    wave: int = 1
    planned: Mapping[Phase, datetime] = field(default_factory=dict)
    own_tools: bool = False
    state: PassageState = PassageState.REGISTERED
    paused: PassageState | None = None
    choice: int = 0
    lab: str = ""
    change_asked: str = ""  # "<réalisation> <login>": a change that a second person confirms
    arrived: datetime | None = None
    acknowledged: datetime | None = None  # the responsibility text (S4:2342)
    absent_said_by: str = ""  # the first of two
    message: str = ""  # why a file is not conforming, for the candidate to read
    adjustment: str = ""  # what the commission asked for after interview 1 (S4:2333)
    clocks: Mapping[Phase, Clock] = field(default_factory=dict)
    revision: int = 0  # counts the changes, so that none is made on an old look

    @property
    def id(self) -> str:
        return f"{self.session}/{self.candidate}"

    @property
    def phase(self) -> Phase | None:
        """The phase it is in, or in which it was suspended."""
        state = self.paused if self.state is P.SUSPENDED else self.state
        return PHASE_OF.get(state) if state else None

    @property
    def clock(self) -> Clock | None:
        """The clock of its phase."""
        return self.clocks.get(self.phase) if self.phase else None

    def moved_to(self, new: PassageState) -> Passage:
        """Take one step, or refuse and name the ways that are open."""
        if new not in MOVES[self.state]:
            ways = MOVES[self.state]
            raise WrongState(f"Passage {self.id}", self.state, new, ways)
        return replace(self, state=new)

    def with_clock(self, phase: Phase, clock: Clock) -> Passage:
        return replace(self, clocks={**self.clocks, phase: clock})

    def is_over(self, now: Moment) -> bool:
        """Whether the present phase's time is used up: it waits for the commission."""
        return self.clock is not None and self.clock.left(now) <= 0


@dataclass(frozen=True)
class Incident:
    """Something that kept a candidate from working: noticed, over, and what staff decided."""

    id: int
    session: str
    candidate: str
    what: str
    noticed: datetime
    ended: datetime | None = None
    seconds: float = 0.0  # in which the candidate could not work
    decision: str = ""
    by: str = ""


@dataclass(frozen=True)
class Noticed:
    """Of a step: it begins an incident. One that is open with the same words stands."""

    what: str


@dataclass(frozen=True)
class Over:
    """Of a step: it ends an incident in which the candidate could not work for so long."""

    incident: int
    seconds: float


@dataclass(frozen=True)
class Decided:
    """Of a step: it carries out what was decided on an incident; once, whoever decides."""

    incident: int
    words: str


News = Noticed | Over | Decided
