"""The fallback sheets of a wave: for the invigilator's sealed envelope, should labmgr be down."""

from __future__ import annotations

from collections.abc import Sequence

from labmgr.domain.exam import Candidate, ExamSession, Phase
from labmgr.domain.lab import Lab
from labmgr.domain.passage import BEFORE, Passage, PassageState
from labmgr.domain.ports import Tools
from labmgr.domain.record import Sheet, SheetAccount, SheetLab, SheetNode
from labmgr.domain.template import CredentialKind
from labmgr.errors import NotFound
from labmgr.services.lab import access, sitting
from labmgr.services.passage import record

GONE = frozenset({PassageState.DONE, PassageState.ABSENT, PassageState.NONCONFORMING})


def sheets(tools: Tools, name: str, wave: int, *, by: str) -> list[Sheet]:
    """What is printed for each candidate of a wave; each look at a lab's accesses is journaled."""
    session = tools.store.session(name)
    mine = [one for one in tools.store.passages(name) if one.wave == wave]
    if not mine:
        found = sorted({one.wave for one in tools.store.passages(name)})
        raise NotFound(
            f"Session {name} has no wave {wave}",
            hint=f"Its waves: {', '.join(map(str, found)) or 'none, make its timetable first'}.",
        )
    return [_sheet(tools, session, one, by=by) for one in mine if one.state not in GONE]


def sheets_pdf(tools: Tools, name: str, wave: int, *, by: str) -> bytes:
    """One PDF a wave. Holds passwords: it goes straight into the envelope."""
    session, printed = tools.store.session(name), sheets(tools, name, wave, by=by)
    return tools.paper.fallback(session, wave, printed, tools.now())


def waves(tools: Tools, name: str) -> list[int]:
    return sorted({one.wave for one in tools.store.passages(name)})


def _sheet(tools: Tools, session: ExamSession, passage: Passage, *, by: str) -> Sheet:
    candidate = tools.store.candidate(session.name, passage.candidate)
    clock = passage.clocks.get(Phase.HOUR)
    ends = clock.due(tools.clock()) if clock and clock.running else None
    titles = {one.id: one.title for one in tools.store.commissions(session.name)}
    return Sheet(
        record.who(candidate, passage),
        titles.get(passage.commission, passage.commission),
        passage.planned,
        ends,
        clock.allotted if clock else candidate.allotted(Phase.HOUR, session.durations),
        passage.own_tools,
        tuple(
            _lab(tools, lab, numbers, by=by) for lab, numbers in _labs(tools, candidate, passage)
        ),
    )


def _labs(tools: Tools, candidate: Candidate, passage: Passage) -> list[tuple[Lab, list[int]]]:
    """Before phase 1 those of every réalisation: the paper must not tell which was chosen.

    Each with the réalisations that are worked on in it: of those that are alike one is built.
    """
    if passage.own_tools:
        return []
    if passage.state not in BEFORE:
        lab = tools.store.lab(passage.lab) if passage.lab else None
        return [(lab, [passage.choice or lab.realisation])] if lab else []
    session, number = candidate.session, candidate.number
    numbers = [one.realisation for one in tools.store.labs(session, number)]
    used: dict[str, list[int]] = {}
    for one in sorted(numbers):
        used.setdefault(sitting.lab_for(tools, session, number, one), []).append(one)
    return [(tools.store.lab(lab), given) for lab, given in used.items()]


def _lab(tools: Tools, lab: Lab, numbers: Sequence[int], *, by: str) -> SheetLab:
    shown = access.for_staff(tools, lab, by=by)
    nodes = tuple(
        SheetNode(
            str(node.title),
            node.address,
            tuple(door.link or door.command for door in node.doors),
            tuple(
                SheetAccount(one.login, one.secret if one.kind is CredentialKind.PASSWORD else "")
                for one in node.credentials
            ),
        )
        for node in shown.nodes
    )
    return SheetLab(lab.id, tuple(numbers), shown.jump, shown.jump_port, shown.jump_password, nodes)
