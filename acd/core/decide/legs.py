"""What the PBX tells of legs."""

from __future__ import annotations

from acd.core import effects as f
from acd.core import events as e
from acd.core import flows
from acd.core import inputs as i
from acd.core.channel import Channel
from acd.core.contact import Contact, ContactState, EndReason
from acd.core.decide import offers
from acd.core.decide.acts import end_contact, finish_work, hang_up, work_of
from acd.core.decide.after import end_by_agent
from acd.core.decide.flow import enter, requeue, run
from acd.core.decide.registry import decides
from acd.core.ids import ContactId
from acd.core.leg import GoneCause, Leg, LegRole, LegState
from acd.core.offer import OfferOutcome
from acd.core.turn import Turn

_OUTCOMES: dict[GoneCause, OfferOutcome] = {
    GoneCause.NORMAL: OfferOutcome.DECLINED,
    GoneCause.BUSY: OfferOutcome.BUSY,
    GoneCause.DECLINED: OfferOutcome.DECLINED,
    GoneCause.NO_ANSWER: OfferOutcome.RONA,
    GoneCause.UNREACHABLE: OfferOutcome.UNREACHABLE,
    GoneCause.FAILED: OfferOutcome.FAILED,
    # Nobody saw it ring, perhaps it was never dialled: no fault of the agent's.
    GoneCause.UNSEEN: OfferOutcome.WITHDRAWN,
    GoneCause.PBX_LOST: OfferOutcome.WITHDRAWN,
}

_UNANSWERED = frozenset({LegState.DIALING, LegState.RINGING})
"""A leg that we dialled and nobody has answered."""

_UNPLANNED: dict[GoneCause, EndReason] = {
    GoneCause.UNSEEN: EndReason.UNSEEN,
    GoneCause.PBX_LOST: EndReason.PBX_LOST,
}


@decides(i.LegArrived)
def leg_arrived(turn: Turn, cause: i.LegArrived) -> None:
    """A call came in: a contact begins and enters the flow of the number dialled."""
    if cause.leg in turn.state.legs:
        turn.refuse("leg-known", "this call has arrived already")
        return
    arrive(turn, _fact(cause), cause.node)


def _fact(cause: i.LegArrived | i.LegReturned) -> i.LegFact:
    state = LegState.UP if cause.is_up else LegState.DOWN
    return i.LegFact(cause.leg, state, "", cause.ani, cause.dnis, cause.caller_name)


def arrive(turn: Turn, fact: i.LegFact, node: str) -> None:
    """Open a contact for a customer's leg."""
    contact_id = ContactId(turn.mint("c"))
    version, number = turn.state.entrance(contact_id, Channel.VOICE, fact.ani, fact.dnis)
    turn.emit(
        e.ContactOpened(
            contact_id,
            Channel.VOICE,
            fact.leg,
            fact.ani,
            fact.dnis,
            fact.caller_name,
            number.language if number is not None else "en",
            version,
        )
    )
    state = LegState.UP if fact.state is LegState.UP else LegState.DOWN
    turn.emit(e.LegOpened(fact.leg, node, LegRole.CUSTOMER, state, contact_id, None, None))
    contact = turn.state.contacts[contact_id]
    if number is None:
        end_contact(turn, contact, EndReason.NUMBER_UNKNOWN, GoneCause.UNREACHABLE)
    else:
        enter(turn, contact, number.flow, flows.Entered(number.flow))


@decides(i.LegReturned)
def leg_returned(turn: Turn, cause: i.LegReturned) -> None:
    """A caller came back from the fallback dialplan: everything goes on where it was."""
    leg = turn.leg(cause.leg)
    if leg is None:
        arrive(turn, _fact(cause), cause.node)
        return
    contact = turn.state.contacts.get(leg.contact) if leg.contact is not None else None
    if contact is None or leg.state is LegState.CLOSING:  # the call is over
        turn.do(f.HangUp(leg.id))
        return
    turn.change_leg(leg, LegState.UP)
    restore(turn, contact)


def restore(turn: Turn, contact: Contact, bridge: str = "") -> None:
    """Make the PBX do again what a contact's state says it should be doing.

    Args:
        turn: the turn.
        contact: the contact; its leg is up and in our hands.
        bridge: the bridge its leg stands in; empty for none.
    """
    assert contact.leg is not None
    is_held = bridge.startswith(i.HOLD_BRIDGE)
    if contact.state is ContactState.IN_FLOW:
        if bridge:
            turn.do(f.Unhold(contact.leg))
        run(turn, contact, flows.Reattached())
    elif contact.state in (ContactState.WAITING, ContactState.OFFERED):
        if contact.has_music and not is_held:
            turn.do(f.Hold(contact.leg, turn.state.queue_of(contact).music))
        else:
            turn.to_soothe[contact.id] = turn.cause
    elif contact.state is ContactState.ACTIVE:
        agent, work = work_of(turn, contact)
        agent_leg = turn.leg(work.leg)
        if agent_leg is not None and agent_leg.state is LegState.UP:
            turn.do(f.Connect(agent.name, contact.leg, agent_leg.id))


@decides(i.LegRinging)
def leg_ringing(turn: Turn, cause: i.LegRinging) -> None:
    """An agent's phone rings."""
    leg = turn.leg(cause.leg)
    if leg is not None and leg.state is LegState.DIALING:
        turn.change_leg(leg, LegState.RINGING)
        offer = turn.state.offers.get(leg.offer) if leg.offer else None
        if offer is not None:
            turn.emit(e.OfferRinging(offer.contact, offer.agent, offer.id))


