"""The accepted keys of a template: as JSON Schema, as a list with a word on each, and by place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any

from pydantic import BaseModel

from labmgr.store.files.compose_model import ComposeFile
from labmgr.store.files.recette_model import RecetteFile


class Accepted:
    """The keys that one kind of file may hold, taken from its model."""

    def __init__(self, model: type[BaseModel], title: str) -> None:
        self._model = model
        self._title = title

    @cached_property
    def schema(self) -> Mapping[str, Any]:
        """For editors: draft 2020-12."""
        made = _closed(self._model.model_json_schema(by_alias=True))
        head = {"$schema": "https://json-schema.org/draft/2020-12/schema"}
        return {**head, **made, "title": self._title}

    @cached_property
    def keys(self) -> Sequence[tuple[str, str]]:
        """Every accepted key by its place, with a word on each."""
        return list(self._walk(self.schema, ""))

    def at(self, path: tuple[str | int, ...]) -> list[str]:
        """The keys that may stand at one place of a file."""
        place: Mapping[str, Any] = self.schema
        for part in path:
            place = _step(self._resolved(place), part)
        return sorted(self._resolved(place).get("properties", {}))

    def _walk(self, place: Mapping[str, Any], path: str) -> Iterator[tuple[str, str]]:
        for key, value in self._resolved(place).get("properties", {}).items():
            here = f"{path}.{key}" if path else key
            yield here, str(value.get("description", ""))
            below = self._resolved(value)
            if below.get("type") == "array":
                yield from self._walk(below["items"], f"{here}[]")
            elif "properties" not in below:
                yield from self._walk(_named(below), f"{here}.<name>")
            else:
                yield from self._walk(below, here)

    def _resolved(self, place: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow references, and of several forms take the one with keys."""
        if "$ref" in place:
            return self._resolved(self.schema["$defs"][place["$ref"].rpartition("/")[2]])
        for form in place.get("anyOf", ()):
            whole = self._resolved(form)
            if whole.get("type") in {"object", "array"}:
                return whole
        return place


TEMPLATE = Accepted(ComposeFile, "labmgr template")
RECETTE = Accepted(RecetteFile, "labmgr recette")


def keys() -> Sequence[tuple[str, str]]:
    return TEMPLATE.keys


def _closed(place: Any) -> Any:  # noqa: ANN401 - any JSON
    """Where names have a shape, those of another shape are refused too."""
    if isinstance(place, list):
        return [_closed(one) for one in place]
    if not isinstance(place, dict):
        return place
    closed = {key: _closed(value) for key, value in place.items()}
    return closed | ({"additionalProperties": False} if "patternProperties" in closed else {})


def _named(place: Mapping[str, Any]) -> Mapping[str, Any]:
    """What stands under a name of the author's own choice."""
    below = place.get("additionalProperties") or {}
    for shape in place.get("patternProperties", {}).values():
        below = shape
    return below if isinstance(below, dict) else {}


def _step(place: Mapping[str, Any], part: str | int) -> Mapping[str, Any]:
    below: Mapping[str, Any]
    if isinstance(part, int):
        below = place.get("items", {})
    elif part in place.get("properties", {}):
        below = place["properties"][part]
    else:
        below = _named(place)
    return below
