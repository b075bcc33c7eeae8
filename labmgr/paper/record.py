"""The procès-verbal of one passage. It tells what was seen and timed; people judge."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from labmgr.domain.equipment import KeptConfig
from labmgr.domain.record import PassageRecord, PhaseTold, Tried
from labmgr.domain.snapshot import SnapshotKind
from labmgr.paper import told
from labmgr.paper.sheet import Sheet
from labmgr.paper.told import French
from labmgr.paper.words import (
    EXPECTED,
    NONE,
    PHASES,
    STATES,
    day,
    doer,
    headline,
    hour,
    length,
    minute,
    zone,
)

TITLE = "Procès-verbal de passage"
SUSPENDED = ("Phase", "De", "À", "Durée", "Par", "Motif")
INCIDENTS = ("Constaté", "Fini", "Sans pouvoir travailler", "Incident", "Décision", "Par")
JUDGEMENT = (
    "Ce document est établi par labmgr d'après son journal et ses horloges. Les heures, durées, "
    "accès et empreintes ci-dessus ont été relevés par le serveur ; les motifs, remarques et "
    "décisions sont ceux des personnes nommées. Il ne porte aucune appréciation : la commission et "
    "le chef de centre jugent."
)


def print_passage(record: PassageRecord, french: French) -> bytes:
    who = record.candidate
    subtitle = (
        f"{headline(record.session)}\n{record.session.title} – candidat n° {who.number}"
        f" – {who.name} – {day(_day(record))}"
    )
    sheet = Sheet(TITLE, subtitle, told.foot(record.chain))
    sheet.say(
        f"{zone(_instants(record))}. Établi le {day(record.printed)} à {hour(record.printed)}.",
        size=8,
    )
    if not record.chain.holds:
        sheet.say(told.seal(record.chain), bold=True)
    sheet.facts([*_identity(record)])
    _phases(sheet, record)
    _stops(sheet, record, french)
    _access(sheet, record, french)
    _devices(sheet, record, french)
    _collected(sheet, record, french)
    _recette(sheet, record)
    _words(sheet, record, french)
    _events(sheet, record, french)
    _end(sheet, record)
    return bytes(sheet.output())


def _day(record: PassageRecord) -> datetime:
    """The day on which it began; before that the planned one, else as it came."""
    begun = [one.begun for one in record.phases if one.begun]
    planned = [one.planned for one in record.phases if one.planned]
    return min(begun or planned, default=record.arrived or record.printed)


def _instants(record: PassageRecord) -> Iterator[datetime]:
    yield _day(record)
    yield from (one.begun for one in record.phases if one.begun)
    yield from (one.at for one in record.events)


def _identity(record: PassageRecord) -> Iterator[tuple[str, str]]:
    who = record.candidate
    yield "Candidat", f"n° {who.number} – {who.name}"
    place = f"place {who.place}, " if who.place else ""
    yield "Place, vague", f"{place}vague {record.wave}"
    commission = record.commission
    yield "Commission", told.members(commission) if commission else NONE
    yield "État du passage", STATES[record.state]
    yield "Arrivée", told.arrival(record)
    read = f"lu à {hour(record.acknowledged)}" if record.acknowledged else "pas lu"
    yield "Texte de responsabilité", read
    if record.message:
        yield "Dossier non conforme", record.message
    if record.own_tools:
        yield "Environnement", "apporté par le candidat : labmgr ne tient que les temps"
        return
    project = f"n° {record.realisation}" if record.realisation else NONE
    yield "Réalisation", f"{project}{f' – {record.title}' if record.title else ''}"
    if record.lab:
        yield "Labo et modèle", f"{record.lab} – {record.template}"
        yield "Instantané de départ", told.taken(record.start)
        yield "Instantané de fin", told.taken(record.end)


def _phases(sheet: Sheet, record: PassageRecord) -> None:
    sheet.heading("Les temps")
    heads = (
        "Phase",
        "Prévu",
        "Début",
        "Fin",
        "Attente avant",
        "Durée de base",
        "Temps ajouté",
        "Accordé",
        "Utilisé",
    )
    rows = [_phase(one) for one in record.phases]
    sheet.grid(heads, rows, (33, 12, 15, 15, 17, 15, 17, 17, 17))
    sheet.say(
        "« Accordé » comprend les prolongations décidées ; « attente » n'est pas du temps d'épreuve"
        " et n'en a rien retiré.",
        size=8,
    )


def _phase(one: PhaseTold) -> tuple[str, ...]:
    done = one.begun is not None
    return (
        PHASES[one.phase],
        minute(one.planned),
        hour(one.begun),
        hour(one.ended),
        length(one.waited) if done else NONE,
        length(one.normal),
        length(one.extra) if one.extra else NONE,
        length(one.allotted),
        length(one.used) if done else NONE,
    )


def _stops(sheet: Sheet, record: PassageRecord, french: French) -> None:
    sheet.heading("Suspensions")
    rows = [told.suspension(one, french) for one in record.suspensions]
    sheet.grid_or(SUSPENDED, rows, (14, 12, 12, 14, 24, 48))
    sheet.heading("Prolongations")
    extensions = [told.extension(one) for one in record.extensions]
    heads = ("Heure", "Phase", "Ajouté", "Motif", "Par")
    sheet.grid_or(heads, extensions, (12, 14, 14, 64, 20))
    sheet.heading("Incidents")
    incidents = [told.incident(one, french) for one in record.incidents]
    sheet.grid_or(INCIDENTS, incidents, (13, 13, 17, 40, 40, 17))


def _access(sheet: Sheet, record: PassageRecord, french: French) -> None:
    if not record.lab:
        return
    sheet.heading("Points de sauvegarde et retours demandés par le candidat")
    own = [told.event(one, french)[1:4] for one in record.own]
    sheet.grid_or(("Heure", "Fait", "Par"), own, (14, 76, 24))
    sheet.heading("Accès du labo montrés au personnel")
    shown = [(f"{day(one.at)} {hour(one.at)}", doer(one.by)) for one in record.shown]
    sheet.grid_or(("Date et heure", "À"), shown, (30, 70))


def _devices(sheet: Sheet, record: PassageRecord, french: French) -> None:
    """Only where there are some: most places have none."""
    if not record.devices:
        return
    sheet.heading("Configurations des équipements de la place")
    rows = [
        (
            one.device,
            "départ" if one.kind is SnapshotKind.START else "fin",
            f"{day(one.at)} {hour(one.at)}",
            _seal(one, french),
        )
        for one in record.devices
    ]
    sheet.grid(("Équipement", "Instant", "Date et heure", "Empreinte"), rows, (26, 12, 30, 92))


def _collected(sheet: Sheet, record: PassageRecord, french: French) -> None:
    if not record.collected:
        return
    sheet.heading("Sorties collectées sur les serveurs de la place")
    rows = [
        (
            one.kept.whose,
            one.kept.backup or "–",
            f"{day(one.kept.at)} {hour(one.kept.at)}",
            "–" if one.size is None else f"{one.size} octets",
            _seal(one.kept, french),
        )
        for one in record.collected
    ]
    heads = ("Serveur", "Sortie", "Date et heure", "Taille", "Empreinte")
    sheet.grid(heads, rows, (20, 30, 26, 18, 66))


def _seal(kept: KeptConfig, french: French) -> str:
    """Both where a script failed: its output is kept, and how it ended is said."""
    seal = f"sha256 {kept.sha256}" if kept.backup else "non lue"
    return f"{seal} : {french(kept.said)}" if kept.said else seal


def _recette(sheet: Sheet, record: PassageRecord) -> None:
    if not record.lab:
        return
    sheet.heading("Recette")
    heads = ("N°", "Heure", "De – vers – demandé", "Attendu", "Constat", "Remarques")
    rows = [_tried(one) for one in record.recette]
    sheet.grid_or(heads, rows, (6, 12, 42, 14, 36, 34), none="Aucune ligne n'a été jouée.")
    for remark in record.remarks:
        about = f" ({remark.about})" if remark.about else ""
        sheet.say(f"{hour(remark.at)} – {remark.by}{about} : {remark.text}")


def _tried(one: Tried) -> tuple[str, ...]:
    row = one.result
    verdict = {True: "comme attendu", False: "autrement", None: "pas jouée"}[row.green]
    found = f"{verdict} : {row.evidence}" if row.evidence and row.green is False else verdict
    asked = f"{row.title}\n{row.source} – {row.target} : {row.asked}"
    remarks = "\n".join(f"{remark.by} : {remark.text}" for remark in one.remarks)
    return str(row.line), hour(row.at), asked, EXPECTED[row.expected], found, remarks


def _words(sheet: Sheet, record: PassageRecord, french: French) -> None:
    if record.phases[0].begun:
        sheet.heading("Ajustement demandé par la commission")
        sheet.say(record.adjustment or "Aucun.")
    if record.absence:
        sheet.heading("Absence")
        for line in told.absence(record.absence, french):
            sheet.say(line)


def _events(sheet: Sheet, record: PassageRecord, french: French) -> None:
    sheet.heading("Déroulement, d'après le journal")
    rows = [told.event(one, french) for one in record.events]
    heads = ("Ligne", "Heure", "Fait", "Par", "Motif")
    sheet.grid_or(heads, rows, (9, 13, 52, 22, 48))


def _end(sheet: Sheet, record: PassageRecord) -> None:
    sheet.heading("Vérification")
    sheet.say(told.seal(record.chain))
    sheet.ln(1)
    sheet.say(JUDGEMENT)
