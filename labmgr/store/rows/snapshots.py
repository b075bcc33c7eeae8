"""Snapshots: their manifests; the images themselves are the engine's."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

from sqlalchemy import Connection, delete, insert, update

from labmgr.domain.snapshot import Snapshot
from labmgr.errors import NotFound, Refused
from labmgr.store.rows.database import columns, every, first
from labmgr.store.rows.journal import Book
from labmgr.store.rows.tables import snapshots


class Snapshots(Book):
    """What is kept is never changed, only verified or forgotten."""

    def snapshots(self, lab: str) -> list[Snapshot]:
        """Newest first."""
        query = columns(snapshots, Snapshot).where(snapshots.c.lab == lab)
        order = query.order_by(snapshots.c.taken.desc(), snapshots.c.id.desc())
        with self._db.read() as tx:
            return every(tx, order, Snapshot)

    def snapshot(self, id: str) -> Snapshot:  # noqa: A002 - the port's word
        with self._db.read() as tx:
            found = _find(tx, id)
        if found is None:
            raise NotFound(f"There is no snapshot {id}", hint="`labmgr snapshot list` shows them.")
        return found

    def keep_snapshot(self, snapshot: Snapshot, *, by: str) -> None:
        """Its digest goes into the journal. The same again is nothing; a changed one is Refused."""
        kept = replace(snapshot, taken=snapshot.taken.astimezone(UTC))
        with self._db.write() as tx:
            if standing := _find(tx, kept.id):
                if standing.digest != kept.digest:
                    raise Refused(
                        f"Snapshot {kept.id} is already kept, with another content",
                        hint="A snapshot is never changed: take a new one.",
                    )
                return
            row = {name: getattr(kept, name) for name in snapshots.c.keys()}  # noqa: SIM118
            tx.execute(insert(snapshots).values(**row))
            what = f"{kept.kind} snapshot {kept.id} kept"
            self._note(tx, f"lab:{kept.lab}", what, by=by, why=f"sha256:{kept.digest}")

    def mark_verified(self, id: str, at: datetime) -> None:  # noqa: A002 - the port's word
        with self._db.write() as tx:
            change = update(snapshots).where(snapshots.c.id == id).values(verified=at)
            if tx.execute(change).rowcount != 1:
                raise NotFound(f"Snapshot {id} is no longer kept")

    def forget_snapshot(self, id: str, *, by: str, why: str) -> None:  # noqa: A002 - the port's word
        with self._db.write() as tx:
            if standing := _find(tx, id):
                tx.execute(delete(snapshots).where(snapshots.c.id == id))
                what = f"{standing.kind} snapshot {id} forgotten"
                self._note(tx, f"lab:{standing.lab}", what, by=by, why=why)


def _find(tx: Connection, snapshot_id: str) -> Snapshot | None:
    query = columns(snapshots, Snapshot).where(snapshots.c.id == snapshot_id)
    return first(tx, query, Snapshot)
