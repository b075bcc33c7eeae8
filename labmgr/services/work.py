"""One job at a time on a lane: claim it, carry it out, write down how it went."""

from __future__ import annotations

import logging
import time
from collections.abc import Callable, Mapping

from labmgr.domain.lab import LabState
from labmgr.domain.ports import Tools
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.words import Audience
from labmgr.domain.work import LANE, Job, JobKind, JobState, Lane
from labmgr.errors import EngineError, EngineUnreachable, LabmgrError
from labmgr.services.day import repairs
from labmgr.services.desk import savepoints
from labmgr.services.equipment import care, lives, states
from labmgr.services.equipment import orders as equipped
from labmgr.services.lab import away, doors, labs, probes, snapshots
from labmgr.services.passage import hours, recette

log = logging.getLogger(__name__)

MOST_TRIES = 3  # a job that took its worker or the engine down this often is given up

GOING_LOOKS, GOING_PAUSE = 6, 0.5  # seconds: how soon an engine that is stopped is silent

CarryOut = Callable[[Tools, Job], object]


def _snapshot(tools: Tools, job: Job) -> None:
    snapshots.take(tools, tools.store.lab(job.lab), SnapshotKind(job.args["kind"]), by=job.by)


def _open(tools: Tools, job: Job) -> object:
    """For an hour, for the commission, or for as long as a teacher wants."""
    if "session" in job.args:
        args = job.args["session"], job.args["candidate"]
        resume = "resume" in job.args
        why = job.args.get("why", "")
        return hours.open_hour(tools, job.lab, *args, by=job.by, resume=resume, why=why)
    if job.args.get("audience") == Audience.COMMISSION:
        return doors.carry_out_admit(tools, job.lab, by=job.by)
    return doors.carry_out_open(tools, job.lab, by=job.by)


def _close(tools: Tools, job: Job) -> object:
    if job.args.get("audience") == Audience.COMMISSION:
        return doors.carry_out_dismiss(tools, job.lab, by=job.by)
    return doors.carry_out_close(tools, job.lab, by=job.by)


def _reset(tools: Tools, job: Job) -> object:
    """By staff, or by the candidate in the hour, who is let in again afterwards."""
    if "session" in job.args:
        return savepoints.carry_out_return(tools, job)
    nodes = job.args["nodes"].split() if "nodes" in job.args else None
    lab = labs.carry_out_reset(tools, job.lab, by=job.by, nodes=nodes, force="force" in job.args)
    if nodes is None:
        equipped.order_restore(tools, job)
    return lab


def _restore(tools: Tools, job: Job) -> object:
    if "session" in job.args:
        return savepoints.carry_out_return(tools, job)
    return labs.carry_out_restore(tools, job.lab, job.args["snapshot"], by=job.by)


def _remove(tools: Tools, job: Job) -> object:
    carry_out = away.carry_out_put_away if "keep" in job.args else labs.carry_out_remove
    gone = carry_out(tools, job.lab, by=job.by)
    states.give_back(tools, job.lab, by=job.by)
    return gone


def _only(job: Job) -> list[str] | None:
    """The devices that a repeated order is for."""
    return job.args[care.ONLY].split() if care.ONLY in job.args else None


