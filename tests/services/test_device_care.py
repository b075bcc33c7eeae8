"""Devices looked after between orders: repeated, named, and never left open by a spare."""

from __future__ import annotations

import hashlib

import pytest

from labmgr.domain.devices import Ran
from labmgr.domain.equipment import Stage
from labmgr.domain.exam import Phase
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.work import JobKind, JobState, Lane
from labmgr.errors import DeviceHung, DeviceSilent, Refused
from labmgr.services.day import spares
from labmgr.services.equipment import care, evidence, orders, states
from labmgr.services.passage import interruptions, passages, record
from labmgr.services.work import do_one_job
from tests.services.test_equipment import (
    BY,
    DEVICES,
    lab_of,
    prepared,
    ring,
    room,
    state,
    to_hour,
    types,
)
from tests.services.test_record_on_paper import text_of, words_of

__all__ = ["room"]  # a fixture

SILENT = DeviceSilent("sw1 does not answer", hint="Is it on?")
SERVER = """\
devices:
  srv:
    kind: server
    driver: ssh
    address: 127.0.0.1
    user: labmgr
    password: env:SWITCH
    nature: virtual
    declared_by: technicien
    place: P1
    baseline: set.sh
    collect: look.sh
"""


def with_a_server(room):
    """At P1, in the switch's place; prepared."""
    folder = room.home / "inventory"
    (folder / "devices.yaml").write_text(SERVER, encoding="utf-8")
    for name in ("set.sh", "look.sh"):
        (folder / "baselines" / name).write_text("true\n", encoding="utf-8")
    room.tools.store.keep_secret("device-key:srv", room.tools.store.secret("device-key:sw1"))
    assert prepared(room).state is JobState.DONE


def looked(world, after=61):
    """What was ordered again by one look some time later."""
    world.clock.passes(after)
    return care.look_round(world.tools)


def closes(world):
    jobs = world.tools.store.jobs(lab=lab_of(world).id)
    return [one for one in jobs if one.kind is JobKind.CLOSE_DEVICES]


def ends(world, name="sw1"):
    kept = world.tools.store.kept_configs(lab_of(world).id, name)
    return [one for one in kept if one.kind is SnapshotKind.END]


def test_a_device_silent_at_the_bell_is_closed_once_it_answers(room):
    prepared(room)
    to_hour(room)
    types(room, "vlan 42")
    room.devices.trouble["sw1"] = SILENT
    ring(room)
    assert state(room).stage is Stage.OPEN
    assert care.look_round(room.tools) == [], "not at once"
    for _ in range(3):
        (job,) = looked(room)
        room.work()
        assert job.id == closes(room)[0].id, "one order, however often it is repeated"
    room.devices.trouble.clear()
    looked(room)
    room.work()
    assert state(room).stage is Stage.CLOSED
    assert room.devices.running["sw1"].count("\n shutdown") == 1
    assert [bool(one.backup) for one in ends(room)] == [False, True], "one gap, then the end"
    (incident,) = room.tools.store.incidents("e6", "1")
    assert (incident.seconds, bool(incident.ended)) == (0, True), "no time was lost in the hour"
    assert looked(room) == []
    told = room.events(lab_of(room).id)
    assert told.count("close-devices is repeated until it is done") == 1
    assert told.count("close-devices ordered") == 1


def test_after_a_faulty_inventory_at_the_bell_the_devices_are_closed_when_it_is_mended(room):
    prepared(room)
    to_hour(room)
    file = room.home / "inventory" / "devices.yaml"
    file.write_text("devices: [", encoding="utf-8")
    ring(room)
    assert looked(room) == [], "nobody knows whom to ask"
    file.write_text(DEVICES, encoding="utf-8")
    assert looked(room)
    room.work()
    assert state(room).stage is Stage.CLOSED
    assert ends(room)[-1].backup


