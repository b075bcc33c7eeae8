"""The candidate's own save points during the hour: taken, put back, counted (S4:2342)."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from labmgr.domain.lab import Lab, LabState
from labmgr.domain.passage import Passage, PassageState
from labmgr.domain.ports import Tools
from labmgr.domain.snapshot import Snapshot, SnapshotKind
from labmgr.domain.words import Audience
from labmgr.domain.work import Job, JobKind, JobState
from labmgr.errors import EngineUnreachable, LabmgrError, NotFound, Refused
from labmgr.services.equipment import orders as equipped
from labmgr.services.lab import doors, labs, sitting, snapshots

log = logging.getLogger(__name__)

MOST = 10  # in one hour: each stops the lab for some seconds and writes to the disk of all
RETURNS: Final = frozenset({JobKind.RESET, JobKind.RESTORE})
START = "start"  # what stands for the start snapshot where a save point is named
S = LabState


@dataclass(frozen=True)
class Saves:
    """What one candidate has asked of the own lab: for the desk and for the record."""

    kept: tuple[Snapshot, ...] = ()  # newest first
    busy: JobKind | None = None  # being done, or waiting
    last: Job | None = None
    taken: int = 0
    returns: int = 0

    @property
    def left(self) -> int:
        return max(0, MOST - self.taken)


def of(tools: Tools, passage: Passage, *, listed: bool = True) -> Saves:
    """The save points of a passage's lab and what its candidate did with them.

    Not *listed* they are left out: a page that asks often wants to know only what changed.
    """
    if not passage.lab:
        return Saves()
    mine = own_jobs(tools, passage)
    return Saves(
        kept(tools, passage.lab) if listed else (),
        next((job.kind for job in mine if _unended(job)), None),
        next(iter(mine), None),
        sum(_counts(job) for job in mine if job.kind is JobKind.SNAPSHOT),
        sum(_counts(job) for job in mine if job.kind in RETURNS),
    )


def kept(tools: Tools, lab: str) -> tuple[Snapshot, ...]:
    """Newest first; one that was not verified is none."""
    found = tools.store.snapshots(lab)
    return tuple(one for one in found if one.kind is SnapshotKind.OWN and one.verified)


def own_jobs(tools: Tools, passage: Passage) -> list[Job]:
    """What the candidate ordered for the lab, newest first: nobody else's snapshots count."""
    kinds = RETURNS | {JobKind.SNAPSHOT}
    jobs = tools.store.jobs(lab=passage.lab)
    return [job for job in jobs if job.kind in kinds and job.by == _by(passage)]


def order_save(tools: Tools, session: str, number: str) -> Job:
    """Have a save point taken; the last two are kept."""
    passage = tools.store.passage(session, number)
    _refuse_outside_hour(tools, passage)
    _refuse_second(tools, passage)
    if of(tools, passage).left == 0:
        raise Refused(
            f"Candidate {number} has taken {MOST} save points",
            hint="The last two stay, and you can still go back to them.",
        )
    args = {"kind": SnapshotKind.OWN}
    job = tools.store.order(JobKind.SNAPSHOT, passage.lab, by=_by(passage), args=args)
    for order in equipped.order_keep(tools, passage.lab):
        tools.store.order(order.kind, order.lab, by=_by(passage))
    tools.store.write(f"passage:{passage.id}", "save point ordered", by=_by(passage))
    return job


def order_return(tools: Tools, session: str, number: str, target: str) -> Job:
    """Put an own save point back, or the start snapshot; the clock goes on meanwhile."""
    passage = tools.store.passage(session, number)
    _refuse_outside_hour(tools, passage)
    point = find(tools, passage, target)
    _refuse_second(tools, passage)
    args = {"session": session, "candidate": number}
    if point.kind is SnapshotKind.START:
        kind, what = JobKind.RESET, "return to the start snapshot ordered"
    else:
        kind, what = JobKind.RESTORE, f"return to save point {point.id} ordered"
        args["snapshot"] = point.id
    job = tools.store.order(kind, passage.lab, by=_by(passage), args=args)
    tools.store.write(f"passage:{passage.id}", what, by=_by(passage))
    return job


