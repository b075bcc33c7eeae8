"""A whole labmgr of its own on the real engine: home, worker, and waiting for its work."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import docker

from labmgr.config import read_settings
from labmgr.domain.lab import Lab
from labmgr.domain.plan import LabPlan
from labmgr.domain.ports import Engine, Tools
from labmgr.domain.work import ENDED, Job
from labmgr.services.lab import doors, images
from labmgr.services.lab.blueprint import plan_of
from labmgr.services.session import rosters
from labmgr.wiring import build_tools
from labmgr.worker.loop import Worker

PATIENCE = 600  # seconds: the machine may be busy with other things
BY = "tests"
LIST = "numéro;nom;prénom\n{number};Essai;Zoé\n"


@dataclass
class House:
    home: Path
    settings: Mapping[str, str]
    tools: Tools = field(init=False)
    docker: docker.DockerClient = field(init=False)

    def __post_init__(self) -> None:
        env = {key: word for key, word in os.environ.items() if key == "LABMGR_EXTRA_CA"}
        env |= {"LABMGR_HOME": str(self.home), "LABMGR_END_RESERVE_MIB": "0"}
        self.environment = env | dict(self.settings)
        self.tools = build_tools(read_settings(self.environment))
        self.docker = docker.from_env()

    @property
    def instance(self) -> str:
        return self.tools.site.instance

    @contextmanager
    def working(self):
        """The real worker, in a thread of its own."""
        worker = Worker(self.tools)
        thread = threading.Thread(target=worker.run, name="worker")
        thread.start()
        try:
            yield
        finally:
            worker.stop()
            thread.join(PATIENCE)

    def planned(self, title: str, template: str, number: str = "101") -> str:
        """A session of one candidate; the id of its lab."""
        made = rosters.create_session(self.tools, title, template, by=BY)
        data = LIST.format(number=number).encode()
        rosters.import_file(self.tools, made.name, "liste.csv", data, by=BY)
        return self.tools.store.labs(made.name)[0].id

    def build_images(self) -> None:
        images.build(self.tools, by=BY, tell=lambda *_: None)

    def wait(self, job: Job) -> Job:
        """The job at its end; fails the test unless it ended well."""
        ended = self.ended(job)
        assert ended.ended_well, f"{job.kind} {job.lab}: {ended.outcome}\n{ended.hint}"
        return ended

    def ended(self, job: Job) -> Job:
        deadline = time.monotonic() + PATIENCE
        while (now := self.tools.store.job(job.id)).state not in ENDED:
            assert time.monotonic() < deadline, f"{now} does not end"
            time.sleep(0.1)
        return now

    def open(self, lab: str) -> None:
        self.wait(doors.order_open(self.tools, lab, by=BY))

    def close(self, lab: str) -> None:
        self.wait(doors.order_close(self.tools, lab, by=BY))

    @contextmanager
    def opened(self, lab: str):
        self.open(lab)
        try:
            yield
        finally:
            self.close(lab)

    def lab(self, lab: str) -> Lab:
        return self.tools.store.lab(lab)

    def plan(self, lab: str) -> LabPlan:
        return plan_of(self.tools, self.lab(lab))

    def secret(self, lab: str, node: str, account: str) -> tuple[str, str]:
        """Login and password (or private key) of an account."""
        found = self.tools.store.credentials(lab)
        one = next(one for one in found if (one.node, one.id) == (node, account))
        return one.login, one.secret

    def run(self, lab: str, node: str, *command: str, timeout: float = 60) -> str:
        """As root in a node; fails the test when the command does."""
        status, said = self.tools.engine.run(lab, node, command, timeout=timeout)
        assert status == 0, f"{node}: {command}: {status}: {said}"
        return said

    def container(self, lab: str, node: str):
        mine = [f"labmgr.instance={self.instance}", f"labmgr.lab={lab}", f"labmgr.node={node}"]
        (found,) = self.docker.containers.list(all=True, filters={"label": mine})
        return found

    def clean(self) -> None:
        clean(self.tools.engine)
        self.tools.store.close()
        self.tools.engine.close()
        self.docker.close()


def clean(engine: Engine) -> None:
    """Everything of its instance, whatever the tests left."""
    for lab in engine.look_all():
        engine.remove(lab)
    for lab, snapshot in engine.snapshots():
        engine.discard(lab, snapshot)
    engine.tidy()
