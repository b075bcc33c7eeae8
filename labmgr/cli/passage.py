"""The command `passage`: the exam day, candidate by candidate."""

from __future__ import annotations

import functools
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar, cast

import click

from labmgr.cli.forms import pairs
from labmgr.cli.shell import Command, Shell, answer, json_option, note, plain, refuse, table
from labmgr.cli.waiting import follow
from labmgr.domain.exam import Phase
from labmgr.domain.extra_time import parse_extra_time
from labmgr.domain.passage import Passage
from labmgr.domain.words import Role
from labmgr.domain.work import ENDED, LANE, Job, Lane
from labmgr.services.day import spares
from labmgr.services.passage import attendance, choices, interruptions, passages
from labmgr.services.session import forms

T = TypeVar("T")
PHASES = click.Choice([phase.value for phase in Phase])
MINUTE = 60
why_needed = click.option("--why", required=True, metavar="TEXT", help="The reason, in the record.")
why_allowed = click.option("--why", default="", metavar="TEXT", help="The reason, in the record.")
wait_option = click.option("--wait", is_flag=True, help="Follow the work to its end.")


@click.group()
def passage() -> None:
    """The passages of a session: each candidate's whole sitting."""


@dataclass(frozen=True)
class One:
    """What a verb over one passage was asked with."""

    ctx: click.Context
    name: str
    number: str
    as_json: bool

    @property
    def shell(self) -> Shell:
        return cast("Shell", self.ctx.obj)

    def do(self, verb: Callable[..., T], *given: object, **more: object) -> T:
        return verb(self.shell.tools, self.name, self.number, *given, by=self.shell.by, **more)

    def say(self, done: Passage) -> None:
        told = seen(self.shell, [done])
        answer(told[0], as_json=self.as_json, people=lambda: show(self.shell, [done]))

    def follow(self, done: Passage, *, wait: bool) -> None:
        """The passage as it is once its lab's door stands as it should, or just as it is."""
        failed = opened(self.shell, [done.lab], wait=wait)
        self.say(self.shell.tools.store.passage(self.name, self.number))
        self.ctx.exit(1 if failed else 0)


def of_one(command: Command) -> Command:
    """NAME, NO and --json: handed to the command as one One. Further arguments stand below it."""

    @click.argument("name")
    @click.argument("number", metavar="NO")
    @json_option
    @click.pass_context
    @functools.wraps(command)
    def wrapped(ctx: click.Context, /, **given: Any) -> object:  # noqa: ANN401 - click's own
        own = {field.name: given.pop(field.name) for field in fields(One) if field.name != "ctx"}
        return command(One(ctx, **own), **given)

    return wrapped


def opened(shell: Shell, labs: Sequence[str], *, wait: bool) -> list[Job]:
    """Follow the orders to open or shut these labs' doors; those that did not end well."""
    unended = shell.tools.store.jobs(unended=True)
    jobs = [job for job in unended if LANE[job.kind] is Lane.ACCESS and job.lab in labs]
    if not wait:
        if jobs:
            note("ordered; --wait follows the work to its end")
        return []
    done = follow(shell, jobs) if jobs else []
    failed = [job for job in done if job.state in ENDED and not job.ended_well]
    for job in failed:
        refuse(f"{job.kind} {job.lab}: {job.outcome}", job.hint)
    return failed


def seen(shell: Shell, found: Sequence[Passage], *, told_all: bool = False) -> list[dict[str, Any]]:
    """As JSON, with what is left of the phase; the choice only where it was asked for."""
    now, told = shell.tools.clock(), []
    for one in found:
        shown = one if told_all else choices.seen_by(one, Role.TECHNICIAN)
        data = cast("dict[str, Any]", plain(shown))
        left = one.clock.left(now) if one.clock else None
        running = one.clock.running if one.clock else False
        told.append(data | {"phase": one.phase, "left": left, "running": running})
    return told


def show(shell: Shell, found: Sequence[Passage], *, told_all: bool = False) -> None:
    heads = ["candidate", "wave", "commission", "place", "state", "left", "lab", "message"]
    rows = [[*_row(shell, one), *([str(one.choice or "")] if told_all else [])] for one in found]
    table([*heads, "choice"] if told_all else heads, rows)


def _row(shell: Shell, one: Passage) -> list[str]:
    left = f"{one.clock.left(shell.tools.clock()) / MINUTE:.1f} min" if one.clock else ""
    state = f"{one.state} ({one.paused})" if one.paused else str(one.state)
    lab = "own tools" if one.own_tools else one.lab
    return [one.candidate, str(one.wave), one.commission, one.place, state, left, lab, one.message]


