"""Labs and what belongs to them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, replace
from typing import Any

from sqlalchemy import Connection, delete, exists, insert, select, update

from labmgr.domain.credential import Credential
from labmgr.domain.lab import Lab, LabState
from labmgr.domain.probe import Finding
from labmgr.domain.work import Progress
from labmgr.errors import LostRace, NotFound
from labmgr.store.rows.database import columns, every, first, put
from labmgr.store.rows.journal import Book
from labmgr.store.rows.tables import credentials, findings, labs, progress, secrets


class Labs(Book):
    """Their states, by compare-and-set."""

    def labs(self, session: str | None = None, candidate: str | None = None) -> list[Lab]:
        query = columns(labs, Lab).order_by(labs.c.number)
        if session is not None:
            query = query.where(labs.c.session == session)
        if candidate is not None:
            query = query.where(labs.c.candidate == candidate)
        with self._db.read() as tx:
            return every(tx, query, Lab)

    def lab(self, id: str) -> Lab:  # noqa: A002 - the port's word
        with self._db.read() as tx:
            return _lab(tx, id)

    def add_lab(self, lab: Lab, *, by: str) -> Lab:
        with self._db.write() as tx:
            if standing := first(tx, columns(labs, Lab).where(labs.c.id == lab.id), Lab):
                return standing
            if holder := tx.scalar(select(labs.c.id).where(labs.c.number == lab.number)):
                raise LostRace(
                    f"Lab number {lab.number} was just given to {holder}",
                    hint="Repeat the order: the next free number is taken.",
                )
            tx.execute(insert(labs).values(**asdict(lab)))
            self._note(tx, f"lab:{lab.id}", f"planned as number {lab.number}", by=by)
        return lab

    def move(self, lab: Lab, new: LabState, *, by: str, why: str) -> Lab:
        """Record one step of a lab's life, unless someone else moved it first."""
        moved = lab.moved_to(new)
        with self._db.write() as tx:
            _set(tx, lab, state=new)
            self._note(tx, f"lab:{lab.id}", f"{lab.state} -> {new}", by=by, why=why)
        return moved

    def retemplate(self, lab: Lab, template_hash: str) -> Lab:
        with self._db.write() as tx:
            _set(tx, lab, template_hash=template_hash)
        return replace(lab, template_hash=template_hash)

    def replan(self, lab: Lab, template: str, template_hash: str, *, by: str) -> Lab:
        with self._db.write() as tx:
            _set(tx, lab, template=template, template_hash=template_hash)
            self._note(tx, f"lab:{lab.id}", "planned from another template", by=by)
        return replace(lab, template=template, template_hash=template_hash)

    def credentials(self, lab: str) -> list[Credential]:
        query = columns(credentials, Credential).where(credentials.c.lab == lab)
        order = query.order_by(credentials.c.node, credentials.c.id)
        with self._db.read() as tx:
            kept = every(tx, order, Credential)
        return [replace(one, secret=self._vault.unseal(one.secret)) for one in kept]

    def keep_credentials(self, credentials: Sequence[Credential]) -> None:
        """Add those that are not there yet; existing ones are never replaced."""
        sealed = [replace(one, secret=self._vault.seal(one.secret)) for one in credentials]
        with self._db.write() as tx:
            for one in sealed:
                _keep_credential(tx, one)

    def secret(self, name: str) -> str | None:
        with self._db.read() as tx:
            sealed = tx.scalar(select(secrets.c.sealed).where(secrets.c.name == name))
        return None if sealed is None else self._vault.unseal(sealed)

    def keep_secret(self, name: str, value: str) -> str:
        """Keep it unless there is one already; returns the one that stands."""
        with self._db.write() as tx:
            standing = tx.scalar(select(secrets.c.sealed).where(secrets.c.name == name))
            if standing is not None:
                return self._vault.unseal(standing)
            tx.execute(insert(secrets).values(name=name, sealed=self._vault.seal(value)))
        return value

    def change_secret(self, name: str, value: str) -> None:
        """Another value in the place of the one that stands, or a first one."""
        with self._db.write() as tx:
            put(tx, secrets, {"name": name}, {"sealed": self._vault.seal(value)})


class Sightings(Book):
    """The latest word of each probe and each node of a lab."""

    def findings(self, lab: str) -> list[Finding]:
        query = columns(findings, Finding).where(findings.c.lab == lab)
        with self._db.read() as tx:
            return every(tx, query.order_by(findings.c.check), Finding)

    def keep_finding(self, lab: str, finding: Finding) -> None:
        values = asdict(finding)
        key = {"lab": lab, "check": values.pop("check")}
        with self._db.write() as tx:
            put(tx, findings, key, values)

    def clear_findings(self, lab: str) -> None:
        with self._db.write() as tx:
            tx.execute(delete(findings).where(findings.c.lab == lab))

    def progress(self, lab: str) -> list[Progress]:
        query = columns(progress, Progress).where(progress.c.lab == lab)
        with self._db.read() as tx:
            return every(tx, query.order_by(progress.c.node), Progress)

    def keep_progress(self, progress: Progress) -> None:
        values = asdict(progress)
        key = {"lab": values.pop("lab"), "node": values.pop("node")}
        with self._db.write() as tx:
            put(tx, _PROGRESS, key, values)

    def clear_progress(self, lab: str) -> None:
        with self._db.write() as tx:
            tx.execute(delete(progress).where(progress.c.lab == lab))


_PROGRESS = progress
_CREDENTIALS = credentials


def _lab(tx: Connection, lab_id: str) -> Lab:
    if (lab := first(tx, columns(labs, Lab).where(labs.c.id == lab_id), Lab)) is None:
        raise NotFound(f"There is no lab {lab_id}", hint="`labmgr lab list` shows them.")
    return lab


def _set(tx: Connection, lab: Lab, **values: Any) -> None:  # noqa: ANN401 - any column's
    """Compare and set: only while the lab is in the state that the caller saw."""
    unmoved = (labs.c.id == lab.id) & (labs.c.state == lab.state)
    if tx.execute(update(labs).where(unmoved).values(**values)).rowcount != 1:
        now = _lab(tx, lab.id).state
        raise LostRace(
            f"Lab {lab.id} is no longer {lab.state} but {now}",
            hint="Someone else acted on it; look again before you repeat the order.",
        )


def _keep_credential(tx: Connection, one: Credential) -> None:
    table = _CREDENTIALS
    same = (table.c.lab == one.lab) & (table.c.node == one.node) & (table.c.id == one.id)
    if not tx.scalar(select(exists().where(same))):
        tx.execute(insert(table).values(**asdict(one)))
