"""The accepted keys of a template: as JSON Schema, as a list with a word on each, and by place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any

from labmgr.store.compose_model import ComposeFile


@cache
def schema() -> Mapping[str, Any]:
    """For editors: draft 2020-12."""
    made = _closed(ComposeFile.model_json_schema(by_alias=True))
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **made,
        "title": "labmgr template",
    }


def _closed(place: Any) -> Any:  # noqa: ANN401 - any JSON
    """Where names have a shape, those of another shape are refused too."""
    if isinstance(place, list):
        return [_closed(one) for one in place]
    if not isinstance(place, dict):
        return place
    closed = {key: _closed(value) for key, value in place.items()}
    return closed | ({"additionalProperties": False} if "patternProperties" in closed else {})


def keys() -> Sequence[tuple[str, str]]:
    """Every accepted key by its place, with a word on each."""
    return list(_walk(schema(), ""))


def keys_at(path: tuple[str | int, ...]) -> list[str]:
    """The keys that may stand at one place of a template."""
    place: Mapping[str, Any] = schema()
    for part in path:
        place = _step(_resolved(place), part)
    return sorted(_resolved(place).get("properties", {}))


def _walk(place: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
    for key, value in _resolved(place).get("properties", {}).items():
        here = f"{path}.{key}" if path else key
        yield here, str(value.get("description", ""))
        below = _resolved(value)
        if below.get("type") == "array":
            yield from _walk(below["items"], f"{here}[]")
        elif "properties" not in below:
            yield from _walk(_named(below), f"{here}.<name>")
        else:
            yield from _walk(below, here)


def _named(place: Mapping[str, Any]) -> Mapping[str, Any]:
    """What stands under a name of the author's own choice."""
    below = place.get("additionalProperties") or {}
    for shape in place.get("patternProperties", {}).values():
        below = shape
    return below if isinstance(below, dict) else {}


def _resolved(place: Mapping[str, Any]) -> Mapping[str, Any]:
    """Follow references, and of several forms take the one with keys."""
    if "$ref" in place:
        return _resolved(schema()["$defs"][place["$ref"].rpartition("/")[2]])
    for form in place.get("anyOf", ()):
        whole = _resolved(form)
        if whole.get("type") in {"object", "array"}:
            return whole
    return place


def _step(place: Mapping[str, Any], part: str | int) -> Mapping[str, Any]:
    below: Mapping[str, Any]
    if isinstance(part, int):
        below = place.get("items", {})
    elif part in place.get("properties", {}):
        below = place["properties"][part]
    else:
        below = _named(place)
    return below
