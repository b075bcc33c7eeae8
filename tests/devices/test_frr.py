"""A real router (FRR in a container): looked at, set, kept, compared, and lost half way."""

from __future__ import annotations

import contextlib
import re
import threading
import time
from pathlib import Path

import docker
import paramiko
import pytest

from labmgr.domain.devices import Outcome
from labmgr.domain.dialects import steady
from labmgr.domain.equipment import Stage
from labmgr.errors import ConsoleError, DeviceHung, DeviceLost, DeviceSilent, StepDeclined
from labmgr.services.equipment import baselines
from labmgr.services.equipment.asking import keys_of
from tests.cli.conftest import Terminal
from tests.devices.router import FrrRouter, frr_image
from tests.devices.test_switches import checked, trusted

pytestmark = pytest.mark.docker

HOW_TO = Path(__file__).parents[2] / "docs" / "howto" / "essayer-sans-materiel.md"
WANTED = """\
frr defaults traditional
hostname r1
service integrated-vtysh-config
!
ip route 10.90.0.0/16 Null0
!
interface lo
 description boucle
 ip address 10.91.0.1/32
exit
!
router bgp 65001
 neighbor 10.92.0.9 remote-as 65002
 neighbor 10.92.0.9 password motDePasseBgp
 !
 address-family ipv4 unicast
  network 10.91.0.1/32
 exit-address-family
exit
!
router ospf
 ospf router-id 10.91.0.1
 network 10.91.0.0/24 area 0
exit
!
"""
WORK = (  # what a candidate leaves behind, unsaved
    "ip route 10.99.0.0/16 Null0",
    "ip prefix-list travail seq 5 permit 10.99.0.0/16",
    "access-list travail seq 5 permit any",
    "password motVty",
    "enable password motEnable",
    "interface lo",
    "ip address 10.99.1.1/32",
    "description travail du candidat",
    "exit",
    "interface eth0",
    "description cote candidat",
    "ip address 10.99.2.1/24",
    "ip ospf authentication-key candidat",
    "ip ospf message-digest-key 7 md5 candidat",
    "ip ospf cost 77",
    "exit",
    "route-map travail permit 10",
    "description la carte",
    "match ip address prefix-list travail",
    "set metric 5",
    "exit",
    "router bgp 65001",
    "neighbor 10.92.0.9 description voisin du candidat",
    "neighbor 10.92.0.9 password autre",
    "neighbor 10.92.0.10 remote-as 65003",
    "address-family ipv4 unicast",
    "network 10.99.1.1/32",
    "neighbor 10.92.0.9 route-map travail in",
    "redistribute static",
    "exit-address-family",
    "exit",
    "router ospf",
    "network 10.99.0.0/16 area 1",
    "passive-interface eth0",
    "default-information originate always metric 12",
    "redistribute static",
    "area 1 stub",
    "exit",
)


@pytest.fixture(scope="module")
def standing():
    with contextlib.closing(docker.from_env()) as client, FrrRouter(client, frr_image()) as router:
        yield router


@pytest.fixture
def router(standing, room):
    """As new, declared as r1, and trusted."""
    standing.reset()
    room.world.env["FRR_PASSWORD"] = standing.passwords["labmgr"]
    declare(room, standing)
    trusted(room)
    return standing


def declare(room, router, **told):
    said = {"driver": "frr", "address": router.address, "password": "env:FRR_PASSWORD", **told}
    room.declare("r1", router.port, **said)


def allow(room, **seconds):
    """Other deadlines than the declared ones."""
    declared = room.world.home / "inventory" / "devices.yaml"
    rows = "".join(f"    {key}: {value}\n" for key, value in seconds.items())
    text = re.sub("    deadline: .*\n", "", declared.read_text())
    declared.write_text(text + rows)


def routes(count):
    return [f"ip route 10.{100 + n // 250}.{n % 250}.0/24 Null0" for n in range(count)]


def device_of(room):
    return room.tools.inventory.read().device("r1")


def keys(room):
    return keys_of(room.tools, device_of(room))


def running(room):
    return room.tools.devices.running_config(device_of(room), keys(room))


def steps(room, wanted=WANTED):
    return room.tools.devices.steps(device_of(room), running(room), wanted)


def push(room, lines):
    return room.tools.devices.push(device_of(room), keys(room), lines)


def lines_of(text):
    """Without marks; those of a section stay after it."""
    lines = steady("frr", text.splitlines())
    return [line for line in lines if line.strip() not in {"", "!", "end", "exit"}]


def among(text):
    return {line.strip() for line in lines_of(text)}


def test_it_says_who_it_is(room, router):
    assert room.tools.store.secret("device-key:r1") == router.host_key
    report = checked(room)["r1"]
    assert (report.said, report.outcome) == ("", Outcome.ANSWERS)
    assert report.answer.os == "FRRouting"
    assert re.fullmatch(r"\d+(\.\d+)+", report.answer.version)
    assert report.answer.hostname == "r1"
    assert not report.real


def test_a_wrong_password_is_a_refusal_and_never_shown(room, router):
    room.world.env["FRR_PASSWORD"] = "un-autre-mot-de-passe"
    report = checked(room)["r1"]
    assert report.outcome is Outcome.REFUSED
    assert "un-autre" not in repr(report)


