"""The exam day: a session's form, commissions, réalisations, passages and bells."""

from __future__ import annotations

import base64
from collections.abc import Collection, Sequence
from dataclasses import asdict, fields, replace
from typing import Any

from sqlalchemy import Connection, Table, and_, delete, insert, select, update

from labmgr.domain.bells import Bell
from labmgr.domain.exam import Commission, ExamSession, Realisation
from labmgr.domain.passage import BEFORE, News, Passage, PassageState
from labmgr.domain.work import Order
from labmgr.errors import LostRace, NotFound, Refused
from labmgr.store.rows.database import columns, every, first, put
from labmgr.store.rows.exam_tables import bells, commissions, passages, realisations
from labmgr.store.rows.incidents import Incidents, refuse_decided
from labmgr.store.rows.jobs import Ordering
from labmgr.store.rows.journal import Book
from labmgr.store.rows.tables import sessions

PLAN = ("commission", "place", "wave", "planned", "own_tools")  # what a timetable may change


class Commissions(Book):
    """The form of a session, and who interviews in it."""

    def reform(self, session: ExamSession, *, by: str) -> None:
        values = _row(session, "form", "durations", "labels")
        with self._db.write() as tx:
            tx.execute(update(sessions).where(sessions.c.name == session.name).values(**values))
            minutes = ", ".join(
                f"{phase} {seconds / 60:g} min" for phase, seconds in session.durations.items()
            )
            what = f"form {session.form}: {minutes}"
            self._note(tx, f"session:{session.name}", what, by=by)

    def commissions(self, session: str) -> list[Commission]:
        query = columns(commissions, Commission).where(commissions.c.session == session)
        with self._db.read() as tx:
            return every(tx, query.order_by(commissions.c.id), Commission)

    def keep_commission(self, commission: Commission, *, by: str) -> None:
        key = {"session": commission.session, "id": commission.id}
        with self._db.write() as tx:
            put(tx, commissions, key, _row(commission, "title", "members", "room"))
            who = ", ".join(member.login for member in commission.members)
            what = f"commission {commission.id}: {who}"
            self._note(tx, f"session:{commission.session}", what, by=by)

    def remove_commission(self, session: str, id: str, *, by: str) -> None:  # noqa: A002 - the port's word
        mine = (commissions.c.session == session) & (commissions.c.id == id)
        with self._db.write() as tx:
            if tx.execute(delete(commissions).where(mine)).rowcount:
                self._note(tx, f"session:{session}", f"commission {id} removed", by=by)


class Realisations(Book):
    """Each candidate's projects and what is handed out for them. The journal holds no title."""

    def realisations(self, session: str, candidate: str | None = None) -> list[Realisation]:
        query = columns(realisations, Realisation).where(realisations.c.session == session)
        if candidate is not None:
            query = query.where(realisations.c.candidate == candidate)
        with self._db.read() as tx:
            order = query.order_by(realisations.c.candidate, realisations.c.number)
            return every(tx, order, Realisation)

    def keep_realisations(self, realisations: Sequence[Realisation], *, by: str) -> int:
        with self._db.write() as tx:
            changed = [one for one in realisations if _keep_realisation(tx, one)]
            for session in dict.fromkeys(one.session for one in changed):
                numbers = sorted({one.candidate for one in changed if one.session == session})
                what = "réalisations written"
                self._note(tx, f"session:{session}", what, by=by, why=", ".join(numbers))
        return len(changed)

    def keep_document(
        self, session: str, candidate: str, number: int, name: str, data: bytes, *, by: str
    ) -> None:
        sealed = self._vault.seal(base64.b64encode(data).decode())
        mine = _realisation(session, candidate, number)
        with self._db.write() as tx:
            values = {"document": name, "sealed": sealed}
            if tx.execute(update(_REALISATIONS).where(mine).values(**values)).rowcount == 0:
                raise NotFound(
                    f"Candidate {candidate} has no réalisation {number}",
                    hint="Write it down first, with its template.",
                )
            self._note(tx, f"passage:{session}/{candidate}", "document written", by=by)

    def document(self, session: str, candidate: str, number: int) -> tuple[str, bytes]:
        mine = _realisation(session, candidate, number)
        query = select(_REALISATIONS.c.document, _REALISATIONS.c.sealed).where(mine)
        with self._db.read() as tx:
            found = tx.execute(query).first()
        if found is None or not found.sealed:
            raise NotFound(f"Réalisation {number} of candidate {candidate} has no document")
        return found.document, base64.b64decode(self._vault.unseal(found.sealed))


