"""A réalisation changed after phase 1: the place's devices are set for the other lab."""

from __future__ import annotations

from dataclasses import replace

import pytest

from labmgr.domain.equipment import Stage
from labmgr.domain.exam import Phase, Realisation
from labmgr.domain.lab import LabState
from labmgr.domain.passage import PassageState
from labmgr.domain.snapshot import SnapshotKind
from labmgr.errors import DeviceSilent, Refused
from labmgr.services.equipment import configs, orders, places
from labmgr.services.lab import labs
from labmgr.services.passage import attendance, choices, interruptions, passages
from labmgr.services.session import forms
from tests.services.test_equipment import BY, room, state, types
from tests.services.world import MINI, write_templates

__all__ = ["room"]  # a fixture

VARIED = MINI.replace("  option: SISR", "  option: SISR\n  variables: {VLAN: {default: '10'}}")
ONE, OTHER = "e6-1-1", "e6-1-2"
SILENT = DeviceSilent("sw1 does not answer", hint="Is it on?")


@pytest.fixture(scope="module")
def templates(tmp_path_factory):
    folder = write_templates(tmp_path_factory.mktemp("templates"))
    (folder / "varied").mkdir()
    (folder / "varied" / "compose.yaml").write_text(VARIED, encoding="utf-8")
    return folder


@pytest.fixture
def day(room):
    """The first candidate has two réalisations that differ, and chose the first."""
    labs.order_remove(room.tools, ONE, by=BY)
    room.work()
    for number in (1, 2):
        made = Realisation("e6", "1", number, "varied", "Projet", {"VLAN": str(number)})
        forms.keep_realisation(room.tools, made, by=BY)
    labs.order_build(room.tools, [ONE, OTHER], by=BY)
    room.work()
    before = room.tools.store.passage("e6", "1")
    room.tools.store.change_passage(
        before, replace(before, choice=1, own_tools=False), what="chosen", by=BY
    )
    return room


def to_interview(day):
    attendance.arrive(day.tools, "e6", "1", by=BY)
    passages.start(day.tools, "e6", "1", Phase.PHASE_1, by=BY)
    day.work()
    passages.start(day.tools, "e6", "1", Phase.INTERVIEW_1, by=BY)
    attendance.acknowledge(day.tools, "e6", "1")


def to_suspension(day):
    """The candidate has worked on the switch before the wrong réalisation was noticed."""
    to_interview(day)
    passages.start(day.tools, "e6", "1", Phase.HOUR, by=BY)
    day.work()
    types(day, "vlan 42", " name travail")
    interruptions.suspend(day.tools, "e6", "1", by=BY, why="mauvaise réalisation")
    day.work()


def changed(day):
    choices.choose(day.tools, "e6", "1", 2, by=BY, why="mauvaise fiche")
    choices.choose(day.tools, "e6", "1", 2, by="autre")


def number_of(day, lab):
    return day.tools.store.lab(lab).number


def test_a_candidate_with_two_labs_is_not_called_one_without(day):
    standing = places.place(day.tools, "P1")
    assert "its candidate has two labs, and gets one at phase 1" in standing.reasons


def test_in_the_hour_they_are_set_anew_and_the_work_in_them_stays_as_evidence(day):
    to_suspension(day)
    changed(day)
    with pytest.raises(Refused, match="being set"):
        interruptions.resume(day.tools, "e6", "1", by=BY)
    day.work()
    assert (state(day).stage, state(day).lab) == (Stage.SET, OTHER)
    running = day.devices.running["sw1"]
    assert f"vlan {number_of(day, OTHER)}\n" in running
    assert "travail" not in running
    (told,) = configs.lived(day.tools, ONE)
    assert "+vlan 42" in told.lines
    (started,) = [one for one in day.tools.store.kept_configs(OTHER, "sw1") if one.backup]
    assert started.kind is SnapshotKind.START
    interruptions.resume(day.tools, "e6", "1", by=BY)
    day.work()
    assert (state(day).stage, state(day).lab) == (Stage.OPEN, OTHER)
    assert day.tools.store.passage("e6", "1").state is PassageState.HOUR


def test_one_that_could_not_be_set_anew_holds_the_hour_until_it_is_or_is_set_aside(day):
    to_suspension(day)
    day.devices.trouble["sw1"] = SILENT
    changed(day)
    day.work()
    assert state(day).lab == ONE
    with pytest.raises(Refused, match="sw1 is not set for this candidate's lab"):
        interruptions.resume(day.tools, "e6", "1", by=BY)
    day.devices.trouble.clear()
    orders.order_prepare(day.tools, OTHER, by="tech")
    day.work()
    ends = [one for one in day.tools.store.kept_configs(ONE) if one.kind is SnapshotKind.END]
    assert [one.said for one in ends] == [str(SILENT)], "the gap is said"
    interruptions.resume(day.tools, "e6", "1", by=BY)
    day.work()
    assert day.tools.store.lab(OTHER).state is LabState.OPEN


def test_before_the_hour_they_are_set_for_the_other_one_by_themselves(day):
    to_interview(day)
    assert state(day).lab == ONE
    changed(day)
    day.work()
    assert (state(day).stage, state(day).lab) == (Stage.SET, OTHER)
    assert not any(one.kind is SnapshotKind.END for one in day.tools.store.kept_configs(ONE))
