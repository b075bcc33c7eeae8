"""The command line of places: ready or why not, prepared, shown first, set aside."""

from __future__ import annotations

import json
from dataclasses import replace

import pytest

from labmgr.consoles.fake_devices import KEY, FakeDevices
from labmgr.domain.passage import Passage
from labmgr.errors import DeviceSilent

DEVICES = """\
groups:
  switches:
    driver: cisco_ios
    user: labmgr
    password: env:SWITCH
    nature: physical
    declared_by: technicien
    baseline: switch
devices:
  sw1: {kind: switch, address: 127.0.0.1, group: switches, place: P1}
  sw2: {kind: switch, address: 127.0.0.1, group: switches, place: P2}
"""


@pytest.fixture
def room(terminal):
    """Two places, a switch each, and the first two candidates' labs built."""
    world = terminal.world
    world.env["SWITCH"] = "secret"
    folder = world.home / "inventory"
    (folder / "baselines").mkdir(parents=True)
    (folder / "devices.yaml").write_text(DEVICES, encoding="utf-8")
    (folder / "baselines" / "switch").write_text("vlan ${LAB_NO}\n name ${PLACE}\n")
    world.devices = FakeDevices(running={"sw1": "vlan 66\n name pirate\nend\n"})
    world.tools = replace(world.tools, devices=world.devices)
    for name in ("sw1", "sw2"):
        world.tools.store.keep_secret(f"device-key:{name}", KEY)
    terminal.ready()
    seats = [Passage("e6", number, place=f"P{number}") for number in "12"]
    world.tools.store.keep_passages(seats, by="t")
    return terminal


def places(room):
    return {one["place"]: one for one in room.json("place", "list")}


def test_a_place_says_why_it_is_not_ready_and_then_that_it_is(room):
    assert places(room)["P1"]["reasons"] == ["sw1 is not set for this candidate"]
    done = room.say("place", "prepare", "P1", "--wait", "--yes")
    assert done.exit_code == 0, done.output
    assert places(room)["P1"]["ready"]
    assert not places(room)["P2"]["ready"]
    assert "pirate" not in room.world.devices.running["sw1"]


def test_all_that_are_not_ready_are_prepared_and_ready_ones_left(room):
    assert room.say("place", "prepare", "--all", "--wait", "--yes").exit_code == 0
    assert all(one["ready"] for one in places(room).values())
    assert room.json("place", "prepare", "--all") == [], "nothing to ask about"


def test_a_dry_run_shows_what_would_change_and_changes_nothing(room):
    shown = room.say("place", "prepare", "P1", "--dry-run")
    assert shown.exit_code == 0
    assert "-vlan 66" in shown.output
    assert "+ name P1" in shown.output
    (data,) = room.json("device", "baseline", "--place", "P1", "--dry-run")
    assert "no vlan 66" in data["steps"]
    assert room.world.devices.pushed == []


def test_a_baseline_is_asked_about_before_it_is_sent(room):
    refused = room.say("device", "baseline", "--place", "P1", answer="n\n")
    assert refused.exit_code == 1
    assert room.world.devices.pushed == []
    assert room.say("device", "baseline", "--place", "P1", answer="y\n").exit_code == 0
    assert "name P1" in room.world.devices.running["sw1"]


def test_a_place_is_prepared_only_when_what_was_shown_is_agreed_to(room):
    refused = room.say("place", "prepare", "P1", "--wait", answer="n\n")
    assert refused.exit_code == 1
    assert "-vlan 66" in refused.output
    assert room.world.devices.pushed == []
    assert room.say("place", "prepare", "P1", "--wait").exit_code == 1, "nobody is there to answer"
    assert room.world.devices.pushed == []
    assert room.say("place", "prepare", "P1", "--wait", answer="y\n").exit_code == 0
    assert places(room)["P1"]["ready"]


def test_what_is_asked_about_stays_out_of_the_answer_in_json(room):
    told = room.say("place", "prepare", "P1", "--wait", "--json", answer="y\n")
    assert [job["kind"] for job in json.loads(told.stdout)] == ["prepare"]
    assert "-vlan 66" in told.stderr
    told = room.say("device", "baseline", "--place", "P2", "--json", answer="y\n")
    assert [one["device"] for one in json.loads(told.stdout)] == ["sw2"]


def test_a_silent_device_is_named_and_the_others_are_prepared(room):
    room.world.devices.trouble["sw1"] = DeviceSilent("sw1 does not answer", hint="Is it on?")
    done = room.say("place", "prepare", "--all", "--wait", "--yes")
    assert done.exit_code == 1
    assert "sw1 does not answer" in done.output
    assert places(room)["P1"]["red"]
    assert places(room)["P2"]["ready"]


