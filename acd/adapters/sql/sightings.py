"""Facts of the log about customers, kept in their tables. Told twice, they change nothing."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sqlalchemy import Connection, func, insert, or_, select, update

from acd.adapters.sql.family import family, root_of
from acd.adapters.sql.schema import conversations, customer_contacts, customers, identities
from acd.core.ids import ContactId, ConversationId, CustomerId
from acd.core.timers import Instant, after
from acd.ports.customers import (
    MOST_CONTEXT,
    SAME_MATTER_SECONDS,
    Fact,
    Known,
    Learned,
    Left,
    Sighting,
)


def take(connection: Connection, facts: Sequence[Fact]) -> list[Known]:
    """Keep facts; return who each sighted contact is from."""
    found: list[Known] = []
    for fact in facts:
        if isinstance(fact, Sighting):
            _sighted(connection, fact)
            found += known(connection, [fact.contact])
        else:
            _OTHERS[type(fact)](connection, fact)
    return found


def known(connection: Connection, contacts: Sequence[ContactId]) -> list[Known]:
    """Return who contacts are from; those of nobody known are left out."""
    wanted = (
        select(customer_contacts, conversations.c.context)
        .join(conversations, conversations.c.id == customer_contacts.c.conversation)
        .where(customer_contacts.c.contact.in_(contacts))
        .order_by(customer_contacts.c.opened_at, customer_contacts.c.contact)
    )
    found = []
    for row in connection.execute(wanted).all():
        root = root_of(connection, row.customer) or row.customer
        name = connection.scalar(select(customers.c.name).where(customers.c.id == root)) or ""
        context = json.loads(row.context)
        conversation = ConversationId(row.conversation)
        found.append(Known(ContactId(row.contact), root, conversation, name, context))
    return found


def _sighted(connection: Connection, fact: Sighting) -> None:
    contact = customer_contacts.c.contact == fact.contact
    if connection.scalar(select(customer_contacts.c.contact).where(contact)) is not None:
        return
    owner = _owner(connection, fact)
    root = root_of(connection, owner) or owner
    if fact.name:
        unnamed = customers.c.id == root, customers.c.name == ""
        named = {"name": fact.name, "name_key": fact.name.casefold()}
        connection.execute(update(customers).where(*unnamed).values(**named))
    connection.execute(
        insert(customer_contacts).values(
            contact=fact.contact,
            seq=fact.seq,
            customer=owner,
            conversation=_conversation(connection, root, fact),
            thread=fact.thread,
            opened_at=fact.at,
        )
    )


def _owner(connection: Connection, fact: Sighting) -> CustomerId:
    """Return the customer who has the identity; a new one if nobody does."""
    identity = fact.identity
    same = identities.c.kind == identity.kind.value, identities.c.text == identity.text
    owner = connection.scalar(select(identities.c.customer).where(*same))
    if owner is not None:
        return CustomerId(owner)
    connection.execute(
        insert(customers).values(
            id=fact.customer,
            name=fact.name,
            name_key=fact.name.casefold(),
            language=fact.language,
            note="",
            created_at=fact.at,
        )
    )
    connection.execute(
        insert(identities).values(
            kind=identity.kind.value,
            text=identity.text,
            customer=fact.customer,
            added_at=fact.at,
        )
    )
    return fact.customer


def _conversation(connection: Connection, root: CustomerId, fact: Sighting) -> str:
    """Return the conversation that a contact belongs to, touched; a new one if there is none."""
    own = select(family([root]).c.id)
    found = None
    if fact.thread:
        same_thread = (
            select(customer_contacts.c.conversation)
            .join(conversations, conversations.c.id == customer_contacts.c.conversation)
            .where(customer_contacts.c.thread == fact.thread, conversations.c.customer.in_(own))
            .order_by(customer_contacts.c.opened_at.desc())
        )
        found = connection.scalar(same_thread.limit(1))
    if found is None:
        busy = select(customer_contacts.c.conversation).where(
            customer_contacts.c.conversation == conversations.c.id,
            customer_contacts.c.left_at.is_(None),
        )
        recent = conversations.c.last_at >= after(fact.at, -SAME_MATTER_SECONDS)
        newest = (
            select(conversations.c.id)
            .where(conversations.c.customer.in_(own), or_(recent, busy.exists()))
            .order_by(conversations.c.last_at.desc(), conversations.c.id.desc())
        )
        found = connection.scalar(newest.limit(1))
    if found is not None:
        _touch(connection, found, fact.at)
        return str(found)
    connection.execute(
        insert(conversations).values(
            id=fact.conversation,
            customer=root,
            opened_at=fact.at,
            last_at=fact.at,
            context="{}",
        )
    )
    return fact.conversation


def _learned(connection: Connection, fact: Learned) -> None:
    found = _link(connection, fact)
    if found is None:
        return
    wanted = select(conversations.c.context).where(conversations.c.id == found.conversation)
    context: dict[str, str] = json.loads(connection.scalar(wanted) or "{}")
    if fact.key not in context and len(context) >= MOST_CONTEXT:
        return
    if context.get(fact.key) != fact.value:
        changed = {**context, fact.key: fact.value}
        this = conversations.c.id == found.conversation
        connection.execute(update(conversations).where(this).values(context=_json(changed)))


def _left(connection: Connection, fact: Left) -> None:
    found = _link(connection, fact)
    if found is not None and found.left_at is None:
        this = customer_contacts.c.contact == fact.contact
        connection.execute(update(customer_contacts).where(this).values(left_at=fact.at))
        _touch(connection, found.conversation, fact.at)


def _link(connection: Connection, fact: Learned | Left) -> Any:
    """Return the row of a contact that this fact is new for, moved on to it; else None."""
    fresh = customer_contacts.c.contact == fact.contact, customer_contacts.c.seq < fact.seq
    found = connection.execute(select(customer_contacts).where(*fresh)).one_or_none()
    if found is not None:
        connection.execute(update(customer_contacts).where(*fresh).values(seq=fact.seq))
    return found


def _touch(connection: Connection, conversation: str, at: Instant) -> None:
    older = conversations.c.id == conversation, conversations.c.last_at < at
    connection.execute(update(conversations).where(*older).values(last_at=at))


def _json(context: Mapping[str, str]) -> str:
    return json.dumps(context, ensure_ascii=False, sort_keys=True)


def position(connection: Connection) -> int:
    """Return the newest record of the log that is kept; 0 for none."""
    return int(connection.scalar(select(func.max(customer_contacts.c.seq))) or 0)


_OTHERS: dict[type, Callable[[Connection, Any], None]] = {Learned: _learned, Left: _left}
