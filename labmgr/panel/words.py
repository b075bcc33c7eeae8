"""French words for what the domain names in English; marked for translation."""

from __future__ import annotations

from typing import Final

from flask_babel import lazy_gettext as _l

from labmgr.domain.exam import SessionState
from labmgr.domain.lab import LabState
from labmgr.domain.recette import Expected
from labmgr.domain.repair import Seen
from labmgr.domain.snapshot import SnapshotKind
from labmgr.domain.words import Role
from labmgr.domain.work import JobKind, JobState
from labmgr.services.doctor import Verdict

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
    JobKind.RECETTE: _l("recette"),
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
