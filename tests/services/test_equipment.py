"""A place's devices live with its lab: set, opened, closed, kept, restored, and never two's."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from labmgr.consoles.fake_devices import KEY, FakeDevices
from labmgr.domain.devices import Outcome
from labmgr.domain.equipment import Stage
from labmgr.domain.exam import Form, Member, Phase
from labmgr.domain.lab import LabState
from labmgr.domain.passage import Passage, PassageState
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.timetable import Wishes
from labmgr.domain.words import Option, Role
from labmgr.domain.work import JobKind, JobState, Lane
from labmgr.errors import BadFile, DeviceHung, DeviceLost, DeviceSilent, DevicesRed, Refused
from labmgr.services.desk import savepoints
from labmgr.services.equipment import (
    asking,
    baselines,
    configs,
    evidence,
    lives,
    orders,
    places,
    states,
    together,
)
from labmgr.services.instance.accounts import add_account
from labmgr.services.lab import labs
from labmgr.services.passage import attendance, hours, interruptions, outages, passages, record
from labmgr.services.session import forms, sessions, timetable

P = PassageState
BY = "jury"
DEVICES = """\
devices:
  sw1:
    kind: switch
    driver: cisco_ios
    address: 127.0.0.1
    user: labmgr
    password: env:SWITCH
    nature: physical
    declared_by: technicien
    place: P1
    baseline: switch
    open: [interface Gi0/2, " no shutdown"]
    close: [interface Gi0/2, " shutdown"]
places:
  P1: {title: Première place}
  P2: {}
"""
BASELINE = """\
hostname ${HOSTNAME}-${CANDIDATE_NO}
vlan ${LAB_NO}
 name candidat
interface Gi0/2
 shutdown
"""
LEFT_BEHIND = """\
hostname intrus
vlan 66
 name pirate
interface Gi0/2
 no shutdown
 description oubli
