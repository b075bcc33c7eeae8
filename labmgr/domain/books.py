"""The books: what labmgr remembers, by subject. Together they are the Store port.

The promises of ports.py hold here too: twice equals once, failures are labmgr's own errors.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from labmgr.domain.bells import Bell
from labmgr.domain.clock import Moment
from labmgr.domain.credential import Credential
from labmgr.domain.equipment import DeviceState, KeptConfig
from labmgr.domain.exam import Candidate, Commission, ExamSession, Realisation, SessionState
from labmgr.domain.journal import Entry, Mark
from labmgr.domain.lab import Lab, LabState
from labmgr.domain.passage import Incident, News, Passage, PassageState
from labmgr.domain.people import Account
from labmgr.domain.probe import Finding
from labmgr.domain.recette import RecetteBook
from labmgr.domain.rehearsal import RehearsalBook
from labmgr.domain.snapshot import Snapshot
from labmgr.domain.words import Role
from labmgr.domain.work import Job, JobKind, Lane, Order, Progress


class LabBook(Protocol):
    """Labs and what belongs to them."""

    def labs(self, session: str | None = None, candidate: str | None = None) -> list[Lab]: ...
    def lab(self, id: str) -> Lab:
        """Raises NotFound."""

    def add_lab(self, lab: Lab, *, by: str) -> Lab:
        """Remember a planned lab; the same id again returns what stands. LostRace on a number."""

    def move(self, lab: Lab, new: LabState, *, by: str, why: str) -> Lab:
        """One step by compare-and-set with its journal row; WrongState or LostRace."""

    def retemplate(self, lab: Lab, template_hash: str) -> Lab:
        """Remember which state of the template the lab is now built from."""

    def replan(self, lab: Lab, template: str, template_hash: str, *, by: str) -> Lab:
        """Another template for a lab of which nothing stands; the journal does not name it."""

    def credentials(self, lab: str) -> list[Credential]: ...
    def keep_credentials(self, credentials: Sequence[Credential]) -> None:
        """Add those that are not there yet; existing ones are never replaced."""

    def secret(self, name: str) -> str | None:
        """A secret of labmgr's own (a gateway's host key), unsealed."""

    def keep_secret(self, name: str, value: str) -> str:
        """Keep it unless there is one already; returns the one that stands."""

    def change_secret(self, name: str, value: str) -> None:
        """Another value in the place of the one that stands, or a first one."""

    def findings(self, lab: str) -> list[Finding]: ...
    def keep_finding(self, lab: str, finding: Finding) -> None:
        """The latest finding of each check."""

    def clear_findings(self, lab: str) -> None: ...
    def progress(self, lab: str) -> list[Progress]: ...
    def keep_progress(self, progress: Progress) -> None:
        """The latest progress of each node."""

    def clear_progress(self, lab: str) -> None: ...


class SnapshotBook(Protocol):
    def snapshots(self, lab: str) -> list[Snapshot]:
        """Newest first."""

    def snapshot(self, id: str) -> Snapshot: ...
    def keep_snapshot(self, snapshot: Snapshot, *, by: str) -> None: ...
    def mark_verified(self, id: str, at: datetime) -> None: ...
    def forget_snapshot(self, id: str, *, by: str, why: str) -> None: ...


class RosterBook(Protocol):
    """Sessions and their candidates."""

    def sessions(self) -> list[ExamSession]: ...
    def session(self, name: str) -> ExamSession: ...
    def add_session(self, session: ExamSession, *, by: str) -> None:
        """Raises Refused when the name is taken."""

    def move_session(self, session: ExamSession, new: SessionState, *, by: str) -> ExamSession: ...
    def remove_session(self, name: str, *, by: str) -> None:
        """With its candidates, codes, labs and their secrets ("gateway:<lab>:…").

        Refused while a lab is more than planned and not gone, or has a job not yet ended.
        """

    def remove_candidate(self, session: str, number: str, *, by: str) -> None:
        """With all that is theirs alone; refused as `remove_session` is."""

    def candidates(self, session: str) -> list[Candidate]: ...
    def candidate(self, session: str, number: str) -> Candidate: ...
    def keep_candidates(self, candidates: Sequence[Candidate], *, by: str) -> int:
        """Add new numbers, update known ones; how many rows really changed."""


class JobBook(Protocol):
    """Work ordered and not yet done."""

    def order(self, kind: JobKind, lab: str, *, by: str, args: Mapping[str, str] = ...) -> Job:
        """Add a job; the same kind for the same lab still waiting is returned instead."""

    def claim(self, worker: str, lane: Lane) -> Job | None:
        """Take the oldest waiting job of the lane whose lab has no job in hand on that lane."""

    def finish(self, job: Job, state: str, outcome: str = "", hint: str = "") -> None: ...
    def job(self, id: int) -> Job: ...
    def jobs(self, *, lab: str | None = None, unended: bool = False) -> list[Job]:
        """Newest first, at most 200."""

    def mark(self) -> object:
        """Cheap; equal to the last one where nobody has written since. For one thread."""

    def abandoned(self, worker: str) -> list[Job]:
        """Jobs in hand of any worker but *worker*: their worker is dead."""

    def release(self, job: Job) -> None:
        """Put a job in hand back among the waiting; `claim` counts its tries."""

    def repeat(self, job: Job, args: Mapping[str, str]) -> Job:
        """Put an order that failed back among the waiting, with other *args*."""

    def beat(self, worker: str, moment: Moment) -> None:
        """Heartbeat row of the worker: an outage is dated by it."""

    def last_beat(self) -> Moment | None: ...


class ExamBook(Protocol):
    """The exam day: commissions, réalisations, passages with their clocks, bells, incidents."""

    def reform(self, session: ExamSession, *, by: str) -> None:
        """Remember a session's form, durations and labels anew."""

    def commissions(self, session: str) -> list[Commission]: ...
    def keep_commission(self, commission: Commission, *, by: str) -> None: ...
    def remove_commission(self, session: str, id: str, *, by: str) -> None: ...
    def realisations(self, session: str, candidate: str | None = None) -> list[Realisation]: ...
    def keep_realisations(self, realisations: Sequence[Realisation], *, by: str) -> int:
        """Add or update; documents already there stay. How many rows really changed."""

    def keep_document(
        self, session: str, candidate: str, number: int, name: str, data: bytes, *, by: str
    ) -> None:
        """What is handed out for a réalisation; sealed at rest."""

    def document(self, session: str, candidate: str, number: int) -> tuple[str, bytes]:
        """Its name and bytes. Raises NotFound."""

    def passages(
        self, session: str | None = None, *, states: Collection[PassageState] | None = None
    ) -> list[Passage]:
        """By planned start, then by candidate."""

    def passage(self, session: str, candidate: str) -> Passage: ...
    def keep_passages(self, passages: Sequence[Passage], *, by: str) -> int:
        """Add passages, or set what is planned of those that have not begun.

        That is commission, place, wave, instants and own tools. How many rows really changed;
        refused when one that is under way would change.
        """

    def change_passage(
        self,
        before: Passage,
        after: Passage,
        *,
        what: str,
        by: str,
        why: str = "",
        orders: Sequence[Order] = (),
        bell: Bell | None = None,
        forget: Sequence[Bell] = (),
        news: Sequence[News] = (),
    ) -> Passage | None:
        """One step with its journal row, its orders and the bell it answers: all or nothing.

        So is the *news* of its incidents. Bells to *forget* may be due again: their phase was
        given more time.
        LostRace when the passage was changed since *before* was read; Refused when somebody has
        decided on the incident meanwhile. None, and nothing done, when the bell has been answered
        already.
        """

    def bells(self, session: str | None = None) -> set[Bell]:
        """Those that were answered."""

    def incidents(self, session: str, candidate: str | None = None) -> list[Incident]:
        """Oldest first."""

    def open_incident(self, session: str, candidate: str, what: str, *, by: str) -> Incident:
        """Noticed now; one that is open with the same words is returned instead."""

    def end_incident(self, id: int, *, seconds: float, by: str) -> None:
        """Over, and how long the candidate could not work; once ended it stays so."""

    def decide_incident(self, id: int, decision: str, *, by: str) -> None:
        """What changes nothing of its passage. Refused when it has been decided already."""


