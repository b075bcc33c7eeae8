"""Figures 1 to 4: build, snapshot, reset and the bell, each contender in turn, several runs."""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

from labmgr.domain.lab import Lab
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.work import Job
from labmgr.services.lab import labs, snapshots
from tests.bench import bell
from tests.bench.classroom import BY, Classroom, at_work, say
from tests.bench.floor import Floor
from tests.bench.rival import Rival

ROOT = Path(__file__).parents[2]


@dataclass
class Times:
    """Seconds of every run: what -> contender -> runs."""

    rows: dict[str, dict[str, list[float]]] = field(default_factory=dict)
    written: dict[str, int] = field(default_factory=dict)  # node -> most bytes of any lab

    def note(self, what: str, who: str, seconds: float) -> None:
        say(f"   {who}: {what} {seconds:.2f} s")
        self.rows.setdefault(what, {}).setdefault(who, []).append(seconds)

    def of(self, what: str, who: str, work: Callable[[], object]) -> None:
        start = time.monotonic()
        work()
        self.note(what, who, time.monotonic() - start)


@dataclass(frozen=True)
class Rounds:
    room: Classroom
    sections: frozenset[str]
    profile: bool = False
    times: Times = field(default_factory=Times)

    def run(self, runs: int) -> Times:
        """labmgr begins, since the others repeat its calls; then each run another one."""
        turns: list[Callable[[], None]] = [self.labmgr, self.floor, self.rival]
        for number in range(runs):
            say(f"run {number + 1} of {runs}")
            for turn in turns[number % 3 :] + turns[: number % 3]:
                turn()
        return self.times

    def labmgr(self) -> None:
        """Orders to the worker, as the panel gives them; snapshots and their proof apart."""
        room, times = self.room, self.times
        room.client.recording = not room.client.scripts
        with at_work(room), room.engine.proving(False):
            with room.engine.keeping(False):
                self._labmgr("build", room.build)
            room.client.recording = False
            self._weigh()
            room.forget_unsaved()
            if self.sections & {"reset", "snapshot", "cut"}:
                self._labmgr("snapshot", lambda: room.done(self._order_snapshot))
            if "snapshot" in self.sections:
                with room.engine.proving(True):
                    times.of("verify", "labmgr", self._verify)
            if "reset" in self.sections:
                self._labmgr("reset", lambda: room.done(self._order_reset))
            if "cut" in self.sections:
                for way, seconds in bell.strike(room).items():
                    times.note(f"cut {way}", "labmgr", seconds)
            room.remove()

    def _labmgr(self, what: str, work: Callable[[], float]) -> None:
        self.room.client.forget_calls()
        self.times.note(what, "labmgr", work())
        if self.profile:
            say("\n".join(["calls to the engine", *self.room.client.told()]))

    def _order_reset(self, lab: Lab) -> Job:
        return labs.order_reset(self.room.tools, lab.id, by=BY)

    def _order_snapshot(self, lab: Lab) -> Job:
        return snapshots.order_take(self.room.tools, lab.id, SnapshotKind.START, by=BY)

    def _verify(self) -> None:
        tools = self.room.tools

        def verify(lab: Lab) -> None:
            tools.engine.verify(snapshots.latest(tools, lab.id, SnapshotKind.START).parts)

        with ThreadPoolExecutor(tools.site.parallel) as pool:
            list(pool.map(verify, self.room.labs))

    def _weigh(self) -> None:
        """What nodes wrote between creation and ready: a snapshot costs that."""
        for lab in self.room.labs:
            for node, size in self.room.tools.engine.written(lab.id).items():
                self.times.written[node] = max(size, self.times.written.get(node, 0))

    def floor(self) -> None:
        if not self.sections & {"build", "reset", "snapshot"}:
            return
        room, times = self.room, self.times
        bare = Floor(room.client, room.client.scripts, room.checks(), room.tools.site.parallel)
        try:
            times.of("build", bare.name, bare.build)
            if self.sections & {"reset", "snapshot"}:
                times.of("snapshot", bare.name, bare.snapshot)
            if "reset" in self.sections:
                times.of("reset", bare.name, bare.reset)
        finally:
            room.sweep()
            bare.forget()

    def rival(self) -> None:
        if "build" not in self.sections:
            return
        room, times = self.room, self.times
        compose = ROOT / "lab_templates" / room.template / "compose.yaml"
        rival = Rival(
            room.client,
            room.client.scripts,
            room.checks(),
            room.variables(),
            compose,
            room.home / "compose",
            room.tools.site.parallel,
        )
        rival.prepare()
        try:
            times.of("build", rival.name, rival.build)
        finally:
            rival.down()
            room.sweep()
