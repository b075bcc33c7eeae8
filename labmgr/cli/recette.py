"""The command `recette`: replay the table of flows in one lab, and read what it showed."""

from __future__ import annotations

from collections.abc import Sequence

import click

from labmgr.cli.chosen import pick
from labmgr.cli.shell import Shell, answer, json_option
from labmgr.cli.waiting import report
from labmgr.domain.recette import Remark, Result
from labmgr.services.passage import recette as service

VERDICTS = {True: "✓ as expected", False: "✗ NOT AS EXPECTED", None: "– not replayed"}
VERDICT_WIDTH = max(map(len, VERDICTS.values()))


@click.group()
def recette() -> None:
    """The examiners' acceptance of one lab, line by line."""


@recette.command()
@click.argument("name")
@click.argument("number")
@click.option("--line", type=int, metavar="N", help="Only this line.")
@click.option("--wait", is_flag=True, help="Follow to the end; exit 1 when a line is red.")
@json_option
@click.pass_context
def run(  # noqa: PLR0917 - as click hands them over
    ctx: click.Context, name: str, number: str, line: int | None, wait: bool, as_json: bool
) -> None:
    """Replay the recette in a standing lab; each replay is kept beside the others."""
    shell: Shell = ctx.obj
    lab = pick(shell, name, number)
    job = service.order_recette(shell.tools, lab.id, by=shell.by, line=line)
    if not wait:
        ctx.exit(report(shell, [job], wait=False, as_json=as_json))
    status = report(shell, [job], wait=True, as_json=as_json)
    if status == 0:
        newest = shell.tools.store.recettes(lab.id)[0]
        status = 0 if newest.green == len(newest.results) else 1
        if not as_json:
            _show_results([(one, ()) for one in newest.results])
    ctx.exit(status)


@recette.command()
@click.argument("name")
@click.argument("number")
@json_option
@click.pass_obj
def show(shell: Shell, name: str, number: str, as_json: bool) -> None:
    """The newest answer to each line, with the commission's remarks."""
    lab = pick(shell, name, number)
    sheet = service.results(shell.tools, lab.id)
    if sheet.trouble and not sheet.runs:
        raise sheet.trouble
    answer(sheet, as_json=as_json, people=lambda: _show(sheet))


def _show(sheet: service.Sheet) -> None:
    _show_results([(line.result, line.remarks) for line in sheet.lines])
    for one in sheet.remarks:
        about = f" [{one.about}]" if one.about else ""
        click.echo(f"remark of {one.by}, {one.at:%F %T} UTC{about}: {one.text}")
    click.echo(
        f"{sheet.green} of {len(sheet.lines)} lines as expected, {sheet.red} not; "
        f"{len(sheet.runs)} replay(s) kept"
    )


def _show_results(rows: Sequence[tuple[Result, tuple[Remark, ...]]]) -> None:
    """One line a row, however long: the terminal folds it, scripts and eyes find its beginning."""
    ways = [f"{one.source} → {one.target}" for one, _ in rows]
    wide = max(map(len, ways), default=0)
    asked = max((len(one.asked) for one, _ in rows), default=0)
    for (one, remarks), way in zip(rows, ways, strict=True):
        head = f"{one.line:>3} {VERDICTS[one.green]:<{VERDICT_WIDTH}} {way:<{wide}}"
        what = f"{one.asked:<{asked}} {one.expected:<7}"
        click.echo(f"{head}  {what}  {one.title}{' — ' if one.evidence else ''}{one.evidence}")
        for said in remarks:
            click.echo(f"      remark of {said.by}, {said.at:%F %T} UTC: {said.text}")
