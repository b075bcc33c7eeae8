"""A class in an instance of its own: its labs, its worker, and a clean room afterwards."""

from __future__ import annotations

import os
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from labmgr.config import read_settings
from labmgr.domain.lab import Lab
from labmgr.domain.plan import LabPlan
from labmgr.domain.ports import Engine, Tools
from labmgr.domain.probe import Check
from labmgr.domain.snapshot import Part
from labmgr.domain.values import values_of
from labmgr.domain.work import ENDED, Job, JobState
from labmgr.engines.docker_engine import DockerEngine
from labmgr.services.lab import images, labs
from labmgr.services.lab.blueprint import checks_of
from labmgr.services.session import rosters
from labmgr.wiring import build_tools
from labmgr.worker.loop import Worker
from tests.bench.recording import RecordingClient

SESSION = "bench"
BY = "bench"
NET_BASE, PORT_BASE = "10.180", 29000
LOOK_EVERY = 0.05


class JobFailedError(Exception):
    """A verb that failed has no time worth noting."""


class Apart:
    """The real engine; what is timed apart is left out while its switch is off."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._keeps = self._proves = True

    def __getattr__(self, name: str) -> Any:
        return getattr(self._engine, name)

    def save(self, plan: LabPlan, snapshot: str) -> tuple[Part, ...]:
        return self._engine.save(plan, snapshot) if self._keeps else ()

    def verify(self, parts: Sequence[Part]) -> None:
        if self._proves:
            self._engine.verify(parts)

    @contextmanager
    def keeping(self, keeps: bool) -> Iterator[None]:
        before, self._keeps = self._keeps, keeps
        try:
            yield
        finally:
            self._keeps = before

    @contextmanager
    def proving(self, proves: bool) -> Iterator[None]:
        before, self._proves = self._proves, proves
        try:
            yield
        finally:
            self._proves = before


@dataclass(frozen=True)
class Classroom:
    tools: Tools
    engine: Apart
    client: RecordingClient
    home: Path
    environment: Mapping[str, str]
    template: str

    @property
    def labs(self) -> list[Lab]:
        return self.tools.store.labs(SESSION)

    def checks(self) -> dict[str, list[Check]]:
        return {lab.id: checks_of(self.tools, lab) for lab in self.labs}

    def variables(self) -> dict[str, dict[str, str]]:
        """Of each lab's compose file."""
        read = self.tools.library.read(self.template)
        seat = self.tools.store.candidate
        return {
            lab.id: dict(values_of(read, lab, seat(SESSION, lab.candidate), self.tools.site))
            for lab in self.labs
        }

    def done(self, order: Callable[[Lab], Job | Sequence[Job]]) -> float:
        """Order for every lab; seconds from the first order to the end of the last job."""
        start = time.monotonic()
        self.follow([job for lab in self.labs for job in _several(order(lab))])
        return time.monotonic() - start

    def build(self) -> float:
        """As from the panel: one order for the whole class."""
        start = time.monotonic()
        ids = [lab.id for lab in self.labs]
        self.follow(labs.order_build(self.tools, ids, by=BY))
        return time.monotonic() - start

    def follow(self, jobs: Sequence[Job]) -> None:
        for job in jobs:
            while (now := self.tools.store.job(job.id)).state not in ENDED:
                time.sleep(LOOK_EVERY)
            if now.state is not JobState.DONE:
                raise JobFailedError(f"{now.kind} {now.lab}: {now.outcome} {now.hint}")

    def forget_unsaved(self) -> None:
        """Rows of snapshots that were left out: else the next one would also clear them away."""
        for lab in self.labs:
            for snapshot in self.tools.store.snapshots(lab.id):
                if not snapshot.parts:
                    self.tools.store.forget_snapshot(snapshot.id, by=BY, why="left out")

    def remove(self) -> None:
        self.done(lambda lab: labs.order_remove(self.tools, lab.id, by=BY))

    def sweep(self) -> None:
        """Whoever made them: everything that carries this instance's labels goes."""
        for lab in self.tools.engine.look_all():
            self.tools.engine.remove(lab)
        for lab, snapshot in self.tools.engine.snapshots():
            self.tools.engine.discard(lab, snapshot)
        self.tools.engine.tidy()


def _several(jobs: Job | Sequence[Job]) -> Sequence[Job]:
    return [jobs] if isinstance(jobs, Job) else jobs


@contextmanager
def opened(size: int, template: str, at_once: int) -> Iterator[Classroom]:
    """A fresh instance with *size* candidates, its images there; swept when left."""
    with tempfile.TemporaryDirectory(prefix="labmgr-bench-") as folder:
        environment = _environment(Path(folder), at_once)
        room = _room(Path(folder), environment, template)
        say("images (what is there is not built again)")
        images.build(room.tools, [template], by=BY, tell=lambda *_: None)
        rosters.create_session(room.tools, SESSION, template, by=BY)
        rosters.import_file(room.tools, SESSION, "class.csv", _roster(size), by=BY)
        try:
            yield room
        finally:
            say("sweeping")
            room.sweep()


def _environment(home: Path, at_once: int) -> dict[str, str]:
    """Of this instance; nothing of the centre's own one but how images are built."""
    kept = {
        key: value
        for key, value in os.environ.items()
        if not key.startswith("LABMGR_") or key in {"LABMGR_EXTRA_CA", "LABMGR_REGISTRY"}
    }
    own = {"HOME": str(home), "NET_BASE": NET_BASE, "PORT_BASE": str(PORT_BASE)}
    own |= {"PARALLEL": str(at_once), "END_RESERVE_MIB": "0"}
    return kept | {f"LABMGR_{key}": value for key, value in own.items()}


def _room(home: Path, environment: Mapping[str, str], template: str) -> Classroom:
    tools = build_tools(read_settings(environment))
    client = RecordingClient()
    own = tools.library.own_images()
    real = DockerEngine(
        lambda: client,
        instance=tools.site.instance,
        probe_image=own["probe"].tag,
        guard_image=own["guard"].tag,
    )
    engine = Apart(real)
    tools = replace(tools, engine=cast("Engine", engine))
    return Classroom(tools, engine, client, home, environment, template)


def _roster(size: int) -> bytes:
    rows = [f"{number};Candidat{number};Essai" for number in range(1, size + 1)]
    return "\n".join(["Numéro;Nom;Prénom", *rows]).encode()


@contextmanager
def at_work(room: Classroom) -> Iterator[None]:
    """labmgr's own worker, lanes and ticks included."""
    worker = Worker(room.tools)
    thread = threading.Thread(target=worker.run, name="worker")
    thread.start()
    try:
        yield
    finally:
        worker.stop()
        thread.join()


def say(words: str) -> None:
    sys.stderr.write(f"== {words}\n")
    sys.stderr.flush()
