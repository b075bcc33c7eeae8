"""From a list to labs and back: each verb, each verb twice, and what it refuses."""

from __future__ import annotations

from dataclasses import replace

import pytest

from labmgr.domain.repair import GATEWAY, Seen
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.work import JobKind, JobState, Lane
from labmgr.errors import (
    AddressTaken,
    DiskFull,
    EngineError,
    EngineUnreachable,
    GuardMissing,
    ImageMissing,
    NotFound,
    Refused,
    SnapshotBroken,
    WrongState,
)
from labmgr.panel.french import Sayings
from labmgr.services import work
from labmgr.services.lab import access, doors, images, labs, probes, snapshots
from labmgr.services.lab.blueprint import plan_of
from labmgr.services.session import rosters, sessions
from labmgr.services.work import do_one_job
from labmgr.store.files.file_library import FileLibrary
from tests.services.world import write_templates

BY = "prof"
OURS = "e6-1-1"


def order(world, verb, *args, **kwargs):
    """Order and carry out; the job as it ended."""
    job = verb(world.tools, *args, by=BY, **kwargs)
    world.work()
    return world.tools.store.job(job.id)


def test_twelve_candidates_get_twelve_labs_networks_and_passwords(world):
    world.site(parallel=4)
    ids = world.ready(count=12)
    assert world.states() == ["ready"] * 12
    nets = {net.subnet for one in world.engine.labs.values() for net in one.plan.networks}
    assert len(nets) == 12
    secrets = [one.secret for lab in ids for one in world.tools.store.credentials(lab)]
    secrets += [world.tools.store.secret(f"gateway:{lab}:candidate") for lab in ids]
    assert len(set(secrets)) == len(secrets) == 12 * 3
    assert all(len(secret) >= 12 for secret in secrets)
    ports = [port for one in world.engine.labs.values() for port in one.plan.gateway.ports]
    assert len(set(ports)) == len(ports)
    world.assert_whole()


def test_repeating_an_import_and_a_build_creates_nothing(world):
    ids = world.ready(count=3)
    before = (world.tools.store.labs(), [world.tools.store.credentials(one) for one in ids])
    built = world.engine.calls.count(f"build {OURS}")
    assert world.imported("e6", 3) == 0
    assert labs.order_build(world.tools, ids, by=BY) == []
    world.tools.store.order(JobKind.BUILD, OURS, by=BY)
    world.work()
    assert world.last_job(OURS).state == JobState.DONE
    assert world.engine.calls.count(f"build {OURS}") == built
    assert before == (
        world.tools.store.labs(),
        [world.tools.store.credentials(one) for one in ids],
    )
    world.assert_whole()


def test_a_number_is_not_given_away_while_its_lab_may_come_back(world):
    (ours, *_) = world.ready(count=2)
    order(world, labs.order_remove, ours)
    assert world.lab(ours).state == "gone"
    world.session(title="Autre", count=2)
    numbers = [lab.number for lab in world.tools.store.labs()]
    assert sorted(numbers) == [1, 2, 3, 4]
    labs.order_build(world.tools, [ours], by=BY)
    world.work()
    assert world.lab(ours).state == "ready"
    assert world.lab(ours).number == 1


GIB = 1 << 30


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        ({"memory_free": GIB}, "memory: 384 MiB wanted, 0 MiB free beside the reserve of 1024 MiB"),
        ({"disk_free": 2 * GIB}, "disk: 1200 MiB wanted, 0 MiB free"),
        ({"used_ports": {20017: "a web server"}}, "port 20017 is taken by a web server"),
        ({"used_ranges": {"10.102.4.0/24": "network old"}}, "10.102.4.0/24 (network old)"),
        ({"used_ranges": {"10.0.0.0/8": "route via vpn0"}}, "10.101.0.0/16 overlaps 10.0.0.0/8"),
    ],
)
def test_a_build_that_does_not_fit_is_refused_with_the_numbers(world, facts, words):
    ids = [lab.id for lab in world.session(count=3)]
    world.facts(**facts)
    with pytest.raises(Refused) as no:
        labs.order_build(world.tools, ids, by=BY)
    assert "3 lab(s) cannot be built here" in str(no.value)
    assert words in str(no.value)
    assert world.tools.store.jobs() == []
    assert world.states() == ["planned"] * 3


