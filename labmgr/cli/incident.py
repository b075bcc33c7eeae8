"""The command `incident`: what kept candidates from working, and what is decided on it."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from labmgr.cli.shell import Shell, answer, json_option, table
from labmgr.domain.passage import Incident
from labmgr.domain.record import LOCAL
from labmgr.errors import NotFound
from labmgr.services.passage import decisions
from labmgr.services.passage.decisions import Decision

MINUTE = 60
DECISIONS = click.Choice([one.value for one in Decision])


@click.group()
def incident() -> None:
    """Incidents of a session: labmgr only proposes, people decide."""


@incident.command("list")
@click.argument("name")
@click.option("--all", "every", is_flag=True, help="Those that were decided too.")
@json_option
@click.pass_obj
def list_(shell: Shell, name: str, every: bool, as_json: bool) -> None:
    """Those that wait for a decision, with what was lost and what is proposed."""
    shell.tools.store.session(name)
    found = shell.tools.store.incidents(name)
    told = [_told(shell, one) for one in found if every or not one.decision]
    answer(told, as_json=as_json, people=lambda: _show(told))


@incident.command()
@click.argument("name")
@click.argument("which", metavar="INCIDENT", type=int)
@click.argument("decision", type=DECISIONS)
@click.option("--minutes", type=float, default=0.0, help="With give: how many.")
@click.option("--why", required=True, metavar="TEXT", help="The reason, in the record.")
@json_option
@click.pass_obj
def decide(
    shell: Shell, *, name: str, which: int, decision: str, minutes: float, why: str, as_json: bool
) -> None:
    """Give time back to the present phase, report the passage, or compensate nothing."""
    one = _found(shell, name, which)
    whose = shell.tools, one.session, one.candidate
    seconds = minutes * MINUTE
    decisions.decide(*whose, which, Decision(decision), by=shell.by, why=why, seconds=seconds)
    told = _told(shell, _found(shell, name, which))
    answer(told, as_json=as_json, people=lambda: _show([told]))


def _found(shell: Shell, name: str, which: int) -> Incident:
    known = {one.id: one for one in shell.tools.store.incidents(name)}
    if which in known:
        return known[which]
    raise NotFound(
        f"Session {name} has no incident {which}", hint="`labmgr incident list` shows them."
    )


def _told(shell: Shell, one: Incident) -> dict[str, Any]:
    passage, now = shell.tools.store.passage(one.session, one.candidate), shell.tools.now()
    over = decisions.proposed(passage, one, now) if one.ended and not one.decision else None
    return asdict(one) | {"lost": decisions.lost(passage, one, now), "proposed": over}


def _show(told: list[dict[str, Any]]) -> None:
    heads = ["no", "candidate", "noticed", "what", "lost", "proposed", "decision"]
    rows = [
        (
            one["id"],
            one["candidate"],
            f"{one['noticed'].astimezone(LOCAL):%H:%M:%S}",
            one["what"],
            f"{one['lost']:.0f} s",
            one["proposed"] or ("" if one["ended"] else "not over"),
            one["decision"],
        )
        for one in told
    ]
    table(heads, rows)
