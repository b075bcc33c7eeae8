"""The procès-verbal of a day: every passage in a table, what went wrong, room for signatures."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from labmgr.domain.exam import Phase
from labmgr.domain.passage import PassageState
from labmgr.domain.record import LOCAL, DayRecord, PassageRecord, PhaseTold
from labmgr.paper import told
from labmgr.paper.record import INCIDENTS, JUDGEMENT, SUSPENDED
from labmgr.paper.sheet import Sheet
from labmgr.paper.told import French
from labmgr.paper.words import (
    NONE,
    STATES,
    day,
    headline,
    hour,
    length,
    minute,
    zone,
)

TITLE = "Procès-verbal de la journée"
HEADS = (
    "N°",
    "Candidat",
    "Commission",
    "Prévu",
    "Arrivée",
    "Préparation",
    "Entretien 1",
    "Heure",
    "Accordé / utilisé",
    "Entretien 2",
    "État",
)
WIDTHS = (20, 38, 20, 12, 28, 20, 20, 20, 32, 20, 28)
FILE = ("file not conforming", "file conforming")
SIGNATURE = 24.0  # mm


def print_day(record: DayRecord, french: French) -> bytes:
    date = f"{record.day:%d/%m/%Y}"
    subtitle = f"{headline(record.session)}\n{record.session.title} – journée du {date}"
    sheet = Sheet(f"{TITLE} du {date}", subtitle, told.foot(record.chain), landscape=True)
    printed = f"Établi le {day(record.printed)} à {hour(record.printed)}."
    sheet.say(f"{zone(_instants(record))}. {printed} {_count(record)}", size=8)
    if not record.chain.holds:
        sheet.say(told.seal(record.chain), bold=True)
    sheet.heading("Passages")
    sheet.grid(HEADS, [_row(one) for one in record.passages], WIDTHS)
    _stops(sheet, record, french)
    _absences(sheet, record, french)
    _session(sheet, record, french)
    sheet.heading("Vérification")
    sheet.say(told.seal(record.chain))
    sheet.ln(1)
    sheet.say(JUDGEMENT)
    _signatures(sheet, record)
    return bytes(sheet.output())


def _instants(record: DayRecord) -> Iterator[datetime]:
    yield datetime.combine(record.day, datetime.min.time(), LOCAL).replace(hour=12)
    for one in record.passages:
        yield from (phase.begun for phase in one.phases if phase.begun)


def _count(record: DayRecord) -> str:
    states = [one.state for one in record.passages]
    done, away = states.count(PassageState.DONE), states.count(PassageState.ABSENT)
    return f"Passages prévus : {len(states)}, terminés : {done}, absents : {away}."


def _row(one: PassageRecord) -> tuple[str, ...]:
    phases = {phase.phase: phase for phase in one.phases}
    first, the_hour = phases[Phase.PHASE_1], phases[Phase.HOUR]
    late = f"\n(+ {length(one.late)})" if one.late else ""
    time = f"{length(the_hour.allotted)} / {length(the_hour.used)}" if the_hour.begun else NONE
    return (
        one.candidate.number,
        one.candidate.name,
        one.commission.title if one.commission else NONE,
        minute(first.planned),
        hour(one.arrived) + late,
        _span(first),
        _span(phases[Phase.INTERVIEW_1]),
        _span(the_hour),
        time,
        _span(phases[Phase.INTERVIEW_2]),
        STATES[one.state],
    )


def _span(phase: PhaseTold) -> str:
    if phase.begun is None:
        return NONE
    return f"{hour(phase.begun)}\n{hour(phase.ended) if phase.ended else 'en cours'}"


def _stops(sheet: Sheet, record: DayRecord, french: French) -> None:
    incidents = [
        (one.candidate.number, *told.incident(each, french))
        for one in record.passages
        for each in one.incidents
    ]
    sheet.heading("Incidents")
    sheet.grid_or(("N°", *INCIDENTS), incidents, (20, 16, 16, 22, 78, 78, 24))
    suspensions = [
        (one.candidate.number, *told.suspension(each, french))
        for one in record.passages
        for each in one.suspensions
    ]
    sheet.heading("Suspensions")
    sheet.grid_or(("N°", *SUSPENDED), suspensions, (20, 20, 16, 16, 20, 48, 98))
    extensions = [
        (one.candidate.number, *told.extension(each))
        for one in record.passages
        for each in one.extensions
    ]
    sheet.heading("Prolongations")
    heads = ("N°", "Heure", "Phase", "Ajouté", "Motif", "Par")
    sheet.grid_or(heads, extensions, (20, 16, 22, 20, 116, 30))


def _absences(sheet: Sheet, record: DayRecord, french: French) -> None:
    sheet.heading("Absences et dossiers non conformes")
    rows = []
    for one in record.passages:
        file = [each for each in one.events if each.what in FILE]  # also when it was set right
        lines = told.absence([*one.absence, *file], french)
        rows += [(one.candidate.number, one.candidate.name, line) for line in lines]
    sheet.grid_or(("N°", "Candidat", "Dit"), rows, (20, 50, 180))


def _session(sheet: Sheet, record: DayRecord, french: French) -> None:
    sheet.heading("La session ce jour-là, d'après le journal")
    rows = [told.event(one, french) for one in record.events]
    sheet.grid_or(("Ligne", "Heure", "Fait", "Par", "Motif"), rows, (14, 18, 110, 34, 90))


def _signatures(sheet: Sheet, record: DayRecord) -> None:
    """Empty: a hand signs. The whole row stays together on a page."""
    sheet.keep(SIGNATURE + 14)
    sheet.heading("Signatures")
    titles = [told.members(one) for one in record.commissions] or ["La commission"]
    sheet.signatures([*titles, "Le chef de centre"], SIGNATURE)
