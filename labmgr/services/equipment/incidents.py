"""A device that failed at one of the hour's two ends is an incident of the passage there."""

from __future__ import annotations

from typing import Final

from labmgr.domain.lab import Lab
from labmgr.domain.passage import Incident
from labmgr.domain.ports import Tools
from labmgr.services.lab import sitting

_OURS: Final = "equipment: "


def call_staff(tools: Tools, lab: Lab, said: str) -> None:
    """Once for the same words, while it lasts."""
    if passage := sitting.passage_of(tools, lab.id):
        what = f"{_OURS}{said}"
        tools.store.open_incident(passage.session, passage.candidate, what, by="labmgr")


def end(tools: Tools, lab: Lab, *, lost: bool) -> None:
    """The order was repeated with success. *lost*: the candidate could not work on it meanwhile."""
    passage = sitting.passage_of(tools, lab.id)
    for one in tools.store.incidents(passage.session, passage.candidate) if passage else ():
        if one.ended is None and one.what.startswith(_OURS):
            tools.store.end_incident(
                one.id, seconds=_lasted(tools, one) if lost else 0, by="labmgr"
            )


def _lasted(tools: Tools, one: Incident) -> float:
    return max(0.0, (tools.now() - one.noticed).total_seconds())
