"""What staff decide about an incident: time given back, the passage reported, or nothing."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

from labmgr.domain.clock import lasting
from labmgr.domain.exam import Phase
from labmgr.domain.passage import UNDER_WAY, Decided, Incident, Passage
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
    """Carry a decision out and keep it with its reason, in one step or not at all.

    GIVE adds *seconds* to the present phase; REPORT ends the passage, for the head of centre to
    have it sat again. Two people never give the same time twice.
    """
    if not why.strip():
        raise BadInput("The reason is missing", hint="Say why: it stands in the record.")
    one = _found(tools, session, number, incident)
    passage = tools.store.passage(session, number)
    match decision:
        case Decision.GIVE:
            _refuse_past(one, passage)
            news = [Decided(incident, f"{lasting(seconds)} given back: {why}")]
            interruptions.extend(tools, session, number, seconds, by=by, why=why, news=news)
        case Decision.REPORT if passage.state in UNDER_WAY:
            news = [Decided(incident, f"passage reported: {why}")]
            passages.break_off(tools, passage, by=by, why=why, news=news)
        case Decision.REPORT:
            tools.store.decide_incident(incident, f"passage reported: {why}", by=by)
        case Decision.NOTHING:
            tools.store.decide_incident(incident, f"nothing to compensate: {why}", by=by)


def _found(tools: Tools, session: str, number: str, wanted: int) -> Incident:
    known = {one.id: one for one in tools.store.incidents(session, number)}
    if wanted not in known:
        raise NotFound(f"Candidate {number} has no incident {wanted}")
    return known[wanted]


def _refuse_past(incident: Incident, passage: Passage) -> None:
    """Time lost in the hour is never given to an interview."""
    talk = passage.clocks.get(Phase.INTERVIEW_2)
    if talk and talk.stretches and incident.noticed < talk.stretches[0].start.at:
        raise Refused(
            f"The hour of candidate {incident.candidate} is over: its time cannot be given back",
            hint="Report the passage, or say why nothing is compensated.",
        )
