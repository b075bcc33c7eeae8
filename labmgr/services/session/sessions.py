"""A session's own life: opened for its day, closed after it, removed when its term is over."""

from __future__ import annotations

from labmgr.domain.exam import ExamSession, SessionState
from labmgr.domain.lab import LabState
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
    left = [
        lab.id
        for lab in tools.store.labs(name)
        if lab.state not in _NOTHING_LEFT or tools.store.snapshots(lab.id)
    ]
    if left:
        raise Refused(
            f"Session {name} still has labs: {', '.join(left)}",
            hint=f"Remove them first: `labmgr lab remove {name} --all`.",
        )
    labs = [lab.id for lab in tools.store.labs(name)]
    for lab in labs:
        states.give_back(tools, lab, by=by)  # a session of the same name finds them unset
    configurations = pruning.cited(tools, labs)
    tools.store.remove_session(name, by=by)
    pruning.forget(tools, configurations, by=by, why="session removed")


_NOTHING_LEFT = frozenset({LabState.PLANNED, LabState.GONE})
