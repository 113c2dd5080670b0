"""Single statements by the shortest way: on the driver itself, over a connection held open.

A statement is its own transaction here, so it holds a lock only while the database works on it,
however busy the event loop is; on SQLite it is one hop to the driver's thread and back, where
SQLAlchemy's way takes three, or none (:class:`InlineSqlite`). Figures are in DECISIONS.md,
"Appending to the log".
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from functools import cache
from typing import Any, Protocol

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.adapters.sql.engine import Database, prepare_sqlite

BUSY_POLL_SECONDS = 0.001
"""Between two attempts at a locked SQLite; statements beside ours take a millisecond or so."""


class Direct(Protocol):
    """A connection held open for statements that are written often.

    Attributes:
        is_sqlite: parameters are ``?``, else ``$1``, ``$2`` ….
    """

    is_sqlite: bool

    async def execute(self, statement: str, values: Sequence[object] = ()) -> int:
        """Run a statement and return how many rows it wrote. Raises what the driver raises."""

    async def give_up(self) -> None:
        """Drop the connection after a failure, with whatever is open on it."""

    async def close(self) -> None:
        """Close the connection; the next statement opens another."""


class InlineSqlite:
    """:class:`Direct` on SQLite, without a thread.

    For statements that take a tenth of a millisecond: handing one to a thread and back costs more
    than that, and now and then milliseconds, until that thread gets a core and the interpreter. A
    commit in WAL mode with ``synchronous=NORMAL`` waits for no disk. A lock that somebody else
    holds is waited for in the event loop, not in SQLite.

    Attributes:
        connection: the driver's own; None before the first statement.
    """

    is_sqlite = True

    def __init__(self, database: Database, *pragmas: str) -> None:
        """Prepare; ``pragmas`` are set whenever it is opened."""
        self.connection: sqlite3.Connection | None = None
        self._database = database
        self._pragmas = pragmas

    async def execute(self, statement: str, values: Sequence[object] = ()) -> int:
        """Run a statement and return how many rows it wrote; see :class:`Direct`."""
        connection = self.connection or self._open()
        clock = asyncio.get_running_loop().time
        until = clock() + self._database.busy_seconds
        while True:
            try:
                return connection.execute(statement, values).rowcount
            except sqlite3.OperationalError as error:
                is_busy = error.sqlite_errorcode & 0xFF == sqlite3.SQLITE_BUSY
                if not is_busy or clock() > until:
                    raise
            await asyncio.sleep(BUSY_POLL_SECONDS)

    def _open(self) -> sqlite3.Connection:
        path = self._database.engine.url.database or ""
        connection = sqlite3.connect(path, timeout=self._database.busy_seconds)
        prepare_sqlite(connection, None)
        for pragma in (*self._pragmas, "busy_timeout=0"):
            connection.execute(f"PRAGMA {pragma}")
        self.connection = connection
        return connection

    async def give_up(self) -> None:
        """Drop the connection after a failure; what is open on it is rolled back."""
        await self.close()

    async def close(self) -> None:
        """Close the connection; the next statement opens another."""
        connection, self.connection = self.connection, None
        if connection is not None:
            connection.close()


class DirectConnection:
    """:class:`Direct` on the driver below SQLAlchemy, SQLite's in a thread of its own.

    Attributes:
        is_sqlite: parameters are ``?``, else ``$1``, ``$2`` ….
    """

    def __init__(self, database: Database) -> None:
        self.is_sqlite = database.is_sqlite
        self._database = database
        self._connection: AsyncConnection | None = None
        self._driver: Any = None

    async def execute(self, statement: str, values: Sequence[object] = ()) -> int:
        """Run a statement and return how many rows it wrote; see :class:`Direct`."""
        if self._driver is None:
            await self._open()
        if self.is_sqlite:
            cursor = await self._driver.execute(statement, values)
            return int(cursor.rowcount)
        status: str = await self._driver.execute(statement, *values)  # e.g. "INSERT 0 5"
        count = status.rpartition(" ")[2]
        return int(count) if count.isdigit() else 0

    async def _open(self) -> None:
        self._connection = await self._database.connect()
        self._driver = (await self._connection.get_raw_connection()).driver_connection

    async def give_up(self) -> None:
        """Drop the connection after a failure, with whatever is open on it."""
        connection, self._connection, self._driver = self._connection, None, None
        if connection is not None:
            await connection.invalidate()
            await connection.close()

    async def close(self) -> None:
        """Close the connection; the next statement opens another."""
        connection, self._connection, self._driver = self._connection, None, None
        if connection is not None:
            await connection.close()


@cache
def values_of(table: Table, count: int, *, is_sqlite: bool) -> str:
    """Return ``(VALUES (…), (…)) AS fresh`` for ``count`` rows of all columns of ``table``."""
    width = len(table.columns)
    if is_sqlite:
        rows = ",".join(["(" + ",".join("?" * width) + ")"] * count)
    else:
        kinds = [_KINDS.get(str(column.type), "text") for column in table.columns]
        rows = ",".join(
            "(" + ",".join(f"${row * width + i + 1}::{kinds[i]}" for i in range(width)) + ")"
            for row in range(count)
        )
    return f"(VALUES {rows}) AS fresh"


_KINDS = {"BIGINT": "bigint", "INTEGER": "int"}


def columns_of(table: Table) -> str:
    """Return the names of all columns, as a statement lists them."""
    return ",".join(column.name for column in table.columns)
