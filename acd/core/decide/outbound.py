"""Calls that an agent begins: a contact of its own, whose agent is there before its customer."""

from __future__ import annotations

import re

from acd.core import events as e
from acd.core import inputs as i
from acd.core.agent import DIRECT
from acd.core.channel import Channel
from acd.core.contact import ContactState
from acd.core.decide.flow import queue_again
from acd.core.decide.registry import decides
from acd.core.ids import ContactId
from acd.core.skill import Need
from acd.core.turn import Turn

_NUMBER = re.compile(r"\+?[0-9]{2,20}")

OUTBOUND = "outbound"
"""What a call that we begin is to: nobody dialled anything."""

_AT_WORK = frozenset({ContactState.ACTIVE, ContactState.WRAPUP})


@decides(i.CallCustomer)
def call_customer(turn: Turn, cause: i.CallCustomer) -> None:
    """Ring the agent's phone, then the customer's: a new contact on the matter of another."""
    source = turn.state.contacts.get(cause.contact)
    agent = turn.state.agents.get(cause.agent)
    if source is None or agent is None or source.agent != cause.agent:
        turn.refuse("contact-not-yours", "you do not work on this contact")
        return
    if source.state not in _AT_WORK or source.queue is None:
        turn.refuse("contact-not-active", "nobody works on this contact now")
        return
    if not _NUMBER.fullmatch(cause.number):
        turn.refuse("number-invalid", "that is no number that can be dialled")
        return
    if why := agent.why_not(Channel.VOICE):
        turn.refuse("agent-cannot-call", f"your phone cannot be rung now: {why}")
        return
    if source.queue not in agent.profile.queues:
        turn.refuse("agent-cannot-call", "you do not serve the queue of this contact")
        return
    if not turn.state.epochs:
        turn.refuse("pbx-unknown", "there is no PBX yet")
        return
    contact_id = ContactId(turn.mint("c"))
    seq = turn.emit(
        e.ContactOpened(
            contact_id,
            Channel.VOICE,
            None,
            cause.number,
            OUTBOUND,
            source.caller_name,
            source.language,
            source.site,
            dial=cause.number,
        )
    )
    if source.customer is not None and source.conversation is not None:
        turn.emit(e.ContactIdentified(contact_id, source.customer, source.conversation, ""))
    for name, value in source.attributes.items():
        turn.emit(e.AttributeSet(contact_id, name, value))
    queue_again(
        turn,
        turn.state.contacts[contact_id],
        source.queue,
        (Need(DIRECT + agent.name),),
        since=turn.now,
        cause=seq,
    )
