"""Passages that a timetable has to go round: other sessions', and those that have begun."""

from __future__ import annotations

from labmgr.domain.exam import SessionState
from labmgr.domain.passage import BEFORE, Passage, PassageState
from labmgr.domain.ports import Tools
from labmgr.domain.timetable import Other, lengths_of, logins_of


def others(tools: Tools, session_name: str) -> list[Other]:
    """The planned passages of the other sessions that are not closed: same rooms, same people."""
    return [
        one
        for session in tools.store.sessions()
        if session.name != session_name and session.state is not SessionState.CLOSED
        for one in _taken(tools, session.name, tools.store.passages(session.name))
    ]


def begun(tools: Tools, session_name: str) -> list[Other]:
    """Passages of this session whose plan can no longer change."""
    mine = tools.store.passages(session_name)
    return _taken(tools, session_name, [one for one in mine if one.state not in BEFORE])


def _taken(tools: Tools, name: str, passages: list[Passage]) -> list[Other]:
    """Whoever is absent leaves their time to others."""
    session = tools.store.session(name)
    people = {one.number: one for one in tools.store.candidates(name)}
    homes = {one.id: logins_of(one) for one in tools.store.commissions(name)}
    return [
        Other(one, lengths_of(people[one.candidate], session), homes.get(one.commission, NOBODY))
        for one in passages
        if one.planned and one.state is not PassageState.ABSENT and one.candidate in people
    ]


NOBODY = frozenset[str]()