def test_all_that_does_not_fit_is_said_at_once(world):
    ids = [lab.id for lab in world.session(count=2)]
    world.stock.present.clear()
    world.facts(memory_free=0, disk_free=0)
    with pytest.raises(Refused) as no:
        labs.order_build(world.tools, ids, by=BY)
    for word in ("images missing: labmgr/gateway:", "labmgr/node:", "memory:", "disk:"):
        assert word in str(no.value)


def test_an_image_that_no_recipe_makes_is_looked_for_before_anything_is_built(world, disk):
    folder = write_templates(disk / "other")
    file = folder / "mini" / "compose.yaml"
    recipe, image = "build: ../_images/node\n    hostname: db", "image: mysql:8\n    hostname: db"
    file.write_text(file.read_text().replace(recipe, image))
    world.tools = replace(world.tools, library=FileLibrary(folder))
    world.stock.present.update(one.tag for one in images.wanted(world.tools))
    (lab,) = world.session(count=1)
    line = file.read_text().splitlines().index("    image: mysql:8") + 1
    place = f"mysql:8 (mini/compose.yaml:{line}: services.db.image: load it with `docker load`"
    with pytest.raises(Refused) as no:
        labs.order_build(world.tools, [lab.id], by=BY)
    assert f"images missing: {place}" in str(no.value)
    assert Sayings().french(str(no.value)).count("chargez-la par `docker load`") == 1
    with pytest.raises(Refused, match="cannot open: images missing: mysql:8"):
        sessions.open_session(world.tools, lab.session, by=BY)
    world.stock.present.add("mysql:8")
    assert labs.order_build(world.tools, [lab.id], by=BY)


def test_systemd_nodes_are_counted_against_what_the_kernel_has(world, disk):
    folder = write_templates(disk / "other")
    file = folder / "mini" / "compose.yaml"
    file.write_text(
        file.read_text().replace(
            "x-labmgr:\n      title", "x-labmgr:\n      init: systemd\n      title"
        )
    )
    world.tools = replace(world.tools, library=FileLibrary(folder))
    world.stock.present.update(one.tag for one in images.wanted(world.tools))
    ids = [lab.id for lab in world.session(count=2)]
    world.facts(inotify_instances=128)
    with pytest.raises(Refused, match="max_user_instances is 128, 148 wanted"):
        labs.order_build(world.tools, ids, by=BY)
    world.facts(inotify_instances=8192, systemd_nodes="", systemd_refusal="the engine is rootless")
    with pytest.raises(Refused, match="the engine is rootless"):
        labs.order_build(world.tools, ids, by=BY)


def test_what_a_lab_of_ours_uses_itself_does_not_stand_in_its_way(world):
    world.session(count=1)
    world.engine.fails_with["probe"] = SnapshotBroken("no")
    labs.order_build(world.tools, [OURS], by=BY)
    world.work()
    assert world.lab(OURS).state == "broken"
    del world.engine.fails_with["probe"]
    world.facts(used_ranges={"10.101.10.0/24": f"lab {OURS}"}, used_ports={20000: f"lab {OURS}"})
    labs.order_build(world.tools, [OURS], by=BY)
    world.work()
    assert world.lab(OURS).state == "ready"


def test_a_red_probe_breaks_the_lab_and_tells_why(world):
    world.session(count=2)
    world.engine.red["db/1"] = "Connection refused"
    labs.order_build(world.tools, [OURS], by=BY)
    world.work()
    job = world.last_job(OURS)
    assert world.lab(OURS).state == "broken"
    assert job.state == JobState.REFUSED
    assert "1 of 2 probes of lab e6-1-1 are red: db/1 (tcp): Connection refused" in job.outcome
    assert "db: running" in job.hint
    assert "Connection refused" in world.tools.store.entries(f"lab:{OURS}")[-1].why
    assert world.engine.snapshots() == set()
    (red,) = (one for one in world.tools.store.findings(OURS) if not one.green)
    assert red.evidence == "Connection refused"
    world.engine.red.clear()
    labs.order_build(world.tools, [OURS], by=BY)
    world.work()
    assert world.lab(OURS).state == "ready"


def test_a_snapshot_that_fails_leaves_the_one_before(world):
    world.ready(count=1)
    (start,) = world.tools.store.snapshots(OURS)
    for trouble in (DiskFull("no room"), SnapshotBroken("altered")):
        verb = "save" if isinstance(trouble, DiskFull) else "verify"
        world.engine.fails_with[verb] = trouble
        job = order(world, snapshots.order_take, OURS, SnapshotKind.START)
        assert (job.state, job.outcome) == (JobState.REFUSED, str(trouble))
        del world.engine.fails_with[verb]
        assert world.tools.store.snapshots(OURS) == [start]
        world.assert_whole()
    world.write(OURS, "changed")
    order(world, labs.order_reset, OURS)
    assert world.read(OURS) is None


