"""A worker killed at any call, an engine gone at any call: all converges, no work is lost."""

from __future__ import annotations

from contextlib import contextmanager, suppress
from dataclasses import replace

import pytest

from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.work import JobState, Lane
from labmgr.services.lab import doors, labs, reconcile, snapshots
from labmgr.services.work import do_one_job
from tests.services.mortal import HALF_DONE, Fickle, Killed, Life, Moment, Mortal
from tests.services.world import World

OURS, NEIGHBOUR = "e6-1-1", "e6-2-1"
BY = "prof"


def order_build(world):
    labs.order_build(world.tools, [OURS], by=BY)


def order_reset(world):
    world.write(OURS, "changed")
    world.write(OURS, "changed", path="/srv/data/row")
    labs.order_reset(world.tools, OURS, by=BY)


def order_node_reset(world):
    world.write(OURS, "changed")
    world.write(OURS, "of the other node", node="db")
    labs.order_reset(world.tools, OURS, by=BY, nodes=["web"])


def order_snapshot(world):
    world.write(OURS, "work")
    snapshots.order_take(world.tools, OURS, SnapshotKind.OWN, by=BY)


def order_start_snapshot(world):
    world.write(OURS, "work")
    snapshots.order_take(world.tools, OURS, SnapshotKind.START, by=BY)


def order_remove(world):
    labs.order_remove(world.tools, OURS, by=BY)


def order_restore(world):
    world.write(OURS, "kept")
    snapshots.order_take(world.tools, OURS, SnapshotKind.OWN, by=BY)
    world.work()
    world.write(OURS, "later")
    own = snapshots.latest(world.tools, OURS, SnapshotKind.OWN)
    labs.order_restore(world.tools, OURS, own.id, by=BY, why="asked for")


def order_rehearse(world):
    world.write(OURS, "work")
    snapshots.order_rehearse(world.tools, OURS, by=BY)


def order_wake(world):
    world.write(OURS, "work")
    world.engine.set_seen(OURS, "web", "stopped")
    reconcile.look_round(world.tools)


def is_at_start(world):
    assert world.read(OURS) is None
    assert world.read(OURS, path="/srv/data/row") is None


def is_half_at_start(world):
    assert world.read(OURS) is None
    assert world.read(OURS, node="db") == "of the other node"


def is_gone(world):
    assert OURS not in world.engine.labs
    assert world.tools.store.snapshots(OURS) == []


def has(text):
    def check(world):
        assert world.read(OURS) == text

    return check


STORY = {
    "build": (order_build, "ready", is_at_start),
    "reset": (order_reset, "ready", is_at_start),
    "reset of a node": (order_node_reset, "ready", is_half_at_start),
    "snapshot": (order_snapshot, "ready", has("work")),
    "start snapshot": (order_start_snapshot, "ready", has("work")),
    "remove": (order_remove, "gone", is_gone),
    "restore": (order_restore, "ready", has("kept")),
    "rehearse": (order_rehearse, "ready", has("work")),
    "wake": (order_wake, "ready", has("work")),
}


@pytest.fixture(scope="module")
def prepared(tmp_path_factory, templates):
    """Worlds in which each story may begin: the neighbour is open, its candidate at work."""
    made = {}
    for name in ("planned", "ready"):
        home = tmp_path_factory.mktemp(name) / "home"
        home.mkdir()
        world = World(home, templates)
        world.session()
        wanted = [NEIGHBOUR] if name == "planned" else [OURS, NEIGHBOUR]
        labs.order_build(world.tools, wanted, by=BY)
        world.work()
        doors.order_open(world.tools, NEIGHBOUR, by=BY)
        world.work()
        world.write(NEIGHBOUR, "of the neighbour")
        world.close()
        made[name] = world
    return made


def begun(prepared, story, home):
    order = STORY[story][0]
    before = prepared["planned" if story == "build" else "ready"]
    world = before.again().copied(home)
    order(world)
    return world


def ended_well(world, story):
    _, state, check = STORY[story]
    assert world.lab(OURS).state == state, world.events(OURS)
    world.assert_whole()
    check(world)
    assert world.lab(NEIGHBOUR).state == "open"
    assert world.read(NEIGHBOUR) == "of the neighbour"
    assert world.tools.engine.is_open(NEIGHBOUR, "candidate")
    assert not world.tools.engine.is_open(OURS, "candidate")


LOOKS = frozenset(
    {"lab", "labs", "candidate", "credentials", "secret", "snapshots", "snapshot", "lock"}
    | {"findings", "look", "look_all", "verify", "facts", "is_open", "last_words"}
)


def moments(verbs, kinds, looks=LOOKS):
    """Where a life may end: before each call that changes something, and in the middle of the
    long ones. Ending before a look is ending before the next change."""
    for number, verb in enumerate(verbs, start=1):
        for moment in kinds if verb not in looks else ():
            if moment is not Moment.HALF or verb in HALF_DONE:
                yield number, moment


@pytest.mark.parametrize("story", STORY)
def test_a_worker_killed_at_any_call_leaves_nothing_behind(prepared, disk, story):
    """Being killed after a call is being killed before the next one."""

    def lived(world, life):
        store, engine = (Mortal(one, life) for one in (world.tools.store, world.engine))
        with suppress(Killed):
            do_one_job(replace(world.tools, store=store, engine=engine), "dead", Lane.WORK)

    whole = Life()
    first = begun(prepared, story, disk / "0")
    lived(first, whole)
    assert first.last_job(OURS).state == JobState.DONE
    assert len(whole.verbs) > 8, "too few calls to have been this story"
    for number, moment in moments(whole.verbs, [Moment.BEFORE, Moment.HALF]):
        world = begun(prepared, story, disk / f"{number}-{moment}")
        lived(world, Life(number, moment))
        world = world.again()
        with noted(f"killed {moment} call {number}: {whole.verbs[number - 1]}"):
            world.settle()
            ended_well(world, story)
        world.close()


@pytest.mark.parametrize("story", STORY)
def test_an_engine_gone_at_any_call_is_waited_for(prepared, disk, story):
    def lived(world, life):
        engine = Fickle(world.engine, life)
        do_one_job(replace(world.tools, engine=engine), "worker", Lane.WORK)

    whole = Life()
    lived(begun(prepared, story, disk / "0"), whole)
    assert len(whole.verbs) >= 2, "too few calls to have been this story"
    for number, moment in moments(whole.verbs, Moment, looks=frozenset()):
        world = begun(prepared, story, disk / f"{number}-{moment}")
        lived(world, Life(number, moment))
        with noted(f"gone {moment} call {number}: {whole.verbs[number - 1]}"):
            assert world.last_job(OURS).state in {JobState.WAITING, JobState.DONE}
            world.settle("worker")
            ended_well(world, story)
        world.close()


@contextmanager
def noted(words):
    try:
        yield
    except BaseException as trouble:
        trouble.add_note(words)
        raise
