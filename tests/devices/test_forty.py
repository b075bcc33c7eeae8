"""A whole room set at once: each device is named with what happened, none waits for another."""

from __future__ import annotations

import time

from labmgr.domain.devices import Outcome
from labmgr.domain.equipment import Stage
from labmgr.services.equipment import baselines
from labmgr.services.equipment.asking import all_at_once
from tests.devices.test_pushes import BASELINE
from tests.devices.test_switches import trusted

# Seconds. Half of it for one that is silent: all six in turn would take more than BESIDE.
DEADLINE = {"mute": 24, "hangs": 12, "well": 120}
BESIDE = 45
SILENT, REFUSED, HANGS, DECLINES = range(5), (5, 6), 7, 8


def a_room(room):
    manners = dict.fromkeys(SILENT, "mute") | {HANGS: "hangs"}
    for number in range(40):
        deadline = DEADLINE[manners.get(number, "well")]
        room.switch(f"sw{number}", told={"deadline": deadline})
    trusted(room)
    for number in SILENT:
        room.switches[f"sw{number}"].manner = "mute"
    for number in REFUSED:
        room.switches[f"sw{number}"].password = "changed"
    room.switches[f"sw{HANGS}"].at["name profs"] = ["hangs"]
    room.switches[f"sw{DECLINES}"].at["name profs"] = ["% Invalid input"]


def test_forty_are_set_at_once_of_which_nine_are_in_trouble(room):
    a_room(room)
    tools = room.tools
    wanted = "".join(f"{line}\n" for line in BASELINE.splitlines() if not line.startswith("hostn"))

    def push(device):
        return baselines.push(tools, device, f"hostname {device.name}\n{wanted}", by="technicien")

    begun = time.monotonic()
    reports = {one.device.name: one for one in all_at_once(room.devices(), push)}
    took = time.monotonic() - begun
    said = {name: (one.outcome, one.said) for name, one in reports.items()}

    assert {reports[f"sw{number}"].outcome for number in SILENT} == {Outcome.SILENT}
    assert {reports[f"sw{number}"].outcome for number in REFUSED} == {Outcome.REFUSED}
    assert reports[f"sw{HANGS}"].outcome is Outcome.HUNG
    assert reports[f"sw{DECLINES}"].outcome is Outcome.DECLINED
    assert len([one for one in reports.values() if one.good]) == 31, said
    assert all(name in one.said and one.mend for name, one in reports.items() if not one.good)

    stages = {name: tools.store.device_state(name).stage for name in reports}
    half = {name for name, stage in stages.items() if stage is Stage.HALF}
    assert half == {f"sw{HANGS}", f"sw{DECLINES}"}
    assert [stage for stage in stages.values() if stage is Stage.SET] == [Stage.SET] * 31
    for name, one in room.switches.items():
        assert ("name profs" in one.startup) is reports[name].good, name
    assert took < BESIDE


def test_a_flash_that_was_full_is_not_forgotten_when_nothing_is_left_to_enter(room):
    switch = room.switch("sw1", saves="%Error opening nvram:/startup-config (No space left)")
    trusted(room)
    [device] = room.devices()
    [told] = all_at_once([device], lambda one: baselines.push(room.tools, one, BASELINE, by="x"))
    assert told.outcome is Outcome.NOT_SAVED
    assert room.tools.store.device_state("sw1").stage is Stage.HALF
    switch.saves = ""
    baselines.push(room.tools, device, BASELINE, by="x")
    assert room.tools.store.device_state("sw1").stage is Stage.SET
    assert switch.startup == switch.config


def test_what_one_line_takes_away_with_it_is_set_in_a_second_round(room):
    bgp = (
        "hostname sw1\nrouter bgp 65000\n neighbor 10.0.0.2 {}\n neighbor 10.0.0.2 description x\n"
    )
    switch = room.switch("sw1", config=bgp.format("remote-as 65099"))
    trusted(room)
    [device] = room.devices()
    wanted = bgp.format("remote-as 65001")
    baselines.push(room.tools, device, wanted, by="x")
    assert "description x" in switch.startup
    assert switch.entered.count("neighbor 10.0.0.2 description x") == 1
    assert room.tools.devices.steps(device, switch.config, wanted) == ()
