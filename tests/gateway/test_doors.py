"""Doors close by the boot clock, and stay closed when in doubt."""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from labmgr_gateway import children, doors
from labmgr_gateway.doors import ALL_CLOSED, CLOSED, Door
from labmgr_gateway.gate import door_of

OPEN = {"candidate": Door(open=True, end=100.0, until="soon"), "examiner": Door(open=True)}


def test_a_door_closes_at_its_end_and_one_without_end_stays():
    assert doors.at(OPEN, 99.9) == OPEN
    assert doors.at(OPEN, 100.0) == {"candidate": CLOSED, "examiner": OPEN["examiner"]}
    assert doors.next_end(OPEN) == 100.0
    assert doors.next_end(ALL_CLOSED) is None


def test_doors_are_found_again_within_one_boot_only(tmp_path):
    doors.save(tmp_path / "gate.json", OPEN, "this boot")
    assert doors.load(tmp_path / "gate.json", "this boot") == OPEN
    assert doors.load(tmp_path / "gate.json", "another boot") == ALL_CLOSED


@pytest.mark.parametrize(
    "text", ["", "{}", "[]", "null", '{"boot_id": "b"}', '{"boot_id": "b", "candidate": {"x": 1}']
)
def test_a_file_that_cannot_be_read_means_closed(tmp_path, text):
    (tmp_path / "gate.json").write_text(text)
    assert doors.load(tmp_path / "gate.json", "b") == ALL_CLOSED
    assert doors.load(tmp_path / "missing.json", "b") == ALL_CLOSED


@pytest.mark.parametrize(
    ("seconds", "until", "left"),
    [
        (60.0, None, 60),
        (None, timedelta(minutes=5), 300),
        (60.0, timedelta(minutes=-5), 60),  # a wrong wall clock changes nothing
        (None, None, None),
    ],
)
def test_seconds_rule_and_an_instant_alone_is_measured_once(seconds, until, left):
    instant = until and datetime.now(UTC) + until
    args = argparse.Namespace(verb="open", seconds=seconds, until=instant)
    door = door_of(args)
    assert door.open
    if left is None:
        assert door.end is None
    else:
        assert door.end - doors.boot_clock() == pytest.approx(left, abs=1)


# In a process of its own: whoever adopts orphans kills every child that it does not know.
PID_1 = """
import ctypes, json, os, time
ctypes.CDLL(None).prctl(36, 1)  # adopt orphans, as PID 1 does
from labmgr_gateway.children import Children, children_of
ours = Children()
tree = lambda top: [p for c in children_of(top) for p in (c, *tree(c))]
give_up = time.monotonic() + 60
"""
CLOSING = """
wanted = {name: ["/bin/sh", "-c", "sleep 60 & setsid sleep 60 & wait"] for name in "ab"}
for _ in range(3):
    ours.keep(wanted)
    while len(tree(os.getpid())) < 6 and time.monotonic() < give_up: time.sleep(0.05)
    before = len(tree(os.getpid()))
    start = time.monotonic()
    [*children_of(os.getpid())]
    look = time.monotonic() - start
    start = time.monotonic()
    ours.keep({"b": wanted["b"]})
    took = time.monotonic() - start
    print(json.dumps([before, len(tree(os.getpid())), took, look]))
ours.keep({})
print(json.dumps(tree(os.getpid())))
"""
ENDING = """
wanted, starts = {"a": ["/bin/sh", "-c", "echo here"]}, []
while len(starts) < 2 and time.monotonic() < give_up:
    ours.keep(wanted)
    starts += {*ours._started.values()} - {*starts}
    time.sleep(0.05)
while ours._pids and time.monotonic() < give_up:
    ours._reap(); time.sleep(0.05)
print(starts[1] - starts[0])
"""


def as_pid_1(script: str) -> list[str]:
    command = [sys.executable, "-B", "-c", PID_1 + script]
    folder = Path(children.__file__).parents[1]
    return subprocess.check_output(command, cwd=folder, text=True).splitlines()


def test_closing_leaves_nobody_of_the_closed_side_and_everybody_of_the_other():
    """Sessions that left their listener's process group are found all the same."""
    *rounds, last = map(json.loads, as_pid_1(CLOSING))
    for before, after, *_ in rounds:
        assert before >= 6
        assert after == before / 2
    # A gateway has a handful of processes to look through, this machine all of its own.
    assert any(took < max(0.5, 10 * look) for *_, took, look in rounds), rounds
    assert last == []


def test_what_ends_by_itself_starts_again_after_a_rest():
    *said, pause = as_pid_1(ENDING)
    assert said.count("here") == 2
    assert said.count("a ended (0); it starts again") == 2
    assert float(pause) >= children.REST
