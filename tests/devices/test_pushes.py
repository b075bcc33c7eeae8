"""Configurations pushed to command lines that really speak SSH, by the real netmiko."""

from __future__ import annotations

import logging
import time
from dataclasses import replace

import pytest

from labmgr.errors import (
    BadInput,
    ConsoleError,
    DeviceHung,
    DeviceLost,
    HostKeyChanged,
    LoginRefused,
    NotSaved,
    StepDeclined,
    UnexpectedPrompt,
)
from labmgr.services.equipment.asking import keys_of
from tests.devices.families import COMWARE, EOS, IOS, PROCURVE, VTYSH
from tests.devices.test_switches import trusted
from tests.devices.vendor import LONG, Switch

BASELINE = """\
hostname sw1
enable secret 5 $1$mERr$hx5rVt7rPNoS4wqbXKX7m0
username labmgr privilege 15 password 7 0822455D0A16
snmp-server community tresSecrete RO
vlan 10
 name etudiants
vlan 20
 name profs
interface GigabitEthernet0/1
 description poste?
 switchport mode access
 switchport access vlan 10
 no shutdown
interface Vlan10
 ip address 10.0.10.1 255.255.255.0
router ospf 1
 network 10.0.0.0 0.255.255.255 area 0
end
"""
SECRET = "tresSecrete"


class Desk:
    """One device, by the port."""

    def __init__(self, room):
        trusted(room)
        [self.device] = room.devices()
        self.tools, self.keys = room.tools, keys_of(room.tools, room.devices()[0])
        self.port = room.tools.devices

    def steps(self, wanted=BASELINE):
        return self.port.steps(
            self.device, self.port.running_config(self.device, self.keys), wanted
        )

    def push(self, wanted=BASELINE):
        return self.port.push(self.device, self.keys, self.steps(wanted))


def test_a_baseline_is_pushed_saved_read_back_and_then_nothing_is_left_to_do(room):
    switch = room.switch("sw1")
    desk = Desk(room)
    back = desk.push()
    assert desk.port.steps(desk.device, back, BASELINE) == ()
    assert desk.steps() == ()
    assert " description poste?\n" in back
    assert switch.startup == switch.config
    assert "interface Vlan10\n ip address 10.0.10.1 255.255.255.0\n" in switch.config


def test_what_a_former_candidate_left_is_taken_away(room):
    switch = room.switch("sw1")
    desk = Desk(room)
    desk.push()
    theirs = """\
vlan 66
 name les-miens
interface GigabitEthernet0/1
 shutdown
 switchport access vlan 66
interface GigabitEthernet0/2
 description a moi
interface Vlan10
 ip address 10.9.9.9 255.255.255.0
 ip address 10.8.8.8 255.255.255.0 secondary
interface Loopback7
 ip address 7.7.7.7 255.255.255.255
router bgp 65000
 neighbor 10.0.0.2 remote-as 65001
username candidat password 0 azerty
hostname chez-moi
"""
    desk.port.push(desk.device, desk.keys, theirs.splitlines())
    assert "hostname chez-moi" in switch.startup
    assert "ip address 10.9.9.9" in switch.config
    desk.push()
    assert desk.steps() == ()
    for left in ("66", "Loopback7", "bgp", "candidat", "chez-moi", "10.9.9.9", "8.8.8", "a moi"):
        assert left not in switch.startup, left
    assert "interface GigabitEthernet0/2\n" in switch.config  # it stands, empty
    assert " shutdown" not in switch.config


