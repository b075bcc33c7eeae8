"""Labs joined to real cables: each place's switch reaches its own segment and nothing else."""

from __future__ import annotations

import os
import subprocess
from contextlib import ExitStack, suppress
from dataclasses import replace

import docker
import pytest

from labmgr.domain.plan import Port
from labmgr.domain.repair import Seen
from labmgr.engines.docker_engine import DockerEngine
from labmgr.engines.naming import Bridge, Names
from labmgr.errors import WireTaken, WireUnfit
from labmgr.store.files.file_library import FileLibrary
from tests import free
from tests.engine.bench import Bench
from tests.engine.conftest import TEMPLATES
from tests.engine.trial import key_material
from tests.lab.cables import NOTHING, Switch, addresses, link_local, link_of, listening
from tests.lab.clients import wait_for
from tests.lab.own_engine import NODE, OwnEngine, ip
from tests.lab.place import carry_images

INSTANCE = "wires"
SERVE = ("python3", "-m", "http.server", "80")
WAYS = {"arp", "raw", "plain", "raw6"}
ARP = "arp 192.0.2.77"
TRUNK = "27756"  # the group that the guard keeps off the host


class Room:
    """A host with its own engine, and two places A and B, a lab and a switch each."""

    def __init__(self, folder, stack):
        self.host = OwnEngine(folder)
        self.host.prepare()
        stack.callback(self.host.remove)
        self.host.start()
        tags = {name: one.tag for name, one in FileLibrary(TEMPLATES).own_images().items()}
        carry_images(folder)
        self.host.load([tags["gateway"], tags["guard"]])
        self.engine = DockerEngine(
            self.host.socket,
            instance=INSTANCE,
            probe_image=tags["probe"],
            guard_image=tags["guard"],
        )
        stack.callback(self.engine.close)
        self.guard_image = tags["guard"]
        self.switches = [Switch(self.host), Switch(self.host)]
        for one in self.switches:
            one.plug_in()
            stack.callback(one.unplug)
        keys = key_material(folder)
        bench = Bench(self.engine, NODE, tags["gateway"], keys, None, free.net_base(3), 20000)
        self.plans = [self._plan(bench, nth) for nth in range(2)]
        ip("-n", self.host.name, "addr", "add", "192.0.2.77/32", "dev", "lo")

    def _plan(self, bench, nth):
        plan = bench.plan(nth)
        port = Port("AB"[nth], "room", self.switches[nth].interface)
        nodes = tuple(replace(one, command=SERVE, first_boot=()) for one in plan.nodes)
        plan = replace(plan, nodes=nodes, gateway=replace(plan.gateway, bind="0.0.0.0"))
        return bench.wired(plan, port)

    def bridge(self, nth, kind=Bridge.LAB, network="lan"):
        return Names(INSTANCE).bridge(kind, self.plans[nth].lab, network)

    def node(self, nth):
        return self.plans[nth].nodes[0].addresses["lan"]

    def sits(self, nth):
        """The switch gets an address of its lab's segment."""
        own = f"{self.node(nth).rpartition('.')[0]}.77"
        self.switches[nth].takes(own, link_of(self.host, self.bridge(nth))["address"])
        return own

    def joined(self, nth):
        return wait_for(lambda: self.switches[nth].opens(self.node(nth)))

    def guard(self, verb):
        with self.host.client() as client, suppress(docker.errors.ContainerError):
            client.containers.run(
                self.guard_image,
                [verb],
                network_mode="host",
                cap_drop=["ALL"],
                cap_add=["NET_ADMIN", "NET_RAW"],
                remove=True,
            )

    def bridges_in_firewall(self, yes):
        for name in ("iptables", "ip6tables", "arptables"):
            setting = f"net.bridge.bridge-nf-call-{name}={int(yes)}"
            subprocess.run(self.host.inside("sysctl", "-qw", setting), check=True)


@pytest.fixture(scope="module")
def room(tmp_path_factory):
    if os.geteuid() != 0:
        pytest.skip("only root can have cables and an engine of its own")
    with ExitStack() as stack:
        made = Room(tmp_path_factory.mktemp("wires"), stack)
        for plan in made.plans:
            made.engine.build(plan)
        yield made
        for plan in made.plans:
            made.engine.remove(plan.lab)


