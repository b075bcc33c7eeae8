"""The command `session rehearse`: the whole day on trial, and its go or no-go."""

from __future__ import annotations

import time

import click

from labmgr.cli.shell import Shell, answer, json_option, note, refuse, table
from labmgr.domain.record import LOCAL
from labmgr.domain.rehearsal import Rehearsal, Trial
from labmgr.services.day import rehearsal

LOOK_EVERY = 0.5  # seconds
MIB = 1 << 20


@click.command("rehearse")
@click.argument("name")
@click.option(
    "--hour", type=click.IntRange(5, 3600), default=60, show_default=True, help="Seconds of an hour"
)
@click.option("--last", is_flag=True, help="Only show how the newest one went.")
@json_option
@click.pass_context
def rehearse(ctx: click.Context, name: str, hour: int, last: bool, as_json: bool) -> None:
    """Live the whole day with training candidates and short phases; exit 1 on a no-go.

    A copy of the session is built wave by wave, restored on trial, opened, frozen and removed;
    the session itself is left as it is. With --last nothing is built: the newest report, from
    here or from the panel, with the same exit status.
    """
    shell: Shell = ctx.obj
    report = rehearsal.last(shell.tools, name) if last else _live(shell, name, hour)
    data = {"go": report.go, "reasons": list(report.reasons()), "report": report}
    answer(data, as_json=as_json, people=lambda: _show(report))
    if not report.go:
        refuse("NO-GO", "Mend what is named above, then rehearse again.")
        ctx.exit(1)


def _live(shell: Shell, name: str, hour: int) -> Rehearsal:
    with shell.help_out(shell.tools) as helping:
        if helping:
            note("no worker was at work: this command carries the work out itself")
        return rehearsal.rehearse(
            shell.tools,
            name,
            by=shell.by,
            hour=hour,
            wait=lambda: time.sleep(LOOK_EVERY),
            tell=note,
        )


def _show(report: Rehearsal) -> None:
    heads = ["lab", "wave", "built", "restored", "opened", "frozen", "end kept", ""]
    table(heads, [_row(one) for one in report.trials])
    peak, total = report.memory_peak // MIB, report.memory_total // MIB
    ended = report.ended.astimezone(LOCAL)
    click.echo(f"Rehearsed by {report.by}, ended {ended:%Y-%m-%d %H:%M}")
    click.echo(f"{report.took / 60:.0f} min, at most {peak} of {total} MiB of memory in use")
    for reason in report.reasons():
        click.echo(f"✗ {reason}")
    if report.go:
        click.echo("GO")


def _row(one: Trial) -> list[str]:
    seconds = (one.built, one.restored, one.opened, one.frozen, one.end_kept)
    times = [f"{each:.1f} s" if each is not None else "–" for each in seconds]
    return [one.lab, str(one.wave), *times, "✓" if one.good else f"✗ {one.trouble}"]
