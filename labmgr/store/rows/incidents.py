"""Incidents: noticed, over, decided; each alone, or with the step of a passage it belongs to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Connection, and_, insert, update

from labmgr.domain.passage import Decided, Incident, News, Noticed, Over, Passage
from labmgr.errors import NotFound, Refused
from labmgr.store.rows.database import columns, every, first
from labmgr.store.rows.exam_tables import incidents
from labmgr.store.rows.journal import Book


class Incidents(Book):
    """What kept candidates from working, until somebody has decided on it."""

    def incidents(self, session: str, candidate: str | None = None) -> list[Incident]:
        query = columns(incidents, Incident).where(incidents.c.session == session)
        if candidate is not None:
            query = query.where(incidents.c.candidate == candidate)
        with self._db.read() as tx:
            return every(tx, query.order_by(incidents.c.id), Incident)

    def open_incident(self, session: str, candidate: str, what: str, *, by: str) -> Incident:
        with self._db.write() as tx:
            return self._open(tx, session, candidate, what, by=by)

    def end_incident(self, id: int, *, seconds: float, by: str) -> None:  # noqa: A002 - the port's word
        with self._db.write() as tx:
            self._end(tx, Over(id, seconds), by=by)

    def decide_incident(self, id: int, decision: str, *, by: str) -> None:  # noqa: A002 - the port's word
        with self._db.write() as tx:
            decided = Decided(id, decision)
            refuse_decided(tx, [decided])
            self._decide(tx, decided, by=by)

    def _tell(self, tx: Connection, passage: Passage, news: Sequence[News], *, by: str) -> None:
        for one in news:
            match one:
                case Noticed(what):
                    self._open(tx, passage.session, passage.candidate, what, by=by)
                case Over():
                    self._end(tx, one, by=by)
                case Decided():
                    self._decide(tx, one, by=by)

    def _open(
        self, tx: Connection, session: str, candidate: str, what: str, *, by: str
    ) -> Incident:
        facts: dict[str, Any] = {"session": session, "candidate": candidate, "what": what}
        same = and_(incidents.c.ended.is_(None), *(incidents.c[k] == v for k, v in facts.items()))
        query = columns(incidents, Incident).where(same)
        if standing := first(tx, query, Incident):
            return standing
        facts |= {"noticed": self._now(), "seconds": 0.0, "decision": "", "by": by}
        tx.execute(insert(incidents).values(**facts))
        self._note(tx, f"passage:{session}/{candidate}", f"incident: {what}", by=by)
        return every(tx, query, Incident)[0]

    def _end(self, tx: Connection, over: Over, *, by: str) -> None:
        one = _incident(tx, over.incident)
        if one.ended is not None:
            return
        values = {"ended": self._now(), "seconds": over.seconds}
        tx.execute(update(incidents).where(incidents.c.id == one.id).values(**values))
        what = f"incident over after {over.seconds:.0f} s: {one.what}"
        self._note(tx, f"passage:{one.session}/{one.candidate}", what, by=by)

    def _decide(self, tx: Connection, decided: Decided, *, by: str) -> None:
        one = _incident(tx, decided.incident)
        values = {"decision": decided.words, "by": by}
        tx.execute(update(incidents).where(incidents.c.id == one.id).values(**values))
        what = f"incident decided: {one.what}"
        self._note(tx, f"passage:{one.session}/{one.candidate}", what, by=by, why=decided.words)


def refuse_decided(tx: Connection, news: Sequence[News]) -> None:
    """Nothing is given back twice: whoever comes second changes nothing."""
    for one in news:
        if isinstance(one, Decided) and _incident(tx, one.incident).decision:
            raise Refused(
                f"Incident {one.incident} has just been decided by somebody else",
                hint="Its decision stands on the passage's page; extend the passage if need be.",
            )


def _incident(tx: Connection, number: int) -> Incident:
    query = columns(incidents, Incident).where(incidents.c.id == number)
    if found := first(tx, query, Incident):
        return found
    raise NotFound(f"There is no incident {number}")
