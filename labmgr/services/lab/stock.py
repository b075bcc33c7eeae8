"""The library's templates: those that can be read, and what is wrong with each of the others."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from labmgr.domain.ports import Tools
from labmgr.domain.template import Template
from labmgr.errors import LabmgrError


@dataclass(frozen=True)
class Stock:
    """One faulty template takes nothing from the others; whoever leaves it out says so."""

    sound: tuple[Template, ...]
    faulty: Mapping[str, LabmgrError]


def stock(tools: Tools) -> Stock:
    """Every template of the library, read."""
    sound: list[Template] = []
    faulty: dict[str, LabmgrError] = {}
    for name in tools.library.names():
        try:
            sound.append(tools.library.read(name))
        except LabmgrError as trouble:
            faulty[name] = trouble
    return Stock(tuple(sound), faulty)