def find(tools: Tools, passage: Passage, target: str) -> Snapshot:
    """One of the candidate's save points, or START for the start snapshot; else NotFound."""
    if target == START:
        return snapshots.latest(tools, passage.lab, SnapshotKind.START)
    for point in kept(tools, passage.lab):
        if point.id == target:
            return point
    raise NotFound(
        f"Candidate {passage.candidate} has no save point {target}",
        hint="A newer one has taken its place; look at the list again.",
    )


def carry_out_return(tools: Tools, job: Job) -> Lab:
    """Shut the door, put the snapshot back, have the same hour's door opened again.

    The bell may ring meanwhile: the order to open then freezes the lab, with its end snapshot.
    Work that was begun is always finished, whatever the passage has become.
    """
    passage = tools.store.passage(job.args["session"], job.args["candidate"])
    lab = tools.store.lab(job.lab)
    try:
        if lab.state not in {S.BUILDING, S.BROKEN}:
            _refuse_moved(tools, passage, lab)
            doors.carry_out_close(tools, lab.id, by=job.by)
        if job.kind is JobKind.RESTORE:
            lab = labs.carry_out_restore(tools, lab.id, job.args["snapshot"], by=job.by)
        else:
            lab = labs.carry_out_reset(tools, lab.id, by=job.by)
    except EngineUnreachable:
        raise  # the job is done again once the engine answers
    except LabmgrError:
        _call_staff(tools, passage, job)
        raise
    finally:
        if tools.store.lab(lab.id).state is S.READY:
            _let_in_again(tools, job)
    return lab


def _let_in_again(tools: Tools, job: Job) -> None:
    """Whoever comes next: the candidate for what is left, or the commission that is waiting."""
    passage = tools.store.passage(job.args["session"], job.args["candidate"])
    if passage.lab != job.lab:
        return
    if passage.state is PassageState.INTERVIEW_2:
        tools.store.order(JobKind.FREEZE, job.lab, by=job.by, args={"snapshot": "end"})
        args = {"audience": str(Audience.COMMISSION)}
    else:  # one that is suspended stays shut: this is no order to resume
        args = {"session": passage.session, "candidate": passage.candidate}
    tools.store.order(JobKind.OPEN, job.lab, by=job.by, args=args)


def _call_staff(tools: Tools, passage: Passage, job: Job) -> None:
    """A lab that is broken in the hour is for people to mend, and time lost is theirs to judge."""
    if tools.store.lab(job.lab).state is S.BROKEN:
        what = "the return to a save point failed, the lab is broken"
        tools.store.open_incident(passage.session, passage.candidate, what, by=job.by)


def _refuse_outside_hour(tools: Tools, passage: Passage) -> None:
    """Save points belong to the running hour, while its door stands open."""
    if passage.state is PassageState.SUSPENDED:
        raise Refused(
            f"The passage of candidate {passage.candidate} is suspended",
            hint="The clock stands; save points are there again when it goes on.",
        )
    lab = tools.store.lab(passage.lab) if passage.lab else None
    if lab is None or lab.state is not S.OPEN or not sitting.may_be_open(tools, lab):
        raise Refused(
            f"Candidate {passage.candidate} is not in a running hour",
            hint="Save points are taken and put back during the hour only.",
        )


def _refuse_moved(tools: Tools, passage: Passage, lab: Lab) -> None:
    """What was ordered in time may find the hour over, suspended or in another lab."""
    hour = passage.state is PassageState.HOUR and passage.clock and passage.clock.running
    if not hour or passage.lab != lab.id or passage.is_over(tools.clock()):
        raise Refused(
            f"The hour of candidate {passage.candidate} no longer runs",
            hint="Nothing was put back: the lab is as it was.",
        )


def _refuse_second(tools: Tools, passage: Passage) -> None:
    unended: Iterable[Job] = tools.store.jobs(lab=passage.lab, unended=True)
    if any(job.kind in RETURNS | {JobKind.SNAPSHOT} for job in unended):
        raise Refused(
            f"Lab {passage.lab} is being saved or put back already",
            hint="Wait until that is done; it takes less than a minute.",
        )


def _unended(job: Job) -> bool:
    return job.state in {JobState.WAITING, JobState.DOING}


def _counts(job: Job) -> bool:
    """Done, or going to be."""
    return job.state is JobState.DONE or _unended(job)


def _by(passage: Passage) -> str:
    return f"candidate {passage.candidate}"
