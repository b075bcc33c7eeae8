"""A passage from phase 1 to its end: each phase begun, the hour finished, the passage closed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from labmgr.domain.bells import Bell, Ring
from labmgr.domain.clock import Clock
from labmgr.domain.exam import Phase, composition_faults
from labmgr.domain.journal import need
from labmgr.domain.passage import STATE_OF, News, Passage, PassageState
from labmgr.domain.ports import Tools
from labmgr.domain.words import Audience
from labmgr.domain.work import JobKind, Order
from labmgr.errors import Refused
from labmgr.services.equipment import orders as equipped
from labmgr.services.equipment import places
from labmgr.services.lab.sitting import lab_for
from labmgr.services.passage.interruptions import suspension_over
from labmgr.services.passage.outages import over_by_now
from labmgr.services.passage.steps import changed, hour_of, refuse_unfit, stopped

P = PassageState


def start(tools: Tools, session: str, number: str, phase: Phase, *, by: str) -> Passage:
    """Begin a phase. For the hour the lab is ordered open: its clock starts as the door opens."""
    before = tools.store.passage(session, number)
    if phase is Phase.PHASE_1:
        return _start_phase_1(tools, before, by=by)
    if phase is Phase.HOUR:
        return _start_hour(tools, before, by=by)
    if phase is Phase.INTERVIEW_2:
        _refuse_unfinished(tools, before)
    after = _begun(tools, before, phase)
    orders = []
    if phase is Phase.INTERVIEW_2 and before.lab:
        orders = [Order(JobKind.OPEN, before.lab, {"audience": Audience.COMMISSION})]
    return changed(tools, before, after, what=f"{phase} begun", by=by, orders=orders)


def finish_hour(tools: Tools, session: str, number: str, *, by: str, why: str) -> Passage:
    """The candidate has finished before the time: as the bell would, and for good."""
    need(why)
    before = tools.store.passage(session, number)
    if before.state is not P.HOUR:
        raise Refused(f"Passage {before.id} is {before.state}, not in its hour")
    clock = before.clocks[Phase.HOUR].given_up(tools.clock())
    return end_of_hour(tools, before, clock, what="hour finished early", by=by, why=why) or before


def end_of_hour(
    tools: Tools, before: Passage, clock: Clock, *, what: str, by: str, why: str = ""
) -> Passage | None:
    """Clock stopped, access cut, then the end snapshot; services go on. None: answered before."""
    bell = Bell(before.session, before.candidate, Phase.HOUR, Ring.END)
    orders = [Order(JobKind.FREEZE, before.lab, {"snapshot": "end"})] if before.lab else []
    orders += equipped.order_close(tools, before.lab)
    after = before.with_clock(Phase.HOUR, clock)
    news = over_by_now(tools, before)
    return tools.store.change_passage(
        before, after, what=what, by=by, why=why, orders=orders, bell=bell, news=news
    )


def note_adjustment(tools: Tools, session: str, number: str, text: str, *, by: str) -> Passage:
    """What the commission asks to be changed of the approach, before phase 2 (S4:2333)."""
    before = tools.store.passage(session, number)
    if before.state not in {P.INTERVIEW_1, P.PHASE_1}:
        raise Refused(
            f"Passage {before.id} is {before.state}: an adjustment is noted after interview 1",
            hint="It stands in the record from then on; add a remark to the recette instead.",
        )
    after = replace(before, adjustment=text.strip())
    return changed(tools, before, after, what="adjustment noted", by=by)


def close(tools: Tools, session: str, number: str, *, by: str, why: str = "") -> Passage:
    """The passage is done. One that was suspended for good needs its reason."""
    before = tools.store.passage(session, number)
    if before.state is P.DONE:
        return before
    if before.state is P.SUSPENDED:
        need(why)
    after = replace(stopped(tools, before).moved_to(P.DONE), paused=None)
    orders, news = _last_orders(tools, before), _all_over(tools, before)
    return changed(tools, before, after, what="done", by=by, why=why, orders=orders, news=news)


def break_off(
    tools: Tools, before: Passage, *, by: str, why: str, news: Sequence[News] = ()
) -> Passage:
    """Ended amid a phase, to be sat again: as if suspended and then closed, in one step."""
    need(why)
    halted = before if before.state is P.SUSPENDED else before.moved_to(P.SUSPENDED)
    clocks = stopped(tools, before).clocks
    after = replace(halted.moved_to(P.DONE), paused=None, clocks=clocks)
    orders, news = _last_orders(tools, before), [*_all_over(tools, before), *news]
    return changed(tools, before, after, what="done", by=by, why=why, orders=orders, news=news)


def let_in(tools: Tools, before: Passage) -> Clock:
    """The hour's clock as it stands, or a new one with the candidate's own time."""
    if clock := before.clocks.get(Phase.HOUR):
        return clock
    return _new_clock(tools, before, Phase.HOUR)


def _all_over(tools: Tools, before: Passage) -> list[News]:
    return suspension_over(tools, before) + over_by_now(tools, before)


def _last_orders(tools: Tools, before: Passage) -> list[Order]:
    """Every door shut. What an hour that no bell ended leaves behind is kept as evidence."""
    if not before.lab:
        return []
    orders = [Order(JobKind.CLOSE, before.lab, {"audience": Audience.COMMISSION})]
    end = Bell(before.session, before.candidate, Phase.HOUR, Ring.END)
    if before.phase is Phase.HOUR and end not in tools.store.bells(before.session):
        orders = [Order(JobKind.FREEZE, before.lab, {"snapshot": "end"}), *orders]
    if before.phase is not Phase.INTERVIEW_2 or before.state is P.SUSPENDED:
        orders += equipped.order_close(tools, before.lab)
    return orders


def _start_phase_1(tools: Tools, before: Passage, *, by: str) -> Passage:
    session = tools.store.session(before.session)
    if before.state is P.NONCONFORMING:
        raise Refused(
            f"Candidate {before.candidate} is not interrogated: {before.message}",
            hint="Whoever checks the files says that it is conforming after all, with the reason.",
        )
    commissions = {one.id: one for one in tools.store.commissions(before.session)}
    sits = commissions.get(before.commission)
    faults = composition_faults(sits, session) if sits else []
    if before.commission and sits is None:
        faults = [f"there is no commission {before.commission}"]
    if not before.own_tools and not before.choice:
        faults.append("the commission has not chosen a réalisation")
    if faults:
        raise Refused(
            f"Passage {before.id} cannot begin: {'; '.join(faults)}",
            hint="Mend that on the session's page, then start again.",
        )
    whose = before.session, before.candidate
    lab = "" if before.own_tools else lab_for(tools, *whose, before.choice)
    after = replace(_begun(tools, before, Phase.PHASE_1), lab=lab)
    orders = equipped.order_in_time(tools, after)
    return changed(tools, before, after, what=f"{Phase.PHASE_1} begun", by=by, orders=orders)


def _start_hour(tools: Tools, before: Passage, *, by: str) -> Passage:
    before.moved_to(P.HOUR)
    if not before.acknowledged:
        raise Refused(
            f"Candidate {before.candidate} has not acknowledged the responsibility text",
            hint="One click in the portal, under « Mon espace »; or note what was signed on paper.",
        )
    if not before.lab:
        after = _begun(tools, before, Phase.HOUR)
        return changed(tools, before, after, what=f"{Phase.HOUR} begun", by=by)
    refuse_unfit(tools, before, fresh=True)
    places.refuse_unready(tools, before)
    tools.store.order(JobKind.OPEN, before.lab, by=by, args=hour_of(before))
    return before


def _refuse_unfinished(tools: Tools, before: Passage) -> None:
    if before.state is P.HOUR and not before.is_over(tools.clock()):
        clock = before.clocks[Phase.HOUR]
        if clock.running:
            raise Refused(
                f"Candidate {before.candidate} still has {clock.left(tools.clock()) / 60:.0f} min",
                hint="Wait for the bell, or finish the hour early with its reason.",
            )


def _begun(tools: Tools, before: Passage, phase: Phase) -> Passage:
    """In the next phase, the clock before stopped and its own started."""
    after = stopped(tools, before).moved_to(STATE_OF[phase])
    clock = _new_clock(tools, before, phase).started(tools.clock())
    return after.with_clock(phase, clock)


def _new_clock(tools: Tools, passage: Passage, phase: Phase) -> Clock:
    candidate = tools.store.candidate(passage.session, passage.candidate)
    durations = tools.store.session(passage.session).durations
    return Clock(candidate.allotted(phase, durations))
