"""What the day's page shows of each passage, read once for all of them."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from flask_babel import to_user_timezone

from labmgr.domain.clock import Moment
from labmgr.domain.exam import Candidate, Commission, ExamSession, Phase
from labmgr.domain.lab import Lab, LabState
from labmgr.domain.passage import BEFORE, Incident, Passage
from labmgr.domain.ports import Tools
from labmgr.domain.terminals import Space
from labmgr.domain.work import Job
from labmgr.errors import StoreError
from labmgr.panel.day import timeline
from labmgr.panel.day.situations import Situation, situation
from labmgr.panel.day.timeline import Bar, Scale, Span
from labmgr.panel.equipment.equipment_marks import Mark, marks
from labmgr.services.instance import pulse
from labmgr.services.lab import snapshots
from labmgr.services.passage.decisions import Decision, lost, proposed

# Of two réalisations that are alike one lab is built.
ON_PAPER = frozenset({LabState.PLANNED, LabState.GONE})


@dataclass(frozen=True)
class Alarm:
    """An incident on which nobody has decided, with what may be proposed once it is over."""

    incident: Incident
    candidate: Candidate | None
    lost: float
    proposed: Decision | None


@dataclass(frozen=True)
class Row:
    """One candidate's line of the day."""

    passage: Passage
    candidate: Candidate
    situation: Situation
    labs: tuple[Lab, ...]
    spans: tuple[Span, ...]
    alarms: int
    put_away: frozenset[str] = frozenset()  # labs that are gone, kept as snapshots
    bars: tuple[Bar, ...] = ()
    mark: Mark | None = None  # its place is not ready


@dataclass(frozen=True)
class Day:
    """A session's day at one instant. `mark` changes with whatever its reader would notice."""

    session: ExamSession
    day: date
    days: Sequence[date]
    rows: Sequence[Row]
    commissions: Sequence[Commission]
    alarms: Sequence[Alarm]
    now: Moment
    mark: str
    tapes: Space | None = None  # recordings of terminals that are near their limit


@dataclass(frozen=True)
class Look:
    """What is read once, whatever the number of rows."""

    session: ExamSession
    labs: Sequence[Lab]
    jobs: Sequence[Job]
    incidents: Sequence[Incident]  # nobody has decided on
    now: Moment
    put_away: frozenset[str]

    @classmethod
    def at(cls, tools: Tools, name: str) -> Look:
        store = tools.store
        open_ = [one for one in store.incidents(name) if not one.decision]
        labs = store.labs(name)
        away = frozenset(lab.id for lab in labs if snapshots.is_put_away(tools, lab))
        return cls(store.session(name), labs, store.jobs(), open_, tools.clock(), away)


def local_day(at: datetime) -> date:
    """The day of the centre's calendar."""
    day: date = to_user_timezone(at).date()
    return day


def read_day(tools: Tools, name: str, wanted: str = "") -> Day:
    """*wanted* is a day of the session's; without it today, or the nearest that comes."""
    look, passages = Look.at(tools, name), tools.store.passages(name)
    on = {one.candidate: _days(one) for one in passages}
    days = sorted(set().union(*on.values()))
    day = _chosen(days, wanted, local_day(look.now.at))
    shown = [one for one in passages if not on[one.candidate] or day in on[one.candidate]]
    people = {one.number: one for one in tools.store.candidates(name)}
    places = marks(tools, shown)
    rows = [
        replace(row_of(look, one, people[one.candidate]), mark=places.get(one.candidate))
        for one in shown
        if one.candidate in people
    ]
    alarms = [alarm_of(one, passages, people, look.now) for one in look.incidents]
    commissions = tools.store.commissions(name)
    tapes = _near_full(tools)
    near = str(tapes.used * 100 // tapes.most) if tapes else ""
    silent = str(pulse.is_silent(tools))
    mark = mark_of(rows, look, str(day), *(str(one) for one in days), near, silent)
    return Day(look.session, day, days, rows, commissions, alarms, look.now, mark, tapes)


def alarm_of(
    incident: Incident, passages: Iterable[Passage], people: dict[str, Candidate], now: Moment
) -> Alarm:
    mine = next((one for one in passages if one.candidate == incident.candidate), None)
    seconds = lost(mine, incident, now.at) if mine else 0.0
    over = proposed(mine, incident, now.at) if mine and incident.ended else None
    return Alarm(incident, people.get(incident.candidate), seconds, over)


def mark_of(rows: Sequence[Row], look: Look, *more: str) -> str:
    """Of states and revisions, never of the choice; and of the minute, for what is left."""
    seen = [
        (row.passage.candidate, row.passage.revision, row.situation.key, row.candidate.place)
        for row in rows
    ]
    labs = [(lab.id, lab.state) for row in rows for lab in row.labs]
    doors = [(job.id, job.state) for row in rows if (job := row.situation.trouble)]
    alarms = [(one.id, one.ended) for one in look.incidents]
    minute = int(look.now.at.timestamp() // 60)
    places = [row.mark for row in rows]
    facts = repr((seen, labs, doors, alarms, places, minute, more))
    return hashlib.sha256(facts.encode()).hexdigest()[:16]


def _near_full(tools: Tools) -> Space | None:
    try:
        space = tools.recordings.space()
    except StoreError:  # each terminal that opens tells of it in the journal, the doctor here
        return None
    return space if space.low else None


def scale_of(rows: Sequence[Row], day: date) -> Scale | None:
    """Of what the day holds of the passages shown."""
    spans = [span for row in rows for span in row.spans if local_day(span.start) == day]
    return Scale.around(spans)


def row_of(look: Look, passage: Passage, candidate: Candidate) -> Row:
    durations = look.session.durations
    lengths = {phase: candidate.allotted(phase, durations) for phase in Phase}
    mine = [one for one in look.labs if one.id == passage.lab]  # a spare may be it
    if not mine and passage.state in BEFORE and not passage.own_tools:
        own = [one for one in look.labs if one.candidate == candidate.number]
        mine = [one for one in own if one.state not in ON_PAPER] or own
    jobs = [one for one in look.jobs if passage.lab and one.lab == passage.lab]
    spans = timeline.planned(passage, lengths) + timeline.real(passage, look.now.at)
    alarms = sum(one.candidate == passage.candidate for one in look.incidents)
    place = situation(passage, look.now, jobs)
    return Row(passage, candidate, place, tuple(mine), tuple(spans), alarms, look.put_away)


def _days(passage: Passage) -> set[date]:
    """On which days it was to begin and did; empty without either."""
    begun = [clock.stretches[0].start.at for clock in passage.clocks.values() if clock.stretches]
    starts = [min(instants) for instants in (passage.planned.values(), begun) if instants]
    return {local_day(at) for at in starts}


def _chosen(days: Sequence[date], wanted: str, today: date) -> date:
    asked = next((day for day in days if day.isoformat() == wanted), None)
    if asked or today in days or not days:
        return asked or today
    return next((day for day in days if day > today), days[-1])
