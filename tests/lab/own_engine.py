"""A Docker engine of the test's own, which may be stopped in the middle of anything."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import uuid
from contextlib import closing, suppress
from dataclasses import dataclass, field
from pathlib import Path

import docker

from labmgr.config import ROOT
from tests.lab.clients import wait_for

SECONDS = 90
IMAGES = ("gateway", "probe", "guard")
NODE = "labmgr/echo:1"
COMPOSE = """
x-labmgr:
  title: {fr: Petit, en: Small}
  summary: {fr: Deux pages, en: Two pages}
  option: SISR
services:
  web: &page
    image: labmgr/echo:1
    command: ["python3", "-m", "http.server", "80"]
    hostname: web
    networks: {lan: {ipv4_address: "${LAB_NET}.10.10"}}
    mem_limit: 64m
    volumes: ["data:/srv/data"]
    x-labmgr:
      title: {fr: Site, en: Site}
      endpoints: [{name: page, port: 80, protocol: http}]
      probes: [{http: {path: /, status: 200}}]
  db:
    image: labmgr/echo:1
    command: ["python3", "-m", "http.server", "80"]
    hostname: db
    networks: {lan: {ipv4_address: "${LAB_NET}.10.20"}}
    mem_limit: 64m
    x-labmgr:
      title: {fr: Base, en: Base}
      endpoints: [{name: page, port: 80, protocol: http}]
      probes: [{http: {path: /, status: 200}}]
networks:
  lan: {internal: true, ipam: {config: [{subnet: "${LAB_NET}.10.0/24"}]}}
volumes:
  data: {}
"""


def write_templates(folder: Path) -> Path:
    folder.mkdir()
    (folder / "_images").symlink_to(ROOT / "lab_templates" / "_images")
    (folder / "petit").mkdir()
    (folder / "petit" / "compose.yaml").write_text(COMPOSE.replace("&page", ""))
    return folder


@dataclass
class OwnEngine:
    """dockerd in a network namespace of its own: its rules and bridges are nobody else's."""

    folder: Path
    name: str = field(default_factory=lambda: f"lmt{uuid.uuid4().hex[:6]}")
    process: subprocess.Popen | None = None

    @property
    def socket(self) -> str:
        return f"unix://{self.folder}/d.sock"

    def prepare(self) -> None:
        ip("netns", "add", self.name)
        ip("-n", self.name, "link", "set", "lo", "up")

    def start(self) -> None:
        places = [f"--{what}={self.folder}/{what}" for what in ("data-root", "exec-root")]
        command = self.inside(
            *("unshare", "--uts", "--mount", "--propagation", "private", "dockerd", *places),
            *(f"--pidfile={self.folder}/d.pid", "-H", self.socket, "--shutdown-timeout=1"),
            f"--cgroup-parent=/{self.name}",
        )
        with (self.folder / "dockerd.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log, start_new_session=True)
        assert wait_for(self.answers, SECONDS), (self.folder / "dockerd.log").read_text()[-2000:]

    def answers(self) -> bool:
        asked = ["docker", "-H", self.socket, "version"]
        return subprocess.run(asked, check=False, capture_output=True).returncode == 0

    def client(self) -> closing[docker.DockerClient]:
        return closing(docker.DockerClient(base_url=self.socket, timeout=SECONDS))

    def stop(self) -> None:
        """As an administrator would: the nodes are stopped with it."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(SECONDS)
            self.process = None

    def inside(self, *command: str) -> list[str]:
        return ["nsenter", f"--net=/run/netns/{self.name}", *command]

    def load(self, tags: list[str]) -> None:
        """Images travel from the host's engine; the node is the gateway's image by another name."""
        load = ["docker", "-H", self.socket, "load", "-q"]
        with subprocess.Popen(["docker", "save", *tags], stdout=subprocess.PIPE) as save:
            subprocess.run(load, stdin=save.stdout, check=True, capture_output=True)
        gateway = next(tag for tag in tags if "gateway" in tag)
        subprocess.run(["docker", "-H", self.socket, "tag", gateway, NODE], check=True)

    def remove(self) -> None:
        with suppress(docker.errors.DockerException), self.client() as client:
            for box in client.containers.list(all=True):
                box.remove(force=True, v=True)
        self.stop()
        ip("netns", "del", self.name)
        subprocess.run(["rm", "-rf", str(self.folder / "data-root")], check=True)
        for group in sorted(Path("/sys/fs/cgroup").glob(f"*/{self.name}")):
            with suppress(OSError):
                group.rmdir()


def ip(*words: str) -> None:
    subprocess.run(["ip", *words], check=True, capture_output=True)


@dataclass
class Process:
    """`labmgr …` as a process of its own, to be killed."""

    command: list[str]
    environment: dict[str, str]
    log: Path
    process: subprocess.Popen = field(init=False)

    def __post_init__(self) -> None:
        env = {**os.environ, **self.environment}
        env.pop("LABMGR_SCREENSHOTS", None)  # the tests' own, no setting of the program's
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(
                self.command, cwd=ROOT, env=env, stdout=log, stderr=log, start_new_session=True
            )

    def kill(self) -> None:
        """All of it at once, as a power cut would."""
        with suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait(SECONDS)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(SECONDS)


def labmgr(*words: str) -> list[str]:
    return [sys.executable, "-m", "labmgr", *words]