def attack(room, programs):
    """All that the switch of place A gets through to, beyond its own segment."""
    own, lab, other = room.sits(0), room.plans[0], room.plans[1]
    bridges = [room.bridge(0), room.bridge(0, Bridge.FRONT, "labmgr_front")]
    hosts = ["192.0.2.77", *addresses(room.host)]
    doors = (*other.gateway.ports, lab.gateway.candidate_ssh, programs.port)
    programs.heard.clear()
    through = room.switches[0].reaches(
        {
            "own": own,
            "bridge": link_of(room.host, bridges[0])["address"],
            "tcp": [
                *((address, port) for address in hosts for port in doors),
                *((address, 80) for address in (room.node(1), other.gateway.addresses["lan"])),
            ],
            "tcp6": [(link_local(room.host, bridge), programs.port) for bridge in bridges],
            "udp": [(address, programs.port) for address in hosts],
            "udp6": [(link_local(room.host, bridges[0]), programs.port)],
        }
    )
    return {*through, *programs.heard}


def test_each_switch_shares_its_labs_segment(room):
    for nth in (0, 1):
        room.sits(nth)
        assert room.joined(nth)
        assert not room.switches[nth].opens(room.node(1 - nth))
    seen = room.engine.wired(*room.plans)
    assert [(one.lab, one.right, one.link) for one in seen] == [
        (plan.lab, True, True) for plan in room.plans
    ]


def test_the_attacks_work_where_there_is_no_guard(room):
    """If this fails the next test proves nothing. No answer finds a way back, so no TCP."""
    room.guard("remove")
    try:
        through = set()
        for _ in range(5):  # an answer may come late on a busy machine
            with listening(room.host) as programs:
                through |= {word.split()[0] for word in attack(room, programs)}
            if through >= WAYS:
                break
    finally:
        room.guard("lay")
    assert through >= WAYS, through


@pytest.mark.parametrize("filtered", [True, False], ids=["br_netfilter", "plain-bridge"])
def test_from_a_cable_nothing_but_the_segment_is_reached(room, filtered):
    room.guard("lay")
    room.bridges_in_firewall(filtered)
    try:
        with listening(room.host) as programs:
            assert attack(room, programs) == set()
        assert room.joined(0)
    finally:
        room.bridges_in_firewall(True)


def test_a_trunk_without_an_address_is_no_way_to_the_host(room):
    """Linux answers on any interface for all of its addresses, unless the guard keeps it."""
    switch, found = Switch(room.host), {}
    switch.plug_in()
    try:
        ip("-n", room.host.name, "link", "set", switch.interface, "up")
        switch.takes("192.0.2.5", "02:00:00:00:00:01")
        order = NOTHING | {"own": "192.0.2.5"}
        order["bridge"] = link_of(room.host, switch.interface)["address"]
        for group in ("default", TRUNK):
            ip("-n", room.host.name, "link", "set", switch.interface, "group", group)
            with listening(room.host) as programs:  # anew: it may hear of the first one late
                order["udp"] = [("192.0.2.77", programs.port)]
                found[group] = {*switch.reaches(order), *programs.heard}
                if group == "default" and ARP not in found[group]:  # late, on a busy machine
                    found[group] |= switch.reaches(order)
    finally:
        switch.unplug()
    assert ARP in found["default"]
    assert found[TRUNK] == set()


def test_an_interface_that_the_host_uses_is_refused_by_name(room):
    plan, mine = room.plans[0], ("-n", room.host.name)
    spare = Switch(room.host)
    spare.plug_in()
    port = Port("A", "room", spare.interface)
    try:
        for used, free_again, why in (
            (("addr", "add", "198.51.100.1/24"), ("addr", "flush"), "198.51.100.1/24"),
            (("route", "add", "default"), ("route", "del", "default"), "way out"),
        ):
            ip(*mine, "link", "set", spare.interface, "up")
            ip(*mine, *used, "dev", spare.interface)
            assert_refused(room, port, why)
            ip(*mine, *free_again, "dev", spare.interface)
        assert_refused(room, replace(port, interface="docker0"), "itself a bridge")
        assert_refused(room, replace(port, interface="nowhere0"), "no interface nowhere0")
        with pytest.raises(WireTaken, match=f"lab {room.plans[1].lab}") as taken:
            room.engine.build(plan.plugged({"room": room.plans[1].ports[0]}))
        assert taken.value.lab == room.plans[1].lab
    finally:
        spare.unplug()
    assert [one.right for one in room.engine.wired(*room.plans)] == [True, True]