@decides(i.LegAnswered)
def leg_answered(turn: Turn, cause: i.LegAnswered) -> None:
    """An agent answered: they talk, unless the offer is over; then the late leg is hung up."""
    leg = turn.leg(cause.leg)
    offer = turn.state.offers.get(leg.offer) if leg and leg.offer else None
    if leg is None or leg.state is LegState.CLOSING:
        turn.do(f.HangUp(cause.leg))
    elif leg.role is LegRole.CUSTOMER:
        _customer_answered(turn, leg)
    elif offer is None or offer.leg != leg.id:
        if leg.state is not LegState.UP:
            hang_up(turn, leg.id)
    else:
        turn.change_leg(leg, LegState.UP)
        offers.accept(turn, offer)


def _customer_answered(turn: Turn, leg: Leg) -> None:
    """A customer whom we rang is there: the agent who wanted it talks to them."""
    contact = turn.state.contacts.get(leg.contact) if leg.contact is not None else None
    if contact is None or leg.state not in _UNANSWERED:
        return
    turn.change_leg(leg, LegState.UP)
    if contact.state is ContactState.ACTIVE:
        agent, work = work_of(turn, contact)
        if work.leg is not None:
            turn.do(f.Connect(agent.name, leg.id, work.leg))


@decides(i.LegGone)
def leg_gone(turn: Turn, cause: i.LegGone) -> None:
    """A leg has ended; what it was part of goes on or ends."""
    leg = turn.leg(cause.leg)
    if leg is not None:
        close(turn, leg, cause.cause)


def close(turn: Turn, leg: Leg, cause: GoneCause) -> None:
    """Take a leg out of the state and draw the consequences, unless its end was our wish."""
    was_closing = leg.state is LegState.CLOSING
    turn.emit(e.LegClosed(leg.id, leg.contact, leg.agent, cause))
    if not was_closing:
        lose(turn, leg, cause)


def lose(turn: Turn, leg: Leg, cause: GoneCause) -> None:
    """Let what a leg was part of go on or end without it."""
    contact = turn.state.contacts.get(leg.contact) if leg.contact is not None else None
    if contact is None or not contact.is_open:
        return
    if leg.role is LegRole.CUSTOMER:
        end_contact(turn, contact, _end_reason(contact, leg, cause))
    else:
        _agent_leg_closed(turn, contact, leg, cause)


def _end_reason(contact: Contact, leg: Leg, cause: GoneCause) -> EndReason:
    has_spoken = contact.is_leaving_message or contact.has_left_message
    if has_spoken and cause is not GoneCause.PBX_LOST:
        return EndReason.VOICEMAIL  # callers end a message by hanging up: that is how it is meant
    if cause in _UNPLANNED:
        return _UNPLANNED[cause]
    if leg.state in _UNANSWERED:
        return EndReason.NOT_REACHED
    if contact.state is ContactState.ACTIVE:
        return EndReason.CUSTOMER_ENDED
    if contact.is_outside:
        return EndReason.TRANSFERRED
    return EndReason.LEFT_FLOW if contact.state is ContactState.IN_FLOW else EndReason.ABANDONED


def _agent_leg_closed(turn: Turn, contact: Contact, leg: Leg, cause: GoneCause) -> None:
    offer = turn.state.offers.get(leg.offer) if leg.offer else None
    if offer is not None:
        offers.give_back(turn, offer, _OUTCOMES[cause])
    elif contact.state is ContactState.ACTIVE and contact.offer == leg.offer:
        customer = turn.leg(contact.leg)
        if cause is GoneCause.NORMAL or customer is None or customer.state in _UNANSWERED:
            end_by_agent(turn, contact)
        else:  # the agent's phone died: the customer must not pay for it
            agent, work = work_of(turn, contact)
            requeue(turn, contact, finish_work(turn, agent, work))


@decides(i.DigitReceived)
def digit_received(turn: Turn, cause: i.DigitReceived) -> None:
    """A customer in a flow pressed a key; keys pressed anywhere else mean nothing."""
    contact = _contact_in_flow(turn, turn.leg(cause.leg))
    if contact is not None:
        turn.emit(e.DigitTaken(contact.id, cause.digit))
        run(turn, contact, flows.DigitPressed(cause.digit))


def _contact_in_flow(turn: Turn, leg: Leg | None) -> Contact | None:
    if leg is None or leg.role is not LegRole.CUSTOMER or leg.contact is None:
        return None
    contact = turn.state.contacts.get(leg.contact)
    if contact is None or contact.state is not ContactState.IN_FLOW:
        return None
    return contact if leg.state is not LegState.AWAY else None  # its node begins again anyway


@decides(i.PlaybackEnded)
def playback_ended(turn: Turn, cause: i.PlaybackEnded) -> None:
    """What was played has ended: the flow goes on, or a farewell is followed by the hang-up."""
    leg = turn.leg(cause.leg)
    if leg is not None and leg.farewell == cause.playback:
        hang_up(turn, leg.id)
        return
    contact = _contact_in_flow(turn, leg)
    if contact is not None and contact.playback == cause.playback:
        turn.emit(e.PromptsEnded(contact.id, cause.playback, is_interrupted=False))
        run(turn, contact, flows.PlaybackDone())


@decides(i.RecordingEnded)
def recording_ended(turn: Turn, cause: i.RecordingEnded) -> None:
    """A message has been taken."""
    contact = _contact_in_flow(turn, turn.leg(cause.leg))
    if contact is None or not contact.is_leaving_message:
        return
    if contact.recording == cause.recording:
        turn.emit(e.MessageEnded(contact.id, cause.recording, cause.seconds))
        run(turn, contact, flows.MessageDone(cause.seconds, cause.recording))
