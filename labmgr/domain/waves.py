"""From slots of a day to passages: instants, and the waves in which candidates sit together."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from labmgr.domain.exam import ExamSession, Phase
from labmgr.domain.examday import ExamDay, Slot
from labmgr.domain.passage import Passage
from labmgr.domain.timetable import Limits


def as_passages(
    session: ExamSession, plan: Sequence[tuple[ExamDay, list[Slot]]], limits: Limits
) -> list[Passage]:
    """In the order of their starts.

    A wave ends at a meal, where a place would be used again, and where more labs would be wanted
    than may be alive: a wave's labs are made ready together.
    """
    wave, found = 0, []
    for day, slots in plan:
        half, places, labs = -1, set[str](), 0
        for slot in sorted(slots, key=lambda one: (one.starts[0], one.commission)):
            now = _half(day, slot, limits)
            full = limits.labs is not None and labs + slot.seeker.lab > limits.labs
            if now != half or slot.place in places or full:
                wave, half, places, labs = wave + 1, now, set(), 0
            places.add(slot.place)
            labs += slot.seeker.lab
            found.append(_passage(session, day, slot, wave))
    return found


def _half(day: ExamDay, slot: Slot, limits: Limits) -> int:
    start = _at(day, slot.starts[0])
    meals = [pause.on(day.date, limits.zone)[1] for pause in limits.pauses if pause.is_meal]
    return sum(end <= start for end in meals)


def _passage(session: ExamSession, day: ExamDay, slot: Slot, wave: int) -> Passage:
    planned = {phase: _at(day, start) for phase, start in zip(Phase, slot.starts, strict=True)}
    return Passage(
        session.name,
        slot.seeker.number,
        commission=slot.commission,
        place=slot.place,
        wave=wave,
        planned=planned,
        own_tools=not slot.seeker.lab,
    )


def _at(day: ExamDay, seconds: float) -> datetime:
    return day.opens + timedelta(seconds=seconds)
