"""Compose's own `${…}`: the small part of it that templates may use, and filling it in."""

from __future__ import annotations

import re
from collections.abc import Mapping

from labmgr.errors import BadInput

# What labmgr itself gives a value to; a template may declare more, one for each candidate.
KNOWN = ("LAB_NO", "LAB_NET", "CANDIDATE_NO", "LAB_DOMAIN")

_REFERENCE = re.compile(
    r"\$(?:(?P<dollar>\$)|\{(?P<name>[A-Za-z_]\w*)(?P<with>:-(?P<default>[^${}]*))?\}|(?P<stray>))",
    re.ASCII,
)


def account_variable(id_: str) -> str:
    """How baselines call the account *id_* of an external node, after LOGIN_ or PASSWORD_."""
    return id_.upper().replace("-", "_")


def names_in(text: str) -> tuple[str, ...]:
    """Names of the variables that *text* uses, in order. Raises BadInput on any other dollar."""
    found = list(_REFERENCE.finditer(text))
    for match in found:
        if match["stray"] is not None:
            raise BadInput(
                f"the dollar at {text[match.start() : match.start() + 12]!r} is neither "
                "${NAME}, ${NAME:-default} nor $$",
                hint="Write ${NAME} for a variable, and $$ for a dollar that is meant.",
            )
    return tuple(match["name"] for match in found if match["name"])


def fill(text: str, values: Mapping[str, str]) -> str:
    """Put the values in. As in Compose, `:-` also stands in for an empty value.

    Raises BadInput when a variable has neither a value nor a default.
    """
    names_in(text)
    return _REFERENCE.sub(lambda match: _value(match, values), text)


def fill_all(thing: object, values: Mapping[str, str]) -> object:
    """`fill` for every text inside lists and mappings; keys and other values stay."""
    if isinstance(thing, str):
        return fill(thing, values)
    if isinstance(thing, Mapping):
        return {key: fill_all(value, values) for key, value in thing.items()}
    if isinstance(thing, list | tuple):
        return [fill_all(value, values) for value in thing]
    return thing


def _value(match: re.Match[str], values: Mapping[str, str]) -> str:
    if match["dollar"]:
        return "$"
    given = values.get(match["name"])
    if match["with"] and not given:
        return match["default"]
    if given is None:
        raise BadInput(
            f"the variable {match['name']} has no value",
            hint="Declare it under x-labmgr.variables with a default, or give it in the list.",
        )
    return given
