"""The French of what is wrong with a template, from french.yaml beside this file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

from ruamel.yaml import YAML

from labmgr.domain.words import Said
from labmgr.errors import Problem

_HOLE = re.escape("{}")


def said(problem: Problem) -> Problem:
    """The same, with its French twin where there is one."""
    return replace(problem, what=_both(problem.what), mend=_both(problem.mend))


def _both(english: str) -> str:
    translation = french(english)
    return Said(english, translation) if translation else english


def french(english: str) -> str:
    """Empty when there is none. The sentence with most words of its own wins."""
    exact, patterns = _catalogue()
    if english in exact:
        return exact[english]
    for pattern, translation in patterns:
        if match := pattern.fullmatch(english):
            return _filled(translation, [french(part) or part for part in match.groups()])
    return ""


def _filled(sentence: str, words: Sequence[str]) -> str:
    pieces = sentence.split("{}")
    return "".join(piece + word for piece, word in zip(pieces, [*words, ""], strict=True))


@cache
def _catalogue() -> tuple[Mapping[str, str], list[tuple[re.Pattern[str], str]]]:
    file = Path(__file__).with_name("french.yaml")
    rows: dict[str, str] = YAML(typ="safe", pure=True).load(file.read_text(encoding="utf-8"))
    own_words = {key: len(key.replace("{}", "")) for key in rows if "{}" in key}
    open_ones = sorted(own_words, key=lambda key: -own_words[key])
    return rows, [(_pattern(key), rows[key]) for key in open_ones]


def _pattern(sentence: str) -> re.Pattern[str]:
    return re.compile(re.escape(sentence).replace(_HOLE, "(.+?)"), re.DOTALL)
