"""The command `backup`: labmgr's own state in one encrypted file, and back."""

from __future__ import annotations

import stat
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click
from rich.console import Console
from rich.progress import BarColumn, DownloadColumn, Progress, TextColumn, TimeElapsedColumn

from labmgr.cli.shell import Command, Shell, answer, json_option, note
from labmgr.errors import BadInput, Refused
from labmgr.services.instance import backup as verbs

A_FILE = click.Path(dir_okay=False, path_type=Path)
THERE = click.Path(exists=True, dir_okay=False, path_type=Path)
OF_ONE_INSTANCE = (
    "This is the same instance as the one that was backed up: never let both run on one engine."
)


@click.group()
def backup() -> None:
    """The state of labmgr itself: database, keys, settings, records. Not the labs' snapshots."""


def passphrase_option(command: Command) -> Command:
    return click.option(
        "--passphrase-file",
        type=THERE,
        help="Its first line is the passphrase; asked for on a terminal without it.",
    )(command)


@backup.command("create")
@click.option("-o", "file", required=True, type=A_FILE, help="The file to write; a new one.")
@passphrase_option
@json_option
@click.pass_obj
def create(shell: Shell, file: Path, passphrase_file: Path | None, as_json: bool) -> None:
    """Write everything into one encrypted file; labmgr may go on meanwhile."""
    passphrase = _passphrase(passphrase_file, twice=True)
    with _bar("backing up") as tell:
        made = verbs.create(shell.tools, shell.safe, file, passphrase, by=shell.by, tell=tell)
    data = {
        "file": file,
        "instance": made.instance,
        "made": made.made,
        "schema": made.schema,
        "files": len(made.files),
        "size": made.size,
    }
    words = f"{file}: {len(made.files)} files, {made.size >> 10} KiB; keep the passphrase elsewhere"
    answer(data, as_json=as_json, people=lambda: click.echo(words))


@backup.command("check")
@click.argument("file", type=THERE)
@passphrase_option
@json_option
@click.pass_obj
def check(shell: Shell, file: Path, passphrase_file: Path | None, as_json: bool) -> None:
    """Prove that a backup can be restored, without doing it."""
    passphrase = _passphrase(passphrase_file)
    with _bar("checking") as tell:
        proof = verbs.check(shell.safe, file, passphrase, tell=tell)
    answer(proof, as_json=as_json, people=lambda: _show(proof, "can be restored"))


@backup.command("restore")
@click.argument("file", type=THERE)
@passphrase_option
@click.option("--force", is_flag=True, help="Even over a state, which is moved aside; needs --why.")
@click.option("--why", default="", metavar="TEXT", help="The reason, for the journal.")
@json_option
@click.pass_obj
def restore(
    shell: Shell, *, file: Path, passphrase_file: Path | None, force: bool, why: str, as_json: bool
) -> None:
    """Make LABMGR_HOME what it was; all of it, or nothing. labmgr must be stopped."""
    if force and not why:
        raise click.UsageError("--force needs --why TEXT")
    safe, passphrase = shell.safe, _passphrase(passphrase_file)
    with _bar("restoring") as tell:
        proof = verbs.restore(safe, file, passphrase, by=shell.by, force=force, why=why, tell=tell)
    answer(proof, as_json=as_json, people=lambda: _show(proof, f"restored to {safe.home}"))
    if proof.aside:
        note(f"the state before is in {proof.aside}; remove it when nobody misses it")
    note(OF_ONE_INSTANCE)


def _show(proof: verbs.Proof, words: str) -> None:
    click.echo(
        f"{words}: instance {proof.instance}, of {proof.made:%F %T} UTC, {proof.files} files, "
        f"{proof.size >> 10} KiB; journal {proof.journal}"
    )


def _passphrase(file: Path | None, *, twice: bool = False) -> str:
    """Never from the command line or the environment: other accounts could read it there."""
    if file is not None:
        if stat.S_IMODE(file.stat().st_mode) & 0o077:
            raise BadInput(f"{file} can be read by others", hint=f"`chmod 600 {file}`")
        try:
            return file.read_text(encoding="utf-8").partition("\n")[0].strip("\r")
        except (OSError, UnicodeDecodeError) as e:
            raise BadInput(f"{file} cannot be read: {e}", hint="One line of text, UTF-8.") from e
    if not sys.stdin.isatty():
        raise Refused(
            "There is no terminal to ask the passphrase on", hint="--passphrase-file FILE"
        )
    typed: str = click.prompt("Passphrase", hide_input=True, confirmation_prompt=twice, err=True)
    return typed


@contextmanager
def _bar(words: str) -> Iterator[Callable[[int, int], None]]:
    bars = Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        DownloadColumn(binary_units=True),
        TimeElapsedColumn(),
        console=Console(stderr=True),
    )
    with bars:
        row = bars.add_task(words, total=None)
        yield lambda done, total: bars.update(row, completed=done, total=total)
