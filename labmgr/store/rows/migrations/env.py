"""Alembic's entry: runs the steps over the connection, and the transaction, that it is handed."""

from __future__ import annotations

from alembic import context

from labmgr.store.rows.columns import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,
)
context.run_migrations()
