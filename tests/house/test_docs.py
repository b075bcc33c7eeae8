"""What README and docs point at exists, and what they tell people to type is understood."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path

import click
import pytest

from labmgr.__main__ import main
from labmgr.config import Settings

ROOT = Path(__file__).resolve().parents[2]
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
GENERATED = {"commands.md", "settings.md"}  # their own test holds them to the program

FENCE = re.compile(r"^( *)```.*?\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
SPAN = re.compile(r"`([^`\n]+)`")
LINK = re.compile(r"\]\(([^()\s]+)\)")
COMMAND = re.compile(r"^(?:\$ )?(?:scripts/)?labmgr (.+)$")
SCRIPT = re.compile(r"\bscripts/([a-z.-]+)")
VARIABLE = re.compile(r"\bLABMGR_[A-Z][A-Z_]*\b")
HEADING = re.compile(r"^#+ +(.+)$", re.MULTILINE)


def name(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


def read(page: Path) -> str:
    return page.read_text(encoding="utf-8")


def prose(text: str) -> str:
    """Without code: a link in an example is none."""
    return SPAN.sub("", FENCE.sub("", text))


def anchors(page: Path) -> set[str]:
    """As the usual forges make them from headings."""
    plain = (re.sub(r"[^\w\s-]", "", one.lower()) for one in HEADING.findall(read(page)))
    return {one.strip().replace(" ", "-") for one in plain}


def commands(text: str) -> Iterator[list[str]]:
    """The words of every `labmgr …` on a line of a block, and in a span that does more than name
    a command; without its comment."""
    lines = [line for block in FENCE.finditer(text) for line in block[2].splitlines()]
    spans = SPAN.findall(FENCE.sub("", text))
    for quoted in [*lines, *spans]:
        if found := COMMAND.match(re.sub(r"\s+#.*$", "", quoted).strip()):
            words = shlex.split(found[1])
            if quoted not in spans or command_of(words)[1]:
                yield words


def command_of(words: list[str]) -> tuple[click.Context, list[str]]:
    """The command that they name, and what is left for it. Raises UsageError."""
    context = click.Context(main)
    while isinstance(group := context.command, click.Group):
        if not words or (found := group.get_command(context, words[0])) is None:
            raise click.UsageError(f"no such command: {words[:1]}")
        context, words = click.Context(found, parent=context), words[1:]
    return context, words


def understood(words: list[str]) -> None:
    """Parsed by the very options and arguments of the command; nothing is run.

    Capitals stand for a value. Raises click's own UsageError.
    """
    context, rest = command_of(words)
    given, left, _ = context.command.make_parser(context).parse_args(list(rest))
    wanted = [one for one in context.command.params if one.required]
    missing = [one.name for one in wanted if not _given(given, one)]
    if left or missing:
        raise click.UsageError(f"too much: {left}; missing: {missing}")
    for one in context.command.params:
        value = given.get(one.name)
        if isinstance(one.type, click.Choice) and isinstance(value, str) and not value.isupper():
            one.type.convert(value, one, context)


def _given(values: dict[str, object], one: click.Parameter) -> bool:
    value = values.get(one.name or "")
    return isinstance(value, str | bool | list) or (isinstance(value, tuple) and bool(value))


@pytest.mark.parametrize("document", PAGES, ids=name)
def test_links_and_pictures_lead_somewhere(document):
    lost = []
    for target in LINK.findall(prose(read(document))):
        if "://" in target:
            continue
        path, _, anchor = target.partition("#")
        there = (document.parent / path).resolve() if path else document
        if not there.exists() or (anchor and anchor not in anchors(there)):
            lost.append(target)
    assert lost == []


@pytest.mark.parametrize("document", [one for one in PAGES if one.name not in GENERATED], ids=name)
def test_commands_that_are_quoted_are_understood(document):
    faults = []
    for words in commands(read(document)):
        try:
            understood(words)
        except click.UsageError as fault:
            faults.append(f"labmgr {shlex.join(words)}: {fault}")
    assert faults == []


@pytest.mark.parametrize("document", PAGES, ids=name)
def test_scripts_that_are_quoted_exist(document):
    quoted = SCRIPT.findall(read(document))
    assert [one for one in quoted if not (ROOT / "scripts" / one).exists()] == []


@pytest.mark.parametrize("document", PAGES, ids=name)
def test_variables_that_are_quoted_are_settings(document):
    known = {f"LABMGR_{one.name.upper()}" for one in fields(Settings)}
    assert sorted(set(VARIABLE.findall(read(document))) - known) == []


def test_every_page_is_in_the_index():
    index = ROOT / "docs" / "README.md"
    listed = {(index.parent / target).resolve() for target in LINK.findall(read(index))}
    lost = [one for one in PAGES[1:] if not listed & {one, one.parent} and one != index]
    assert [name(one) for one in lost] == []


@pytest.mark.parametrize(
    "wrong",
    [
        "lab bulid juin --all",
        "lab build juin --everyone",
        "lab show juin",
        "candidate slips juin",
        "doctor now",
        "snapshot take juin --all --kind strat",
    ],
)
def test_a_wrong_command_is_noticed(wrong):
    with pytest.raises(click.UsageError):
        understood(shlex.split(wrong))
