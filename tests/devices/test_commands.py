"""`labmgr device` as scripts and people see it, and what none of it ever shows."""

from __future__ import annotations

import logging
import subprocess
import sys

import pytest

from tests.cli.conftest import Terminal
from tests.devices.test_switches import trusted
from tests.devices.vendor import Switch

ENABLE = "le-second-mot-de-passe"


@pytest.fixture
def terminal(room):
    return Terminal(room.world)


def test_the_inventory_is_listed_without_asking_anybody(room, terminal):
    room.switch("sw1", manner="mute")
    result = terminal.say("device", "list")
    assert result.exit_code == 0
    assert "sw1" in result.stdout
    assert "simulated" in result.stdout
    assert terminal.json("device", "list")["devices"][0]["password"] == "env:SWITCH_PASSWORD"


def test_a_key_is_pinned_then_a_device_checked_by_place(room, terminal):
    room.switch("sw1")
    room.switch("sw2", told={"place": "P2"})
    shown = terminal.say("device", "trust", "sw1", "sw2").stdout
    assert shown.count("SHA256:") == 2
    assert "sw1" in terminal.say("device", "trust", "sw1").stdout
    result = terminal.say("device", "check", "--place", "P1")
    assert result.exit_code == 0
    [line] = result.stdout.strip().splitlines()
    assert line.startswith("sw1  ✓ answers: Cisco IOS, WS-C2960-24TT-L, 15.0(2)SE11, sw1")
    [told] = terminal.json("device", "check", "--device", "sw2")
    assert told["answer"]["version"] == "15.0(2)SE11"
    assert not told["real"]


def test_one_that_does_not_answer_makes_the_exit_status_1(room, terminal):
    room.switch("sw1")
    result = terminal.say("device", "check")
    assert result.exit_code == 1
    assert "✗ not trusted yet" in result.stdout
    assert "hint: `labmgr device trust sw1`" in result.stdout
    assert terminal.json("device", "check", status=1)[0]["outcome"] == "not trusted yet"


def test_an_empty_inventory_is_said_and_no_success(terminal):
    result = terminal.say("device", "check")
    assert result.exit_code == 1
    assert "declares no device" in result.stderr


def test_nobody_pays_for_netmiko_before_a_device_is_asked():
    program = "import sys, labmgr.wiring; sys.exit('netmiko' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", program], check=False).returncode == 0


def test_a_changed_key_is_replaced_only_with_a_reason(room, terminal):
    import paramiko  # noqa: PLC0415 - a key for the new switch

    room.switch("sw1")
    trusted(room)
    room.switches["sw1"].key = paramiko.ECDSAKey.generate()
    result = terminal.say("device", "trust", "sw1")
    assert result.exit_code == 1
    assert "is pinned" in result.stderr
    assert terminal.say("device", "trust", "sw1", "--replace").exit_code == 2
    assert terminal.say("device", "trust", "sw1", "--replace", "--why", "new one").exit_code == 0


def test_a_secret_is_kept_sealed_and_only_from_a_closed_file(room, terminal, tmp_path):
    room.switch("sw1", told={"password": "store:room"})
    trusted(room)
    assert "labmgr device secret room" in terminal.say("device", "check").stdout
    file = tmp_path / "secret"
    file.write_text(f"{Switch.password}\n")
    file.chmod(0o644)
    assert terminal.say("device", "secret", "room", "--file", str(file)).exit_code == 1
    file.chmod(0o600)
    assert terminal.say("device", "secret", "room", "--file", str(file)).exit_code == 0
    assert terminal.say("device", "check").exit_code == 0
    assert (
        "not a usable name" in terminal.say("device", "secret", "A:b", "--file", str(file)).stderr
    )
    assert "no terminal" in terminal.say("device", "secret", "room").stderr


def test_backups_are_kept_named_and_compared(room, terminal):
    switch = room.switch("sw1")
    trusted(room)
    assert terminal.say("device", "backup").exit_code == 0
    assert terminal.say("device", "backup", "--place", "P1").exit_code == 0
    assert "nothing changed" in terminal.say("device", "diff", "sw1").stdout
    switch.config = switch.config.replace("10.0.10.1", "10.0.10.9")
    assert terminal.json("device", "backup")[0]["backup"]["device"] == "sw1"
    assert "+ ip address 10.0.10.9" in terminal.say("device", "diff", "sw1").stdout
    kept = [one["name"] for one in terminal.json("device", "diff", "sw1", "--list")]
    assert terminal.json("device", "diff", "sw1", kept[-1], kept[0])["changed"]


def test_no_secret_is_ever_shown_logged_or_left_in_a_file(room, terminal, caplog, tmp_path):
    caplog.set_level(logging.DEBUG)
    logging.getLogger("paramiko").setLevel(logging.NOTSET)  # as somebody who looks for trouble
    room.world.env["ENABLE"] = ENABLE
    more = "    enable: env:ENABLE\n"
    for manner in ("well", "hangs", "asks", "echoes", "drops"):
        room.switch(manner, told={"deadline": 5, "more": more}, enable=ENABLE)
    room.switch("changed", told={"more": more})
    trusted(room)
    for name, one in room.switches.items():
        one.manner = name
    room.switches["changed"].password = "another-password"
    seen = [
        terminal.say("device", *words)
        for words in (["list"], ["check"], ["check", "--json"], ["backup"], ["diff", "well"])
    ]
    shown = "".join(one.output for one in seen) + caplog.text
    shown += repr(room.tools.store.entries())
    assert "Is your password ***" in shown
    files = b"".join(one.read_bytes() for one in tmp_path.rglob("*") if one.is_file())
    for secret in (Switch.password, ENABLE):
        assert room.switches["well"].logins, "they were really sent"
        assert secret not in shown
        assert secret.encode() not in files


def test_keys_are_pinned_all_at_once_and_a_silent_one_is_named(room, terminal):
    room.switch("sw1")
    room.switch("sw9").close()
    result = terminal.say("device", "trust", "--place", "P1")
    assert result.exit_code == 1
    assert "sw1: SHA256:" in result.stdout
    assert "error: sw9: " in result.stderr
    told = {one["device"]: one for one in terminal.json("device", "trust", "sw1", "sw9", status=1)}
    assert told["sw1"]["new"] is False
    assert told["sw9"]["hint"]
    assert terminal.say("device", "trust").exit_code == 2
