"""Contacts as folded from the log, in a table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import fields
from typing import Any, cast

from sqlalchemy import CursorResult, Select, and_, or_, select, update
from sqlalchemy.dialects import postgresql, sqlite

from acd.adapters.sql.engine import Database
from acd.adapters.sql.schema import contacts, projection_position
from acd.core.ids import ContactId
from acd.ports.store import ContactFilter, ContactRow, StoreError

PROJECTION = "contacts"

_NAMES = tuple(field.name for field in fields(ContactRow))


class SqlContacts:
    """:class:`acd.ports.store.ContactStore` on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._insert: Any = sqlite.insert if database.is_sqlite else postgresql.insert
        fresh = self._insert(contacts)
        replaced = {name: fresh.excluded[name] for name in _NAMES if name != "id"}
        self._upsert = fresh.on_conflict_do_update(index_elements=["id"], set_=replaced)

    async def contact_position(self) -> int:
        """Return the last record folded into what is stored; 0 at first.

        Raises:
            StoreError: the database failed.
        """
        wanted = select(projection_position.c.seq).where(projection_position.c.name == PROJECTION)
        async with self._database.read("read the contacts") as connection:
            return int(await connection.scalar(wanted) or 0)

    async def open_contacts(self) -> list[ContactRow]:
        """Return the contacts that more can happen to.

        Raises:
            StoreError: the database failed.
        """
        wanted = select(contacts).where(contacts.c.closed_at.is_(None)).order_by(contacts.c.seq)
        async with self._database.read("read the contacts") as connection:
            return [
                ContactRow(**{**row._mapping, "document": row.document.encode()})
                for row in await connection.execute(wanted)
            ]

    async def save_contacts(self, rows: Sequence[ContactRow], *, after: int, position: int) -> None:
        """Insert or replace ``rows`` and move the position from ``after``, all or none.

        Raises:
            StoreError: the position is elsewhere: another engine folds this log (``lease-lost``);
                or the database failed.
        """
        values = [_values(row) for row in rows]
        async with self._database.write("save the contacts") as connection:
            start = self._insert(projection_position).values(name=PROJECTION, seq=0)
            if after == 0:
                await connection.execute(start.on_conflict_do_nothing())
            move = (
                update(projection_position)
                .where(projection_position.c.name == PROJECTION, projection_position.c.seq == after)
                .values(seq=position)
            )
            moved = cast("CursorResult[Any]", await connection.execute(move))
            if moved.rowcount != 1:
                raise StoreError(
                    f"the contacts are not at record {after} of the log: another engine moved them",
                    hint="this one stops folding; start again to follow",
                    code="lease-lost",
                )
            if values:
                await connection.execute(self._upsert, values)

    async def contact(self, contact: ContactId) -> bytes | None:
        """Return a contact's document, or None.

        Raises:
            StoreError: the database failed.
        """
        wanted = select(contacts.c.document).where(contacts.c.id == contact)
        async with self._database.read("read the contact") as connection:
            found = await connection.scalar(wanted)
        return None if found is None else str(found).encode()

    async def contacts(self, wanted: ContactFilter) -> list[bytes]:
        """Return the documents of contacts, newest first.

        Raises:
            StoreError: the database failed.
        """
        async with self._database.read("read the contacts") as connection:
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


def _values(row: ContactRow) -> dict[str, object]:
    values = {name: _plain(getattr(row, name)) for name in _NAMES}
    values["document"] = row.document.decode()
    return values


def _plain(value: object) -> object:
    # PostgreSQL's text holds no NUL; in the document it is escaped.
    return value.replace("\0", "") if isinstance(value, str) else value
