"""scripts/simulated-router: what a centre without equipment tries labmgr on."""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import time
import uuid
from pathlib import Path

import docker
import paramiko
import pytest

from tests import free
from tests.devices.router import FrrRouter, frr_image, said

pytestmark = pytest.mark.docker

SCRIPT = Path(__file__).parents[2] / "scripts" / "simulated-router"


def test_the_script_makes_one_wakes_it_and_leaves_nothing(tmp_path):
    frr_image()
    name, address = f"try-{uuid.uuid4().hex[:8]}", f"{free.net_base(1)}.77.10"
    wire = f"w{uuid.uuid4().hex[:8]}"
    try:
        told = script(tmp_path, name, address, wire)
        assert "nature: simulated" in told
        password = (tmp_path / "simulated" / name / "labmgr").read_text()
        assert f"password: file:{tmp_path}/simulated/{name}/labmgr" in told
        with contextlib.closing(docker.from_env()) as client:
            box = client.containers.get(f"labmgr-simulated-{name}")
            assert password not in json.dumps(box.attrs)
            assert "eth1" in wait_for_login(address, password)
            box.pause()
            script(tmp_path, name, address, wire)
            box.kill()
            script(tmp_path, name, address, wire)
            assert "eth1" in wait_for_login(address, password)
    finally:
        script(tmp_path, "--remove", name)
    assert list((tmp_path / "simulated").iterdir()) == []


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can make interfaces")
def test_a_cable_leads_from_an_interface_of_this_machine_to_the_router():
    wire, net = f"w{uuid.uuid4().hex[:8]}", f"{free.net_base(1)}.88"
    with contextlib.closing(docker.from_env()) as client, FrrRouter(client, frr_image()) as router:
        router.plug(wire)
        subprocess.run(["ip", "address", "add", f"{net}.1/24", "dev", wire], check=True)
        router.configures("interface eth1", f"ip address {net}.2/24")
        assert f"{net}.2/24" in wait_for_login(f"{net}.2", router.passwords["labmgr"])
    end = time.monotonic() + 60
    while Path("/sys/class/net", wire).exists():
        assert time.monotonic() < end
        time.sleep(0.1)


def script(home, *words):
    environment = {**os.environ, "LABMGR_HOME": str(home)}
    done = subprocess.run(
        [SCRIPT, *words],
        env=environment, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return done.stdout


def wait_for_login(address, password):
    end = time.monotonic() + 120
    while True:
        with contextlib.suppress(OSError, paramiko.SSHException, EOFError):
            return said(address, "labmgr", password, "show interface brief")
        assert time.monotonic() < end
        time.sleep(0.1)
