"""The hand on the host's cgroups: its scripts on a tree of plain files, its helper for real."""

from __future__ import annotations

import os
import subprocess
import uuid
from dataclasses import replace
from pathlib import Path

import pytest

from labmgr.engines import cgroups
from labmgr.engines.cgroups import FREEZE, LIMIT, LIMIT_SLICES, SWEEP, SWEEP_SLICES, Cgroups
from labmgr.engines.reach import Reach
from labmgr.engines.systemd import SystemdWay, Way
from labmgr.errors import EngineError
from tests.engine.bench import Bench

PARENT = SystemdWay(Way.PARENT)
NAMED = SystemdWay(Way.NAMED)


def run(script: str, tree: Path, *words: str) -> subprocess.CompletedProcess[str]:
    command = ["/bin/sh", "-c", script, str(tree), *words]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def groups(tmp_path) -> list[Path]:
    """Two groups of cgroup v2 as plain files: what is written there can be read."""
    made = [tmp_path / "labmgr" / name for name in ("one", "two")]
    for group in made:
        group.mkdir(parents=True)
        for file in ("memory.max", "memory.swap.max", "pids.max", "cgroup.freeze"):
            (group / file).write_text("max\n")
    return made


def test_limits_stand_on_each_parent_group_made_or_not(tmp_path, groups):
    words = ["labmgr/one", "1000", "10", "50", "labmgr/new", "2000", "20", "200"]
    assert run(LIMIT, tmp_path, *words).returncode == 0
    assert (groups[0] / "memory.swap.max").read_text() == "0\n"
    for group, memory, pids, cpu in (("one", 1000, 10, 50000), ("new", 2000, 20, 200000)):
        at = tmp_path / "labmgr" / group
        assert (at / "memory.max").read_text() == f"{memory}\n"
        assert (at / "pids.max").read_text() == f"{pids}\n"
        assert (at / "cpu.max").read_text() == f"{cpu} 100000\n"
    for above in (tmp_path, tmp_path / "labmgr"):
        assert (above / "cgroup.subtree_control").read_text() == "+cpu +memory +pids\n"


def test_a_limit_that_cannot_be_set_is_a_failure(tmp_path, groups):
    (groups[1] / "pids.max").unlink()
    (groups[1] / "pids.max").mkdir()
    assert run(LIMIT, tmp_path, "labmgr/two", "1", "1", "1").returncode != 0
    assert run(LIMIT, tmp_path / "none", "labmgr/one", "1", "1", "1").returncode != 0


@pytest.fixture
def said_to_systemctl(tmp_path, monkeypatch) -> Path:
    """A systemctl that writes down its arguments and refuses the slice named `labmgr-bad`."""
    told = tmp_path / "told"
    program = tmp_path / "bin" / "systemctl"
    program.parent.mkdir()
    program.write_text(f'#!/bin/sh\necho "$*" >> {told}\ncase "$*" in *labmgr-bad*) exit 1; esac\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{program.parent}:{os.environ['PATH']}")
    return told


def test_a_slice_gets_its_limits_from_systemd_and_is_stopped_by_it(tmp_path, said_to_systemctl):
    group = "labmgr.slice/labmgr-one.slice"
    assert run(LIMIT_SLICES, tmp_path, group, "1000", "10", "50").returncode == 0
    assert run(SWEEP_SLICES, tmp_path, group).returncode == 0
    limits = "MemoryMax=1000 MemorySwapMax=0 TasksMax=10 CPUQuota=50%"
    assert said_to_systemctl.read_text().splitlines() == [
        "set-property --runtime labmgr.slice CPUWeight=50",
        f"set-property --runtime labmgr-one.slice {limits}",
        "stop labmgr-one.slice",
        "revert labmgr-one.slice",
    ]


def test_a_slice_that_systemd_refuses_is_a_failure(tmp_path, said_to_systemctl):
    assert run(LIMIT_SLICES, tmp_path, "labmgr-bad.slice", "1", "1", "1").returncode != 0


def test_the_freeze_reaches_every_group_that_is_there(tmp_path, groups):
    assert run(FREEZE, tmp_path, "1", "labmgr/one", "labmgr/gone", "labmgr/two").returncode == 0
    assert [(group / "cgroup.freeze").read_text() for group in groups] == ["1\n", "1\n"]
    assert run(FREEZE, tmp_path, "0", "labmgr/one").returncode == 0
    assert (groups[0] / "cgroup.freeze").read_text() == "0\n"


def test_empty_groups_are_swept_in_every_hierarchy_and_used_ones_are_told(tmp_path):
    for hierarchy in ("memory", "systemd"):
        (tmp_path / hierarchy / "labmgr" / "one" / "deep" / "deeper").mkdir(parents=True)
    (tmp_path / "labmgr" / "one").mkdir(parents=True)
    used = tmp_path / "memory" / "labmgr" / "two"
    used.mkdir()
    (used / "in use").touch()
    done = run(SWEEP, tmp_path, "labmgr/one", "labmgr/two", "labmgr/none")
    assert done.returncode == 0
    assert [path.name for path in tmp_path.rglob("one")] == []
    assert "memory/labmgr/two" in done.stdout


def test_nothing_is_run_where_the_way_needs_nothing():
    hand = Cgroups(Reach("unix:///no/such.sock", "t"), "labmgr/guard:0")
    node = Bench(None, "i", "g", ("", "", "")).plan().nodes[0]
    for way in (NAMED, SystemdWay(Way.NONE)):
        hand.limit(way, [("n", node)])
        hand.freeze(way, ["n"], frozen=True)
    hand.sweep(SystemdWay(Way.NONE), ["n"])
    hand.freeze(PARENT, [], frozen=True)
    hand.sweep(NAMED, [])


def test_a_failure_says_what_could_not_be_done(monkeypatch, tmp_path):
    monkeypatch.setattr(cgroups, "TREE", str(tmp_path / "none"))
    monkeypatch.setattr(Cgroups, "_at_home", lambda _: True)
    hand = Cgroups(Reach("unix:///no/such.sock", "t"), "labmgr/guard:0")
    node = replace(Bench(None, "i", "g", ("", "", "")).plan().nodes[0], memory=1, pids=1)
    with pytest.raises(EngineError, match="limits of systemd nodes") as trouble:
        hand.limit(PARENT, [("n", node)])
    assert "labmgr doctor" in trouble.value.hint


@pytest.mark.docker
@pytest.mark.skipif(
    os.geteuid() != 0 or not Path("/sys/fs/cgroup/systemd").is_dir(),
    reason="needs root on a host with cgroup v1",
)
def test_who_is_not_root_sweeps_by_a_helper(own, monkeypatch):
    name = f"try-{uuid.uuid4().hex[:8]}"
    group = Path("/sys/fs/cgroup/systemd/labmgr") / name / "below"
    group.mkdir(parents=True)
    monkeypatch.setattr(Cgroups, "_at_home", lambda _: False)
    reach = Reach(None, "ttry")
    Cgroups(reach, own["guard"]).sweep(NAMED, [name])
    reach.close()
    assert not group.parent.exists()
