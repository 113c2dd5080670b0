"""Offers: made by the matching, accepted or ended by the agent's side."""

from __future__ import annotations

from acd.core import effects as f
from acd.core import events as e
from acd.core.agent import Agent
from acd.core.channel import TRAITS
from acd.core.contact import Contact, EndReason
from acd.core.decide.acts import end_contact, end_offer, settle_holds
from acd.core.decide.flow import leave_queue_if_due, start_music
from acd.core.ids import LegId, OfferId, RecordingId, SegmentId
from acd.core.leg import LegRole, LegState
from acd.core.offer import Offer, OfferOutcome
from acd.core.timers import after
from acd.core.turn import Turn

RING_OUT_SECONDS = 45.0
"""How long a customer's phone rings."""

# A member named through its enum costs as much as a function call on Python 3.11.
_AGENT, _DIALING = LegRole.AGENT, LegState.DIALING


def match(turn: Turn) -> None:
    """End a turn: make offers until nobody waits for whom an eligible agent is free."""
    for contact, agent in turn.world.matcher.pairs():
        make(turn, contact, agent)
    for contact_id, cause in turn.to_soothe.items():
        waiting = turn.state.contacts.get(contact_id)
        if waiting is not None and waiting.offer is None:
            start_music(turn, contact_id, cause)


def make(turn: Turn, contact: Contact, agent: Agent) -> OfferId:
    """Offer a waiting contact to an agent who can take it: reserve them, and let them know."""
    world = turn.world
    state, profile = world.state, agent.profile
    queue = state.queue_of(contact)
    cause = turn.cause_of_match(contact.id, profile.name)
    candidates = world.matcher.candidates(contact, turn.now, chosen=agent)
    traits = TRAITS[contact.channel]
    has_legs = traits.has_legs
    offer = OfferId(turn.mint("o"))
    leg = LegId(turn.mint("l")) if has_legs else None
    recording = RecordingId(turn.mint("r")) if has_legs and queue.record else None
    seq = turn.emit(
        e.OfferMade(
            contact.id,
            profile.name,
            offer,
            queue.name,
            after(turn.now, max(queue.offer_seconds, traits.offer_seconds)),
            contact.attempts + 1,
            leg,
            recording,
            candidates,
        ),
        cause=cause,
    )
    if leg is None:
        turn.do(f.Present(offer, contact.id, profile.name))
        return offer
    node = state.legs[contact.leg].node if contact.leg is not None else next(iter(state.epochs))
    turn.emit(
        e.LegOpened(leg, node, _AGENT, _DIALING, contact.id, profile.name, offer),
        cause=seq,
    )
    turn.do(
        f.Dial(
            leg,
            contact.leg,
            profile.address,
            profile.name,
            contact.ani,
            contact.caller_name,
            queue.offer_seconds,
            recording,
        )
    )
    return offer


def accept(turn: Turn, offer: Offer) -> None:
    """Join customer and agent; work that this suspends is held."""
    contact = turn.state.contacts[offer.contact]
    segment = SegmentId(turn.mint("s"))
    seq = turn.emit(e.OfferAccepted(contact.id, offer.agent, offer.id, segment))
    settle_holds(turn, turn.state.agents[offer.agent], seq)
    if contact.leg is not None and offer.leg is not None:
        turn.do(f.Connect(offer.agent, contact.leg, offer.leg))
    elif contact.dial and offer.leg is not None:
        leg = LegId(turn.mint("l"))
        node = turn.state.legs[offer.leg].node
        turn.emit(
            e.LegOpened(leg, node, LegRole.CUSTOMER, _DIALING, contact.id, None, None), cause=seq
        )
        turn.do(f.DialOut(leg, contact.dial, RING_OUT_SECONDS))


def give_back(turn: Turn, offer: Offer, outcome: OfferOutcome) -> None:
    """End an offer; the contact goes on waiting, or leaves the queue if its time is over."""
    end_offer(turn, offer, outcome)
    if outcome is OfferOutcome.RONA:  # not ready now: not for the other offers either
        withdraw_all(turn, turn.state.agents[offer.agent])
    contact = turn.state.contacts[offer.contact]
    if contact.dial and contact.begun_by:  # without the agent who wanted it there is no call
        end_contact(turn, contact, EndReason.WITHDRAWN)
    else:
        leave_queue_if_due(turn, contact)


def open_offers(turn: Turn, agent: Agent) -> list[Offer]:
    """Return what an agent is being asked for."""
    return [turn.state.offers[id_] for id_ in agent.works if id_ in turn.state.offers]


def withdraw_all(turn: Turn, agent: Agent) -> None:
    """Give back, unharmed, whatever an agent is being asked for."""
    for offer in open_offers(turn, agent):
        give_back(turn, offer, OfferOutcome.WITHDRAWN)
