"""What the API shows of a contact, and the row it is kept in; the log makes it (contact_fold)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec

from acd.core.channel import Channel
from acd.core.contact import ContactState, EndReason, Party, SegmentKind
from acd.core.ids import (
    AgentName,
    ContactId,
    ConversationId,
    CustomerId,
    OfferId,
    QueueName,
    RecordingId,
    SegmentId,
)
from acd.core.skill import Need
from acd.core.timers import Instant
from acd.ports.store import ContactRow

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class SegmentDocument(msgspec.Struct, kw_only=True):
    """A part of a contact as the API shows it; ``recording`` is of what was said in it."""

    id: SegmentId
    kind: SegmentKind
    party: str
    start_at: datetime
    answered_at: datetime | None = None
    end_at: datetime | None = None
    reason: str = ""
    recording: RecordingId | None = None


class OfferDocument(msgspec.Struct, kw_only=True):
    """The open offer of a contact; after ``expires_at`` it goes to somebody else."""

    id: OfferId
    agent: AgentName
    made_at: datetime
    expires_at: datetime | None = None
    is_ringing: bool = False
    recording: RecordingId | None = None


class CustomerDocument(msgspec.Struct, kw_only=True):
    """Who the contact is from, as far as the channel tells."""

    address: str
    name: str


class TroubleDocument(msgspec.Struct, kw_only=True):
    """A node of a flow that did not bring the customer on.

    Attributes:
        place: where: ``flow/node``.
        reason: ``no_input``, ``not_understood``, ``failed``, or the command that was given.
        times: how often, one after the other.
    """

    place: str
    reason: str
    times: int = 1


class ScoreDocument(msgspec.Struct, kw_only=True):
    """A customer's answer to a question of a survey."""

    survey: str
    question: str
    scale: str
    score: int


class ContactDocument(msgspec.Struct, kw_only=True):
    """A contact as the API shows it. Instants are ISO 8601 in UTC.

    Attributes:
        version: the last record of the log that changed it.
        agent: who answered; the last one if there were several.
        queued_at: when it first entered a queue.
        answered_at: when an agent last answered.
        wait_seconds: from ``queued_at`` to the first answer, or to the end without one.
        offer: the open offer.
        offers: how many there were.
        recording: the newest; each is named by its segment too.
        thread: what ties written messages to it.
        is_held: its agent has put it aside for work that goes before.
        begun_by: the agent who began it; null for the customer.
        messages: how many were written, by anybody; ``replied_at`` is the first of an agent.
        is_answered: the last who wrote was not the customer.
        ended_at: the customer is no longer with us; ``closed_at`` comes after wrap-up.
        ended_by: the party that ``end_reason`` blames.
        path: the places of flows that it came through, ``flow/node``; the latest, in order.
        troubles: where a flow did not bring the customer on; the latest, in order.
        scores: what the customer answered in surveys. Where they followed an agent, that is about
            the contact named by the attribute ``previous_contact``.
    """

    id: ContactId
    version: int
    channel: Channel
    state: ContactState
    customer: CustomerDocument
    queue: QueueName | None = None
    agent: AgentName | None = None
    ani: str
    dnis: str
    language: str
    attributes: dict[str, str] = {}
    priority: int = 0
    requirement: tuple[Need, ...] = ()
    opened_at: datetime
    queued_at: datetime | None = None
    answered_at: datetime | None = None
    ended_at: datetime | None = None
    closed_at: datetime | None = None
    wait_seconds: float | None = None
    offer: OfferDocument | None = None
    offers: int = 0
    end_reason: EndReason | None = None
    ended_by: Party | None = None
    disposition: str = ""
    note: str = ""
    recording: RecordingId | None = None
    thread: str = ""
    begun_by: AgentName | None = None
    customer_id: CustomerId | None = None
    conversation: ConversationId | None = None
    is_held: bool = False
    messages: int = 0
    is_answered: bool = False
    replied_at: datetime | None = None
    segments: list[SegmentDocument] = []
    path: list[str] = []
    troubles: list[TroubleDocument] = []
    scores: list[ScoreDocument] = []


_encoder = msgspec.json.Encoder()
_decoder = msgspec.json.Decoder(ContactDocument)


def moment(at: Instant) -> datetime:
    """Return an instant as a date and time in UTC, exact to the microsecond."""
    return _EPOCH + timedelta(microseconds=at)


def _instant(value: datetime) -> Instant:
    return Instant((value - _EPOCH) // timedelta(microseconds=1))


def row_of(document: ContactDocument) -> ContactRow:
    """Return a document with the columns it is found by."""
    return ContactRow(
        id=document.id,
        seq=document.version,
        channel=document.channel,
        state=document.state,
        queue=document.queue,
        agent=document.agent,
        ani=document.ani,
        dnis=document.dnis,
        opened_at=_instant(document.opened_at),
        closed_at=None if document.closed_at is None else _instant(document.closed_at),
        end_reason=document.end_reason,
        document=_encoder.encode(document),
    )


def document_of(row: ContactRow) -> ContactDocument:
    """Return the document of a row."""
    return _decoder.decode(row.document)
