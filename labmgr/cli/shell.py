"""What every command shares: the tools, who asks, `--json`, and two plain lines on refusal."""

from __future__ import annotations

import dataclasses
import getpass
import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import date
from enum import Enum
from fractions import Fraction
from functools import cached_property
from pathlib import Path
from typing import Any

import click
from rich.console import Console
from rich.table import Table

from labmgr.domain.ports import Tools
from labmgr.errors import BadInput, LabmgrError
from labmgr.services.instance.backup import Safe

Command = Callable[..., Any]


class Shell:
    """Carried by click's context. Tools are built at the first need, so `--help` needs nothing.

    `help_out` lets this process be the worker for a while; False when one is at work already.
    """

    def __init__(
        self,
        build: Callable[[], Tools],
        help_out: Callable[[Tools], AbstractContextManager[bool]],
        build_safe: Callable[[], Safe],
    ) -> None:
        self._build = build
        self.help_out = help_out
        self._build_safe = build_safe

    @cached_property
    def tools(self) -> Tools:
        return self._build()

    @cached_property
    def safe(self) -> Safe:
        """For backups; works without a home that works."""
        return self._build_safe()

    @property
    def by(self) -> str:
        """Who is asking: the person behind sudo, where there is one."""
        return os.environ.get("SUDO_USER") or getpass.getuser()


class Polite(click.Group):
    """Show labmgr's own errors as two plain lines; anything else is a bug and tracebacks."""

    def make_context(
        self,
        info_name: str | None,  # noqa: ARG002 - "python -m labmgr"
        args: list[str],
        parent: click.Context | None = None,
        **extra: Any,  # noqa: ANN401 - click's own
    ) -> click.Context:
        """People type `labmgr`, whatever runs it."""
        return super().make_context("labmgr", args, parent, **extra)

    def invoke(self, ctx: click.Context) -> object:
        try:
            return super().invoke(ctx)
        except LabmgrError as error:
            refuse(str(error), error.hint)
            ctx.exit(1)


def refuse(what: str, hint: str = "") -> None:
    """Two plain lines on standard error."""
    click.echo(f"error: {what}", err=True)
    if hint:
        click.echo(f"hint:  {hint}", err=True)


def json_option(command: Command) -> Command:
    """Every command's `--json`: one JSON document on standard output and nothing else."""
    return click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")(command)


def note(words: str) -> None:
    """A message for people: standard error, so that scripts can read standard output."""
    click.echo(words, err=True)


def answer(data: object, *, as_json: bool, people: Callable[[], None]) -> None:
    """The command's result: as JSON, or as people read it."""
    if as_json:
        click.echo(json.dumps(plain(data), ensure_ascii=False, indent=2))
    else:
        people()


def ask(yes: bool, words: str) -> None:
    """Confirm before loss, unless --yes was said; a refusal leaves everything as it was."""
    try:
        sure = yes or click.confirm(words, err=True)
    except click.Abort:  # nobody is there to answer
        sure = False
    if not sure:
        raise BadInput("Nothing was done", hint="Say --yes to go on without the question.")


def write_out(output: Path, data: bytes, *, private: bool = False) -> None:
    """*private*: closed to others before there is anything in it, also a file that was there."""
    try:
        if private:
            output.touch(mode=0o600)
            output.chmod(0o600)
        output.write_bytes(data)
    except OSError as trouble:
        raise BadInput(
            f"{output} cannot be written: {trouble.strerror}", hint="Name another file."
        ) from trouble


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """A plain table; wide enough for scripts' logs when there is no terminal."""
    console = Console(highlight=False, soft_wrap=False, width=None if _on_terminal() else 160)
    made = Table(*heads, box=None, pad_edge=False, header_style="bold")
    for row in rows:
        made.add_row(*(str(cell) for cell in row))
    console.print(made)


def plain(value: object) -> object:
    """JSON's own types; fields that a dataclass hides from its repr (secrets) are left out."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        shown = (one.name for one in dataclasses.fields(value) if one.repr)
        return {name: plain(getattr(value, name)) for name in shown}
    if isinstance(value, Mapping):
        return {str(key): plain(one) for key, one in value.items()}
    if isinstance(value, (list, tuple, set, frozenset)):
        return [plain(one) for one in value]
    return _scalar(value)


def _scalar(value: object) -> object:
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, date):
        return value.isoformat()
    return str(value) if isinstance(value, (Fraction, Path)) else value


def _on_terminal() -> bool:
    return Console().is_terminal
