"""Kept configurations go as snapshots do; what a record cites stays until its session goes."""

from __future__ import annotations

import pytest

from labmgr.domain.equipment import KeptConfig
from labmgr.domain.lab import LabState
from labmgr.domain.snapshot import SnapshotKind
from labmgr.services.equipment import care, pruning
from labmgr.services.session import sessions

END, OWN, START = SnapshotKind.END, SnapshotKind.OWN, SnapshotKind.START


@pytest.fixture
def kept(world):
    return Kept(world)


class Kept:
    """Two labs and what was kept of the devices beside them."""

    def __init__(self, world):
        self.world, self.tools = world, world.tools
        self.labs = world.ready(count=2)

    def by_hand(self, count, device="sw1"):
        return [self.tools.configs.keep(device, f"vlan {n}\n").name for n in range(count)]

    def lived(self, kind, lab=0, device="sw1"):
        name = self.tools.configs.keep(device, f"{kind}\n").name
        self.tools.store.keep_config(
            KeptConfig(device, self.labs[lab], kind, self.world.clock(), name, "00"), by="t"
        )
        return name

    def there(self, device="sw1"):
        return {one.name for one in self.tools.configs.backups(device)}


def test_of_what_belongs_to_no_life_the_newest_stay_each_device_for_itself(kept):
    hand, other = kept.by_hand(pruning.BESIDE + 5), kept.by_hand(3, "sw2")
    care.look_round(kept.tools)
    assert kept.there() == set(hand[5:])
    assert kept.there("sw2") == set(other)
    told = kept.tools.store.entries("device:sw1")[-1]
    assert told.what.startswith("5 kept configuration(s) forgotten: ")
    assert hand[0] in told.what
    assert pruning.prune(kept.tools, by="t") == 0, "said once"


def test_of_a_life_the_newest_start_two_own_and_every_end_stay(kept):
    starts, owns, ends = ([kept.lived(kind) for _ in range(3)] for kind in (START, OWN, END))
    collected = kept.lived(END, device="srv.collected")
    hand = kept.by_hand(pruning.BESIDE)
    kept.by_hand(pruning.BESIDE, "srv.collected")
    pruning.prune(kept.tools, by="t")
    assert kept.there() == {starts[-1], *owns[-2:], *ends, *hand}
    assert collected in kept.there("srv.collected")


def test_a_lab_that_is_removed_loses_its_save_points_and_no_evidence(kept):
    own, start, end = (kept.lived(kind) for kind in (OWN, START, END))
    kept.by_hand(pruning.BESIDE)
    lab = kept.tools.store.lab(kept.labs[0])
    kept.tools.store.move(lab, LabState.GONE, by="t", why="put away")
    pruning.prune(kept.tools, by="t")
    assert own in kept.there(), "put away, it may come back"
    for snapshot in kept.tools.store.snapshots(lab.id):
        kept.tools.store.forget_snapshot(snapshot.id, by="t", why="lab removed")
    pruning.prune(kept.tools, by="t")
    assert own not in kept.there()
    assert {start, end} <= kept.there()


def test_with_its_session_all_of_a_life_goes_and_nothing_else(kept):
    mine = [kept.lived(kind) for kind in (START, OWN, END)]
    collected = kept.lived(END, device="srv.collected")
    (hand,) = kept.by_hand(1)
    for lab_id in kept.labs:
        lab = kept.tools.store.lab(lab_id)
        kept.tools.store.move(lab, LabState.GONE, by="t", why="removed")
        for snapshot in kept.tools.store.snapshots(lab_id):
            kept.tools.store.forget_snapshot(snapshot.id, by="t", why="lab removed")
    sessions.remove_session(kept.tools, "e6", by="t")
    assert kept.there() == {hand}
    assert kept.there("srv.collected") == set()
    assert not set(mine) & kept.there()
    assert collected in kept.tools.store.entries("device:srv.collected")[-1].what
