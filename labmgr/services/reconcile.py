"""After a crash, a reboot or a power cut: what a dead worker held, and labs unlike their rows."""

from __future__ import annotations

import logging

from labmgr.domain.lab import STANDING, Lab, LabState
from labmgr.domain.ports import Tools
from labmgr.domain.repair import Step, next_step
from labmgr.domain.words import Audience
from labmgr.domain.work import JobKind
from labmgr.errors import EngineError
from labmgr.services.snapshots import REHEARSAL

log = logging.getLogger(__name__)

BY = "reconcile"
ORDER: dict[Step, JobKind] = {Step.WAKE: JobKind.WAKE, Step.REMOVE: JobKind.REMOVE}


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


def clear_leftovers(tools: Tools) -> list[str]:
    """Remove what no row knows: half taken snapshots, probe containers of dead workers."""
    tools.engine.tidy()
    known = {
        (lab.id, snapshot.id)
        for lab in tools.store.labs()
        for snapshot in tools.store.snapshots(lab.id)
    }
    said = []
    for lab_id, snapshot_id in set(tools.engine.snapshots()) - known:
        tools.engine.discard(lab_id, snapshot_id)
        said.append(f"unfinished snapshot {snapshot_id} of lab {lab_id} removed")
    for line in said:
        log.warning("recover: %s", line)
    return said


def look_round(tools: Tools) -> dict[str, Step]:
    """Compare every lab with its engine and order the repairs; return what was found."""
    seen = tools.engine.look_all()
    busy = {job.lab for job in tools.store.jobs(unended=True)}
    found = {}
    for lab in tools.store.labs():
        if lab.id in busy:
            continue
        nodes = [node.name for node in tools.library.read(lab.template).nodes]
        found[lab.id] = next_step(lab.state, nodes, seen.get(lab.id, {}))
        _act(tools, lab, found[lab.id])
    known = {lab.id for lab in tools.store.labs()} | {f"{lab}{REHEARSAL}" for lab in busy}
    for stray in seen.keys() - known:
        log.warning("look_round: containers of lab %s, which no row knows; removed", stray)
        tools.engine.remove(stray)
    return found


def _act(tools: Tools, lab: Lab, step: Step) -> None:
    if order := ORDER.get(step):
        tools.store.order(order, lab.id, by=BY)
    elif step is Step.CALL_FOR_HELP:
        _call_for_help(tools, lab)
    elif lab.state in STANDING - {LabState.OPEN} and _still_open(tools, lab):
        tools.store.order(JobKind.CLOSE, lab.id, by=BY)


def _still_open(tools: Tools, lab: Lab) -> bool:
    try:
        return tools.engine.is_open(lab.id, Audience.CANDIDATE)
    except EngineError as trouble:
        log.warning("look_round: cannot tell whether %s is open: %s", lab.id, trouble)
        return False


def _call_for_help(tools: Tools, lab: Lab) -> None:
    """Say it once in the journal, not at every look."""
    words = "a node is missing, with its work: a person decides"
    last = tools.store.entries(f"lab:{lab.id}", limit=1)
    if not last or last[-1].what != words:
        tools.store.write(f"lab:{lab.id}", words, by=BY)
