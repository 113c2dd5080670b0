"""A matter: what a contact leaves to another one that continues it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from acd.core.contact import Contact
from acd.core.ids import ConversationId, CustomerId, QueueName
from acd.core.value import value


@value(frozen=True, slots=True)
class Matter:
    """What the state has forgotten of a closed contact, told by whoever wants to go on with it.

    Attributes:
        queue: the queue that it was in.
        customer, conversation: whose it is and on which matter; None where nobody knows.
        name, language: the customer's.
        attributes: what was collected.
    """

    queue: QueueName
    customer: CustomerId | None = None
    conversation: ConversationId | None = None
    name: str = ""
    language: str = "en"
    attributes: Mapping[str, str] = field(default_factory=dict)


def matter_of(contact: Contact) -> Matter:
    """Return the matter of a contact that has been in a queue.

    Raises:
        LookupError: it has not.
    """
    if contact.queue is None:
        raise LookupError(f"{contact.id} was never queued")
    return Matter(
        contact.queue,
        contact.customer,
        contact.conversation,
        contact.caller_name,
        contact.language,
        dict(contact.attributes),
    )
