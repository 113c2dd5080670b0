"""A customer's timeline: each contact in a line, on whichever channel it was. Pure."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from acd.app.documents import ContactDocument, ScoreDocument
from acd.core.channel import Channel
from acd.core.contact import ContactState, EndReason
from acd.core.decide.outbound import OUTBOUND
from acd.core.ids import AgentName, ContactId, ConversationId, QueueName, RecordingId
from acd.ports.customers import TimelineRow


class Happened(StrEnum):
    """What became of a contact, in one word."""

    GOING_ON = "going_on"  # nobody has taken it yet
    WITH_AGENT = "with_agent"
    ANSWERED = "answered"  # by an agent, and over
    MISSED = "missed"  # they asked for a person and got none
    NOT_REACHED = "not_reached"  # we rang them, and nobody answered
    MESSAGE_LEFT = "message_left"
    ENDED = "ended"  # without asking for a person


class TimelineEntry(msgspec.Struct, kw_only=True):
    """A contact in a customer's timeline.

    Attributes:
        happened: what became of it.
        line: the same in a sentence, in English; pages make their own of the fields.
        is_ours: we began it; else the customer did.
        address: what the customer came from, or was rung at; ``to`` what they came to.
        wait_seconds: until an agent answered, or until the end without one.
        talk_seconds: from the answer to the end, or null.
        messages: how many were written, by anybody.
        scores: what the customer answered in surveys.
        version: the last record of the log that changed it.
    """

    contact: ContactId
    conversation: ConversationId
    channel: Channel
    happened: Happened
    line: str
    is_ours: bool
    address: str
    to: str
    queue: QueueName | None
    agent: AgentName | None
    opened_at: datetime
    ended_at: datetime | None
    wait_seconds: float | None
    talk_seconds: float | None
    end_reason: EndReason | None
    disposition: str
    note: str
    messages: int
    recording: RecordingId | None
    attributes: dict[str, str]
    scores: list[ScoreDocument]
    version: int


_decoder = msgspec.json.Decoder(ContactDocument)


def entry_of(row: TimelineRow) -> TimelineEntry:
    """Return a contact as its customer's timeline shows it."""
    contact = _decoder.decode(row.document)
    happened = happened_to(contact)
    talk = None
    if contact.answered_at is not None and contact.ended_at is not None:
        talk = (contact.ended_at - contact.answered_at).total_seconds()
    return TimelineEntry(
        contact=row.contact,
        conversation=row.conversation,
        channel=contact.channel,
        happened=happened,
        line=_line(contact, happened, talk),
        is_ours=is_ours(contact),
        address=contact.customer.address,
        to=contact.dnis,
        queue=contact.queue,
        agent=contact.agent,
        opened_at=contact.opened_at,
        ended_at=contact.ended_at,
        wait_seconds=contact.wait_seconds,
        talk_seconds=talk,
        end_reason=contact.end_reason,
        disposition=contact.disposition,
        note=contact.note,
        messages=contact.messages,
        recording=contact.recording,
        attributes=contact.attributes,
        scores=contact.scores,
        version=contact.version,
    )


def happened_to(contact: ContactDocument) -> Happened:
    """Return what became of a contact.

    Missed is who was queued for a person, or lost to a failure of ours, and neither talked to one
    nor left a message; and who gave up writing before anybody wrote back.
    """
    if contact.end_reason is None:
        is_taken = contact.state is ContactState.ACTIVE
        return Happened.WITH_AGENT if is_taken else Happened.GOING_ON
    if contact.end_reason is EndReason.NOT_REACHED:
        return Happened.NOT_REACHED
    gave_up = contact.end_reason is EndReason.CUSTOMER_ENDED and contact.replied_at is None
    if contact.begun_by is not None and contact.thread and contact.replied_at is None:
        return Happened.ENDED  # nothing was written after all
    if contact.answered_at is not None and not (contact.thread and gave_up):
        return Happened.ANSWERED
    if contact.end_reason is EndReason.VOICEMAIL:
        return Happened.MESSAGE_LEFT
    asked = contact.queued_at is not None and contact.end_reason is not EndReason.WITHDRAWN
    is_missed = asked or contact.end_reason is EndReason.PBX_LOST
    return Happened.MISSED if is_missed and not is_ours(contact) else Happened.ENDED


def is_ours(contact: ContactDocument) -> bool:
    """Return whether an agent began it; older logs tell that of calls only."""
    return contact.begun_by is not None or contact.dnis == OUTBOUND


def _line(contact: ContactDocument, happened: Happened, talk: float | None) -> str:
    what = contact.channel.value.capitalize()
    if is_ours(contact):
        what += f" to {contact.customer.address}"
    queue = f" in {contact.queue}" if contact.queue else ""
    waited = f" after {duration(contact.wait_seconds)}" if contact.wait_seconds is not None else ""
    match happened:
        case Happened.GOING_ON:
            return f"{what}{f' waits{queue}' if queue else ' has begun'}"
        case Happened.WITH_AGENT:
            return f"{what} with {contact.agent}"
        case Happened.ANSWERED:
            told = f": {contact.disposition}" if contact.disposition else ""
            length = f" for {duration(talk)}" if talk is not None else ""
            return f"{what} with {contact.agent}{length}{told}"
        case Happened.NOT_REACHED:
            return f"{what} by {contact.agent}: nobody answered"
        case Happened.MISSED:
            reason = str(contact.end_reason).replace("_", " ")
            return f"{what} missed{queue}: {reason}{waited}"
        case Happened.MESSAGE_LEFT:
            return f"{what}: left a message"
        case Happened.ENDED:
            return f"{what} ended: {str(contact.end_reason).replace('_', ' ')}"


def duration(seconds: float) -> str:
    """Return a length of time as people write it, two units at most.

    >>> duration(0.4), duration(75), duration(3600), duration(93_784)
    ('0 s', '1 min 15 s', '1 h', '1 d 2 h')
    """
    left, parts = int(seconds), []
    for unit, length in (("d", 86400), ("h", 3600), ("min", 60), ("s", 1)):
        count, left = divmod(left, length)
        parts.append((count, unit))
    first = next((place for place, (count, _) in enumerate(parts) if count), len(parts) - 1)
    shown = [f"{count} {unit}" for count, unit in parts[first : first + 2] if count]
    return " ".join(shown) or "0 s"
