"""Makes the reference pages that can be generated; run it when the house test says so.

.venv/bin/python -m tests.house.reference
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click

from labmgr.__main__ import main
from labmgr.config import Settings

DOCS = Path(__file__).resolve().parents[2] / "docs" / "reference"

ABOUT_COMMANDS = """\
Generated from the program. `scripts/labmgr` runs it. Every command takes `--json` (one document on
standard output; messages go to standard error); `serve` alone does not. Exit status: 0 done, also
when there was nothing left to do; 1 refused or failed, with two lines, error and hint; 2 wrong
usage."""
ABOUT_SETTINGS = """\
Generated from the program. Each is an environment variable, or a line of `settings.toml` in
`LABMGR_HOME`, in small letters without the prefix (`port_base = 21000`). The variable wins. A name
that is not in this list is refused."""


def commands() -> str:
    lines = ["# Commands", "", ABOUT_COMMANDS, ""]
    for path, command in _walk("labmgr", main):
        usage = " ".join(_usage(command))
        lines += [f"## `{path}{' ' + usage if usage else ''}`", "", command.help or "", ""]
        rows = [(_said(one), one.help or "") for one in _options(command)]
        lines += [f"* `{name}`: {words}".removesuffix(": ") for name, words in rows]
        lines += [""] if rows else []
    return "\n".join(lines).rstrip() + "\n"


def settings() -> str:
    lines = ["# Settings", "", ABOUT_SETTINGS, ""]
    for one in fields(Settings):
        shown = "" if one.name == "home" else _shown(one.default)
        default = f" (default `{shown}`)" if shown else ""
        lines.append(f"* `LABMGR_{one.name.upper()}`: {one.metadata['word']}{default}")
    lines += ["", "`LABMGR_HOME` is `.labmgr` in the project's folder unless it is set.", ""]
    return "\n".join(lines)


PAGES = {"commands.md": commands, "settings.md": settings}


def _shown(value: object) -> str:
    if isinstance(value, Path):
        return value.name
    if isinstance(value, bool):
        return "yes" if value else "no"
    return "" if value is None else str(value)


def _said(option: click.Option) -> str:
    """As one types it: its names, and what comes after."""
    names = ", ".join([*option.opts, *option.secondary_opts])
    if option.is_flag or option.count:
        return names
    return f"{names} {option.make_metavar(click.Context(click.Command('')))}"


def _walk(path: str, command: click.Command) -> Iterator[tuple[str, click.Command]]:
    if not isinstance(command, click.Group):
        yield path, command
        return
    for name in sorted(command.commands):
        yield from _walk(f"{path} {name}", command.commands[name])


def _usage(command: click.Command) -> list[str]:
    found = [one for one in command.params if isinstance(one, click.Argument)]
    return [(one.metavar or one.name or "").upper() for one in found]


def _options(command: click.Command) -> list[click.Option]:
    found = [one for one in command.params if isinstance(one, click.Option)]
    return [one for one in found if one.name != "as_json" and not one.hidden]


if __name__ == "__main__":
    for name, make in PAGES.items():
        (DOCS / name).write_text(make(), encoding="utf-8")
