"""A place's wires follow its candidates from lab to lab, and stop no lab's work when they fail."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from labmgr.domain.exam import Phase, Realisation, SessionState
from labmgr.domain.passage import Passage, PassageState
from labmgr.domain.repair import Seen
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.words import Audience
from labmgr.domain.work import JobKind, JobState
from labmgr.errors import BadFile, Refused
from labmgr.services.day import repairs, spares
from labmgr.services.day.doctor import Verdict, examine
from labmgr.services.equipment import orders, places
from labmgr.services.lab import doors, labs, reconcile, snapshots, wires
from labmgr.services.lab.blueprint import plan_of
from labmgr.services.session import forms, sessions
from tests.services.world import MINI, NOON, write_templates

BY = "prof"
P = PassageState
WIRED = MINI.replace("    internal: true\n", "    internal: true\n    x-labmgr: {wire: baie}\n")
VARIED = WIRED.replace("  option: SISR", "  option: SISR\n  variables: {VLAN: {default: '10'}}")
PLACES = """\
places:
  P1: {wires: {baie: {interface: eth1}}}
  P2: {wires: {baie: {interface: eth2, vlan: 20}}}
"""


@pytest.fixture(scope="module")
def templates(tmp_path_factory):
    folder = write_templates(tmp_path_factory.mktemp("templates"))
    (folder / "wired").mkdir()
    (folder / "wired" / "compose.yaml").write_text(VARIED, encoding="utf-8")
    return folder


@pytest.fixture
def room(world):
    """Candidates 1 and 2, one after the other at place P1; candidate 3 at P2."""
    assert VARIED != WIRED != MINI
    inventory(world, PLACES)
    world.session(count=3, template="wired")
    seats = {"1": ("P1", 0), "2": ("P1", 2), "3": ("P2", 0)}
    passages = [
        Passage("e6", number, place=place, planned={Phase.PHASE_1: NOON + timedelta(hours=hours)})
        for number, (place, hours) in seats.items()
    ]
    world.tools.store.keep_passages(passages, by=BY)
    return world


def inventory(world, text):
    folder = world.home / "inventory"
    folder.mkdir(exist_ok=True)
    (folder / "devices.yaml").write_text(text, encoding="utf-8")


def built(world, *numbers):
    ids = [f"e6-{number}-1" for number in numbers]
    labs.order_build(world.tools, ids, by=BY)
    world.work()
    return ids


def plugs(world):
    held = world.engine.wires.taken.items()
    return {f"{interface}.{vlan}": lab for (interface, vlan), (lab, _) in held}


def is_now(world, number, state, **changes):
    before = world.tools.store.passage("e6", number)
    after = replace(before, state=state, **changes)
    world.tools.store.change_passage(before, after, what="test", by=BY)


def red(world, lab):
    job = world.last_job(lab)
    return job.outcome if job.state is not JobState.DONE else ""


def test_the_port_goes_to_whoever_sits_there_and_then_to_the_next(room):
    one, two, three = built(room, "1", "2", "3")
    assert room.states() == ["ready"] * 3
    assert plugs(room) == {"eth1.0": one, "eth2.20": three}
    is_now(room, "1", P.DONE, lab=one)
    repaired = wires.wired_plan_of(room.tools, room.lab(two))
    wires.build(room.tools, room.lab(two), repaired)
    assert plugs(room) == {"eth1.0": two, "eth2.20": three}
    assert f"its wires go to lab {two}" in room.events(one)
    assert room.tools.engine.look(one)["web"] is Seen.RUNNING
    labs.order_remove(room.tools, two, by=BY)
    room.work()
    assert plugs(room) == {"eth2.20": three}


def test_nobody_who_sits_there_loses_the_port_to_the_next(room):
    one, two = built(room, "1", "2")
    is_now(room, "1", P.HOUR, lab=one)
    plan = wires.wired_plan_of(room.tools, room.lab(two))
    assert plan.ports == ()
    wires.build(room.tools, room.lab(two), plan)
    assert plugs(room) == {"eth1.0": one}


def test_an_hour_that_is_late_keeps_the_port_from_one_whose_phase_1_has_begun(room):
    one, two = built(room, "1", "2")
    is_now(room, "1", P.ABSENT)
    is_now(room, "2", P.HOUR, lab=two)
    room.tools.store.order(JobKind.PREPARE, two, by=BY)
    room.work()
    wires.build(room.tools, room.lab(two), wires.wired_plan_of(room.tools, room.lab(two)))
    assert plugs(room) == {"eth1.0": two}
    is_now(room, "1", P.PHASE_1, lab=one)
    room.tools.store.order(JobKind.PREPARE, one, by=BY)
    room.work()
    assert plugs(room) == {"eth1.0": two}


def test_no_hour_begins_on_the_wires_of_a_passage_that_nobody_closed(room):
    one, two = built(room, "1", "2")
    is_now(room, "1", P.INTERVIEW_2, lab=one)
    is_now(room, "2", P.INTERVIEW_1, lab=two)
    with pytest.raises(Refused, match="candidate 1's"):
        wires.refuse_wrong(room.tools, room.lab(two))
    is_now(room, "1", P.DONE, lab=one)
    room.tools.store.order(JobKind.PREPARE, two, by=BY)
    room.work()
    wires.refuse_wrong(room.tools, room.lab(two))
    assert plugs(room) == {"eth1.0": two}


def test_who_was_left_in_a_closed_session_holds_no_place(room):
    """A rehearsal's candidate never came, and nobody marked it."""
    tools = room.tools
    opened = tools.store.move_session(tools.store.session("e6"), SessionState.OPEN, by=BY)
    room.session(title="Juin", count=1, template="wired")
    later = {Phase.PHASE_1: NOON + timedelta(days=7)}
    tools.store.keep_passages([Passage("juin", "1", place="P1", planned=later)], by=BY)
    assert places.place(tools, "P1").passage.session == opened.name
    sessions.close_session(tools, "e6", by=BY)
    assert places.place(tools, "P1").passage.session == "juin"
    assert wires.wired_plan_of(tools, room.lab("juin-1-1")).ports


