"""Intake in tables: one transaction keeps all that was put meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import msgspec
from sqlalchemy import Connection, and_, func, insert, or_, select
from sqlalchemy.dialects import postgresql, sqlite

from acd.adapters.sql.engine import Database
from acd.adapters.sql.schema import attachments, intake, intake_raw, mail_cursors
from acd.adapters.sql.transactions import Transactions
from acd.core.channel import Channel
from acd.core.timers import Instant
from acd.ports.intake import Attachment, AttachmentInfo, IntakeKind, IntakeRow, MailCursor
from acd.ports.store import StoreError

ADVISORY_LOCK = 20260003
"""PostgreSQL's lock under which numbers are handed out: in the order of commits."""

MOST_TOGETHER = 200
"""Rows in one transaction, unless one caller puts more."""

_encoder = msgspec.json.Encoder()
_attributes = msgspec.json.Decoder(dict[str, str])
_infos = msgspec.json.Decoder(list[AttachmentInfo])
_NAMES = tuple(column.name for column in intake.columns)
_PLAIN = tuple(name for name in _NAMES if name not in ("digest", "attributes", "attachments"))


@dataclass(slots=True)
class _Put:
    rows: Sequence[IntakeRow]
    cursor: MailCursor | None
    done: asyncio.Future[list[int]]


class SqlIntake:
    """:class:`acd.ports.intake.IntakeStore` on a database.

    Attributes:
        on_put: called after something was put.
    """

    def __init__(self, database: Database) -> None:
        self.on_put: Callable[[], None] = lambda: None
        self._database = database
        self._transactions = Transactions(database, lock=ADVISORY_LOCK)
        self._waiting: list[_Put] = []
        self._writer: asyncio.Task[None] | None = None

    async def close(self) -> None:
        """Finish what is under way and close the connection that is held for writing."""
        if self._writer is not None:
            await self._writer
        await self._transactions.close()

    async def put(self, rows: Sequence[IntakeRow], cursor: MailCursor | None = None) -> list[int]:
        """Keep ``rows`` with their originals and attachments, and ``cursor``, all or none.

        Returns:
            The number of each row: a new one, or that of the row that was there already.

        Raises:
            StoreError: nothing may have been kept; putting the same again is safe.
        """
        done: asyncio.Future[list[int]] = asyncio.get_running_loop().create_future()
        self._waiting.append(_Put(rows, cursor, done))
        if self._writer is None or self._writer.done():
            self._writer = asyncio.create_task(self._write(), name="intake writer")
        return await done

    async def _write(self) -> None:
        """Write what waits, many callers' rows together, until nothing waits."""
        while self._waiting:
            batch: list[_Put] = []
            count = 0
            while self._waiting and (not batch or count < MOST_TOGETHER):
                batch.append(self._waiting.pop(0))
                count += len(batch[-1].rows)
            await self._keep_all(batch)

    async def _keep_all(self, batch: Sequence[_Put]) -> None:
        """Write a batch in one transaction and tell its callers."""
        try:
            numbers = await self._transactions.run(
                lambda connection: [_keep(connection, put) for put in batch], "keep what came in"
            )
        except Exception as error:
            if len(batch) > 1 and not (isinstance(error, StoreError) and error.is_passing):
                for one in batch:  # what is wrong with one is not wrong with the others
                    await self._keep_all([one])
                return
            for put in batch:
                if not put.done.done():
                    put.done.set_exception(error)
            return
        self.on_put()
        for put, its in zip(batch, numbers, strict=True):
            if not put.done.done():  # its caller may have given up
                put.done.set_result(its)

    async def after(self, number: int, limit: int) -> list[IntakeRow]:
        """Return the next rows after ``number``, in order, without their originals.

        Raises:
            StoreError: the database failed.
        """
        wanted = select(intake).where(intake.c.number > number).order_by(intake.c.number)
        async with self._database.single("read the intake") as connection:
            return [_row(row) for row in await connection.execute(wanted.limit(limit))]

    async def latest(self, thread: str) -> IntakeRow | None:
        """Return the newest message of a thread, without its original, or None."""
        c = intake.c
        wanted = select(intake).where(c.thread == plain(thread), c.kind == IntakeKind.MESSAGE)
        async with self._database.single("read the intake") as connection:
            found = await connection.execute(wanted.order_by(c.number.desc()).limit(1))
            row = found.one_or_none()
        return None if row is None else _row(row)

    async def raw(self, number: int) -> bytes | None:
        """Return the original of a row, or None."""
        wanted = select(intake_raw.c.raw).where(intake_raw.c.number == number)
        async with self._database.single("read an original") as connection:
            found = await connection.scalar(wanted)
        return None if found is None else bytes(found)

    async def cursor(self, source: str) -> MailCursor | None:
        """Return how far a mailbox has been read, or None."""
        wanted = select(mail_cursors).where(mail_cursors.c.source == source)
        async with self._database.single("read a mailbox's cursor") as connection:
            row = (await connection.execute(wanted)).one_or_none()
        return None if row is None else MailCursor(row.source, row.uidvalidity, row.uid)

    # --- attachments ----------------------------------------------------------------------------

    async def add_attachment(self, attachment: Attachment, owner: str) -> None:
        """Keep a file for a message to come.

        Raises:
            StoreError: the database failed.
        """
        await self._transactions.run(
            lambda connection: _keep_file(connection, attachment, owner), "keep a file"
        )

    async def attachment(self, attachment: str) -> Attachment | None:
        """Return a file, or None."""
        wanted = select(attachments).where(attachments.c.id == plain(attachment))
        async with self._database.single("read a file") as connection:
            row = (await connection.execute(wanted)).one_or_none()
        if row is None:
            return None
        return Attachment(row.id, row.name, row.type, row.size, bytes(row.content))

    async def attachment_infos(
        self, ids: Sequence[str], owner: str | None = None
    ) -> dict[str, AttachmentInfo]:
        """Return what is known of files, those of ``owner`` only if given; others are left out."""
        c = attachments.c
        wanted = select(c.id, c.name, c.type, c.size).where(c.id.in_(map(plain, ids)))
        if owner is not None:
            wanted = wanted.where(c.owner == owner)
        async with self._database.single("read about files") as connection:
            return {row.id: AttachmentInfo(*row) for row in await connection.execute(wanted)}


