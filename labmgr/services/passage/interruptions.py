"""What stops a passage's clock and starts it again, and what makes its time longer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from labmgr.domain.bells import Bell, Ring
from labmgr.domain.clock import lasting
from labmgr.domain.journal import need
from labmgr.domain.passage import UNDER_WAY, News, Noticed, Over, Passage, PassageState
from labmgr.domain.ports import Tools
from labmgr.domain.work import JobKind, Order
from labmgr.errors import BadInput, LabmgrError, Refused
from labmgr.services.equipment import orders as equipped
from labmgr.services.equipment import places
from labmgr.services.lab import probes
from labmgr.services.passage.steps import changed, hour_of, refuse_unfit, stopped

P = PassageState
Verb = Callable[[str], Passage]


def suspend(tools: Tools, session: str, number: str, *, by: str, why: str) -> Passage:
    """Clock stopped at once, access cut: an incident. What is left stays to the second."""
    need(why)
    before = tools.store.passage(session, number)
    if before.state is P.SUSPENDED:
        return before
    after = replace(stopped(tools, before).moved_to(P.SUSPENDED), paused=before.state)
    orders = [Order(JobKind.CLOSE, before.lab)] if before.lab and before.state is P.HOUR else []
    orders += equipped.order_close(tools, before.lab) if orders else []
    news = [Noticed(f"suspended: {why}")]
    return changed(tools, before, after, what="suspended", by=by, why=why, orders=orders, news=news)


def suspend_all(tools: Tools, session: str, *, by: str, why: str) -> list[Passage]:
    """Every passage under way; the first refusal does not keep the others from it."""
    return _each(
        tools, session, UNDER_WAY, lambda one: suspend(tools, session, one, by=by, why=why)
    )


def resume(tools: Tools, session: str, number: str, *, by: str, why: str = "") -> Passage:
    """Go on where the clock stood. An hour goes on when its lab's door is open again."""
    before = tools.store.passage(session, number)
    if before.state is not P.SUSPENDED or before.paused is None:
        return before
    if before.paused is P.HOUR and before.lab and not before.is_over(tools.clock()):
        fresh = not probes.was_opened(tools, tools.store.lab(before.lab))  # another one, or reset
        refuse_unfit(tools, before, fresh=fresh)
        equipped.refuse_being_set(tools, before.lab)
        if fresh:
            places.refuse_unset(tools, before)
        args = hour_of(before) | {"resume": "yes"} | ({"why": why} if why else {})
        tools.store.order(JobKind.OPEN, before.lab, by=by, args=args)
        return before
    after = resumed(tools, before)
    news = suspension_over(tools, before)
    return changed(tools, before, after, what="resumed", by=by, why=why, news=news)


def resume_all(tools: Tools, session: str, *, by: str, why: str = "") -> list[Passage]:
    halted = frozenset({P.SUSPENDED})
    return _each(tools, session, halted, lambda one: resume(tools, session, one, by=by, why=why))


def resumed(tools: Tools, before: Passage) -> Passage:
    """Back in its phase, the clock running from now unless it had run out."""
    state = before.paused or P.HOUR
    after = replace(before.moved_to(state), paused=None)
    clock, now = after.clock, tools.clock()
    if clock is None or after.phase is None or clock.left(now) <= 0:
        return after
    return after.with_clock(after.phase, clock.started(now))


def suspension_over(tools: Tools, before: Passage) -> list[News]:
    """What a step that ends a suspension says of it: how long the clock stood."""
    if before.state is not P.SUSPENDED:
        return []
    clock = before.clock
    ended = clock.stretches[-1].end if clock and clock.stretches else None
    stood = tools.clock().since(ended) if ended else 0.0
    mine = tools.store.incidents(before.session, before.candidate)
    open_ = [one for one in mine if one.ended is None and one.what.startswith("suspended")]
    return [Over(one.id, stood) for one in open_]


def extend(
    tools: Tools,
    session: str,
    number: str,
    seconds: float,
    *,
    by: str,
    why: str,
    news: Sequence[News] = (),
) -> Passage:
    """More time for the present phase, by decision and with its reason.

    After the bell the door opens again, as long as interview 2 has not begun. *news*: the
    decision on an incident that is carried out so.
    """
    need(why)
    if seconds <= 0:
        raise BadInput("An extension adds time", hint="Write the minutes to add.")
    before = tools.store.passage(session, number)
    what = f"{before.phase} extended by {lasting(seconds)}"
    return lengthen(tools, before, seconds, what=what, by=by, why=why, news=news)


def lengthen(
    tools: Tools,
    before: Passage,
    seconds: float,
    *,
    what: str,
    by: str,
    why: str = "",
    news: Sequence[News] = (),
) -> Passage:
    """More time for the present phase, or less; its door is told the new end, its bells ring anew.

    After the bell the time begins to run now, not when the bell rang.
    """
    phase, clock = before.phase, before.clock
    if phase is None or clock is None:
        raise Refused(f"Passage {before.id} is {before.state}: no clock of it is running")
    now = tools.clock()
    over = clock.left(now) <= 0
    base = clock.used(now) if over else clock.allotted
    after = before.with_clock(phase, clock.with_time(base + seconds))
    orders = []
    if before.state is P.HOUR and before.lab:
        orders = [Order(JobKind.OPEN, before.lab, hour_of(before))]
    elif over and before.state is not P.SUSPENDED:
        after = after.with_clock(phase, after.clocks[phase].started(now))
    rung = [Bell(before.session, before.candidate, phase, ring) for ring in Ring]
    return changed(
        tools, before, after, what=what, by=by, why=why, orders=orders, forget=rung, news=news
    )


def _each(tools: Tools, session: str, states: frozenset[PassageState], verb: Verb) -> list[Passage]:
    done = []
    for one in tools.store.passages(session):
        if one.state in states:
            try:
                done.append(verb(one.candidate))
            except LabmgrError as trouble:
                subject = f"passage:{one.id}"
                tools.store.write(subject, f"not done with the others: {trouble}", by="labmgr")
    return done
