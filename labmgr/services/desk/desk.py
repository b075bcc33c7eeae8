"""What one candidate may see now, and nothing before its time (S4:2337, 2342)."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from typing import Final

from labmgr.domain.bells import WARNING
from labmgr.domain.clock import Moment
from labmgr.domain.exam import Candidate, Form, Phase
from labmgr.domain.lab import Lab, LabState
from labmgr.domain.passage import BEFORE, Passage, PassageState
from labmgr.domain.ports import Tools
from labmgr.errors import LostRace, NotFound, Refused
from labmgr.services.desk import savepoints
from labmgr.services.desk.savepoints import Saves
from labmgr.services.lab import access, sitting
from labmgr.services.lab.access import LabAccess
from labmgr.services.passage import attendance

P = PassageState
TRIES = 3


class Stage(StrEnum):
    """Where a candidate stands, in the words of the one who waits or works."""

    CLOSED = "closed"  # without a passage: the lab is shut
    OPEN = "open"  # without a passage: the lab is open
    EXPECTED = "expected"  # before phase 1
    NONCONFORMING = "nonconforming"
    ABSENT = "absent"
    PREPARING = "preparing"  # phase 1
    PREPARED = "prepared"  # phase 1 is over, the commission calls
    INTERVIEW_1 = "interview-1"
    WORKING = "working"  # the hour, with the lab open or without a lab
    RETURNING = "returning"  # the hour, while an own save point is put back
    SHUT = "shut"  # the hour runs, the lab cannot be reached: staff are told
    FINISHED = "finished"  # the hour is over, the commission calls
    INTERVIEW_2 = "interview-2"
    HALTED = "halted"  # suspended
    DONE = "done"


BY_STATE: Final = {
    P.REGISTERED: Stage.EXPECTED,
    P.PRESENT: Stage.EXPECTED,
    P.NONCONFORMING: Stage.NONCONFORMING,
    P.ABSENT: Stage.ABSENT,
    P.INTERVIEW_1: Stage.INTERVIEW_1,
    P.INTERVIEW_2: Stage.INTERVIEW_2,
    P.SUSPENDED: Stage.HALTED,
    P.DONE: Stage.DONE,
}
UNBEGUN: Final = frozenset({P.REGISTERED, P.PRESENT})
NO_PAPER: Final = frozenset({*BEFORE, P.ABSENT})


@dataclass(frozen=True)
class Standing:
    """Where the candidate stands: what every look asks, so it costs a few rows and no more."""

    candidate: Candidate
    stage: Stage
    passage: Passage | None = None
    lab: Lab | None = None
    left: float | None = None  # seconds of the present phase
    ends: datetime | None = None  # None while its clock stands
    saves: Saves = field(default_factory=Saves)

    @property
    def warning(self) -> int:
        """The minutes of the last warning that was due, 0 before the first."""
        clock = self.passage.clock if self.passage else None
        if clock is None or self.ends is None or self.left is None:
            return 0
        due = [at for at in WARNING.values() if self.left <= at < clock.allotted]
        return min(due, default=0) // 60

    @property
    def mark(self) -> str:
        """Changes whenever the page would; tells nothing by itself."""
        if self.passage is None:
            return str(self.stage)
        last = self.saves.last
        done = f"{last.id}{last.state}" if last else ""
        ends = f"{self.ends:%H%M}" if self.ends else ""  # a wall clock that was set shows
        return f"{self.stage}.{self.passage.revision}.{self.warning}.{ends}.{done}"


@dataclass(frozen=True)
class Desk:
    """A whole page: where one stands, and what is on the desk at this moment."""

    standing: Standing
    access: LabAccess | None = None
    document: str = ""  # its name, once phase 1 has begun
    to_acknowledge: bool = False
    starts: datetime | None = None  # phase 1, as planned


def standing(tools: Tools, candidate: Candidate) -> Standing:
    """Asked of the rows and the server's clock, at each look."""
    try:
        passage = tools.store.passage(candidate.session, candidate.number)
    except NotFound:
        return _unbound(tools, candidate)
    if passage.state in UNBEGUN and _is_training(tools, passage):
        found = _unbound(tools, candidate)
        if found.stage is Stage.OPEN:  # opened by hand, to get to know it
            return replace(found, passage=passage)
    return _bound(tools, candidate, passage)


