"""The record of a home, opened by a command beside a running engine or without one."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Protocol

from sqlalchemy import make_url

from acd.adapters.clock import SystemClock
from acd.adapters.home import not_writable
from acd.adapters.sql.audit import SqlAudit
from acd.adapters.sql.engine import Database
from acd.bootstrap import database_url
from acd.config import Settings
from acd.ports.audit import AuditEntry
from acd.ports.store import StoreError

ACTOR = "cli"
"""Who has done it, in the audit, when it was done at the command line."""


class Note(Protocol):
    """Notes in the audit what was done; durable when it returns."""

    async def __call__(self, action: str, subject: str, **details: object) -> None:
        """Note an action such as ``agents.change`` on a subject such as ``agent:ann``."""


def require_record(settings: Settings) -> str:
    """Return the URL of the record, which must be there: to look must not make one.

    Raises:
        StoreError: there is none (``no-record``).
    """
    url = database_url(settings)
    parsed = make_url(url)
    is_file = parsed.get_backend_name() == "sqlite" and parsed.database is not None
    if is_file and not Path(parsed.database or "").is_file():
        raise StoreError(
            f"there is no record in {settings.home}",
            hint="start an engine with `acd up`, or name its home with --home",
            code="no-record",
        )
    return url


@contextlib.asynccontextmanager
async def opened(settings: Settings, *, make: bool = False) -> AsyncIterator[Database]:
    """Open the record.

    Args:
        settings: say where it is.
        make: make it if there is none yet, and bring its schema up to date.

    Raises:
        AcdError: there is none, or it cannot be used.
    """
    if make:
        url = database_url(settings)
        try:
            settings.home.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            raise not_writable(settings.home, error) from None
    else:
        url = require_record(settings)
    database = Database(url)
    try:
        if make:
            await database.migrate()
        yield database
    finally:
        await database.close()


@contextlib.asynccontextmanager
async def changed(
    settings: Settings, *, make: bool = False
) -> AsyncIterator[tuple[Database, Note]]:
    """Open the record to change it, with a function that notes in the audit what was done.

    Args:
        settings, make: see :func:`opened`.

    Raises:
        AcdError: see :func:`opened`.
    """
    async with opened(settings, make=make) as database:
        audit = SqlAudit(database)

        async def note(action: str, subject: str, **details: object) -> None:
            await audit.add(AuditEntry(SystemClock().now(), ACTOR, action, subject, details))

        try:
            yield database, note
        finally:
            await audit.close()
