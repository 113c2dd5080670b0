"""The log in a table.

An append stands between a decision and its effects, so it is one multi-row statement, its own
transaction, by way of :mod:`acd.adapters.sql.direct`.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from functools import cache
from typing import Any

from sqlalchemy import delete, func, select
from sqlalchemy.dialects import postgresql, sqlite

from acd.adapters.sql.direct import (
    Direct,
    DirectConnection,
    InlineSqlite,
    columns_of,
    values_of,
)
from acd.adapters.sql.engine import Database
from acd.adapters.sql.errors import FAILURES, as_store_error, is_conflict
from acd.adapters.sql.lease import Lease, lost
from acd.adapters.sql.schema import log, snapshots
from acd.app.codec import decode_body, encode_body
from acd.core.ids import ContactId
from acd.core.record import Record
from acd.core.timers import Instant
from acd.ports.store import Snapshot, StoreError

PAGE = 1000
"""Records read at a time; each page is a read of its own, so a reader holds nothing up."""

MOST_IN_STATEMENT = 64
"""Rows in one statement; more are several statements in one transaction."""

SNAPSHOTS_KEPT = 2

STATE = "state"
"""Name under which the engine's own snapshots are kept."""

WRITER_CHECKPOINT_PAGES = 16_384
"""The log's connection leaves checkpoints to others until the WAL has 64 MiB: they take time."""

_Row = tuple[int, int, str, int, int, str, str | None, str | None, str]


