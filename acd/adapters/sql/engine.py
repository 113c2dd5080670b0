"""One database: its connections, transactions and schema. SQLite and PostgreSQL, the same way.

SQLite: WAL, so readers and the writer do not wait for each other. Every transaction that writes
begins with ``BEGIN IMMEDIATE``: one that read first and wants to write later fails at once when
somebody else wrote in between, whatever the busy timeout.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

from sqlalchemy import Connection, event, make_url, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from acd.adapters.sql.errors import storing
from acd.adapters.sql.schema import HEAD
from acd.ports.store import StoreError

BUSY_SECONDS = 5.0
"""How long a statement waits for a lock before it fails."""

CONNECT_SECONDS = 5.0

_DRIVERS = {
    "sqlite": "sqlite+aiosqlite",
    "postgres": "postgresql+asyncpg",
    "postgresql": "postgresql+asyncpg",
}


class Database:
    """Connections to one database.

    Attributes:
        engine: SQLAlchemy's.
        is_sqlite: a file, else a PostgreSQL server.
        busy_seconds: how long a statement waits for SQLite's lock before it fails.
    """

    def __init__(self, url: str) -> None:
        """Prepare for ``sqlite:///path`` or ``postgresql://user:password@host/name``.

        Nothing is opened yet.

        Raises:
            StoreError: the URL names another kind of database.
        """
        parsed = make_url(url)
        driver = _DRIVERS.get(parsed.get_backend_name())
        if driver is None:
            raise StoreError(
                f"no driver for a {parsed.get_backend_name()} database",
                hint="use sqlite:///PATH or postgresql://USER@HOST/NAME",
            )
        parsed = parsed.set(drivername=driver)
        self.is_sqlite = driver.startswith("sqlite")
        self.busy_seconds = BUSY_SECONDS
        if self.is_sqlite:
            self.engine = create_async_engine(parsed, connect_args={"timeout": self.busy_seconds})
            event.listen(self.engine.sync_engine, "connect", prepare_sqlite)
            event.listen(self.engine.sync_engine, "begin", _begin_immediate)
        else:
            self.engine = _postgresql_engine(parsed)
        self._reading = self.engine.execution_options(isolation_level="AUTOCOMMIT")
        self._held: list[AsyncConnection] = []
        self._returning: set[asyncio.Task[None]] = set()

    async def close(self) -> None:
        """Close every connection, those that are still held included."""
        held, self._held = self._held, []
        for connection in held:
            await connection.close()
        await asyncio.gather(*self._returning, return_exceptions=True)
        await self.engine.dispose()

    @asynccontextmanager
    async def _lent(self, engine: AsyncEngine) -> AsyncIterator[AsyncConnection]:
        """Give a connection of the pool and take it back, whenever whoever wants it is cancelled.

        SQLAlchemy forgets a connection that was being opened or closed then: the pool is one short
        until the garbage collector comes across it.
        """
        connection = engine.connect()
        opening = asyncio.ensure_future(_opened(connection))
        try:
            await asyncio.shield(opening)
            yield connection
        finally:
            returning = asyncio.create_task(_closed(connection, opening))
            self._returning.add(returning)
            returning.add_done_callback(self._returning.discard)
            await asyncio.shield(returning)

    @asynccontextmanager
    async def single(self, doing: str) -> AsyncIterator[AsyncConnection]:
        """Give a connection on which each statement is a transaction of its own.

        For reading, and for single writes beside a running engine: on SQLite a lock is held while
        the statement is worked on and no longer, so the log does not wait for the event loop.

        Raises:
            StoreError: it, or something done inside, failed; ``doing`` completes "cannot …".
        """
        with storing(doing):
            async with self._lent(self._reading) as connection:
                yield connection

    @asynccontextmanager
    async def write(self, doing: str) -> AsyncIterator[AsyncConnection]:
        """Give a transaction, committed at the end, rolled back on an exception.

        Raises:
            StoreError: it, or something done inside, failed; ``doing`` completes "cannot …".
        """
        with storing(doing):
            async with self._lent(self.engine) as connection, connection.begin():
                yield connection

    async def connect(self) -> AsyncConnection:
        """Open a connection for autocommitted statements, to be held and closed by the caller."""
        connection = await self._reading.connect()
        self._held = [one for one in self._held if not one.closed]
        self._held.append(connection)
        return connection

    async def migrate(self) -> None:
        """Bring the schema to this version; nothing to do costs one query.

        Raises:
            StoreError: the database cannot be used, or a newer version made it (``store-schema``).
        """
        if self.is_sqlite:
            # aiosqlite leaves a thread to end by itself when a file cannot be opened, and that
            # thread complains aloud when the event loop ends first. So find out without it.
            with storing("open the database"):
                sqlite3.connect(self.engine.url.database or "").close()
        if await self._revision() == HEAD:
            return
        # Imported here: a start that has nothing to migrate should not pay for alembic.
        from acd.adapters.sql.migrate import upgrade

        async with self.write("prepare the database") as connection:
            if not self.is_sqlite:  # two engines starting at once: one waits for the other
                await connection.execute(text("SELECT pg_advisory_xact_lock(20260001)"))
            await connection.run_sync(upgrade)

    async def _revision(self) -> str | None:
        async with self.single("open the database") as connection:
            try:
                found = await connection.scalar(text("SELECT version_num FROM alembic_version"))
            except DBAPIError as error:
                if _says_no_such_table(error):
                    return None
                raise
        return str(found) if found is not None else None


async def _opened(connection: AsyncConnection) -> None:
    await connection.start()


async def _closed(connection: AsyncConnection, opening: asyncio.Future[None]) -> None:
    await asyncio.wait((opening,))
    if not opening.cancelled() and opening.exception() is None:
        await connection.close()


def _says_no_such_table(error: DBAPIError) -> bool:
    state = getattr(error.orig, "sqlstate", None)
    return state == "42P01" or "no such table" in str(error.orig)


def prepare_sqlite(connection: Any, _record: object) -> None:
    """Set up a connection of SQLite's driver; SQLAlchemy calls it for each of its own."""
    connection.isolation_level = None  # the driver begins nothing by itself
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    # Survives the death of the process, not of the machine, whose calls die with it; on a disk
    # shared with others waiting for it costs milliseconds. See "Appending to the log" in
    # DECISIONS.md.
    cursor.execute("PRAGMA synchronous=NORMAL")
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_immediate(connection: Connection) -> None:
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN IMMEDIATE")


def _postgresql_engine(url: Any) -> AsyncEngine:
    settings = {
        "application_name": "acd",
        "lock_timeout": f"{BUSY_SECONDS:.0f}s",
        "statement_timeout": "30s",
        "idle_in_transaction_session_timeout": "30s",
    }
    return create_async_engine(
        url,
        pool_pre_ping=True,
        connect_args={"timeout": CONNECT_SECONDS, "server_settings": settings},
    )