def test_a_dead_device_is_set_aside_with_its_reason_and_taken_back(room):
    assert room.say("device", "aside", "sw1").exit_code == 2, "no reason, no"
    assert room.say("device", "aside", "sw1", "--why", "alimentation").exit_code == 0
    assert places(room)["P1"]["ready"]
    assert room.json("place", "prepare", "P1", "--dry-run") == [], "nobody asks it"
    assert room.say("device", "back", "sw1").exit_code == 0
    assert not places(room)["P1"]["ready"]


def test_a_kept_configuration_is_brought_back(room):
    room.say("device", "backup", "--device", "sw1")
    (kept,) = room.json("device", "diff", "sw1", "--list")
    room.say("place", "prepare", "P1", "--wait", "--yes")
    shown = room.say("device", "restore", "sw1", kept["name"], "--dry-run")
    assert "+vlan 66" in shown.output
    assert "pirate" not in room.world.devices.running["sw1"]
    assert room.say("device", "restore", "sw1", kept["name"], "--yes").exit_code == 0
    assert "pirate" in room.world.devices.running["sw1"]


def test_a_place_that_nobody_declared_is_named(room):
    refused = room.say("place", "prepare", "P9")
    assert refused.exit_code == 1
    assert "Known are: P1, P2." in refused.output


def test_a_reset_is_followed_until_its_devices_are_back(room):
    room.say("place", "prepare", "--all", "--wait", "--yes")
    start = dict(room.world.devices.running)
    room.world.devices.running["sw1"] += "vlan 99\n name pirate\n"
    done = room.json("lab", "reset", "e6", "--all", "--wait", "--yes")
    assert [job["kind"] for job in done] == ["reset", "reset", "restore-devices", "restore-devices"]
    assert {job["state"] for job in done} == {"done"}
    assert room.world.devices.running["sw1"] == start["sw1"]


def test_a_reset_whose_device_failed_is_no_success(room):
    room.say("place", "prepare", "--all", "--wait", "--yes")
    room.world.devices.running["sw1"] += "vlan 99\n name pirate\n"
    room.world.devices.trouble["sw1"] = DeviceSilent("sw1 does not answer", hint="Is it on?")
    failed = room.say("lab", "reset", "e6", "--all", "--wait", "--yes")
    assert failed.exit_code == 1
    assert "restore-devices e6-1-1: 1 device(s) failed: sw1 does not answer" in failed.stderr
    assert "set it aside with its reason. Is it on?" in failed.stderr
    assert "e6-2-1: " not in failed.stderr.split("error:", 1)[1], "the other one is back"


def test_a_reset_without_waiting_says_its_own_number_only(room):
    room.say("place", "prepare", "--all", "--wait", "--yes")
    ordered = room.json("lab", "reset", "e6", "--all", "--yes")
    assert [job["kind"] for job in ordered] == ["reset", "reset"]


def test_a_start_that_is_brought_back_stays_its_labs_and_another_is_nobodys(room):
    (before,) = room.json("device", "backup", "--device", "sw1")
    room.say("place", "prepare", "P1", "--wait", "--yes")
    start, *_ = room.json("device", "diff", "sw1", "--list")
    room.world.devices.running["sw1"] += "vlan 99\n name pirate\n"
    assert room.say("device", "restore", "sw1", start["name"], "--yes").exit_code == 0
    assert places(room)["P1"]["ready"]
    assert room.say("device", "restore", "sw1", before["backup"]["name"], "--yes").exit_code == 0
    assert not places(room)["P1"]["ready"]


def test_a_device_that_breaks_in_a_restore_is_an_answer_in_json_and_is_noted(room):
    room.say("place", "prepare", "P1", "--wait", "--yes")
    start, *_ = room.json("device", "diff", "sw1", "--list")
    room.world.devices.running["sw1"] += "vlan 99\n name pirate\n"
    room.world.devices.trouble["push sw1"] = DeviceSilent("sw1 does not answer", hint="Is it on?")
    (told,) = room.json("device", "restore", "sw1", start["name"], "--yes", status=1)
    assert (told["outcome"], told["hint"]) == ("silent", "Is it on?")
    assert places(room)["P1"]["red"]
    lost = room.say("device", "restore", "sw1", start["name"], "--lab", "e6-9-1", "--yes")
    assert "There is no lab e6-9-1" in lost.stderr


def test_what_is_set_aside_and_taken_back_is_answered_in_json(room):
    assert room.json("device", "aside", "sw1", "--why", "alimentation")["aside"] == "alimentation"
    assert room.json("device", "back", "sw1")["aside"] == ""