def test_old_snapshots_are_let_go_and_a_clock_set_back_changes_nothing(world):
    world.ready(count=1)
    taken = []
    for kind in (SnapshotKind.OWN,) * 3 + (SnapshotKind.START,):
        world.clock.at = world.clock.at.replace(year=world.clock.at.year - 1)
        world.write(OURS, f"at {kind} {len(taken)}")
        order(world, snapshots.order_take, OURS, kind)
        taken.append(world.tools.store.snapshots(OURS)[0].id)
    kept = [one.id for one in world.tools.store.snapshots(OURS)]
    assert kept == [taken[3], taken[2], taken[1]]
    assert snapshots.latest(world.tools, OURS, SnapshotKind.START).id == taken[3]
    world.assert_whole()


def test_reset_puts_back_files_and_volumes_of_the_lab_or_of_one_node(world):
    world.ready()
    mine = world.tools.store.credentials(OURS)
    for node in ("web", "db"):
        world.write(OURS, "changed", node=node)
    world.write(OURS, "row", path="/srv/data/row")
    order(world, labs.order_reset, OURS, nodes=["web"])
    assert world.read(OURS) is None
    assert world.read(OURS, path="/srv/data/row") is None
    assert world.read(OURS, node="db") == "changed"
    order(world, labs.order_reset, OURS)
    order(world, labs.order_reset, OURS)
    assert world.read(OURS, node="db") is None
    assert world.tools.store.credentials(OURS) == mine
    world.assert_whole()


def test_reset_of_an_open_lab_wants_force_and_a_reason(world):
    world.ready()
    order(world, doors.order_open, OURS)
    world.write(OURS, "work")
    for given in ({}, {"force": True}, {"why": "because"}):
        with pytest.raises(Refused, match="its candidate is at work"):
            labs.order_reset(world.tools, OURS, by=BY, **given)
    order(world, labs.order_reset, OURS, force=True, why="power cut in the room")
    assert world.lab(OURS).state == "ready"
    assert world.read(OURS) is None
    assert not world.tools.engine.is_open(OURS, "candidate")
    forced = [e for e in world.tools.store.entries(f"lab:{OURS}") if "forced" in e.what]
    assert [entry.why for entry in forced] == ["power cut in the room"]


def test_a_reset_ordered_before_the_lab_was_opened_does_not_meet_the_candidate(world):
    world.ready()
    labs.order_reset(world.tools, OURS, by=BY)
    doors.carry_out_open(world.tools, OURS, by=BY)  # the access lane was faster
    world.write(OURS, "work")
    world.work()
    assert world.last_job(OURS).state == JobState.REFUSED
    assert "opened after its reset was ordered" in world.last_job(OURS).outcome
    assert world.lab(OURS).state == "open"
    assert world.read(OURS) == "work"
    assert world.tools.engine.is_open(OURS, "candidate")


def test_a_reset_wants_nodes_that_exist_and_a_snapshot(world):
    world.session()
    with pytest.raises(NotFound, match="no verified snapshot of kind start"):
        labs.order_reset(world.tools, OURS, by=BY)
    with pytest.raises(NotFound, match="no node mail") as no:
        labs.order_reset(world.tools, OURS, by=BY, nodes=["web", "mail"])
    assert "db, web" in no.value.hint


def test_a_damaged_snapshot_is_found_before_anything_is_removed(world):
    world.ready()
    world.write(OURS, "work")
    part = world.tools.store.snapshots(OURS)[0].parts[0]
    del world.engine.kept[part.image]
    job = order(world, labs.order_reset, OURS)
    assert job.state == JobState.REFUSED
    assert world.lab(OURS).state == "ready"
    assert world.read(OURS) == "work"


def test_a_changed_template_is_not_put_back_under_an_old_snapshot(world, tmp_path):
    world.ready()
    world.write(OURS, "work")
    library = world.tools.library
    library.read("mini")
    memory = library._memory.templates  # noqa: SLF001
    memory["mini"] = replace(memory["mini"], hash="another")
    job = order(world, labs.order_reset, OURS)
    assert "template of lab e6-1-1 has changed" in job.outcome
    assert (world.lab(OURS).state, world.read(OURS)) == ("ready", "work")