end
"""


@pytest.fixture
def room(world):
    """One switch at P1, left as some former candidate had it; two candidates with their labs."""
    world.env["SWITCH"] = "secret-du-commutateur"
    folder = world.home / "inventory"
    (folder / "baselines").mkdir(parents=True)
    (folder / "devices.yaml").write_text(DEVICES, encoding="utf-8")
    (folder / "baselines" / "switch").write_text(BASELINE, encoding="utf-8")
    world.devices = FakeDevices(running={"sw1": LEFT_BEHIND})
    world.tools = replace(world.tools, devices=world.devices)
    world.tools.store.keep_secret("device-key:sw1", KEY)
    world.ready(count=2)
    for login in ("jury", "autre"):
        add_account(world.tools, login, Role.COMMISSION, by="t")
    forms.set_form(world.tools, "e6", form=Form.PONCTUELLE, by=BY)
    members = [Member("jury", Option.SISR), Member("autre", Option.SLAM)]
    forms.keep_commission(world.tools, "e6", "A", members, by=BY)
    at = {"1": "P1", "2": "P1"}
    seats = [Passage("e6", number, commission="a", place=seat) for number, seat in at.items()]
    world.tools.store.keep_passages(seats, by=BY)
    return world


def lab_of(room, number="1"):
    return next(lab for lab in room.tools.store.labs("e6") if lab.candidate == number)


def prepared(room, number="1"):
    job = orders.order_prepare(room.tools, lab_of(room, number).id, by="tech")
    room.work()
    return room.tools.store.job(job.id)


def to_interview(room, number="1"):
    tools = room.tools
    before = tools.store.passage("e6", number)
    lab = lab_of(room, number).id
    chosen = replace(before, choice=lab_of(room, number).realisation, own_tools=False)
    tools.store.change_passage(before, chosen, what="chosen", by=BY)
    attendance.arrive(tools, "e6", number, by=BY)
    passages.start(tools, "e6", number, Phase.PHASE_1, by=BY)
    assert tools.store.passage("e6", number).lab == lab
    room.work()
    passages.start(tools, "e6", number, Phase.INTERVIEW_1, by=BY)
    attendance.acknowledge(tools, "e6", number)


def to_hour(room, number="1"):
    to_interview(room, number)
    passages.start(room.tools, "e6", number, Phase.HOUR, by=BY)
    room.work()
    assert room.tools.store.passage("e6", number).state is P.HOUR


def ring(room):
    room.clock.passes(3600)
    hours.answer(room.tools)
    room.work()


def types(room, *lines):
    """What the candidate enters on the switch."""
    device = room.tools.inventory.read().device("sw1")
    room.devices.push(device, asking.keys_of(room.tools, device), lines)


def state(room, name="sw1"):
    return room.tools.store.device_state(name)


def test_prepared_it_says_what_the_baseline_says_with_the_candidates_values(room):
    assert prepared(room).state is JobState.DONE
    running = room.devices.running["sw1"]
    assert "hostname sw1-1" in running
    assert f"vlan {lab_of(room).number}" in running
    assert "pirate" not in running
    assert "oubli" not in running
    assert (state(room).stage, state(room).lab) == (Stage.SET, lab_of(room).id)
    kept = evidence.latest(room.tools, lab_of(room).id, "sw1", SnapshotKind.START)
    assert room.tools.configs.text("sw1", kept.backup) == running
    assert room.devices.started["sw1"] == running, "saved: it survives a restart"


def test_prepared_again_nothing_is_sent(room):
    prepared(room)
    before = len(room.devices.pushed)
    prepared(room)
    assert len(room.devices.pushed) == before


def test_the_hour_opens_it_the_bell_closes_it_and_the_difference_is_the_candidates(room):
    prepared(room)
    to_hour(room)
    assert state(room).stage is Stage.OPEN
    assert "no shutdown" in room.devices.running["sw1"]
    types(room, "vlan 42", " name travail")
    ring(room)
    assert state(room).stage is Stage.CLOSED
    lab = lab_of(room)
    assert lab.state is LabState.FROZEN
    (told,) = configs.lived(room.tools, lab.id)
    assert told.gap is None
    changed = [line for line in told.lines if line[:1] in "+-" and line[:3] not in {"+++", "---"}]
    assert changed == ["+vlan 42", "+ name travail"]


def test_the_record_names_each_configuration_and_a_gap(room):
    prepared(room)
    to_hour(room)
    room.devices.trouble["sw1"] = DeviceSilent("sw1 does not answer")
    ring(room)
    start, end = record.of_passage(room.tools, "e6", "1").devices
    assert (start.kind, start.device, len(start.sha256)) == (SnapshotKind.START, "sw1", 64)
    assert (end.kind, end.sha256, end.said) == (SnapshotKind.END, "", "sw1 does not answer")
    assert record.passage_pdf(room.tools, "e6", "1").startswith(b"%PDF")


def test_a_reset_brings_it_back_and_the_next_candidate_gets_their_own(room):
    prepared(room)
    start = room.devices.running["sw1"]
    to_hour(room)
    types(room, "vlan 42", " name travail")
    ring(room)
    passages.start(room.tools, "e6", "1", Phase.INTERVIEW_2, by=BY)
    with pytest.raises(Refused, match="candidate 1"):
        orders.order_prepare(room.tools, lab_of(room, "2").id, by="tech")
    passages.close(room.tools, "e6", "1", by=BY)
    room.work()
    labs.order_reset(room.tools, lab_of(room).id, by="tech")
    room.work()
    assert room.devices.running["sw1"] == start
    assert prepared(room, "2").state is JobState.DONE
    assert "hostname sw1-2" in room.devices.running["sw1"]
    assert state(room).lab == lab_of(room, "2").id


def test_a_reset_of_a_former_lab_leaves_the_next_candidates_device_alone(room):
    prepared(room)
    prepared(room, "2")
    before = room.devices.running["sw1"]
    labs.order_reset(room.tools, lab_of(room, "1").id, by="tech")
    room.work()
    assert room.devices.running["sw1"] == before


def test_a_suspension_closes_it_and_a_resumption_opens_it_again(room):
    prepared(room)
    to_hour(room)
    interruptions.suspend(room.tools, "e6", "1", by=BY, why="alarme")
    room.work()
    assert state(room).stage is Stage.CLOSED
    assert " shutdown" in room.devices.running["sw1"]
    ends = [one for one in room.tools.store.kept_configs(lab_of(room).id) if one.kind == "end"]
    assert ends == [], "the hour is not over"
    interruptions.resume(room.tools, "e6", "1", by=BY)
    room.work()
    assert state(room).stage is Stage.OPEN


def test_a_device_without_a_baseline_is_taken_as_it_stands_once_it_was_read(room):
    file = room.home / "inventory" / "devices.yaml"
    file.write_text(DEVICES.replace("    baseline: switch\n", ""), encoding="utf-8")
    room.devices.trouble["sw1"] = DeviceSilent("sw1 does not answer")
    assert prepared(room).state is JobState.REFUSED
    assert state(room).stage is Stage.UNKNOWN
    del room.devices.trouble["sw1"]
    assert prepared(room).state is JobState.DONE
    assert state(room).stage is Stage.SET
    kept = evidence.latest(room.tools, lab_of(room).id, "sw1", SnapshotKind.START)
    assert "pirate" in room.tools.configs.text("sw1", kept.backup)


def test_nobody_goes_on_while_the_devices_are_being_set(room):
    prepared(room)
    to_hour(room)
    interruptions.suspend(room.tools, "e6", "1", by=BY, why="alarme")
    room.work()
    room.tools.store.order(JobKind.RESTORE_DEVICES, lab_of(room).id, by="tech")
    with pytest.raises(Refused, match="are being set"):
        interruptions.resume(room.tools, "e6", "1", by=BY)
    room.work()
    interruptions.resume(room.tools, "e6", "1", by=BY)
    room.work()
    assert room.tools.store.passage("e6", "1").state is P.HOUR


def test_set_aside_and_taken_back_in_the_hour_it_is_still_its_candidates(room):
    prepared(room)
    to_hour(room)
    device = room.tools.inventory.read().device("sw1")
    states.set_aside(room.tools, device, by="tech", why="câble")
    states.take_back(room.tools, device, by="tech")
    ring(room)
    assert evidence.latest(room.tools, lab_of(room).id, "sw1", SnapshotKind.END)


def test_an_own_save_point_keeps_its_configuration_too(room):
    prepared(room)
    to_hour(room)
    types(room, "vlan 42")
    savepoints.order_save(room.tools, "e6", "1")
    room.work()
    kept = evidence.latest(room.tools, lab_of(room).id, "sw1", SnapshotKind.OWN)
    assert "vlan 42" in room.tools.configs.text("sw1", kept.backup)


def test_an_outage_that_suspends_closes_the_devices_too(room):
    prepared(room)
    to_hour(room)
    room.clock.reboots(60)
    room.tools.store.beat("worker", replace(room.clock.moment(), boot="boot-1"))
    outages.recover_clocks(room.tools)
    room.work()
    assert room.tools.store.passage("e6", "1").state is P.SUSPENDED
    assert state(room).stage is Stage.CLOSED


def test_phase_1_prepares_what_nobody_had_prepared(room):
    to_interview(room)
    assert "hostname sw1-1" in room.devices.running["sw1"]
    assert places.place(room.tools, "P1").ready


def test_a_silent_switch_stops_the_hour_until_it_is_set_aside(room):
    room.devices.trouble["sw1"] = DeviceSilent("sw1 does not answer", hint="Is it on?")
    to_interview(room)
    assert prepared(room).state is JobState.REFUSED
    standing = places.place(room.tools, "P1")
    assert standing.red
    assert not standing.ready
    with pytest.raises(Refused, match="not ready: sw1"):
        passages.start(room.tools, "e6", "1", Phase.HOUR, by=BY)
    device = room.tools.inventory.read().device("sw1")
    states.set_aside(room.tools, device, by="tech", why="alimentation morte")
    passages.start(room.tools, "e6", "1", Phase.HOUR, by=BY)
    room.work()
    assert room.tools.store.passage("e6", "1").state is P.HOUR
    assert places.place(room.tools, "P1").ready


def test_a_device_that_fails_at_the_bell_is_an_incident_and_a_gap_that_is_said(room):
    prepared(room)
    to_hour(room)
    room.devices.trouble["sw1"] = DeviceSilent("sw1 does not answer")
    ring(room)
    assert lab_of(room).state is LabState.FROZEN, "the bell waits for no switch"
    what = [one.what for one in room.tools.store.incidents("e6", "1")]
    assert "equipment: sw1: silent" in what
    (told,) = configs.lived(room.tools, lab_of(room).id)
    assert "does not answer" in told.gap


def test_a_push_that_loses_its_line_is_taken_up_again(room, monkeypatch):
    monkeypatch.setattr(baselines, "PAUSE", 0.0)
    lost, pushing = [DeviceLost("sw1 hung up")] * 2, room.devices.push

    def push(device, keys, steps):
        room.devices.trouble.pop("push sw1", None)
        if lost:
            pushing(device, keys, steps[:1])
            raise lost.pop()
        return pushing(device, keys, steps)

    room.devices.push = push
    assert prepared(room).state is JobState.DONE
    assert "pirate" not in room.devices.running["sw1"]


def test_a_push_that_hangs_leaves_it_named_half_configured_and_the_next_one_mends(room):
    hangs = DeviceHung("sw1 stopped answering in the middle", hint="Repeat.")
    room.devices.trouble["push sw1"] = hangs
    job = prepared(room)
    assert job.state is JobState.REFUSED
    assert "stopped answering" in job.outcome
    assert state(room).stage is Stage.HALF
    assert "half configured" in "".join(places.place(room.tools, "P1").reasons)
    with pytest.raises(Refused, match="not offered: sw1"):
        places.refuse_red(room.tools, ["P1"])
    del room.devices.trouble["push sw1"]
    assert prepared(room).state is JobState.DONE
    assert state(room).stage is Stage.SET
    assert not places.place(room.tools, "P1").red


def test_a_bug_in_the_middle_of_a_push_leaves_it_named_half_configured_too(room, monkeypatch):
    def bug(*_):
        raise ZeroDivisionError("tresSecret")

    monkeypatch.setattr(room.devices, "push", bug)
    assert prepared(room).state is JobState.CRASHED
    assert state(room).stage is Stage.HALF
    assert "tresSecret" not in repr(room.tools.store.entries())


def test_a_device_that_was_not_reached_is_not_called_half_configured(room):
    room.devices.trouble["sw1"] = DeviceSilent("sw1 does not answer")
    prepared(room)
    assert state(room).stage is Stage.UNKNOWN


def test_a_look_written_while_a_device_is_set_takes_no_step_back(room):
    """The panel asks who a switch is, and the worker sets it: both write of the same row."""
    tools = room.tools
    answers = asking.Report(tools.inventory.read().device("sw1"), Outcome.ANSWERS)
    over = threading.Event()

    def look():
        while not over.is_set():
            asking.noted(tools, answers)

    with ThreadPoolExecutor(1) as pool:
        looking = pool.submit(look)
        try:
            for new in [Stage.SETTING, Stage.SET, Stage.OPEN, Stage.CLOSED] * 25:
                states.stage(tools, "sw1", new, lab="e6-1-1", by=BY)
                for _ in range(5):
                    assert state(room).stage is new
        finally:
            over.set()
        looking.result()


def test_a_lab_that_goes_leaves_a_device_alone_that_was_set_for_another_meanwhile(
    room, monkeypatch
):
    prepared(room)
    seen = room.tools.store.device_states(lab_of(room).id)
    prepared(room, "2")
    monkeypatch.setattr(room.tools.store, "device_states", lambda _lab: seen)
    states.give_back(room.tools, lab_of(room).id, by=BY)
    assert (state(room).stage, state(room).lab) == (Stage.SET, lab_of(room, "2").id)


def test_a_device_that_another_hand_sets_just_now_is_not_called_red(room):
    with states.in_hand(room.tools, room.tools.inventory.read().device("sw1")):
        assert prepared(room).state is JobState.REFUSED
    assert not state(room).red


def test_no_hour_begins_while_the_devices_are_being_set(room):
    prepared(room)
    to_interview(room)
    orders.order_prepare(room.tools, lab_of(room).id, by="tech")
    with pytest.raises(Refused, match="being set"):
        passages.start(room.tools, "e6", "1", Phase.HOUR, by=BY)
    room.work()
    passages.start(room.tools, "e6", "1", Phase.HOUR, by=BY)


def test_who_moves_to_another_place_leaves_its_devices(room):
    prepared(room)
    timetable.move(room.tools, "e6", "1", timetable.Change(place="P2"), by=BY)
    assert (state(room).stage, state(room).lab) == (Stage.UNKNOWN, "")


def test_a_session_of_the_same_name_finds_no_device_set(room):
    lab = lab_of(room).id
    for one in room.tools.store.labs("e6"):
        labs.order_remove(room.tools, one.id, by=BY)
    room.work()
    states.stage(room.tools, "sw1", Stage.SET, lab=lab, by=BY)  # by hand, for a lab that is gone
    sessions.remove_session(room.tools, "e6", by=BY)
    assert state(room).lab == ""


def test_a_configuration_is_the_newest_though_the_clock_was_set_back(room):
    first = room.tools.configs.keep("sw1", "one")
    room.clock.jumps(-3600)
    second = room.tools.configs.keep("sw1", "two")
    assert [one.name for one in room.tools.configs.backups("sw1")] == [second.name, first.name]


def test_a_red_place_is_not_offered_to_the_timetable(room):
    room.devices.trouble["sw1"] = DeviceSilent("sw1 does not answer")
    list(asking.check(room.tools, room.tools.inventory.read().devices))
    wishes = Wishes(first=room.clock.at.date(), places=("P1", "P2"))
    with pytest.raises(Refused, match="P1 is not offered"):
        timetable.propose(room.tools, "e6", wishes)
    del room.devices.trouble["sw1"]
    list(asking.check(room.tools, room.tools.inventory.read().devices))
    places.refuse_red(room.tools, ["P1", "P2"])


def test_only_a_physical_device_that_answered_just_now_is_real_equipment(room):
    assert places.place(room.tools, "P1").real == ()
    list(asking.check(room.tools, room.tools.inventory.read().devices))
    assert places.place(room.tools, "P1").real == ("sw1",)
    room.clock.passes(places.JUST_NOW / timedelta(seconds=1) + 60)
    assert places.place(room.tools, "P1").real == ()
    file = room.home / "inventory" / "devices.yaml"
    file.write_text(DEVICES.replace("physical", "simulated"), encoding="utf-8")
    list(asking.check(room.tools, room.tools.inventory.read().devices))
    assert places.place(room.tools, "P1").real == ()


def test_a_preview_shows_and_sends_nothing_and_a_push_after_a_change_is_refused(room):
    device = room.tools.inventory.read().device("sw1")
    wanted = baselines.baseline_for(room.tools, lab_of(room), device)
    shown = baselines.preview(room.tools, device, wanted)
    assert "no vlan 66" in shown.steps
    assert "+hostname sw1-1" in shown.difference
    assert room.devices.pushed == []
    types(room, "vlan 99")
    with pytest.raises(Refused, match="was changed since"):
        baselines.push(room.tools, device, wanted, by="t", seen=shown.seen)


def test_a_lost_file_is_a_gap_of_its_device_alone(room):
    prepared(room)
    to_hour(room)
    ring(room)
    kept = evidence.latest(room.tools, lab_of(room).id, "sw1", SnapshotKind.END)
    (room.home / "devices" / "sw1" / f"{kept.backup}.cfg").unlink()
    (told,) = configs.lived(room.tools, lab_of(room).id)
    assert "has no backup" in told.gap


def test_a_faulty_inventory_keeps_no_bell_from_closing_the_lab(room):
    prepared(room)
    to_hour(room)
    (room.home / "inventory" / "devices.yaml").write_text("devices: [", encoding="utf-8")
    ring(room)
    assert lab_of(room).state is LabState.FROZEN
    assert [one for one in room.tools.store.snapshots(lab_of(room).id) if one.kind == "end"]
    (incident,) = room.tools.store.incidents("e6", "1")
    assert incident.what.startswith("equipment: ")
    end = room.tools.store.kept_configs(lab_of(room).id)[-1]
    assert (end.kind, end.device, end.backup) == (SnapshotKind.END, "sw1", "")
    assert "devices.yaml" in end.said
    with pytest.raises(BadFile):
        places.places(room.tools)


def test_a_spare_taken_while_the_devices_are_being_closed_keeps_them(room, monkeypatch):
    prepared(room)
    to_hour(room)
    interruptions.suspend(room.tools, "e6", "1", by=BY, why="the lab burns")
    push = room.devices.push

    def slowly(device, keys, lines):
        states.hand_over(room.tools, lab_of(room).id, lab_of(room, "2").id, by=BY)
        return push(device, keys, lines)

    monkeypatch.setattr(room.devices, "push", slowly)
    room.work()
    assert state(room).lab == lab_of(room, "2").id


def test_a_preparation_ordered_before_a_spare_was_taken_takes_no_device_back(room):
    prepared(room)
    to_interview(room)
    former, spare = lab_of(room).id, lab_of(room, "2").id
    job = orders.order_prepare(room.tools, former, by=BY)
    before = room.tools.store.passage("e6", "1")
    room.tools.store.change_passage(before, replace(before, lab=spare), what="spare", by=BY)
    states.hand_over(room.tools, former, spare, by=BY)
    room.work()
    assert room.tools.store.job(job.id).state is JobState.REFUSED
    assert state(room).lab == spare


def test_a_reset_that_comes_after_the_hour_goes_on_leaves_the_devices_alone(room):
    prepared(room)
    to_hour(room)
    types(room, "vlan 30")
    room.tools.store.order(JobKind.RESTORE_DEVICES, lab_of(room).id, by=BY)
    room.work()
    assert "vlan 30" in room.devices.running["sw1"]


def test_at_the_bell_devices_are_closed_before_others_are_prepared(room):
    first, second = lab_of(room).id, lab_of(room, "2").id
    room.tools.store.order(JobKind.PREPARE, first, by=BY)
    room.tools.store.order(JobKind.CLOSE_DEVICES, second, by=BY)
    claimed = room.tools.store.claim("worker", Lane.DEVICES)
    assert claimed.kind is JobKind.CLOSE_DEVICES


def test_a_device_that_left_the_inventory_in_the_hour_is_a_gap_that_is_said(room):
    prepared(room)
    to_hour(room)
    (room.home / "inventory" / "devices.yaml").write_text("places: {P1: {}}", encoding="utf-8")
    ring(room)
    (told,) = configs.lived(room.tools, lab_of(room).id)
    assert "does not declare it" in told.gap


def test_a_device_set_aside_in_the_hour_is_a_gap_that_is_said(room):
    prepared(room)
    to_hour(room)
    switch = room.tools.inventory.read().device("sw1")
    states.set_aside(room.tools, switch, by=BY, why="it burns")
    ring(room)
    (told,) = configs.lived(room.tools, lab_of(room).id)
    assert "set aside: it burns" in told.gap


def test_a_passage_closed_while_suspended_keeps_its_devices_end(room):
    prepared(room)
    to_hour(room)
    types(room, "vlan 30")
    interruptions.suspend(room.tools, "e6", "1", by=BY, why="ill")
    room.work()
    passages.close(room.tools, "e6", "1", by=BY, why="went home")
    room.work()
    (told,) = configs.lived(room.tools, lab_of(room).id)
    assert "+vlan 30" in told.lines


def test_a_faulty_inventory_stops_no_hour_whose_devices_are_set_nor_one_without_any(room):
    prepared(room)
    to_interview(room)
    (room.home / "inventory" / "devices.yaml").write_text("devices: [", encoding="utf-8")
    before = room.tools.store.passage("e6", "1")
    places.refuse_unready(room.tools, before)
    with pytest.raises(BadFile):
        places.refuse_unready(room.tools, room.tools.store.passage("e6", "2"))
    room.tools.store.change_device_state("sw1", {"stage": Stage.HALF})
    with pytest.raises(Refused, match="half configured"):
        places.refuse_unready(room.tools, before)


def test_a_candidate_who_goes_on_in_a_spare_keeps_the_devices(room):
    prepared(room)
    states.hand_over(room.tools, lab_of(room).id, lab_of(room, "2").id, by="tech")
    assert state(room).lab == lab_of(room, "2").id
    kept = evidence.latest(room.tools, lab_of(room, "2").id, "sw1", SnapshotKind.START)
    assert kept is not None


def test_secrets_are_in_no_journal_row_nor_preview(room):
    room.devices.running["sw1"] = "username bob password 0 tresSecret\nend\n"
    device = room.tools.inventory.read().device("sw1")
    shown = baselines.preview(room.tools, device, "hostname a\n")
    prepared(room)
    told = repr(room.tools.store.entries()) + repr(shown)
    assert "tresSecret" not in told
    assert "secret-du-commutateur" not in told


def test_several_devices_are_set_and_each_is_named(room):
    device = room.tools.inventory.read().device("sw1")
    targets = together.targets(room.tools, [device])
    assert targets == [(device, lab_of(room, "1"))]
    (report,) = together.set_all(room.tools, targets, by="tech")
    assert report.good


def test_without_devices_or_wires_there_is_nothing_to_prepare(room):
    before = room.tools.store.passage("e6", "1")
    room.tools.store.keep_passages([replace(before, place="P2")], by=BY)
    with pytest.raises(Refused, match="no place with devices"):
        orders.order_prepare(room.tools, lab_of(room).id, by="t")


def test_devices_red_names_every_one(room):
    room.devices.trouble["sw1"] = DeviceSilent("sw1 does not answer")
    with pytest.raises(DevicesRed, match="1 device"):
        lives.carry_out_prepare(room.tools, lab_of(room).id, by="t")


def test_every_order_is_on_its_own_lane(room):
    prepared(room)
    to_hour(room)
    ring(room)
    kinds = {job.kind for job in room.tools.store.jobs(lab=lab_of(room).id)}
    assert {JobKind.PREPARE, JobKind.OPEN_DEVICES, JobKind.CLOSE_DEVICES} <= kinds


def test_a_server_of_which_nothing_is_to_be_kept_is_not_red_for_it(room):
    refusal = Refused("The inventory names nothing to keep of sw1", hint="Add `keep:`.")
    room.devices.trouble["running_config sw1"] = refusal
    (report,) = configs.back_up(room.tools, room.tools.inventory.read().devices, by="tech")
    assert not report.good
    assert not state(room).red