def test_the_devices_own_lines_and_those_that_leave_names_are_never_touched(room):
    own = """\
version 15.0
hostname sw1
boot-start-marker
boot-end-marker
aaa new-model
username labmgr privilege 15 password 7 0822455D0A16
ip ssh version 2
crypto key generate rsa
vlan 99
 name gestion
interface Vlan99
 ip address 127.0.0.1 255.0.0.0
interface GigabitEthernet0/24
 description vers le coeur
 switchport mode trunk
banner motd ^C
 enseignants ! seulement
^C
line vty 0 4
 login local
 transport input ssh
"""
    room.switch("sw1", config=own, told={"more": "    leave: ['GigabitEthernet0/24$']\n"})
    desk = Desk(room)
    assert desk.steps("hostname sw1\n") == ()
    wanted = "hostname sw1\nline vty 0 4\n transport input telnet\nusername labmgr password 0 x\n"
    assert desk.steps(f"{wanted}interface GigabitEthernet0/24\n shutdown\n") == ()
    assert desk.steps("hostname sw1\nusername labmgr2 password 0 x\n") == (
        "username labmgr2 password 0 x",
    )


def test_the_first_line_that_is_declined_is_the_last_and_nothing_is_saved(room):
    switch = room.switch("sw1")
    desk = Desk(room)
    kept = switch.startup
    wanted = BASELINE.replace("switchport mode access", "swichport mode access")
    with pytest.raises(StepDeclined) as told:
        desk.push(wanted)
    assert "sw1 does not take `swichport mode access`: % Invalid input" in str(told.value)
    assert "unsaved" in told.value.hint
    assert switch.entered[-1] == "swichport mode access"
    assert "name profs" in switch.config  # what came before stands
    assert switch.startup == kept


def test_a_declined_line_tells_no_secret(room):
    line = "snmp-server community encorePlusSecrete RO"
    switch = room.switch("sw1", at={line: ["% Error: encorePlusSecrete is too long"]})
    desk = Desk(room)
    with pytest.raises(StepDeclined) as told:
        desk.push(BASELINE.replace("snmp-server community tresSecrete RO", line))
    assert switch.entered[-1] == line
    assert "snmp-server community ***" in str(told.value)
    assert "is too long" in str(told.value)
    assert "Secrete" not in str(told.value) + told.value.hint


@pytest.mark.parametrize(
    "said",
    [
        "%Error opening nvram:/startup-config (No space left on device)",
        "Building configuration...\n% Error: flash full",
        "startup-config file open failed (Not enough space)",
        "% insufficient memory",
        "Can't open configuration file /etc/frr/frr.conf.OV3T due to 'Read-only file system'.",
    ],
)
def test_a_full_flash_is_no_success(room, said):
    switch = room.switch("sw1", saves=said)
    kept = switch.startup
    desk = Desk(room)
    with pytest.raises(NotSaved) as told:
        desk.push()
    assert "could not save it" in str(told.value)
    assert "name profs" in switch.config
    assert switch.startup == kept
    switch.saves = ""
    desk.push()  # nothing to enter any more, and it is saved all the same
    assert switch.startup == switch.config


def test_a_line_that_ends_in_the_middle_is_lost_at_once_and_goes_on_where_it_stands(room):
    switch = room.switch("sw1", at={"name profs": ["drops"]}, told={"deadline": 120})
    desk = Desk(room)
    begun = time.monotonic()
    with pytest.raises(DeviceLost) as told:
        desk.push()
    assert time.monotonic() - begun < LONG / 5, "not waited for until its deadline"
    assert "ended the connection in the middle" in str(told.value)
    assert switch.startup != switch.config
    desk.push()
    assert desk.steps() == ()
    assert switch.startup == switch.config


def test_one_that_hangs_in_the_middle_is_given_up_at_its_deadline(room):
    room.switch("sw1", at={"name profs": ["hangs"]}, told={"deadline": 120})
    desk = Desk(room)
    room.hurry()
    [desk.device] = room.devices()
    begun = time.monotonic()
    with pytest.raises(DeviceHung) as told:
        desk.push()
    assert time.monotonic() - begun < LONG / 5
    assert told.value.hint


