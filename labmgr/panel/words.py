"""French words for what the domain names in English; marked for translation."""

from __future__ import annotations

from typing import Final

from flask_babel import lazy_gettext as _l

from labmgr.domain.exam import Form, Phase, SessionState
from labmgr.domain.lab import LabState
from labmgr.domain.passage import PassageState
from labmgr.domain.recette import Expected
from labmgr.domain.repair import Seen
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.words import Role
from labmgr.domain.work import JobKind, JobState
from labmgr.services.day.doctor import Verdict

LAB_STATES: Final = {
    LabState.PLANNED: _l("prévu"),
    LabState.BUILDING: _l("en construction"),
    LabState.READY: _l("prêt"),
    LabState.OPEN: _l("ouvert"),
    LabState.FROZEN: _l("gelé"),
    LabState.RECETTE: _l("en recette"),
    LabState.BROKEN: _l("en panne"),
    LabState.GONE: _l("supprimé"),
}
MANY_LABS: Final = {
    LabState.PLANNED: _l("prévus"),
    LabState.READY: _l("prêts"),
    LabState.OPEN: _l("ouverts"),
    LabState.FROZEN: _l("gelés"),
    LabState.GONE: _l("supprimés"),
}  # the others are the same for one and for many
SESSION_STATES: Final = {
    SessionState.PREPARED: _l("en préparation"),
    SessionState.OPEN: _l("ouverte"),
    SessionState.CLOSED: _l("close"),
}
FORMS: Final = {
    Form.PONCTUELLE: _l("ponctuelle"),
    Form.CCF: _l("contrôle en cours de formation (CCF)"),
    Form.TRAINING: _l("entraînement"),
}
PASSAGE_STATES: Final = {
    PassageState.REGISTERED: _l("inscrit"),
    PassageState.PRESENT: _l("présent"),
    PassageState.PHASE_1: _l("première phase"),
    PassageState.INTERVIEW_1: _l("entretien 1"),
    PassageState.HOUR: _l("deuxième phase (heure)"),
    PassageState.INTERVIEW_2: _l("entretien 2 et recette"),
    PassageState.DONE: _l("terminé"),
    PassageState.SUSPENDED: _l("suspendu"),
    PassageState.NONCONFORMING: _l("dossier non conforme"),
    PassageState.ABSENT: _l("absent"),
}
PHASES: Final = {
    Phase.PHASE_1: _l("Première phase"),
    Phase.INTERVIEW_1: _l("Entretien 1"),
    Phase.HOUR: _l("Deuxième phase (heure)"),
    Phase.INTERVIEW_2: _l("Entretien 2 et recette"),
}
NODE_STATES: Final = {
    Seen.RUNNING: _l("en marche"),
    Seen.PAUSED: _l("en pause"),
    Seen.STOPPED: _l("arrêté"),
    Seen.CREATED: _l("créé"),
}
SNAPSHOT_KINDS: Final = {
    SnapshotKind.START: _l("départ"),
    SnapshotKind.OWN: _l("sauvegarde"),
    SnapshotKind.END: _l("fin"),
}
JOB_KINDS: Final = {
    JobKind.BUILD: _l("construction"),
    JobKind.OPEN: _l("ouverture"),
    JobKind.CLOSE: _l("fermeture"),
    JobKind.FREEZE: _l("gel"),
    JobKind.RESET: _l("remise à zéro"),
    JobKind.REMOVE: _l("suppression"),
    JobKind.WAKE: _l("réveil"),
    JobKind.SNAPSHOT: _l("instantané"),
    JobKind.RESTORE: _l("restauration"),
    JobKind.REHEARSE: _l("répétition"),
    JobKind.PROBE: _l("sondes"),
    JobKind.RESTART: _l("redémarrage d'un nœud"),
    JobKind.ROTATE: _l("changement d'accès"),
    JobKind.RECETTE: _l("recette"),
    JobKind.PREPARE: _l("préparation de la place"),
    JobKind.OPEN_DEVICES: _l("ouverture des équipements"),
    JobKind.CLOSE_DEVICES: _l("fermeture des équipements"),
    JobKind.KEEP_CONFIGS: _l("sauvegarde des configurations"),
    JobKind.RESTORE_DEVICES: _l("remise en état des équipements"),
}
JOB_STATES: Final = {
    JobState.WAITING: _l("en attente"),
    JobState.DOING: _l("en cours"),
    JobState.DONE: _l("terminé"),
    JobState.REFUSED: _l("refusé"),
    JobState.CRASHED: _l("interrompu"),
}
ROLES: Final = {
    Role.ADMIN: _l("administration"),
    Role.TEACHER: _l("enseignant"),
    Role.COMMISSION: _l("commission"),
    Role.INVIGILATOR: _l("surveillant"),
    Role.TECHNICIAN: _l("technicien"),
}
EXPECTED: Final = {
    Expected.SUCCESS: _l("réussite"),
    Expected.REFUSED: _l("refus"),
    Expected.BLOCKED: _l("blocage"),
}
VERDICTS: Final = {
    Verdict.GOOD: _l("bon"),
    Verdict.WARNING: _l("à surveiller"),
    Verdict.BAD: _l("à corriger"),
}
