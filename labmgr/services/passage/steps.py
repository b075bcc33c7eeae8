"""What every verb of a passage is made of: the step itself, its reason, its clock."""

from __future__ import annotations

from collections.abc import Sequence

from labmgr.domain.bells import Bell
from labmgr.domain.lab import Lab, LabState
from labmgr.domain.passage import News, Passage
from labmgr.domain.ports import Tools
from labmgr.domain.repair import Seen
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.work import Order
from labmgr.errors import Refused
from labmgr.services.lab import probes, snapshots


def changed(
    tools: Tools,
    before: Passage,
    after: Passage,
    *,
    what: str,
    by: str,
    why: str = "",
    orders: Sequence[Order] = (),
    forget: Sequence[Bell] = (),
    news: Sequence[News] = (),
) -> Passage:
    """One step with its journal row; an answered bell may only be met by bells' own services."""
    done = tools.store.change_passage(
        before, after, what=what, by=by, why=why, orders=orders, forget=forget, news=news
    )
    return done or before


def stopped(tools: Tools, passage: Passage) -> Passage:
    """With the clock of its phase stopped now, if one runs."""
    if passage.phase is None or passage.clock is None:
        return passage
    return passage.with_clock(passage.phase, passage.clock.stopped(tools.clock()))


def hour_of(passage: Passage) -> dict[str, str]:
    """What makes an order to open one of the passage's hour."""
    return {"session": passage.session, "candidate": passage.candidate}


def refuse_unfit(tools: Tools, passage: Passage, *, fresh: bool) -> None:
    """No hour without green probes and a verified start snapshot; a worked-in lab only stands."""
    lab = tools.store.lab(passage.lab)
    if lab.state not in {LabState.READY, LabState.OPEN, LabState.FROZEN}:
        raise Refused(
            f"Lab {lab.id} is {lab.state}, not ready", hint="Build it, or give a spare one."
        )
    snapshots.latest(tools, lab.id, SnapshotKind.START)
    _refuse_dead(tools, lab)
    if not fresh:
        return
    if probes.was_opened(tools, lab):
        raise Refused(
            f"Lab {lab.id} was opened before: somebody may have worked in it",
            hint="Reset it to its start snapshot first.",
        )
    if not probes.all_green(tools, lab):
        raise Refused(
            f"Lab {lab.id} is not green at its last look",
            hint="Look at its probes; mend or reset the lab, or give a spare one.",
        )


def _refuse_dead(tools: Tools, lab: Lab) -> None:
    """Green was said at the last look; that its nodes run is asked of the engine now."""
    seen = tools.engine.look(lab.id)
    nodes = [node.name for node in tools.library.read(lab.template).nodes]
    if dead := [name for name in nodes if seen.get(name) is not Seen.RUNNING]:
        raise Refused(
            f"Lab {lab.id}: {', '.join(dead)} does not run",
            hint="labmgr starts stopped nodes by itself within seconds; else restart the node, "
            "or give a spare lab.",
        )
