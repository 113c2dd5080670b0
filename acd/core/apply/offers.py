"""Offers, and the work they become, folded."""

from __future__ import annotations

from acd.core import events as e
from acd.core.agent import Work, WorkState
from acd.core.apply.common import arm_leaving, clear_queue_timers, next_segment
from acd.core.apply.registry import folds
from acd.core.channel import TRAITS
from acd.core.contact import ContactState, Segment, SegmentKind
from acd.core.ids import OfferId
from acd.core.leg import LegRole
from acd.core.machine import CONTACT, WORK, move
from acd.core.offer import Offer
from acd.core.state import State
from acd.core.timers import Instant, Purpose, Timers, seconds

RING_GRACE = seconds(3.0)
"""A phone that does not even ring within this is unreachable (recovery protocol, rule 4)."""

MUSIC_GRACE = seconds(0.7)
"""An agent who answers sooner spares the caller the music and the PBX the work."""

# A member named through its enum costs as much as a function call on Python 3.11.
_C_OFFERED, _W_OFFERED = ContactState.OFFERED, WorkState.OFFERED
_OFFER, _RINGING, _QUEUE, _MUSIC = Purpose.OFFER, Purpose.RINGING, Purpose.QUEUE, Purpose.MUSIC
_AGENT = LegRole.AGENT


@folds(e.OfferMade)
def _(state: State, timers: Timers, event: e.OfferMade, at: Instant, _seq: int) -> None:
    contact = state.contacts[event.contact]
    contact_id, offer, leg = contact.id, event.offer, event.leg
    contact.state = move(CONTACT, contact.state, _C_OFFERED, contact_id)
    contact.offer = offer
    contact.attempts = event.attempt
    state.offers[offer] = Offer(
        offer, contact_id, event.agent, at, event.deadline, leg, event.recording
    )
    state.agents[event.agent].works[offer] = Work(
        offer, contact_id, contact.channel, event.queue, _W_OFFERED, at, leg
    )
    timers.set(_OFFER, offer, event.deadline)
    timers.clear(_QUEUE, contact_id)  # nobody is taken out of a queue while it rings
    if TRAITS[contact.channel].has_legs:
        timers.set(_RINGING, offer, Instant(at + RING_GRACE))
        if contact.leg is not None and not contact.has_music:
            timers.set(_MUSIC, contact_id, Instant(at + MUSIC_GRACE))


@folds(e.OfferRinging)
def _(_state: State, timers: Timers, event: e.OfferRinging, _at: Instant, _seq: int) -> None:
    timers.clear(Purpose.RINGING, event.offer)


@folds(e.OfferAccepted)
def _(state: State, timers: Timers, event: e.OfferAccepted, at: Instant, _seq: int) -> None:
    contact = state.contacts[event.contact]
    work = state.agents[event.agent].works[event.offer]
    work_state = move(WORK, work.state, WorkState.ACTIVE, event.offer)
    contact.state = move(CONTACT, contact.state, ContactState.ACTIVE, contact.id)
    work.state = work_state
    work.since = at
    contact.agent = event.agent
    contact.answered_at = at
    contact.recording = state.offers[event.offer].recording
    contact.has_music = False
    if contact.segments:
        contact.segments[-1].answered_at = at
    segment = Segment(event.segment, SegmentKind.AGENT, event.agent, at, answered_at=at)
    next_segment(contact, at, "answered", segment)
    _close_offer(state, timers, event.offer)
    clear_queue_timers(timers, contact)


@folds(e.OfferEnded)
def _(state: State, timers: Timers, event: e.OfferEnded, _at: Instant, _seq: int) -> None:
    contact = state.contacts[event.contact]
    contact.state = move(CONTACT, contact.state, ContactState.WAITING, contact.id)
    contact.offer = None
    state.agents[event.agent].works.pop(event.offer, None)
    _close_offer(state, timers, event.offer)
    timers.clear(Purpose.MUSIC, contact.id)
    arm_leaving(state, timers, contact)


def _close_offer(state: State, timers: Timers, offer: OfferId) -> None:
    state.offers.pop(offer, None)
    timers.clear(Purpose.OFFER, offer)
    timers.clear(Purpose.RINGING, offer)


@folds(e.WorkHeld)
def _(state: State, _: Timers, event: e.WorkHeld, at: Instant, _seq: int) -> None:
    work = state.agents[event.agent].works[event.offer]
    work.state = move(WORK, work.state, WorkState.HELD, event.offer)
    work.since = at


@folds(e.WorkResumed)
def _(state: State, _: Timers, event: e.WorkResumed, at: Instant, _seq: int) -> None:
    work = state.agents[event.agent].works[event.offer]
    work.state = move(WORK, work.state, WorkState.ACTIVE, event.offer)
    work.since = at
