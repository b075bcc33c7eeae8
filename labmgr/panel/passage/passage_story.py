"""One sitting told in order: phases planned and real, waits, incidents, the journal's rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from labmgr.domain.clock import Clock, Moment, pauses
from labmgr.domain.equipment import KeptConfig
from labmgr.domain.exam import Commission, ExamSession, Phase, Realisation
from labmgr.domain.journal import Entry
from labmgr.domain.passage import BEFORE, Incident, Passage
from labmgr.domain.ports import Tools
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.words import Role
from labmgr.domain.work import Job
from labmgr.errors import LabmgrError
from labmgr.panel.day.day_rows import Alarm, Look, Row, alarm_of, local_day, mark_of, row_of
from labmgr.panel.day.timeline import Scale
from labmgr.services.equipment import configs
from labmgr.services.equipment.configs import Lived
from labmgr.services.passage.choices import seen_by

MOST_ROWS = 200  # of the journal, on one page


@dataclass(frozen=True)
class Part:
    """One phase as it was planned and as it was. Seconds."""

    phase: Phase
    planned: datetime | None
    planned_end: datetime | None
    begun: datetime | None
    ended: datetime | None
    allotted: float
    used: float
    stood: float  # suspended in it
    waited: float | None  # before it, since the phase before ended; no exam time


@dataclass(frozen=True)
class Story:
    session: ExamSession
    row: Row
    commission: Commission | None
    parts: Sequence[Part]
    scale: Scale | None
    at: float | None
    alarms: Sequence[Alarm]
    decided: Sequence[Incident]
    events: Sequence[Entry]
    mark: str
    job: Job | None = None  # the last order to the lab, once it is no secret which
    lived: Sequence[Lived] = ()  # the place's devices in the lab of this passage
    collected: Sequence[KeptConfig] = ()  # what scripts read on its servers at the end


@dataclass(frozen=True)
class Facts:
    """What is shown before a phase begins, so that nobody starts the wrong thing."""

    template: str  # empty while its reader may not know it
    green: int
    probes: int
    snapshot: datetime | None  # the start snapshot's verification
    realisations: Sequence[Realisation]  # empty for who may not choose


def read_story(tools: Tools, name: str, number: str) -> Story:
    store, look = tools.store, Look.at(tools, name)
    passage, candidate = store.passage(name, number), store.candidate(name, number)
    mine = store.incidents(name, number)
    row = row_of(look, passage, candidate)
    first_day = [span for span in row.spans if local_day(span.start) == _day_of(passage, look.now)]
    scale = Scale.around(first_day or row.spans)
    events = _events(tools, passage)
    known = passage.lab if passage.state not in BEFORE else ""
    job = next((one for one in look.jobs if known and one.lab == known), None)
    at_work = (job.id, job.state) if job else ()
    people = {number: candidate}
    commissions = {one.id: one for one in store.commissions(name)}
    return Story(
        look.session,
        replace(row, bars=tuple(scale.bars(row.spans)) if scale else ()),
        commissions.get(passage.commission),
        parts(passage, row, look.now),
        scale,
        scale.x(look.now.at) if scale and scale.holds(look.now.at) else None,
        [alarm_of(one, [passage], people, look.now) for one in mine if not one.decision],
        [one for one in mine if one.decision],
        events,
        mark_of([row], look, str(events[-1].rank if events else 0), str(at_work)),
        job,
        _lived(tools, passage),
        configs.collected(tools, known) if known else (),
    )


def facts_of(tools: Tools, story: Story, role: Role) -> Facts:
    """Asked for a verb's own page. The choice stays with who may know it."""
    store, row = tools.store, story.row
    passage = seen_by(row.passage, role)
    known = store.realisations(story.session.name, row.candidate.number)
    chosen = next((one.template for one in known if one.number == passage.choice), "")
    lab = passage.lab
    findings = store.findings(lab) if lab else []
    verified = [
        one.verified
        for one in (store.snapshots(lab) if lab else [])
        if one.kind is SnapshotKind.START and one.verified
    ]
    return Facts(
        _title(tools, chosen) if passage.choice else "",
        sum(one.green for one in findings),
        len(findings),
        verified[0] if verified else None,
        known,
    )


def parts(passage: Passage, row: Row, now: Moment) -> list[Part]:
    """The four phases in order; what was not begun has no real times."""
    planned = {span.phase: span for span in row.spans if span.kind == "planned"}
    found: list[Part] = []
    before: Moment | None = None
    for phase in Phase:
        clock = passage.clocks.get(phase) or Clock(0.0)
        plan = planned.get(phase)
        length = (plan.end - plan.start).total_seconds() if plan else 0.0
        started = clock.stretches[0].start if clock.stretches else None
        ended = clock.stretches[-1].end if clock.stretches else None
        found.append(
            Part(
                phase,
                plan.start if plan else None,
                plan.end if plan else None,
                started.at if started else None,
                ended.at if ended else None,
                clock.allotted or length,
                min(clock.used(now), clock.allotted),
                sum(after.since(end) for end, after in pauses(clock.stretches)),
                started.since(before) if started and before else None,
            )
        )
        before = ended
    return found


def _events(tools: Tools, passage: Passage) -> list[Entry]:
    """Rows of the passage and, once it is no secret, of the lab that it is sat in; oldest first."""
    store = tools.store
    rows = store.entries(f"passage:{passage.id}", limit=MOST_ROWS)
    if passage.lab and passage.state not in BEFORE:
        rows += store.entries(f"lab:{passage.lab}", limit=MOST_ROWS)
    return sorted(rows, key=lambda one: one.rank)


def _lived(tools: Tools, passage: Passage) -> list[Lived]:
    """Told once it is no secret in which lab it is sat; faults of the inventory have their page."""
    if not passage.lab or passage.state in BEFORE:
        return []
    try:
        return configs.lived(tools, passage.lab)
    except LabmgrError:
        return []


def _day_of(passage: Passage, now: Moment) -> date:
    begun = [clock.stretches[0].start.at for clock in passage.clocks.values() if clock.stretches]
    at = min(begun or passage.planned.values(), default=now.at)
    return local_day(at)


def _title(tools: Tools, template: str) -> str:
    try:
        return str(tools.library.read(template).title)
    except LabmgrError:
        return template  # a page must open all the same; the lab's own page shows the faults
