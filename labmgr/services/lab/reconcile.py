"""After a crash, a reboot or a power cut: what a dead worker held, and labs unlike their rows."""

from __future__ import annotations

import logging
from collections.abc import Collection, Mapping
from functools import cache

from labmgr.domain.lab import STANDING, Lab, LabState
from labmgr.domain.ports import Tools
from labmgr.domain.repair import GATEWAY, Seen, Step, next_step
from labmgr.domain.words import Audience
from labmgr.domain.work import JobKind
from labmgr.errors import LabmgrError
from labmgr.services.lab import disk, reserve, snapshots, wires
from labmgr.services.lab.away import KEEPING
from labmgr.services.lab.snapshots import REHEARSAL

log = logging.getLogger(__name__)

BY = "reconcile"
ORDER: dict[Step, JobKind] = {Step.WAKE: JobKind.WAKE, Step.REMOVE: JobKind.REMOVE}
ARGS = {Step.REMOVE: KEEPING}  # a look round never throws evidence away


def recover(tools: Tools, worker: str) -> list[str]:
    """Release what dead workers held; call once when a worker starts. What was done, in words.

    Every verb may be repeated, so a job left in the middle is simply done again. A building
    lab whose order is nowhere to be found is ordered anew.
    """
    said = []
    for job in tools.store.abandoned(worker):
        tools.store.release(job)
        said.append(f"job {job.id} ({job.kind} {job.lab}) released")
    busy = {job.lab for job in tools.store.jobs(unended=True)}
    for lab in tools.store.labs():
        if lab.state is LabState.BUILDING and lab.id not in busy:
            kind = JobKind.RESET if tools.store.snapshots(lab.id) else JobKind.BUILD
            tools.store.order(kind, lab.id, by=BY)
            said.append(f"{kind} of lab {lab.id} ordered again")
    for line in said:
        log.warning("recover: %s", line)
    return said


def look_round(tools: Tools, *, measure: bool = True) -> dict[str, Step]:
    """Compare every lab with its engine and order the repairs; return what was found.

    With *measure* what the nodes have written is looked at too.
    A lab with work ordered is left to that work, before and after the look: what it looked
    like meanwhile says nothing.
    """
    before = _busy(tools)
    seen = tools.engine.look_all()
    busy = before | _busy(tools)
    labs = tools.store.labs()
    nodes_of = cache(lambda name: [node.name for node in tools.library.read(name).nodes])
    ajar = _ajar(tools, labs, seen)
    found = {}
    for lab in labs:
        if lab.id not in busy:
            try:
                nodes, look = nodes_of(lab.template), dict(seen.get(lab.id, {}))
                found[lab.id] = _one(tools, lab, nodes, look, ajar=ajar, measure=measure)
            except LabmgrError as trouble:  # the others still want to be looked at
                log.warning("look_round: lab %s: %s (%s)", lab.id, trouble, trouble.hint)
    _strays(tools, seen.keys() - {lab.id for lab in labs}, busy)
    _wires(tools, [lab for lab in labs if found.get(lab.id) is Step.LEAVE])
    _reserve(tools)
    return found


def _one(
    tools: Tools,
    lab: Lab,
    nodes: Collection[str],
    seen: dict[str, Seen],
    *,
    ajar: Collection[str],
    measure: bool,
) -> Step:
    if lab.state in STANDING:
        snapshots.prune(tools, lab.id, by=BY)  # an older one whose removal was cut short
        held = disk.watch(tools, lab, seen, measure=measure)
        seen |= dict.fromkeys(held, Seen.RUNNING)  # paused on purpose: not to be woken
    step = next_step(lab.state, nodes, seen)
    if order := ORDER.get(step):
        tools.store.order(order, lab.id, by=BY, args=ARGS.get(step, {}))
    elif step is Step.CALL_FOR_HELP:
        _call_for_help(tools, lab)
    elif lab.id in ajar and tools.engine.is_open(lab.id, Audience.CANDIDATE):  # still so
        step = Step.CLOSE
        tools.store.order(JobKind.CLOSE, lab.id, by=BY)
    return step


def _busy(tools: Tools) -> set[str]:
    return {job.lab for job in tools.store.jobs(unended=True)}


def _ajar(
    tools: Tools, labs: Collection[Lab], seen: Mapping[str, Mapping[str, Seen]]
) -> Collection[str]:
    """Labs whose candidate's door stands open though their rows do not say so."""
    shut = {lab.id for lab in labs if lab.state is not LabState.OPEN}
    asked = {lab for lab in shut if seen.get(lab, {}).get(GATEWAY) is Seen.RUNNING}
    try:
        return tools.engine.open_doors(asked, Audience.CANDIDATE) if asked else ()
    except LabmgrError:
        return asked  # one by one then: who cannot be asked must not hide the others


def _wires(tools: Tools, labs: list[Lab]) -> None:
    try:
        wires.look_after(tools, labs)
    except LabmgrError as trouble:
        log.warning("look_round: wires: %s (%s)", trouble, trouble.hint)


def _reserve(tools: Tools) -> None:
    try:
        reserve.keep(tools)
    except LabmgrError as trouble:
        log.warning("look_round: disk reserve: %s (%s)", trouble, trouble.hint)


def _strays(tools: Tools, strays: set[str], busy: set[str]) -> None:
    """A dead worker's rehearsal holds nobody's work. A lab without a row may: it is told only."""
    for stray in sorted(strays):
        lab = stray.removesuffix(REHEARSAL)
        if lab == stray:
            log.error("look_round: lab %s has containers but no row: see `labmgr doctor`", stray)
        elif lab not in busy:
            log.warning("look_round: containers of %s, which nobody needs; removed", stray)
            tools.engine.remove(stray)


def _call_for_help(tools: Tools, lab: Lab) -> None:
    """Say it once in the journal, not at every look."""
    words = "a node is missing, with its work: a person decides"
    last = tools.store.entries(f"lab:{lab.id}", limit=1)
    if not last or last[-1].what != words:
        tools.store.write(f"lab:{lab.id}", words, by=BY)
