"""A timetable as people read it: one line a passage, with the beginning and end of each phase."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo

from labmgr.domain.asking import in_order
from labmgr.domain.exam import MINUTE, Candidate, Commission, ExamSession, Phase
from labmgr.domain.passage import Passage
from labmgr.domain.timetable import Span, lengths_of


@dataclass(frozen=True)
class Line:
    """One passage. Extra time is in the times and nowhere else."""

    number: str
    name: str
    place: str
    wave: int
    commission: str  # its title
    room: str
    spans: Mapping[Phase, Span]  # on the centre's clock

    @property
    def start(self) -> datetime:
        return self.spans[Phase.PHASE_1][0]

    @property
    def end(self) -> datetime:
        return self.spans[Phase.INTERVIEW_2][1]

    @property
    def day(self) -> date:
        return self.start.date()


def lines(
    session: ExamSession,
    passages: Sequence[Passage],
    candidates: Sequence[Candidate],
    commissions: Sequence[Commission],
    zone: tzinfo,
) -> list[Line]:
    """By their start. A passage of which a time is missing has no line; `clashes` names it."""
    people = {one.number: one for one in candidates}
    homes = {one.id: one for one in commissions}
    found = [
        _line(one, people[one.candidate], homes.get(one.commission), session, zone)
        for one in passages
        if one.candidate in people and all(phase in one.planned for phase in Phase)
    ]
    return sorted(found, key=lambda one: (one.start, one.commission, in_order(one.number)))


def _line(
    passage: Passage,
    candidate: Candidate,
    home: Commission | None,
    session: ExamSession,
    zone: tzinfo,
) -> Line:
    lengths = lengths_of(candidate, session)
    spans = {
        phase: _span(passage.planned[phase].astimezone(zone), lengths[phase]) for phase in Phase
    }
    name = f"{candidate.last_name} {candidate.first_name}".strip()
    title, room = (home.title, home.room) if home else (passage.commission, "")
    return Line(candidate.number, name, passage.place, passage.wave, title, room, spans)


def _span(start: datetime, length: float) -> Span:
    """Ends are shown in whole minutes, never too early; short phases to the second."""
    end = start + timedelta(seconds=length)
    over = timedelta(seconds=end.second, microseconds=end.microsecond)
    if over and length >= MINUTE:
        end += timedelta(seconds=MINUTE) - over
    return start, end
