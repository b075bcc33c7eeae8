"""The commission's choice of a réalisation: confidential until phase 1, changed by two people."""

from __future__ import annotations

from dataclasses import replace

from labmgr.domain.exam import Phase
from labmgr.domain.journal import need
from labmgr.domain.passage import BEFORE, Passage, PassageState
from labmgr.domain.ports import Tools
from labmgr.domain.words import Role
from labmgr.domain.work import JobKind, Order
from labmgr.errors import NotFound, Refused
from labmgr.services.equipment import orders as equipped
from labmgr.services.lab import wires
from labmgr.services.lab.sitting import lab_for
from labmgr.services.passage.steps import changed, refuse_unfit

P = PassageState
MAY_KNOW_CHOICE = frozenset({Role.ADMIN, Role.COMMISSION})
MAY_CHANGE = frozenset({Phase.PHASE_1, Phase.INTERVIEW_1, Phase.HOUR})


def choose(
    tools: Tools, session: str, number: str, realisation: int, *, by: str, why: str = ""
) -> Passage:
    """The commission's choice (S4:2311). Before phase 1 freely; then by a second person.

    In the hour only while it is suspended. The journal says that a choice was made, never which.
    """
    before = tools.store.passage(session, number)
    known = [one.number for one in tools.store.realisations(session, number)]
    if realisation not in known:
        raise NotFound(
            f"Candidate {number} has no réalisation {realisation}",
            hint=f"There are: {', '.join(map(str, known)) or 'none, write them down first'}.",
        )
    if before.state in BEFORE:
        chosen = replace(before, choice=realisation)
        return changed(tools, before, chosen, what="réalisation chosen", by=by)
    if before.phase not in MAY_CHANGE or before.state is P.HOUR:
        raise Refused(
            f"Passage {before.id} is {before.state}: its réalisation can no longer change",
            hint="In the hour suspend it first; later the head of centre has it sat again.",
        )
    return _change_choice(tools, before, realisation, by=by, why=why)


def _change_choice(tools: Tools, before: Passage, number: int, *, by: str, why: str) -> Passage:
    asked, _, who = before.change_asked.partition(" ")
    lab = "" if before.own_tools else lab_for(tools, before.session, before.candidate, number)
    begun = bool(lab) and before.phase is Phase.HOUR
    if begun:
        _refuse_in_hour(tools, before, lab)
    if asked != str(number) or who == by:
        need(why)
        if who == by and asked == str(number):
            raise Refused(
                f"{by} has already asked for this change",
                hint="A second person confirms it.",
            )
        wished = replace(before, change_asked=f"{number} {by}")
        what = "change of réalisation asked for, to be confirmed"
        return changed(tools, before, wished, what=what, by=by, why=why)
    done = replace(before, choice=number, change_asked="", lab=lab)
    what = f"réalisation changed, as {who} asked"
    if begun:
        return _leave(tools, before, done, what=what, by=by)
    return _with_devices(tools, changed(tools, before, done, what=what, by=by), by=by)


def _leave(tools: Tools, before: Passage, done: Passage, *, what: str, by: str) -> Passage:
    """The wrong one was begun: what was done in it stays as evidence, the clock where it stood.

    The resumption opens the other lab, for what is left; more time is another decision. It waits
    for the place's devices: they are set anew, once their end of the former lab is kept.
    """
    orders = [Order(JobKind.FREEZE, before.lab, {"snapshot": "end"})]
    new = tools.store.lab(done.lab)
    orders += [Order(JobKind.WAKE, new.id)] if wires.has_wires(tools, new) else []
    what += f"; its work stays in lab {before.lab}"
    return _with_devices(
        tools, changed(tools, before, done, what=what, by=by, orders=orders), by=by
    )


def _with_devices(tools: Tools, moved: Passage, *, by: str) -> Passage:
    """Those of the place are set for the other lab; free for it only once the passage is."""
    for order in equipped.order_in_time(tools, moved):
        tools.store.order(order.kind, order.lab, by=by)
    return moved


def _refuse_in_hour(tools: Tools, before: Passage, lab: str) -> None:
    """Only while time is left, and only into a lab that nobody has worked in."""
    if before.is_over(tools.clock()):
        raise Refused(
            f"The hour of candidate {before.candidate} is over: its réalisation stays",
            hint="Report the passage, for the head of centre to have it sat again.",
        )
    equipped.refuse_in_the_middle(tools, before.lab)
    refuse_unfit(tools, replace(before, lab=lab), fresh=True)


def seen_by(passage: Passage, role: Role) -> Passage:
    """The passage as this role may read it: the choice is the commission's until phase 1."""
    if role in MAY_KNOW_CHOICE or passage.state not in BEFORE:
        return passage
    return replace(passage, choice=0)
