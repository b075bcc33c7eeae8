"""The hour itself: its door opens with its clock, and every bell is answered once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from labmgr.domain import bells
from labmgr.domain.bells import WARNING, Bell, Ring
from labmgr.domain.clock import Moment
from labmgr.domain.exam import Phase
from labmgr.domain.lab import Lab, LabState
from labmgr.domain.passage import PHASE_OF, Passage, PassageState
from labmgr.domain.ports import Tools
from labmgr.domain.words import Audience
from labmgr.errors import LostRace, Refused
from labmgr.services.equipment import orders as equipped
from labmgr.services.lab import doors
from labmgr.services.passage import interruptions, passages

BY = "bell"
P = PassageState
MARGIN = timedelta(seconds=5)  # the door's own end until the clock has really started
IDLE = 1.0  # seconds between two looks while no bell is near
TRIES = 5


def open_hour(
    tools: Tools,
    lab_id: str,
    session: str,
    number: str,
    *,
    by: str,
    resume: bool = False,
    why: str = "",
) -> Lab:
    """Open the lab for what is left of the hour; the clock starts when the door stands open.

    A candidate whose server was slow loses nothing. Said again while the hour runs it only
    tells the gateway the new end. A passage that was suspended or ended meanwhile stays closed;
    only an order to *resume* ends a suspension.
    """
    passage = tools.store.passage(session, number)
    clock, now = passages.let_in(tools, passage), tools.clock()
    if passage.lab != lab_id or clock.left(now) <= 0 or _is_past(tools, passage, resume=resume):
        return _keep_shut(tools, passage, lab_id, by=by)
    lab = doors.carry_out_open(tools, lab_id, by=by, until=clock.due(now) + MARGIN)
    running = _running(tools, passage, by=by, resume=resume, why=why)
    if running is None:
        return doors.carry_out_close(tools, lab_id, by=by)
    end = running.clocks[Phase.HOUR].due(tools.clock())
    tools.engine.open_access(lab_id, Audience.CANDIDATE, end)
    return lab


def answer(tools: Tools) -> float:
    """Answer every bell that is due; seconds until the next one may be, at most IDLE."""
    now, wait = tools.clock(), IDLE
    under_way = tools.store.passages(states=frozenset(PHASE_OF))
    if not under_way:
        return wait
    answered = tools.store.bells()
    for passage in under_way:
        for bell in bells.due(passage, answered, now):
            try:
                _answer(tools, passage, bell)
            except LostRace:
                return 0.0  # somebody acted on the passage just now: look again
        wait = min(wait, _next(passage, now))
    return wait


def _answer(tools: Tools, passage: Passage, bell: Bell) -> None:
    what = f"{bell.phase}: {bell.ring}"
    if bell.ring is not Ring.END:
        tools.store.change_passage(passage, passage, what=what, by=BY, bell=bell)
        return
    clock = passage.clocks[bell.phase].stopped(tools.clock())
    if bell.phase is Phase.HOUR:
        passages.end_of_hour(tools, passage, clock, what=what, by=BY)
    else:
        after = passage.with_clock(bell.phase, clock)
        tools.store.change_passage(passage, after, what=what, by=BY, bell=bell)


def _next(passage: Passage, now: Moment) -> float:
    """Seconds until this passage's next bell; 0.0 when one is just being answered."""
    clock = passage.clock
    if clock is None or not clock.running:
        return IDLE
    left = clock.left(now)
    marks = [left, *(left - before for before in WARNING.values())]
    return min((mark for mark in marks if mark > 0), default=IDLE)


def _is_past(tools: Tools, passage: Passage, *, resume: bool) -> bool:
    """Whether the door stays shut: an hour whose bell has rung needs more time by decision."""
    if passage.state is P.INTERVIEW_1:
        return False
    halted = passage.state is P.SUSPENDED and passage.paused is P.HOUR
    if passage.state is not P.HOUR and not (halted and resume):
        return True
    end = Bell(passage.session, passage.candidate, Phase.HOUR, Ring.END)
    return end in tools.store.bells(passage.session)


def _running(tools: Tools, passage: Passage, *, by: str, resume: bool, why: str) -> Passage | None:
    """The passage with its hour's clock running; None when it was taken elsewhere meanwhile."""
    for _ in range(TRIES):
        before = tools.store.passage(passage.session, passage.candidate)
        if before.lab != passage.lab or _is_past(tools, before, resume=resume):
            return None
        after = _started(tools, before)
        if after == before:
            return before
        what = {P.INTERVIEW_1: "hour begun", P.SUSPENDED: "resumed"}.get(
            before.state, "hour goes on"
        )
        try:
            orders = equipped.order_open(tools, passage.lab)
            news = interruptions.suspension_over(tools, before)
            return tools.store.change_passage(
                before, after, what=what, by=by, why=why, orders=orders, news=news
            )
        except LostRace:
            continue
    raise Refused(f"Passage {passage.id} changes all the time", hint="Order it again.")


def _started(tools: Tools, before: Passage) -> Passage:
    if before.state is P.SUSPENDED:
        return interruptions.resumed(tools, before)
    clock, now = passages.let_in(tools, before), tools.clock()
    if before.state is P.HOUR:
        return before.with_clock(Phase.HOUR, clock.started(now))
    talked = before.clocks.get(Phase.INTERVIEW_1)
    after = replace(before.moved_to(P.HOUR))
    if talked:
        after = after.with_clock(Phase.INTERVIEW_1, talked.stopped(now))
    return after.with_clock(Phase.HOUR, clock.started(now))


def _keep_shut(tools: Tools, passage: Passage, lab_id: str, *, by: str) -> Lab:
    """Too late to open: a lab that was away at its bell is frozen now, as it should have been."""
    lab = tools.store.lab(lab_id)
    if passage.state is P.HOUR and lab.state in {LabState.READY, LabState.OPEN}:
        return doors.carry_out_close(tools, lab_id, by=by, freeze=True, snapshot=True)
    return lab
