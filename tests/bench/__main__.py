"""`python -m tests.bench`: measure what DESIGN promises in numbers, in one run."""

from __future__ import annotations

import logging
import os
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import click

from tests.bench import crowd, weights
from tests.bench.classroom import PORT_BASE, Classroom, at_work, opened, say
from tests.bench.report import Report, load, machine
from tests.bench.rounds import Rounds

SECTIONS = ("build", "reset", "snapshot", "cut", "memory", "idle", "panel")
TIMED = frozenset({"build", "reset", "snapshot", "cut"})
PANEL_PORT = PORT_BASE - 1


@dataclass(frozen=True)
class Choice:
    """The command line."""

    size: int
    runs: int
    template: str
    parallel: int
    sections: frozenset[str]
    file: Path | None
    profile: bool


def _sections(_context: click.Context, _option: click.Parameter, text: str) -> frozenset[str]:
    chosen = frozenset(text.split(",")) if text else frozenset(SECTIONS)
    if unknown := chosen - set(SECTIONS):
        raise click.BadParameter(f"{', '.join(sorted(unknown))}; known: {', '.join(SECTIONS)}")
    return chosen


@click.command()
@click.option("--labs", "size", default=12, show_default=True, type=click.IntRange(1, 40))
@click.option("--runs", default=3, show_default=True, type=click.IntRange(1), help="Medians of.")
@click.option("--template", default="sisr-core", show_default=True)
@click.option("--parallel", default=0, help="Labs worked on at once; by cores when 0.")
@click.option("--only", "sections", default="", callback=_sections, help="Sections, by commas.")
@click.option("--json", "file", type=click.Path(dir_okay=False, path_type=Path))
@click.option("--profile", is_flag=True, help="Show where labmgr's engine calls spend their time.")
def main(**given: Any) -> None:
    """Build, reset and snapshot a class, beside the bare engine and docker-compose."""
    logging.basicConfig(level=logging.WARNING)
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # the room is swept all the same
    choice = Choice(**given)
    facts = {"labs": choice.size, "runs": choice.runs, "template": choice.template} | machine()
    with opened(choice.size, choice.template, choice.parallel) as room:
        report = Report(facts | {"at once": room.tools.site.parallel})
        try:
            _measure(room, report, choice)
        finally:  # what was measured before a failure is not lost with it
            report.facts = {**report.facts, "load at the end": load()}
            report.show()
            if choice.file:
                choice.file.write_text(report.as_json(), encoding="utf-8")


def _measure(room: Classroom, report: Report, choice: Choice) -> None:
    if choice.sections & TIMED:
        rounds = Rounds(room, choice.sections, profile=choice.profile)
        try:
            rounds.run(choice.runs)
        finally:
            report.times(rounds.times)
    if "memory" in choice.sections:
        report.memory(weights.of_nodes(room))
    _serve(room, report, choice.sections)


def _serve(room: Classroom, report: Report, sections: frozenset[str]) -> None:
    """Both figures want `labmgr serve` as its users start it."""
    if not sections & {"idle", "panel"}:
        return
    if "idle" in sections:
        with weights.serving(room, PANEL_PORT) as pid:
            report.idle(weights.idle(pid))
    if "panel" in sections:
        with at_work(room):
            room.remove()
        cookies = crowd.seats(room)
        with weights.serving(room, PANEL_PORT):
            say(f"   {len(cookies)} candidates poll, load {os.getloadavg()[0]:.1f}")
            report.polling(crowd.polls(room, PANEL_PORT, cookies))


if __name__ == "__main__":
    main()
