"""The command `place`: seats with their devices, ready or why not."""

from __future__ import annotations

from collections.abc import Sequence

import click

from labmgr.cli.device_set import dry_option, show_previews, yes_option
from labmgr.cli.shell import Shell, answer, ask, json_option, refuse, table
from labmgr.cli.waiting import report
from labmgr.domain.work import Job
from labmgr.errors import Refused
from labmgr.services.equipment import orders, together
from labmgr.services.equipment import places as service
from labmgr.services.equipment.places import Standing
from labmgr.services.equipment.together import Target


@click.group()
def place() -> None:
    """Places: a candidate's seat with its devices, terminals and wires."""


@place.command("list")
@json_option
@click.pass_obj
def list_all(shell: Shell, as_json: bool) -> None:
    """Every place: ready, or why not; asks no device (`labmgr device check` does)."""
    found = service.places(shell.tools)
    answer([_plain(one) for one in found], as_json=as_json, people=lambda: _show(found))


@place.command()
@click.argument("names", nargs=-1)
@click.option("--all", "everywhere", is_flag=True, help="Every place whose next lab is known.")
@click.option("--wait", is_flag=True, help="Follow the work to its end.")
@dry_option
@yes_option
@json_option
@click.pass_context
def prepare(
    ctx: click.Context,
    names: tuple[str, ...],
    *,
    everywhere: bool,
    wait: bool,
    dry: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Set the places' devices to their baseline for whoever comes next, and keep their start.

    Shown first, then asked. A place that is ready already is left as it is under --all.
    """
    if bool(names) == everywhere:
        raise click.UsageError("name places, or say --all")
    shell: Shell = ctx.obj
    chosen = [service.place(shell.tools, name) for name in names] or [
        one for one in service.places(shell.tools) if one.lab and not one.ready
    ]
    refused = False
    if dry or not yes:
        free, targets = _looked_at(shell, chosen)
        chosen, refused = free, len(free) < len(chosen)
        seen = show_previews(shell, targets, as_json=as_json, answered=dry)
        if dry:
            ctx.exit(0 if all(one.good for one in seen) and not refused else 1)
        if targets:
            ask(yes, f"{len(targets)} device(s) are set as shown. Go on?")
    jobs, lost = _ordered(shell, chosen)
    ctx.exit(report(shell, jobs, wait=wait, as_json=as_json) or int(refused or lost))


def _looked_at(shell: Shell, chosen: Sequence[Standing]) -> tuple[list[Standing], list[Target]]:
    """Places where nobody works, and what would be set there; another one is named."""
    free: list[Standing] = []
    found: list[Target] = []
    for one in chosen:
        equipped = [each for each in one.devices if not each.state.aside]
        devices = [each.device for each in equipped if each.device.has_baseline]
        try:
            found += together.targets(shell.tools, devices)
        except Refused as trouble:
            refuse(f"place {one.place.name}: {trouble}", trouble.hint)
        else:
            free.append(one)
    return free, found


def _ordered(shell: Shell, chosen: Sequence[Standing]) -> tuple[list[Job], bool]:
    """One place where somebody works keeps no other from being prepared; it is named."""
    jobs, refused = [], False
    for one in chosen:
        try:
            lab = service.next_lab(one).id
            jobs.append(orders.order_prepare(shell.tools, lab, by=shell.by))
        except Refused as trouble:
            refuse(f"place {one.place.name}: {trouble}", trouble.hint)
            refused = True
    return jobs, refused


def _plain(one: Standing) -> dict[str, object]:
    return {
        "place": one.place.name,
        "ready": one.ready,
        "red": one.red,
        "reasons": list(one.reasons),
        "real": list(one.real),
        "session": one.passage.session if one.passage else None,
        "candidate": one.passage.candidate if one.passage else None,
        "lab": one.lab.id if one.lab else None,
        "devices": [each.state for each in one.devices],
    }


def _show(found: Sequence[Standing]) -> None:
    rows = [
        (
            one.place.name,
            f"{one.passage.session}/{one.passage.candidate}" if one.passage else "",
            ", ".join(f"{each.device.name} ({each.device.nature})" for each in one.devices),
            ", ".join(one.real) or "none",
            "ready" if one.ready else "; ".join(one.reasons),
        )
        for one in found
    ]
    table(["place", "next", "devices", "real now", "state"], rows)