def test_it_is_repeated_no_more_once_the_device_is_set_aside(room):
    prepared(room)
    to_hour(room)
    room.devices.trouble["sw1"] = SILENT
    ring(room)
    switch = room.tools.inventory.read().device("sw1")
    states.set_aside(room.tools, switch, by=BY, why="it burns")
    assert looked(room) == []
    states.take_back(room.tools, switch, by=BY)
    assert looked(room), "it is its candidate's still"


def test_a_device_taken_back_after_the_bell_is_closed_too(room):
    prepared(room)
    to_hour(room)
    switch = room.tools.inventory.read().device("sw1")
    states.set_aside(room.tools, switch, by=BY, why="it smells")
    ring(room)
    states.take_back(room.tools, switch, by=BY)
    assert state(room).stage is Stage.OPEN
    looked(room)
    room.work()
    assert state(room).stage is Stage.CLOSED


def test_an_end_that_could_not_be_read_is_read_later_and_never_twice(room):
    prepared(room)
    to_hour(room)
    room.devices.trouble["push sw1"] = SILENT
    types_before = room.devices.running["sw1"]
    ring(room)
    assert [bool(one.backup) for one in ends(room)] == [True], "read, though it stays open"
    room.devices.running["sw1"] = f"{types_before}vlan 66\n"
    room.devices.trouble.clear()
    looked(room)
    room.work()
    assert state(room).stage is Stage.CLOSED
    assert len(ends(room)) == 1, "what came after the bell is not the end"


def test_a_device_that_failed_to_open_is_opened_when_it_answers(room):
    prepared(room)
    room.devices.trouble["push sw1"] = SILENT
    to_hour(room)
    assert state(room).stage is Stage.SET
    room.devices.trouble.clear()
    looked(room)
    room.work()
    assert state(room).stage is Stage.OPEN
    (incident,) = room.tools.store.incidents("e6", "1")
    assert incident.seconds > 60, "so long its candidate went without"
    before = len(room.devices.pushed)
    assert looked(room) == []
    room.work()
    assert len(room.devices.pushed) == before, "its candidate's work is not typed over"


def test_a_device_that_neither_closed_nor_opened_in_a_suspension_is_opened_when_it_answers(room):
    prepared(room)
    to_hour(room)
    room.devices.trouble["push sw1"] = SILENT
    interruptions.suspend(room.tools, "e6", "1", by=BY, why="fire alarm")
    room.work()
    assert state(room).stage is Stage.OPEN, "it never closed, as far as is known"
    interruptions.resume(room.tools, "e6", "1", by=BY)
    room.work()
    assert state(room).stage is Stage.SET, "some of its lines may have closed it"
    told = [one for one in room.tools.store.entries("device:sw1") if "not known" in one.what]
    assert [one.why for one in told] == [str(SILENT)]
    room.devices.trouble.clear()
    looked(room)
    room.work()
    assert state(room).stage is Stage.OPEN


def test_a_reset_device_is_not_taken_for_the_hours_end(room):
    prepared(room)
    to_hour(room)
    room.devices.trouble["sw1"] = SILENT
    ring(room)
    passages.start(room.tools, "e6", "1", Phase.INTERVIEW_2, by=BY)
    passages.close(room.tools, "e6", "1", by=BY)
    room.devices.trouble.clear()
    room.tools.store.order(JobKind.RESTORE_DEVICES, lab_of(room).id, by=BY)
    room.work()
    assert looked(room) == []
    assert not any(one.backup for one in ends(room))


def a_spare(room):
    job = spares.build(room.tools, "e6", "mini", by=BY)
    room.work()
    return job.lab


def test_a_spare_taken_before_the_devices_were_closed_leaves_none_open(room):
    prepared(room)
    spare = a_spare(room)
    to_hour(room)
    interruptions.suspend(room.tools, "e6", "1", by=BY, why="the lab burns")
    spares.take(room.tools, "e6", "1", by=BY, why="it burns")
    room.work()
    assert (state(room).stage, state(room).lab) == (Stage.CLOSED, spare)
    assert room.devices.pushed[-1][1][-1] == " shutdown"
    interruptions.resume(room.tools, "e6", "1", by=BY)
    room.work()
    assert (state(room).stage, state(room).lab) == (Stage.OPEN, spare)


