"""A lab's verbs: order now, carry out later."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from labmgr.domain.lab import STANDING, Lab, LabState
from labmgr.domain.plan import LabPlan
from labmgr.domain.ports import Tools
from labmgr.domain.repair import GATEWAY, Seen
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.words import Audience
from labmgr.domain.work import Job, JobKind
from labmgr.errors import LabmgrError, NotFound, Refused
from labmgr.services.lab import doors, probes, sitting, snapshots, wires
from labmgr.services.lab.blueprint import plan_of
from labmgr.services.lab.capacity import admit, to_build

S = LabState


def order_build(tools: Tools, lab_ids: Collection[str], *, by: str) -> list[Job]:
    """Order the build of every lab that needs one; refused beforehand, with numbers.

    A lab that stands already is left as it is, so the order may be repeated.
    """
    meant = to_build([tools.store.lab(one) for one in lab_ids])
    wanted = [lab for lab in meant if not snapshots.is_put_away(tools, lab)]
    if meant and not wanted:
        raise Refused(
            f"Lab {meant[0].id} was put away with its snapshots; building it anew would lose them",
            hint="Reset it, restore one of its snapshots, or remove it for good first.",
        )
    admit(tools, wanted)
    return [tools.store.order(JobKind.BUILD, lab.id, by=by) for lab in wanted]


def carry_out_build(tools: Tools, lab_id: str, *, by: str) -> Lab:
    """Bring a lab from nothing to ready: nodes up, probes green, start snapshot verified.

    A build that its worker left in the middle is taken up where it stands, if all of it runs:
    a node that was stopped in its first boot is not trusted.
    """
    lab = tools.store.lab(lab_id)
    if lab.state in STANDING:
        return lab
    if lab.state in {S.BROKEN, S.GONE} and tools.store.snapshots(lab_id):
        raise Refused(
            f"Lab {lab_id} is {lab.state} and has a snapshot; building it anew would lose it",
            hint="Reset it to its start snapshot, or remove it first.",
        )
    left_so = lab if lab.state is S.BUILDING else None
    with _at_work(tools, lab, by=by, why="build") as building:
        template = tools.library.read(building.template)
        if not (left_so and left_so.template_hash == template.hash and _runs(tools, lab)):
            tools.engine.remove(lab.id)
        current = tools.store.retemplate(building, template.hash)
        plan = wires.wired_plan_of(tools, current)
        wires.build(tools, current, plan, tell=snapshots.telling(tools, current))
        probes.until_green(tools, current, deadline=tools.site.build_deadline)
        snapshots.take(tools, current, SnapshotKind.START, by=by)
        return _finish(tools, current, by=by, why="green, start snapshot verified")


def order_reset(
    tools: Tools,
    lab_id: str,
    *,
    by: str,
    nodes: Sequence[str] = (),
    force: bool = False,
    why: str = "",
) -> Job:
    """Accept a reset now; refuses what could never work.

    An open lab is reset only by force, with a reason that goes into the journal.
    """
    lab = tools.store.lab(lab_id)
    _known(tools, lab, nodes)
    sitting.refuse_at_work(tools, lab, "reset")
    snapshots.latest(tools, lab_id, SnapshotKind.START)
    if lab.state is S.OPEN:
        if not (force and why):
            raise Refused(
                f"Lab {lab_id} is open: its candidate is at work in it",
                hint="Close it first, or say --force with --why and the reason.",
            )
        tools.store.write(f"lab:{lab_id}", "reset of an open lab forced", by=by, why=why)
    elif lab.state is not S.BUILDING:
        lab.moved_to(S.BUILDING)
    if lab.state is S.GONE:
        admit(tools, [lab])
    args = {"nodes": " ".join(nodes)} if nodes else {}
    args |= {"force": "yes"} if lab.state is S.OPEN else {}
    return tools.store.order(JobKind.RESET, lab_id, by=by, args=args)


def carry_out_reset(
    tools: Tools,
    lab_id: str,
    *,
    by: str,
    nodes: Collection[str] | None = None,
    force: bool = False,
) -> Lab:
    """Throw the work in the lab (or in some nodes) away and put the start snapshot back.

    A lab opened after the order was given has work in it that nobody meant: refused.
    """
    lab = tools.store.lab(lab_id)
    start = snapshots.latest(tools, lab_id, SnapshotKind.START)
    snapshots.assure_fit(tools, lab, start)
    if lab.state is S.OPEN:
        if not force:
            raise Refused(
                f"Lab {lab_id} was opened after its reset was ordered",
                hint="Close it and order the reset again, if it is still wanted.",
            )
        lab = doors.carry_out_close(tools, lab_id, by=by)
    with _at_work(tools, lab, by=by, why="reset") as building:
        tools.engine.close_access(lab_id, Audience.CANDIDATE)
        tools.engine.close_access(lab_id, Audience.COMMISSION)
        snapshots.put_back(tools, building, start, nodes=nodes)
        probes.until_green(tools, building, deadline=tools.site.build_deadline)
        return _finish(tools, building, by=by, why=f"snapshot {start.id} restored")


def order_remove(tools: Tools, lab_id: str, *, by: str) -> Job:
    """Accept the removal of a lab with its snapshots; not while it is open."""
    lab = tools.store.lab(lab_id)
    sitting.refuse_at_work(tools, lab, "removed")
    if lab.state is not S.GONE:
        lab.moved_to(S.GONE)
    return tools.store.order(JobKind.REMOVE, lab_id, by=by)


def carry_out_remove(tools: Tools, lab_id: str, *, by: str) -> Lab:
    """Remove containers, networks, volumes and snapshots; the row and the journal stay."""
    lab = tools.store.lab(lab_id)
    gone = lab if lab.state is S.GONE else tools.store.move(lab, S.GONE, by=by, why="removed")
    tools.engine.remove(lab_id)
    for snapshot in tools.store.snapshots(lab_id):
        snapshots.forget(tools, snapshot, by=by, why="lab removed")
    tools.store.clear_findings(lab_id)
    tools.store.clear_progress(lab_id)
    return gone


def carry_out_wake(tools: Tools, lab_id: str, *, by: str) -> None:
    """Start what is there and stopped, with its data; the access the row calls for comes back.

    A wire that does not fit any more is said after all that: the work and the hour go first.
    """
    lab = tools.store.lab(lab_id)
    if lab.state not in STANDING:
        return
    plan = plan_of(tools, lab)
    refuse_lost(tools, lab, plan)
    tools.engine.guard()
    unplugged = wires.rebuild(tools, lab)
    if tools.store.lab(lab_id).state is S.OPEN and sitting.may_be_open(tools, lab):
        tools.engine.open_access(lab_id, Audience.CANDIDATE, sitting.open_until(tools, lab))
        if tools.store.lab(lab_id).state is not S.OPEN:  # a bell struck on the other lane
            tools.engine.close_access(lab_id, Audience.CANDIDATE)
    if tools.store.lab(lab_id).state is S.RECETTE:
        tools.engine.open_access(lab_id, Audience.COMMISSION)
    if unplugged:
        raise unplugged
    tools.store.write(f"lab:{lab_id}", "started again with its data", by=by)


def refuse_lost(tools: Tools, lab: Lab, plan: LabPlan) -> None:
    """Nothing is made in the place of a node that vanished with somebody's work."""
    missing = {node.name for node in plan.nodes} - tools.engine.look(lab.id).keys()
    if missing:
        raise Refused(
            f"Lab {lab.id} has lost {', '.join(sorted(missing))}, and the work in it",
            hint="Reset these nodes to the start snapshot, or restore another one.",
        )


