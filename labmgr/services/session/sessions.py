"""A session's own life: opened for its day, closed after it, removed when its term is over."""

from __future__ import annotations

from collections.abc import Iterable

from labmgr.domain.exam import ExamSession, SessionState
from labmgr.domain.lab import Lab, LabState
from labmgr.domain.passage import Passage, PassageState
from labmgr.domain.ports import Tools
from labmgr.errors import Refused
from labmgr.services.equipment import pruning, states
from labmgr.services.lab.images import missing


def open_session(tools: Tools, name: str, *, by: str) -> ExamSession:
    """From now on nothing is pulled or built; refused while an image is missing."""
    session = tools.store.session(name)
    if session.state is SessionState.OPEN:
        return session
    if lacking := missing(tools, [session.template]):
        raise Refused(
            f"Session {name} cannot open: images missing: {', '.join(lacking)}",
            hint="`labmgr image build`, or `labmgr image import FILE`.",
        )
    return tools.store.move_session(session, SessionState.OPEN, by=by)


def close_session(tools: Tools, name: str, *, by: str) -> ExamSession:
    """The candidates' codes are worth nothing from now on; refused while a lab is open."""
    session = tools.store.session(name)
    if session.state is SessionState.CLOSED:
        return session
    still = [lab.id for lab in tools.store.labs(name) if lab.state is LabState.OPEN]
    if still:
        raise Refused(
            f"Session {name} has open labs: {', '.join(still)}",
            hint=f"Close them first: `labmgr lab close {name} --all`.",
        )
    return tools.store.move_session(session, SessionState.CLOSED, by=by)


def remove_session(tools: Tools, name: str, *, by: str) -> None:
    """Forget a session with its list; its labs must be gone. The journal stays."""
    labs = tools.store.labs(name)
    _refuse_left(tools, labs, f"Session {name}", f"{name} --all")
    for lab in labs:
        states.give_back(tools, lab.id, by=by)  # a session of the same name finds them unset
    configurations = pruning.cited(tools, [lab.id for lab in labs])
    tools.store.remove_session(name, by=by)
    pruning.forget(tools, configurations, by=by, why="session removed")


def remove_candidate(tools: Tools, name: str, number: str, *, by: str) -> None:
    """Take one off the list: withdrawn, or never right. Whoever came stays, for the record."""
    session = tools.store.session(name)
    tools.store.candidate(name, number)
    if session.state is SessionState.CLOSED:
        raise Refused(f"Session {name} is closed", hint="Its list belongs to its record.")
    if any(_begun(one) for one in tools.store.passages(name) if one.candidate == number):
        raise Refused(
            f"Candidate {number} came to the exam, or was said absent",
            hint="The record keeps whoever it speaks of; the day's page says who is absent.",
        )
    labs = [lab for lab in tools.store.labs(name) if lab.candidate == number]
    _refuse_left(tools, labs, f"Candidate {number}", f"{name} --candidate {number}")
    for lab in labs:
        states.give_back(tools, lab.id, by=by)
    configurations = pruning.cited(tools, [lab.id for lab in labs])
    tools.store.remove_candidate(name, number, by=by)
    pruning.forget(tools, configurations, by=by, why="candidate removed")


def _begun(passage: Passage) -> bool:
    """Somebody came, or something was said of it: an absence half confirmed, a mended file."""
    untouched = passage.state is PassageState.REGISTERED and not passage.absent_said_by
    return not untouched or passage.arrived is not None


def _refuse_left(tools: Tools, labs: Iterable[Lab], whose: str, which: str) -> None:
    """No lab may stand, and no snapshot be kept that is somebody's work."""
    left = [
        lab.id for lab in labs if lab.state not in _NOTHING_LEFT or tools.store.snapshots(lab.id)
    ]
    if left:
        raise Refused(
            f"{whose} still has labs: {', '.join(left)}",
            hint=f"Remove them first: `labmgr lab remove {which}`.",
        )


_NOTHING_LEFT = frozenset({LabState.PLANNED, LabState.GONE})