def assert_refused(room, port, why):
    with pytest.raises(WireUnfit) as unfit:
        room.engine.build(room.plans[0].plugged({"room": port}))
    assert why in str(unfit.value)
    assert unfit.value.hint


def test_a_vlan_of_a_trunk_or_the_reason_why_not(room):
    vlan = replace(room.plans[0].ports[0], vlan=42)
    plan = room.plans[0].plugged({"room": vlan})
    if not knows_vlans(room.host):
        assert_refused(room, vlan, "no VLANs")
    else:
        room.engine.unwire(plan.lab)
        room.engine.build(plan)
        here = ("-n", room.switches[0].name)
        assert [one.right for one in room.engine.wired(plan)] == [True]
        assert not room.switches[0].opens(room.node(0))
        ip(*here, "link", "set", "eth0", "down", "name", "trunk")
        ip(*here, "link", "set", "trunk", "up")
        ip(*here, "link", "add", "link", "trunk", "name", "eth0", "type", "vlan", "id", "42")
        ip(*here, "link", "set", "eth0", "up")
        room.sits(0)
        assert room.joined(0)
        room.engine.unwire(plan.lab)
        ip(*here, "link", "del", "eth0")
        ip(*here, "link", "set", "trunk", "down", "name", "eth0")
        ip(*here, "link", "set", "eth0", "up")
        room.engine.build(room.plans[0])
        room.sits(0)
    assert room.joined(0)


def knows_vlans(host):
    with suppress(subprocess.CalledProcessError):
        ip("-n", host.name, "link", "add", "link", "lo", "name", "try", "type", "vlan", "id", "9")
        ip("-n", host.name, "link", "del", "try")
        return True
    return False


def test_a_cable_pulled_out_in_the_middle_is_said_and_harms_no_node(room):
    plan, switch = room.plans[0], room.switches[0]
    switch.pull_out()
    (seen,) = room.engine.wired(plan)
    assert not seen.right
    assert switch.interface in seen.seen
    with pytest.raises(WireUnfit, match=switch.interface):
        room.engine.build(plan)
    assert set(room.engine.look(plan.lab).values()) == {Seen.RUNNING}
    room.engine.remove(plan.lab)
    with pytest.raises(WireUnfit):
        room.engine.build(plan)
    assert room.engine.look(plan.lab) == {}
    switch.new_cable()
    room.engine.build(plan)
    room.sits(0)
    assert room.joined(0)


def test_a_strange_port_in_the_bridge_is_seen_and_put_out(room):
    plan, stranger = room.plans[0], Switch(room.host)
    stranger.plug_in()
    try:
        bridge, name = room.bridge(0), stranger.interface
        ip("-n", room.host.name, "link", "set", name, "master", bridge, "up")
        (seen,) = room.engine.wired(plan)
        assert not seen.right
        assert name in seen.seen
        room.engine.build(plan)
        assert [one.right for one in room.engine.wired(plan)] == [True]
        assert "master" not in link_of(room.host, name)
    finally:
        stranger.unplug()


def test_after_a_reboot_the_wires_are_laid_again(room):
    room.host.stop()
    for nth, switch in enumerate(room.switches):
        switch.pull_out()
        for bridge in (room.bridge(nth), room.bridge(nth, Bridge.FRONT, "labmgr_front")):
            ip("-n", room.host.name, "link", "del", bridge)
        switch.new_cable()
    for flush in (("nft", "flush", "ruleset"), ("iptables-legacy", "-F")):
        with suppress(OSError):
            subprocess.run(room.host.inside(*flush), check=False, capture_output=True)
    room.host.start()
    room.engine.close()
    room.engine.guard()
    for nth, plan in enumerate(room.plans):
        room.engine.build(plan)
        room.sits(nth)
        assert room.joined(nth)
    assert [one.right for one in room.engine.wired(*room.plans)] == [True, True]
    with listening(room.host) as programs:
        assert attack(room, programs) == set()


def test_a_removed_lab_leaves_its_interface_behind_down_and_nobodys(room):
    plan, switch = room.plans[0], room.switches[0]
    room.engine.remove(plan.lab)
    port = link_of(room.host, switch.interface)
    assert "master" not in port
    assert "UP" not in port["flags"]
    assert not switch.opens(room.node(0))
    assert room.engine.look(plan.lab) == {}
    room.engine.build(plan)
    room.sits(0)
    assert room.joined(0)
