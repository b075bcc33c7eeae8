"""A disk so full that no row can be written, at the end of somebody's hour."""

from __future__ import annotations

from collections.abc import Iterator

from labmgr.domain.lab import LabState
from labmgr.domain.passage import PassageState
from labmgr.domain.ports import Tools
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.work import JobKind
from labmgr.services.lab import reserve


def make_room(tools: Tools) -> bool:
    """Give the reserve up when the end of an hour waits for its rows; True when it was.

    Where labmgr's home lies on the engine's disk, a bell that cannot be written down would order
    no end snapshot. Everything else waits for people.
    """
    lab = next(_ending(tools), None)
    if lab is None or not tools.site.end_reserve or not reserve.is_full(tools):
        return False
    return reserve.give_up(tools, tools.store.lab(lab), by="bell")


def _ending(tools: Tools) -> Iterator[str]:
    """Labs whose bell is due, or whose end snapshot is ordered."""
    now = tools.clock()
    running = tools.store.passages(states=frozenset({PassageState.HOUR}))
    for lab in [one.lab for one in running if one.lab and one.is_over(now)]:
        if tools.store.lab(lab).state is LabState.OPEN:
            yield lab
    for job in tools.store.jobs(unended=True):
        if job.kind is JobKind.FREEZE or job.args.get("kind") == SnapshotKind.END:
            yield job.lab
