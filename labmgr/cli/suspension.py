"""The commands `passage suspend` and `passage resume`: of one candidate, or of everybody."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Sequence
from typing import Any

import click

from labmgr.cli.passage import opened, seen, show, wait_option, why_allowed, why_needed
from labmgr.cli.shell import Command, Shell, answer, json_option, refuse
from labmgr.domain.passage import UNDER_WAY, Passage, PassageState
from labmgr.domain.work import JobKind
from labmgr.services.passage import interruptions


def of_some(command: Command) -> Command:
    """NAME, then NO or --all."""

    @click.argument("name")
    @click.argument("number", metavar="[NO]", required=False)
    @click.option("--all", "everyone", is_flag=True, help="Every passage that this concerns.")
    @json_option
    @click.pass_context
    @functools.wraps(command)
    def wrapped(ctx: click.Context, /, **given: Any) -> object:  # noqa: ANN401 - click's own
        if bool(given["number"]) == given["everyone"]:
            raise click.UsageError("say NO, or --all")
        return command(ctx, **given)

    return wrapped


@click.command()
@why_needed
@wait_option
@of_some
def suspend(
    ctx: click.Context,
    *,
    name: str,
    number: str | None,
    everyone: bool,
    why: str,
    wait: bool,
    as_json: bool,
) -> None:
    """Stop the clock and cut access: an incident. With --all, of everybody under way."""
    shell: Shell = ctx.obj
    if everyone:
        interruptions.suspend_all(shell.tools, name, by=shell.by, why=why)
    else:
        interruptions.suspend(shell.tools, name, str(number), by=shell.by, why=why)
    found = [one for one in _meant(shell, name, number) if one.state in UNDER_WAY]
    failed = opened(shell, [one.lab for one in found], wait=wait)
    tell(shell, found, as_json=as_json)
    left = _left_out(one for one in found if one.state is not PassageState.SUSPENDED)
    ctx.exit(1 if failed else left)


@click.command()
@why_allowed
@wait_option
@of_some
def resume(
    ctx: click.Context,
    *,
    name: str,
    number: str | None,
    everyone: bool,
    why: str,
    wait: bool,
    as_json: bool,
) -> None:
    """Go on where the clock stood; an hour goes on when its lab's door is open again."""
    shell: Shell = ctx.obj
    halted = [one for one in _meant(shell, name, number) if one.paused]
    if everyone:
        interruptions.resume_all(shell.tools, name, by=shell.by, why=why)
    else:
        interruptions.resume(shell.tools, name, str(number), by=shell.by, why=why)
    ordered = {job.lab for job in shell.tools.store.jobs(unended=True) if job.kind is JobKind.OPEN}
    failed = opened(shell, [one.lab for one in halted], wait=wait)
    now = [shell.tools.store.passage(name, one.candidate) for one in halted]
    tell(shell, now, as_json=as_json)
    left = _left_out(one for one in now if one.paused and (wait or one.lab not in ordered))
    ctx.exit(1 if failed else left)


def tell(shell: Shell, found: Sequence[Passage], *, as_json: bool) -> None:
    answer(seen(shell, found), as_json=as_json, people=lambda: show(shell, found))


def _meant(shell: Shell, name: str, number: str | None) -> list[Passage]:
    store = shell.tools.store
    if number:
        return [store.passage(name, number)]
    return store.passages(store.session(name).name)


def _left_out(those: Iterable[Passage]) -> int:
    left = [one.candidate for one in those]
    if left:
        refuse(f"not done for {', '.join(left)}", "`labmgr journal show` says why.")
    return 1 if left else 0
