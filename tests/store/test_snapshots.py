"""Manifests of snapshots: kept as they are, their digest in the journal."""

from dataclasses import replace
from datetime import timedelta, timezone

import pytest

from labmgr.domain.lab import LabState
from labmgr.domain.snapshot import Part, PartKind, Snapshot, SnapshotKind
from labmgr.errors import NotFound, Refused


@pytest.fixture
def snapshot(lab, clock):
    parts = (
        Part(PartKind.NODE, "db", "db", "", "labmgr-snap/x:s-db", "sha256:aa", 12345),
        Part(PartKind.VOLUME, "db", "data", "/var/lib/mysql", "labmgr-snap/x:s-v", "sha256:bb", 9),
    )
    taken = clock.at.astimezone(timezone(timedelta(hours=2)))
    return Snapshot("s1", lab.id, SnapshotKind.START, taken, "sisr-core@abc", "fp", parts)


def test_a_snapshot_comes_back_as_it_was_and_its_digest_holds(store, snapshot):
    store.keep_snapshot(snapshot, by="worker")
    kept = store.snapshot("s1")
    assert kept == snapshot
    assert store.entries()[-1].why == f"sha256:{kept.digest}"
    store.mark_verified("s1", snapshot.taken)
    assert store.snapshot("s1").verified == snapshot.taken
    assert store.snapshot("s1").digest == kept.digest


def test_kept_twice_is_kept_once_and_never_changed(store, snapshot):
    store.keep_snapshot(snapshot, by="worker")
    store.mark_verified("s1", snapshot.taken)
    rows = len(store.entries())
    store.keep_snapshot(snapshot, by="worker")
    assert len(store.entries()) == rows
    with pytest.raises(Refused, match="already kept"):
        store.keep_snapshot(replace(snapshot, parts=()), by="worker")


def test_the_newest_comes_first_and_can_be_forgotten(store, snapshot):
    later = replace(snapshot, id="s2", taken=snapshot.taken + timedelta(hours=1))
    store.keep_snapshot(snapshot, by="worker")
    store.keep_snapshot(later, by="worker")
    assert [one.id for one in store.snapshots(snapshot.lab)] == ["s2", "s1"]
    store.forget_snapshot("s2", by="prof", why="pruned")
    store.forget_snapshot("s2", by="prof", why="pruned")
    assert [one.id for one in store.snapshots(snapshot.lab)] == ["s1"]
    assert [entry.why for entry in store.entries()].count("pruned") == 1
    with pytest.raises(NotFound):
        store.snapshot("s2")
    with pytest.raises(NotFound):
        store.mark_verified("s2", snapshot.taken)


def test_a_gone_lab_keeps_its_snapshots(store, lab, snapshot):
    store.keep_snapshot(snapshot, by="worker")
    store.move(lab, LabState.GONE, by="prof", why="")
    assert store.snapshots(lab.id) == [snapshot]
