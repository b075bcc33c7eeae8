"""One labmgr on an engine of its own, whose processes and engine a test may end as it likes."""

from __future__ import annotations

import gc
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest

from labmgr.config import read_settings
from labmgr.domain.journal import first_altered
from labmgr.domain.repair import Seen
from labmgr.domain.work import ENDED, JobState
from labmgr.wiring import build_tools
from tests.lab.clients import wait_for
from tests.lab.house import clean
from tests.lab.own_engine import OwnEngine, Process, labmgr, write_templates

SECONDS = 240


class Place:
    """One labmgr on an engine of its own."""

    def __init__(self, folder: Path, engine: OwnEngine, settings: Mapping[str, str]) -> None:
        self.folder, self.engine = folder, engine
        self.environment = {
            "LABMGR_HOME": str(folder / "home"),
            "LABMGR_ENGINE": engine.socket,
            "LABMGR_TEMPLATES": str(write_templates(folder / "templates")),
            "LABMGR_NET_BASE": "10.236",
            "LABMGR_PORT_BASE": "29600",
            "LABMGR_BUILD_DEADLINE": "120",
            "LABMGR_MEMORY_RESERVE_MIB": "64",
            "LABMGR_END_RESERVE_MIB": "0",
            **settings,
        }
        self.tools = build_tools(read_settings(self.environment))
        self.worker: Process | None = None

    def start_worker(self, *, boot: str = "") -> None:
        """With *boot* it believes that the machine was started anew: another boot's number."""
        command = self._in_boot(boot, self.engine.inside(*labmgr("serve", "--worker")))
        self.worker = Process(command, self.environment, self.folder / "worker.log")

    def start_panel(self, port: int, *, boot: str = "") -> Process:
        command = self._in_boot(boot, labmgr("serve", "--panel", "--port", str(port)))
        return Process(command, self.environment, self.folder / "panel.log")

    def _in_boot(self, boot: str, command: list[str]) -> list[str]:
        if not boot:
            return command
        number = self.folder / "boot_id"
        number.write_text(f"{boot}\n")
        over = f"mount --bind {number} /proc/sys/kernel/random/boot_id"
        return ["unshare", "--mount", "sh", "-c", f'{over} && exec "$@"', "sh", *command]

    def kill_worker(self) -> None:
        if self.worker:
            self.worker.kill()

    def close(self) -> None:
        self.kill_worker()
        self.tools.store.close()

    def ends(self, job) -> None:
        assert wait_for(lambda: self.tools.store.job(job.id).state in ENDED, SECONDS), self.log()
        ended = self.tools.store.job(job.id)
        assert ended.state is JobState.DONE, f"{ended}\n{self.log()}"

    def log(self) -> str:
        return (self.folder / "worker.log").read_text()[-4000:]

    def assert_whole(self) -> None:
        """On the engine there is what the rows say, and nothing else."""
        store, engine = self.tools.store, self.tools.engine
        assert wait_for(lambda: not store.jobs(unended=True)), store.jobs(unended=True)
        standing = {lab.id for lab in store.labs() if lab.state not in {"planned", "gone"}}
        assert wait_for(lambda: set(engine.look_all()) == standing), engine.look_all()
        kept = {(lab.id, one.id) for lab in store.labs() for one in store.snapshots(lab.id)}
        assert set(engine.snapshots()) == kept
        for lab in standing:
            for one in store.snapshots(lab):
                engine.verify(one.parts)
            assert wait_for(lambda lab=lab: set(engine.look(lab).values()) == {Seen.RUNNING})
        with self.engine.client() as client:
            ours = {"label": f"labmgr.instance={self.tools.site.instance}"}
            assert wait_for(lambda: len(client.containers.list(all=True)) == 3 * len(standing)), [
                box.name for box in client.containers.list(all=True)
            ]
            assert len(client.networks.list(filters=ours)) == 2 * len(standing)
            assert len(client.volumes.list()) == len(standing)
        assert first_altered(store.entries()) is None


@contextmanager
def own_place(folder: Path, **settings: str) -> Iterator[Place]:
    """With all of its engine in *folder*. *settings* are labmgr's, in its own words."""
    with own_engine(folder) as engine:
        made = Place(folder, engine, settings)
        try:
            yield made
        finally:
            made.close()


@contextmanager
def place_on(engine: OwnEngine, folder: Path) -> Iterator[Place]:
    """On an engine that others had before and get after: it runs, and nothing is left on it."""
    made = Place(folder, engine, {})
    try:
        yield made
    finally:
        made.kill_worker()
        if not engine.answers():
            engine.stop()
            engine.start()
        clean(made.tools.engine)
        made.close()
        gc.collect()


@contextmanager
def own_engine(folder: Path) -> Iterator[OwnEngine]:
    """It has the images of the host's own engine, which is made to have them."""
    if os.geteuid() != 0:
        pytest.skip("only root can have a network namespace and an engine in it")
    engine = OwnEngine(folder)
    engine.prepare()
    try:
        engine.start()
        engine.load(carry_images(folder))
        yield engine
    finally:
        engine.remove()
        gc.collect()


def carry_images(folder: Path) -> list[str]:
    """The host's own engine has labmgr's images, or makes them; their tags."""
    extra = {key: word for key, word in os.environ.items() if key == "LABMGR_EXTRA_CA"}
    tools = build_tools(read_settings({"LABMGR_HOME": str(folder / "other"), **extra}))
    recipes = tools.library.own_images().values()
    for recipe in recipes:
        tools.images.build(recipe)
    tools.store.close()
    return [recipe.tag for recipe in recipes]
