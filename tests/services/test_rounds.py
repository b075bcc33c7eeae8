"""What a worker does by itself: looks round, recovers, minds the disk; whatever the clock says."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from datetime import timedelta

import pytest

from labmgr.domain.repair import GATEWAY, Seen, Step
from labmgr.domain.work import JobKind, JobState, Lane
from labmgr.errors import EngineUnreachable, Refused, StoreError
from labmgr.services.lab import doors, labs, reconcile
from labmgr.worker import alarm, loop
from labmgr.worker.loop import Worker
from tests.lab.clients import wait_for

BY = "prof"
OURS, OTHER = "e6-1-1", "e6-2-1"
SECONDS = 120


@contextmanager
def working(world):
    worker = Worker(world.tools)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        yield worker
    finally:
        worker.stop()
        thread.join(SECONDS)
        assert not thread.is_alive()


def ends(world, job):
    assert wait_for(lambda: world.tools.store.job(job.id).state == JobState.DONE, SECONDS)


def test_a_quiet_round_finds_nothing_and_orders_nothing(world):
    world.ready()
    assert set(reconcile.look_round(world.tools).values()) == {Step.LEAVE}
    assert world.tools.store.jobs(unended=True) == []


def test_a_round_never_rebuilds_over_work_and_calls_for_help_once(world):
    world.ready()
    world.write(OURS, "work", node="db")
    world.engine.set_seen(OURS, "web", None)
    built = world.engine.calls.count(f"build {OURS}")
    for _ in range(3):
        assert reconcile.look_round(world.tools)[OURS] is Step.CALL_FOR_HELP
        world.work()
    assert world.engine.calls.count(f"build {OURS}") == built
    assert world.read(OURS, node="db") == "work"
    help_wanted = [what for what in world.events(OURS) if "a person decides" in what]
    assert len(help_wanted) == 1


def test_after_a_power_cut_all_labs_are_woken_with_their_work(world):
    ids = world.ready(count=3)
    for lab in ids:
        world.write(lab, f"work of {lab}")
        for node in ("web", "db", GATEWAY):
            world.engine.set_seen(lab, node, Seen.STOPPED)
    world.settle()
    assert [world.read(lab) for lab in ids] == [f"work of {lab}" for lab in ids]
    world.assert_whole()


def test_a_lost_gateway_is_made_again_and_opens_for_whom_it_was_open(world):
    world.ready()
    doors.order_open(world.tools, OURS, by=BY)
    world.work()
    world.engine.set_seen(OURS, GATEWAY, None)
    world.engine.labs[OURS].doors.clear()
    world.settle()
    assert world.tools.engine.is_open(OURS, "candidate")


def test_a_door_that_stands_open_without_right_is_shut(world):
    world.ready()
    world.engine.open_access(OURS, "candidate")
    assert reconcile.look_round(world.tools)[OURS] is Step.CLOSE
    world.work()
    assert not world.engine.is_open(OURS, "candidate")


def test_a_lab_at_work_is_left_to_its_work(world):
    world.ready()
    world.engine.set_seen(OURS, "web", Seen.STOPPED)
    world.tools.store.order(JobKind.PROBE, OURS, by=BY)
    found = reconcile.look_round(world.tools)
    assert OURS not in found
    assert OTHER in found


def test_work_that_ended_during_the_look_is_no_loss(world, monkeypatch):
    """The look may be older than the row: a lab that was building then is not missing a node."""
    world.session()
    job = world.tools.store.order(JobKind.BUILD, OURS, by=BY)
    look = world.engine.look_all

    def slow():
        seen = look()
        world.work()
        return seen

    monkeypatch.setattr(world.engine, "look_all", slow)
    assert OURS not in reconcile.look_round(world.tools)
    assert world.tools.store.job(job.id).state == JobState.DONE
    assert not [what for what in world.events(OURS) if "a person decides" in what]


def test_one_lab_that_cannot_be_looked_at_hides_no_other(world, templates, disk):
    world.ready()
    world.engine.set_seen(OTHER, "web", Seen.STOPPED)
    bad = world.engine.is_open
    world.engine.fails_with["is_open"] = EngineUnreachable("local")
    assert reconcile.look_round(world.tools) == {OTHER: Step.WAKE}
    assert bad


def test_containers_without_a_row_are_told_and_kept_but_a_dead_rehearsal_goes(world, caplog):
    world.ready()
    plan = world.engine.labs[OURS].plan
    world.engine.labs["lost-1-1"] = world.engine.labs[OURS]
    world.engine.labs[f"{OURS}-rehearsal"] = world.engine.labs[OTHER]
    reconcile.look_round(world.tools)
    assert set(world.engine.labs) == {OURS, OTHER, "lost-1-1"}
    assert "lost-1-1 has containers but no row" in caplog.text
    assert plan


def test_recover_orders_again_what_was_building_and_lost_its_order(world):
    world.session(count=3)
    ids = [lab.id for lab in world.tools.store.labs()]
    for lab in world.tools.store.labs()[:1]:
        world.tools.store.move(lab, "building", by=BY, why="build")
    labs.order_build(world.tools, ids[1:2], by=BY)
    assert world.tools.store.claim("dead", Lane.WORK)
    said = reconcile.recover(world.tools, "next")
    assert len(said) == 2
    world.work()
    assert world.states() == ["ready", "ready", "planned"]
    assert reconcile.recover(world.tools, "next") == []


LIMIT = 1000


def test_a_node_that_writes_too_much_is_held_until_it_is_reset(world):
    world.ready()
    world.site(node_disk=LIMIT)
    world.write(OURS, "x" * 850)
    reconcile.look_round(world.tools)
    reconcile.look_round(world.tools)
    assert world.events(OURS).count("node web has nearly written what it may") == 1
    world.write(OURS, "x" * LIMIT)
    for _ in range(3):
        assert reconcile.look_round(world.tools)[OURS] is Step.LEAVE
        assert world.engine.look(OURS)["web"] is Seen.PAUSED
    assert world.engine.look(OTHER)["web"] is Seen.RUNNING
    held = "node web is paused: it has written more than it may"
    assert world.events(OURS).count(held) == 1
    labs.order_reset(world.tools, OURS, by=BY, nodes=["web"])
    world.settle()
    assert world.engine.look(OURS)["web"] is Seen.RUNNING
    world.write(OURS, "x" * LIMIT)
    reconcile.look_round(world.tools)
    assert world.events(OURS).count(held) == 2


def test_a_held_node_goes_on_when_it_may_write_more(world):
    world.ready()
    world.site(node_disk=LIMIT)
    world.write(OURS, "x" * LIMIT)
    reconcile.look_round(world.tools)
    world.site(node_disk=2 * LIMIT)
    world.settle()
    assert world.engine.look(OURS)["web"] is Seen.RUNNING
    world.assert_whole()


def test_less_room_on_the_disk_is_noticed_between_two_rounds(world, monkeypatch):
    monkeypatch.setattr(loop, "DISK_EVERY", 0.1)
    for rounds in (alarm, loop):
        monkeypatch.setattr(rounds, "ROUND_SECONDS", 3600)  # the next one comes after the test
    world.ready()
    world.site(node_disk=LIMIT)
    with working(world):
        assert wait_for(lambda: f"written {OURS}" in world.engine.calls, SECONDS)
        assert wait_for(lambda: world.engine.calls.count("disk_free") > 3, SECONDS)
        world.write(OURS, "x" * LIMIT)
        world.facts(disk_free=world.engine.host_facts.disk_free - (1 << 30))
        assert wait_for(lambda: world.engine.look(OURS)["web"] is Seen.PAUSED, SECONDS)


@pytest.mark.parametrize("jump", [timedelta(days=-3), timedelta(days=3), timedelta(hours=-1)])
def test_a_clock_that_jumps_does_the_worker_no_harm(world, monkeypatch, jump):
    monkeypatch.setattr(loop, "BEAT", 0.3)
    world.session()
    with working(world):
        (job,) = labs.order_build(world.tools, [OURS], by=BY)
        ends(world, job)
        world.clock.at += jump
        beat = world.tools.store.last_beat()
        assert wait_for(lambda: world.tools.store.last_beat() != beat, SECONDS)
        ends(world, doors.order_open(world.tools, OURS, by=BY))
        world.clock.at -= 2 * jump
        ends(world, doors.order_close(world.tools, OURS, by=BY))
        (job,) = labs.order_build(world.tools, [OTHER], by=BY)
        ends(world, job)
        ends(world, labs.order_reset(world.tools, OURS, by=BY))
    assert world.states() == ["ready", "ready"]
    world.assert_whole()


def test_a_second_worker_is_refused(world):
    with working(world):
        assert wait_for(lambda: world.tools.store.last_beat() is not None, SECONDS)
        with pytest.raises(Refused, match="already at work"):
            Worker(world.tools).run()


def test_the_worker_waits_for_an_engine_that_is_away_and_goes_on(world, monkeypatch):
    monkeypatch.setattr(loop, "ASK_AGAIN", 0.1)
    world.session()
    (job,) = labs.order_build(world.tools, [OURS], by=BY)
    away = EngineUnreachable("local")
    for verb in ("tidy", "look_all", "build", "remove", "disk_free"):
        world.engine.fails_with[verb] = away
    with working(world):
        assert wait_for(lambda: world.engine.calls.count("tidy") > 2, SECONDS)
        assert world.tools.store.job(job.id).tries == 0
        del world.engine.fails_with["tidy"]
        assert wait_for(lambda: world.tools.store.job(job.id).tries == 1, SECONDS)
        assert wait_for(lambda: world.engine.calls.count("look_all") > 3, SECONDS)
        assert world.tools.store.job(job.id).tries == 1
        world.engine.fails_with.clear()
        ends(world, job)
    assert world.lab(OURS).state == "ready"
    world.assert_whole()


def test_an_end_that_could_not_be_written_down_is_made_good(world, monkeypatch):
    """The disk is full just then: the job is done again, which changes nothing."""
    world.session()
    finish, failures = world.tools.store.finish, [StoreError("The database's disk is full")]

    def failing(*words, **more):
        if failures:
            raise failures.pop()
        finish(*words, **more)

    monkeypatch.setattr(world.tools.store, "finish", failing)
    (job,) = labs.order_build(world.tools, [OURS], by=BY)
    with working(world):
        ends(world, job)
    assert world.tools.store.job(job.id).tries == 2
    assert world.engine.calls.count(f"build {OURS}") == 1
    world.assert_whole()


def test_a_bell_does_not_wait_behind_a_build_or_a_slow_look(world, monkeypatch):
    world.ready(count=3)
    doors.order_open(world.tools, OURS, by=BY)
    world.work()
    held = threading.Event()
    build, look_all = world.engine.build, world.engine.look_all

    def slow_build(plan, **words):
        held.wait(SECONDS)
        build(plan, **words)

    def slow_look():
        held.wait(SECONDS)
        return look_all()

    monkeypatch.setattr(world.engine, "build", slow_build)
    monkeypatch.setattr(world.engine, "look_all", slow_look)
    with working(world):
        resets = [labs.order_reset(world.tools, one, by=BY) for one in (OTHER, "e6-3-1")]
        assert wait_for(
            lambda: all(world.tools.store.job(one.id).started for one in resets), SECONDS
        )
        ends(world, doors.order_close(world.tools, OURS, by=BY))
        assert not world.engine.is_open(OURS, "candidate")
        assert not any(world.tools.store.job(one.id).ended for one in resets)
        held.set()
        for job in resets:
            ends(world, job)


def test_a_bug_in_a_round_is_written_down_and_work_goes_on(world, caplog):
    (ours,) = world.ready(1)
    world.engine.fails_with["look_all"] = ZeroDivisionError("a slip of ours")
    with working(world):
        assert wait_for(lambda: "look_round: a bug in labmgr" in caplog.text, SECONDS)
        ends(world, doors.order_open(world.tools, ours, by=BY))
