"""Putting a lab away: its containers go, its snapshots stay as evidence, so it can come back."""

from __future__ import annotations

from datetime import datetime
from types import MappingProxyType

from labmgr.domain.lab import Lab, LabState
from labmgr.domain.passage import UNDER_WAY
from labmgr.domain.ports import Tools
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.work import Job, JobKind
from labmgr.errors import LostRace, Refused
from labmgr.services.lab import probes, sitting, snapshots

KEEPING = MappingProxyType({"keep": "snapshots"})  # makes a removal a putting away
TRIES = 5
NOTHING_THERE = frozenset({LabState.PLANNED, LabState.GONE})


def put_away(tools: Tools, lab_id: str, *, by: str) -> Job | None:
    """Have containers, networks and volumes removed, snapshots kept. None: nothing stands.

    Under the same number and addresses `labmgr snapshot restore` brings the lab back from any
    of its snapshots.
    """
    lab = tools.store.lab(lab_id)
    if lab.state in NOTHING_THERE:
        return None
    _refuse_in_use(tools, lab)
    lab.moved_to(LabState.GONE)
    return tools.store.order(JobKind.REMOVE, lab_id, by=by, args=dict(KEEPING))


def carry_out_put_away(tools: Tools, lab_id: str, *, by: str) -> Lab:
    """No work is lost: what has no end snapshot yet gets one before anything goes."""
    lab = tools.store.lab(lab_id)
    if lab.state is not LabState.GONE:
        _refuse_in_use(tools, lab)
        lab.moved_to(LabState.GONE)
        _assure_end(tools, lab, by=by)
        lab = _gone(tools, lab_id, by=by)
    tools.engine.remove(lab_id)
    tools.store.clear_findings(lab_id)
    tools.store.clear_progress(lab_id)
    return lab


def _gone(tools: Tools, lab_id: str, *, by: str) -> Lab:
    """The commission's door may just be closing on the other lane: look again then."""
    for tries_left in reversed(range(TRIES)):
        lab = tools.store.lab(lab_id)
        try:
            return tools.store.move(lab, LabState.GONE, by=by, why="put away, snapshots kept")
        except LostRace:
            if not tries_left:
                raise
    raise AssertionError(lab_id)


def _refuse_in_use(tools: Tools, lab: Lab) -> None:
    passage = sitting.passage_of(tools, lab.id)
    if passage and passage.state in UNDER_WAY:
        raise Refused(
            f"Lab {lab.id} may not be put away: its candidate's passage is in {passage.state}",
            hint="Wait until the passage is done, or close it with its reason.",
        )


def _assure_end(tools: Tools, lab: Lab, *, by: str) -> None:
    """The end snapshot of what a candidate did, verified; taken now where the bell took none."""
    opened = _last_opened(tools, lab)
    if opened is None or not probes.was_opened(tools, lab):
        return
    ends = [one for one in tools.store.snapshots(lab.id) if one.kind is SnapshotKind.END]
    if not any(one.verified and one.taken >= opened for one in ends):
        snapshots.take(tools, lab, SnapshotKind.END, by=by)


def _last_opened(tools: Tools, lab: Lab) -> datetime | None:
    for entry in reversed(tools.store.entries(f"lab:{lab.id}")):
        if entry.what.endswith(f"-> {LabState.OPEN}"):
            return entry.at
    return None