class AccountBook(Protocol):
    """Staff accounts, candidates' codes and failed logins."""

    def accounts(self) -> list[Account]: ...
    def account(self, login: str) -> Account: ...
    def add_account(self, login: str, role: Role, hashed: str, *, by: str) -> None: ...
    def set_password(self, login: str, hashed: str, *, by: str) -> None: ...
    def disable_account(self, login: str, *, by: str) -> None: ...
    def code(self, session: str, candidate: str) -> str | None:
        """The candidate's code, unsealed (it is printed again on request)."""

    def keep_code(self, session: str, candidate: str, code: str, *, by: str) -> None: ...
    def seat(self, session: str, candidate: str) -> str | None:
        """The browser token that holds this candidate's portal now."""

    def take_seat(self, session: str, candidate: str, token: str | None) -> None: ...
    def failed_logins(self, who: str, since: datetime) -> int:
        """Of *who*, and of all whose name begins with it and a blank."""

    def note_failed_login(self, who: str) -> None: ...
    def forgive_failed_logins(self, who: str) -> None:
        """The same."""


class EquipmentBook(Protocol):
    """What is known of each device, and the configurations that belong to a lab's life."""

    def device_states(self, lab: str | None = None) -> list[DeviceState]:
        """Those heard of or set; with *lab* those set for its candidate."""

    def device_state(self, device: str) -> DeviceState: ...
    def change_device_state(
        self,
        device: str,
        news: Mapping[str, object],
        *,
        lab_was: str | None = None,
        what: str = "",
        by: str = "",
        why: str = "",
    ) -> bool:
        """These fields alone: a look and a push may write of one device at once.

        With *what* it is a step that the journal tells. With *lab_was* only while it is still set
        for that lab; False when it is not.
        """

    def kept_configs(self, lab: str | None = None, device: str | None = None) -> list[KeptConfig]:
        """Oldest first; of a lab's life, or of a device's."""

    def keep_config(self, kept: KeptConfig, *, by: str) -> None:
        """With its journal row, which holds the hash."""


class JournalBook(Protocol):
    def write(self, subject: str, what: str, *, by: str, why: str = "") -> None: ...
    def entries(self, subject: str | None = None, limit: int | None = None) -> list[Entry]:
        """In order of rank; with *limit* the newest so many, still in order."""

    def whole_journal(self) -> tuple[list[Entry], Mark | None]:
        """Every row, and the newest one as it was sealed, both of the same instant."""


class Store(
    LabBook,
    SnapshotBook,
    RosterBook,
    JobBook,
    ExamBook,
    AccountBook,
    RecetteBook,
    RehearsalBook,
    EquipmentBook,
    JournalBook,
    Protocol,
):
    """Everything labmgr remembers."""

    def lock(self, name: str) -> AbstractContextManager[bool]:
        """A lock between processes, let go at death; False when someone else holds it."""
