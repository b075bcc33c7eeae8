"""Snapshots: take, verify, restore, rehearse, prune."""

from __future__ import annotations

import hashlib
import json
import logging
import secrets
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime, timedelta

from labmgr.domain.credential import Credential
from labmgr.domain.lab import STANDING, Lab, LabState
from labmgr.domain.ports import Tell, Tools
from labmgr.domain.probe import Finding
from labmgr.domain.snapshot import Part, Snapshot, SnapshotKind
from labmgr.domain.work import Job, JobKind, Progress
from labmgr.errors import LabmgrError, NotFound, Refused, SnapshotBroken, WrongState
from labmgr.services.lab import reserve, wires
from labmgr.services.lab.blueprint import checks_of, plan_of
from labmgr.services.lab.capacity import address_faults, admit

log = logging.getLogger(__name__)

REHEARSAL = "-rehearsal"  # ends the id of a lab restored on trial


def order_take(tools: Tools, lab_id: str, kind: SnapshotKind, *, by: str) -> Job:
    """Have a snapshot taken; refuses a lab that is not standing."""
    lab = tools.store.lab(lab_id)
    if lab.state not in STANDING:
        raise WrongState(f"Lab {lab.id}", lab.state, "snapshotted", STANDING)
    if kind is SnapshotKind.START and lab.state is not LabState.READY:
        raise Refused(
            f"A start snapshot of lab {lab.id} is taken before the hour only",
            hint=f"The lab is {lab.state}; reset it first, or take a snapshot of kind `own`.",
        )
    return tools.store.order(JobKind.SNAPSHOT, lab_id, by=by, args={"kind": kind})


def take(tools: Tools, lab: Lab, kind: SnapshotKind, *, by: str) -> Snapshot:
    """Freeze all nodes together and keep them; verified before it counts.

    A failure leaves the previous snapshot as it was. An older one of the same kind is let go
    once the new one is verified (`own` keeps the last two); that may wait for the next round.
    For an end snapshot a full disk's reserve is given up.
    """
    if kind is SnapshotKind.END:
        snapshot = reserve.assured(tools, lab, lambda: _taken(tools, lab, kind, by=by), by=by)
    else:
        snapshot = _taken(tools, lab, kind, by=by)
    try:
        prune(tools, lab.id, by=by)
    except LabmgrError as trouble:
        log.warning("lab %s: an older snapshot stays for now: %s", lab.id, trouble)
    return snapshot


def _taken(tools: Tools, lab: Lab, kind: SnapshotKind, *, by: str) -> Snapshot:
    name = f"{kind}-{tools.now():%Y%m%d%H%M%S}-{secrets.token_hex(2)}"
    plan = plan_of(tools, lab)
    parts = tools.engine.save(plan, name)
    try:
        tools.engine.verify(parts)
        taken = _after_all_others(tools, lab)
        fingerprint = credentials_fingerprint(tools.store.credentials(lab.id))
        snapshot = Snapshot(
            name, lab.id, kind, taken, plan.template, fingerprint, parts, verified=taken
        )
        tools.store.keep_snapshot(snapshot, by=by)
    except LabmgrError:
        tools.engine.discard(lab.id, name)
        raise
    return snapshot


def _after_all_others(tools: Tools, lab: Lab) -> datetime:
    """Now; a wall clock that was set back must not make the newest snapshot an old one."""
    taken = [one.taken + timedelta(milliseconds=1) for one in tools.store.snapshots(lab.id)]
    return max([tools.now(), *taken])


def clear_leftovers(tools: Tools, lab_id: str) -> None:
    """Discard what a dead worker left of a snapshot of this lab: images that no row knows.

    Only while no other job is at work on the lab.
    """
    known = {(lab_id, snapshot.id) for snapshot in tools.store.snapshots(lab_id)}
    for lab, name in set(tools.engine.snapshots()) - known:
        if lab == lab_id:
            tools.engine.discard(lab, name)
            log.warning("lab %s: unfinished snapshot %s removed", lab, name)


def verify(tools: Tools, snapshot_id: str, *, by: str) -> Snapshot:
    """Prove again that a snapshot can be restored, and remember when."""
    snapshot = tools.store.snapshot(snapshot_id)
    tools.engine.verify(snapshot.parts)
    tools.store.mark_verified(snapshot.id, tools.now())
    tools.store.write(f"lab:{snapshot.lab}", f"snapshot {snapshot.id} verified", by=by)
    return tools.store.snapshot(snapshot_id)


def is_put_away(tools: Tools, lab: Lab) -> bool:
    """Gone, but its snapshots were kept as evidence: it can come back from any of them."""
    return lab.state is LabState.GONE and bool(tools.store.snapshots(lab.id))


def latest(tools: Tools, lab_id: str, kind: SnapshotKind) -> Snapshot:
    """The newest verified snapshot of a kind. Raises NotFound with what to do."""
    for snapshot in tools.store.snapshots(lab_id):
        if snapshot.kind is kind and snapshot.verified:
            return snapshot
    raise NotFound(
        f"Lab {lab_id} has no verified snapshot of kind {kind}",
        hint="Build the lab (`labmgr lab build`): its start snapshot is taken when it is green.",
    )


