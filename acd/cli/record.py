"""The record of a home, opened by a command beside a running engine or without one."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator

from sqlalchemy import make_url

from acd.adapters.sql.engine import Database
from acd.bootstrap import database_url
from acd.config import Settings
from acd.ports.store import StoreError


@contextlib.asynccontextmanager
async def opened(settings: Settings, *, make: bool = False) -> AsyncIterator[Database]:
    """Open the record.

    Args:
        settings: say where it is.
        make: make it if there is none yet, and bring its schema up to date.

    Raises:
        StoreError: there is none (``no-record``), or it cannot be used.
    """
    url = make_url(database_url(settings))
    if url.get_backend_name() == "sqlite" and url.database is not None:
        if make:
            settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        elif not settings.home.joinpath(url.database).is_file():
            raise StoreError(
                f"there is no record in {settings.home}",
                hint="start an engine with `acd up`, or name its home with --home",
                code="no-record",
            )
    database = Database(database_url(settings))
    try:
        if make:
            await database.migrate()
        yield database
    finally:
        await database.close()
