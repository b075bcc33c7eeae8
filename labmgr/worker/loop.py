"""The worker's loop: beat, look what waits, hand it to the lanes, look round."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

from labmgr.domain.ports import Tools
from labmgr.domain.work import LANE, Job, JobState, Lane
from labmgr.errors import LabmgrError, Refused, StoreError
from labmgr.services.equipment import care
from labmgr.services.lab.reconcile import look_round, recover
from labmgr.services.passage import full_disk, hours, outages
from labmgr.services.work import do_one_job
from labmgr.worker.alarm import ROUND_SECONDS, set_alarm

log = logging.getLogger(__name__)

TICK = 0.25  # seconds: how late an order is noticed at most; monotonic, no clock jump matters
BEAT = 5.0
DISK_EVERY, DISK_STEP = 2.0, 256 << 20  # bytes of room that must go before nodes are measured
ASK_AGAIN = 2.0  # seconds between two looks whether the engine is back
DEVICE_THREADS = 16  # places at once; they only wait for switches
ACCESS_THREADS = 12  # a whole class is cut at once; these threads only wait for the engine


class _LanePool:
    """The threads of one lane, never given more than there are jobs waiting."""

    def __init__(
        self, tools: Tools, worker: str, lane: Lane, size: int, wake: threading.Event
    ) -> None:
        self._tools, self._worker, self._lane, self._size = tools, worker, lane, size
        self._wake = wake
        self._pool = ThreadPoolExecutor(size, thread_name_prefix=lane)
        self._running: set[Future[bool]] = set()

    @property
    def idle(self) -> bool:
        return not self._running

    def collect(self) -> None:
        done = {future for future in self._running if future.done()}
        self._running -= done
        for future in done:
            future.result()  # a store that did not take the job's end: said, not swallowed

    def feed(self, waiting: int) -> None:
        for _ in range(min(waiting, self._size - len(self._running))):
            job = self._pool.submit(do_one_job, self._tools, self._worker, self._lane)
            job.add_done_callback(lambda _: self._wake.set())  # the next one waits for no tick
            self._running.add(job)

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


class Worker:
    """One for an instance: a second one is refused by a lock that death lets go."""

    def __init__(self, tools: Tools) -> None:
        self.name = f"{socket.gethostname()}-{os.getpid()}"
        self._tools = tools
        self._stop = threading.Event()
        self._wake = threading.Event()
        self._round_due = threading.Event()
        self._rounds = ThreadPoolExecutor(1, thread_name_prefix="round")
        self._round: Future[None] = self._rounds.submit(lambda: None)
        self._tidied = self._away = False
        self._asked = self._measured = float("-inf")
        self._bell = float("-inf")
        self._nothing: object = None  # the database's mark when no job was there at all
        self._free, self._shrunk = 0, True  # room at the last measure; the first round measures

    def stop(self) -> None:
        """Finish the jobs in hand and return from `run`; safe in a signal handler."""
        self._stop.set()

    def run(self) -> None:
        """Work until stopped. Raises Refused when another worker is at work."""
        with self._tools.store.lock("worker") as mine:
            if not mine:
                raise Refused(
                    "A worker of this instance is already at work",
                    hint="One is enough; `labmgr doctor` says whether it is well.",
                )
            recover(self._tools, self.name)
            outages.recover_clocks(self._tools)
            care.name_cut_short(self._tools)
            self._round_due.set()
            clock = set_alarm(self._round_due.set)
            lanes = self._lanes()
            try:
                self._loop(lanes)
            finally:
                clock.shutdown(wait=False)
                for pool in lanes.values():
                    pool.close()
                self._rounds.shutdown(wait=True)

    def _lanes(self) -> dict[Lane, _LanePool]:
        sizes = {
            Lane.ACCESS: ACCESS_THREADS,
            Lane.WORK: self._tools.site.parallel,
            Lane.DEVICES: DEVICE_THREADS,
        }
        return {
            lane: _LanePool(self._tools, self.name, lane, size, self._wake)
            for lane, size in sizes.items()
        }

    def _loop(self, lanes: dict[Lane, _LanePool]) -> None:
        beaten = looked = float("-inf")
        while not self._stop.is_set():
            self._wake.wait(TICK)
            self._wake.clear()
            try:
                if time.monotonic() - beaten >= BEAT:
                    self._tools.store.beat(self.name, self._tools.clock())
                    beaten = time.monotonic()
                self._answer_bells()
                self._feed(lanes)
                self._mind_the_disk()
                late = time.monotonic() - looked >= 2 * ROUND_SECONDS
                if (self._round_due.is_set() or late) and self._round.done():
                    self._round_due.clear()
                    looked = time.monotonic()
                    # On a thread of its own: no bell waits for an engine that measures disks.
                    self._round = self._rounds.submit(self._look_round)
                    self._round.add_done_callback(_say_bug)
            except LabmgrError as trouble:  # disk full, database locked: it may pass
                log.error("worker: %s (%s)", trouble, trouble.hint)  # noqa: TRY400 - known words
                if isinstance(trouble, StoreError):
                    self._make_room()

    def _make_room(self) -> None:
        try:
            full_disk.make_room(self._tools)
        except LabmgrError as trouble:
            log.error("worker: %s (%s)", trouble, trouble.hint)  # noqa: TRY400 - known words

    def _answer_bells(self) -> None:
        """Asked of the rows at each look; nobody is told of a bell, so none can be missed."""
        if time.monotonic() < self._bell:
            return
        self._bell = time.monotonic() + hours.answer(self._tools)

    def _feed(self, lanes: dict[Lane, _LanePool]) -> None:
        for pool in lanes.values():
            pool.collect()
        mark = self._tools.store.mark()  # before the rows: what is written meanwhile is news
        if mark == self._nothing:
            return
        jobs = self._tools.store.jobs(unended=True)
        idle = all(pool.idle for pool in lanes.values())
        self._nothing = mark if self._tidied and idle and not jobs else None
        if idle:
            self._release_orphans(jobs)
        waiting = [job for job in jobs if job.state is JobState.WAITING]
        if not self._may_start(waiting):
            return
        for lane, pool in lanes.items():
            pool.feed(sum(LANE[job.kind] is lane for job in waiting))

    def _release_orphans(self, jobs: list[Job]) -> None:
        """Jobs in hand that no thread of ours holds: their end could not be written down."""
        for job in jobs:
            if job.state is JobState.DOING:
                log.warning("worker: job %s (%s %s) is done again", job.id, job.kind, job.lab)
                self._tools.store.release(job)

    def _may_start(self, waiting: list[Job]) -> bool:
        """First what a dead worker left is tidied; a job put back waits for the engine."""
        if self._tidied and not any(job.tries for job in waiting):
            return True
        if time.monotonic() - self._asked < ASK_AGAIN:
            return False
        self._asked = time.monotonic()
        try:
            if self._tidied:
                self._tools.engine.look_all()
            else:
                self._tools.engine.tidy()
                self._tidied = True
        except LabmgrError as trouble:
            if not self._away:
                log.warning("worker: jobs wait for the engine: %s", trouble)
            self._away = True
            return False
        self._away = False
        return True

    def _look_round(self) -> None:
        measure, self._shrunk = self._shrunk, False
        try:
            care.look_round(self._tools)  # before the engine is asked, which may be away
            outages.watch(self._tools)
            look_round(self._tools, measure=measure)
        except LabmgrError as trouble:
            log.warning("look_round: %s (%s)", trouble, trouble.hint)

    def _mind_the_disk(self) -> None:
        """A node can fill a disk in less than a round: less room means a look at once."""
        if time.monotonic() - self._measured < DISK_EVERY:
            return
        self._measured = time.monotonic()
        try:
            free = self._tools.engine.disk_free()
        except LabmgrError:
            return  # the engine is away, as the round says; so nothing writes
        if self._free - free >= DISK_STEP:
            self._shrunk = True
            self._round_due.set()
        if self._shrunk or free > self._free:
            self._free = free


def _say_bug(ended: Future[None]) -> None:
    """A bug in a round is written down and takes no lane with it."""
    if bug := ended.exception():
        log.error("look_round: a bug in labmgr", exc_info=bug)
