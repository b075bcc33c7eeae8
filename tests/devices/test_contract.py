"""The same exam for the devices in memory and for a switch that really speaks."""

from __future__ import annotations

import pytest

from labmgr.consoles.devices import SshDevices
from labmgr.consoles.fake_devices import FakeDevices
from labmgr.domain.devices import Keys, same_key
from labmgr.domain.inventory import Device, DeviceKind, Nature
from labmgr.errors import (
    BadInput,
    DeviceSilent,
    HostKeyChanged,
    LoginRefused,
    NotSaved,
    StepDeclined,
)
from tests.devices.vendor import Switch

RUNNING = "hostname sw1\n!\nvlan 66\n name ancien\n!\nend\n"
WANTED = """\
hostname sw1
vlan 10
 name etudiants
interface Vlan10
 ip address 10.0.10.1 255.255.255.0
"""
OTHER_KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIA=="


class InMemory:
    def __init__(self):
        self.port = FakeDevices(running={"sw1": RUNNING}, passwords={"sw1": Switch.password})
        self.address = 1

    def startup(self):
        return self.port.started.get("sw1", RUNNING)

    def full(self):
        self.port.trouble["save sw1"] = NotSaved("no room", hint="Make some.")

    def roomy(self):
        self.port.trouble.clear()

    def gone(self):
        self.port.trouble["sw1"] = DeviceSilent("sw1 does not answer", hint="Is it on?")

    def close(self):
        pass


class Speaking:
    def __init__(self):
        self.port, self.switch = SshDevices(), Switch("sw1", config=RUNNING)
        self.address = self.switch.port

    def startup(self):
        return self.switch.startup

    def full(self):
        self.switch.saves = "%Error opening nvram:/startup-config (No space left on device)"

    def roomy(self):
        self.switch.saves = ""

    def gone(self):
        self.switch.close()

    def close(self):
        self.switch.close()


@pytest.fixture(params=[InMemory, Speaking], ids=["in memory", "speaking"])
def one(request):
    made = request.param()
    yield made
    made.close()


@pytest.fixture
def device(one):
    told = {"port": one.address, "deadline": 5.0}
    return Device(
        "sw1", DeviceKind.SWITCH, "127.0.0.1", "cisco_ios", "labmgr", Nature.SIMULATED, "x", **told
    )


@pytest.fixture
def keys(one, device):
    return Keys(one.port.host_key(device), Switch.password)


def test_it_shows_its_key_and_says_who_it_is(one, device, keys):
    assert same_key(keys.host_key, one.port.host_key(device))
    assert one.port.look(device, keys).hostname == "sw1"
    assert "name ancien" in one.port.running_config(device, keys)


def test_pushed_is_read_back_saved_and_then_there_is_nothing_to_do(one, device, keys):
    steps = one.port.steps(device, one.port.running_config(device, keys), WANTED)
    assert steps[0] == "no vlan 66"
    back = one.port.push(device, keys, steps)
    assert back.strip() == one.port.running_config(device, keys).strip()
    assert one.port.steps(device, back, WANTED) == ()
    assert "ip address 10.0.10.1" in one.startup()
    assert "66" not in one.startup()


def test_the_first_line_that_is_declined_ends_it_unsaved(one, device, keys):
    with pytest.raises(StepDeclined, match="sw1 does not take `nonsense here`") as told:
        one.port.push(device, keys, ["vlan 20", "nonsense here", "vlan 30"])
    assert told.value.hint
    running = one.port.running_config(device, keys)
    assert "vlan 20" in running
    assert "vlan 30" not in running
    assert one.startup().strip() == RUNNING.strip()


def test_what_could_not_be_saved_runs_and_is_saved_by_a_push_of_nothing(one, device, keys):
    one.full()
    with pytest.raises(NotSaved):
        one.port.push(device, keys, ["vlan 20"])
    assert "vlan 20" in one.port.running_config(device, keys)
    assert "vlan 20" not in one.startup()
    one.roomy()
    one.port.push(device, keys, [])
    assert "vlan 20" in one.startup()


def test_a_stranger_gets_nothing_and_a_wrong_password_no_answer(one, device, keys):
    with pytest.raises(HostKeyChanged):
        one.port.push(device, Keys(OTHER_KEY, Switch.password), ["vlan 20"])
    with pytest.raises(LoginRefused):
        one.port.push(device, Keys(keys.host_key, "faux"), ["vlan 20"])
    assert "vlan 20" not in one.port.running_config(device, keys)


def test_one_that_is_gone_is_silent_for_every_question(one, device, keys):
    one.gone()
    for ask in (one.port.look, one.port.running_config):
        with pytest.raises(DeviceSilent) as told:
            ask(device, keys)
        assert told.value.hint
    with pytest.raises(DeviceSilent):
        one.port.push(device, keys, ["vlan 20"])


def test_a_driver_that_is_only_read_is_not_set(one, device, keys):
    vyos = Device(
        "sw1", DeviceKind.ROUTER, "127.0.0.1", "vyos", "labmgr", Nature.SIMULATED, "x",
        port=one.address,
    )  # fmt: skip
    with pytest.raises(BadInput, match="only reads vyos"):
        one.port.steps(vyos, "", "set system")
    with pytest.raises(BadInput, match="only reads vyos"):
        one.port.push(vyos, keys, ["set system"])
