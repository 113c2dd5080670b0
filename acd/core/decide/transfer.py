"""Transfers: an agent hands a contact over to a queue or to one agent."""

from __future__ import annotations

from acd.core import events as e
from acd.core import inputs as i
from acd.core.agent import DIRECT, Agent
from acd.core.contact import Contact, ContactState
from acd.core.decide.acts import finish_work, hang_up, queue_again, work_of
from acd.core.decide.registry import decides
from acd.core.ids import QueueName
from acd.core.leg import LegState
from acd.core.skill import Need, Requirement
from acd.core.timers import after, elapsed_seconds
from acd.core.turn import Turn

DIRECT_SECONDS = 60.0
"""How long a contact handed to one agent waits for them alone; then for anybody of the queue."""

REST_SECONDS = 5.0
"""How long who hands over into a queue of their own is left alone: others come first."""


@decides(i.TransferContact)
def transfer_contact(turn: Turn, cause: i.TransferContact) -> None:
    """Hand a contact over; it keeps its place in time and all that is known of it."""
    contact = turn.state.contacts.get(cause.contact)
    if contact is None or contact.state is not ContactState.ACTIVE:
        turn.refuse("contact-not-active", "nobody works on this contact now")
        return
    if contact.agent != cause.agent:
        turn.refuse("contact-not-yours", "somebody else works on this contact")
        return
    leg = turn.leg(contact.leg)
    if leg is not None and leg.state is not LegState.UP:
        turn.refuse("customer-not-there", "the customer is not on the line")
        return
    requirement: Requirement = ()
    if cause.to_agent is not None:
        target = turn.state.agents.get(cause.to_agent)
        if target is None or target.is_leaving or target.name == cause.agent:
            turn.refuse("agent-unknown", "there is no such agent to hand it to")
            return
        queue = _common_queue(turn, contact, target)
        waited = elapsed_seconds(contact.order_at, turn.now)
        requirement = (Need(DIRECT + target.name, relax_after=waited + DIRECT_SECONDS),)
    else:
        queue = cause.to_queue
    if queue is None or queue not in turn.state.site_of(contact).queues:
        turn.refuse("queue-unknown", "there is no such queue")
        return
    agent, work = work_of(turn, contact)
    seq = turn.emit(e.ContactTransferred(contact.id, agent.name, queue, cause.to_agent))
    hang_up(turn, work.leg)
    finish_work(turn, agent, work, cause=seq)
    is_still_here = agent.name in turn.state.agents  # who was to leave after this work is gone
    if is_still_here and cause.to_agent is None and queue in agent.profile.queues:
        turn.emit(
            e.AgentRested(agent.name, after(turn.now, REST_SECONDS), "transferred"), cause=seq
        )
    queue_again(turn, contact, queue, requirement, since=contact.order_at, cause=seq)


def _common_queue(turn: Turn, contact: Contact, target: Agent) -> QueueName | None:
    """Return the queue in which an agent gets a contact: its own if they serve it, else theirs."""
    if contact.queue in target.profile.queues:
        return contact.queue
    known = turn.state.site_of(contact).queues
    mine = [queue for queue in target.profile.queues if queue in known]
    return min(mine, key=target.profile.queues.__getitem__, default=None)