def order_restore(tools: Tools, lab_id: str, snapshot_id: str, *, by: str, why: str) -> Job:
    """Accept putting any of the lab's snapshots back; the reason is kept."""
    snapshot = tools.store.snapshot(snapshot_id)
    if snapshot.lab != lab_id:
        raise NotFound(f"Lab {lab_id} has no snapshot {snapshot_id}")
    lab = tools.store.lab(lab_id)
    sitting.refuse_at_work(tools, lab, "restored")
    if lab.state is not S.BUILDING:
        lab.moved_to(S.BUILDING)
    if lab.state is S.GONE:
        admit(tools, [lab])
    tools.store.write(f"lab:{lab_id}", f"restore of {snapshot_id} ordered", by=by, why=why)
    return tools.store.order(JobKind.RESTORE, lab_id, by=by, args={"snapshot": snapshot_id})


def carry_out_restore(tools: Tools, lab_id: str, snapshot_id: str, *, by: str) -> Lab:
    """Put one snapshot back.

    No probe is waited for: the hour runs, and what its candidate had stopped stays stopped.
    Services come up within seconds, as after any start.
    """
    lab = tools.store.lab(lab_id)
    snapshot = tools.store.snapshot(snapshot_id)
    snapshots.assure_fit(tools, lab, snapshot)
    with _at_work(tools, lab, by=by, why=f"restore {snapshot_id}") as building:
        snapshots.put_back(tools, building, snapshot)
        return _finish(tools, building, by=by, why=f"snapshot {snapshot_id} restored")


@contextmanager
def _at_work(tools: Tools, lab: Lab, *, by: str, why: str) -> Iterator[Lab]:
    """The lab is building meanwhile; a failure of ours is written down before it is passed on."""
    tools.store.clear_progress(lab.id)
    building = lab
    if lab.state is not S.BUILDING:
        building = tools.store.move(lab, S.BUILDING, by=by, why=why)
    try:
        yield building
    except LabmgrError as failure:
        tools.store.move(tools.store.lab(lab.id), S.BROKEN, by=by, why=f"{why}: {failure}")
        raise


def _finish(tools: Tools, lab: Lab, *, by: str, why: str) -> Lab:
    ready = tools.store.move(lab, S.READY, by=by, why=why)
    tools.store.clear_progress(lab.id)
    return ready


def _runs(tools: Tools, lab: Lab) -> bool:
    wanted = {node.name for node in tools.library.read(lab.template).nodes} | {GATEWAY}
    seen = tools.engine.look(lab.id)
    return all(seen.get(one) is Seen.RUNNING for one in wanted)


def _known(tools: Tools, lab: Lab, nodes: Sequence[str]) -> None:
    names = {node.name for node in tools.library.read(lab.template).nodes}
    if unknown := sorted(set(nodes) - names):
        raise NotFound(
            f"Lab {lab.id} has no node {', '.join(unknown)}",
            hint=f"Its nodes are: {', '.join(sorted(names))}.",
        )
