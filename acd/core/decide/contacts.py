"""Contacts without legs: they arrive, are accepted and end by requests instead of phones."""

from __future__ import annotations

from acd.core import events as e
from acd.core import inputs as i
from acd.core.channel import TRAITS
from acd.core.contact import ContactState, EndReason
from acd.core.decide import offers
from acd.core.decide.acts import end_contact
from acd.core.decide.registry import decides
from acd.core.ids import ContactId, OfferId, SegmentId
from acd.core.offer import Offer, OfferOutcome
from acd.core.timers import after
from acd.core.turn import Turn


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
    elif not cause.by_customer:
        end_contact(turn, contact, EndReason.AGENT_ENDED)
    elif contact.state is ContactState.ACTIVE:
        end_contact(turn, contact, EndReason.CUSTOMER_ENDED)
    else:
        end_contact(turn, contact, EndReason.ABANDONED)
