"""Rehearsals that a page asked for: they go on in this process while pages are looked at.

A restart of the panel ends one, and the next removes what it had built. What has come to its end
is kept by the store.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Final

from labmgr.domain.ports import Tools
from labmgr.domain.rehearsal import Rehearsal
from labmgr.errors import BadInput, LabmgrError, Refused
from labmgr.services.day import rehearsal
from labmgr.services.instance import pulse

LOOK_EVERY: Final = 0.5  # seconds
SHORTEST, LONGEST = 5, 3600  # seconds of an hour


@dataclass
class Run:
    """One rehearsal. `steps`: what it said it was doing, and when."""

    session: str
    by: str
    hour: int
    started: datetime
    steps: list[tuple[datetime, str]] = field(default_factory=list)
    report: Rehearsal | None = None
    trouble: LabmgrError | None = None
    ended: datetime | None = None


class Rehearsals:
    """The register of one panel process: one at a time, the last one of each session kept."""

    def __init__(self, tools: Tools, pause: Callable[[], None] | None = None) -> None:
        self.tools = tools
        self.pause = pause or (lambda: time.sleep(LOOK_EVERY))
        self._last: dict[str, Run] = {}
        self._lock = threading.Lock()

    def begin(self, session: str, *, by: str, hour: int) -> Run:
        """Returns at once."""
        if not SHORTEST <= hour <= LONGEST:
            raise BadInput(
                f"An hour of {hour} seconds cannot be rehearsed",
                hint=f"Say from {SHORTEST} to {LONGEST} seconds.",
            )
        name = self.tools.store.session(session).name
        rehearsal.refuse_on_the_day(self.tools, name)
        refuse_without_worker(self.tools)
        with self._lock:
            if any(one.ended is None for one in self._last.values()):
                raise Refused(
                    "Another rehearsal is under way",
                    hint="Wait until it has ended: each one measures the whole machine.",
                )
            made = self._last[name] = Run(name, by, hour, self.tools.now())
        threading.Thread(target=self._run, args=(made,), name="rehearsal", daemon=True).start()
        return made

    def last(self, session: str) -> Run | None:
        return self._last.get(session)

    def _run(self, made: Run) -> None:
        def tell(step: str) -> None:
            made.steps.append((self.tools.now(), step))

        def wait() -> None:
            self.pause()
            refuse_without_worker(self.tools)

        try:
            made.report = rehearsal.rehearse(
                self.tools, made.session, by=made.by, hour=made.hour, wait=wait, tell=tell
            )
        except LabmgrError as trouble:
            made.trouble = trouble
        finally:
            made.ended = self.tools.now()


def refuse_without_worker(tools: Tools) -> None:
    """Who waits for jobs would wait for ever."""
    if pulse.is_silent(tools):
        raise Refused("No worker is at work", hint="Start it: `labmgr serve`, then rehearse again.")
