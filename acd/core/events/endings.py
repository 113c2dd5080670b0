"""Endings: of contacts and of the work on them."""

from __future__ import annotations

from acd.core.contact import EndReason
from acd.core.events.base import EventBase
from acd.core.ids import (
    AgentName,
    ContactId,
    OfferId,
)
from acd.core.timers import Instant
from acd.core.value import value


@value(frozen=True, slots=True)
class ContactEnded(EventBase):
    """The customer is no longer with us; wrap-up may follow.

    Attributes:
        waited_seconds: wait in the queue, for a contact that was queued and not answered.
    """

    contact: ContactId
    reason: EndReason
    waited_seconds: float | None


@value(frozen=True, slots=True)
class WrapupStarted(EventBase):
    """The agent finishes the contact's paperwork."""

    contact: ContactId
    agent: AgentName
    offer: OfferId
    deadline: Instant


@value(frozen=True, slots=True)
class WorkDone(EventBase):
    """The agent is done with a contact."""

    contact: ContactId
    agent: AgentName
    offer: OfferId
    disposition: str
    note: str = ""


@value(frozen=True, slots=True)
class ContactClosed(EventBase):
    """Nothing more will happen to this contact."""

    contact: ContactId
    reason: EndReason
    disposition: str


EndingEvent = ContactEnded | WrapupStarted | WorkDone | ContactClosed
