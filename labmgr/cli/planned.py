"""A timetable as JSON: what `timetable propose` prints and `timetable save` reads."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import datetime
from typing import IO, Any

from labmgr.domain.exam import Phase
from labmgr.domain.passage import Passage
from labmgr.errors import BadInput

PLAN = ("candidate", "commission", "place", "wave", "own_tools", "planned")


def plan(passage: Passage) -> dict[str, object]:
    """What a timetable is of a passage; its state and the commission's choice are not."""
    return {name: getattr(passage, name) for name in PLAN}


def read(name: str, file: IO[str]) -> list[Passage]:
    """The JSON that `propose` printed. Raises BadInput."""
    try:
        return [_passage(name, one) for one in json.load(file)["passages"]]
    except (ValueError, KeyError, TypeError, AttributeError) as trouble:
        raise BadInput(
            f"{file.name} is not a timetable: {trouble}",
            hint="Start from what `labmgr timetable propose NAME … --json` prints.",
        ) from trouble


def _passage(session: str, row: Mapping[str, Any]) -> Passage:
    planned = {Phase(phase): datetime.fromisoformat(at) for phase, at in row["planned"].items()}
    if any(instant.tzinfo is None for instant in planned.values()):
        raise ValueError(f"candidate {row['candidate']}: a time without its zone")
    return Passage(
        session,
        str(row["candidate"]),
        commission=str(row["commission"]),
        place=str(row["place"]),
        wave=int(row["wave"]),
        planned=planned,
        own_tools=bool(row["own_tools"]),
    )