def test_of_two_labs_none_has_the_port_before_the_choice_is_open(room):
    for number in (1, 2):
        values = {"VLAN": str(number)}
        forms.keep_realisation(
            room.tools, Realisation("e6", "1", number, "wired", variables=values), by=BY
        )
    both = [lab.id for lab in room.tools.store.labs("e6", "1")]
    assert len(both) == 2
    is_now(room, "1", P.PRESENT, choice=2)
    assert [wires.wired_plan_of(room.tools, room.lab(lab)).ports for lab in both] == [(), ()]
    is_now(room, "1", P.PHASE_1, lab=both[1])
    ports = [wires.wired_plan_of(room.tools, room.lab(lab)).ports for lab in both]
    assert [len(one) for one in ports] == [0, 1]


def test_a_spare_takes_the_port_over_with_its_candidate(room):
    (lab,) = built(room, "1")
    spares.build(room.tools, "e6", "wired", by=BY)
    room.work()
    (spare,) = spares.spares(room.tools, "e6")
    assert plugs(room) == {"eth1.0": lab}
    is_now(room, "1", P.PHASE_1, lab=lab)
    spares.take(room.tools, "e6", "1", by=BY, why="its disk died")
    room.work()
    assert plugs(room) == {"eth1.0": spare.lab.id}
    assert red(room, spare.lab.id) == ""


def test_phase_1_has_the_place_prepared_though_it_has_but_wires(room):
    one, two = built(room, "1", "2")
    is_now(room, "1", P.DONE, lab=one)
    is_now(room, "2", P.PHASE_1, lab=two)
    for order in orders.order_in_time(room.tools, room.tools.store.passage("e6", "2")):
        room.tools.store.order(order.kind, order.lab, by=BY)
    room.work()
    assert plugs(room) == {"eth1.0": two}


def test_a_rehearsal_is_plugged_nowhere(room):
    (lab,) = built(room, "1")
    snapshots.order_rehearse(room.tools, lab, by=BY)
    room.work()
    assert red(room, lab) == ""
    assert plugs(room) == {"eth1.0": lab}


def test_a_faulty_inventory_stops_neither_labs_without_a_place_nor_a_closing(room):
    (lab,) = built(room, "1")
    labs.order_reset(room.tools, lab, by=BY)
    inventory(room, "places: {P1: {wires: {baie: {}}}}")
    room.work()
    assert red(room, lab) != ""
    assert room.tools.engine.look(lab)["web"] is Seen.RUNNING
    inventory(room, PLACES)
    labs.order_reset(room.tools, lab, by=BY)
    room.work()
    doors.carry_out_open(room.tools, lab, by=BY)
    inventory(room, "places: {P1: {wires: {baie: {}}}}")
    closed = doors.carry_out_close(room.tools, lab, by=BY, freeze=True, snapshot=True)
    assert closed.state == "frozen"
    room.work()
    assert snapshots.latest(room.tools, lab, SnapshotKind.END)
    assert plugs(room) == {"eth1.0": lab}
    with pytest.raises(BadFile, match="interface"):
        wires.wired_plan_of(room.tools, room.lab(lab))
    world_of_others = room.session("autre", count=1)
    labs.order_build(room.tools, [world_of_others[0].id], by=BY)
    room.work()
    assert room.lab(world_of_others[0].id).state == "ready"


