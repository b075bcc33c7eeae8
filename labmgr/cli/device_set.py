"""The commands of `device` that change a device, or take it out of the sitting."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import click

from labmgr.cli.device import chosen_options, told
from labmgr.cli.shell import Shell, answer, ask, json_option
from labmgr.domain.inventory import Device
from labmgr.errors import BadInput
from labmgr.services.equipment import baselines, by_hand, orders, servers, states, together
from labmgr.services.equipment.asking import Report, all_at_once, noted
from labmgr.services.equipment.baselines import Preview
from labmgr.services.equipment.together import Target

THERE = click.Path(exists=True, dir_okay=False, path_type=Path)
dry_option = click.option("--dry-run", "dry", is_flag=True, help="Show what would change, no more.")
yes_option = click.option("--yes", is_flag=True, help="Do not ask.")
why_option = click.option("--why", required=True, metavar="TEXT", help="For the journal.")


@click.command()
@chosen_options
@click.option("--lab", default="", metavar="LAB", help="For this lab, not the place's next one.")
@dry_option
@yes_option
@json_option
@click.pass_context
def baseline(
    ctx: click.Context,
    *,
    place: str | None,
    names: tuple[str, ...],
    lab: str,
    dry: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Set devices to their baseline for whoever comes next; shown first, then asked.

    Exit 1 when one could not be set: it is named with what happened.
    """
    shell: Shell = ctx.obj
    chosen = shell.tools.inventory.read().chosen(place, names)
    targets = together.targets(shell.tools, [one for one in chosen if one.has_baseline], lab)
    if dry or not yes:
        seen = show_previews(shell, targets, as_json=as_json, answered=dry)
        if dry:
            ctx.exit(0 if all(one.good for one in seen) else 1)
        ask(yes, f"{len(targets)} device(s) are set as shown. Go on?")
    made = together.set_all(shell.tools, targets, by=shell.by)
    ctx.exit(told(made, [device for device, _ in targets], as_json=as_json))


def show_previews(
    shell: Shell, targets: Sequence[Target], *, as_json: bool, answered: bool
) -> list[Report]:
    """For people as they come. *answered*: they are also the command's answer in JSON."""
    found: list[tuple[Report, Preview | None]] = []
    for report, preview in together.previews(shell.tools, targets):
        found.append((report, preview))
        click.echo(f"--- {report.device.name}", err=as_json)
        click.echo(_words(report, preview), err=as_json)
    data = [
        {
            "device": report.device.name,
            "outcome": report.outcome,
            "said": report.said,
            "steps": preview.steps if preview else [],
            "difference": preview.difference if preview else [],
        }
        for report, preview in found
    ]
    answer(data, as_json=as_json and answered, people=lambda: None)
    return [report for report, _ in found]


def _words(report: Report, preview: Preview | None) -> str:
    if preview is None:
        return f"✗ {report.outcome}: {report.said}\n  hint: {report.mend}"
    return "\n".join(preview.difference or preview.steps) or "nothing would change"


@click.command()
@click.argument("name")
@click.argument("backup")
@click.option(
    "--lab",
    default="",
    metavar="LAB",
    help="The lab that it is then set for; without it the one whose start this is.",
)
@dry_option
@yes_option
@json_option
@click.pass_context
def restore(
    ctx: click.Context, name: str, backup: str, *, lab: str, dry: bool, yes: bool, as_json: bool
) -> None:
    """Bring a network device back to one of its backups; shown first, then asked."""
    shell: Shell = ctx.obj
    device = shell.tools.inventory.read().device(name)
    orders.refuse_in_use(shell.tools, device)
    if lab:
        shell.tools.store.lab(lab)  # raises NotFound
    wanted = shell.tools.configs.text(name, backup)
    preview = baselines.preview(shell.tools, device, wanted)
    if dry:
        answer(preview, as_json=as_json, people=lambda: _print(preview))
        return
    if not yes:
        _print(preview, err=as_json)
        ask(yes, f"{name} is brought back as shown. Go on?")
    meant = lab or by_hand.started_from(shell.tools, device, backup)

    def send(one: Device) -> Report:
        return baselines.push(shell.tools, one, wanted, by=shell.by, lab=meant, seen=preview.seen)

    made = [noted(shell.tools, one) for one in all_at_once([device], send)]
    ctx.exit(told(made, [device], as_json=as_json))