class SqlLog:
    """:class:`acd.ports.store.LogStore` and :class:`acd.ports.store.SavedFolds` on a database."""

    def __init__(self, database: Database, lease: Lease | None = None) -> None:
        """Open the log; without a ``lease`` only for reading."""
        self._database = database
        self._lease = lease
        self._direct: Direct = (
            InlineSqlite(database, f"wal_autocheckpoint={WRITER_CHECKPOINT_PAGES}")
            if database.is_sqlite
            else DirectConnection(database)
        )
        self._last: int | None = None

    async def close(self) -> None:
        """Give up the connection that is held for appending."""
        await self._direct.close()

    # --- writing --------------------------------------------------------------------------------

    async def append(self, records: Sequence[Record]) -> None:
        """Make ``records`` durable, all or none, before returning.

        After a failure the same records may be given again: those that were kept after all are
        recognised.

        Raises:
            StoreError: they may not be durable; ``lease-lost`` and ``log-gap`` will not pass.
        """
        if not records:
            return
        rows = [_row_of(record) for record in records]
        first, last = rows[0][0], rows[-1][0]
        try:
            if self._last is None:
                self._last = await self.last()
            if first <= self._last:
                await self._expect_kept(rows)
            else:
                if first != self._last + 1 or last - first + 1 != len(rows):
                    raise _gap(self._last + 1, first)
                await self._insert(rows)
        except FAILURES as error:
            await self._direct.give_up()
            if not is_conflict(error):
                raise as_store_error(error, "write to the log") from error
            await self._expect_kept(rows)
        self._last = max(self._last or 0, last)

    async def _insert(self, rows: list[_Row]) -> None:
        if len(rows) <= MOST_IN_STATEMENT:
            await self._insert_some(rows)
            return
        await self._direct.execute("BEGIN IMMEDIATE" if self._direct.is_sqlite else "BEGIN")
        try:
            for start in range(0, len(rows), MOST_IN_STATEMENT):
                await self._insert_some(rows[start : start + MOST_IN_STATEMENT])
            await self._direct.execute("COMMIT")
        except BaseException:
            await self._direct.give_up()  # rolls back
            raise

    async def _insert_some(self, rows: list[_Row]) -> None:
        if self._lease is None:
            raise StoreError("this process may not write to the log", code="lease-lost")
        values = [value for row in rows for value in row]
        values.append(self._lease.epoch)
        statement = _insert_statement(len(rows), is_sqlite=self._direct.is_sqlite)
        if await self._direct.execute(statement, values) != len(rows):
            raise lost()

    async def _expect_kept(self, rows: list[_Row]) -> None:
        """Pass if exactly these rows are in the log already."""
        wanted = select(log).where(log.c.seq.between(rows[0][0], rows[-1][0])).order_by(log.c.seq)
        async with self._database.single("read the log") as connection:
            kept = [tuple(row) for row in await connection.execute(wanted)]
        if kept != rows:
            raise StoreError(
                f"records {rows[0][0]} to {rows[-1][0]} are in the log with other content",
                hint="two engines have written to one database; start again to follow its log",
                code="log-gap",
            )

    # --- reading --------------------------------------------------------------------------------

    async def last(self) -> int:
        """Return the sequence number of the last record, 0 for an empty log."""
        async with self._database.single("read the log") as connection:
            return int(await connection.scalar(select(func.max(log.c.seq))) or 0)

    async def read(self, after: int = 0) -> AsyncIterator[Record]:
        """Iterate over the records after sequence number ``after``, in order.

        Raises:
            StoreError: the database failed, or a record is missing (``log-gap``).
            CodecError: a record cannot be read.
        """
        while True:
            wanted = select(log).where(log.c.seq > after).order_by(log.c.seq).limit(PAGE)
            async with self._database.single("read the log") as connection:
                rows = (await connection.execute(wanted)).all()
            for row in rows:
                if row.seq != after + 1:
                    raise _gap(after + 1, row.seq)
                after = row.seq
                yield _record_of(row)
            if len(rows) < PAGE:
                return

    async def read_contact(self, contact: ContactId) -> list[Record]:
        """Return what happened to a contact, and what led to it, in order."""
        own = select(log.c.seq, log.c.cause).where(log.c.contact == contact)
        story = own.cte("story", recursive=True)
        parents = select(log.c.seq, log.c.cause).where(log.c.seq == story.c.cause)
        story = story.union(parents)
        wanted = select(log).where(log.c.seq.in_(select(story.c.seq))).order_by(log.c.seq)
        async with self._database.single("read the log") as connection:
            return [_record_of(row) for row in await connection.execute(wanted)]

    async def read_types(self, *types: str, before: int | None = None) -> AsyncIterator[Record]:
        """Iterate over the records of some types, the newest first.

        Args:
            types: names of inputs or events.
            before: only records before this one.

        Raises:
            StoreError: the database failed.
            CodecError: a record cannot be read.
        """
        wanted = select(log).where(log.c.type.in_(types)).order_by(log.c.seq.desc()).limit(1)
        while True:
            one = wanted if before is None else wanted.where(log.c.seq < before)
            async with self._database.single("read the log") as connection:
                row = (await connection.execute(one)).one_or_none()
            if row is None:
                return
            before = row.seq
            yield _record_of(row)

    # --- snapshots ------------------------------------------------------------------------------

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a snapshot of the state; older ones go."""
        await self.save_fold(STATE, snapshot)

    async def load_snapshot(self) -> Snapshot | None:
        """Return the newest snapshot of the state, or None."""
        return await self.load_fold(STATE)

    async def save_fold(self, name: str, snapshot: Snapshot) -> None:
        """Keep the newest snapshot of the fold ``name``; older ones go."""
        dialect = sqlite if self._direct.is_sqlite else postgresql
        fresh = dialect.insert(snapshots).values(name=name, seq=snapshot.seq, data=snapshot.data)
        fresh = fresh.on_conflict_do_update(
            index_elements=["name", "seq"], set_={"data": fresh.excluded.data}
        )
        async with self._database.single("save a snapshot") as connection:
            await connection.execute(fresh)
            kept = (
                select(snapshots.c.seq)
                .where(snapshots.c.name == name)
                .order_by(snapshots.c.seq.desc())
                .limit(SNAPSHOTS_KEPT)
            )
            old = snapshots.c.name == name, snapshots.c.seq.not_in(kept)
            await connection.execute(delete(snapshots).where(*old))

    async def load_fold(self, name: str) -> Snapshot | None:
        """Return the newest snapshot of the fold ``name``, or None."""
        wanted = (
            select(snapshots.c.seq, snapshots.c.data)
            .where(snapshots.c.name == name)
            .order_by(snapshots.c.seq.desc())
            .limit(1)
        )
        async with self._database.single("read a snapshot") as connection:
            row = (await connection.execute(wanted)).one_or_none()
        return None if row is None else Snapshot(row.seq, bytes(row.data))


@cache
def _insert_statement(count: int, *, is_sqlite: bool) -> str:
    """Return the statement that inserts ``count`` rows if the lease's epoch is the last value.

    On PostgreSQL the lease is locked until the statement is committed, so a take-over comes wholly
    before it or wholly after it. SQLite has one writer at a time anyway.
    """
    epoch = "?" if is_sqlite else f"${count * len(log.columns) + 1}"
    return (
        f"INSERT INTO log ({columns_of(log)})"
        f" SELECT fresh.* FROM lease, {values_of(log, count, is_sqlite=is_sqlite)}"
        f" WHERE lease.epoch = {epoch}{'' if is_sqlite else ' FOR SHARE OF lease'}"
    )


def _row_of(record: Record) -> _Row:
    body = record.body
    name, version, data = encode_body(body)
    return (
        record.seq,
        record.at,
        name,
        version,
        record.cause,
        _plain(record.actor),
        _plain(getattr(body, "contact", None)),
        _plain(getattr(body, "agent", None)),
        data.decode(),
    )


def _plain(text: Any) -> Any:
    # PostgreSQL's text holds no NUL. In ``data`` it is escaped; these columns only find records.
    return text.replace("\0", "") if text and "\0" in text else text


def _record_of(row: Any) -> Record:
    body = decode_body(row.type, row.version, row.data)
    return Record(row.seq, Instant(row.at), row.cause, row.actor, body)


def _gap(expected: int, found: int) -> StoreError:
    return StoreError(f"record {found} of the log comes where {expected} should be", code="log-gap")