def test_opening_and_closing_and_each_twice(world):
    world.ready()
    for _ in range(2):
        assert order(world, doors.order_open, OURS).state == JobState.DONE
        assert world.tools.engine.is_open(OURS, "candidate")
    assert access.for_candidate(world.tools, world.lab(OURS)).nodes
    for _ in range(2):
        assert order(world, doors.order_close, OURS).state == JobState.DONE
        assert not world.tools.engine.is_open(OURS, "candidate")
    with pytest.raises(Refused, match="not open"):
        access.for_candidate(world.tools, world.lab(OURS))
    order(world, doors.order_open, OURS)
    for _ in range(2):
        order(world, doors.order_close, OURS, freeze=True)
        assert world.lab(OURS).state == "frozen"
    assert world.events(OURS).count("ready -> open") == 2


def test_a_lab_opens_only_green_and_with_its_snapshot(world):
    world.session()
    with pytest.raises(WrongState, match="is planned and cannot become open"):
        doors.order_open(world.tools, OURS, by=BY)
    labs.order_build(world.tools, [OURS], by=BY)
    world.work()
    world.engine.red["web/1"] = "status 500"
    order(world, probes.order_probe, OURS)
    assert len(world.tools.store.findings(OURS)) == 2
    assert world.tools.store.progress(OURS) == [], "a lab that stands is on no way to anything"
    with pytest.raises(Refused, match="not every probe was green"):
        doors.order_open(world.tools, OURS, by=BY)
    world.engine.red.clear()
    order(world, probes.order_probe, OURS)
    (start,) = world.tools.store.snapshots(OURS)
    snapshots.forget(world.tools, start, by=BY, why="test")
    with pytest.raises(NotFound, match="no verified snapshot"):
        doors.order_open(world.tools, OURS, by=BY)


def test_what_a_candidate_changed_keeps_no_lab_shut(world):
    """Looked at during the hour only for liveness, closed, and opened again: no probe forbids."""
    world.ready()
    order(world, doors.order_open, OURS)
    order(world, probes.order_probe, OURS)
    order(world, doors.order_close, OURS)
    order(world, probes.order_probe, OURS)
    world.engine.red["web/1"] = "the candidate's password"
    assert order(world, doors.order_open, OURS).state == JobState.DONE
    order(world, doors.order_close, OURS)
    world.engine.red.clear()
    order(world, labs.order_reset, OURS)
    world.engine.red["web/1"] = "status 500"
    order(world, probes.order_probe, OURS)
    with pytest.raises(Refused, match="not every probe was green"):
        doors.order_open(world.tools, OURS, by=BY)


@pytest.mark.parametrize("verb", ["guard", "open_access"])
def test_no_guard_no_open(world, verb):
    world.ready()
    world.engine.fails_with[verb] = GuardMissing("the guard is not laid")
    assert order(world, doors.order_open, OURS).state == JobState.REFUSED
    assert world.lab(OURS).state == "ready"
    assert not world.tools.engine.is_open(OURS, "candidate")
    del world.engine.fails_with[verb]
    order(world, doors.order_close, OURS)
    order(world, doors.order_open, OURS)
    order(world, doors.order_close, OURS, freeze=True)
    world.engine.fails_with[verb] = GuardMissing("the guard is not laid")
    order(world, doors.order_open, OURS)
    assert world.lab(OURS).state == "frozen"


def test_removing_takes_snapshots_along_but_never_an_open_lab(world):
    world.ready()
    order(world, doors.order_open, OURS)
    with pytest.raises(WrongState, match="is open and cannot become gone"):
        labs.order_remove(world.tools, OURS, by=BY)
    order(world, doors.order_close, OURS)
    for _ in range(2):
        assert order(world, labs.order_remove, OURS).state == JobState.DONE
        assert world.lab(OURS).state == "gone"
        assert {lab for lab, _ in world.engine.snapshots()} == {"e6-2-1"}
    world.assert_whole()


def test_waking_brings_everything_back_with_its_data_and_its_access(world):
    world.ready()
    order(world, doors.order_open, OURS)
    world.write(OURS, "work")
    for node in ("web", "db", GATEWAY):
        world.engine.set_seen(OURS, node, Seen.STOPPED)
    assert not world.tools.engine.is_open(OURS, "candidate")
    world.settle()
    assert world.read(OURS) == "work"
    assert world.tools.engine.is_open(OURS, "candidate")
    world.engine.set_seen(OURS, "db", None)
    world.tools.store.order(JobKind.WAKE, OURS, by=BY)
    world.work()
    assert "has lost db" in world.last_job(OURS).outcome


