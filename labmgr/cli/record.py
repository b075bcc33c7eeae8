"""The record of a passage and of a day, and a wave's fallback sheets, as PDF or as facts."""

from __future__ import annotations

from pathlib import Path

import click

from labmgr.cli.shell import Command, Shell, answer, json_option, write_out
from labmgr.services.passage import fallback
from labmgr.services.passage import record as records


@click.group()
def record() -> None:
    """Procès-verbaux and fallback sheets."""


def output_option(command: Command) -> Command:
    """Without a file the facts are wanted: then it takes --json."""
    kind = click.Path(dir_okay=False, path_type=Path)
    return click.option("-o", "--output", type=kind, help="Write the PDF here.")(command)


@record.command("passage")
@click.argument("name")
@click.argument("number", metavar="NO")
@output_option
@json_option
@click.pass_obj
def passage_(shell: Shell, name: str, number: str, output: Path | None, as_json: bool) -> None:
    """One passage: times, accesses, incidents, snapshots, recette, the journal's seal."""
    _need_one(output, as_json=as_json)
    found = records.of_passage(shell.tools, name, number)
    if output:
        write_out(output, shell.tools.paper.passage_record(found), private=True)
    answer(found, as_json=as_json, people=lambda: click.echo(f"{output} written"))


@record.command("day")
@click.argument("name")
@click.option("--day", metavar="DAY", help="Like 2026-05-27; the only day when there is one.")
@output_option
@json_option
@click.pass_obj
def day_(shell: Shell, name: str, day: str | None, output: Path | None, as_json: bool) -> None:
    """All passages of a day, with room for the signatures."""
    _need_one(output, as_json=as_json)
    chosen = records.read_day(day) if day else None
    found = records.of_day(shell.tools, name, chosen)
    if output:
        write_out(output, shell.tools.paper.day_record(found), private=True)
    answer(found, as_json=as_json, people=lambda: click.echo(f"{output} written"))


@record.command("fallback")
@click.argument("name")
@click.option("--wave", type=click.IntRange(min=1), default=1, show_default=True)
@click.option("-o", "--output", type=click.Path(dir_okay=False, path_type=Path), required=True)
@json_option
@click.pass_obj
def fallback_(shell: Shell, name: str, wave: int, output: Path, as_json: bool) -> None:
    """A wave's accesses in clear, for the sealed envelope; readable by you alone.

    That they were shown goes into the journal, lab by lab.
    """
    write_out(output, fallback.sheets_pdf(shell.tools, name, wave, by=shell.by), private=True)
    answer({"file": output}, as_json=as_json, people=lambda: click.echo(f"{output} written"))


def _need_one(output: Path | None, *, as_json: bool) -> None:
    if not output and not as_json:
        raise click.UsageError("Say -o FILE for the PDF, or --json for the facts.")
