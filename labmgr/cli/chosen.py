"""Which labs of a session a command means, and its order given to each of them."""

from __future__ import annotations

import functools
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, fields
from typing import Any, cast

import click

from labmgr.cli.shell import Command, Shell, json_option, refuse
from labmgr.cli.waiting import report
from labmgr.domain.lab import Lab, LabState
from labmgr.domain.ports import Tools
from labmgr.domain.work import Job
from labmgr.errors import LabmgrError, NotFound
from labmgr.services.day import waves


@dataclass(frozen=True)
class Call:
    """What a verb over some labs of a session was asked with."""

    ctx: click.Context
    name: str
    numbers: tuple[str, ...]
    everyone: bool
    wave: int | None
    wait: bool
    as_json: bool

    @property
    def shell(self) -> Shell:
        return cast("Shell", self.ctx.obj)

    def labs(self) -> list[Lab]:
        """The labs meant; usage error when none or more than one way is used."""
        if self.everyone + bool(self.numbers) + (self.wave is not None) != 1:
            raise click.UsageError("say --all, --wave N, or --candidate NO (as often as needed)")
        if self.wave is not None:
            return waves.labs_of(self.shell.tools, self.name, self.wave)
        if self.everyone:
            store = self.shell.tools.store
            return store.labs(store.session(self.name).name)
        return [lab for no in self.numbers for lab in self._of(no)]

    def _of(self, number: str) -> list[Lab]:
        """All of a candidate's labs: one for each réalisation, and a spare in use."""
        one = pick(self.shell, self.name, number)
        own = self.shell.tools.store.labs(self.name, number)
        return own if one.id in {lab.id for lab in own} else [*own, one]

    def end(self, jobs: Sequence[Job]) -> None:
        self.ctx.exit(report(self.shell, jobs, wait=self.wait, as_json=self.as_json))

    def each(self, order: Callable[[Tools, Lab], Job], *, idle: Collection[LabState]) -> None:
        """Order for every lab meant; of many those in an *idle* state need nothing."""
        meant = self.labs()
        named = self.numbers and len(meant) == len(self.numbers)
        self.order(order, [one for one in meant if named or one.state not in idle])

    def order(self, order: Callable[[Tools, Lab], Job], wanted: Sequence[Lab]) -> None:
        """A refusal names its lab and stops none of the others; it still makes the status 1."""
        jobs, refusals = [], []
        for one in wanted:
            try:
                jobs.append(order(self.shell.tools, one))
            except LabmgrError as refusal:
                refusals.append(refusal)
        status = 0
        if jobs or not refusals or self.as_json:
            status = report(self.shell, jobs, wait=self.wait, as_json=self.as_json)
        for refused in refusals:
            refuse(str(refused), refused.hint)
        self.ctx.exit(1 if refusals else status)


def working(command: Command) -> Command:
    """NAME, which labs, --wait and --json: handed to the command as one Call."""

    @click.argument("name")
    @click.option("--candidate", "numbers", multiple=True, metavar="NO", help="This candidate's.")
    @click.option("--all", "everyone", is_flag=True, help="Every lab of the session.")
    @click.option("--wave", type=int, metavar="N", help="Every lab of this wave's candidates.")
    @click.option("--wait", is_flag=True, help="Follow the work to its end.")
    @json_option
    @click.pass_context
    @functools.wraps(command)
    def wrapped(ctx: click.Context, /, **given: Any) -> object:  # noqa: ANN401 - click's own
        own = {field.name: given.pop(field.name) for field in fields(Call) if field.name != "ctx"}
        return command(Call(ctx, **own), **given)

    return wrapped


def pick(shell: Shell, name: str, number: str) -> Lab:
    """The lab of a candidate's number: where the passage works, which a spare may be.

    Before phase 1, or without a passage, it is the candidate's first. Raises NotFound.
    """
    store = shell.tools.store
    for one in store.passages(store.session(name).name):
        if one.candidate == number and one.lab:
            return store.lab(one.lab)
    for lab in sorted(store.labs(name, number), key=lambda lab: lab.realisation):
        return lab
    raise NotFound(
        f"Session {name} has no candidate {number}",
        hint=f"`labmgr candidate list {name}` shows the numbers.",
    )
