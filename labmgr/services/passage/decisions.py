"""What staff decide about an incident: time given back, the passage reported, or nothing."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from labmgr.domain.exam import Phase
from labmgr.domain.passage import UNDER_WAY, Incident, Passage, PassageState
from labmgr.domain.ports import Tools
from labmgr.errors import BadInput, NotFound, Refused
from labmgr.services.passage import interruptions, outages, passages

WORTH = 5.0  # seconds: less is nobody's loss


class Decision(StrEnum):
    """The three ways out; which one is proposed is only a proposal (USERS §4)."""

    GIVE = "give"
    REPORT = "report"
    NOTHING = "nothing"


def lost(passage: Passage, incident: Incident, now: datetime) -> float:
    """Seconds of the incident in which a clock of the passage ran: what the candidate lost.

    While the passage is suspended its clock stands, so that nothing of it is lost; a clock goes
    on a moment before its incident is written down as over, which is no loss either.
    """
    end = incident.ended or now
    stretches = [one for clock in passage.clocks.values() for one in clock.stretches]
    spans = [(one.start.at, one.end.at if one.end else now) for one in stretches]
    both = [(max(start, incident.noticed), min(stop, end)) for start, stop in spans]
    found = sum(max(0.0, (stop - start).total_seconds()) for start, stop in both)
    return found if found >= WORTH else 0.0


def proposed(passage: Passage, incident: Incident, now: datetime) -> Decision:
    """What may be decided, once it is over: more than a quarter of the hour asks for another."""
    if outages.proposal(passage, incident) == "report":
        return Decision.REPORT
    return Decision.GIVE if lost(passage, incident, now) else Decision.NOTHING


def decide(
    tools: Tools,
    session: str,
    number: str,
    incident: int,
    decision: Decision,
    *,
    by: str,
    why: str,
    seconds: float = 0.0,
) -> None:
    """Carry a decision out and keep it with its reason. Two people never give the same time twice.

    GIVE adds *seconds* to the present phase; REPORT suspends the passage and ends it, for the
    head of centre to have it sat again.
    """
    if not why.strip():
        raise BadInput("The reason is missing", hint="Say why: it stands in the record.")
    with tools.store.lock("incidents") as mine:
        one = _undecided(tools, session, number, incident, free=mine)
        if decision is Decision.GIVE:
            _give(tools, one, seconds, by=by, why=why)
        elif decision is Decision.REPORT:
            _report(tools, one, by=by, why=why)
        said = {
            Decision.GIVE: f"{seconds / 60:g} min given back: {why}",
            Decision.REPORT: f"passage reported: {why}",
            Decision.NOTHING: f"nothing to compensate: {why}",
        }
        tools.store.decide_incident(incident, said[decision], by=by)


def _undecided(tools: Tools, session: str, number: str, wanted: int, *, free: bool) -> Incident:
    known = {one.id: one for one in tools.store.incidents(session, number)}
    if wanted not in known:
        raise NotFound(f"Candidate {number} has no incident {wanted}")
    if known[wanted].decision or not free:
        raise Refused(
            f"Incident {wanted} has just been decided by somebody else",
            hint="Its decision stands on the passage's page; extend the passage if need be.",
        )
    return known[wanted]


def _give(tools: Tools, incident: Incident, seconds: float, *, by: str, why: str) -> None:
    """Time lost in the hour is never given to an interview."""
    passage = tools.store.passage(incident.session, incident.candidate)
    talk = passage.clocks.get(Phase.INTERVIEW_2)
    if talk and talk.stretches and incident.noticed < talk.stretches[0].start.at:
        raise Refused(
            f"The hour of candidate {incident.candidate} is over: its time cannot be given back",
            hint="Report the passage, or say why nothing is compensated.",
        )
    interruptions.extend(tools, passage.session, passage.candidate, seconds, by=by, why=why)


def _report(tools: Tools, incident: Incident, *, by: str, why: str) -> None:
    session, number = incident.session, incident.candidate
    passage = tools.store.passage(session, number)
    if passage.state in UNDER_WAY - {PassageState.SUSPENDED}:
        interruptions.suspend(tools, session, number, by=by, why=why)
    if passage.state in UNDER_WAY:
        passages.close(tools, session, number, by=by, why=why)