def test_the_deadline_of_a_push_is_kept_whatever_the_steps_take(room):
    more = "    push_deadline: 120\n"
    room.switch("sw1", at={"name profs": ["hangs"]}, told={"deadline": 200, "more": more})
    desk = Desk(room)
    room.hurry("push_deadline")
    [desk.device] = room.devices()
    begun = time.monotonic()
    with pytest.raises(DeviceHung):
        desk.port.push(desk.device, desk.keys, ["vlan 20", "name profs"])
    assert time.monotonic() - begun < LONG / 5


def test_a_question_at_saving_is_an_unexpected_prompt(room):
    asked = "Overwrite the previous NVRAM configuration?[confirm]"
    room.switch("sw1", saves=asked, told={"deadline": 120})
    desk = Desk(room)
    room.hurry()
    [desk.device] = room.devices()
    with pytest.raises(UnexpectedPrompt, match=r"previous NVRAM configuration\?\[confirm\]"):
        desk.push()


def test_an_impostor_is_sent_nothing(room):
    import paramiko  # noqa: PLC0415 - its key

    switch = room.switch("sw1")
    desk = Desk(room)
    steps = desk.steps()
    switch.key = paramiko.RSAKey.generate(2048)
    switch.logins.clear()
    with pytest.raises(HostKeyChanged):
        desk.port.push(desk.device, desk.keys, steps)
    assert (switch.logins, switch.entered) == ([], [])


def test_a_second_password_is_given_and_a_wrong_one_is_named(room):
    room.world.env["ENABLE"] = "le-second"
    switch = room.switch("sw1", enable="le-second", told={"more": "    enable: env:ENABLE\n"})
    desk = Desk(room)
    desk.push()
    assert switch.startup == switch.config
    switch.enable = "un-autre"
    with pytest.raises(LoginRefused, match=r"\(enable\)"):
        desk.port.push(desk.device, desk.keys, ["vlan 30"])


def test_somebody_else_holds_the_configuration(room):
    switch = room.switch("sw1")
    desk = Desk(room)
    steps = desk.steps()
    switch.family = replace(IOS, configure="no such command")
    with pytest.raises(ConsoleError, match="into or out of its configuration"):
        desk.port.push(desk.device, desk.keys, steps)


def test_warnings_decline_nothing(room):
    switch = room.switch("sw1")
    desk = Desk(room)
    line = "switchport access vlan 77"
    desk.port.push(desk.device, desk.keys, ["interface GigabitEthernet0/3", line])
    assert line in switch.startup


def test_an_enormous_configuration_is_read_compared_and_changed_in_fair_time(room):
    lines = [f"ip route 10.{n // 250}.{n % 250}.0 255.255.255.0 Null0" for n in range(20_000)]
    switch = room.switch("sw1", config="\n".join(["hostname sw1", *lines]), told={"deadline": 240})
    desk = Desk(room)
    begun = time.monotonic()
    back = desk.push(
        "\n".join(["hostname sw1", *lines[:-1], "ip route 10.99.0.0 255.255.0.0 Null0"])
    )
    assert time.monotonic() - begun < 120  # minutes and more where the work is quadratic
    assert len(back.splitlines()) == len(lines) + 2
    assert lines[-1] not in switch.startup
    assert "10.99.0.0" in switch.startup


def test_five_hundred_lines_are_pushed_in_less_than_a_minute(room):
    lines = [f"ip route 10.0.{n // 250}.{n % 250} 255.255.255.255 Null0" for n in range(500)]
    switch = room.switch("sw1")
    desk = Desk(room)
    begun = time.monotonic()
    desk.port.push(desk.device, desk.keys, lines)
    assert time.monotonic() - begun < 60
    assert set(lines) <= set(switch.startup.splitlines())


@pytest.mark.parametrize("driver", ["mikrotik_routeros", "fortinet", "vyos"])
def test_what_was_never_tried_is_only_read(room, driver):
    switch = room.switch("sw1", told={"driver": driver})
    desk = Desk(room)
    for attempt in (
        lambda: desk.port.steps(desk.device, "", ""),
        lambda: desk.port.push(desk.device, desk.keys, ["hostname x"]),
    ):
        with pytest.raises(BadInput, match=f"labmgr only reads {driver}"):
            attempt()
    assert switch.logins == []


