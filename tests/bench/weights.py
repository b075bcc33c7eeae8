"""Figure 5: what a lab weighs a minute after green, and what labmgr itself costs while idle."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from labmgr.engines.naming import LAB, NODE, ROLE, Role
from labmgr.engines.parallel import each
from labmgr.services.lab import labs
from tests.bench.classroom import BY, Classroom, at_work, say
from tests.bench.recording import Json

AFTER_GREEN = 60.0  # seconds
IDLE = 60.0
SETTLING = 10.0
TICKS = os.sysconf("SC_CLK_TCK")
STARTING = 120.0  # a machine at work may take long; no figure


@dataclass(frozen=True)
class Idle:
    """`labmgr serve`: all its processes together. Memory in bytes."""

    cpu: float  # share of one core
    resident: int
    proportional: int  # pages shared by several processes counted once
    processes: int


def of_nodes(room: Classroom) -> dict[str, int]:
    """Usage less inactive_file of each node of the first lab, the gateway among them."""
    with at_work(room):
        lab = room.labs[0].id
        room.follow(labs.order_build(room.tools, [lab], by=BY))
        say(f"   waiting {AFTER_GREEN:.0f} s")
        time.sleep(AFTER_GREEN)
        mine = {"label": [f"{LAB}={lab}", f"labmgr.instance={room.tools.site.instance}"]}
        boxes = [
            row
            for row in room.client.containers(filters=mine)
            if row["Labels"][ROLE] != Role.HELPER
        ]
        stats = each(lambda row: room.client.stats(row["Id"], stream=False), boxes)
    return {
        row["Labels"][NODE]: _memory(stat["memory_stats"])
        for row, stat in zip(boxes, stats, strict=True)
    }


def _memory(stat: Json) -> int:
    """`total_inactive_file` on cgroup v1, `inactive_file` on v2."""
    inactive = stat["stats"].get("total_inactive_file", stat["stats"].get("inactive_file", 0))
    return int(stat["usage"]) - int(inactive)


@contextmanager
def serving(room: Classroom, port: int) -> Iterator[int]:
    """`labmgr serve` of this instance as a process of its own; its process id."""
    log = room.home / "serve.log"
    with log.open("wb") as out:
        command = [sys.executable, "-m", "labmgr", "serve", "--port", str(port)]
        served = subprocess.Popen(command, env=dict(room.environment), stdout=out, stderr=out)
        try:
            _answers(port, served, log)
            yield served.pid
        finally:
            served.send_signal(signal.SIGTERM)
            served.wait(60)


def _answers(port: int, served: subprocess.Popen[bytes], log: Path) -> None:
    give_up = time.monotonic() + STARTING
    while time.monotonic() < give_up and served.poll() is None:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{port}/health", timeout=2):
                return
        except OSError:
            time.sleep(0.2)
    raise RuntimeError(f"labmgr serve did not answer: {log.read_text()[-1000:]}")


def idle(pid: int) -> Idle:
    """Over a minute, once it has settled."""
    say(f"   watching labmgr idle for {IDLE:.0f} s")
    time.sleep(SETTLING)
    family = _family(pid)
    before = sum(_ticks(one) for one in family)
    time.sleep(IDLE)
    used = sum(_ticks(one) for one in family) - before
    resident = sum(_status(one, "status", "VmRSS:") for one in family)
    shared_once = sum(_status(one, "smaps_rollup", "Pss:") for one in family)
    return Idle(used / TICKS / IDLE, resident, shared_once, len(family))


def _family(pid: int) -> list[int]:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text().split()
    return [pid, *(one for child in children for one in _family(int(child)))]


def _ticks(pid: int) -> int:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return int(fields[11]) + int(fields[12])


def _status(pid: int, file: str, word: str) -> int:
    rows = (line.split() for line in Path(f"/proc/{pid}/{file}").read_text().splitlines())
    return next(int(row[1]) * 1024 for row in rows if row[0] == word)
