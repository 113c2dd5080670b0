"""Facts of the log about customers, kept in their tables. Told twice, they change nothing.

This runs beside the engine for every contact, and on SQLite the log waits meanwhile. So statements
are built once, few are needed where nobody was merged, and what a contact has to tell at a time is
kept at a time.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import (
    Connection,
    bindparam,
    exists,
    func,
    insert,
    or_,
    select,
    update,
)

from acd.adapters.sql.family import family, root_of
from acd.adapters.sql.schema import conversations, customer_contacts, customers, identities
from acd.core.ids import ContactId, ConversationId, CustomerId
from acd.core.timers import after
from acd.ports.customers import (
    MOST_CONTEXT,
    SAME_MATTER_SECONDS,
    Fact,
    Known,
    Learned,
    Left,
    Placed,
    Sighting,
)

_link, _talk = customer_contacts.c, conversations.c
_inside = customers.alias()

_POSITION = select(func.max(_link.seq))
_OWNER = (
    select(
        customers.c.id,
        customers.c.name,
        customers.c.merged_into,
        exists(select(_inside.c.id).where(_inside.c.merged_into == customers.c.id)).label(
            "is_more"
        ),
    )
    .join(identities, identities.c.customer == customers.c.id)
    .where(identities.c.kind == bindparam("kind"), identities.c.text == bindparam("text"))
)
_NAME = select(customers.c.name).where(customers.c.id == bindparam("id"))
_SET_NAME = (
    update(customers)
    .where(customers.c.id == bindparam("customer"))
    .values(name=bindparam("to"), name_key=bindparam("key"))
)
_BUSY = exists(select(_link.contact).where(_link.conversation == _talk.id, _link.left_at.is_(None)))
_NEWEST = (
    select(_talk.id, _talk.context, _talk.last_at)
    .where(
        _talk.customer.in_(bindparam("own", expanding=True)),
        or_(_talk.last_at >= bindparam("since"), _BUSY),
    )
    .order_by(_talk.last_at.desc(), _talk.id.desc())
    .limit(1)
)
_OF_THREAD = (
    select(_talk.id, _talk.context, _talk.last_at)
    .join(customer_contacts, _link.conversation == _talk.id)
    .where(
        _link.thread == bindparam("thread"), _talk.customer.in_(bindparam("own", expanding=True))
    )
    .order_by(_link.opened_at.desc())
    .limit(1)
)
_TALK = select(_talk.id, _talk.context, _talk.last_at).where(_talk.id == bindparam("id"))
_LINK = (
    select(_link.seq, _link.left_at, _talk.id, _talk.context, _talk.last_at)
    .join(conversations, _talk.id == _link.conversation)
    .where(_link.contact == bindparam("contact"))
)
_MOVE_LINK = (
    update(customer_contacts)
    .where(_link.contact == bindparam("about"))
    .values(seq=bindparam("to_seq"), left_at=bindparam("to_left_at"))
)
_MOVE_TALK = (
    update(conversations)
    .where(_talk.id == bindparam("about"))
    .values(last_at=bindparam("to_last_at"), context=bindparam("to_context"))
)
_KNOWN = (
    select(_link.contact, _link.customer, _talk.id, _talk.context)
    .join(conversations, _talk.id == _link.conversation)
    .where(_link.contact.in_(bindparam("contacts", expanding=True)))
    .order_by(_link.opened_at, _link.contact)
)


def position(connection: Connection) -> int:
    """Return the newest record of the log that is kept; 0 for none."""
    return int(connection.scalar(_POSITION) or 0)


def take(connection: Connection, facts: Sequence[Fact]) -> list[Known]:
    """Keep facts; return who each sighted contact is from."""
    found: list[Known] = []
    for contact, together in groupby(facts, lambda fact: fact.contact):
        told = list(together)
        found += [_sighted(connection, one) for one in told if isinstance(one, Sighting)]
        for fact in told:
            if isinstance(fact, Placed):
                _placed(connection, fact)
        _told(connection, contact, [one for one in told if isinstance(one, Learned | Left)])
    return found


def known(connection: Connection, contacts: Sequence[ContactId]) -> list[Known]:
    """Return who contacts are from; those of nobody known are left out."""
    found = []
    for row in connection.execute(_KNOWN, {"contacts": list(contacts)}).all():
        root = root_of(connection, row.customer) or row.customer
        name = connection.scalar(_NAME, {"id": root}) or ""
        context = json.loads(row.context)
        found.append(Known(row.contact, root, ConversationId(row.id), name, context))
    return found


def _sighted(connection: Connection, fact: Sighting) -> Known:
    if connection.execute(_LINK, {"contact": fact.contact}).one_or_none() is not None:
        return known(connection, [fact.contact])[0]
    owner, root, name, own = _customer(connection, fact)
    conversation, context = _conversation(connection, root, own, fact)
    connection.execute(
        insert(customer_contacts),
        {
            "contact": fact.contact,
            "seq": fact.seq,
            "customer": owner,
            "conversation": conversation,
            "thread": fact.thread,
            "opened_at": fact.at,
        },
    )
    return Known(fact.contact, root, conversation, name, context)


def _placed(connection: Connection, fact: Placed) -> None:
    """Put a contact where it was begun, unless it is somewhere."""
    if connection.execute(_LINK, {"contact": fact.contact}).one_or_none() is not None:
        return
    row = connection.execute(_TALK, {"id": fact.conversation}).one_or_none()
    if row is None:
        return
    connection.execute(
        insert(customer_contacts),
        {
            "contact": fact.contact,
            "seq": fact.seq,
            "customer": fact.customer,
            "conversation": fact.conversation,
            "thread": fact.thread,
            "opened_at": fact.at,
        },
    )
    moved = {"about": row.id, "to_last_at": max(row.last_at, fact.at), "to_context": row.context}
    connection.execute(_MOVE_TALK, moved)


def _customer(
    connection: Connection, fact: Sighting
) -> tuple[CustomerId, CustomerId, str, list[CustomerId]]:
    """Return who has the identity, the customer they are shown as, its name and its family."""
    kind, text = fact.identity.kind.value, fact.identity.text
    row = connection.execute(_OWNER, {"kind": kind, "text": text}).one_or_none()
    if row is None:
        _add_customer(connection, fact)
        return fact.customer, fact.customer, fact.name, [fact.customer]
    owner = root = CustomerId(row.id)
    own, name = [owner], row.name
    if row.merged_into is not None or row.is_more:
        root = root_of(connection, owner) or owner
        name = connection.scalar(_NAME, {"id": root}) or ""
        own = [CustomerId(one) for one in connection.scalars(select(family([root]).c.id))]
    if not name and fact.name:
        name = fact.name
        connection.execute(_SET_NAME, {"customer": root, "to": name, "key": name.casefold()})
    return owner, root, name, own


def _add_customer(connection: Connection, fact: Sighting) -> None:
    connection.execute(
        insert(customers),
        {
            "id": fact.customer,
            "name": fact.name,
            "name_key": fact.name.casefold(),
            "language": fact.language,
            "note": "",
            "created_at": fact.at,
        },
    )
    connection.execute(
        insert(identities),
        {
            "kind": fact.identity.kind.value,
            "text": fact.identity.text,
            "customer": fact.customer,
            "added_at": fact.at,
        },
    )


def _conversation(
    connection: Connection, root: CustomerId, own: list[CustomerId], fact: Sighting
) -> tuple[ConversationId, Mapping[str, str]]:
    """Return the conversation that a contact belongs to, and what is known in it."""
    row: Any = None
    if fact.thread:
        row = connection.execute(_OF_THREAD, {"thread": fact.thread, "own": own}).one_or_none()
    if row is None:
        since = after(fact.at, -SAME_MATTER_SECONDS)
        row = connection.execute(_NEWEST, {"own": own, "since": since}).one_or_none()
    if row is None:
        fresh: dict[str, object] = {"id": fact.conversation, "customer": root, "context": "{}"}
        fresh |= {"opened_at": fact.at, "last_at": fact.at}
        connection.execute(insert(conversations), fresh)
        return fact.conversation, {}
    if row.last_at < fact.at:
        moved = {"about": row.id, "to_last_at": fact.at, "to_context": row.context}
        connection.execute(_MOVE_TALK, moved)
    return ConversationId(row.id), json.loads(row.context)


def _told(connection: Connection, contact: ContactId, facts: Sequence[Learned | Left]) -> None:
    """Keep what one contact has to tell."""
    row = connection.execute(_LINK, {"contact": contact}).one_or_none() if facts else None
    fresh = [fact for fact in facts if row is not None and fact.seq > row.seq]
    if row is None or not fresh:
        return
    left_at, last_at, context = row.left_at, row.last_at, json.loads(row.context)
    for fact in fresh:
        if isinstance(fact, Left):
            left_at = fact.at if left_at is None else left_at
            last_at = max(last_at, fact.at)
        elif fact.key in context or len(context) < MOST_CONTEXT:
            context[fact.key] = fact.value
    text = json.dumps(context, ensure_ascii=False, sort_keys=True)
    connection.execute(
        _MOVE_LINK, {"about": contact, "to_seq": fresh[-1].seq, "to_left_at": left_at}
    )
    if (text, last_at) != (row.context, row.last_at):
        moved = {"about": row.id, "to_last_at": last_at, "to_context": text}
        connection.execute(_MOVE_TALK, moved)
