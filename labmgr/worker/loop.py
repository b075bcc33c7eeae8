"""The worker's loop: beat, look what waits, hand it to the lanes, look round."""

from __future__ import annotations

import logging
import os
import socket
import threading
import time
from concurrent.futures import Future, ThreadPoolExecutor

from labmgr.domain.ports import Tools
from labmgr.domain.work import LANE, JobState, Lane
from labmgr.errors import LabmgrError, Refused
from labmgr.services.reconcile import clear_leftovers, look_round, recover
from labmgr.services.work import do_one_job
from labmgr.worker.alarm import ROUND_SECONDS, set_alarm

log = logging.getLogger(__name__)

TICK = 0.25  # seconds: how late an order is noticed at most; monotonic, no clock jump matters
BEAT = 5.0
ACCESS_THREADS = 12  # a whole class is cut at once; these threads only wait for the engine


class _LanePool:
    """The threads of one lane, never given more than there are jobs waiting."""

    def __init__(self, tools: Tools, worker: str, lane: Lane, size: int) -> None:
        self._tools, self._worker, self._lane, self._size = tools, worker, lane, size
        self._pool = ThreadPoolExecutor(size, thread_name_prefix=lane)
        self._running: set[Future[bool]] = set()

    def feed(self, waiting: int) -> None:
        done = {future for future in self._running if future.done()}
        for future in done:
            future.result()  # a store that fails in `claim` is a bug to be seen, not swallowed
        self._running -= done
        for _ in range(min(waiting, self._size - len(self._running))):
            self._running.add(self._pool.submit(do_one_job, self._tools, self._worker, self._lane))

    def close(self) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)


class Worker:
    """One for an instance: a second one is refused by a lock that death lets go."""

    def __init__(self, tools: Tools) -> None:
        self.name = f"{socket.gethostname()}-{os.getpid()}"
        self._tools = tools
        self._stop = threading.Event()
        self._round_due = threading.Event()
        self._recovered = False

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
            self._round_due.set()
            clock = set_alarm(self._round_due.set)
            lanes = self._lanes()
            try:
                self._loop(lanes)
            finally:
                clock.shutdown(wait=False)
                for pool in lanes.values():
                    pool.close()

    def _lanes(self) -> dict[Lane, _LanePool]:
        sizes = {Lane.ACCESS: ACCESS_THREADS, Lane.WORK: self._tools.site.parallel}
        return {lane: _LanePool(self._tools, self.name, lane, size) for lane, size in sizes.items()}

    def _loop(self, lanes: dict[Lane, _LanePool]) -> None:
        beaten = looked = float("-inf")
        while not self._stop.wait(TICK):
            try:
                if time.monotonic() - beaten >= BEAT:
                    self._tools.store.beat(self.name)
                    beaten = time.monotonic()
                self._feed(lanes)
                if self._round_due.is_set() or time.monotonic() - looked >= 2 * ROUND_SECONDS:
                    self._round_due.clear()
                    looked = time.monotonic()
                    self._look_round()
            except LabmgrError as trouble:  # disk full, database locked: it may pass
                log.error("worker: %s (%s)", trouble, trouble.hint)  # noqa: TRY400 - known words

    def _feed(self, lanes: dict[Lane, _LanePool]) -> None:
        jobs = self._tools.store.jobs(unended=True)
        for lane, pool in lanes.items():
            pool.feed(sum(job.state is JobState.WAITING and LANE[job.kind] is lane for job in jobs))

    def _look_round(self) -> None:
        try:
            if not self._recovered:
                clear_leftovers(self._tools)
                self._recovered = True
            look_round(self._tools)
        except LabmgrError as trouble:
            log.warning("look_round: %s (%s)", trouble, trouble.hint)
