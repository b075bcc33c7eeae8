"""A room of devices that really speak SSH, and an inventory that names them."""

from __future__ import annotations

import pytest

from tests.devices.vendor import Switch
from tests.services.world import World, write_templates

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
            "deadline": 6,
            "place": "P1",
            "more": "",
            **told,
        }
        self._rows.append(DEVICE.format(name=name, port=port, **said))
        folder = self.world.home / "inventory"
        folder.mkdir(exist_ok=True)
        (folder / "devices.yaml").write_text("devices:\n" + "".join(self._rows), encoding="utf-8")

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
