"""The small types that the models of a template are made of, each with its refusal in words."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    GetCoreSchemaHandler,
    GetJsonSchemaHandler,
)
from pydantic.json_schema import JsonSchemaValue
from pydantic_core import PydanticCustomError, core_schema


class Strict(BaseModel):
    """Nothing unknown passes."""

    model_config = ConfigDict(extra="forbid", frozen=True)


def wrong(what: str, mend: str) -> PydanticCustomError:
    """A refusal that says the way out; raised inside a validator, it gets its line later."""
    return PydanticCustomError("labmgr", "{what}", {"what": what, "mend": mend})


@dataclass(frozen=True)
class Shape:
    """Texts of one shape only; editors learn the pattern from the schema."""

    pattern: str
    what: str
    mend: str

    def __get_pydantic_core_schema__(
        self, source: type[str], handler: GetCoreSchemaHandler
    ) -> core_schema.CoreSchema:
        return core_schema.no_info_after_validator_function(self._check, handler(source))

    def __get_pydantic_json_schema__(
        self, schema: core_schema.CoreSchema, handler: GetJsonSchemaHandler
    ) -> JsonSchemaValue:
        return {**handler(schema), "pattern": f"^(?:{self.pattern})$"}

    def _check(self, text: str) -> str:
        if not re.fullmatch(self.pattern, text):
            raise wrong(f"{text!r} {self.what}", self.mend)
        return text


def accepting(other: Any, change: Callable[[Any], Any]) -> BeforeValidator:  # noqa: ANN401
    """Also take *other* (for the schema), which *change* turns into the usual form."""
    return BeforeValidator(change, json_schema_input_type=other)


Name = Annotated[
    str,
    Shape(
        "[a-z][a-z0-9-]{0,11}",
        "is not a usable name",
        "Use at most 12 small letters, digits and hyphens, beginning with a letter.",
    ),
]
HostName = Annotated[
    str,
    Shape(
        "[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?",
        "is not a host name",
        "Use small letters, digits and hyphens, without a domain.",
    ),
]
Identifier = Annotated[
    str,
    Shape(
        "[A-Za-z0-9][A-Za-z0-9_-]{0,31}",
        "is not a usable name",
        "Use at most 32 letters, digits, hyphens and underscores, without accents or spaces.",
    ),
]
AbsolutePath = Annotated[str, Shape("/.*", "is not an absolute path", "Begin it with a slash.")]
VariableName = Annotated[
    str,
    Shape(
        "[A-Z][A-Z0-9_]{0,30}",
        "is not the name of a variable",
        "Use capitals, digits and underscores, as in VLAN_NO.",
    ),
]
Port = Annotated[int, Field(strict=True, ge=1, le=65535)]
Count = Annotated[int, Field(strict=True, ge=0)]
Flag = Annotated[bool, Field(strict=True)]

_UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30}
_SMALLEST = 6 << 20  # what Docker accepts


def bytes_of(value: object) -> int:
    """Compose's sizes: "256m", "1g", or a number of bytes."""
    text = str(value).strip().lower()
    match = re.fullmatch(r"(\d+)\s*([bkmg]?)(?:(?<=[kmg])i?b)?", text)
    if isinstance(value, bool) or not match:
        raise wrong(f"{value!r} is not a size", "Write it like 256m or 1g.")
    size = int(match[1]) * _UNITS[match[2]]
    if size < _SMALLEST:
        raise wrong(f"{value!r} is less than an engine accepts", "Give at least 6m.")
    return size


Memory = Annotated[int, accepting(int | str, bytes_of)]


def _text_of(value: object) -> object:
    if isinstance(value, bool) or value is None:
        raise wrong(
            f"{'nothing' if value is None else str(value).lower()} is not a text or a number",
            'Put the value in quotes, as in "true", or give one.',
        )
    return str(value) if isinstance(value, int | float) else value


Value = Annotated[str, accepting(str | int | float, _text_of)]


def _pairs_of(value: object) -> object:
    """Compose's list form, `- NAME=value`, as a mapping."""
    if not isinstance(value, list):
        return value
    pairs = {}
    for line in value:
        name, equals, text = str(line).partition("=")
        if not equals:
            raise wrong(f"{line!r} has no value", "Write NAME=value: nothing is inherited.")
        pairs[name] = text
    return pairs


Pairs = Annotated[dict[str, Value], accepting(dict[str, Value] | list[str], _pairs_of)]


def _words_of(value: object) -> object:
    if not isinstance(value, str):
        return value
    try:
        return shlex.split(value)
    except ValueError as e:
        raise wrong(f"the command cannot be read: {e}", "Close every quotation mark.") from e


Words = Annotated[list[Value], accepting(str | list[Value], _words_of)]


def _listed(value: object) -> object:
    return [value] if isinstance(value, str) else value


OneOrMore = Annotated[list[str], accepting(str | list[str], _listed)]


class TextModel(Strict):
    fr: str = Field(description="in French")
    en: str = Field(description="in English")


def _both(value: object) -> object:
    return {"fr": value, "en": value} if isinstance(value, str) else value


Text = Annotated[TextModel, accepting(str | TextModel, _both)]


_SECRETS = "/etc/labmgr"


def not_over_secrets(path: str) -> tuple[str, str] | None:
    """Why a volume or tmpfs may not lie there; None when it may."""
    place = path.partition(":")[0].rstrip("/") or "/"
    if place != "/" and not f"{_SECRETS}/".startswith(f"{place}/") and place != _SECRETS:
        return None
    return f"{path} hides {_SECRETS}, where a node finds its accounts", "Choose a narrower path."