def look(tools: Tools, candidate: Candidate) -> Desk:
    """Everything the page shows."""
    now = standing(tools, candidate)
    passage = now.passage
    if passage is None:
        return Desk(now, _accesses(tools, now))
    early = passage.state in {*BEFORE, P.PHASE_1, P.INTERVIEW_1}
    if now.lab and now.stage is Stage.WORKING:
        saves = replace(now.saves, kept=savepoints.kept(tools, now.lab.id))
        now = replace(now, saves=saves)
    asked = early and passage.acknowledged is None and passage.state is not P.NONCONFORMING
    starts = passage.planned.get(Phase.PHASE_1) if now.stage is Stage.EXPECTED else None
    return Desk(now, _accesses(tools, now), _document_name(tools, passage), asked, starts)


def document(tools: Tools, candidate: Candidate) -> tuple[str, bytes]:
    """What phase 1 hands out to this candidate; NotFound before it begins, whatever there is."""
    passage = tools.store.passage(candidate.session, candidate.number)
    if passage.state in NO_PAPER or not passage.choice:
        raise NotFound(
            f"There is no document for candidate {candidate.number} now",
            hint="It appears on this page when phase 1 begins.",
        )
    return tools.store.document(passage.session, passage.candidate, passage.choice)


def acknowledge(tools: Tools, candidate: Candidate) -> Passage:
    """By the candidate's own hand; a step of the staff's at the same moment is no refusal."""
    for _ in range(TRIES):
        try:
            return attendance.acknowledge(tools, candidate.session, candidate.number)
        except LostRace:
            continue
    return attendance.acknowledge(tools, candidate.session, candidate.number)


def _bound(tools: Tools, candidate: Candidate, passage: Passage) -> Standing:
    """The passage says which lab it is, and only from phase 1 on; a spare may be it."""
    now = tools.clock()
    begun = passage.state not in NO_PAPER
    lab = tools.store.lab(passage.lab) if passage.lab and begun else None
    saves = (
        savepoints.of(tools, passage, listed=False) if lab and passage.state is P.HOUR else Saves()
    )
    stage = BY_STATE.get(passage.state) or _timed_stage(passage, lab, saves, now)
    clock = passage.clock
    left = clock.left(now) if clock and begun else None
    ends = clock.due(now) if clock and clock.running and left else None
    return Standing(candidate, stage, passage, lab, left, ends, saves)


def _timed_stage(passage: Passage, lab: Lab | None, saves: Saves, now: Moment) -> Stage:
    over = passage.is_over(now) or not (passage.clock and passage.clock.running)
    if passage.state is P.PHASE_1:
        return Stage.PREPARED if over else Stage.PREPARING
    if over:
        return Stage.FINISHED
    if lab is None or lab.state is LabState.OPEN:
        return Stage.RETURNING if saves.busy in savepoints.RETURNS else Stage.WORKING
    return Stage.RETURNING if saves.busy or lab.state is LabState.BUILDING else Stage.SHUT


def _unbound(tools: Tools, candidate: Candidate) -> Standing:
    """Training: a lab is there while it is open, unless it was lent to somebody's passage."""
    labs = tools.store.labs(candidate.session, candidate.number)
    lab = next((one for one in labs if _is_free(tools, one)), None)
    if lab is not None:
        return Standing(candidate, Stage.OPEN, lab=lab)
    return Standing(candidate, Stage.CLOSED)


def _is_free(tools: Tools, lab: Lab) -> bool:
    return lab.state in access.SHOWN_WHILE and sitting.passage_of(tools, lab.id) is None


def _is_training(tools: Tools, passage: Passage) -> bool:
    return tools.store.session(passage.session).form is Form.TRAINING


def _accesses(tools: Tools, now: Standing) -> LabAccess | None:
    if now.lab is None or now.stage not in {Stage.OPEN, Stage.WORKING}:
        return None
    try:
        return access.for_candidate(tools, now.lab)
    except Refused:  # shut in this very moment
        return None


def _document_name(tools: Tools, passage: Passage) -> str:
    if passage.state in NO_PAPER:
        return ""
    found = tools.store.realisations(passage.session, passage.candidate)
    return next((one.document for one in found if one.number == passage.choice), "")