def test_a_bell_that_strikes_while_a_lab_wakes_leaves_it_shut(world, monkeypatch):
    world.ready()
    order(world, doors.order_open, OURS)
    build = world.engine.build

    def slow(plan, **kwargs):
        build(plan, **kwargs)
        doors.carry_out_close(world.tools, OURS, by="bell", freeze=True)

    monkeypatch.setattr(world.engine, "build", slow)
    labs.carry_out_wake(world.tools, OURS, by="reconcile")
    assert world.lab(OURS).state == "frozen"
    assert not world.tools.engine.is_open(OURS, "candidate")


def test_any_snapshot_of_the_lab_can_be_restored_with_a_reason(world):
    world.ready()
    world.write(OURS, "half done")
    order(world, snapshots.order_take, OURS, SnapshotKind.OWN)
    own = snapshots.latest(world.tools, OURS, SnapshotKind.OWN)
    world.write(OURS, "spoilt")
    with pytest.raises(NotFound, match="has no snapshot"):
        labs.order_restore(world.tools, "e6-2-1", own.id, by=BY, why="?")
    order(world, labs.order_restore, OURS, own.id, why="the candidate asked")
    assert world.read(OURS) == "half done"
    assert "the candidate asked" in [e.why for e in world.tools.store.entries(f"lab:{OURS}")]
    world.assert_whole()


def test_a_rehearsal_proves_the_restore_beside_the_lab(world):
    world.ready()
    world.write(OURS, "work")
    before = world.tools.store.snapshots(OURS)[0].verified
    assert order(world, snapshots.order_rehearse, OURS).state == JobState.DONE
    assert world.tools.store.snapshots(OURS)[0].verified > before
    assert f"build {OURS}-rehearsal" in world.engine.calls
    assert world.read(OURS) == "work"
    world.assert_whole()
    world.engine.red["db/1"] = "timed out"
    job = order(world, snapshots.order_rehearse, OURS)
    assert "came back with 1 red probes: db/1: timed out" in job.outcome
    world.assert_whole()


def test_two_rehearsals_at_once_take_two_numbers(world):
    world.ready()
    with snapshots._spare_number(world.tools) as one:  # noqa: SLF001
        with snapshots._spare_number(world.tools) as two:  # noqa: SLF001
            assert {one, two} == {155, 154}
        with snapshots._spare_number(world.tools) as again:  # noqa: SLF001
            assert again == two


def test_a_rehearsal_for_which_there_is_no_room_is_refused(world):
    world.ready()
    world.facts(memory_free=0)
    assert "memory:" in order(world, snapshots.order_rehearse, OURS).outcome


@pytest.mark.parametrize(
    "trouble",
    [
        AddressTaken("10.101.10.0/24 is network old", hint="Remove the other network."),
        DiskFull("no space left", hint="Free some disk."),
        ImageMissing("labmgr/node:1", "local"),
    ],
)
def test_a_build_that_fails_breaks_the_lab_says_the_mend_and_can_be_repeated(world, trouble):
    world.session()
    world.engine.fails_with["build"] = trouble
    labs.order_build(world.tools, [OURS], by=BY)
    world.work()
    job = world.last_job(OURS)
    assert world.lab(OURS).state == "broken"
    assert (job.state, job.outcome, job.hint) == (JobState.REFUSED, str(trouble), trouble.hint)
    assert str(trouble) in world.tools.store.entries(f"lab:{OURS}")[-1].why
    del world.engine.fails_with["build"]
    labs.order_build(world.tools, [OURS], by=BY)
    world.work()
    assert world.lab(OURS).state == "ready"
    world.assert_whole()


def test_a_reset_that_fails_half_way_can_be_repeated_from_the_same_snapshot(world):
    world.ready()
    world.engine.fails_with["build"] = DiskFull("no space left", hint="Free some disk.")
    order(world, labs.order_reset, OURS)
    assert world.lab(OURS).state == "broken"
    with pytest.raises(WrongState):
        doors.order_open(world.tools, OURS, by=BY)
    del world.engine.fails_with["build"]
    order(world, labs.order_reset, OURS)
    assert world.lab(OURS).state == "ready"
    world.assert_whole()


def test_a_broken_lab_with_a_snapshot_is_not_built_anew_over_it(world):
    world.ready()
    world.engine.fails_with["build"] = DiskFull("no space left")
    order(world, labs.order_reset, OURS)
    del world.engine.fails_with["build"]
    (job,) = labs.order_build(world.tools, [OURS], by=BY)
    world.work()
    assert "building it anew would lose it" in world.tools.store.job(job.id).outcome
    assert world.tools.store.snapshots(OURS)