def test_what_is_pushed_stands_is_saved_and_outlives_a_restart(room, router):
    after = push(room, steps(room))
    assert among(WANTED) <= among(after)
    assert steps(room) == ()
    router.restart()
    assert lines_of(running(room)) == lines_of(after)
    assert steps(room) == ()
    assert "10.91.0.1" in router.types("show ip route connected")


def test_what_a_candidate_left_is_taken_away_and_nothing_else(room, router):
    push(room, steps(room))
    clean = lines_of(running(room))
    router.configures(*WORK)
    left = among(running(room))
    assert {"network 10.99.0.0/16 area 1", "ip route 10.99.0.0/16 Null0"} <= left
    assert {"ip address 10.99.1.1/32", "description cote candidat", "password motVty"} <= left
    assert {"redistribute static", "set metric 5", "neighbor 10.92.0.10 remote-as 65003"} <= left
    told = steps(room)
    assert not [line for line in told if "10.90." in line or "65002" in line]
    assert lines_of(push(room, told)) == clean
    assert steps(room) == ()


def test_the_how_tos_baseline_is_taken(room, router):
    page = HOW_TO.read_text(encoding="utf-8")
    wanted = page.partition("`inventory/baselines/routeur-frr`")[2].split("```")[1]
    wanted = wanted.replace("${PLACE}", "P4")
    assert among(wanted) <= among(push(room, steps(room, wanted)))
    assert steps(room, wanted) == ()


def test_a_line_that_it_does_not_take_is_named_and_nothing_is_saved(room, router):
    before = router.saved()
    with pytest.raises(StepDeclined, match="`ip rout nulle-part`"):
        push(room, ["interface lo", " description avant", "ip rout nulle-part"])
    assert router.saved() == before
    assert " description avant" in running(room)


def test_a_router_that_dies_half_way_is_said_and_a_second_push_mends(room, router):
    told = steps(room, "\n".join((WANTED, *routes(4000))))
    with (
        pytest.raises((DeviceLost, DeviceHung)) as trouble,
        ends_after_a_route(router.kill, router),
    ):
        push(room, told)
    assert "r1" in str(trouble.value)
    assert trouble.value.hint
    router.start()
    assert "10.100." not in router.saved()  # none of it was kept
    push(room, steps(room))
    assert steps(room) == ()
    assert "10.91.0.1" in router.saved()


def test_a_half_set_router_is_known_as_such_until_it_is_set(room, router):
    with pytest.raises(ConsoleError), ends_after_a_route(router.kill, router):
        baselines.push(room.tools, device_of(room), "\n".join((WANTED, *routes(4000))), by="tech")
    assert room.tools.store.device_state("r1").stage is Stage.HALF
    router.start()
    report = baselines.push(room.tools, device_of(room), WANTED, by="tech")
    assert room.tools.store.device_state("r1").stage is Stage.SET
    assert "10.91.0.1" in room.tools.configs.text("r1", report.backup.name)


@contextlib.contextmanager
def ends_after_a_route(end, router):
    """While the block pushes."""
    ender = threading.Thread(target=end_after_a_route, args=(end, router))
    ender.start()
    try:
        yield
    finally:
        ender.join()


def end_after_a_route(end, router):
    last = time.monotonic() + 60
    while time.monotonic() < last:
        with contextlib.suppress(OSError, paramiko.SSHException, EOFError):
            if "10.100." in router.types("show running-config"):
                break
    end()


def test_a_router_that_stops_answering_in_a_push_is_given_up_at_the_deadline(room, router):
    allow(room, push_deadline=8)
    begun = time.monotonic()
    with (
        pytest.raises(DeviceHung, match="r1 stopped answering"),
        ends_after_a_route(router.container.pause, router),
    ):
        push(room, routes(4000))
    assert time.monotonic() - begun < 120


def test_a_paused_router_is_silent(room, router):
    allow(room, deadline=3)
    router.container.pause()
    with pytest.raises(DeviceSilent):
        running(room)


def test_the_commands_keep_compare_and_cover_secrets(room, router):
    terminal = Terminal(room.world)
    assert "SHA256:" in terminal.say("device", "trust", "r1").stdout
    line = terminal.say("device", "check").stdout
    assert line.startswith("r1  ✓ answers: FRRouting")
    assert line.rstrip().endswith("simulated")
    push(room, steps(room))
    assert terminal.say("device", "backup").exit_code == 0
    router.configures(
        "interface lo", "ip ospf authentication-key cleOspf", "exit",
        "interface eth0", "ip ospf message-digest-key 7 md5 cleMd5", "exit",
        "router bgp 65001", "neighbor 10.92.0.9 password autreBgp", "exit",
        "password secretVty", "enable password secretEnable",
    )  # fmt: skip
    assert terminal.say("device", "backup").exit_code == 0
    shown = terminal.say("device", "diff", "r1").stdout
    kept = room.tools.configs.text("r1", room.tools.configs.backups("r1")[0].name)
    secrets = ("cleOspf", "cleMd5", "autreBgp", "secretVty", "secretEnable")
    assert [one for one in secrets if one not in kept] == []
    assert [one for one in (*secrets, "motDePasseBgp") if one in shown] == []
    for words in ("authentication-key", "message-digest-key 7 md5", "password", "enable password"):
        assert f"{words} ***" in shown
