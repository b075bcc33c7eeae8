"""Labmgr's own rows on the full disk: the end of an hour is written down all the same."""

from __future__ import annotations

import threading

import pytest

from labmgr.domain.clock import Clock
from labmgr.domain.exam import Phase
from labmgr.domain.lab import LabState
from labmgr.domain.passage import Passage, PassageState
from labmgr.domain.snapshot import SnapshotKind
from labmgr.errors import StoreFull
from labmgr.services.lab import doors, reserve, snapshots
from labmgr.services.lab.reconcile import look_round
from labmgr.services.passage.full_disk import make_room
from labmgr.worker.loop import Worker
from tests.lab.clients import wait_for

OURS = "e6-1-1"
HOUR = 60
GIB = 1 << 30
SECONDS = 60


@pytest.fixture
def hour(world):
    """An hour that runs, on a disk that has since filled up."""
    world.ready()
    look_round(world.tools)
    doors.order_open(world.tools, OURS, by="prof")
    world.work()
    clock = Clock(HOUR).started(world.tools.clock())
    sat = Passage("e6", "1", lab=OURS, state=PassageState.HOUR, clocks={Phase.HOUR: clock})
    world.tools.store.keep_passages([sat], by="prof")
    world.write(OURS, "the hour's work")
    world.facts(disk_free=0)
    return world


def ends(world) -> int:
    kept = world.tools.store.snapshots(OURS)
    return sum(one.kind is SnapshotKind.END and bool(one.verified) for one in kept)


def test_while_an_hour_runs_the_reserve_stays(hour):
    assert not make_room(hour.tools)
    assert hour.engine.reserved == GIB


def test_a_bell_that_is_due_has_it_and_once_is_enough(hour):
    hour.clock.passes(HOUR)
    assert make_room(hour.tools)
    assert hour.engine.reserved == 0
    assert not make_room(hour.tools)


def test_a_trouble_that_room_does_not_mend_leaves_it(hour):
    hour.clock.passes(HOUR)
    hour.facts(disk_free=reserve.BESIDE)
    assert not make_room(hour.tools)
    hour.facts(disk_free=0)
    hour.site(end_reserve=0)
    assert not make_room(hour.tools)
    assert hour.engine.reserved == GIB


def test_an_end_snapshot_that_waits_to_be_claimed_has_it(world):
    world.ready()
    look_round(world.tools)
    world.facts(disk_free=0)
    snapshots.order_take(world.tools, OURS, SnapshotKind.OWN, by="prof")
    assert not make_room(world.tools)
    snapshots.order_take(world.tools, OURS, SnapshotKind.END, by="prof")
    assert make_room(world.tools)


@pytest.mark.parametrize("verb", ["beat", "change_passage", "claim", "keep_snapshot"])
def test_a_worker_whose_rows_find_no_room_ends_the_hour_with_its_snapshot(hour, monkeypatch, verb):
    """Whichever of its rows is the first that does not fit."""
    store, engine = hour.tools.store, hour.engine
    write = getattr(store, verb)

    def written(*words, **more):
        if engine.host_facts.disk_free == 0:
            raise StoreFull("The database's disk is full")
        return write(*words, **more)

    monkeypatch.setattr(store, verb, written)
    hour.clock.passes(HOUR)
    worker = Worker(hour.tools)
    thread = threading.Thread(target=worker.run)
    thread.start()
    try:
        assert wait_for(lambda: ends(hour) == 1, SECONDS)
    finally:
        worker.stop()
        thread.join(SECONDS)
    assert hour.lab(OURS).state is LabState.FROZEN
    assert engine.reserved == 0
    (incident,) = hour.tools.store.incidents("e6", "1")
    assert incident.what.startswith(reserve.GIVEN_UP)
