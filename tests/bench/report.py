"""The figures beside their goals, as a table and as JSON."""

from __future__ import annotations

import json
import os
import platform
import statistics
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path

from rich.console import Console
from rich.table import Table

from tests.bench.crowd import Polling
from tests.bench.rounds import Times
from tests.bench.weights import Idle

MIB = 1 << 20
MEMORY_GOAL, RESIDENT_GOAL = 800, 200
WRITTEN_GOAL, WRITTEN_GOAL_DATA = 20, 120
DATA = frozenset({"db", "sup"})  # database and supervision nodes of both core templates
CUT_GOAL, P95_GOAL, CPU_GOAL = 1.0, 250, 1.0
FLOOR_GOALS = {"build": 1.5, "reset": 1.5, "snapshot": 1.2}
GATEWAY = "@gateway"


@dataclass(frozen=True)
class Figure:
    """One line. `reached` is None where there is no goal."""

    what: str
    value: float
    unit: str
    goal: str = ""
    reached: bool | None = None
    floor: float | None = None
    rival: float | None = None

    @property
    def ratio(self) -> float | None:
        return self.value / self.floor if self.floor else None


@dataclass
class Report:
    facts: Mapping[str, object]
    figures: list[Figure] = field(default_factory=list)
    runs: dict[str, dict[str, list[float]]] = field(default_factory=dict)

    def times(self, times: Times) -> None:
        self.runs = times.rows
        for what, rows in times.rows.items():
            medians = {who: statistics.median(runs) for who, runs in rows.items()}
            if "labmgr" in medians:
                self.figures.append(_timed(what, medians))
        for node, size in sorted(times.written.items()):
            goal = WRITTEN_GOAL_DATA if node in DATA else WRITTEN_GOAL
            self.figures.append(_at_most(f"written before ready, {node}", size / MIB, "MiB", goal))

    def memory(self, nodes: Mapping[str, int]) -> None:
        parts = {node: size for node, size in nodes.items() if "gateway" not in node}
        whole = sum(parts.values()) / MIB
        self.figures.append(
            _at_most("one lab's parts, 60 s after green", whole, "MiB", MEMORY_GOAL)
        )
        for node, size in nodes.items():
            self.figures.append(Figure(f"  {node}", size / MIB, "MiB"))

    def idle(self, found: Idle) -> None:
        cpu = _at_most("labmgr idle, of a core", 100 * found.cpu, "%", CPU_GOAL)
        rss = _at_most("labmgr idle, resident", found.resident / MIB, "MiB", RESIDENT_GOAL)
        words = f"  pages counted once, {found.processes} processes"
        self.figures += [cpu, rss, Figure(words, found.proportional / MIB, "MiB")]

    def polling(self, found: Polling) -> None:
        p95 = _at_most(
            "panel under 200 candidates, p95", 1000 * found.percentile(0.95), "ms", P95_GOAL
        )
        median = Figure("  median", 1000 * found.percentile(0.5), "ms")
        asked = Figure(f"  requests in {found.seconds:.0f} s", len(found.took), "")
        failed = _at_most("  not answered as expected", len(found.failed), "", 0)
        self.figures += [p95, median, asked, failed]

    def as_json(self) -> str:
        rows = [asdict(one) | {"ratio": one.ratio} for one in self.figures]
        document = {"facts": dict(self.facts), "figures": rows, "runs": self.runs}
        return json.dumps(document, indent=2, ensure_ascii=False)

    def show(self) -> None:
        table = Table(title=", ".join(f"{key} {value}" for key, value in self.facts.items()))
        for head in ("figure", "value", "floor", "rival", "ratio", "goal", "reached"):
            table.add_column(head, justify="left" if head in {"figure", "goal"} else "right")
        for one in self.figures:
            table.add_row(
                one.what,
                f"{one.value:.2f} {one.unit}".strip(),
                _number(one.floor),
                _number(one.rival),
                _number(one.ratio),
                one.goal,
                {None: "", True: "yes", False: "NO"}[one.reached],
            )
        Console(width=120).print(table)


def machine() -> dict[str, object]:
    """What the figures depend on."""
    meminfo = Path("/proc/meminfo").read_text().split()
    return {
        "cores": len(os.sched_getaffinity(0)),
        "memory": f"{int(meminfo[1]) >> 20} GiB",
        "kernel": platform.release(),
        "load": load(),
    }


def load() -> str:
    return " ".join(f"{one:.1f}" for one in os.getloadavg())


def _timed(what: str, medians: Mapping[str, float]) -> Figure:
    own, floor = medians["labmgr"], medians.get("floor")
    rival = medians.get("docker-compose")
    if what.startswith("cut"):
        return _at_most(what, own, "s", CUT_GOAL)
    limit = FLOOR_GOALS.get(what)
    if limit is None or floor is None:
        return Figure(what, own, "s", floor=floor, rival=rival)
    goal = f"≤ {limit} × floor" + (", ≤ rival" if rival else "")
    reached = own <= limit * floor and (rival is None or own <= rival)
    return Figure(what, own, "s", goal, reached, floor, rival)


def _at_most(what: str, value: float, unit: str, most: float) -> Figure:
    return Figure(what, value, unit, f"≤ {most:g} {unit}".strip(), value <= most)


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"