def test_an_engine_that_is_away_is_said_and_the_order_stands(world):
    world.session()
    labs.order_build(world.tools, [OURS], by=BY)
    world.engine.fails_with["build"] = EngineUnreachable("local")
    labs_job = world.last_job(OURS)
    do_one_job(world.tools, "worker", Lane.WORK)
    assert world.lab(OURS).state == "broken"
    waiting = world.tools.store.job(labs_job.id)
    assert (waiting.state, waiting.tries) == (JobState.WAITING, 1)
    last = world.tools.store.entries(f"lab:{OURS}")[-1]
    assert last.what == "build waits until the engine answers again"
    assert "systemctl status docker" in last.why
    world.engine.fails_with.clear()
    world.work()
    assert world.lab(OURS).state == "ready"


def test_an_engine_that_refuses_on_its_way_out_is_waited_for(world, monkeypatch):
    monkeypatch.setattr(work, "GOING_PAUSE", 0.01)
    world.session()
    labs.order_build(world.tools, [OURS], by=BY)
    world.engine.fails_with["build"] = EngineError("error creating overlay mount")
    world.engine.fails_with["look_all"] = EngineUnreachable("local")
    do_one_job(world.tools, "worker", Lane.WORK)
    assert world.last_job(OURS).state == JobState.WAITING
    world.engine.fails_with.clear()
    world.work()
    assert world.lab(OURS).state == "ready"
    world.engine.fails_with["save"] = EngineError("cannot be read")
    job = order(world, snapshots.order_take, OURS, SnapshotKind.OWN)
    assert (job.state, job.outcome) == (JobState.REFUSED, "cannot be read")


def test_an_order_that_takes_the_engine_down_each_time_is_given_up(world):
    world.ready()
    world.engine.fails_with["save"] = EngineUnreachable("local")
    job = order(world, snapshots.order_take, OURS, SnapshotKind.OWN)
    assert job.state == JobState.CRASHED
    assert "given up after 3 tries" in job.outcome
    assert world.lab(OURS).state == "ready"


def test_a_bug_is_written_down_as_one_and_breaks_only_its_lab(world):
    world.session()
    world.engine.fails_with["build"] = ZeroDivisionError("a bug")
    labs.order_build(world.tools, [OURS], by=BY)
    world.work()
    assert world.last_job(OURS).state == JobState.CRASHED
    assert world.lab(OURS).state == "broken"
    assert world.lab("e6-2-1").state == "planned"


def test_a_session_is_closed_and_removed_only_without_its_labs(world):
    world.ready()
    order(world, doors.order_open, OURS)
    with pytest.raises(Refused, match="open labs: e6-1-1"):
        sessions.close_session(world.tools, "e6", by=BY)
    order(world, doors.order_close, OURS)
    sessions.close_session(world.tools, "e6", by=BY)
    with pytest.raises(Refused, match="still has labs: e6-1-1, e6-2-1"):
        sessions.remove_session(world.tools, "e6", by=BY)
    for lab in world.tools.store.labs():
        order(world, labs.order_remove, lab.id)
    sessions.remove_session(world.tools, "e6", by=BY)
    assert world.tools.store.labs() == []
    assert world.tools.store.secret(f"gateway:{OURS}:candidate") is None


def test_a_candidate_is_taken_off_the_list_without_a_lab_only(world):
    world.ready()
    numbers = [lab.number for lab in world.tools.store.labs()]
    with pytest.raises(Refused, match="Candidate 1 still has labs: e6-1-1"):
        sessions.remove_candidate(world.tools, "e6", "1", by=BY)
    order(world, labs.order_remove, OURS)
    sessions.remove_candidate(world.tools, "e6", "1", by=BY)
    assert [one.number for one in world.tools.store.candidates("e6")] == ["2"]
    with pytest.raises(NotFound, match="no candidate 1"):
        sessions.remove_candidate(world.tools, "e6", "1", by=BY)
    world.imported("e6", 2)
    assert sorted(lab.number for lab in world.tools.store.labs()) == sorted(numbers)


def test_a_gateway_made_anew_is_the_same_to_its_clients(world):
    world.ready()
    lab = world.lab(OURS)
    one, two = (plan_of(world.tools, lab).gateway for _ in range(2))
    assert (one.host_key, one.candidate_password) == (two.host_key, two.candidate_password)
    assert rosters.plan_labs(world.tools, "e6", by=BY)[0].number == lab.number
