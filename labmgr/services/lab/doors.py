"""A lab's doors: opened, closed, frozen; for the candidate and for the commission."""

from __future__ import annotations

from datetime import datetime

from labmgr.domain.lab import Lab, LabState
from labmgr.domain.ports import Tools
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.words import Audience
from labmgr.domain.work import Job, JobKind
from labmgr.errors import LabmgrError, Refused, WrongState
from labmgr.services.lab import probes, sitting, snapshots

S = LabState


def order_open(tools: Tools, lab_id: str, *, by: str) -> Job:
    """Let the candidate in: only into a lab whose probes were green and that has its snapshot.

    In an exam the passage opens its lab, with its clock; here that is refused.
    """
    lab = tools.store.lab(lab_id)
    sitting.refuse_by_hand(tools, lab, "opened")
    if lab.state is not S.OPEN:
        _may_open(tools, lab)
    return tools.store.order(JobKind.OPEN, lab_id, by=by)


def carry_out_open(tools: Tools, lab_id: str, *, by: str, until: datetime | None = None) -> Lab:
    """Guard laid, row written, gateway opened; no guard, no open.

    *until* is an end that the gateway keeps by itself; said again it is the new one.
    """
    lab = tools.store.lab(lab_id)
    if lab.state is S.OPEN and not until and tools.engine.is_open(lab_id, Audience.CANDIDATE):
        return lab
    if lab.state is not S.OPEN:
        _may_open(tools, lab)
    tools.engine.guard()
    before = S.FROZEN if lab.state is S.FROZEN else S.READY
    if lab.state is not S.OPEN:
        lab = tools.store.move(lab, S.OPEN, by=by, why="opened")
    try:
        tools.engine.open_access(lab_id, Audience.CANDIDATE, until)
    except LabmgrError as failure:
        tools.store.move(lab, before, by=by, why=f"could not be opened: {failure}")
        raise
    return lab


def order_close(tools: Tools, lab_id: str, *, by: str, freeze: bool = False) -> Job:
    """Cut the candidate's access; with *freeze* the lab waits for the commission."""
    lab = tools.store.lab(lab_id)
    sitting.refuse_by_hand(tools, lab, "closed")
    wanted = S.FROZEN if freeze else S.READY
    if lab.state not in {S.OPEN, wanted}:
        raise WrongState(f"Lab {lab_id}", lab.state, "closed", [S.OPEN])
    return tools.store.order(JobKind.FREEZE if freeze else JobKind.CLOSE, lab_id, by=by)


def carry_out_close(
    tools: Tools, lab_id: str, *, by: str, freeze: bool = False, snapshot: bool = False
) -> Lab:
    """Access is cut first, whatever the row says; the lab runs on.

    With *snapshot* the end snapshot is ordered once nobody can touch anything any more.
    """
    tools.engine.close_access(lab_id, Audience.CANDIDATE)
    lab = tools.store.lab(lab_id)
    wanted = S.FROZEN if freeze else S.READY
    if lab.state is S.OPEN or (freeze and lab.state is S.READY):
        lab = tools.store.move(lab, wanted, by=by, why="frozen" if freeze else "closed")
    if snapshot and lab.state is S.FROZEN:
        args = {"kind": SnapshotKind.END}
        tools.store.order(JobKind.SNAPSHOT, lab_id, by=by, args=args)
    return lab


def carry_out_admit(tools: Tools, lab_id: str, *, by: str) -> Lab:
    """Let the commission in for the recette, by its own door; the candidate's stays shut."""
    lab = tools.store.lab(lab_id)
    if lab.state is not S.RECETTE:
        lab.moved_to(S.RECETTE)
        tools.engine.guard()
        lab = tools.store.move(lab, S.RECETTE, by=by, why="recette")
    tools.engine.open_access(lab_id, Audience.COMMISSION)
    return lab


def carry_out_dismiss(tools: Tools, lab_id: str, *, by: str) -> Lab:
    """Shut the commission's door; what the recette left stays to be seen."""
    tools.engine.close_access(lab_id, Audience.COMMISSION)
    lab = tools.store.lab(lab_id)
    if lab.state is not S.RECETTE:
        return lab
    return tools.store.move(lab, S.FROZEN, by=by, why="recette over")


def _may_open(tools: Tools, lab: Lab) -> None:
    lab.moved_to(S.OPEN)
    snapshots.latest(tools, lab.id, SnapshotKind.START)
    unused = lab.state is S.READY and not probes.was_opened(tools, lab)
    if unused and not probes.all_green(tools, lab):
        raise Refused(
            f"Lab {lab.id} may not be opened: not every probe was green at the last look",
            hint="Look at its probes; `labmgr lab probe` looks again.",
        )
