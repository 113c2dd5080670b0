"""Single statements by the shortest way: on the driver itself, over a connection held open.

A statement is its own transaction here, so it holds a lock only while the database works on it,
however busy the event loop is; on SQLite it is one hop to the driver's thread and back, where
SQLAlchemy's way takes three. Figures are in DECISIONS.md, "Appending to the log".
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Any

from sqlalchemy import Table
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.adapters.sql.engine import Database


class DirectConnection:
    """A connection held open for statements that are written often.

    Attributes:
        is_sqlite: parameters are ``?``, else ``$1``, ``$2`` ….
    """

    def __init__(self, database: Database, *pragmas: str) -> None:
        """Prepare; ``pragmas`` are set on SQLite whenever it is opened."""
        self.is_sqlite = database.is_sqlite
        self._database = database
        self._pragmas = pragmas
        self._connection: AsyncConnection | None = None
        self._driver: Any = None

    async def execute(self, statement: str, values: Sequence[object] = ()) -> int:
        """Run a statement and return how many rows it wrote. Raises what the driver raises."""
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
        for pragma in self._pragmas if self.is_sqlite else ():
            await self._connection.exec_driver_sql(f"PRAGMA {pragma}")
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
