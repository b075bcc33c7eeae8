"""One job at a time on a lane: claim it, carry it out, write down how it went."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping

from labmgr.domain.lab import LabState
from labmgr.domain.ports import Tools
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.work import Job, JobKind, JobState, Lane
from labmgr.errors import LabmgrError
from labmgr.services import labs, probes, snapshots

log = logging.getLogger(__name__)

MOST_TRIES = 3  # a job that took its worker down this often is given up

CarryOut = Callable[[Tools, Job], object]


def _snapshot(tools: Tools, job: Job) -> None:
    snapshots.take(tools, tools.store.lab(job.lab), SnapshotKind(job.args["kind"]), by=job.by)


CARRY_OUT: Mapping[JobKind, CarryOut] = {
    JobKind.BUILD: lambda tools, job: labs.carry_out_build(tools, job.lab, by=job.by),
    JobKind.OPEN: lambda tools, job: labs.carry_out_open(tools, job.lab, by=job.by),
    JobKind.CLOSE: lambda tools, job: labs.carry_out_close(tools, job.lab, by=job.by),
    JobKind.FREEZE: lambda tools, job: labs.carry_out_close(tools, job.lab, by=job.by, freeze=True),
    JobKind.RESET: lambda tools, job: labs.carry_out_reset(
        tools, job.lab, by=job.by, nodes=job.args["nodes"].split() if "nodes" in job.args else None
    ),
    JobKind.REMOVE: lambda tools, job: labs.carry_out_remove(tools, job.lab, by=job.by),
    JobKind.WAKE: lambda tools, job: labs.carry_out_wake(tools, job.lab, by=job.by),
    JobKind.SNAPSHOT: _snapshot,
    JobKind.RESTORE: lambda tools, job: labs.carry_out_restore(
        tools, job.lab, job.args["snapshot"], by=job.by
    ),
    JobKind.REHEARSE: lambda tools, job: snapshots.rehearse(tools, job.lab, by=job.by),
    JobKind.PROBE: lambda tools, job: probes.carry_out_probe(tools, job.lab),
}


def do_one_job(tools: Tools, worker: str, lane: Lane) -> bool:
    """Do the oldest waiting job of *lane* and write down how it went. False: nothing to do."""
    job = tools.store.claim(worker, lane)
    if job is None:
        return False
    if job.tries > MOST_TRIES:
        _give_up(tools, job)
        return True
    try:
        CARRY_OUT[job.kind](tools, job)
    except LabmgrError as refusal:
        log.warning("%s %s: %s", job.kind, job.lab, refusal)
        tools.store.finish(job, JobState.REFUSED, str(refusal), refusal.hint)
    except Exception:
        log.exception("%s %s: a bug in labmgr", job.kind, job.lab)
        tools.store.finish(job, JobState.CRASHED, "a bug in labmgr: see the log")
        _break(tools, job, "a bug in labmgr")
    else:
        tools.store.finish(job, JobState.DONE)
    return True


def _give_up(tools: Tools, job: Job) -> None:
    why = f"its worker died {MOST_TRIES} times"
    tools.store.finish(job, JobState.CRASHED, why, "See the log, then order it again.")
    _break(tools, job, why)


def _break(tools: Tools, job: Job, why: str) -> None:
    """A lab left in the middle by a job that will not come back is broken, not building."""
    lab = tools.store.lab(job.lab)
    if lab.state is LabState.BUILDING:
        tools.store.move(lab, LabState.BROKEN, by=job.by, why=f"{job.kind}: {why}")
