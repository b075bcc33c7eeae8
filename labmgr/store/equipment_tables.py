"""The tables of real equipment."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Integer, String, Table

from labmgr.domain.devices import Outcome
from labmgr.domain.equipment import Stage
from labmgr.domain.snapshot import SnapshotKind
from labmgr.store.tables import metadata
from labmgr.store.types import Instant, Word


def _texts(*names: str) -> list[Column[str]]:
    return [Column(name, String, nullable=False) for name in names]


device_states = Table(
    "device_states",
    metadata,
    Column("device", String, primary_key=True),
    Column("stage", Word(Stage), nullable=False),
    Column("outcome", Word(Outcome)),
    *_texts("lab", "said", "mend", "model", "version", "os", "hostname", "aside"),
    Column("asked", Instant),
    Column("answered", Instant),
)

kept_configs = Table(
    "kept_configs",
    metadata,
    Column("id", Integer, primary_key=True),
    Column("lab", String, ForeignKey("labs.id", ondelete="CASCADE"), index=True, nullable=False),
    Column("kind", Word(SnapshotKind), nullable=False),
    Column("at", Instant, nullable=False),
    *_texts("device", "backup", "sha256", "said"),
)
