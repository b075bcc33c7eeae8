"""Candidates who bring an environment of their own (S4:2324): a passage without a lab."""

from __future__ import annotations

from dataclasses import replace

from labmgr.domain.passage import Passage
from labmgr.domain.ports import Tools
from labmgr.errors import NotFound
from labmgr.services.session import timetable
from labmgr.services.session.timetable import Change


def set_own_tools(tools: Tools, session: str, number: str, own: bool, *, by: str) -> Passage:
    """Known before the timetable is made; refused once the passage has begun.

    Who needs a lab after all is refused when the timetable would no longer fit the machine.
    """
    tools.store.candidate(session, number)
    try:
        before = tools.store.passage(session, number)
    except NotFound:
        before = Passage(session, number)
    if before.planned:
        return timetable.move(tools, session, number, Change(own_tools=own), by=by)
    tools.store.keep_passages([replace(before, own_tools=own)], by=by)
    return tools.store.passage(session, number)
