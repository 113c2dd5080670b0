"""Customers, their identities, their conversations and their contacts, in tables."""

from __future__ import annotations

import json
from collections.abc import Sequence

from sqlalchemy import Connection, Select, and_, delete, insert, or_, select, update

from acd.adapters.sql import sightings
from acd.adapters.sql.engine import Database
from acd.adapters.sql.family import (
    family,
    matching,
    root_of,
    row_of,
    rows_of,
    unmerged,
    upwards,
)
from acd.adapters.sql.missed import unanswered
from acd.adapters.sql.schema import (
    contacts,
    conversations,
    customer_contacts,
    customers,
    identities,
)
from acd.adapters.sql.transactions import Transactions
from acd.core.customer import Identity
from acd.core.ids import ContactId, ConversationId, CustomerId, QueueName
from acd.core.timers import Instant
from acd.ports.customers import (
    ConversationRow,
    CustomerChange,
    CustomerError,
    CustomerRow,
    Fact,
    Known,
    TimelineRow,
    Unanswered,
)

LOCK = 20260004
"""PostgreSQL's advisory lock of whoever changes customers."""


class SqlCustomers:
    """:class:`acd.ports.customers.CustomerStore` on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._transactions = Transactions(database, lock=LOCK)

    async def close(self) -> None:
        """Give up the connections that are held for writing."""
        await self._transactions.close()

    # --- told by the fold of the log ------------------------------------------------------------

    async def customer_position(self) -> int:
        """Return a record up to which all facts are kept; 0 at first."""
        async with self._database.single("read the customers") as connection:
            return await connection.run_sync(sightings.position)

    async def take(self, facts: Sequence[Fact]) -> list[Known]:
        """Keep facts in their order, all or none; return who each sighted contact is from."""
        return await self._transactions.run(
            lambda connection: sightings.take(connection, facts), "save the customers"
        )

    async def known(self, contacts: Sequence[ContactId]) -> list[Known]:
        """Return who contacts are from; those of nobody known are left out."""
        async with self._database.single("read the customers") as connection:
            return await connection.run_sync(sightings.known, contacts)

    # --- asked by people ------------------------------------------------------------------------

    async def customer(self, customer: CustomerId) -> CustomerRow | None:
        """Return a customer, or None."""
        async with self._database.single("read the customer") as connection:
            found = await connection.run_sync(rows_of, [customer])
        return found[0] if found else None

    async def customers(
        self, query: str, *, before: CustomerId | None = None, limit: int
    ) -> list[CustomerRow]:
        """Return customers, newest first, none that was merged into another."""
        wanted = select(customers.c.id).where(customers.c.merged_into.is_(None))
        if query.strip():
            wanted = wanted.where(customers.c.id.in_(select(upwards(matching(query)).c.id)))
        if before is not None:
            here = customers.alias()
            at = select(here.c.created_at).where(here.c.id == before).scalar_subquery()
            same = and_(customers.c.created_at == at, customers.c.id < before)
            wanted = wanted.where(or_(customers.c.created_at < at, same))
        wanted = wanted.order_by(customers.c.created_at.desc(), customers.c.id.desc()).limit(limit)
        async with self._database.single("read the customers") as connection:
            found = [CustomerId(one) for one in await connection.scalars(wanted)]
            return await connection.run_sync(rows_of, found)

    async def timeline(
        self, customer: CustomerId, *, before: ContactId | None = None, limit: int
    ) -> list[TimelineRow]:
        """Return the contacts of a customer on every channel, newest first."""
        own = customer_contacts.c.customer.in_(select(family([customer]).c.id))
        wanted = _timeline().where(own)
        if before is not None:
            here = customer_contacts.alias()
            at = select(here.c.opened_at).where(here.c.contact == before).scalar_subquery()
            same = and_(customer_contacts.c.opened_at == at, customer_contacts.c.contact < before)
            wanted = wanted.where(or_(customer_contacts.c.opened_at < at, same))
        return await self._timeline(wanted.limit(limit))

    async def conversation(self, conversation: ConversationId) -> ConversationRow | None:
        """Return a conversation, or None."""
        async with self._database.single("read the conversation") as connection:
            return await connection.run_sync(_conversation, conversation)

    async def contacts_of(self, conversation: ConversationId) -> list[TimelineRow]:
        """Return the contacts of a conversation, newest first."""
        return await self._timeline(
            _timeline().where(customer_contacts.c.conversation == conversation)
        )

    async def unanswered(
        self, queues: Sequence[QueueName] | None, *, since: Instant, limit: int
    ) -> list[Unanswered]:
        """Return customers who called and were answered by no agent, newest call first."""
        async with self._database.single("read the missed calls") as connection:
            return await connection.run_sync(unanswered, queues, since, limit)

    async def _timeline(self, wanted: Select[str, str, str]) -> list[TimelineRow]:
        async with self._database.single("read the contacts") as connection:
            return [
                TimelineRow(ContactId(contact), ConversationId(conversation), document.encode())
                for contact, conversation, document in await connection.execute(wanted)
            ]

    # --- changed by people ----------------------------------------------------------------------

    async def change_customer(
        self, customer: CustomerId, change: CustomerChange, *, now: Instant
    ) -> CustomerRow:
        """Change a customer, wholly or not at all; return what they are then."""

        def work(connection: Connection) -> CustomerRow:
            unmerged(connection, customer)
            _change(connection, customer, change)
            for identity in change.remove:
                _remove(connection, customer, identity)
            for place, identity in enumerate(change.add):  # kept in the order given
                _add(connection, customer, identity, Instant(now + place))
            return row_of(connection, customer)

        return await self._transactions.run(work, "change the customer")

    async def merge(self, customer: CustomerId, other: CustomerId) -> CustomerRow:
        """Show ``other`` as part of ``customer`` from now on."""

        def work(connection: Connection) -> CustomerRow:
            if customer == other:
                raise CustomerError(
                    "a customer cannot be merged with itself", code="merge-with-self"
                )
            # Both stand on their own, so no way can lead from one to the other: no circle.
            unmerged(connection, customer)
            unmerged(connection, other)
            this = customers.c.id == other
            connection.execute(update(customers).where(this).values(merged_into=customer))
            return row_of(connection, customer)

        return await self._transactions.run(work, "merge the customers")

    async def unmerge(self, customer: CustomerId) -> CustomerRow:
        """Take a customer out of the one it was merged into, with all that was its own."""

        def work(connection: Connection) -> CustomerRow:
            if row_of(connection, customer).merged_into is None:
                raise CustomerError(
                    f"customer {customer} was not merged into another", code="customer-not-merged"
                )
            this = customers.c.id == customer
            connection.execute(update(customers).where(this).values(merged_into=None))
            return row_of(connection, customer)

        return await self._transactions.run(work, "take the customers apart")


def _timeline() -> Select[str, str, str]:
    link = customer_contacts.c
    return (
        select(link.contact, link.conversation, contacts.c.document)
        .join(contacts, contacts.c.id == link.contact)
        .order_by(link.opened_at.desc(), link.contact.desc())
    )


def _conversation(connection: Connection, conversation: ConversationId) -> ConversationRow | None:
    wanted = select(conversations).where(conversations.c.id == conversation)
    row = connection.execute(wanted).one_or_none()
    if row is None:
        return None
    link = customer_contacts.c
    held = select(link.contact, link.left_at).where(link.conversation == conversation)
    found = connection.execute(held.order_by(link.opened_at, link.contact)).all()
    return ConversationRow(
        conversation,
        root_of(connection, row.customer) or CustomerId(row.customer),
        Instant(row.opened_at),
        Instant(row.last_at),
        json.loads(row.context),
        tuple(ContactId(one.contact) for one in found),
        any(one.left_at is None for one in found),
    )


def _change(connection: Connection, customer: CustomerId, change: CustomerChange) -> None:
    values: dict[str, str | None] = {}
    if change.name is not None:
        values |= {"name": change.name, "name_key": change.name.casefold()}
    if change.language is not None:
        values["language"] = change.language
    if change.note is not None:
        values["note"] = change.note
    if change.preferred_agent is not None:
        values["preferred_agent"] = change.preferred_agent or None
    if values:
        connection.execute(update(customers).where(customers.c.id == customer).values(**values))


def _add(connection: Connection, customer: CustomerId, identity: Identity, now: Instant) -> None:
    same = identities.c.kind == identity.kind.value, identities.c.text == identity.text
    owner = connection.scalar(select(identities.c.customer).where(*same))
    if owner is None:
        connection.execute(
            insert(identities).values(
                kind=identity.kind.value, text=identity.text, customer=customer, added_at=now
            )
        )
    elif (root := root_of(connection, owner)) != customer:
        raise CustomerError(
            f"{identity.text} is customer {root}'s",
            hint=f"merge {root} into {customer} if they are one",
            code="identity-taken",
        )


def _remove(connection: Connection, customer: CustomerId, identity: Identity) -> None:
    same = identities.c.kind == identity.kind.value, identities.c.text == identity.text
    owner = connection.scalar(select(identities.c.customer).where(*same))
    if owner is None or root_of(connection, owner) != customer:
        raise CustomerError(
            f"{identity.text} is not an identity of {customer}", code="identity-unknown"
        )
    connection.execute(delete(identities).where(*same))