@passage.command("list")
@click.argument("name")
@click.option("--wave", type=int, help="Only this wave.")
@click.option("--choices", is_flag=True, help="With the commissions' choices; that is journaled.")
@json_option
@click.pass_obj
def passage_list(shell: Shell, name: str, wave: int | None, choices: bool, as_json: bool) -> None:
    """The session's passages: where each stands, and what is left of its phase."""
    store = shell.tools.store
    found = [one for one in store.passages(store.session(name).name) if wave in {None, one.wave}]
    if choices:
        store.write(f"session:{name}", "choices shown on the command line", by=shell.by)
    told = seen(shell, found, told_all=choices)
    answer(told, as_json=as_json, people=lambda: show(shell, found, told_all=choices))


@passage.command()
@of_one
def present(one: One) -> None:
    """The candidate is there; late is noted, nothing follows from it."""
    one.say(one.do(attendance.arrive))


@passage.command()
@of_one
def sign(one: One) -> None:
    """The responsibility text was read and signed on paper, by whoever cannot use the portal."""
    one.say(one.do(attendance.acknowledge_on_paper))


@passage.command()
@click.option("--back", is_flag=True, help="Take it back; needs --why.")
@why_allowed
@of_one
def absent(one: One, back: bool, why: str) -> None:
    """Said by two people on two accounts, since an absence eliminates the candidate."""
    if back:
        one.say(one.do(attendance.take_back_absence, why=why))
    else:
        one.say(one.do(attendance.say_absent))


@passage.command()
@click.option("--why", required=True, metavar="TEXT", help="What the candidate may read.")
@of_one
def block(one: One, why: str) -> None:
    """The file is not conforming: the candidate is not interrogated."""
    one.say(one.do(attendance.block, why))


@passage.command()
@why_needed
@of_one
def unblock(one: One, why: str) -> None:
    """The file is conforming after all."""
    one.say(one.do(attendance.unblock, why=why))


@passage.command()
@why_allowed
@of_one
@click.argument("which", metavar="R", type=int)
def choose(one: One, which: int, why: str) -> None:
    """The commission's choice, kept to itself; after phase 1 began a second person confirms it."""
    one.say(one.do(choices.choose, which, why=why))


@passage.command()
@wait_option
@of_one
@click.argument("phase", type=PHASES)
def start(one: One, phase: str, wait: bool) -> None:
    """Begin a phase; the hour's clock starts when its lab's door stands open."""
    one.follow(one.do(passages.start, Phase(phase)), wait=wait)


@passage.command()
@of_one
@click.argument("text")
def adjust(one: One, text: str) -> None:
    """Note what the commission asks to be changed after interview 1."""
    one.say(one.do(passages.note_adjustment, text))


@passage.command()
@why_needed
@wait_option
@of_one
def finish(one: One, why: str, wait: bool) -> None:
    """End the hour before its time: access is cut for good, as at the bell."""
    one.follow(one.do(passages.finish_hour, why=why), wait=wait)


@passage.command()
@click.option("--minutes", type=float, default=0.0, help="How many to add.")
@click.option("--seconds", type=float, default=0.0, help="How many to add.")
@why_needed
@wait_option
@of_one
def extend(one: One, minutes: float, seconds: float, why: str, wait: bool) -> None:
    """Add time to the present phase, by decision."""
    more = minutes * MINUTE + seconds
    one.follow(one.do(interruptions.extend, more, why=why), wait=wait)


@passage.command()
@why_allowed
@wait_option
@of_one
@click.argument("shares", metavar="PHASE=1/3...", nargs=-1, required=True)
def extra(one: One, shares: tuple[str, ...], why: str, wait: bool) -> None:
    """Added fractions by phase; the phase under way and its door change at once."""
    wanted = {_phase(key): parse_extra_time(text) for key, text in pairs(shares).items()}
    one.do(forms.set_extra_time, wanted, why=why)
    one.follow(one.shell.tools.store.passage(one.name, one.number), wait=wait)


def _phase(word: str) -> Phase:
    if word not in set(Phase):
        raise click.UsageError(f"{word!r} is no phase; they are {', '.join(Phase)}")
    return Phase(word)


@passage.command()
@why_allowed
@wait_option
@of_one
def close(one: One, why: str, wait: bool) -> None:
    """The passage is done; one that was suspended for good needs --why."""
    one.follow(one.do(passages.close, why=why), wait=wait)


@passage.command()
@why_allowed
@of_one
def spare(one: One, why: str) -> None:
    """Go on in a spare lab of the same template, at once; the former one stays as it is."""
    taken = one.do(spares.take, why=why)
    if taken.differing:
        note(f"parameters that are not the candidate's: {', '.join(taken.differing)}")
    told = seen(one.shell, [taken.passage])[0]
    data = told | {"former": taken.former, "differing": list(taken.differing)}
    answer(data, as_json=one.as_json, people=lambda: show(one.shell, [taken.passage]))