class Passages(Ordering, Incidents):
    """Passages by compare-and-set on their revision, and the bells that were answered."""

    def passages(
        self, session: str | None = None, *, states: Collection[PassageState] | None = None
    ) -> list[Passage]:
        query = columns(passages, Passage)
        if states is not None:
            query = query.where(passages.c.state.in_(states))
        if session is not None:
            query = query.where(passages.c.session == session)
        with self._db.read() as tx:
            found = every(tx, query, Passage)
        return sorted(found, key=_in_order)

    def passage(self, session: str, candidate: str) -> Passage:
        with self._db.read() as tx:
            return _passage(tx, session, candidate)

    def keep_passages(self, passages: Sequence[Passage], *, by: str) -> int:
        with self._db.write() as tx:
            changed = [one for one in passages if _plan(tx, one)]
            for session in dict.fromkeys(one.session for one in changed):
                numbers = ", ".join(one.candidate for one in changed if one.session == session)
                self._note(tx, f"session:{session}", "timetable written", by=by, why=numbers)
        return len(changed)

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
        changed = replace(after, revision=before.revision + 1)
        with self._db.write() as tx:
            if bell and not _answer(tx, bell, self._now()):
                return None
            refuse_decided(tx, news)
            same = _mine(passages, before) & (passages.c.revision == before.revision)
            names = [field.name for field in fields(Passage)]
            if (
                tx.execute(update(passages).where(same).values(**_row(changed, *names))).rowcount
                != 1
            ):
                raise LostRace(
                    f"Passage {before.id} was changed meanwhile",
                    hint="Someone else acted on it; look again before you repeat the order.",
                )
            for rung in forget:
                tx.execute(delete(bells).where(_this(rung)))
            self._note(tx, f"passage:{before.id}", what, by=by, why=why)
            self._tell(tx, before, news, by=by)
            for order in orders:
                self._order(tx, order, by=by)
        return changed

    def bells(self, session: str | None = None) -> set[Bell]:
        query = columns(bells, Bell)
        if session is not None:
            query = query.where(bells.c.session == session)
        with self._db.read() as tx:
            return set(every(tx, query, Bell))


_REALISATIONS = realisations


def _row(thing: object, *names: str) -> dict[str, Any]:
    """Columns' values, not taken apart as asdict would."""
    return {name: getattr(thing, name) for name in names}


def _in_order(passage: Passage) -> tuple[object, ...]:
    first_at = min(passage.planned.values()).isoformat() if passage.planned else "~"
    return first_at, len(passage.candidate), passage.candidate


def _mine(table: Table, passage: Passage) -> Any:  # noqa: ANN401 - SQLAlchemy's clause
    return and_(
        table.c.session == passage.session,
        table.c.candidate == passage.candidate,
    )


def _realisation(session: str, candidate: str, number: int) -> Any:  # noqa: ANN401 - the same
    table = _REALISATIONS
    return and_(
        table.c.session == session, table.c.candidate == candidate, table.c.number == number
    )


def _this(bell: Bell) -> Any:  # noqa: ANN401 - the same
    return and_(*(bells.c[name] == value for name, value in asdict(bell).items()))


def _answer(tx: Connection, bell: Bell, at: Any) -> bool:  # noqa: ANN401 - an instant
    if tx.execute(select(bells.c.answered).where(_this(bell))).first():
        return False
    tx.execute(insert(bells).values(**asdict(bell), answered=at))
    return True


def _keep_realisation(tx: Connection, one: Realisation) -> bool:
    mine = _realisation(one.session, one.candidate, one.number)
    known = first(tx, columns(_REALISATIONS, Realisation).where(mine), Realisation)
    kept = replace(one, document=known.document if known else "")
    if kept == known:
        return False
    key = _row(kept, "session", "candidate", "number")
    put(tx, _REALISATIONS, key, _row(kept, "template", "title", "variables", "document"))
    return True


def _passage(tx: Connection, session: str, candidate: str) -> Passage:
    mine = (passages.c.session == session) & (passages.c.candidate == candidate)
    if found := first(tx, columns(passages, Passage).where(mine), Passage):
        return found
    raise NotFound(
        f"Candidate {candidate} has no passage in session {session}",
        hint="Make the session's timetable first.",
    )


def _plan(tx: Connection, one: Passage) -> bool:
    """Add a passage, or set what is planned of it; whether that changed anything."""
    known = first(tx, columns(passages, Passage).where(_mine(passages, one)), Passage)
    if known is None:
        tx.execute(insert(passages).values(**_row(one, *(field.name for field in fields(Passage)))))
        return True
    planned = _row(one, *PLAN)
    if planned == _row(known, *PLAN):
        return False
    if known.state not in BEFORE:
        raise Refused(
            f"Passage {known.id} is {known.state}: its plan can no longer change",
            hint="Leave it out, and change those that have not begun.",
        )
    values = planned | {"revision": known.revision + 1}
    tx.execute(update(passages).where(_mine(passages, one)).values(**values))
    return True
