"""Who is there: present, absent by two people, a file that is not conforming, what was read."""

from __future__ import annotations

from dataclasses import replace

from labmgr.domain.journal import need
from labmgr.domain.passage import Passage, PassageState
from labmgr.domain.ports import Tools
from labmgr.errors import Refused
from labmgr.services.passage.steps import changed

P = PassageState
MAY_SIGN = frozenset({P.PRESENT, P.PHASE_1, P.INTERVIEW_1})


def arrive(tools: Tools, session: str, number: str, *, by: str) -> Passage:
    """The candidate is there. Late is late: the hour of arrival is noted, nothing follows."""
    before = tools.store.passage(session, number)
    if before.state is P.PRESENT:
        return before
    arrived = replace(before.moved_to(P.PRESENT), arrived=tools.now(), absent_said_by="")
    return changed(tools, before, arrived, what="present", by=by)


def say_absent(tools: Tools, session: str, number: str, *, by: str) -> Passage:
    """Said by two people: absence eliminates (S3:61), so nobody decides it alone."""
    before = tools.store.passage(session, number)
    gone = before.moved_to(P.ABSENT)
    if not before.absent_said_by:
        asked = replace(before, absent_said_by=by)
        return changed(tools, before, asked, what="said to be absent, to be confirmed", by=by)
    if before.absent_said_by == by:
        raise Refused(
            f"{by} has already said that candidate {number} is absent",
            hint="A second person confirms it: an absence eliminates the candidate.",
        )
    return changed(tools, before, gone, what=f"absent, as {before.absent_said_by} said", by=by)


def take_back_absence(tools: Tools, session: str, number: str, *, by: str, why: str) -> Passage:
    """A mistake, or a candidate who came after all and whom the head of centre lets in."""
    before = tools.store.passage(session, number)
    after = before if before.state is not P.ABSENT else before.moved_to(P.REGISTERED)
    need(why)
    return changed(
        tools, before, replace(after, absent_said_by=""), what="not absent", by=by, why=why
    )


def block(tools: Tools, session: str, number: str, message: str, *, by: str) -> Passage:
    """The file is not conforming: present or not, nobody is interrogated (S3:69)."""
    need(message)
    before = tools.store.passage(session, number)
    after = replace(before.moved_to(P.NONCONFORMING), message=message)
    return changed(tools, before, after, what="file not conforming", by=by, why=message)


def unblock(tools: Tools, session: str, number: str, *, by: str, why: str) -> Passage:
    """The file is conforming after all."""
    need(why)
    before = tools.store.passage(session, number)
    state = P.PRESENT if before.arrived else P.REGISTERED
    after = replace(before.moved_to(state), message="")
    return changed(tools, before, after, what="file conforming", by=by, why=why)


def acknowledge(tools: Tools, session: str, number: str) -> Passage:
    """The candidate has read whose responsibility the use of the lab is (S4:2342)."""
    before = tools.store.passage(session, number)
    if before.acknowledged:
        return before
    after = replace(before, acknowledged=tools.now())
    return changed(
        tools, before, after, what="responsibility acknowledged", by=f"candidate {number}"
    )


def acknowledge_on_paper(tools: Tools, session: str, number: str, *, by: str) -> Passage:
    """Read and signed on a sheet, for whoever cannot use the portal: noted by staff.

    A broken screen must not keep anybody from the hour.
    """
    before = tools.store.passage(session, number)
    if before.acknowledged:
        return before
    if before.state not in MAY_SIGN:
        raise Refused(
            f"Passage {before.id} is {before.state}: nothing is signed for it now",
            hint="The text is read between the arrival and the hour.",
        )
    after = replace(before, acknowledged=tools.now())
    return changed(tools, before, after, what="responsibility acknowledged on paper", by=by)