def test_a_missing_interface_builds_a_red_lab_with_a_hint_and_wakes_a_standing_one(room):
    room.engine.wires.absent.add("eth1")
    (lab,) = built(room, "1")
    assert "no interface eth1" in red(room, lab)
    assert room.lab(lab).state == "broken"
    assert room.engine.look(lab) == {}
    room.engine.wires.absent.clear()
    built(room, "1")
    doors.carry_out_open(room.tools, lab, by=BY)
    room.engine.wires.absent.add("eth1")
    room.engine.set_seen(lab, "web", Seen.STOPPED)
    room.tools.engine.close_access(lab, Audience.CANDIDATE)
    reconcile.look_round(room.tools)
    room.work()
    assert "no interface eth1" in red(room, lab)
    assert room.engine.look(lab)["web"] is Seen.RUNNING
    assert room.engine.is_open(lab, Audience.CANDIDATE)


def test_a_return_in_the_hour_goes_on_without_a_dead_wire_and_a_reset_before_it_does_not(room):
    (lab,) = built(room, "1")
    room.engine.wires.absent.add("eth1")
    labs.order_reset(room.tools, lab, by=BY)
    room.work()
    assert "no interface eth1" in red(room, lab)
    assert room.lab(lab).state == "broken"
    room.engine.wires.absent.clear()
    labs.order_reset(room.tools, lab, by=BY)
    room.work()
    room.engine.wires.absent.add("eth1")
    is_now(room, "1", P.HOUR, lab=lab)
    labs.carry_out_reset(room.tools, lab, by=BY)
    assert room.lab(lab).state == "ready"
    (entry,) = [one for one in room.tools.store.entries(f"lab:{lab}") if "without" in one.what]
    assert "no interface eth1" in entry.why


def test_a_port_that_fell_out_is_plugged_again_and_a_vain_attempt_is_made_once(room):
    (lab,) = built(room, "1")
    room.engine.wires.unplug(lab)
    reconcile.look_round(room.tools)
    room.work()
    assert plugs(room) == {"eth1.0": lab}
    room.engine.wires.absent.add("eth1")
    for _ in range(3):
        reconcile.look_round(room.tools)
        room.work()
    words = "wire baie of place P1: eth1 is not in the bridge"
    assert room.events(lab).count(words) == 2
    kinds = [job.kind for job in room.tools.store.jobs(lab=lab)]
    assert kinds.count(JobKind.WAKE) == 2


def test_a_cable_that_comes_back_is_plugged_again_without_anybodys_hand(room):
    (lab,) = built(room, "1")
    room.engine.wires.unplug(lab)
    room.engine.wires.absent.add("eth1")
    room.facts(interfaces=frozenset({"lo"}))
    for _ in range(3):
        room.clock.passes(61)
        reconcile.look_round(room.tools)
        room.work()
    (wake,) = [job for job in room.tools.store.jobs(lab=lab) if job.kind is JobKind.WAKE]
    assert wake.state is JobState.REFUSED
    room.engine.wires.absent.clear()
    room.facts(interfaces=frozenset({"lo", "eth1"}))
    room.clock.passes(61)
    reconcile.look_round(room.tools)
    room.work()
    assert plugs(room) == {"eth1.0": lab}
    assert room.tools.store.job(wake.id).state is JobState.DONE
    assert wires.trouble(room.tools, room.lab(lab)) == ""


def test_an_inventory_is_not_asked_for_a_lab_without_wires(world):
    (lab,) = world.ready(1)
    inventory(world, "places: [")
    world.tools.store.keep_passages([Passage("e6", "1", place="P1")], by=BY)
    plan = wires.wired_plan_of(world.tools, world.lab(lab))
    assert plan == replace(plan_of(world.tools, world.lab(lab)), gateway=plan.gateway)
    repairs.carry_out_restart(world.tools, lab, "web", by=BY)
    labs.carry_out_wake(world.tools, lab, by=BY)


def test_the_doctor_names_an_interface_that_is_not_there(room):
    def sign():
        return next((one for one in examine(room.tools) if one.what == "wires"), None)

    room.facts(interfaces=frozenset({"lo", "eth1"}))
    assert sign().verdict is Verdict.BAD
    assert "eth2 (wire baie of place P2)" in sign().seen
    assert sign().mend
    room.facts(interfaces=frozenset({"lo", "eth1", "eth2"}))
    assert sign().verdict is Verdict.GOOD
    inventory(room, "")
    assert sign() is None


def test_a_place_without_the_wire_that_the_template_names_is_not_ready(room):
    built(room, "1")
    assert places.place(room.tools, "P1").reasons == ()
    inventory(room, "places:\n  P1: {wires: {autre: {interface: eth1}}}\n")
    assert places.place(room.tools, "P1").reasons == ("no wire baie is declared here",)
