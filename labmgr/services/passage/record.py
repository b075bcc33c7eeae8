"""The record of a passage and of a day, put together from the journal, the clocks and the list.

What it tells never depends on who asks: until phase 1 has begun nobody reads the choice here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from labmgr.domain.equipment import KeptConfig
from labmgr.domain.exam import Candidate, Commission, ExamSession, Phase
from labmgr.domain.passage import BEFORE, Passage, PassageState
from labmgr.domain.ports import Tools
from labmgr.domain.recette import Remark
from labmgr.domain.record import LOCAL, Collected, DayRecord, PassageRecord, Tried, Who
from labmgr.domain.snapshot import SnapshotKind
from labmgr.errors import BadInput, NotFound
from labmgr.services.passage import recette, retold, timed
from labmgr.services.passage.retold import Pages

HIDDEN = BEFORE | {PassageState.ABSENT}  # phase 1 has not begun, so the choice is not told


def of_passage(tools: Tools, session: str, number: str) -> PassageRecord:
    passage = tools.store.passage(session, number)
    return _record(tools, tools.store.session(session), passage, retold.read(tools))


def of_day(tools: Tools, name: str, day: date | None = None) -> DayRecord:
    """Every passage of *day*, or of the only day there is."""
    session, pages = tools.store.session(name), retold.read(tools)
    chosen = day or _only_day(tools, name)
    mine = [one for one in tools.store.passages(name) if _day(one) == chosen]
    if not mine:
        raise NotFound(
            f"Session {name} has no passage on {chosen.isoformat()}",
            hint=f"It has passages on: {_listed(days(tools, name))}.",
        )
    told = tuple(_record(tools, session, one, pages) for one in mine)
    rows = [one for one in pages.of(f"session:{name}") if one.at.astimezone(LOCAL).date() == chosen]
    sat = {one.commission for one in mine}
    return DayRecord(
        session,
        chosen,
        told,
        tuple(one for one in tools.store.commissions(name) if one.id in sat),
        tuple(retold.told(row) for row in rows),
        pages.chain,
        tools.now(),
    )


def days(tools: Tools, session: str) -> list[date]:
    """On which days its passages were sat, or are planned."""
    found = {_day(one) for one in tools.store.passages(session)}
    return sorted(one for one in found if one)


def passage_pdf(tools: Tools, session: str, number: str) -> bytes:
    return tools.paper.passage_record(of_passage(tools, session, number))


def day_pdf(tools: Tools, session: str, day: date | None = None) -> bytes:
    return tools.paper.day_record(of_day(tools, session, day))


def read_day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError as wrong:
        raise BadInput(f"{text} is not a day", hint="Write it like 2026-05-27.") from wrong


def _kept(tools: Tools, lab: str) -> list[KeptConfig]:
    """The newest start and end of each device; rows only, whatever the inventory says today."""
    wanted = {SnapshotKind.START, SnapshotKind.END}
    kept = [one for one in tools.store.kept_configs(lab) if one.kind in wanted] if lab else []
    newest = {(one.device, one.kind): one for one in kept}
    return [newest[key] for key in sorted(newest, key=lambda key: (key[0], key[1] == "end"))]


def _collected(tools: Tools, kept: KeptConfig) -> Collected:
    there = (one.size for one in tools.configs.backups(kept.device) if one.name == kept.backup)
    return Collected(kept, next(there, None))


def who(candidate: Candidate, passage: Passage) -> Who:
    name = f"{candidate.last_name} {candidate.first_name}".strip()
    return Who(candidate.number, name, passage.place or candidate.place)


def _day(passage: Passage) -> date | None:
    """The day on which it began; before that the planned one, else that of the arrival."""
    first = passage.clocks.get(Phase.PHASE_1)
    if first and first.stretches:
        return first.stretches[0].start.at.astimezone(LOCAL).date()
    at = min(passage.planned.values(), default=passage.arrived)
    return at.astimezone(LOCAL).date() if at else None


def _only_day(tools: Tools, session: str) -> date:
    found = days(tools, session)
    if len(found) == 1:
        return found[0]
    raise BadInput(
        f"Session {session} has passages on {len(found)} days",
        hint=f"Name one of them: {_listed(found)}.",
    )


def _listed(found: Sequence[date]) -> str:
    return ", ".join(one.isoformat() for one in found) or "-"


def _record(tools: Tools, session: ExamSession, real: Passage, pages: Pages) -> PassageRecord:
    known = real.state not in HIDDEN
    passage = real if known else replace(real, choice=0, lab="")
    candidate = tools.store.candidate(session.name, passage.candidate)
    now, lab = tools.clock(), passage.lab
    kept, before = _kept(tools, lab), _hour_began(passage, pages)
    tried, remarks = _recette(tools, lab)
    return PassageRecord(
        session=session,
        candidate=who(candidate, passage),
        commission=_commission(tools, passage),
        state=passage.state,
        wave=passage.wave,
        arrived=passage.arrived,
        late=_late(passage),
        acknowledged=passage.acknowledged,
        own_tools=passage.own_tools,
        realisation=passage.choice,
        title=_title(tools, passage),
        lab=lab,
        template=_template(tools, lab),
        phases=timed.phases(session, candidate, passage, now),
        suspensions=retold.suspensions(passage, pages, now),
        extensions=retold.extensions(passage, pages),
        incidents=tuple(tools.store.incidents(session.name, candidate.number)),
        absence=retold.absence(passage, pages),
        own=retold.by_candidate(passage, pages),
        shown=retold.shown(passage, pages),
        start=retold.taken(tools, pages, lab, SnapshotKind.START, before=before),
        end=retold.taken(tools, pages, lab, SnapshotKind.END),
        recette=tried,
        remarks=remarks,
        adjustment=passage.adjustment,
        message=passage.message,
        events=retold.events(passage, pages),
        chain=pages.chain,
        printed=tools.now(),
        devices=tuple(one for one in kept if not one.collected),
        collected=tuple(_collected(tools, one) for one in kept if one.collected),
    )


def _hour_began(passage: Passage, pages: Pages) -> int | None:
    """The rank of the journal's row that says so."""
    rows = pages.of(f"passage:{passage.id}")
    return next((row.rank for row in rows if row.what == "hour begun"), None)


def _commission(tools: Tools, passage: Passage) -> Commission | None:
    found = tools.store.commissions(passage.session)
    return next((one for one in found if one.id == passage.commission), None)


def _late(passage: Passage) -> float:
    planned = passage.planned.get(Phase.PHASE_1)
    if not planned or not passage.arrived:
        return 0.0
    return max(0.0, (passage.arrived - planned).total_seconds())


def _title(tools: Tools, passage: Passage) -> str:
    projects = tools.store.realisations(passage.session, passage.candidate)
    return next((one.title for one in projects if one.number == passage.choice), "")


def _template(tools: Tools, lab_id: str) -> str:
    if not lab_id:
        return ""
    lab = tools.store.lab(lab_id)
    return f"{lab.template}@{lab.template_hash}"


def _recette(tools: Tools, lab_id: str) -> tuple[tuple[Tried, ...], tuple[Remark, ...]]:
    """The recette's newest answers and the commission's remarks, beside them or on the whole."""
    if not lab_id:
        return (), ()
    sheet = recette.results(tools, lab_id)
    played = [line for line in sheet.lines if line.result.green is not None or line.remarks]
    return tuple(Tried(one.result, one.remarks) for one in played), sheet.remarks
