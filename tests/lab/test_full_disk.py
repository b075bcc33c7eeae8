"""A server with one small disk, full at the bell: a file system of the test's own, to the byte."""

from __future__ import annotations

import os
import subprocess
import time
from contextlib import suppress
from pathlib import Path

import pytest

from labmgr.domain.repair import Seen
from labmgr.domain.snapshot import PartKind, SnapshotKind
from labmgr.errors import DiskFull
from labmgr.services.lab import reserve, snapshots
from tests.lab.clients import wait_for
from tests.lab.place import SECONDS, own_place
from tests.lab.short_day import BY, add_commission, short_day

pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")
MIB = 1 << 20
DISK, RESERVE = 2600, 192  # MiB; labmgr's own images take most of it while they are loaded


@pytest.fixture(scope="module")
def disk(tmp_path_factory):
    """Engine, labs, database: everything of this server lies on it, as in most centres."""
    if os.geteuid() != 0:
        pytest.skip("only root can mount a disk")
    folder = tmp_path_factory.mktemp("small")
    image, mounted = folder / "image", folder / "disk"
    mounted.mkdir()
    with image.open("wb") as file:
        file.truncate(DISK * MIB)
    run("mkfs.ext4", "-q", "-m", "0", str(image))
    run("mount", "-o", "loop", str(image), str(mounted))
    yield mounted
    run("umount", "--lazy", str(mounted))
    image.unlink()


@pytest.fixture(scope="module")
def place(disk):
    settings = {"LABMGR_END_RESERVE_MIB": f"{RESERVE}", "LABMGR_DISK_RESERVE_MIB": "64"}
    with own_place(disk, **settings) as made:
        add_commission(made)
        yield made


@pytest.fixture
def day(place, disk):
    with short_day(place, "petite") as made:
        yield made
        (disk / "others").unlink(missing_ok=True)


def test_it_takes_real_room_and_one_too_large_leaves_nothing(place, disk):
    engine, before = place.tools.engine, free(disk)
    for size in (RESERVE * MIB, RESERVE * MIB, RESERVE * MIB // 2):
        engine.hold_reserve(size)
        assert engine.reserve() == size
        assert before - free(disk) == pytest.approx(size, abs=MIB)
    with pytest.raises(DiskFull):
        engine.hold_reserve(DISK * MIB)
    assert engine.reserve() == 0
    assert free(disk) == pytest.approx(before, abs=MIB)
    assert not engine.give_up_reserve()


def test_a_disk_without_a_byte_left_at_the_bell_costs_no_end_snapshot(day, place, disk):
    engine = place.tools.engine
    assert wait_for(lambda: engine.reserve() == RESERVE * MIB, SECONDS), place.log()
    begun = time.monotonic()
    day.start()
    lab = day.lab()
    script = "echo mine > /root/work; echo mine > /srv/data/work"
    assert engine.run(lab.id, "web", ["sh", "-c", script])[0] == 0
    day.leave(15 + 5 * (time.monotonic() - begun))  # while there is room to write it down
    fill(disk)
    with pytest.raises(DiskFull):
        snapshots.take(place.tools, lab, SnapshotKind.OWN, by=BY)
    assert engine.reserve() == RESERVE * MIB
    assert set(engine.look(lab.id).values()) == {Seen.RUNNING}
    assert held(place) == [], "what fails leaves no node held, whatever the engine lists"
    fill(disk)
    assert day.is_frozen(), place.log()
    assert wait_for(lambda: len(day.ends()) == 1, SECONDS), place.log()
    assert engine.reserve() == 0
    assert [row.what for row in place.tools.store.entries("disk")][-1] == reserve.GIVEN_UP
    assert [one.what[:30] for one in place.tools.store.incidents(day.name, "1")] == [
        reserve.GIVEN_UP[:30]
    ]
    assert kept(place, day.ends()[0], "/root/work") == "mine"
    assert set(engine.look(lab.id).values()) == {Seen.RUNNING}


def kept(place, snapshot, path: str) -> str:
    """Read from the snapshot's image of node web, as a new container of it sees it."""
    image = next(
        part.image for part in snapshot.parts if (part.kind, part.node) == (PartKind.NODE, "web")
    )
    docker = ["docker", "-H", place.engine.socket, "run", "--rm", "--network", "none"]
    return run(*docker, "--entrypoint", "cat", image, path).strip()


def held(place) -> list[str]:
    """Each container asked by itself: on a full disk the list is as it was before."""
    with place.engine.client() as client:
        boxes = [client.containers.get(one.id) for one in client.containers.list(all=True)]
        return [box.name for box in boxes if box.attrs["State"]["Paused"]]


def free(disk: Path) -> int:
    seen = os.statvfs(disk)
    return seen.f_bavail * seen.f_frsize


def fill(disk: Path) -> None:
    """Others write until not a byte more fits, and what the file system had set aside is used."""
    with (disk / "others").open("ab", buffering=0) as file:
        before = -1
        while file.tell() != before:
            before = file.tell()
            for size in (MIB, 4096, 1):
                with suppress(OSError):
                    while True:
                        file.write(b"x" * size)
            os.fsync(file.fileno())
    assert free(disk) == 0


def run(*command: str) -> str:
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout
