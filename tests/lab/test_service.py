"""`scripts/run --service` in a Debian of its own with a real systemd and no network at all."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import uuid
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

import pytest

from labmgr.config import ROOT
from tests import free
from tests.lab.clients import wait_for

SECONDS = 300  # the machine may be busy with other things
HIERARCHY = Path("/sys/fs/cgroup/systemd")
PACKAGES = Path(sysconfig.get_path("purelib"))
PYTHON = (3, 11)  # the container's; what was compiled for another one does not run there
STAMP = sha256((ROOT / "requirements.txt").read_bytes()).hexdigest()[:16]
SETTINGS = 'net_base = "{}"\nport_base = {}\nend_reserve_mib = 0\n'
VENV = f"""
python3 -m venv --without-pip /venv
echo {PACKAGES} >"$(echo /venv/lib/python3.*/site-packages)/host.pth"
echo {STAMP} >/venv/.labmgr-requirements-1
"""


# Of this container's systemd: nothing tells it at once that a killed keeper's group is empty.
IMPATIENT = """
mkdir -p /etc/systemd/system/labmgr.service.d
printf '[Service]\\nTimeoutStopSec=5\\n' >/etc/systemd/system/labmgr.service.d/impatient.conf
"""


@dataclass
class Server:
    """The host's engine and project, everything else its own."""

    name: str
    home: Path

    def start(self, image: str) -> None:
        group = f"/sys/fs/cgroup/systemd/{self.name}"
        binds = [f"{group}:/sys/fs/cgroup/systemd:rw", f"{self.home}:/srv/labmgr"]
        binds += [f"{ROOT}:{ROOT}:ro", f"{PACKAGES}:{PACKAGES}:ro"]
        binds += ["/var/run/docker.sock:/run/docker.sock"]
        binds += [f"{shutil.which('docker')}:/usr/local/bin/docker:ro"]
        docker(
            *("run", "-d", "--name", self.name, "--network", "none", "--cgroupns=private"),
            *("--cgroup-parent", f"/{self.name}", "--tmpfs", "/run", "--tmpfs", "/run/lock"),
            *(word for bind in binds for word in ("-v", bind)),
            *("-e", "LABMGR_HOME=/srv/labmgr", "-e", "LABMGR_VENV=/venv", image),
        )
        assert wait_for(self.booted, SECONDS)
        assert self.run("sh", "-c", VENV + IMPATIENT).returncode == 0

    def booted(self) -> bool:
        return self.run("systemctl", "is-system-running").stdout.strip() in {"running", "degraded"}

    def run(self, *command: str) -> subprocess.CompletedProcess[str]:
        return docker("exec", self.name, *command, check=False)

    def be_service(self, *options: str) -> str:
        """What people see."""
        done = self.run(f"{ROOT}/scripts/run", "--service", *options)
        assert done.returncode == 0, done
        return done.stdout + done.stderr

    def answers(self) -> bool:
        return self.run("curl", "-sk", "https://127.0.0.1:8000/health").stdout == "ok"

    @property
    def keeper(self) -> str:
        return self.run("systemctl", "show", "-p", "MainPID", "--value", "labmgr").stdout.strip()

    def processes(self) -> str:
        return self.run("systemctl", "status", "--no-pager", "labmgr").stdout

    def up(self) -> bool:
        """Panel and worker, under systemd."""
        return self.answers() and "labmgr.at_work" in self.processes()


def docker(*words: str, check: bool = True) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["docker", *words], check=check, capture_output=True, text=True)


@pytest.fixture
def server(empty_house, tmp_path):
    """Its engine is the host's, where the images are; it has no lab there."""
    if not HIERARCHY.is_dir():
        pytest.skip("a systemd of the test's own needs cgroup v1")
    if sys.version_info[:2] != PYTHON:
        pytest.skip(f"the container has Python {'.'.join(map(str, PYTHON))}")
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    home.joinpath("settings.toml").write_text(SETTINGS.format(free.net_base(1), free.port_base()))
    made = Server(f"labmgr-test-{uuid.uuid4().hex[:8]}", home)
    try:
        made.start("labmgr/slam-dev:latest")
        yield made
    finally:
        docker("rm", "-f", "-v", made.name, check=False)
        for group, _, _ in os.walk(HIERARCHY / made.name, topdown=False):
            with suppress(OSError):
                Path(group).rmdir()


def test_a_service_comes_back_by_itself(server):
    said = server.be_service("--host", "0.0.0.0")
    passwords = re.findall(r"password (\S+)", said)
    assert len(passwords) == 3
    assert "labmgr answers on https://0.0.0.0:8000/" in said
    assert server.up()

    first = server.keeper
    again = server.be_service()
    assert "labmgr.service: start (serve --host 0.0.0.0)" in again
    assert "password" not in again
    assert server.keeper == first, "said again it changes nothing"

    server.run("kill", "-9", first)
    assert wait_for(lambda: server.keeper not in {"0", first} and server.up(), SECONDS)

    docker("kill", server.name)  # the power goes
    assert not server.answers()
    docker("start", server.name)
    assert wait_for(server.up, SECONDS), server.run("journalctl", "-u", "labmgr").stdout

    journal = server.run("journalctl", "-u", "labmgr", "--no-pager").stdout
    assert "labmgr on https://0.0.0.0:8000/" in journal
    assert not [one for one in passwords if one in journal]


def test_what_the_service_would_not_see_is_refused_beforehand(server):
    set_here = ("env", "LABMGR_LAB_NAME=labs.example", f"{ROOT}/scripts/run", "--service")
    done = server.run(*set_here)
    assert done.returncode == 1
    assert "LABMGR_LAB_NAME" in done.stderr
    assert "settings.toml" in done.stderr
    assert not (server.home / "labmgr.db").exists()
    wrong = server.run(f"{ROOT}/scripts/run", "--service", "--port", "many")
    assert wrong.returncode == 2
    assert "--port" in wrong.stderr
    assert server.run("systemctl", "is-enabled", "labmgr").returncode != 0
