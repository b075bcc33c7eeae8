"""French words, instants and lengths of time as the records print them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime, timedelta
from types import MappingProxyType

from labmgr.domain.exam import ExamSession, Form, Phase
from labmgr.domain.passage import PassageState
from labmgr.domain.recette import Expected
from labmgr.domain.record import LOCAL

NONE = "–"
FORMS = MappingProxyType(
    {
        Form.PONCTUELLE: "forme ponctuelle",
        Form.CCF: "contrôle en cours de formation",
        Form.TRAINING: "entraînement (ce n'est pas un examen)",
    }
)
PHASES = MappingProxyType(
    {
        Phase.PHASE_1: "Première phase : préparation",
        Phase.INTERVIEW_1: "Première phase : entretien",
        Phase.HOUR: "Deuxième phase : heure de travail",
        Phase.INTERVIEW_2: "Deuxième phase : recette et entretien",
    }
)
SHORT = MappingProxyType(
    {
        Phase.PHASE_1: "Préparation",
        Phase.INTERVIEW_1: "Entretien 1",
        Phase.HOUR: "Heure",
        Phase.INTERVIEW_2: "Entretien 2",
    }
)
STATES = MappingProxyType(
    {
        PassageState.REGISTERED: "inscrit, pas encore arrivé",
        PassageState.PRESENT: "présent",
        PassageState.PHASE_1: "en première phase",
        PassageState.INTERVIEW_1: "au premier entretien",
        PassageState.HOUR: "en deuxième phase",
        PassageState.INTERVIEW_2: "au second entretien",
        PassageState.DONE: "terminé",
        PassageState.SUSPENDED: "suspendu (incident)",
        PassageState.NONCONFORMING: "dossier non conforme",
        PassageState.ABSENT: "absent (dit par deux personnes)",
    }
)
EXPECTED = MappingProxyType(
    {Expected.SUCCESS: "aboutit", Expected.REFUSED: "refusé", Expected.BLOCKED: "rien ne passe"}
)
DOERS = MappingProxyType(
    {
        "bell": "cloche de labmgr",
        "reconcile": "labmgr",
        "watch": "labmgr",
        "labmgr": "labmgr",
        "setup": "labmgr",
    }
)
MINUTE, HOUR = 60, 3600


def headline(session: ExamSession) -> str:
    """The épreuve's names are the session's data: they change from year to year."""
    labels = session.labels
    parts = [f"BTS SIO option {session.option}"]
    if epreuve := labels.get("epreuve"):
        unit = f" (unité {labels['unit']})" if labels.get("unit") else ""
        parts.append(f"épreuve {epreuve}{unit}")
    if year := labels.get("year"):
        parts.append(f"session {year}")
    return " – ".join([*parts, FORMS[session.form]])


def zone(instants: Iterable[datetime]) -> str:
    """The offset that all printed hours have; two on a night when the clocks change."""
    offsets = {one.astimezone(LOCAL).utcoffset() or timedelta() for one in instants}
    hours = " ou ".join(f"UTC{int(one.total_seconds()) // HOUR:+d}" for one in sorted(offsets))
    return f"Heures du serveur, locales ({LOCAL.key}, {hours})"


def day(at: datetime) -> str:
    return f"{at.astimezone(LOCAL):%d/%m/%Y}"


def hour(at: datetime | None) -> str:
    return f"{at.astimezone(LOCAL):%H:%M:%S}" if at else NONE


def room(name: str) -> str:
    """As it is named in the house: "12", or "salle 12" already."""
    return name if name.casefold().startswith("salle") else f"salle {name}"


def minute(at: datetime | None) -> str:
    return f"{at.astimezone(LOCAL):%H:%M}" if at else NONE


def length(seconds: float) -> str:
    """As "1 h 20 min", "12 min 04 s" or "0 s": to the second."""
    total = round(seconds)
    hours, rest = divmod(total, HOUR)
    minutes, left = divmod(rest, MINUTE)
    parts = [f"{hours} h"] if hours else []
    if minutes or (hours and left):
        parts.append(f"{minutes:02d} min" if hours else f"{minutes} min")
    if left or not total:
        parts.append(f"{left:02d} s" if parts else f"{left} s")
    return " ".join(parts)


def doer(by: str) -> str:
    """A login stands as it is; labmgr's own parts and the candidate have a name."""
    if by.startswith("candidate "):
        return by.replace("candidate", "candidat", 1)
    return DOERS.get(by, by)
