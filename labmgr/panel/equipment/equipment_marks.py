"""What other pages say of places: a mark on the day's page, suggestions beside the timetable."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from flask_babel import gettext as _

from labmgr.domain.passage import Passage, PassageState
from labmgr.domain.ports import Tools
from labmgr.domain.words import slug
from labmgr.errors import LabmgrError
from labmgr.services.equipment import places

OVER = frozenset({PassageState.DONE, PassageState.ABSENT, PassageState.NONCONFORMING})


def anchor_of(place: str) -> str:
    return f"place-{slug(place, 40) or 'x'}"


@dataclass(frozen=True)
class Mark:
    """What the day says of a passage's place."""

    place: str
    key: str
    words: str

    @property
    def anchor(self) -> str:
        return anchor_of(self.place)


def marks(tools: Tools, passages: Iterable[Passage]) -> Mapping[str, Mark]:
    """By candidate: places that are not ready for them, or red for whoever comes.

    Empty while the inventory's files have faults: its own page shows them.
    """
    try:
        standings = {one.place.name: one for one in places.places(tools) if one.devices}
    except LabmgrError:
        return {}
    found: dict[str, Mark] = {}
    for passage in passages:
        standing = standings.get(passage.place)
        if standing is None or passage.state in OVER:
            continue
        whose = standing.passage
        next_here = whose is not None and (whose.session, whose.candidate) == (
            passage.session,
            passage.candidate,
        )
        if standing.red:
            words = _("place %(place)s en rouge", place=passage.place)
            found[passage.candidate] = Mark(passage.place, "bad", words)
        elif next_here and not standing.ready:
            words = _("place %(place)s pas prête", place=passage.place)
            found[passage.candidate] = Mark(passage.place, "warning", words)
    return found


def offered_places(tools: Tools) -> tuple[list[str], list[str]]:
    """The inventory's places: those that may be offered, and those with a red device."""
    try:
        standings = places.places(tools)
    except LabmgrError:
        return [], []
    good = [one.place.name for one in standings if not one.red]
    return good, [one.place.name for one in standings if one.red]
