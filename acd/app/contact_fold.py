"""Contact documents: the log folded into what the API shows of each contact. Pure."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from acd.app.documents import (
    ContactDocument,
    CustomerDocument,
    OfferDocument,
    ScoreDocument,
    SegmentDocument,
    TroubleDocument,
    document_of,
    moment,
    row_of,
)
from acd.core import events as e
from acd.core.contact import BLAME, ContactState, SegmentKind
from acd.core.ids import ContactId
from acd.core.message import Author
from acd.core.record import Record
from acd.ports.store import ContactRow

PATH_KEPT = 40
"""Places of its way that a contact's document has: the latest."""

TROUBLES_KEPT = 20
SCORES_KEPT = 50


class ContactFold:
    """Open contacts, kept up to date record by record."""

    def __init__(self, rows: Iterable[ContactRow] = ()) -> None:
        """Begin with the contacts that were open where the fold left off."""
        self._open = {row.id: document_of(row) for row in rows}
        self._changed: dict[ContactId, ContactDocument] = {}

    def fold(self, record: Record) -> None:
        """Take one record in."""
        change = _FOLDS.get(type(record.body))
        if change is None:
            return
        body = record.body
        if isinstance(body, e.ContactOpened):
            contact = self._open[body.contact] = _opened(body, record)
        else:
            about: ContactId = getattr(body, "contact")  # noqa: B009 - all in _FOLDS have one
            if about not in self._open:
                return
            contact = self._open[about]
            change(contact, body, moment(record.at))
        contact.version = record.seq
        self._changed[contact.id] = contact
        if contact.state is ContactState.CLOSED:
            self._open.pop(contact.id, None)

    def changed(self) -> list[ContactRow]:
        """Return the contacts that changed since :meth:`forget`, as they are now."""
        return [row_of(contact) for contact in self._changed.values()]

    def forget(self) -> None:
        """The changes are saved."""
        self._changed.clear()


def _opened(event: e.ContactOpened, record: Record) -> ContactDocument:
    return ContactDocument(
        id=event.contact,
        version=record.seq,
        channel=event.channel,
        state=ContactState.IN_FLOW,
        customer=CustomerDocument(address=event.ani, name=event.caller_name),
        ani=event.ani,
        dnis=event.dnis,
        language=event.language,
        opened_at=moment(record.at),
        thread=event.thread,
        begun_by=event.begun_by,
    )


def _next_segment(
    contact: ContactDocument, at: datetime, reason: str, segment: SegmentDocument | None = None
) -> None:
    if contact.segments and contact.segments[-1].end_at is None:
        contact.segments[-1].end_at = at
        contact.segments[-1].reason = reason
    if segment is not None:
        contact.segments.append(segment)


def _set_wait(contact: ContactDocument, at: datetime) -> None:
    if contact.wait_seconds is None and contact.queued_at is not None:
        contact.wait_seconds = (at - contact.queued_at) / timedelta(seconds=1)


def _flow_entered(contact: ContactDocument, event: e.FlowEntered, at: datetime) -> None:
    segment = SegmentDocument(
        id=event.segment, kind=SegmentKind.FLOW, party=event.flow, start_at=at
    )
    _next_segment(contact, at, "", segment)


def _node_entered(contact: ContactDocument, event: e.NodeEntered, _at: datetime) -> None:
    place = f"{event.flow}/{event.node}"
    if contact.path[-1:] != [place]:
        contact.path.append(place)
        del contact.path[:-PATH_KEPT]


def _node_failed(contact: ContactDocument, event: e.NodeFailed, _at: datetime) -> None:
    place = f"{event.flow}/{event.node}"
    last = contact.troubles[-1] if contact.troubles else None
    if last is not None and (last.place, last.reason) == (place, event.reason):
        last.times += 1
    else:
        contact.troubles.append(TroubleDocument(place=place, reason=event.reason))
        del contact.troubles[:-TROUBLES_KEPT]


def _score_kept(contact: ContactDocument, event: e.ScoreKept, _at: datetime) -> None:
    score = ScoreDocument(
        survey=event.survey, question=event.question, scale=event.scale, score=event.score
    )
    contact.scores.append(score)
    del contact.scores[:-SCORES_KEPT]


def _attribute_set(contact: ContactDocument, event: e.AttributeSet, _at: datetime) -> None:
    contact.attributes[event.key] = event.value


def _language_set(contact: ContactDocument, event: e.LanguageSet, _at: datetime) -> None:
    contact.language = event.language


def _identified(contact: ContactDocument, event: e.ContactIdentified, _at: datetime) -> None:
    contact.customer_id = event.customer
    contact.conversation = event.conversation
    contact.customer.name = contact.customer.name or event.name


def _priority_changed(contact: ContactDocument, event: e.PriorityChanged, _at: datetime) -> None:
    contact.priority = event.priority


