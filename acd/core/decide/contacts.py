"""Contacts without legs: they arrive, are accepted and end by requests instead of phones."""

from __future__ import annotations

from acd.core import events as e
from acd.core import flows
from acd.core import inputs as i
from acd.core.channel import TRAITS
from acd.core.contact import Contact, ContactState, EndReason
from acd.core.decide import offers
from acd.core.decide.acts import end_contact
from acd.core.decide.after import end_by_agent
from acd.core.decide.flow import enter, run
from acd.core.decide.messages import add_message, take_intake
from acd.core.decide.registry import decides
from acd.core.ids import ContactId, OfferId, SegmentId
from acd.core.message import Author
from acd.core.offer import Offer, OfferOutcome
from acd.core.timers import after
from acd.core.turn import Turn

_BY_CUSTOMER: dict[ContactState, EndReason] = {
    ContactState.ACTIVE: EndReason.CUSTOMER_ENDED,
    ContactState.IN_FLOW: EndReason.LEFT_FLOW,
}


@decides(i.ContactArrived)
def contact_arrived(turn: Turn, cause: i.ContactArrived) -> None:
    """A contact came in and waits."""
    site = turn.state.sites.get(turn.state.site)
    queue = site.queues.get(cause.queue) if site is not None else None
    if queue is None or site is None:
        turn.refuse("queue-unknown", "there is no such queue")
        return
    contact = ContactId(turn.mint("c"))
    turn.emit(
        e.ContactOpened(
            contact, cause.channel, None, cause.sender, cause.address, "", "en", site.version
        )
    )
    for key, value in sorted(cause.attributes.items()):
        turn.emit(e.AttributeSet(contact, key, value))
    turn.to_soothe[contact] = turn.emit(
        e.ContactQueued(
            contact,
            queue.name,
            SegmentId(turn.mint("s")),
            cause.priority,
            cause.requirement,
            order_at=turn.now,
            deadline=after(turn.now, queue.max_wait_seconds),
        )
    )


@decides(i.MessageArrived)
def message_arrived(turn: Turn, cause: i.MessageArrived) -> None:
    """A customer wrote: to the open contact of the thread, or to begin one."""
    if not take_intake(turn, cause.intake):
        return
    known = turn.state.threads.get(cause.thread)
    if known is not None:
        contact = turn.state.contacts[known]
        _add(turn, contact, cause)
        if contact.state is ContactState.IN_FLOW:
            run(turn, contact, flows.Said(cause.text))
        return
    contact_id = ContactId(turn.mint("c"))
    version, number = turn.state.entrance(contact_id, cause.channel, cause.sender, cause.address)
    language = cause.language or (number.language if number is not None else "en")
    turn.emit(
        e.ContactOpened(
            contact_id,
            cause.channel,
            None,
            cause.sender,
            cause.address,
            cause.sender_name,
            language,
            version,
            cause.thread,
        )
    )
    contact = turn.state.contacts[contact_id]
    for name, value in sorted(cause.attributes.items()):
        turn.emit(e.AttributeSet(contact_id, name, value))
    _add(turn, contact, cause)
    if number is None:
        end_contact(turn, contact, EndReason.NUMBER_UNKNOWN)
    else:
        enter(turn, contact, number.flow, flows.Entered(number.flow))


def _add(turn: Turn, contact: Contact, cause: i.MessageArrived) -> None:
    add_message(
        turn,
        contact,
        Author.CUSTOMER,
        cause.text,
        intake=cause.intake,
        key=cause.key,
        attachments=cause.attachments,
    )


@decides(i.CustomerLeft)
def customer_left(turn: Turn, cause: i.CustomerLeft) -> None:
    """A customer closed a chat or gave it up."""
    if not take_intake(turn, cause.intake):
        return
    known = turn.state.threads.get(cause.thread)
    if known is None:
        turn.refuse("contact-closed", "the contact has ended already")
    else:
        _customer_ends(turn, turn.state.contacts[known])


def _customer_ends(turn: Turn, contact: Contact) -> None:
    end_contact(turn, contact, _BY_CUSTOMER.get(contact.state, EndReason.ABANDONED))


@decides(i.IdentifyContact)
def identify_contact(turn: Turn, cause: i.IdentifyContact) -> None:
    """It is known who a contact is from; what it says of itself stays."""
    contact = turn.state.contacts.get(cause.contact)
    if contact is None:
        turn.refuse("contact-closed", "the contact is closed")
        return
    if (contact.customer, contact.conversation) != (cause.customer, cause.conversation):
        turn.emit(e.ContactIdentified(contact.id, cause.customer, cause.conversation, cause.name))
    for name, value in sorted(cause.attributes.items()):
        if name not in contact.attributes:
            turn.emit(e.AttributeSet(contact.id, name, value))


@decides(i.SetPriority)
def set_priority(turn: Turn, cause: i.SetPriority) -> None:
    """A waiting contact goes before or behind others."""
    contact = turn.state.contacts.get(cause.contact)
    if contact is None or contact.state not in (ContactState.WAITING, ContactState.OFFERED):
        turn.refuse("contact-not-waiting", "the contact does not wait in a queue")
    elif contact.priority != cause.priority:
        turn.emit(e.PriorityChanged(contact.id, cause.priority))


@decides(i.WithdrawContact)
def withdraw_contact(turn: Turn, cause: i.WithdrawContact) -> None:
    """A supervisor takes a contact out that nobody works on."""
    contact = turn.state.contacts.get(cause.contact)
    if contact is None or not contact.is_open:
        turn.refuse("contact-closed", "the contact has ended already")
    elif contact.state is ContactState.ACTIVE:
        turn.refuse("contact-active", "an agent works on this contact")
    else:
        end_contact(turn, contact, EndReason.WITHDRAWN)


def _offer(turn: Turn, offer_id: OfferId) -> Offer | None:
    offer = turn.state.offers.get(offer_id)
    if offer is None:
        turn.refuse("offer-closed", "the offer is over")
    elif offer.leg is not None:
        turn.refuse("answer-the-phone", "this offer is accepted or refused on the phone")
        return None
    return offer


@decides(i.AcceptOffer)
def accept_offer(turn: Turn, cause: i.AcceptOffer) -> None:
    """An agent takes an offer."""
    offer = _offer(turn, cause.offer)
    if offer is not None:
        offers.accept(turn, offer)


@decides(i.DeclineOffer)
def decline_offer(turn: Turn, cause: i.DeclineOffer) -> None:
    """An agent declines an offer."""
    offer = _offer(turn, cause.offer)
    if offer is not None:
        offers.give_back(turn, offer, OfferOutcome.DECLINED)


@decides(i.EndContact)
def contact_ended(turn: Turn, cause: i.EndContact) -> None:
    """A party ends a contact."""
    contact = turn.state.contacts.get(cause.contact)
    if contact is None or not contact.is_open:
        turn.refuse("contact-closed", "the contact has ended already")
    elif TRAITS[contact.channel].has_legs:
        turn.refuse("hang-up-the-phone", "a call ends by hanging up")
    elif cause.by_customer:
        _customer_ends(turn, contact)
    elif contact.state is ContactState.ACTIVE:
        end_by_agent(turn, contact)
    else:
        end_contact(turn, contact, EndReason.AGENT_ENDED)
