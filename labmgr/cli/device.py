"""The command `device`: the room's real equipment."""

from __future__ import annotations

import stat
import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

import click

from labmgr.cli.shell import Command, Shell, answer, json_option, note, refuse, table
from labmgr.domain.inventory import Device
from labmgr.errors import BadInput, Refused
from labmgr.services.equipment import asking, configs, keyring

THERE = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def device() -> None:
    """Switches, routers, firewalls and servers of the room, as inventory/ declares them."""


def chosen_options(command: Command) -> Command:
    command = click.option("--place", metavar="P", help="Only those of this place.")(command)
    return click.option("--device", "names", multiple=True, metavar="D", help="Only this one.")(
        command
    )


@device.command("list")
@json_option
@click.pass_obj
def list_all(shell: Shell, as_json: bool) -> None:
    """What the inventory declares; asks nobody."""
    found = shell.tools.inventory.read()
    rows: list[tuple[str, ...]] = [
        (one.name, one.kind, one.place, one.site, one.nature, one.declared_by, _where(one))
        for one in found.devices
    ]
    rows += [
        (one.name, one.kind, one.place, one.site, one.nature, one.declared_by, "")
        for one in found.terminals
    ]
    rows += [(one.name, "host", "", one.site, "", "", one.address) for one in found.hosts]
    heads = ("name", "kind", "place", "site", "nature", "declared by", "address")
    answer(found, as_json=as_json, people=lambda: table(heads, rows))


@device.command()
@chosen_options
@json_option
@click.pass_context
def check(ctx: click.Context, place: str | None, names: tuple[str, ...], as_json: bool) -> None:
    """Ask each device who it is, all at once; exit 1 when one does not answer."""
    shell: Shell = ctx.obj
    chosen = shell.tools.inventory.read().chosen(place, names)
    ctx.exit(told(asking.check(shell.tools, chosen), chosen, as_json=as_json))


@device.command()
@chosen_options
@json_option
@click.pass_context
def backup(ctx: click.Context, place: str | None, names: tuple[str, ...], as_json: bool) -> None:
    """Keep the running configurations; exit 1 when one could not be read."""
    shell: Shell = ctx.obj
    chosen = shell.tools.inventory.read().chosen(place, names)
    made = configs.back_up(shell.tools, chosen, by=shell.by)
    ctx.exit(told(made, chosen, as_json=as_json))


@device.command()
@click.argument("name")
@click.argument("old", required=False)
@click.argument("new", required=False)
@click.option("--list", "listed", is_flag=True, help="Name the backups there are instead.")
@json_option
@click.pass_obj
def diff(  # noqa: PLR0917 - as click hands them over
    shell: Shell, name: str, old: str | None, new: str | None, listed: bool, as_json: bool
) -> None:
    """What changed between two backups: the last two, or those named. Secrets are covered."""
    one = shell.tools.inventory.read().device(name)
    if listed:
        kept = shell.tools.configs.backups(name)
        rows = [(each.name, each.size) for each in kept]
        answer(kept, as_json=as_json, people=lambda: table(("backup", "bytes"), rows))
        return
    lines = configs.difference(shell.tools, one, old, new)
    words = "\n".join(lines) or "nothing changed"
    data = {"device": name, "changed": bool(lines), "lines": lines}
    answer(data, as_json=as_json, people=lambda: click.echo(words))


@device.command()
@click.argument("names", nargs=-1)
@click.option("--place", metavar="P", help="All of this place.")
@click.option("--replace", is_flag=True, help="In the place of the pinned key; needs --why.")
@click.option("--why", default="", metavar="TEXT", help="The reason, for the journal.")
@json_option
@click.pass_context
def trust(
    ctx: click.Context,
    *,
    names: tuple[str, ...],
    place: str | None,
    replace: bool,
    why: str,
    as_json: bool,
) -> None:
    """Pin the host keys that devices show now; compare them with the devices' own consoles.

    All at once; exit 1 when one is silent or shows another key than the pinned one.
    """
    if replace and not why:
        raise click.UsageError("--replace needs --why TEXT")
    if not names and place is None:
        raise click.UsageError("name devices, or a place with --place")
    shell: Shell = ctx.obj
    chosen = shell.tools.inventory.read().chosen(place, names)
    made = []
    for report, pinned in keyring.trust_all(
        shell.tools, chosen, replace=replace, why=why, by=shell.by
    ):
        made.append((report, pinned))
        if pinned is None:
            refuse(f"{report.device.name}: {report.said}", report.mend)
        else:
            state = "pinned" if pinned.new else "stands"
            click.echo(f"{pinned.device}: {pinned.fingerprint} {state}", err=as_json)
    data = [
        pinned or {"device": one.device.name, "said": one.said, "hint": one.mend}
        for one, pinned in made
    ]
    answer(data, as_json=as_json, people=lambda: None)
    ctx.exit(0 if all(pinned for _, pinned in made) else 1)


@device.command()
@click.argument("name")
@click.option("--file", type=THERE, help="Read it from this file; asked for without it.")
@json_option
@click.pass_obj
def secret(shell: Shell, name: str, file: Path | None, as_json: bool) -> None:
    """Keep a password or a key in labmgr's encrypted store, for `store:NAME` in the inventory."""
    keyring.keep_secret(shell.tools, name, _typed(file), by=shell.by)
    words = f"store:{name} is kept"
    answer({"secret": name}, as_json=as_json, people=lambda: click.echo(words))


def _typed(file: Path | None) -> str:
    """Never from the command line: other accounts could read it there."""
    if file is None:
        if not sys.stdin.isatty():
            raise Refused("There is no terminal to ask the secret on", hint="--file FILE")
        typed: str = click.prompt("Secret", hide_input=True, confirmation_prompt=True, err=True)
        return typed
    if stat.S_IMODE(file.stat().st_mode) & 0o077:
        raise BadInput(f"{file} can be read by others", hint=f"`chmod 600 {file}`")
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        raise BadInput(f"{file} cannot be read", hint="Text in UTF-8.") from None
    return text if "\n" in text.rstrip("\n") else text.rstrip("\r\n")


def told(made: Iterable[asking.Report], chosen: Sequence[Device], *, as_json: bool) -> int:
    """One line a device, as it answers."""
    found: list[asking.Report] = []
    wide = max((len(one.name) for one in chosen), default=0)
    for one in made:
        found.append(one)
        click.echo(f"{one.device.name:<{wide}}  {_line(one)}", err=as_json)
        if one.mend:
            click.echo(f"{'':<{wide}}  hint: {one.mend}", err=as_json)
    good = sum(one.good for one in found)
    note(f"{good} of {len(found)} devices")
    data = [_data(one) for one in found]
    answer(data, as_json=as_json, people=lambda: None)
    return 0 if good == len(found) else 1


def _line(one: asking.Report) -> str:
    if not one.good:
        return f"✗ {one.outcome}: {one.said}"
    if one.backup:
        return f"✓ kept {one.backup.name}, {one.backup.size} bytes"
    told = one.answer
    parts = (told.os, told.model, told.version, told.hostname, one.device.nature)
    return f"✓ {one.outcome}: {', '.join(part for part in parts if part)}"


def _data(one: asking.Report) -> dict[str, object]:
    return {
        "device": one.device.name,
        "place": one.device.place,
        "nature": one.device.nature,
        "outcome": one.outcome,
        "real": one.real,
        "answer": one.answer if one.good and not one.backup else None,
        "backup": one.backup,
        "said": one.said,
        "hint": one.mend,
    }


def _where(one: Device) -> str:
    return f"{one.address}:{one.port} ({one.driver})"