def _print(preview: Preview, *, err: bool = False) -> None:
    click.echo("\n".join(preview.difference) or "nothing would change", err=err)


@click.command()
@click.argument("name")
@why_option
@json_option
@click.pass_obj
def aside(shell: Shell, name: str, why: str, as_json: bool) -> None:
    """Take a device out of the sitting: its place goes without it."""
    device = _device(shell, name)
    states.set_aside(shell.tools, device, by=shell.by, why=why)
    _stands(shell, name, f"{name} is set aside: place {device.place} goes without it", as_json)


@click.command()
@click.argument("name")
@json_option
@click.pass_obj
def back(shell: Shell, name: str, as_json: bool) -> None:
    """Let a device that was set aside take part again."""
    device = _device(shell, name)
    states.take_back(shell.tools, device, by=shell.by)
    words = f"{name} takes part again: check it, then prepare place {device.place}"
    _stands(shell, name, words, as_json)


def _stands(shell: Shell, name: str, words: str, as_json: bool) -> None:
    state = shell.tools.store.device_state(name)
    answer(state, as_json=as_json, people=lambda: click.echo(words))


@click.command()
@click.argument("name")
@click.argument("file", type=THERE)
@click.argument("path")
@json_option
@click.pass_obj
def put(shell: Shell, name: str, file: Path, path: str, as_json: bool) -> None:
    """Lay a file down on a server, whole or not at all; not while its candidate is at work."""
    device, content = _server(shell, name), _content(file)
    orders.refuse_in_use(shell.tools, device)
    servers.put(shell.tools, device, path, content, by=shell.by)
    _carried(name, path, content, as_json=as_json)


@click.command()
@click.argument("name")
@click.argument("path")
@click.argument("file", type=click.Path(dir_okay=False, path_type=Path))
@json_option
@click.pass_obj
def fetch(shell: Shell, name: str, path: str, file: Path, as_json: bool) -> None:
    """Fetch a file from a server; one that is there already is not overwritten."""
    if file.exists():
        raise BadInput(f"{file} is there already", hint="Name another file.")
    content = servers.fetch(shell.tools, _server(shell, name), path)
    try:
        file.touch(0o600, exist_ok=False)  # what it holds may open the server
        file.write_bytes(content)
    except OSError as trouble:
        raise BadInput(f"{file} cannot be written: {trouble.strerror}") from None
    _carried(name, path, content, as_json=as_json)


def _carried(name: str, path: str, content: bytes, *, as_json: bool) -> None:
    digest = hashlib.sha256(content).hexdigest()
    data = {"device": name, "path": path, "size": len(content), "sha256": digest}
    words = f"{name}:{path}, {len(content)} bytes, sha256 {digest}"
    answer(data, as_json=as_json, people=lambda: click.echo(words))


@click.command()
@click.argument("name")
@click.option("--collected", is_flag=True, help="By its collection, not by its baseline.")
@json_option
@click.pass_obj
def output(shell: Shell, name: str, collected: bool, as_json: bool) -> None:
    """What a server's script printed when it ran last. Secrets are covered."""
    what = servers.COLLECTED if collected else servers.BASELINE
    kept, text = servers.last_output(shell.tools, _server(shell, name), what)
    data = {"device": name, "script": what, "name": kept.name, "lines": text.splitlines()}
    answer(data, as_json=as_json, people=lambda: click.echo(text, nl=not text.endswith("\n")))


def _content(file: Path) -> bytes:
    try:
        return file.read_bytes()
    except OSError as trouble:
        raise BadInput(f"{file} cannot be read: {trouble.strerror}") from None


def _device(shell: Shell, name: str) -> Device:
    return shell.tools.inventory.read().device(name)


def _server(shell: Shell, name: str) -> Device:
    device = _device(shell, name)
    if not baselines.is_server(device):
        raise BadInput(f"{name} is no server", hint="Files are put on servers (driver ssh) only.")
    return device
