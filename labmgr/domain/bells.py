"""Bells: the moments at which something must happen in a passage, and which of them are due."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum

from labmgr.domain.clock import Moment
from labmgr.domain.exam import MINUTE, Phase
from labmgr.domain.passage import PHASE_OF, Passage


class Ring(StrEnum):
    """What a bell says."""

    TEN = "10 minutes left"
    FIVE = "5 minutes left"
    END = "time is up"


WARNING: dict[Ring, int] = {Ring.TEN: 10 * MINUTE, Ring.FIVE: 5 * MINUTE}  # seconds before the end


@dataclass(frozen=True)
class Bell:
    """One bell of one phase of one passage; answered once, whatever dies in between."""

    session: str
    candidate: str
    phase: Phase
    ring: Ring


def due(passage: Passage, answered: Collection[Bell], now: Moment) -> Iterator[Bell]:
    """What must be answered now. A bell missed during a power cut is due until it is answered.

    A suspended passage has none: its clock stands. A warning is due only in a phase that was
    longer than the warning, and no more once the end itself is.
    """
    phase = PHASE_OF.get(passage.state)
    clock = passage.clocks.get(phase) if phase else None
    if phase is None or clock is None or not clock.stretches:
        return
    left = clock.left(now)
    rings = [Ring.END] if left <= 0 else [*_warnings(clock.allotted, left)]
    for ring in rings:
        bell = Bell(passage.session, passage.candidate, phase, ring)
        if bell not in answered:
            yield bell


def _warnings(allotted: float, left: float) -> Iterator[Ring]:
    """Only the nearest: after an outage nobody hears "10 minutes" with 4 left."""
    heard = [ring for ring, before in WARNING.items() if left <= before < allotted]
    if heard:
        yield min(heard, key=lambda ring: WARNING[ring])
