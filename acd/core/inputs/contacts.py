"""Contacts: they arrive without a leg, and people act on them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from acd.core.channel import Channel
from acd.core.ids import (
    AgentName,
    ContactId,
    ConversationId,
    CustomerId,
    MessageId,
    OfferId,
    QueueName,
)
from acd.core.matter import Matter
from acd.core.skill import Requirement
from acd.core.value import value


@value(frozen=True, slots=True)
class ContactArrived:
    """A contact on a channel without legs came in and goes straight into a queue."""

    channel: Channel
    address: str
    sender: str
    queue: QueueName
    priority: int = 0
    requirement: Requirement = ()
    attributes: Mapping[str, str] = field(default_factory=dict)


@value(frozen=True, slots=True)
class MessageArrived:
    """A customer wrote.

    Attributes:
        intake: number of the row of the intake that holds it: rows are told in order, each once.
        address: what it was sent to; looked up among the site's numbers, then ``channel`` is.
        sender, sender_name: who wrote it.
        thread: while a contact of this thread is open the message is added to it.
        key: the sender's own name of the message.
        text: plain, at most :data:`acd.core.message.LONGEST_TEXT` characters.
        attributes: what is known of a contact that begins with it.
    """

    intake: int
    channel: Channel
    address: str
    sender: str
    sender_name: str
    thread: str
    text: str
    key: str = ""
    language: str = ""
    attachments: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)


@value(frozen=True, slots=True)
class CustomerLeft:
    """A customer closed a chat, or is taken to have given it up."""

    intake: int
    thread: str


@value(frozen=True, slots=True)
class SendMessage:
    """The agent who works on a contact writes to its customer.

    Attributes:
        key: the desk's own name of the message; one that is known is refused.
    """

    contact: ContactId
    agent: AgentName
    key: str
    text: str
    attachments: tuple[str, ...] = ()


@value(frozen=True, slots=True)
class MessageDelivered:
    """A message was handed over to the customer's side."""

    message: MessageId


@value(frozen=True, slots=True)
class MessageUndeliverable:
    """A message will never reach the customer."""

    message: MessageId
    code: str


@value(frozen=True, slots=True)
class IdentifyContact:
    """Somebody looked up who a contact is from, and on which matter.

    Attributes:
        name: the customer's; kept where the channel told none.
        attributes: what is known of the matter; what the contact knows better stays.
    """

    contact: ContactId
    customer: CustomerId
    conversation: ConversationId
    name: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


@value(frozen=True, slots=True)
class TransferContact:
    """The agent who works on a contact hands it over to a queue or to one agent."""

    contact: ContactId
    agent: AgentName
    to_queue: QueueName | None = None
    to_agent: AgentName | None = None


@value(frozen=True, slots=True)
class CallCustomer:
    """An agent rings a customer on the matter of a contact.

    Attributes:
        contact: one that the agent works on, or a closed one.
        number: where the customer is rung.
        matter: of a closed contact; without it the agent must be at work on the contact.
    """

    contact: ContactId
    agent: AgentName
    number: str
    matter: Matter | None = None


@value(frozen=True, slots=True)
class WriteCustomer:
    """An agent wants to write to a customer first, on the matter of a contact.

    Attributes:
        contact: as in :class:`CallCustomer`, ``matter`` too.
        channel: one that is written.
        address: ours that it is written from.
        recipient: the customer's.
        thread: a new one, by which the customer's answer will be known.
        subject: what it is about, on a channel that tells that.
    """

    contact: ContactId
    agent: AgentName
    channel: Channel
    address: str
    recipient: str
    thread: str
    subject: str = ""
    matter: Matter | None = None


@value(frozen=True, slots=True)
class SetPriority:
    """Let a contact that waits go before or behind others."""

    contact: ContactId
    priority: int


@value(frozen=True, slots=True)
class WithdrawContact:
    """A supervisor takes a contact that nobody works on out."""

    contact: ContactId


@value(frozen=True, slots=True)
class AcceptOffer:
    """The agent takes an offer."""

    offer: OfferId


@value(frozen=True, slots=True)
class DeclineOffer:
    """The agent declines an offer."""

    offer: OfferId


@value(frozen=True, slots=True)
class EndContact:
    """A party ends a contact that has no leg to hang up.

    Attributes:
        by_customer: the customer left; else the agent is done.
    """

    contact: ContactId
    by_customer: bool


ContactInput = (
    ContactArrived
    | MessageArrived
    | CustomerLeft
    | SendMessage
    | MessageDelivered
    | MessageUndeliverable
    | IdentifyContact
    | TransferContact
    | CallCustomer
    | WriteCustomer
    | SetPriority
    | WithdrawContact
    | AcceptOffer
    | DeclineOffer
    | EndContact
)
