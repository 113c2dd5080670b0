"""The fold: how each event changes the state. Total; decides nothing.

A function checks everything that may be illegal before it changes anything, so an illegal event
leaves the state as it was.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from acd.core import events as e
from acd.core.agent import Agent, Presence, Work, WorkState
from acd.core.channel import TRAITS
from acd.core.contact import Contact, ContactState, Segment, SegmentKind
from acd.core.effects import Deliver
from acd.core.ids import OfferId
from acd.core.leg import Leg, LegRole, LegState
from acd.core.machine import CONTACT, LEG, WORK, move
from acd.core.message import Author
from acd.core.offer import Offer
from acd.core.record import Record
from acd.core.skill import Requirement
from acd.core.state import State
from acd.core.timers import Instant, Purpose, Timers, after, seconds

RING_GRACE = seconds(3.0)
"""A phone that does not even ring within this is unreachable (recovery protocol, rule 4)."""

MUSIC_GRACE = seconds(0.7)
"""An agent who answers sooner spares the caller the music and the PBX the work."""

# A member named through its enum costs as much as a function call on Python 3.11.
_C_OFFERED, _W_OFFERED = ContactState.OFFERED, WorkState.OFFERED
_OFFER, _RINGING, _QUEUE, _MUSIC = Purpose.OFFER, Purpose.RINGING, Purpose.QUEUE, Purpose.MUSIC
_AGENT = LegRole.AGENT

E = TypeVar("E")
Fold = Callable[[State, Timers, E, Instant, int], None]
FOLDS: dict[type, Fold[object]] = {}


def _folds(kind: type[E]) -> Callable[[Fold[E]], Fold[E]]:
    def register(fold: Fold[E]) -> Fold[E]:
        FOLDS[kind] = fold  # type: ignore[assignment]  # the key says which event it takes
        return fold

    return register


def apply(state: State, timers: Timers, record: Record) -> None:
    """Fold one record, input or event, into ``state``.

    Raises:
        IllegalTransition: the event cannot follow; the state is unchanged.
    """
    fold = FOLDS.get(type(record.body))
    if fold is not None:
        fold(state, timers, record.body, record.at, record.seq)
    state.seq = record.seq
    state.at = record.at


def _next_segment(
    contact: Contact, at: Instant, reason: str, segment: Segment | None = None
) -> None:
    if contact.segments and contact.segments[-1].end_at is None:
        contact.segments[-1].end_at = at
        contact.segments[-1].reason = reason
    if segment is not None:
        contact.segments.append(segment)


def _drop_site_if_unused(state: State, version: str) -> None:
    if version != state.site and all(c.site != version for c in state.contacts.values()):
        state.sites.pop(version, None)


# --- the centre ---------------------------------------------------------------------------------


@_folds(e.LogOpened)
def _(state: State, _: Timers, event: e.LogOpened, _at: Instant, _seq: int) -> None:
    state.seed = event.seed
    state.flags = event.flags


@_folds(e.SitePublished)
def _(state: State, _: Timers, event: e.SitePublished, _at: Instant, _seq: int) -> None:
    old, state.site = state.site, event.site.version
    state.sites[event.site.version] = event.site
    _drop_site_if_unused(state, old)


@_folds(e.AgentDefined)
def _(state: State, _: Timers, event: e.AgentDefined, at: Instant, seq: int) -> None:
    agent = state.agents.get(event.agent)
    if agent is None:
        # Who was removed and comes back may still have a phone that is being hung up.
        lines = {leg.id for leg in state.legs.values() if leg.agent == event.agent}
        state.agents[event.agent] = Agent(event.profile, order=seq, presence_since=at, lines=lines)
    else:
        agent.profile = event.profile
        agent.is_leaving = False


@_folds(e.AgentLeaving)
def _(state: State, _: Timers, event: e.AgentLeaving, _at: Instant, _seq: int) -> None:
    state.agents[event.agent].is_leaving = True


@_folds(e.AgentRemoved)
def _(state: State, timers: Timers, event: e.AgentRemoved, _at: Instant, _seq: int) -> None:
    del state.agents[event.agent]
    timers.clear(Purpose.REST, event.agent)


@_folds(e.PresenceChanged)
def _(state: State, timers: Timers, event: e.PresenceChanged, at: Instant, _seq: int) -> None:
    agent = state.agents[event.agent]
    if event.presence is Presence.AVAILABLE and agent.presence is not Presence.AVAILABLE:
        agent.idle_since = at
    agent.presence = event.presence
    agent.reason = event.reason
    agent.presence_since = at
    agent.rest_until = None
    timers.clear(Purpose.REST, event.agent)


@_folds(e.AgentRested)
def _(state: State, timers: Timers, event: e.AgentRested, _at: Instant, _seq: int) -> None:
    agent = state.agents[event.agent]
    agent.rest_until = event.until
    agent.rest_reason = event.reason
    timers.set(Purpose.REST, event.agent, event.until)


@_folds(e.RestEnded)
def _(state: State, timers: Timers, event: e.RestEnded, _at: Instant, _seq: int) -> None:
    state.agents[event.agent].rest_until = None
    timers.clear(Purpose.REST, event.agent)


@_folds(e.PhoneChanged)
def _(state: State, _: Timers, event: e.PhoneChanged, _at: Instant, _seq: int) -> None:
    state.agents[event.agent].is_reachable = event.is_reachable


@_folds(e.PbxEpochChanged)
def _(state: State, _: Timers, event: e.PbxEpochChanged, _at: Instant, _seq: int) -> None:
    state.epochs[event.node] = event.epoch


# --- legs ---------------------------------------------------------------------------------------


@_folds(e.LegOpened)
def _(state: State, _: Timers, event: e.LegOpened, _at: Instant, _seq: int) -> None:
    state.legs[event.leg] = Leg(
        event.leg,
        event.node,
        event.role,
        event.state,
        contact=event.contact,
        agent=event.agent,
        offer=event.offer,
    )
    if event.role is not _AGENT:
        if event.contact in state.contacts:
            state.contacts[event.contact].leg = event.leg
    elif event.offer is None and event.agent in state.agents:
        state.agents[event.agent].lines.add(event.leg)


@_folds(e.LegChanged)
def _(state: State, timers: Timers, event: e.LegChanged, _at: Instant, _seq: int) -> None:
    leg = state.legs[event.leg]
    leg.state = move(LEG, leg.state, event.state, event.leg)
    if event.state is LegState.CLOSING and leg.agent in state.agents:
        state.agents[leg.agent].lines.add(event.leg)
    if event.state is LegState.AWAY and leg.offer is not None:
        # The agent has answered: the PBX hands the leg to us, or ends it, in its own time.
        for purpose in (Purpose.OFFER, Purpose.RINGING):
            timers.clear(purpose, leg.offer)
    if leg.role is LegRole.CUSTOMER and leg.contact in state.contacts:
        contact = state.contacts[leg.contact]
        if event.state is LegState.AWAY:  # nothing can be done with them until they are back
            for purpose in (Purpose.FLOW, Purpose.QUEUE, Purpose.MUSIC):
                timers.clear(purpose, contact.id)
        elif contact.state is ContactState.WAITING:
            _arm_leaving(state, timers, contact)


@_folds(e.FarewellStarted)
def _(state: State, _: Timers, event: e.FarewellStarted, _at: Instant, _seq: int) -> None:
    state.legs[event.leg].farewell = event.playback


@_folds(e.LegClosed)
def _(state: State, _: Timers, event: e.LegClosed, _at: Instant, _seq: int) -> None:
    leg = state.legs.pop(event.leg)
    if leg.agent in state.agents:
        state.agents[leg.agent].lines.discard(event.leg)


# --- contacts -----------------------------------------------------------------------------------


@_folds(e.ContactOpened)
def _(state: State, _: Timers, event: e.ContactOpened, at: Instant, _seq: int) -> None:
    state.contacts[event.contact] = Contact(
        event.contact,
        event.channel,
        event.site,
        ContactState.IN_FLOW,
        ani=event.ani,
        dnis=event.dnis,
        caller_name=event.caller_name,
        language=event.language,
        opened_at=at,
        leg=event.leg,
        thread=event.thread,
        dial=event.dial,
    )
    if event.thread:
        state.threads[event.thread] = event.contact


@_folds(e.ContactIdentified)
def _(state: State, _: Timers, event: e.ContactIdentified, _at: Instant, _seq: int) -> None:
    contact = state.contacts[event.contact]
    contact.customer = event.customer
    contact.conversation = event.conversation
    contact.caller_name = contact.caller_name or event.name


@_folds(e.FlowEntered)
def _(state: State, _: Timers, event: e.FlowEntered, at: Instant, _seq: int) -> None:
    contact = state.contacts[event.contact]
    segment = Segment(event.segment, SegmentKind.FLOW, event.flow, at)
    _next_segment(contact, at, "", segment)


@_folds(e.AttributeSet)
def _(state: State, _: Timers, event: e.AttributeSet, _at: Instant, _seq: int) -> None:
    state.contacts[event.contact].attributes[event.key] = event.value


@_folds(e.LanguageSet)
def _(state: State, _: Timers, event: e.LanguageSet, _at: Instant, _seq: int) -> None:
    state.contacts[event.contact].language = event.language


@_folds(e.PromptsStarted)
def _(state: State, _: Timers, event: e.PromptsStarted, _at: Instant, _seq: int) -> None:
    state.contacts[event.contact].playback = event.playback


@_folds(e.PromptsEnded)
def _(state: State, _: Timers, event: e.PromptsEnded, _at: Instant, _seq: int) -> None:
    state.contacts[event.contact].playback = None


@_folds(e.MessageStarted)
def _(state: State, _: Timers, event: e.MessageStarted, _at: Instant, _seq: int) -> None:
    contact = state.contacts[event.contact]
    contact.recording = event.recording
    contact.is_leaving_message = True


@_folds(e.MessageEnded)
def _(state: State, _: Timers, event: e.MessageEnded, _at: Instant, _seq: int) -> None:
    state.contacts[event.contact].is_leaving_message = False


@_folds(e.FlowWaiting)
def _(state: State, timers: Timers, event: e.FlowWaiting, _at: Instant, _seq: int) -> None:
    state.contacts[event.contact].cursor = event.cursor
    if event.deadline is None:
        timers.clear(Purpose.FLOW, event.contact)
    else:
        timers.set(Purpose.FLOW, event.contact, event.deadline)


def _arm_relaxing(timers: Timers, contact: Contact, requirement: Requirement, now: Instant) -> None:
    pending = [need.relax_after for need in requirement if need.relax_after is not None]
    if pending:
        at = after(contact.order_at, min(pending))
        timers.set(Purpose.RELAX, contact.id, max(at, now))
    else:
        timers.clear(Purpose.RELAX, contact.id)


def _arm_leaving(state: State, timers: Timers, contact: Contact) -> None:
    leg = state.legs.get(contact.leg) if contact.leg is not None else None
    is_away = leg is not None and leg.state is LegState.AWAY
    if contact.cursor is not None and not is_away:  # without a flow it has nowhere to go back to
        timers.set(Purpose.QUEUE, contact.id, contact.leave_at)


@_folds(e.ContactQueued)
def _(state: State, timers: Timers, event: e.ContactQueued, at: Instant, seq: int) -> None:
    contact = state.contacts[event.contact]
    contact.state = move(CONTACT, contact.state, ContactState.WAITING, contact.id)
    segment = Segment(event.segment, SegmentKind.QUEUE, event.queue, at)
    _next_segment(contact, at, "queued", segment)
    if contact.queued_at is None:
        contact.queued_at = at
    contact.queue = event.queue
    contact.priority = event.priority
    contact.requirement = event.requirement
    contact.order_at = event.order_at
    contact.order = contact.order or seq
    contact.leave_at = event.deadline
    contact.offer = None
    contact.agent = None
    timers.clear(Purpose.FLOW, contact.id)
    _arm_leaving(state, timers, contact)
    _arm_relaxing(timers, contact, event.requirement, at)


@_folds(e.QueueLeft)
def _(state: State, timers: Timers, event: e.QueueLeft, at: Instant, _seq: int) -> None:
    contact = state.contacts[event.contact]
    contact.state = move(CONTACT, contact.state, ContactState.IN_FLOW, contact.id)
    contact.order = 0
    contact.has_music = False
    _next_segment(contact, at, event.reason)
    _clear_queue_timers(timers, contact)


@_folds(e.RequirementRelaxed)
def _(state: State, timers: Timers, event: e.RequirementRelaxed, at: Instant, _seq: int) -> None:
    contact = state.contacts[event.contact]
    contact.requirement = event.requirement
    _arm_relaxing(timers, contact, event.requirement, at)


@_folds(e.MusicStarted)
def _(state: State, timers: Timers, event: e.MusicStarted, _at: Instant, _seq: int) -> None:
    state.contacts[event.contact].has_music = True
    timers.clear(Purpose.MUSIC, event.contact)


@_folds(e.PriorityChanged)
def _(state: State, _: Timers, event: e.PriorityChanged, _at: Instant, _seq: int) -> None:
    state.contacts[event.contact].priority = event.priority


def _clear_queue_timers(timers: Timers, contact: Contact) -> None:
    for purpose in (Purpose.QUEUE, Purpose.RELAX, Purpose.MUSIC):
        timers.clear(purpose, contact.id)


# --- messages -----------------------------------------------------------------------------------


@_folds(e.IntakeTaken)
def _(state: State, _: Timers, event: e.IntakeTaken, _at: Instant, _seq: int) -> None:
    state.intake = event.intake


@_folds(e.MessageAdded)
def _(state: State, _: Timers, event: e.MessageAdded, at: Instant, _seq: int) -> None:
    contact = state.contacts[event.contact]
    if event.author is Author.CUSTOMER:
        return
    if event.author is Author.AGENT:
        contact.sent[event.key] = event.message
        contact.replied_at = contact.replied_at or at
    if TRAITS[contact.channel].is_delivered:
        state.outbox[event.message] = Deliver(
            event.message,
            contact.id,
            contact.channel,
            contact.dnis,
            contact.ani,
            contact.thread,
            event.text,
            event.author,
            contact.language,
            event.attachments,
        )


@_folds(e.MessageSettled)
def _(state: State, _: Timers, event: e.MessageSettled, _at: Instant, _seq: int) -> None:
    state.outbox.pop(event.message, None)


# --- offers -------------------------------------------------------------------------------------


@_folds(e.OfferMade)
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


@_folds(e.OfferRinging)
def _(_state: State, timers: Timers, event: e.OfferRinging, _at: Instant, _seq: int) -> None:
    timers.clear(Purpose.RINGING, event.offer)


@_folds(e.OfferAccepted)
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
    _next_segment(contact, at, "answered", segment)
    _close_offer(state, timers, event.offer)
    _clear_queue_timers(timers, contact)


@_folds(e.OfferEnded)
def _(state: State, timers: Timers, event: e.OfferEnded, _at: Instant, _seq: int) -> None:
    contact = state.contacts[event.contact]
    contact.state = move(CONTACT, contact.state, ContactState.WAITING, contact.id)
    contact.offer = None
    state.agents[event.agent].works.pop(event.offer, None)
    _close_offer(state, timers, event.offer)
    timers.clear(Purpose.MUSIC, contact.id)
    _arm_leaving(state, timers, contact)


def _close_offer(state: State, timers: Timers, offer: OfferId) -> None:
    state.offers.pop(offer, None)
    timers.clear(Purpose.OFFER, offer)
    timers.clear(Purpose.RINGING, offer)


@_folds(e.WorkHeld)
def _(state: State, _: Timers, event: e.WorkHeld, at: Instant, _seq: int) -> None:
    work = state.agents[event.agent].works[event.offer]
    work.state = move(WORK, work.state, WorkState.HELD, event.offer)
    work.since = at


@_folds(e.WorkResumed)
def _(state: State, _: Timers, event: e.WorkResumed, at: Instant, _seq: int) -> None:
    work = state.agents[event.agent].works[event.offer]
    work.state = move(WORK, work.state, WorkState.ACTIVE, event.offer)
    work.since = at


# --- endings ------------------------------------------------------------------------------------


@_folds(e.ContactEnded)
def _(state: State, timers: Timers, event: e.ContactEnded, at: Instant, _seq: int) -> None:
    contact = state.contacts[event.contact]
    following = ContactState.WRAPUP if contact.state is ContactState.ACTIVE else ContactState.CLOSED
    contact.state = move(CONTACT, contact.state, following, contact.id)
    contact.ended_at = at
    contact.end_reason = event.reason
    contact.playback = None
    if state.threads.get(contact.thread) == contact.id:
        del state.threads[contact.thread]
    _next_segment(contact, at, event.reason)
    _clear_queue_timers(timers, contact)
    timers.clear(Purpose.FLOW, contact.id)


@_folds(e.WrapupStarted)
def _(state: State, timers: Timers, event: e.WrapupStarted, at: Instant, _seq: int) -> None:
    work = state.agents[event.agent].works[event.offer]
    work.state = move(WORK, work.state, WorkState.WRAPUP, event.offer)
    work.since = at
    timers.set(Purpose.WRAPUP, event.contact, event.deadline)


@_folds(e.WorkDone)
def _(state: State, timers: Timers, event: e.WorkDone, at: Instant, _seq: int) -> None:
    agent = state.agents[event.agent]
    del agent.works[event.offer]
    agent.idle_since = at
    timers.clear(Purpose.WRAPUP, event.contact)
    contact = state.contacts.get(event.contact)
    if contact is not None:
        contact.disposition = event.disposition or contact.disposition


@_folds(e.ContactClosed)
def _(state: State, _: Timers, event: e.ContactClosed, _at: Instant, _seq: int) -> None:
    contact = state.contacts[event.contact]
    if contact.state is not ContactState.CLOSED:
        move(CONTACT, contact.state, ContactState.CLOSED, contact.id)
    del state.contacts[event.contact]
    _drop_site_if_unused(state, contact.site)
    if contact.leg in state.legs:
        state.legs[contact.leg].contact = None
