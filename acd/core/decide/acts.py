"""Building blocks that several decisions share."""

from __future__ import annotations

from collections.abc import Mapping

from acd.core import effects as f
from acd.core import events as e
from acd.core.agent import Agent, Presence, Work, WorkState
from acd.core.channel import TRAITS, Channel
from acd.core.contact import Contact, ContactState, EndReason, Promise
from acd.core.decide.publishing import judge_canary
from acd.core.ids import ContactId, LegId, QueueName, SegmentId
from acd.core.leg import GoneCause, LegState
from acd.core.matter import Matter
from acd.core.offer import Offer, OfferOutcome
from acd.core.skill import Requirement
from acd.core.timers import Instant, after, elapsed_seconds
from acd.core.turn import Turn

REST_SECONDS: dict[OfferOutcome, float] = {
    OfferOutcome.DECLINED: 5.0,
    OfferOutcome.BUSY: 10.0,
    OfferOutcome.UNREACHABLE: 30.0,
    OfferOutcome.FAILED: 5.0,
}
"""How long an agent is left alone after such an offer: rejecting must not ring in a loop."""

NO_END_SECONDS = 366 * 86_400.0
"""Longest wait of a contact whose customer does not sit and wait."""

_NONE: Mapping[str, str] = {}
_GONE = frozenset({EndReason.LEFT_FLOW, EndReason.FLOW_ENDED})
"""How whoever is promised a call goes: having heard the thanks, or not."""

_UNDER_WAY = frozenset({WorkState.ACTIVE, WorkState.WRAPUP})


def hang_up(turn: Turn, leg_id: LegId | None, cause: GoneCause = GoneCause.NORMAL) -> None:
    """End a leg, unless it is ending or gone."""
    leg = turn.leg(leg_id)
    if leg is not None and leg.state is not LegState.CLOSING:
        turn.change_leg(leg, LegState.CLOSING)
        turn.do(f.HangUp(leg.id, cause))


def cancel_task(turn: Turn, contact: Contact) -> None:
    """Wait no more for what a contact's flow has done outside, if anything."""
    if contact.task is not None:
        task = contact.task
        turn.emit(e.TaskEnded(contact.id, task, "cancelled", {}))
        turn.do(f.CancelTask(task, contact.leg))


def open_on(
    turn: Turn, opened: e.ContactOpened, matter: Contact | Matter, own: Mapping[str, str] = _NONE
) -> int:
    """Open a contact that continues a matter: its customer and what was collected go along.

    Args:
        turn: the turn.
        opened: the new contact's first event.
        matter: what it continues.
        own: attributes that are the new contact's own.

    Returns:
        The number of the first event.
    """
    seq = turn.emit(opened)
    if matter.customer is not None and matter.conversation is not None:
        turn.emit(e.ContactIdentified(opened.contact, matter.customer, matter.conversation, ""))
    for name, text in {**matter.attributes, **own}.items():
        turn.emit(e.AttributeSet(opened.contact, name, text))
    return seq


def queue_again(
    turn: Turn,
    contact: Contact,
    queue: QueueName,
    requirement: Requirement,
    *,
    since: Instant,
    cause: int,
    priority: int | None = None,
) -> None:
    """Put a contact that had an agent into a queue, however full that is.

    Args:
        turn: the turn.
        contact: the contact; nobody works on it any more.
        queue: a queue of the contact's site.
        requirement: what it takes.
        since: its ordering clock.
        cause: the record that led to it.
        priority: its priority; by default the one it has.
    """
    longest = turn.state.site_of(contact).queues[queue].max_wait_seconds
    if not TRAITS[contact.channel].is_live:
        longest = NO_END_SECONDS
    turn.to_soothe[contact.id] = turn.emit(
        e.ContactQueued(
            contact.id,
            queue,
            SegmentId(turn.mint("s")),
            contact.priority if priority is None else priority,
            requirement,
            order_at=since,
            deadline=after(turn.now, longest),
        ),
        cause=cause,
    )


def keep_promise(turn: Turn, contact: Contact, promise: Promise) -> None:
    """Open the call that a customer is promised who has gone; it waits in their place."""
    promised = ContactId(turn.mint("c"))
    opened = e.ContactOpened(
        promised,
        Channel.VOICE,
        None,
        promise.number,
        contact.dnis,
        contact.caller_name,
        contact.language,
        contact.site,
        dial=promise.number,
    )
    seq = open_on(turn, opened, contact, {"previous_contact": contact.id})
    queue_again(
        turn,
        turn.state.contacts[promised],
        promise.queue,
        promise.requirement,
        since=promise.order_at,
        cause=seq,
        priority=promise.priority,
    )


