"""The timetable as people read it: lines for pages and terminals, and the printed one."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import tzinfo

from labmgr.domain.daysheet import Line, lines
from labmgr.domain.passage import Passage
from labmgr.domain.ports import Tools
from labmgr.domain.timetable import Limits
from labmgr.domain.words import Said
from labmgr.errors import Refused


def lines_of(
    tools: Tools,
    session_name: str,
    passages: Sequence[Passage] | None = None,
    zone: tzinfo | None = None,
) -> list[Line]:
    """One line a passage that has its times, of what is saved or of *passages*."""
    store = tools.store
    return lines(
        store.session(session_name),
        store.passages(session_name) if passages is None else passages,
        store.candidates(session_name),
        store.commissions(session_name),
        zone or Limits().zone,
    )


def printed(tools: Tools, session_name: str, *, by: str, zone: tzinfo | None = None) -> bytes:
    """The saved timetable as PDF; that it was printed is journaled."""
    session = tools.store.session(session_name)
    found = lines_of(tools, session_name, zone=zone)
    if not found:
        raise Refused(
            Said(
                f"Session {session_name} has no timetable",
                f"La session {session_name} n'a pas de planning",
            ),
            hint=Said(
                "Propose one and save it first (`labmgr timetable save`).",
                "Proposez-en un et enregistrez-le d'abord (`labmgr timetable save`).",
            ),
        )
    tools.store.write(f"session:{session_name}", "timetable printed", by=by)
    return tools.paper.timetable(session, found, tools.now().astimezone(zone or Limits().zone))
