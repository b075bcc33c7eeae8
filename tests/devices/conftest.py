"""A room of devices that really speak SSH, and an inventory that names them."""

from __future__ import annotations

import getpass
import math
import os
import re
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from labmgr.services.equipment import asking
from tests import free
from tests.devices.vendor import Switch
from tests.lab.clients import wait_for
from tests.services.world import World, write_templates

SSHD = shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
SETTINGS = """\
ListenAddress 127.0.0.1
Port {port}
HostKey {folder}/host
PidFile none
AuthorizedKeysFile {folder}/login.pub
StrictModes no
UsePAM no
PasswordAuthentication yes
PermitRootLogin yes
Subsystem sftp internal-sftp
"""
DEADLINE = 20  # seconds: logins take a while on a busy machine; what hangs is given less
DEVICE = """\
  {name}:
    kind: switch
    driver: {driver}
    address: {address}
    port: {port}
    user: labmgr
    password: {password}
    nature: {nature}
    declared_by: technicien
    deadline: {deadline}
    place: {place}
{more}"""


class Room:
    """Devices beside a world whose inventory names them."""

    def __init__(self, world):
        self.world, self.switches, self._rows = world, {}, []
        world.env["SWITCH_PASSWORD"] = Switch.password

    @property
    def tools(self):
        return self.world.tools

    def switch(self, name="sw1", *, told=None, **how):
        """A switch that stands; *told* replaces what the inventory says of it."""
        made = self.switches[name] = Switch(name, **how)
        self.declare(name, made.port, **(told or {}))
        return made

    def declare(self, name, port, **told):
        said = {
            "driver": "cisco_ios",
            "address": "127.0.0.1",
            "password": "env:SWITCH_PASSWORD",
            "nature": "simulated",
            "deadline": DEADLINE,
            "place": "P1",
            "more": "",
            **told,
        }
        self._rows.append(DEVICE.format(name=name, port=port, **said))
        folder = self.world.home / "inventory"
        folder.mkdir(exist_ok=True)
        (folder / "devices.yaml").write_text("devices:\n" + "".join(self._rows), encoding="utf-8")

    def hurry(self, what="deadline"):
        """All have few seconds from now on, but enough for what this machine does just then."""
        begun = time.monotonic()
        list(asking.check(self.tools, self.devices()))
        few = 4 + math.ceil(4 * (time.monotonic() - begun))
        declared = self.world.home / "inventory" / "devices.yaml"
        declared.write_text(re.sub(rf"\b{what}: \d+", f"{what}: {few}", declared.read_text()))

    def devices(self, *names):
        return self.tools.inventory.read().chosen(None, names)

    def close(self):
        for one in self.switches.values():
            one.close()


@pytest.fixture(scope="session")
def templates(tmp_path_factory):
    return write_templates(tmp_path_factory.mktemp("templates"))


@pytest.fixture
def room(tmp_path, templates):
    (tmp_path / "home").mkdir()
    world = World(tmp_path / "home", templates)
    made = Room(world)
    yield made
    made.close()
    world.close()


@pytest.fixture
def server(room, tmp_path):
    """Declared as `srv`, with labmgr's key; two pieces to keep."""
    assert SSHD, "openssh-server is needed: scripts/test installs it"
    if os.getuid() == 0:
        Path("/run/sshd").mkdir(exist_ok=True)
    for name in ("host", "login"):
        command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(tmp_path / name)]
        subprocess.run(command, check=True)
    port = free.port()
    (tmp_path / "sshd_config").write_text(SETTINGS.format(port=port, folder=tmp_path))
    (tmp_path / "kept.conf").write_text("one = 1\n")
    log = (tmp_path / "sshd.log").open("wb")
    process = subprocess.Popen([SSHD, "-D", "-e", "-f", tmp_path / "sshd_config"], stderr=log)
    more = (
        f"    key: file:{tmp_path}/login\n    keep:\n"
        f"      conf: {{file: {tmp_path}/kept.conf}}\n      name: {{command: uname -n}}\n"
    )
    room.declare("srv", port, driver="ssh", more=more)
    declared = room.world.home / "inventory" / "devices.yaml"
    text = declared.read_text().replace("user: labmgr", f"user: {getpass.getuser()}")
    declared.write_text(text.replace("kind: switch", "kind: server"))
    wait_for(lambda: not free.is_free(port) or process.poll() is not None)
    assert process.poll() is None, (tmp_path / "sshd.log").read_text()
    yield tmp_path
    process.terminate()
    process.wait()
    log.close()