def test_a_late_close_of_the_former_lab_shuts_no_device_of_the_spares_hour(room, monkeypatch):
    prepared(room)
    spare = a_spare(room)
    to_hour(room)
    interruptions.suspend(room.tools, "e6", "1", by=BY, why="the lab burns")
    held = orders.held

    def late(tools, lab):
        found = held(tools, lab)
        if lab != spare:
            spares.take(tools, "e6", "1", by=BY, why="it burns")
        return found

    with monkeypatch.context() as patched:
        patched.setattr(orders, "held", late)
        assert do_one_job(room.tools, "worker", Lane.DEVICES)
    assert room.devices.pushed[-1][1][-1] == " no shutdown", "nothing was sent for the former lab"
    room.work()
    assert (state(room).stage, state(room).lab) == (Stage.CLOSED, spare)


def test_no_spare_is_taken_while_a_device_is_just_being_set(room):
    prepared(room)
    a_spare(room)
    to_hour(room)
    interruptions.suspend(room.tools, "e6", "1", by=BY, why="the lab burns")
    room.work()
    room.tools.store.order(JobKind.RESTORE_DEVICES, lab_of(room).id, by=BY)
    room.tools.store.claim("worker", Lane.DEVICES)
    with pytest.raises(Refused, match="are being set"):
        spares.take(room.tools, "e6", "1", by=BY, why="it burns")


def test_a_device_whose_setting_died_is_half_configured_at_once(room):
    prepared(room)
    tools, lab = room.tools, lab_of(room).id
    states.stage(tools, "sw1", Stage.SETTING, lab=lab, by="tech")  # and its process was killed
    with states.hand_on(tools, "sw1"):
        assert care.name_cut_short(tools) == [], "somebody is at it"
    assert care.name_cut_short(tools) == ["sw1"]
    assert (state(room).stage, state(room).red) == (Stage.HALF, True)
    assert care.name_cut_short(tools) == []
    assert prepared(room).state is JobState.DONE
    assert state(room).stage is Stage.SET


def test_what_a_server_collects_belongs_to_its_end_also_when_its_script_failed(room):
    with_a_server(room)
    to_hour(room)
    room.devices.trouble["run srv"] = DeviceHung("srv hangs")
    ring(room)
    assert [one.said for one in ends(room, "srv.collected")] == ["srv hangs"]
    room.devices.trouble.clear()
    looked(room)
    room.work()
    kept = evidence.latest(room.tools, lab_of(room).id, "srv.collected", SnapshotKind.END)
    assert kept is not None
    assert len(kept.sha256) == 64
    assert looked(room) == []


def test_the_record_names_what_servers_collected_with_hash_and_size(room, tmp_path):
    with_a_server(room)
    to_hour(room)
    room.devices.outputs["srv"] = Ran(0, "utilisateurs : 12\n")
    ring(room)
    (one,) = record.of_passage(room.tools, "e6", "1").collected
    digest = hashlib.sha256(b"utilisateurs : 12\n").hexdigest()
    assert (one.kept.whose, one.size, one.kept.sha256) == ("srv", 18, digest)
    assert record.of_passage(room.tools, "e6", "1").devices == ()
    words = words_of(text_of(record.passage_pdf(room.tools, "e6", "1"), tmp_path))
    for word in ("srv", one.kept.backup, "18octets", digest):
        assert word in words


def test_a_collection_that_failed_keeps_its_output_and_says_so(room):
    with_a_server(room)
    to_hour(room)
    room.devices.outputs["srv"] = Ran(3, "disk full\n")
    ring(room)
    (one,) = record.of_passage(room.tools, "e6", "1").collected
    assert one.size == len("disk full\n")
    assert "status 3" in one.kept.said
    assert looked(room) == [], "its script ran to its end: again would say the same"
