"""Migrations run from the program: no ini file, no command line."""

from __future__ import annotations

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection

from acd.ports.store import StoreError


def config(connection: Connection | None = None) -> Config:
    """Return alembic's configuration, bound to ``connection``."""
    settings = Config()
    settings.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    settings.set_main_option("path_separator", "os")
    settings.attributes["connection"] = connection
    return settings


def upgrade(connection: Connection) -> None:
    """Bring the schema to the newest revision, inside the transaction of ``connection``.

    Raises:
        StoreError: the database is at a revision this version does not know.
    """
    settings = config(connection)
    current = MigrationContext.configure(connection).get_current_revision()
    known = {script.revision for script in ScriptDirectory.from_config(settings).walk_revisions()}
    if current is not None and current not in known:
        raise StoreError(
            f"the database has schema {current}, which this version does not know",
            hint="use the version of acd that made it, or a newer one",
            code="store-schema",
        )
    command.upgrade(settings, "head")
