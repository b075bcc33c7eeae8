"""The command `wave`: the labs of candidates who sit together, readied and put away."""

from __future__ import annotations

from collections.abc import Sequence

import click

from labmgr.cli.shell import Shell, answer, json_option, note, refuse, table
from labmgr.cli.waiting import follow, report
from labmgr.domain.lab import STANDING
from labmgr.domain.work import Job
from labmgr.services.day import waves
from labmgr.services.day.waves import Turn, Wave

MIB = 1 << 20
wait_option = click.option("--wait", is_flag=True, help="Follow the work to its end.")


@click.group()
def wave() -> None:
    """Waves: candidates who sit together, and their labs."""


@wave.command()
@click.argument("name")
@click.option("--wave", "number", type=int, help="Only this one.")
@json_option
@click.pass_obj
def show(shell: Shell, name: str, number: int | None, as_json: bool) -> None:
    """Each wave: its passages, its labs, the memory they still want and what is free."""
    found = [one for one in waves.waves(shell.tools, name) if number in {None, one.number}]
    answer([_plain(one) for one in found], as_json=as_json, people=lambda: _show(found))


def _plain(one: Wave) -> dict[str, object]:
    """Never the passages whole: before phase 1 their choice is nobody's to see."""
    return {
        "wave": one.number,
        "candidates": [who.candidate for who in one.passages],
        "states": {who.candidate: who.state for who in one.passages},
        "labs": {lab.id: lab.state for lab in one.labs},
        "memory_wanted": one.memory_wanted,
        "memory_free": one.memory_free,
    }


def _show(found: Sequence[Wave]) -> None:
    rows = [
        (
            one.number,
            ", ".join(f"{who.candidate} ({who.state})" for who in one.passages),
            f"{sum(lab.state in STANDING for lab in one.labs)} of {len(one.labs)}",
            f"{one.memory_wanted // MIB} MiB",
            "unknown" if one.memory_free is None else f"{one.memory_free // MIB} MiB",
        )
        for one in found
    ]
    table(["wave", "passages", "labs standing", "memory wanted", "free"], rows)
    if any(one.memory_free is None for one in found):
        note("the container engine does not answer: states as last known, free memory unknown")


@wave.command()
@click.argument("name")
@click.option("--wave", "number", type=int, required=True, metavar="N")
@wait_option
@json_option
@click.pass_context
def prepare(ctx: click.Context, name: str, *, number: int, wait: bool, as_json: bool) -> None:
    """Build what the wave may need: of each candidate every réalisation that differs."""
    shell: Shell = ctx.obj
    jobs = waves.prepare(shell.tools, name, number, by=shell.by)
    ctx.exit(report(shell, jobs, wait=wait, as_json=as_json))


@wave.command()
@click.argument("name")
@click.option("--force", is_flag=True, help="Even while passages run: they keep their labs.")
@click.option("--why", default="", metavar="TEXT", help="The reason, for the journal.")
@wait_option
@json_option
@click.pass_context
def turn(
    ctx: click.Context, name: str, *, force: bool, why: str, wait: bool, as_json: bool
) -> None:
    """Between two waves: put the finished one's labs away, with their snapshots; ready the next."""
    if force and not why:
        raise click.UsageError("--force needs --why TEXT")
    shell: Shell = ctx.obj
    done = waves.turn(shell.tools, name, by=shell.by, force=force, why=why)
    jobs: list[Job] = [*done.put_away, *done.prepared]
    if wait and jobs:
        jobs = follow(shell, jobs)
    elif jobs:
        note("ordered; --wait follows the work to its end")
    answer(_turned(done, jobs), as_json=as_json, people=lambda: _say(done))
    failed = [job for job in jobs if wait and not job.ended_well]
    for job in failed:
        refuse(f"{job.kind} {job.lab}: {job.outcome}", job.hint)
    ctx.exit(1 if failed else 0)


def _turned(done: Turn, jobs: Sequence[Job]) -> dict[str, object]:
    return {
        "finished": done.finished,
        "coming": done.coming,
        "changes": done.changes,
        "put_away": [job.lab for job in done.put_away],
        "prepared": [job.lab for job in done.prepared],
        "jobs": list(jobs),
    }


def _say(done: Turn) -> None:
    coming = f"wave {done.coming} readied" if done.coming else "no wave is left"
    click.echo(
        f"{done.changes} changes: {len(done.put_away)} labs put away, "
        f"{len(done.prepared)} built; {coming}"
    )