def _message_added(contact: ContactDocument, event: e.MessageAdded, at: datetime) -> None:
    contact.messages += 1
    contact.is_answered = event.author is not Author.CUSTOMER
    if event.author is Author.AGENT:
        contact.replied_at = contact.replied_at or at


def _work_held(contact: ContactDocument, _event: e.WorkHeld, _at: datetime) -> None:
    contact.is_held = True


def _work_resumed(contact: ContactDocument, _event: e.WorkResumed, _at: datetime) -> None:
    contact.is_held = False


def _transferred(contact: ContactDocument, _event: e.ContactTransferred, at: datetime) -> None:
    contact.is_held = False
    _next_segment(contact, at, "transferred")


def _message_started(contact: ContactDocument, event: e.MessageStarted, _at: datetime) -> None:
    contact.recording = event.recording
    if contact.segments:
        contact.segments[-1].recording = event.recording


def _queued(contact: ContactDocument, event: e.ContactQueued, at: datetime) -> None:
    segment = SegmentDocument(
        id=event.segment, kind=SegmentKind.QUEUE, party=event.queue, start_at=at
    )
    _next_segment(contact, at, "queued", segment)
    contact.state = ContactState.WAITING
    contact.queue = event.queue
    contact.priority = event.priority
    contact.requirement = event.requirement
    contact.queued_at = contact.queued_at or at


def _queue_left(contact: ContactDocument, event: e.QueueLeft, at: datetime) -> None:
    contact.state = ContactState.IN_FLOW
    _next_segment(contact, at, event.reason)


def _relaxed(contact: ContactDocument, event: e.RequirementRelaxed, _at: datetime) -> None:
    contact.requirement = event.requirement


def _offer_made(contact: ContactDocument, event: e.OfferMade, at: datetime) -> None:
    contact.state = ContactState.OFFERED
    contact.offers = event.attempt
    contact.offer = OfferDocument(
        id=event.offer,
        agent=event.agent,
        made_at=at,
        expires_at=moment(event.deadline),
        recording=event.recording,
    )


def _offer_ringing(contact: ContactDocument, _event: e.OfferRinging, _at: datetime) -> None:
    if contact.offer is not None:
        contact.offer.is_ringing = True


def _offer_accepted(contact: ContactDocument, event: e.OfferAccepted, at: datetime) -> None:
    recording = contact.offer.recording if contact.offer is not None else None
    if contact.segments:
        contact.segments[-1].answered_at = at
    segment = SegmentDocument(
        id=event.segment,
        kind=SegmentKind.AGENT,
        party=event.agent,
        start_at=at,
        answered_at=at,
        recording=recording,
    )
    _next_segment(contact, at, "answered", segment)
    _set_wait(contact, at)
    contact.state = ContactState.ACTIVE
    contact.agent = event.agent
    contact.answered_at = at
    contact.recording = recording or contact.recording
    contact.offer = None


def _offer_ended(contact: ContactDocument, _event: e.OfferEnded, _at: datetime) -> None:
    contact.state = ContactState.WAITING
    contact.offer = None


def _ended(contact: ContactDocument, event: e.ContactEnded, at: datetime) -> None:
    _next_segment(contact, at, event.reason)
    _set_wait(contact, at)
    contact.state = ContactState.WRAPUP
    contact.is_held = False
    contact.ended_at = at
    contact.end_reason = event.reason
    contact.ended_by = BLAME[event.reason]


def _work_done(contact: ContactDocument, event: e.WorkDone, _at: datetime) -> None:
    contact.disposition = event.disposition or contact.disposition
    contact.note = event.note or contact.note


def _closed(contact: ContactDocument, event: e.ContactClosed, at: datetime) -> None:
    contact.state = ContactState.CLOSED
    contact.closed_at = at
    contact.end_reason = event.reason
    contact.ended_by = BLAME[event.reason]
    contact.disposition = event.disposition or contact.disposition


_FOLDS: dict[type, Callable[..., None]] = {
    e.ContactOpened: lambda *_: None,
    e.ContactIdentified: _identified,
    e.PriorityChanged: _priority_changed,
    e.MessageAdded: _message_added,
    e.WorkHeld: _work_held,
    e.WorkResumed: _work_resumed,
    e.ContactTransferred: _transferred,
    e.FlowEntered: _flow_entered,
    e.NodeEntered: _node_entered,
    e.NodeFailed: _node_failed,
    e.ScoreKept: _score_kept,
    e.AttributeSet: _attribute_set,
    e.LanguageSet: _language_set,
    e.MessageStarted: _message_started,
    e.ContactQueued: _queued,
    e.QueueLeft: _queue_left,
    e.RequirementRelaxed: _relaxed,
    e.OfferMade: _offer_made,
    e.OfferRinging: _offer_ringing,
    e.OfferAccepted: _offer_accepted,
    e.OfferEnded: _offer_ended,
    e.ContactEnded: _ended,
    e.WorkDone: _work_done,
    e.ContactClosed: _closed,
}
