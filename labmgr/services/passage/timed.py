"""The four phases of a passage as its clocks tell them: begun, ended, used, waited for."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from labmgr.domain.clock import Clock, Moment
from labmgr.domain.exam import Candidate, ExamSession, Phase
from labmgr.domain.passage import Passage
from labmgr.domain.record import PhaseTold


def phases(
    session: ExamSession, candidate: Candidate, passage: Passage, now: Moment
) -> tuple[PhaseTold, ...]:
    told = []
    for before, phase in zip([None, *Phase], Phase, strict=False):
        one = _phase(session, candidate, passage, phase, now)
        told.append(replace(one, waited=_waited(passage, before, phase)))
    return tuple(told)


def _phase(
    session: ExamSession, candidate: Candidate, passage: Passage, phase: Phase, now: Moment
) -> PhaseTold:
    normal = float(session.durations[phase])
    due = candidate.allotted(phase, session.durations)
    clock = passage.clocks.get(phase) or Clock(due)
    return PhaseTold(
        phase,
        passage.planned.get(phase),
        clock.stretches[0].start.at if clock.stretches else None,
        _ended(passage, phase, clock, now),
        normal,
        due - normal,
        clock.allotted,
        min(clock.used(now), clock.allotted),
        0.0,
    )


def _ended(passage: Passage, phase: Phase, clock: Clock, now: Moment) -> datetime | None:
    """When its time ended; None while it may go on. A bell not yet answered ends nothing later."""
    stopped = clock.stopped(now)
    last = stopped.stretches[-1].end if stopped.stretches else None
    if last is None or (passage.phase is phase and clock.left(now) > 0):
        return None
    return last.at


def _waited(passage: Passage, before: Phase | None, phase: Phase) -> float:
    """Seconds between the end of the phase before, or the arrival, and this one's beginning."""
    clock = passage.clocks.get(phase)
    if clock is None or not clock.stretches:
        return 0.0
    begun = clock.stretches[0].start
    if before is None:
        since = passage.arrived
        return max(0.0, (begun.at - since).total_seconds()) if since else 0.0
    earlier = passage.clocks.get(before)
    end = earlier.stretches[-1].end if earlier and earlier.stretches else None
    return begun.since(end) if end else 0.0
