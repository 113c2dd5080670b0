"""Alembic's entry: runs the steps on the connection that :func:`..migrate.upgrade` was given."""

from __future__ import annotations

from alembic import context

from acd.adapters.sql.schema import metadata

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    render_as_batch=True,  # SQLite alters a table by making it anew
)
context.run_migrations()
