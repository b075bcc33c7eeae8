"""The command `setup`: what `scripts/run` does once the environment stands."""

from __future__ import annotations

from pathlib import Path

import click

from labmgr.cli.shell import Shell, answer, json_option, note
from labmgr.cli.stock import build_missing, name_faulty
from labmgr.services import setup as verbs

A_LIST = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.command()
@click.option("--demo", type=A_LIST, help="List of the demonstration session.")
@click.option("--images/--no-images", default=True, help="Build the images that are missing.")
@json_option
@click.pass_context
def setup(ctx: click.Context, demo: Path | None, images: bool, as_json: bool) -> None:
    """Database, first accounts, images, demonstration session; again changes nothing."""
    shell: Shell = ctx.obj
    note("database: ready")
    made = verbs.first_accounts(shell.tools)
    for login, password in made.items():
        note(f"account {login}: password {password}   (shown this once; write it down)")
    if not made:
        note("accounts: there already")
    if images:
        note(f"{len(build_missing(shell))} image(s) built")
        name_faulty(shell)  # the others serve: no reason not to start
    new = verbs.demo_session(shell.tools, demo) if demo else False
    note("demonstration session: made" if new else "demonstration session: nothing to do")
    answer({"accounts": sorted(made), "demo": new}, as_json=as_json, people=lambda: None)