CARRY_OUT: Mapping[JobKind, CarryOut] = {
    JobKind.BUILD: lambda tools, job: labs.carry_out_build(tools, job.lab, by=job.by),
    JobKind.OPEN: _open,
    JobKind.CLOSE: _close,
    JobKind.FREEZE: lambda tools, job: doors.carry_out_close(
        tools, job.lab, by=job.by, freeze=True, snapshot="snapshot" in job.args
    ),
    JobKind.RESET: _reset,
    JobKind.REMOVE: _remove,
    JobKind.WAKE: lambda tools, job: labs.carry_out_wake(tools, job.lab, by=job.by),
    JobKind.SNAPSHOT: _snapshot,
    JobKind.RESTORE: _restore,
    JobKind.REHEARSE: lambda tools, job: snapshots.rehearse(tools, job.lab, by=job.by),
    JobKind.RESTART: lambda tools, job: repairs.carry_out_restart(
        tools, job.lab, job.args["node"], by=job.by
    ),
    JobKind.ROTATE: lambda tools, job: repairs.carry_out_rotate(tools, job.lab, by=job.by),
    JobKind.PREPARE: lambda tools, job: lives.carry_out_prepare(tools, job.lab, by=job.by),
    JobKind.OPEN_DEVICES: lambda tools, job: lives.carry_out_open(
        tools, job.lab, by=job.by, only=_only(job)
    ),
    JobKind.CLOSE_DEVICES: lambda tools, job: lives.carry_out_close(
        tools, job.lab, by=job.by, since=job.ordered, only=_only(job)
    ),
    JobKind.KEEP_CONFIGS: lambda tools, job: lives.carry_out_keep(tools, job.lab, by=job.by),
    JobKind.RESTORE_DEVICES: lambda tools, job: lives.carry_out_restore(tools, job.lab, by=job.by),
    JobKind.PROBE: lambda tools, job: probes.carry_out_probe(tools, job.lab),
    JobKind.RECETTE: lambda tools, job: recette.carry_out_recette(
        tools, job.lab, by=job.by, line=int(job.args["line"]) if "line" in job.args else None
    ),
}


def do_one_job(tools: Tools, worker: str, lane: Lane) -> bool:
    """Do the oldest waiting job of *lane* and write down how it went. False: nothing to do."""
    job = tools.store.claim(worker, lane)
    if job is None:
        return False
    if job.tries > MOST_TRIES:
        why = f"given up after {MOST_TRIES} tries: each time its worker or the engine went away"
        _end(tools, job, JobState.CRASHED, why, "See the log, then order it again.")
        return True
    try:
        if job.tries > 1 and lane is Lane.WORK:
            snapshots.clear_leftovers(tools, job.lab)
        CARRY_OUT[job.kind](tools, job)
    except EngineUnreachable as away:
        _put_back(tools, job, away)
    except LabmgrError as refusal:
        log.warning("%s %s: %s", job.kind, job.lab, refusal)
        if going := _going(tools, refusal):
            _put_back(tools, job, going)
        else:
            _end(tools, job, JobState.REFUSED, str(refusal), refusal.hint)
    except Exception:
        log.exception("%s %s: a bug in labmgr", job.kind, job.lab)
        _end(tools, job, JobState.CRASHED, "a bug in labmgr: see the log", "")
    else:
        tools.store.finish(job, JobState.DONE)
    return True


def _going(tools: Tools, refusal: LabmgrError) -> EngineUnreachable | None:
    """An engine that is being stopped refuses in odd words before it falls silent."""
    if type(refusal) is not EngineError:  # a full disk, a taken address: these are answers
        return None
    for _ in range(GOING_LOOKS):
        try:
            tools.engine.look_all()
        except EngineUnreachable as away:
            return away
        time.sleep(GOING_PAUSE)
    return None


def _put_back(tools: Tools, job: Job, away: EngineUnreachable) -> None:
    """The order stands; the worker hands it out again once the engine answers."""
    log.warning("%s %s waits for the engine: %s", job.kind, job.lab, away)
    waits = f"{job.kind} waits until the engine answers again"
    tools.store.write(f"lab:{job.lab}", waits, by=job.by, why=f"{away} {away.hint}")
    tools.store.release(job)


def _end(tools: Tools, job: Job, state: JobState, outcome: str, hint: str) -> None:
    """A lab left in the middle by work that will not come back is broken, not building."""
    lab = tools.store.lab(job.lab)
    if lab.state is LabState.BUILDING and LANE[job.kind] is Lane.WORK:
        tools.store.move(lab, LabState.BROKEN, by=job.by, why=f"{job.kind}: {outcome}")
    tools.store.finish(job, state, outcome, hint)
