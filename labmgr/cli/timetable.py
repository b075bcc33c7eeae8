"""The command `timetable`: who sits when, where and before whom."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time, tzinfo
from pathlib import Path
from typing import IO, Any

import click
from rich.console import Console

from labmgr.cli.planned import plan, read
from labmgr.cli.shell import Shell, answer, json_option, note, table
from labmgr.cli.timeline import draw
from labmgr.cli.wished import with_limits, with_wishes, zone_of
from labmgr.domain.exam import Phase
from labmgr.domain.passage import Passage
from labmgr.domain.timetable import Limits, Wishes, at
from labmgr.errors import BadInput
from labmgr.services.session import daysheets
from labmgr.services.session import timetable as verbs
from labmgr.services.session.timetable import Change

NO_TERMINAL = 160  # columns


@click.group()
def timetable() -> None:
    """The timetable of a session: who sits when, where and before whom."""


@timetable.command("propose")
@click.argument("name")
@with_wishes
@json_option
@click.pass_obj
def propose(
    shell: Shell, *, name: str, wishes: Wishes | None, own_tools: tuple[str, ...], as_json: bool
) -> None:
    """Propose passages for a day or several; nothing is saved."""
    passages = _proposed(shell, name, wishes, own_tools)
    limits = wishes.limits if wishes else Limits()
    _show(shell, name, passages, limits, as_json=as_json)


@timetable.command("save")
@click.argument("name")
@click.argument("file", type=click.File(encoding="utf-8"), required=False)
@with_wishes
@json_option
@click.pass_obj
def save(
    shell: Shell,
    *,
    name: str,
    file: IO[str] | None,
    wishes: Wishes | None,
    own_tools: tuple[str, ...],
    as_json: bool,
) -> None:
    """Save what `propose` gives with the same options, or FILE: its JSON, edited or not."""
    passages = read(name, file) if file else _proposed(shell, name, wishes, own_tools)
    limits = wishes.limits if wishes else Limits()
    changed = verbs.save(shell.tools, name, passages, by=shell.by, limits=limits)
    found = verbs.clashes_of(shell.tools, name, limits)
    for clash in found:
        note(f"clash: {clash.what} ({clash.mend})")
    data = {"changed": changed, "clashes": found}
    answer(data, as_json=as_json, people=lambda: click.echo(f"{changed} passage(s) changed"))


@timetable.command("show")
@click.argument("name")
@with_limits
@json_option
@click.pass_obj
def show(shell: Shell, *, name: str, limits: Limits, as_json: bool) -> None:
    """Draw the saved timetable, with its clashes and the labs alive at once."""
    _show(shell, name, shell.tools.store.passages(name), limits, as_json=as_json)


@timetable.command("move")
@click.argument("name")
@click.argument("number", metavar="NO")
@click.option("--start", type=time.fromisoformat, metavar="HH:MM", help="Move all four phases.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="With --start: another day.")
@click.option("--commission", help="Another commission.")
@click.option("--place", help="Another place.")
@click.option("--wave", type=click.IntRange(1), help="Another wave.")
@click.option("--own-tools/--no-own-tools", default=None, help="Needs no lab, or needs one.")
@click.option("--zone", type=zone_of, metavar="ZONE", default="Europe/Paris", show_default=True)
@json_option
@click.pass_obj
def move(
    shell: Shell,
    /,
    *,
    name: str,
    number: str,
    start: time | None,
    day: datetime | None,
    zone: tzinfo,
    as_json: bool,
    **given: Any,  # noqa: ANN401 - click's own: commission, place, wave, own_tools
) -> None:
    """Change one passage's plan by hand; the clashes it makes are said."""
    if day and not start:
        raise click.UsageError("--day goes with --start")
    planned = shell.tools.store.passage(name, number).planned
    if start and (first := planned.get(Phase.PHASE_1)):
        given["start"] = at((day or first.astimezone(zone)).date(), start, zone)
    moved = verbs.move(shell.tools, name, number, Change(**given), by=shell.by)
    found = verbs.clashes_of(shell.tools, name, Limits(zone=zone))
    mine = [clash for clash in found if number in clash.candidates]
    for clash in mine:
        note(f"clash: {clash.what} ({clash.mend})")
    data = {"passage": plan(moved), "clashes": mine}
    answer(data, as_json=as_json, people=lambda: click.echo(f"{number}: moved"))


@timetable.command("print")
@click.argument("name")
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True)
@click.option("--zone", type=zone_of, metavar="ZONE", default="Europe/Paris", show_default=True)
@json_option
@click.pass_obj
def print_(shell: Shell, *, name: str, output: Path, zone: tzinfo, as_json: bool) -> None:
    """Write the timetable as PDF: each day for the invigilators and for each commission."""
    pdf = daysheets.printed(shell.tools, name, by=shell.by, zone=zone)
    try:
        output.write_bytes(pdf)
    except OSError as trouble:
        raise BadInput(
            f"{output} cannot be written: {trouble.strerror}", hint="Name another file."
        ) from trouble
    answer({"file": output}, as_json=as_json, people=lambda: click.echo(f"{output} written"))


def _proposed(
    shell: Shell, name: str, wishes: Wishes | None, own_tools: Sequence[str]
) -> list[Passage]:
    if wishes is None:
        raise click.UsageError("Missing option '--day'")
    return verbs.propose(shell.tools, name, wishes, own_tools=own_tools or None)


def _show(
    shell: Shell, name: str, passages: Sequence[Passage], limits: Limits, *, as_json: bool
) -> None:
    tools = shell.tools
    tools.store.session(name)
    fit = verbs.fit(tools, name, passages, limits)
    allowed = verbs.carried(tools, name, limits)
    found = verbs.clashes_of(tools, name, allowed, passages)
    data = {
        "passages": [plan(one) for one in passages],
        "labs": {"most": fit.most, "at": fit.at, "fit": fit.room.labs, "alive": fit.alive},
        "faults": fit.faults,
        "clashes": found,
    }

    def people() -> None:
        console = Console(highlight=False)
        if not console.is_terminal:
            console = Console(highlight=False, width=NO_TERMINAL)
        lines = daysheets.lines_of(tools, name, passages, limits.zone)
        draw(lines, fit.alive, console)
        rows = [
            (one.number, one.commission, one.place, one.wave, *_starts(one.spans)) for one in lines
        ]
        table(["no", "commission", "place", "wave", *Phase, "end"], rows)
        click.echo(f"{fit.most} lab(s) alive at once, {fit.room.labs} fit")
        for fault in (*fit.faults, *(f"clash: {one.what} ({one.mend})" for one in found)):
            note(fault)

    answer(data, as_json=as_json, people=people)


def _starts(spans: Mapping[Phase, tuple[datetime, datetime]]) -> list[str]:
    starts = [f"{start:%d/%m %H:%M}" for start, _ in spans.values()]
    return [*starts, f"{spans[Phase.INTERVIEW_2][1]:%H:%M}"]
