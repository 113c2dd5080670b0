"""Contacts as folded from the log, in a table."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache

from sqlalchemy import Select, and_, func, or_, select

from acd.adapters.sql.direct import DirectConnection, columns_of, values_of
from acd.adapters.sql.engine import Database
from acd.adapters.sql.errors import FAILURES, as_store_error
from acd.adapters.sql.schema import contacts
from acd.core.ids import ContactId
from acd.ports.store import ContactFilter, ContactRow, StoreError

_NAMES = tuple(column.name for column in contacts.columns)


class SqlContacts:
    """:class:`acd.ports.store.ContactStore` on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._direct = DirectConnection(database)

    async def close(self) -> None:
        """Give up the connection that is held for writing."""
        await self._direct.close()

    async def contact_position(self) -> int:
        """Return a record up to which the log is folded: the newest in any row; 0 at first.

        Raises:
            StoreError: the database failed.
        """
        async with self._database.single("read the contacts") as connection:
            return int(await connection.scalar(select(func.max(contacts.c.seq))) or 0)

    async def open_contacts(self) -> list[ContactRow]:
        """Return the contacts that more can happen to.

        Raises:
            StoreError: the database failed.
        """
        wanted = select(contacts).where(contacts.c.closed_at.is_(None)).order_by(contacts.c.seq)
        async with self._database.single("read the contacts") as connection:
            return [
                ContactRow(**{**row._mapping, "document": row.document.encode()})
                for row in await connection.execute(wanted)
            ]

    async def save_contacts(self, rows: Sequence[ContactRow], *, after: int) -> None:
        """Insert or replace ``rows``, all or none, if the position is ``after``.

        One statement: on SQLite it stands in the log's way only while it is worked on.

        Raises:
            StoreError: the position is elsewhere: another engine folds this log (``lease-lost``);
                or the database failed.
        """
        if not rows:
            return
        values = [value for row in rows for value in _values(row)]
        statement = _upsert_statement(len(rows), is_sqlite=self._direct.is_sqlite)
        try:
            written = await self._direct.execute(statement, [*values, after])
        except FAILURES as error:
            await self._direct.give_up()
            raise as_store_error(error, "save the contacts") from error
        if written != len(rows):
            raise StoreError(
                f"the contacts are not at record {after} of the log: another engine moved them",
                hint="this one stops folding; start again to follow",
                code="lease-lost",
            )

    async def contact(self, contact: ContactId) -> bytes | None:
        """Return a contact's document, or None.

        Raises:
            StoreError: the database failed.
        """
        wanted = select(contacts.c.document).where(contacts.c.id == contact)
        async with self._database.single("read the contact") as connection:
            found = await connection.scalar(wanted)
        return None if found is None else str(found).encode()

    async def contacts(self, wanted: ContactFilter) -> list[bytes]:
        """Return the documents of contacts, newest first.

        Raises:
            StoreError: the database failed.
        """
        async with self._database.single("read the contacts") as connection:
            return [text.encode() for text in await connection.scalars(_query(wanted))]


def _query(wanted: ContactFilter) -> Select[str]:
    query = select(contacts.c.document)
    for name in ("queue", "agent", "channel", "state", "ani"):
        value = getattr(wanted, name)
        if value is not None:
            query = query.where(contacts.c[name] == value)
    if wanted.is_open is not None:
        closed_at = contacts.c.closed_at
        query = query.where(closed_at.is_(None) if wanted.is_open else closed_at.is_not(None))
    if wanted.opened_from is not None:
        query = query.where(contacts.c.opened_at >= wanted.opened_from)
    if wanted.opened_until is not None:
        query = query.where(contacts.c.opened_at < wanted.opened_until)
    if wanted.before is not None:
        here = contacts.alias()
        at = select(here.c.opened_at).where(here.c.id == wanted.before).scalar_subquery()
        same = and_(contacts.c.opened_at == at, contacts.c.id < wanted.before)
        query = query.where(or_(contacts.c.opened_at < at, same))
    newest_first = contacts.c.opened_at.desc(), contacts.c.id.desc()
    return query.order_by(*newest_first).limit(wanted.limit)


@cache
def _upsert_statement(count: int, *, is_sqlite: bool) -> str:
    """Return the statement that saves ``count`` rows if the newest row is the last value.

    A row never goes back: should two engines fold at once, the later one's rows stand.
    """
    after = "?" if is_sqlite else f"${count * len(_NAMES) + 1}"
    replaced = ",".join(f"{name}=excluded.{name}" for name in _NAMES if name != "id")
    return (
        f"INSERT INTO contacts ({columns_of(contacts)})"
        f" SELECT fresh.* FROM {values_of(contacts, count, is_sqlite=is_sqlite)}"
        f" WHERE (SELECT coalesce(max(seq), 0) FROM contacts) = {after}"
        f" ON CONFLICT (id) DO UPDATE SET {replaced} WHERE excluded.seq > contacts.seq"
    )


def _values(row: ContactRow) -> list[object]:
    return [_plain(getattr(row, name)) for name in _NAMES]


def _plain(value: object) -> object:
    if isinstance(value, bytes):
        return value.decode()
    # PostgreSQL's text holds no NUL; in the document it is escaped.
    return value.replace("\0", "") if isinstance(value, str) else value
