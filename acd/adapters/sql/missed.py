"""Calls that no agent answered, with what became of their customers since."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import Connection, exists, or_, select

from acd.adapters.sql.family import family, roots_of, rows_of
from acd.adapters.sql.schema import contacts, customer_contacts
from acd.core.channel import Channel
from acd.core.contact import EndReason
from acd.core.ids import ContactId, ConversationId, CustomerId, QueueName
from acd.core.timers import Instant
from acd.ports.customers import TimelineRow, Unanswered

_link, _contact = customer_contacts.c, contacts.c

_later, _later_link = contacts.alias("later"), customer_contacts.alias("later_link")
_TALKED_SINCE = exists(
    select(_later_link.c.contact)
    .join(_later, _later.c.id == _later_link.c.contact)
    .where(
        _later_link.c.customer == _link.customer,
        _later_link.c.opened_at > _link.opened_at,
        _later.c.channel == Channel.VOICE.value,
        _later.c.agent.is_not(None),
        or_(_later.c.end_reason.is_(None), _later.c.end_reason != EndReason.NOT_REACHED.value),
    )
)


def unanswered(
    connection: Connection, queues: Sequence[QueueName] | None, since: Instant, limit: int
) -> list[Unanswered]:
    """Return customers with a call nobody answered, see the port."""
    wanted = (
        select(_link.customer)
        .join(contacts, _contact.id == _link.contact)
        .where(
            _link.opened_at >= since,
            _contact.opened_at >= since,
            _contact.channel == Channel.VOICE.value,
            _contact.queue.is_not(None),
            _contact.agent.is_(None),
            _contact.closed_at.is_not(None),
            ~_TALKED_SINCE,
        )
        .order_by(_link.opened_at.desc(), _link.contact.desc())
        .limit(limit)
    )
    if queues is not None:
        wanted = wanted.where(_contact.queue.in_(queues))
    callers = list(dict.fromkeys(CustomerId(one) for one in connection.scalars(wanted)))
    if not callers:
        return []
    roots = roots_of(connection, callers)
    in_order = list(dict.fromkeys(roots[one] for one in callers if one in roots))
    rows = _since(connection, in_order, since)
    return [Unanswered(one, tuple(rows.get(one.id, ()))) for one in rows_of(connection, in_order)]


def _since(
    connection: Connection, roots: Sequence[CustomerId], since: Instant
) -> dict[CustomerId, list[TimelineRow]]:
    """Return the contacts of customers from an instant on, newest first."""
    trees = family(roots)
    wanted = (
        select(trees.c.root, _link.contact, _link.conversation, _contact.document)
        .join(customer_contacts, _link.customer == trees.c.id)
        .join(contacts, _contact.id == _link.contact)
        .where(_link.opened_at >= since)
        .order_by(_link.opened_at.desc(), _link.contact.desc())
    )
    found: dict[CustomerId, list[TimelineRow]] = {}
    for root, contact, conversation, document in connection.execute(wanted):
        row = TimelineRow(ContactId(contact), ConversationId(conversation), document.encode())
        found.setdefault(CustomerId(root), []).append(row)
    return found
