"""Messages: what is written, both ways."""

from __future__ import annotations

from acd.core.events.base import EventBase
from acd.core.flows import Choice
from acd.core.ids import (
    AgentName,
    ContactId,
    MessageId,
)
from acd.core.message import Author
from acd.core.value import value


@value(frozen=True, slots=True)
class IntakeTaken(EventBase):
    """A row of the intake was worked off; none of this number or before is taken again."""

    intake: int


@value(frozen=True, slots=True)
class MessageAdded(EventBase):
    """A message became part of a contact.

    Attributes:
        agent: who wrote it, if an agent did.
        intake: the row of the intake that holds it whole; 0 for what we wrote.
        key: the sender's own name of it, by which a repeat is known.
        text: plain text.
        attachments: ids of what was sent with it.
        choices: the answers offered with it.
    """

    contact: ContactId
    message: MessageId
    author: Author
    agent: AgentName | None
    intake: int
    key: str
    text: str
    attachments: tuple[str, ...]
    choices: tuple[Choice, ...] = ()


@value(frozen=True, slots=True)
class MessageSettled(EventBase):
    """What we wrote was handed over to the customer's side, or never will be.

    Attributes:
        failure: code of why not; empty when it was.
    """

    contact: ContactId
    message: MessageId
    failure: str


MessageEvent = IntakeTaken | MessageAdded | MessageSettled
