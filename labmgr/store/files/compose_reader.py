"""From the YAML document to the models, with every fault in words and on its line."""

from __future__ import annotations

import copy
import difflib
from collections.abc import Callable, Sequence
from typing import Any

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from labmgr.errors import Problem
from labmgr.store.files.compose_model import ComposeFile
from labmgr.store.files.refusals import reason
from labmgr.store.files.template_schema import TEMPLATE
from labmgr.store.files.yaml_lines import Document, Path, dotted

KeysAt = Callable[[Path], list[str]]

_MISSING = {
    "mem_limit": "Add mem_limit, as in `mem_limit: 256m`: every node has a bound.",
    "ipv4_address": 'Add it, as in `ipv4_address: "${LAB_NET}.10.30"`.',
    "subnet": 'Add it, as in `subnet: "${LAB_NET}.10.0/24"`.',
    "ipam": 'Add `ipam: {config: [{subnet: "${LAB_NET}.10.0/24"}]}`.',
    "x-labmgr": "Add an x-labmgr block at the top, with title and option.",
    "networks": "Say on which network, and with which ipv4_address.",
}

_KINDS = (
    ("string_", "this is not text", "Put it in quotes."),
    ("int_", "this is not a whole number", "Write digits only, without quotes."),
    ("float_", "this is not a number", "Write it like 0.5."),
    ("bool_", "this is neither true nor false", "Write true or false."),
    ("list_type", "this is not a list", "Write [a, b], or lines that begin with a hyphen."),
    ("dict_type", "here belong keys with values", "Write `key: value` lines below it."),
    ("model_", "here belong keys with values", "Write `key: value` lines below it."),
    ("too_short", "there is nothing in it", "Add at least one."),
    ("too_long", "there is more than one in it", "Keep one."),
)


def read_model(document: Document) -> tuple[ComposeFile | None, list[Problem]]:
    """The file as far as it can be read, and all that is wrong with its keys and values.

    A fault that can be left out is left out, and a service beyond help too, so that the meaning
    of the rest can be checked in the same go. None when nothing is left.
    """
    data = copy.deepcopy(document.data)
    problems: list[Problem] = []
    for prune in (_drop_keys, _drop_services, None):
        try:
            return ComposeFile.model_validate(data), problems
        except ValidationError as e:
            errors = e.errors(include_url=False)
        problems = problems or [problem_of(document, error) for error in errors]
        if prune is None or not isinstance(data, dict):
            break
        prune(data, errors)
    return None, problems


def _drop_keys(data: dict[str, Any], errors: Sequence[ErrorDetails]) -> None:
    for error in errors:
        path = error["loc"]
        if path[2:] == ("mem_limit",):
            # Any size, only to read on; the service may be gone for its name.
            data["services"].get(path[1], {})["mem_limit"] = "64m"
        else:
            _drop(data, path if error["type"] == "extra_forbidden" else _safe(path))


def _safe(path: Path) -> Path:
    """What to leave out: a whole list, since its ranks lead to lines; a node with its accounts."""
    rank = next((at for at, part in enumerate(path) if isinstance(part, int)), len(path))
    return path[:2] if path[rank - 1 : rank] == ("credentials",) else path[:rank]


def _drop_services(data: dict[str, Any], errors: Sequence[ErrorDetails]) -> None:
    for error in errors:
        if error["loc"][:1] == ("x-labmgr",):
            data["x-labmgr"] = {"title": "?", "option": "SISR"}
        elif len(error["loc"]) > 1:
            _drop(data, error["loc"][:2])


def _drop(data: dict[str, Any], path: Path) -> None:
    *way, last = [part for part in path if part != "[key]"]
    holder: Any = data
    for part in way:
        try:
            holder = holder[part]
        except (KeyError, IndexError, TypeError):
            return
    if isinstance(holder, dict):
        holder.pop(str(last), None)


def problem_of(document: Document, error: ErrorDetails, known: KeysAt = TEMPLATE.at) -> Problem:
    """One of pydantic's faults in words, on its line; *known* names the keys of a place."""
    path = tuple(part for part in error["loc"] if part != "[key]")
    what, mend = _words(path, error, known)
    return Problem(document.file, document.line(path), dotted(path), what, mend)


def _words(path: Path, error: ErrorDetails, known: KeysAt) -> tuple[str, str]:
    context = error.get("ctx", {})
    key = str(path[-1]) if path else ""
    match error["type"]:
        case "labmgr":
            words = str(context["what"]), str(context["mend"])
        case "extra_forbidden":
            words = _unknown(path, key, known(path[:-1]))
        case "missing":
            words = f"{key} is missing", _MISSING.get(key, f"Add `{key}:`.")
        case "literal_error" | "enum":
            words = f"{error['input']!r} is not known here", f"Write {context['expected']}."
        case "less_than" | "less_than_equal" | "greater_than" | "greater_than_equal":
            limit = next(iter(context.values()))
            words = f"{error['input']} is out of bounds", f"The limit is {limit}."
        case kind:
            words = _of_kind(kind, error["msg"])
    return words


def _of_kind(kind: str, message: str) -> tuple[str, str]:
    for sign, what, mend in _KINDS:
        if kind.startswith(sign):
            return what, mend
    return message.lower(), "Correct the value."


def _unknown(path: Path, key: str, known: Sequence[str]) -> tuple[str, str]:
    if why := reason(path):
        return f"{key} is refused: {why[0]}", why[1]
    near = difflib.get_close_matches(key, known, n=1)
    meant = f"Did you mean {near[0]}? " if near else ""
    return f"the key {key} is not known here", f"{meant}Known here: {', '.join(known)}."