def plain(text: str) -> str:
    """Return a text as both databases hold it: without NUL and without half characters."""
    return text.replace("\0", "").encode("utf-8", "replace").decode()


def _keep(connection: Connection, put: _Put) -> list[int]:
    numbers = []
    for row in put.rows:
        known = connection.scalar(select(intake.c.number).where(_same(row)).limit(1))
        if known is None:
            known = 1 + (connection.scalar(select(func.max(intake.c.number))) or 0)
            _insert(connection, known, row)
        numbers.append(known)
    if put.cursor is not None:
        _move_cursor(connection, put.cursor)
    return numbers


def _same(row: IntakeRow) -> Any:
    same = intake.c.key == plain(row.key)
    if row.digest:
        same = or_(same, intake.c.digest == row.digest)
    return and_(intake.c.source == plain(row.source), same)


def _insert(connection: Connection, number: int, row: IntakeRow) -> None:
    values: dict[str, Any] = {name: _column(getattr(row, name)) for name in _PLAIN}
    infos = [AttachmentInfo(a.id, plain(a.name), plain(a.type), a.size) for a in row.attachments]
    attributes = {plain(key): plain(value) for key, value in row.attributes.items()}
    values |= {
        "number": number,
        "digest": row.digest or None,
        "attributes": _encoder.encode(attributes).decode(),
        "attachments": _encoder.encode(infos).decode(),
    }
    connection.execute(insert(intake).values(values))
    if row.raw is not None:
        connection.execute(insert(intake_raw).values(number=number, raw=row.raw))
    for attachment in row.attachments:
        if isinstance(attachment, Attachment):
            _keep_file(connection, attachment, row.thread)


def _column(value: object) -> object:
    return plain(value) if isinstance(value, str) else value


def _keep_file(connection: Connection, attachment: Attachment, owner: str) -> None:
    connection.execute(
        insert(attachments).values(
            id=attachment.id,
            owner=plain(owner),
            thread="",
            name=plain(attachment.name),
            type=plain(attachment.type),
            size=attachment.size,
            content=attachment.content,
        )
    )


def _move_cursor(connection: Connection, cursor: MailCursor) -> None:
    dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
    place = {"uidvalidity": cursor.uidvalidity, "uid": cursor.uid}
    fresh = dialect.insert(mail_cursors).values(source=cursor.source, **place)
    connection.execute(fresh.on_conflict_do_update(index_elements=["source"], set_=place))


def _row(row: Any) -> IntakeRow:
    values = dict(row._mapping)
    values |= {
        "received_at": Instant(row.received_at),
        "kind": IntakeKind(row.kind),
        "channel": Channel(row.channel),
        "digest": row.digest or "",
        "attributes": _attributes.decode(row.attributes),
        "attachments": tuple(_infos.decode(row.attachments)),
    }
    return IntakeRow(**values)
