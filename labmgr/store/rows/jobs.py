"""Work ordered and not yet done, and the worker's heartbeat."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Select, delete, func, insert, select, update

from labmgr.domain.clock import Moment
from labmgr.domain.work import ENDED, LANE, SOON, Job, JobKind, JobState, Lane, Order
from labmgr.errors import LostRace, NotFound
from labmgr.store.rows.database import columns, every, first
from labmgr.store.rows.journal import Book
from labmgr.store.rows.tables import heartbeats, jobs

MOST = 200
_NO_ARGS: Mapping[str, str] = MappingProxyType({})


class Ordering(Book):
    """For the books whose steps order work in their own transaction."""

    def _order(self, tx: Connection, order: Order, *, by: str) -> Job:
        same = _jobs().where(
            jobs.c.kind == order.kind, jobs.c.lab == order.lab, jobs.c.state == JobState.WAITING
        )
        for waiting in every(tx, same.order_by(jobs.c.id), Job):
            if waiting.args == dict(order.args):
                return waiting
        row = _new_row(order, by, self._now())
        number = tx.execute(insert(jobs).values(**row)).inserted_primary_key
        what, why = f"{order.kind} ordered", order.args.get("why", "")
        self._note(tx, f"lab:{order.lab}", what, by=by, why=why)
        return _job(tx, number[0] if number else 0)


class Jobs(Ordering):
    """A job goes from waiting to doing to one of the ends, each by compare-and-set."""

    def order(self, kind: JobKind, lab: str, *, by: str, args: Mapping[str, str] = _NO_ARGS) -> Job:
        """Add a job; the same order still waiting is returned instead."""
        with self._db.write() as tx:
            return self._order(tx, Order(kind, lab, args), by=by)

    def claim(self, worker: str, lane: Lane) -> Job | None:
        """Take a waiting job of the lane whose lab has no job in hand on that lane.

        A lab's jobs keep their order; between labs what somebody waits for comes first, then the
        oldest.
        """
        in_hand = select(jobs.c.lab).where(jobs.c.lane == lane, jobs.c.state == JobState.DOING)
        waiting = jobs.alias()
        first = (
            select(func.min(waiting.c.id))
            .where(waiting.c.lane == lane, waiting.c.state == JobState.WAITING)
            .where(waiting.c.lab.not_in(in_hand))
            .group_by(waiting.c.lab)
        )
        free = (
            select(jobs.c.id)
            .where(jobs.c.id.in_(first))
            .order_by(jobs.c.kind.in_(SOON).desc(), jobs.c.id)
        )
        with self._db.read() as tx:
            if tx.scalar(free.limit(1)) is None:
                return None  # the usual case, once a second: no need to stand in line for it
        with self._db.write() as tx:
            if (number := tx.scalar(free.limit(1))) is None:
                return None
            taken = {"worker": worker, "started": self._now(), "tries": jobs.c.tries + 1}
            _set(tx, number, JobState.WAITING, state=JobState.DOING, **taken)
            return _job(tx, number)

    def finish(self, job: Job, state: str, outcome: str = "", hint: str = "") -> None:
        """Write down how it went. The same end twice is once; another end is a LostRace."""
        end = JobState(state)
        if end not in ENDED:
            msg = f"a job does not end as {end}"
            raise ValueError(msg)
        with self._db.write() as tx:
            now = _job(tx, job.id).state
            if now is end:
                return
            _set(
                tx,
                job.id,
                JobState.WAITING if now is JobState.WAITING else JobState.DOING,
                state=end,
                ended=self._now(),
                outcome=outcome,
                hint=hint,
            )

    def release(self, job: Job) -> None:
        """Put a job in hand back among the waiting; `claim` counts its tries."""
        with self._db.write() as tx:
            if _job(tx, job.id).state is not JobState.WAITING:
                back = {"state": JobState.WAITING, "worker": None, "started": None}
                _set(tx, job.id, JobState.DOING, **back)

    def repeat(self, job: Job, args: Mapping[str, str]) -> Job:
        """Put an order that failed back among the waiting, tries and all forgotten."""
        with self._db.write() as tx:
            now = _job(tx, job.id).state
            if now in {JobState.REFUSED, JobState.CRASHED}:
                never = {"worker": None, "started": None, "ended": None, "outcome": "", "hint": ""}
                _set(tx, job.id, now, state=JobState.WAITING, tries=0, args=dict(args), **never)
            return _job(tx, job.id)

    def job(self, id: int) -> Job:  # noqa: A002 - the port's word
        with self._db.read() as tx:
            return _job(tx, id)

    def jobs(self, *, lab: str | None = None, unended: bool = False) -> list[Job]:
        """Newest first, at most 200."""
        query = _jobs().order_by(jobs.c.id.desc()).limit(MOST)
        if lab is not None:
            query = query.where(jobs.c.lab == lab)
        if unended:
            query = query.where(jobs.c.state.not_in(ENDED))
        with self._db.read() as tx:
            return every(tx, query, Job)

    def mark(self) -> object:
        return self._db.mark()

    def abandoned(self, worker: str) -> list[Job]:
        """Jobs in hand of any worker but *worker*: their worker is dead."""
        query = _jobs().where(jobs.c.state == JobState.DOING, jobs.c.worker != worker)
        with self._db.read() as tx:
            return every(tx, query.order_by(jobs.c.id), Job)

    def beat(self, worker: str, moment: Moment) -> None:
        """One row: a new worker takes the place of the one before."""
        values = asdict(moment)
        mine = update(heartbeats).where(heartbeats.c.worker == worker).values(**values)
        with self._db.write() as tx:
            if tx.execute(mine).rowcount == 0:
                tx.execute(delete(heartbeats))
                tx.execute(insert(heartbeats).values(worker=worker, **values))

    def last_beat(self) -> Moment | None:
        with self._db.read() as tx:
            return first(tx, columns(heartbeats, Moment), Moment)


def _jobs() -> Select[Any]:
    return columns(jobs, Job)


def _job(tx: Connection, number: int) -> Job:
    if (job := first(tx, _jobs().where(jobs.c.id == number), Job)) is None:
        raise NotFound(f"There is no job {number}", hint="Was its session removed?")
    return job


def _new_row(order: Order, by: str, at: datetime) -> dict[str, object]:
    return {
        "kind": order.kind,
        "lab": order.lab,
        "lane": LANE[order.kind],
        "by": by,
        "ordered": at,
        "args": dict(order.args),
        "state": JobState.WAITING,
        "tries": 0,
        "outcome": "",
        "hint": "",
    }


def _set(tx: Connection, number: int, old: JobState, **values: Any) -> None:  # noqa: ANN401
    same = (jobs.c.id == number) & (jobs.c.state == old)
    if tx.execute(update(jobs).where(same).values(**values)).rowcount != 1:
        raise LostRace(
            f"Job {number} is no longer {old}",
            hint="Another worker acted on it; is labmgr running twice?",
        )
