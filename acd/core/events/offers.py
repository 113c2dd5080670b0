"""Offers, and the work they become."""

from __future__ import annotations

from acd.core.events.base import EventBase
from acd.core.ids import (
    AgentName,
    ContactId,
    LegId,
    OfferId,
    QueueName,
    RecordingId,
    SegmentId,
)
from acd.core.offer import Candidates, OfferOutcome
from acd.core.timers import Instant
from acd.core.value import value


@value(frozen=True, slots=True)
class OfferMade(EventBase):
    """An agent was chosen and reserved for a contact.

    Attributes:
        attempt: how many offers of this contact there have been, this one included.
        candidates: who else could have been asked, and why not.
    """

    contact: ContactId
    agent: AgentName
    offer: OfferId
    queue: QueueName
    deadline: Instant
    attempt: int
    leg: LegId | None
    recording: RecordingId | None
    candidates: Candidates


@value(frozen=True, slots=True)
class OfferRinging(EventBase):
    """The agent's phone rings."""

    contact: ContactId
    agent: AgentName
    offer: OfferId


@value(frozen=True, slots=True)
class OfferAccepted(EventBase):
    """The agent took the contact; they talk."""

    contact: ContactId
    agent: AgentName
    offer: OfferId
    segment: SegmentId


@value(frozen=True, slots=True)
class OfferEnded(EventBase):
    """An offer ended without being accepted; the contact keeps its place and its clock."""

    contact: ContactId
    agent: AgentName
    offer: OfferId
    outcome: OfferOutcome


@value(frozen=True, slots=True)
class WorkHeld(EventBase):
    """An agent's work is suspended while work of another channel lasts."""

    contact: ContactId
    agent: AgentName
    offer: OfferId


@value(frozen=True, slots=True)
class WorkResumed(EventBase):
    """An agent goes on with suspended work."""

    contact: ContactId
    agent: AgentName
    offer: OfferId


@value(frozen=True, slots=True)
class ContactTransferred(EventBase):
    """An agent hands a contact over; they are done with it and it is queued again.

    Attributes:
        to: the agent it is meant for; None for whoever the queue finds.
    """

    contact: ContactId
    agent: AgentName
    queue: QueueName
    to: AgentName | None


OfferEvent = (
    OfferMade
    | OfferRinging
    | OfferAccepted
    | OfferEnded
    | WorkHeld
    | WorkResumed
    | ContactTransferred
)
