"""The labs on which every engine is tried, and what a test may do to them behind its back."""

from __future__ import annotations

import hashlib
import os
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import docker
import pytest

from labmgr.domain.plan import (
    Forward,
    GatewayPlan,
    LabPlan,
    NetworkPlan,
    NodePlan,
    Port,
    SecretFile,
    WebForward,
)
from labmgr.domain.probe import Check, Expect, ProbeKind
from labmgr.domain.repair import Seen
from labmgr.engines.docker_engine import DockerEngine
from labmgr.engines.fake_engine import FakeEngine
from labmgr.engines.fake_lab import WRITE

MIB = 1 << 20
WORD = "/root/word"  # where the first boot of the trial image writes what it was told
SECRET = "first-boot-secret-4711"


@dataclass
class Bench:
    """An engine and the means to tamper with it."""

    engine: DockerEngine | FakeEngine
    image: str
    gateway_image: str
    secrets: tuple[str, str, str]  # certificate, its key, ssh host key
    docker: docker.DockerClient | None = None
    net_base: str = "10.101"  # any will do where no real engine carries it out
    port_base: int = 20000

    def plan(self, nth: int = 0) -> LabPlan:
        """A lab with the nth free address range; two with the same nth exclude each other."""
        lab, port = f"try-{uuid.uuid4().hex[:6]}-1", self.port_base + 16 * nth
        net = f"10.{int(self.net_base[3:]) + nth}"
        nodes = (
            self._node("web", f"{net}.10.10", {"/srv/data": "data"}),
            self._node("db", f"{net}.10.20", {}),
        )
        return LabPlan(
            lab=lab,
            session="try",
            candidate="42",
            realisation=1,
            number=1,
            template="try@0",
            networks=(NetworkPlan("lan", f"{net}.10.0/24"),),
            nodes=nodes,
            gateway=self._gateway(net, port),
        )

    def _node(self, name: str, address: str, volumes: dict[str, str]) -> NodePlan:
        return NodePlan(
            name=name,
            image=self.image,
            hostname=name,
            addresses={"lan": address},
            memory=64 * MIB,
            volumes=volumes,
            first_boot=(SecretFile("/etc/labmgr/first-boot/word", SECRET.encode()),),
        )

    def _gateway(self, net: str, port: int) -> GatewayPlan:
        certificate, key, host_key = self.secrets
        web = WebForward("web", "page", f"{net}.10.10", 80, "/", False, port + 2, port + 3)
        return GatewayPlan(
            image=self.gateway_image,
            addresses={"lan": f"{net}.10.254"},
            names={"web": f"{net}.10.10", "db": f"{net}.10.20"},
            domain="lab.lan",
            bind="127.0.0.1",
            candidate_ssh=port,
            examiner_ssh=port + 1,
            forwards=(Forward("web", f"{net}.10.10", 80),),
            webs=(web,),
            candidate_password="pass-of-candidate",
            examiner_password="pass-of-examiner",
            host_key=host_key,
            certificate=certificate,
            certificate_key=key,
        )

    absent = "try-nowhere"

    @contextmanager
    def port(self) -> Iterator[Port]:
        """An interface that leads to a place, whose cable is in."""
        name = f"tw{uuid.uuid4().hex[:8]}"
        if isinstance(self.engine, FakeEngine):
            self.engine.wires.absent.add(self.absent)
            yield Port("A1", "room", name)
            return
        if os.geteuid() != 0:
            pytest.skip("only root can have a cable of its own")
        ip("link", "add", name, "type", "veth", "peer", "name", f"{name}x")
        ip("link", "set", f"{name}x", "up")
        try:
            yield Port("A1", "room", name)
        finally:
            ip("link", "del", name)

    @staticmethod
    def wired(plan: LabPlan, port: Port | None) -> LabPlan:
        """The same lab, whose network is one that a place's wire joins."""
        networks = tuple(replace(one, wire="room", port=port) for one in plan.networks)
        return replace(plan, networks=networks)

    def write(self, lab: str, node: str, path: str, text: str) -> None:
        status, said = self.engine.run(lab, node, ["sh", "-c", WRITE, path, text])
        assert status == 0, said

    def read(self, lab: str, node: str, path: str) -> str | None:
        status, said = self.engine.run(lab, node, ["cat", path])
        return said if status == 0 else None

    def has_booted(self, lab: str, node: str) -> bool:
        """The first boot takes a moment after the start; the fake's takes none."""
        if isinstance(self.engine, FakeEngine):
            return self.engine.labs[lab].nodes[node].first_boots > 0
        deadline = time.monotonic() + 60
        while self.read(lab, node, WORD) is None and time.monotonic() < deadline:
            time.sleep(0.1)
        return self.read(lab, node, WORD) == f"{hashlib.sha256(SECRET.encode()).hexdigest()}  -"

    def tamper(self, lab: str, node: str, seen: Seen | None) -> None:
        """A node stops, is paused or vanishes behind labmgr's back."""
        if isinstance(self.engine, FakeEngine):
            self.engine.set_seen(lab, node, seen)
            return
        container = self.container(lab, node)
        match seen:
            case Seen.STOPPED:
                container.kill()
            case Seen.PAUSED:
                container.pause()
            case None:
                container.remove(force=True, v=True)

    def container(self, lab: str, node: str):
        assert self.docker
        labels = [f"labmgr.lab={lab}", f"labmgr.node={node}", "labmgr.role"]
        found = self.docker.containers.list(all=True, filters={"label": labels})
        return next(one for one in found if one.labels["labmgr.role"] != "helper")


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


def check(node: str, host: str, port: int = 80, **changes) -> Check:
    made = Check(
        id=f"{node}/{port}",
        node=node,
        host=host,
        kind=ProbeKind.TCP,
        args={"port": port},
        expect=Expect.SUCCESS,
    )
    return replace(made, **changes)


HERE = Path(__file__).parent
