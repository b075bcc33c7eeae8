"""The tables of real equipment."""

from __future__ import annotations

from sqlalchemy import Column, Integer, String, Table

from labmgr.domain.devices import Outcome
from labmgr.domain.equipment import Stage
from labmgr.domain.snapshot import SnapshotKind
from labmgr.store.rows.columns import metadata, owner_lab, texts
from labmgr.store.rows.types import Instant, Word

device_states = Table(
    "device_states",
    metadata,
    Column("device", String, primary_key=True),
    Column("stage", Word(Stage), nullable=False),
    Column("outcome", Word(Outcome)),
    *texts("lab", "said", "mend", "model", "version", "os", "hostname", "aside"),
    Column("asked", Instant),
    Column("answered", Instant),
)

kept_configs = Table(
    "kept_configs",
    metadata,
    Column("id", Integer, primary_key=True),
    owner_lab(index=True),
    Column("kind", Word(SnapshotKind), nullable=False),
    Column("at", Instant, nullable=False),
    *texts("device", "backup", "sha256", "said"),
)
