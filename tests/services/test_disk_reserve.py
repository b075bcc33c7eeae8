"""The disk's reserve: kept while there is room, given up for end snapshots and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from threading import Barrier, Thread

import pytest

from labmgr.domain.passage import Passage
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.work import JobKind, JobState
from labmgr.errors import DiskFull, EngineError, StoreError
from labmgr.services.day.doctor import Verdict, examine, go
from labmgr.services.lab import reserve, snapshots
from labmgr.services.lab.reconcile import look_round
from labmgr.services.lab.reserve import Held
from tests.services.world import World

GIB = 1 << 30
MIB = 1 << 20
OURS = "e6-1-1"
END, START, OWN = SnapshotKind.END, SnapshotKind.START, SnapshotKind.OWN


@pytest.fixture
def lab(world):
    """A lab with work in it, its reserve held, on a disk without a byte left."""
    world.ready()
    world.write(OURS, "work")
    look_round(world.tools)
    assert world.engine.reserved == GIB
    world.facts(disk_free=0)
    return world.lab(OURS)


def rows(world: World) -> list[tuple[str, str]]:
    return [(row.what, row.why) for row in world.tools.store.entries("disk")]


def sign(world: World):
    return next(one for one in examine(world.tools) if one.what == "disk reserve")


def kept(world: World, kind: SnapshotKind) -> list[str]:
    return [one.id for one in world.tools.store.snapshots(OURS) if one.kind is kind]


def test_it_is_made_once_where_there_is_room_and_said_once(world):
    assert sign(world).seen == "not made yet"
    for _ in range(3):
        look_round(world.tools)
    assert world.engine.reserved == GIB
    assert world.engine.host_facts.disk_free == 99 * GIB
    assert rows(world) == [(reserve.MADE, "1024 MiB")]
    assert reserve.told(world.tools).held is Held.THERE
    assert (sign(world).verdict, sign(world).mend) == (Verdict.GOOD, "")


def test_one_that_somebody_removed_is_made_again(world):
    look_round(world.tools)
    world.engine.reserved = 0
    assert sign(world).seen == "not made yet"
    look_round(world.tools)
    assert world.engine.reserved == GIB


def test_its_size_is_a_setting_and_none_is_wanted_with_zero(world):
    look_round(world.tools)
    world.site(end_reserve=3 * GIB)
    look_round(world.tools)
    assert (world.engine.reserved, world.engine.host_facts.disk_free) == (3 * GIB, 97 * GIB)
    world.site(end_reserve=0)
    for _ in range(2):
        look_round(world.tools)
    assert world.engine.reserved == 0
    assert [what for what, _ in rows(world)] == [reserve.MADE, reserve.MADE, reserve.REMOVED]
    assert (sign(world).verdict, sign(world).seen[:3]) == (Verdict.GOOD, "off")
    assert reserve.told(world.tools).held is Held.OFF


def test_it_takes_nothing_of_what_builds_leave_free(world):
    world.facts(disk_free=3 * GIB - 1)
    for _ in range(3):
        look_round(world.tools)
    assert world.engine.reserved == 0
    assert rows(world) == [(reserve.CANNOT, "3071 MiB free, 3072 MiB wanted")]
    assert sign(world).verdict is Verdict.WARNING
    assert "3072 MiB are free" in sign(world).mend
    assert go([sign(world)])
    world.facts(disk_free=3 * GIB)
    look_round(world.tools)
    assert world.engine.host_facts.disk_free == 2 * GIB


def test_an_engine_that_cannot_make_it_is_said_once_and_stops_no_round(world):
    world.engine.fails_with["hold_reserve"] = EngineError("no fallocate here")
    for _ in range(3):
        look_round(world.tools)
    assert rows(world) == [(reserve.CANNOT, "no fallocate here")]
    assert "no fallocate here" in sign(world).seen
    assert "LABMGR_END_RESERVE_MIB=0" in sign(world).mend


def test_an_end_snapshot_on_a_full_disk_is_taken_with_the_reserves_room(world, lab):
    world.tools.store.keep_passages([Passage("e6", "1", lab=OURS)], by="prof")
    taken = snapshots.take(world.tools, lab, END, by="bell")
    assert taken.verified
    assert kept(world, END) == [taken.id]
    assert world.engine.reserved == 0
    what, why = rows(world)[-1]
    assert what == reserve.GIVEN_UP
    assert OURS in why
    assert "docker image prune" in why
    (incident,) = world.tools.store.incidents("e6", "1")
    assert incident.what.startswith(reserve.GIVEN_UP)
    assert (incident.seconds, bool(incident.ended), incident.decision) == (0, True, "")
    assert sign(world).seen.startswith("given up: ")
    assert reserve.told(world.tools).held is Held.GIVEN_UP


def test_little_room_is_not_tried_first(world, lab):
    world.facts(disk_free=reserve.BESIDE // 2)
    world.engine.calls.clear()
    snapshots.take(world.tools, lab, END, by="bell")
    assert world.engine.calls.index("give_up_reserve") < world.engine.calls.index(f"save {OURS}")
    assert world.engine.calls.count(f"save {OURS}") == 1


def test_enough_room_leaves_it_alone(world, lab):
    world.facts(disk_free=reserve.BESIDE + MIB)
    snapshots.take(world.tools, lab, END, by="bell")
    assert world.engine.reserved == GIB


def test_a_snapshot_that_needs_more_than_was_thought_is_tried_once_more(world, lab):
    world.facts(disk_free=10 * GIB)  # plenty, it seems
    fails_until_given_up(world, "save")
    taken = snapshots.take(world.tools, lab, END, by="bell")
    assert kept(world, END) == [taken.id]
    assert world.engine.calls.count(f"save {OURS}") == kept_before(world) + 2


def kept_before(world: World) -> int:
    """Saves of the start snapshot, when the lab was built."""
    return len(kept(world, START))


def fails_until_given_up(world: World, verb: str) -> None:
    """The disk is fuller than it says, until the reserve is gone."""
    engine, give_up = world.engine, world.engine.give_up_reserve
    engine.fails_with[verb] = DiskFull("no space left")

    def given_up() -> bool:
        engine.fails_with.pop(verb, None)
        return give_up()

    engine.give_up_reserve = given_up


def test_a_disk_that_is_full_while_it_is_verified_is_given_the_reserve_too(world, lab):
    world.facts(disk_free=10 * GIB)
    fails_until_given_up(world, "verify")
    taken = snapshots.take(world.tools, lab, END, by="bell")
    assert taken.verified
    world.facts(disk_free=100 * GIB)
    world.assert_whole()  # nothing of the first try is left


def test_labs_that_end_together_share_the_room_of_one_reserve(world, lab):
    """Both find the disk full before either gives anything up."""
    world.facts(disk_free=10 * GIB)
    engine, save, both = world.engine, world.engine.save, Barrier(2, timeout=60)
    full = {OURS, "e6-2-1"}

    def saved(plan, name):
        if plan.lab in full:
            full.discard(plan.lab)
            both.wait()
            world.facts(disk_free=0)
            raise DiskFull("no space left")
        return save(plan, name)

    def give_up() -> bool:
        both.wait()  # the other's save has failed by now
        return once()

    once, engine.save = engine.give_up_reserve, saved
    engine.give_up_reserve = give_up
    ended: list[str] = []
    at_once(lambda one: ended.append(snapshots.take(world.tools, one, END, by="bell").lab), world)
    assert sorted(ended) == [OURS, "e6-2-1"]
    assert [what for what, _ in rows(world)].count(reserve.GIVEN_UP) == 1


def at_once(work: Callable, world: World) -> None:
    threads = [Thread(target=work, args=(one,)) for one in world.tools.store.labs()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(120)
        assert not thread.is_alive()


def test_a_full_disk_without_a_reserve_refuses_as_ever(world, lab):
    world.site(end_reserve=0)
    with pytest.raises(DiskFull):
        snapshots.take(world.tools, lab, END, by="bell")
    assert world.engine.calls.count("give_up_reserve") == 0


def test_what_the_reserve_cannot_hold_is_refused_and_it_stays_given_up(world, lab):
    world.engine.fails_with["save"] = DiskFull("no space left")
    with pytest.raises(DiskFull):
        snapshots.take(world.tools, lab, END, by="bell")
    assert kept(world, END) == []
    assert world.engine.reserved == 0


def test_a_reserve_that_cannot_be_removed_leaves_the_refusal_as_it_is(world, lab):
    world.engine.fails_with["give_up_reserve"] = EngineError("in use")
    with pytest.raises(DiskFull):
        snapshots.take(world.tools, lab, END, by="bell")


@pytest.mark.parametrize("kind", [OWN, START])
def test_it_is_never_given_up_for_other_snapshots(world, lab, kind):
    before = kept(world, kind)
    with pytest.raises(DiskFull):
        snapshots.take(world.tools, lab, kind, by="prof")
    assert world.engine.reserved == GIB
    assert kept(world, kind) == before


def test_it_is_never_given_up_for_builds(world, lab):
    world.engine.fails_with["build"] = DiskFull("no space left")
    world.tools.store.order(JobKind.RESET, OURS, by="prof")
    world.work()
    assert world.last_job(OURS).state is JobState.REFUSED
    assert world.engine.reserved == GIB


def test_it_comes_back_by_itself_well_above_and_does_not_come_and_go(world, lab):
    snapshots.take(world.tools, lab, END, by="bell")
    for free in (GIB, 3 * GIB, 4 * GIB - 1):
        world.facts(disk_free=free)
        look_round(world.tools)
        assert world.engine.reserved == 0
        assert rows(world)[-1][0] == reserve.GIVEN_UP
    assert "4096 MiB are free" in sign(world).mend
    world.facts(disk_free=4 * GIB)
    look_round(world.tools)
    assert world.engine.reserved == GIB
    assert rows(world)[-1][0] == reserve.MADE


def test_rows_that_cannot_be_written_cost_no_snapshot(world, lab, monkeypatch):
    def full(*_words, **_more):
        raise StoreError("The database's disk is full")

    with monkeypatch.context() as patch:
        patch.setattr(world.tools.store, "write", full)
        taken = snapshots.take(world.tools, lab, END, by="bell")
    assert kept(world, END) == [taken.id]
