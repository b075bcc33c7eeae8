"""The command `spare`: labs built for nobody, for the candidate whose own can't be had."""

from __future__ import annotations

import click

from labmgr.cli.shell import Shell, answer, json_option, table
from labmgr.cli.waiting import report
from labmgr.services.day import spares


@click.group()
def spare() -> None:
    """Warm spares: `labmgr passage spare` gives one to a candidate."""


@spare.command()
@click.argument("name")
@click.option("--template", required=True, help="What the spare is, as the réalisations.")
@click.option("--wait", is_flag=True, help="Follow the work to its end.")
@json_option
@click.pass_context
def build(ctx: click.Context, *, name: str, template: str, wait: bool, as_json: bool) -> None:
    """Build one more spare, until every probe is green and its start snapshot is verified."""
    shell: Shell = ctx.obj
    job = spares.build(shell.tools, name, template, by=shell.by)
    ctx.exit(report(shell, [job], wait=wait, as_json=as_json))


@spare.command("list")
@click.argument("name")
@json_option
@click.pass_obj
def list_(shell: Shell, name: str, as_json: bool) -> None:
    """The session's spares: free, not fit and why, or whose."""
    found = spares.spares(shell.tools, name)
    rows = [
        (one.lab.id, one.lab.template, one.lab.number, one.taken_by, one.why_not or "free")
        for one in found
    ]
    data = [
        {"lab": one.lab, "taken_by": one.taken_by, "fit": one.fit, "why_not": one.why_not}
        for one in found
    ]
    heads = ["lab", "template", "no", "candidate", ""]
    answer(data, as_json=as_json, people=lambda: table(heads, rows))