def end_offer(turn: Turn, offer: Offer, outcome: OfferOutcome) -> int:
    """End an open offer; the contact waits again at its old place. Returns the event's number.

    A missed ring makes the agent not ready; a phone that refused, was busy or could not be
    reached is left alone for a while; a withdrawn offer is no fault of the agent's.
    """
    contact = turn.state.contacts[offer.contact]
    seq = turn.emit(e.OfferEnded(contact.id, offer.agent, offer.id, outcome))
    hang_up(turn, offer.leg)
    if outcome is OfferOutcome.RONA:
        turn.emit(e.PresenceChanged(offer.agent, Presence.NOT_READY, "rona"), cause=seq)
    elif outcome in REST_SECONDS:
        until = after(turn.now, REST_SECONDS[outcome])
        turn.emit(e.AgentRested(offer.agent, until, outcome), cause=seq)
    turn.to_soothe[contact.id] = seq
    return seq


def end_contact(
    turn: Turn,
    contact: Contact,
    reason: EndReason,
    cause: GoneCause = GoneCause.NORMAL,
    *,
    keeps_leg: bool = False,
) -> None:
    """End a contact that is with us: withdraw its offer, free its legs, begin its wrap-up.

    Args:
        turn: the turn.
        contact: the contact, still open.
        reason: why.
        cause: what the customer's phone is told.
        keeps_leg: the customer stays on the line for the contact that follows.
    """
    offer = turn.state.offers.get(contact.offer) if contact.offer is not None else None
    if offer is not None:
        end_offer(turn, offer, OfferOutcome.WITHDRAWN)
    cancel_task(turn, contact)
    was_active = contact.state is ContactState.ACTIVE
    waited = None
    if contact.queued_at is not None and contact.answered_at is None:
        waited = elapsed_seconds(contact.queued_at, turn.now)
    promise = contact.promise
    if promise is not None and reason in _GONE:
        reason = EndReason.CALLBACK
    seq = turn.emit(e.ContactEnded(contact.id, reason, waited))
    judge_canary(turn, seq)
    if promise is not None and reason is not EndReason.WITHDRAWN:
        keep_promise(turn, contact, promise)
    if not keeps_leg:
        hang_up(turn, contact.leg, cause)
    if not was_active:
        turn.emit(e.ContactClosed(contact.id, reason, contact.disposition), cause=seq)
        return
    agent, work = work_of(turn, contact)
    hang_up(turn, work.leg)
    wrapup_seconds = turn.state.queue_of(contact).wrapup_seconds
    if wrapup_seconds > 0:
        deadline = after(turn.now, wrapup_seconds)
        turn.emit(e.WrapupStarted(contact.id, agent.name, work.offer, deadline), cause=seq)
    else:
        finish_work(turn, agent, work, cause=seq)


def settle_holds(turn: Turn, agent: Agent, cause: int) -> None:
    """Hold the work that other work of the agent suspends, and go on with what none does."""
    running = [work.channel for work in agent.works.values() if work.state in _UNDER_WAY]
    for work in agent.works.values():
        is_suspended = any(agent.profile.suspends(channel, work.channel) for channel in running)
        if work.state is WorkState.ACTIVE and is_suspended:
            turn.emit(e.WorkHeld(work.contact, agent.name, work.offer), cause=cause)
        elif work.state is WorkState.HELD and not is_suspended:
            turn.emit(e.WorkResumed(work.contact, agent.name, work.offer), cause=cause)


def work_of(turn: Turn, contact: Contact) -> tuple[Agent, Work]:
    """Return who works on an active or wrapped-up contact, and the work."""
    assert contact.agent is not None
    assert contact.offer is not None
    agent = turn.state.agents[contact.agent]
    return agent, agent.works[contact.offer]


def finish_work(
    turn: Turn,
    agent: Agent,
    work: Work,
    *,
    disposition: str = "",
    note: str = "",
    cause: int | None = None,
) -> int:
    """End an agent's work and, if the contact was only waiting for that, close the contact."""
    seq = turn.emit(
        e.WorkDone(work.contact, agent.name, work.offer, disposition, note), cause=cause
    )
    settle_holds(turn, agent, seq)
    contact = turn.state.contacts[work.contact]
    if contact.state is ContactState.WRAPUP:
        reason = contact.end_reason
        assert reason is not None
        turn.emit(e.ContactClosed(contact.id, reason, contact.disposition), cause=seq)
    if agent.is_leaving and not agent.works:
        turn.emit(e.AgentRemoved(agent.name), cause=seq)
    return seq
