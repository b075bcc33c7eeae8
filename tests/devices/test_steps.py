"""From one configuration to another, vendor by vendor: a table that a technician can extend."""

from __future__ import annotations

import pytest

from labmgr.consoles.remedy import remedy
from labmgr.domain.dialects import DIALECTS, refused_step, unsaved
from labmgr.domain.inventory import Device, DeviceKind, Nature
from labmgr.errors import BadInput


def steps(driver, running, wanted, **told):
    device = Device(
        "sw1", DeviceKind.SWITCH, "10.0.0.1", driver, "labmgr", Nature.SIMULATED, "x", **told
    )
    return [line.strip() for line in remedy(device, running, wanted)]


TRUNK = """\
interface GigabitEthernet1/0/1
 description x
 port link-type trunk
 port trunk permit vlan 10
"""
TWO_ADDRESSES = """\
interface Vlan9
 ip address 10.1.0.1 255.0.0.0
 ip address 10.2.0.1 255.0.0.0 secondary
"""
PORT = "interface GigabitEthernet0/1\n"


@pytest.mark.parametrize(
    ("driver", "running", "wanted", "entered"),
    [
        ("cisco_ios", "hostname a\n", "hostname b\n", ["hostname b"]),
        ("cisco_ios", "vlan 10\n", "", ["no vlan 10"]),
        ("cisco_ios", f"{PORT} shutdown\n", "", [PORT.strip(), "no shutdown", "exit"]),
        ("cisco_ios", f"{PORT} shutdown\n", f"{PORT} no shutdown\n",
         [PORT.strip(), "no shutdown", "exit"]),
        ("cisco_ios", PORT, f"{PORT} no shutdown\n", []),
        ("cisco_ios", "interface GigabitEthernet0/1.10\n encapsulation dot1Q 10\n", "",
         ["no interface GigabitEthernet0/1.10"]),
        ("cisco_ios", "interface Vlan1\n ip address 10.1.0.1 255.0.0.0\n", "",
         ["interface Vlan1", "no ip address 10.1.0.1 255.0.0.0", "exit"]),
        ("cisco_ios",
         TWO_ADDRESSES,
         "interface Vlan9\n ip address 10.1.0.2 255.0.0.0\n",
         ["interface Vlan9", "no ip address 10.2.0.1 255.0.0.0 secondary",
          "ip address 10.1.0.2 255.0.0.0", "exit"]),
        ("cisco_ios",
         "router bgp 1\n address-family ipv4\n  network 10.1.0.0\n exit-address-family\n",
         "router bgp 1\n address-family ipv4\n  network 10.2.0.0\n exit-address-family\n",
         ["router bgp 1", "address-family ipv4", "no network 10.1.0.0", "network 10.2.0.0",
          "exit", "exit"]),
        ("arista_eos", "interface Ethernet1\n   shutdown\n", "",
         ["interface Ethernet1", "no shutdown", "exit"]),
        ("arista_eos", "interface Management1\n   ip address 10.0.0.1/24\n", "", []),
        ("hp_procurve", "vlan 1\n   untagged 1-3\n   exit\n",
         "vlan 1\n   untagged 1-2\n   exit\nvlan 10\n   untagged 3\n   exit\n",
         ["vlan 10", "exit", "interface 3", "untagged vlan 10", "exit"]),
        ("hp_comware", TRUNK, "",
         ["interface GigabitEthernet1/0/1", "undo port trunk permit vlan 10",
          "undo port link-type", "undo description", "quit"]),
        ("frr", "interface eth1\n ip address 10.1.0.1/24\nexit\n",
         "interface eth1\n ip address 10.1.0.2/24\nexit\n",
         ["interface eth1", "no ip address 10.1.0.1/24", "ip address 10.1.0.2/24", "exit"]),
        ("frr", "router ospf\n network 10.0.0.0/8 area 0\nexit\n", "", ["no router ospf"]),
    ],
)  # fmt: skip
def test_the_lines_that_lead_there(driver, running, wanted, entered):
    assert steps(driver, running, wanted) == entered
    assert steps(driver, wanted, wanted) == []


@pytest.mark.parametrize(
    "running",
    [
        "interface Vlan99\n ip address 10.0.0.1 255.255.255.0\nvlan 99\n name gestion\n",
        "banner motd ^C\n nous ! voici\n^C\n",
        "banner login #court#\n",
        "banner motd\nplusieurs lignes\nEOF\n",
        "username labmgr secret 9 x\nenable secret 9 y\naaa new-model\nversion 15.0\n",
        "crypto pki certificate chain X\n certificate self-signed 01\n  30820242 3082\n  quit\n",
        "line vty 0 4\n transport input ssh\n",
    ],
)
def test_what_is_never_touched(running):
    assert steps("cisco_ios", f"hostname a\n{running}", "hostname a\n") == []
    driver = "cisco_ios"
    if "10.0.0.1" not in running:  # the way in is known from what runs
        assert steps(driver, "hostname a\n", f"hostname a\n{running}") == []


def test_what_leave_names_takes_its_section_with_it():
    running = "interface Vlan10\n description x\nip route 0.0.0.0 0.0.0.0 10.0.0.254\n"
    assert steps("cisco_ios", running, "", leave=("^interface Vlan10$", r"^ip route 0\.0")) == []
    assert steps("cisco_ios", running, "interface Vlan10\n mtu 9\n", leave=("Vlan", "route")) == []
    assert steps("cisco_ios", running, "", leave=("^description",)) == [
        "no interface Vlan10",
        "no ip route 0.0.0.0 0.0.0.0 10.0.0.254",
    ]


def test_a_line_that_stands_twice_is_named_without_what_it_holds():
    twice = "snmp-server community tresSecrete RO\n" * 2
    with pytest.raises(BadInput, match="`snmp-server community` stands there twice") as told:
        steps("cisco_ios", "", twice)
    assert "Secrete" not in str(told.value)


@pytest.mark.parametrize(
    "said",
    [
        "                 ^\n% Invalid input detected at '^' marker.",
        "% Unknown command: ip adress 10.0.0.1/24",
        "% Only inactive interfaces can be deleted",
        "% 10.0.0.0 overlaps with Vlan10",
        "Command rejected: An interface whose encapsulation is Auto can not be configured",
        "Invalid input: untaged",
        " % Wrong parameter found at '^' position.",
        "% Can't find the address",
    ],
)  # fmt: skip
def test_a_refusal_is_known(said):
    assert refused_step(f"line\n{said}\nsw1(config)#")


@pytest.mark.parametrize(
    "said",
    [
        "% Access VLAN does not exist. Creating vlan 10",
        "%Warning: portfast should only be enabled on ports connected to a single host.",
        "% Warning: not all of it is valid on this hardware",
        "description % invalid is only a word here",
        "",
    ],
)
def test_a_remark_is_no_refusal(said):
    assert refused_step(f"line\n{said}\nsw1(config)#") == ""


@pytest.mark.parametrize(
    "said",
    [
        "Building configuration...\n[OK]",
        "Copy completed successfully.",
        "Compressed configuration from 3211 bytes to 1604 bytes[OK]",
        "Note: this version of vtysh never writes vtysh.conf\n[OK]",
        "Saved the current configuration to mainboard device successfully.",
        "",
    ],
)
def test_what_is_said_of_a_configuration_that_was_kept(said):
    assert unsaved(said) == ""


def test_every_dialect_that_is_written_has_a_grammar():
    for driver, dialect in DIALECTS.items():
        if dialect.writes:
            assert steps(driver, "", "") == []
