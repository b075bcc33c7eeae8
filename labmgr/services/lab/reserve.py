"""The disk's reserve: kept while there is room, given up when an end snapshot finds none."""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import TypeVar

from labmgr.domain.lab import Lab
from labmgr.domain.ports import Tools
from labmgr.errors import DiskFull, EngineError, EngineUnreachable, LabmgrError, StoreFull
from labmgr.services.lab import sitting
from labmgr.services.lab.capacity import MIB, WRITTEN_PER_LAB

log = logging.getLogger(__name__)

T = TypeVar("T")

BY = "watch"
SUBJECT = "disk"
MADE = "the disk reserve was made"
REMOVED = "the disk reserve was removed"
CANNOT = "the disk reserve cannot be made"
GIVEN_UP = "the disk reserve was given up for an end snapshot"
BESIDE = 64 * MIB  # an end snapshot writes more than its nodes did: volumes, what the engine notes


class Held(StrEnum):
    """How the reserve stands."""

    OFF = "off"
    THERE = "there"
    NOT_YET = "not yet"  # no worker has been round
    GIVEN_UP = "given up"
    IMPOSSIBLE = "impossible"


@dataclass(frozen=True)
class Told:
    """How it stands, by the journal's last row on it; `why` where it does not stand."""

    held: Held
    why: str = ""


def told(tools: Tools) -> Told:
    """What the last round or end snapshot wrote down: no engine is asked."""
    if not tools.site.end_reserve:
        return Told(Held.OFF)
    held = {MADE: Held.THERE, GIVEN_UP: Held.GIVEN_UP, CANNOT: Held.IMPOSSIBLE}
    what, why = _last(tools)
    return Told(held.get(what, Held.NOT_YET), why)


def wanted(tools: Tools, *, there: int = 0) -> int:
    """Bytes that must be free before it is made, so that builds keep their own reserve.

    One that was given up waits for as much again: it must not come and go.
    """
    again = _last(tools)[0] == GIVEN_UP
    return tools.site.disk_reserve + tools.site.end_reserve * (2 if again else 1) - there


def keep(tools: Tools) -> None:
    """Make it where it is missing and there is room; said at each round, it changes nothing."""
    size, there = tools.site.end_reserve, tools.engine.reserve()
    if not size:
        if there and tools.engine.give_up_reserve():
            _write(tools, REMOVED, "LABMGR_END_RESERVE_MIB is 0")
        return
    if there != size:
        free, want = tools.engine.disk_free(), wanted(tools, there=there)
        if free < want:
            _cannot(tools, f"{free // MIB} MiB free, {want // MIB} MiB wanted")
            return
    try:
        tools.engine.hold_reserve(size)
    except EngineUnreachable:
        raise
    except EngineError as trouble:
        _cannot(tools, str(trouble))
        raise
    _write(tools, MADE, f"{size // MIB} MiB")


def assured(tools: Tools, lab: Lab, take: Callable[[], T], *, by: str) -> T:
    """Have an end snapshot taken by *take*; the reserve makes room for it, and it is tried again.

    Of several at once the first gives the reserve up, and all use its room. The database may lie
    on the same disk.
    """
    if not tools.site.end_reserve:
        return take()
    if _is_short(tools, lab):
        give_up(tools, lab, by=by)
    try:
        return take()
    except (DiskFull, StoreFull):
        if not give_up(tools, lab, by=by) and _is_short(tools, lab):
            raise
    return take()


def is_full(tools: Tools) -> bool:
    """Whether next to nothing is left on the engine's disk."""
    return tools.engine.disk_free() < BESIDE


def _is_short(tools: Tools, lab: Lab) -> bool:
    """Measured only when it is near: what nodes have written costs the engine a walk."""
    free = tools.engine.disk_free()
    if free >= WRITTEN_PER_LAB:
        return False
    return free < sum(tools.engine.written(lab.id).values()) + BESIDE


def give_up(tools: Tools, lab: Lab, *, by: str) -> bool:
    """Remove it and say so; False when there was none.

    First the room, then the rows: on a full disk they may need it themselves.
    """
    try:
        if not tools.engine.give_up_reserve():
            return False
    except EngineUnreachable:
        raise
    except EngineError as trouble:
        log.error("disk reserve: %s (%s)", trouble, trouble.hint)  # noqa: TRY400 - known words
        return False
    log.warning("%s: lab %s", GIVEN_UP, lab.id)
    try:
        _tell(tools, lab, by=by)
    except LabmgrError as trouble:  # the snapshot comes first
        log.error("disk reserve: %s (%s)", trouble, trouble.hint)  # noqa: TRY400 - known words
    return True


def _tell(tools: Tools, lab: Lab, *, by: str) -> None:
    """In the journal, and on the day's page, where somebody reads it in time."""
    why = "free some disk: remove labs of past sessions, then `docker image prune`"
    tools.store.write(SUBJECT, GIVEN_UP, by=by, why=f"lab {lab.id}: {why}")
    passage = sitting.passage_of(tools, lab.id)
    if passage is None:
        return
    what = f"{GIVEN_UP}: {why}"
    one = tools.store.open_incident(passage.session, passage.candidate, what, by=BY)
    tools.store.end_incident(one.id, seconds=0.0, by=BY)  # nobody lost any time by it


def _cannot(tools: Tools, why: str) -> None:
    """Once in the journal; one that was given up stays said so until it is back."""
    if _last(tools)[0] not in {CANNOT, GIVEN_UP}:
        log.warning("%s: %s", CANNOT, why)
        tools.store.write(SUBJECT, CANNOT, by=BY, why=why)


def _write(tools: Tools, what: str, why: str) -> None:
    if _last(tools) != (what, why):
        tools.store.write(SUBJECT, what, by=BY, why=why)


def _last(tools: Tools) -> tuple[str, str]:
    rows = tools.store.entries(SUBJECT, limit=1)
    return (rows[-1].what, rows[-1].why) if rows else ("", "")
