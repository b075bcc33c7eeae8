"""Sessions and their candidates."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from sqlalchemy import ColumnElement, Connection, delete, func, insert, select, update

from labmgr.domain.exam import Candidate, ExamSession, SessionState
from labmgr.domain.lab import LabState
from labmgr.domain.work import ENDED
from labmgr.errors import LostRace, NotFound, Refused
from labmgr.store.rows.database import columns, every, first, put
from labmgr.store.rows.journal import Book
from labmgr.store.rows.tables import candidates, jobs, labs, secrets, sessions


class Rosters(Book):
    """The journal gets candidates' numbers, never their names."""

    def sessions(self) -> list[ExamSession]:
        query = columns(sessions, ExamSession).order_by(sessions.c.created, sessions.c.name)
        with self._db.read() as tx:
            return every(tx, query, ExamSession)

    def session(self, name: str) -> ExamSession:
        with self._db.read() as tx:
            return _session(tx, name)

    def add_session(self, session: ExamSession, *, by: str) -> None:
        taken = select(sessions.c.name).where(sessions.c.name == session.name)
        with self._db.write() as tx:
            if tx.scalar(taken):
                raise Refused(
                    f"There is already a session {session.name}",
                    hint="Choose another name, or remove that session first.",
                )
            values = {name: getattr(session, name) for name in sessions.c.keys()}  # noqa: SIM118
            tx.execute(insert(sessions).values(**values))
            self._note(tx, f"session:{session.name}", "created", by=by)

    def move_session(self, session: ExamSession, new: SessionState, *, by: str) -> ExamSession:
        if new is session.state:
            return session
        unmoved = (sessions.c.name == session.name) & (sessions.c.state == session.state)
        with self._db.write() as tx:
            if tx.execute(update(sessions).where(unmoved).values(state=new)).rowcount != 1:
                now = _session(tx, session.name).state
                raise LostRace(
                    f"Session {session.name} is no longer {session.state} but {now}",
                    hint="Someone else acted on it; look again before you repeat the order.",
                )
            self._note(tx, f"session:{session.name}", f"{session.state} -> {new}", by=by)
        return replace(session, state=new)

    def remove_session(self, name: str, *, by: str) -> None:
        """Everything of the session goes with its row, by the tables' own cascade.

        So do labmgr's own secrets of its labs. The journal stays. A session that is not there is
        nothing to do.
        """
        theirs = labs.c.session == name
        with self._db.write() as tx:
            _refuse_living(tx, theirs, f"Session {name}", f"{name} --all")
            people = select(func.count()).where(candidates.c.session == name)
            number = tx.scalar(people)
            _forget_secrets(tx, theirs)
            if tx.execute(delete(sessions).where(sessions.c.name == name)).rowcount == 1:
                what = f"removed with {number} candidates"
                self._note(tx, f"session:{name}", what, by=by)

    def remove_candidate(self, session: str, number: str, *, by: str) -> None:
        """With code, réalisations, passage, and labs on paper, whose numbers are free again."""
        theirs = (labs.c.session == session) & (labs.c.candidate == number)
        one = (candidates.c.session == session) & (candidates.c.number == number)
        with self._db.write() as tx:
            _refuse_living(tx, theirs, f"Candidate {number}", f"{session} --candidate {number}")
            _forget_secrets(tx, theirs)
            tx.execute(delete(labs).where(theirs))
            if tx.execute(delete(candidates).where(one)).rowcount == 1:
                self._note(tx, f"session:{session}", "candidate removed", by=by, why=number)

    def candidates(self, session: str) -> list[Candidate]:
        """In the order of their numbers, 9 before 10."""
        with self._db.read() as tx:
            return sorted(_candidates(tx, session), key=lambda c: (len(c.number), c.number))

    def candidate(self, session: str, number: str) -> Candidate:
        query = columns(candidates, Candidate).where(
            candidates.c.session == session, candidates.c.number == number
        )
        with self._db.read() as tx:
            if found := first(tx, query, Candidate):
                return found
        raise NotFound(
            f"There is no candidate {number} in session {session}",
            hint=f"`labmgr candidate list {session}` shows them.",
        )

    def keep_candidates(self, candidates: Sequence[Candidate], *, by: str) -> int:
        """Add new numbers, update known ones; how many rows really changed."""
        given = {(one.session, one.number): one for one in candidates}
        with self._db.write() as tx:
            changed = [
                keep
                for session in dict.fromkeys(one.session for one in given.values())
                for keep in _differing(tx, session, given)
            ]
            for one in changed:
                _keep_candidate(tx, one)
            for session in dict.fromkeys(one.session for one in changed):
                numbers = ", ".join(one.number for one in changed if one.session == session)
                self._note(tx, f"session:{session}", "candidates imported", by=by, why=numbers)
        return len(changed)


def _session(tx: Connection, name: str) -> ExamSession:
    query = columns(sessions, ExamSession).where(sessions.c.name == name)
    if (found := first(tx, query, ExamSession)) is None:
        raise NotFound(f"There is no session {name}", hint="`labmgr session list` shows them.")
    return found


def _candidates(tx: Connection, session: str) -> list[Candidate]:
    query = columns(candidates, Candidate).where(candidates.c.session == session)
    return every(tx, query, Candidate)


def _differing(
    tx: Connection, session: str, given: dict[tuple[str, str], Candidate]
) -> list[Candidate]:
    known = {one.number: one for one in _candidates(tx, session)}
    mine = [one for one in given.values() if one.session == session]
    return [one for one in mine if known.get(one.number) != one]


def _keep_candidate(tx: Connection, one: Candidate) -> None:
    values = {name: getattr(one, name) for name in candidates.c.keys()}  # noqa: SIM118
    key = {"session": values.pop("session"), "number": values.pop("number")}
    put(tx, candidates, key, values | {"variables": dict(one.variables)})


def _forget_secrets(tx: Connection, theirs: ColumnElement[bool]) -> None:
    """Labmgr's own of these labs ("gateway:<lab>:…"): a lab made again must not open to them."""
    for lab in tx.scalars(select(labs.c.id).where(theirs)).all():
        tx.execute(delete(secrets).where(secrets.c.name.contains(f":{lab}:", autoescape=True)))


def _refuse_living(tx: Connection, theirs: ColumnElement[bool], whose: str, which: str) -> None:
    """Containers without a row would be nobody's: labs go first, and so does their work."""
    mine = select(labs.c.id).where(theirs)
    standing = labs.c.state.not_in({LabState.PLANNED, LabState.GONE})
    alive = tx.scalars(mine.where(standing).order_by(labs.c.number)).all()
    if alive:
        raise Refused(
            f"{whose} still has {len(alive)} labs ({', '.join(alive[:3])}…)",
            hint=f"First `labmgr lab remove {which} --wait`.",
        )
    busy = select(func.count()).where(jobs.c.lab.in_(mine), jobs.c.state.not_in(ENDED))
    if tx.scalar(busy):
        raise Refused(
            f"{whose}: work is still ordered for labs of theirs",
            hint="Wait until it is done, then repeat.",
        )
