"""Transactions of several statements that hold SQLite's lock no longer than the work takes.

Driven from the event loop, statement by statement, a transaction on SQLite holds the write lock
while the loop does other things, and the engine's log waits. Here the whole transaction runs in one
go: on SQLite in a thread of its own, on PostgreSQL, where nobody waits for it, over asyncpg.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

from sqlalchemy import Connection, Engine, create_engine, event, text

from acd.adapters.sql.engine import Database, prepare_sqlite
from acd.adapters.sql.errors import storing

Result = TypeVar("Result")


class Transactions:
    """Runs functions of a connection as transactions, one after another."""

    def __init__(self, database: Database, *, lock: int) -> None:
        """Prepare.

        Args:
            database: where.
            lock: number of PostgreSQL's advisory lock under which they run one after another, other
                processes' included; SQLite has one writer at a time anyway.
        """
        self._database = database
        self._lock = lock
        self._engine: Engine | None = None
        self._thread = ThreadPoolExecutor(1, "transactions") if database.is_sqlite else None

    async def run(self, work: Callable[[Connection], Result], doing: str) -> Result:
        """Run ``work`` in a transaction, rolled back on an exception, and return what it returns.

        Raises:
            StoreError: it failed; ``doing`` completes "cannot …".
        """
        if self._thread is not None:
            loop = asyncio.get_running_loop()
            with storing(doing):
                return await loop.run_in_executor(self._thread, self._on_sqlite, work)
        async with self._database.write(doing) as connection:
            await connection.execute(text(f"SELECT pg_advisory_xact_lock({self._lock})"))
            return await connection.run_sync(work)

    def _on_sqlite(self, work: Callable[[Connection], Result]) -> Result:
        if self._engine is None:
            url = self._database.engine.url.set(drivername="sqlite")
            self._engine = create_engine(url, connect_args={"timeout": self._database.busy_seconds})
            event.listen(self._engine, "connect", prepare_sqlite)
            event.listen(self._engine, "begin", _begin_immediate)
        with self._engine.begin() as connection:
            return work(connection)

    async def close(self) -> None:
        """Close the connections; what is under way is finished first."""
        if self._thread is not None:
            loop = asyncio.get_running_loop()
            await loop.run_in_executor(self._thread, self._dispose)
            self._thread.shutdown()

    def _dispose(self) -> None:
        if self._engine is not None:
            self._engine.dispose()


def _begin_immediate(connection: Connection) -> None:
    connection.exec_driver_sql("BEGIN IMMEDIATE")
