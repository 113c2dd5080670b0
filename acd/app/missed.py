"""Missed calls: who asked for a person on the phone, got none, and was not dealt with since. Pure.

A customer is listed once, by the newest of their missed calls. They are dealt with as soon as an
agent talks to them, on whichever channel, and while they wait again. Ringing them in vain deals
with nothing: the call stays, and tells how often that was tried.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

import msgspec

from acd.app.timeline import Happened, TimelineEntry, entry_of
from acd.core.channel import TRAITS, Channel
from acd.core.customer import IdentityKind
from acd.core.ids import ContactId, ConversationId, CustomerId, QueueName
from acd.ports.customers import Unanswered

_MISSED = frozenset({Happened.MISSED, Happened.MESSAGE_LEFT})
_DEALT_WITH = frozenset({Happened.ANSWERED, Happened.WITH_AGENT})


class MissedCall(msgspec.Struct, kw_only=True):
    """A customer whom nobody has called back or written to.

    Attributes:
        contact: their newest missed call; acting on it goes on with its conversation.
        happened: ``missed`` or ``message_left``.
        number: where they called from.
        addresses: mail addresses they are known by.
        missed_at: when they gave up, or had left their message.
        wait_seconds: how long they had waited for an agent.
        calls: how many of their calls were missed since an agent last talked to them.
        tries: how often they were rung since, in vain; ``tried_at`` is the last time.
        attributes: what they told the flow.
    """

    contact: ContactId
    conversation: ConversationId
    customer: CustomerId
    name: str
    number: str
    addresses: list[str]
    queue: QueueName
    happened: Happened
    missed_at: datetime
    wait_seconds: float | None
    calls: int
    tries: int
    tried_at: datetime | None
    attributes: dict[str, str]


def missed_calls(
    found: Iterable[Unanswered], queues: Collection[QueueName] | None = None
) -> list[MissedCall]:
    """Return the missed calls among customers' contacts, newest first.

    Args:
        found: customers with their contacts.
        queues: only calls to these; None for all.
    """
    calls = [one for customer in found if (one := _missed(customer, queues)) is not None]
    return sorted(calls, key=lambda call: call.missed_at, reverse=True)


def _missed(found: Unanswered, queues: Collection[QueueName] | None) -> MissedCall | None:
    calls: list[TimelineEntry] = []
    tries: list[TimelineEntry] = []
    for entry in map(entry_of, found.contacts):  # newest first
        if entry.happened in _DEALT_WITH or _waits_again(entry):
            break
        if entry.happened is Happened.NOT_REACHED and not calls:
            tries.append(entry)
        elif entry.channel is Channel.VOICE and entry.happened in _MISSED:
            calls.append(entry)
    # A message that was left without ever waiting is in no queue, whose agents would be told of it.
    of_queues = [one for one in calls if one.queue and (queues is None or one.queue in queues)]
    if not of_queues:
        return None
    newest, customer = of_queues[0], found.customer
    assert newest.queue is not None
    assert newest.ended_at is not None
    return MissedCall(
        contact=newest.contact,
        conversation=newest.conversation,
        customer=customer.id,
        name=customer.name,
        number=newest.address,
        addresses=[one.text for one in customer.identities if one.kind is IdentityKind.ADDRESS],
        queue=newest.queue,
        happened=newest.happened,
        missed_at=newest.ended_at,
        wait_seconds=newest.wait_seconds,
        calls=len(of_queues),
        tries=len(tries),
        tried_at=tries[0].opened_at if tries else None,
        attributes=newest.attributes,
    )


def _waits_again(entry: TimelineEntry) -> bool:
    return entry.happened is Happened.GOING_ON and TRAITS[entry.channel].is_live