def assure_fit(tools: Tools, lab: Lab, snapshot: Snapshot) -> None:
    """Refuse a snapshot that cannot be put back, while the lab is still untouched."""
    if snapshot.template != plan_of(tools, lab).template:
        raise Refused(
            f"The template of lab {lab.id} has changed since snapshot {snapshot.id}",
            hint="Remove the lab and build it again, or put the template back as it was.",
        )
    tools.engine.verify(snapshot.parts)


def put_back(
    tools: Tools, lab: Lab, snapshot: Snapshot, *, nodes: Collection[str] | None = None
) -> None:
    """Replace nodes and volumes by those of *snapshot*; `assure_fit` comes first."""
    plan = plan_of(tools, lab)
    chosen = [node.name for node in plan.nodes] if nodes is None else list(nodes)
    tools.engine.remove(lab.id, chosen)
    parts = _of(snapshot, chosen)
    if unplugged := wires.rebuild(tools, lab, parts=parts, tell=telling(tools, lab)):
        wires.raise_unless_at_work(tools, lab, unplugged)


def order_rehearse(tools: Tools, lab_id: str, *, by: str) -> Job:
    """Have the start snapshot restored on trial; refuses a lab that has none."""
    latest(tools, lab_id, SnapshotKind.START)
    return tools.store.order(JobKind.REHEARSE, lab_id, by=by)


def rehearse(tools: Tools, lab_id: str, *, by: str) -> Snapshot:
    """Restore the start snapshot under a spare number, run every probe, remove it again."""
    lab = tools.store.lab(lab_id)
    snapshot = latest(tools, lab_id, SnapshotKind.START)
    tools.engine.verify(snapshot.parts)
    with _spare_number(tools) as number:
        red = _tried(tools, replace(lab, number=number), snapshot)
    if red:
        raise SnapshotBroken(
            f"Snapshot {snapshot.id} came back with {len(red)} red probes: "
            + "; ".join(f"{one.check}: {one.evidence}" for one in red),
            hint="Build the lab again; the snapshot is kept for a look.",
        )
    tools.store.mark_verified(snapshot.id, tools.now())
    tools.store.write(f"lab:{lab_id}", f"snapshot {snapshot.id} rehearsed: all green", by=by)
    return snapshot


def _tried(tools: Tools, spare: Lab, snapshot: Snapshot) -> list[Finding]:
    """The red probes of the snapshot, put up beside the lab and taken down again."""
    admit(tools, [spare])
    plan = replace(plan_of(tools, spare), lab=f"{spare.id}{REHEARSAL}")
    try:
        tools.engine.remove(plan.lab)  # of a worker that died
        tools.engine.build(plan, parts=snapshot.parts)
        checks = checks_of(tools, spare)
        findings = tools.engine.probe(plan.lab, checks, deadline=tools.site.build_deadline)
        return [one for one in findings if one.final and not one.green]
    finally:
        tools.engine.remove(plan.lab)


@contextmanager
def _spare_number(tools: Tools) -> Iterator[int]:
    """The highest number that no lab and no other rehearsal has: new labs count from below."""
    taken = {one.number for one in tools.store.labs()}
    for number in range(tools.site.ranges.last, 0, -1):
        if number in taken:
            continue
        with tools.store.lock(f"spare-{number}") as mine:
            if mine and not address_faults(tools, tools.engine.facts(), {number: ""}):
                yield number
                return
    raise Refused("No lab number is free for a rehearsal", hint="Remove past sessions first.")


def prune(tools: Tools, lab_id: str, *, by: str) -> None:
    """Let go of older ones: of `start` the newest stays, of `own` two, of `end` all."""
    there = tools.store.snapshots(lab_id)
    for kind, keep in ((SnapshotKind.START, 1), (SnapshotKind.OWN, 2)):
        for old in [one for one in there if one.kind is kind][keep:]:
            forget(tools, old, by=by, why="replaced by a newer one")


def forget(tools: Tools, snapshot: Snapshot, *, by: str, why: str) -> None:
    """Remove a snapshot's images, then its row."""
    tools.engine.discard(snapshot.lab, snapshot.id)
    tools.store.forget_snapshot(snapshot.id, by=by, why=why)


def credentials_fingerprint(credentials: Sequence[Credential]) -> str:
    """Tells whether the credentials are still those of a snapshot, without showing them."""
    facts = sorted([one.node, one.id, one.login, one.secret, one.public] for one in credentials)
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()


def telling(tools: Tools, lab: Lab) -> Tell:
    """Write an engine's progress as rows; building fills the first half of a node's bar."""

    def tell(node: str, step: str, share: float) -> None:
        tools.store.keep_progress(Progress(lab.id, node, step, share / 2, tools.now()))

    return tell


def _of(snapshot: Snapshot, nodes: Collection[str]) -> list[Part]:
    return [part for part in snapshot.parts if part.node in nodes]