def test_no_secret_reaches_logs_errors_or_files(room, caplog, tmp_path):
    caplog.set_level(logging.DEBUG)
    for name in ("paramiko", "paramiko.transport", "netmiko"):
        caplog.set_level(logging.DEBUG, logger=name)  # as somebody who looks for trouble
    line = f"snmp-server community {SECRET} RW"
    room.switch("sw1", at={line: ["hangs", "drops", f"% Error: no {SECRET}"]}, told={"deadline": 4})
    desk = Desk(room)
    told = ""
    for _ in range(3):
        with pytest.raises(ConsoleError) as trouble:
            desk.port.push(desk.device, desk.keys, ["vlan 9", line])
        told += f"{trouble.value} {trouble.value.hint} {trouble.value.__cause__}"
    desk.port.push(desk.device, desk.keys, ["vlan 9", line])
    assert SECRET in room.switches["sw1"].config
    assert SECRET not in told
    assert SECRET not in caplog.text
    assert Switch.password not in told + caplog.text
    files = b"".join(one.read_bytes() for one in tmp_path.rglob("*") if one.is_file())
    assert SECRET.encode() not in files


FAMILIES = {
    "arista_eos": (EOS, BASELINE),
    "cisco_xe": (IOS, BASELINE),
    "frr": (VTYSH, """\
Building configuration...

Current configuration:
!
frr version 8.4.4
frr defaults traditional
hostname r1
!
interface eth1
 ip address 10.1.1.1/24
exit
!
router bgp 65000
 neighbor 10.0.0.2 remote-as 65001
 !
 address-family ipv4 unicast
  network 10.1.1.0/24
 exit-address-family
exit
!
end
"""),
    "hp_procurve": (PROCURVE, """\
; J9280A Configuration Editor; Created on release #Y.11.41

hostname "sw1"
interface 5
   name "poste"
   untagged vlan 20
   exit
vlan 20
   name "profs"
   ip address 10.0.20.1 255.255.255.0
   exit
"""),
    "hp_comware": (COMWARE, """\
#
 version 7.1.045
#
 sysname sw1
#
vlan 20
 name profs
#
interface Vlan-interface20
 ip address 10.0.20.1 255.255.255.0
#
interface GigabitEthernet1/0/1
 port access vlan 20
#
return
"""),
}  # fmt: skip
CHANGES = {
    "frr": ["hostname autre", "interface eth1", "ip address 10.3.3.3/24", "exit", "router ospf",
            "network 10.0.0.0/8 area 0"],
    "hp_procurve": ["vlan 10", 'name "x"', "exit", "interface 5", 'name "y"',
                    "untagged vlan 10"],
    "hp_comware": ["sysname autre", "vlan 10", "quit", "interface GigabitEthernet1/0/1",
                   "description x", "port access vlan 10"],
}  # fmt: skip


@pytest.mark.parametrize("driver", FAMILIES)
def test_every_dialect_that_is_written_goes_there_and_back(room, driver):
    family, wanted = FAMILIES[driver]
    begin = "#\n sysname sw1\n#\nvlan 1\n" if family is COMWARE else "hostname sw1\n"
    told = {"driver": driver, "deadline": 10}
    switch = room.switch("sw1", config=begin, family=family, told=told)
    desk = Desk(room)
    desk.push(wanted)
    assert desk.steps(wanted) == ()
    first = switch.startup
    changes = CHANGES.get(
        driver, ["hostname autre", "interface Vlan20", "ip address 10.2.2.2 255.0.0.0"]
    )
    desk.port.push(desk.device, desk.keys, changes)
    assert switch.startup != first
    assert desk.steps(wanted) != ()
    desk.push(wanted)
    assert desk.steps(wanted) == ()
    assert switch.startup == switch.config
