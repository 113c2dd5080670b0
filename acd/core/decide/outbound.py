"""Contacts that an agent begins: calls, whose agent is there before the customer, and mails.

Each continues a contact: one that the agent works on, or a closed one of a queue they serve, such
as a call that nobody answered. The state has forgotten closed ones, so the request tells of those.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from acd.core import events as e
from acd.core import inputs as i
from acd.core.agent import DIRECT, Agent
from acd.core.channel import TRAITS, Channel
from acd.core.contact import Contact, ContactState
from acd.core.decide import offers
from acd.core.decide.acts import open_on, queue_again
from acd.core.decide.registry import decides
from acd.core.ids import ContactId
from acd.core.matter import Matter, matter_of
from acd.core.message import SUBJECT
from acd.core.skill import Need
from acd.core.turn import Turn

_NUMBER = re.compile(r"\+?[0-9]{2,20}")

OUTBOUND = "outbound"
"""What a call that we begin is to: nobody dialled anything."""

_AT_WORK = frozenset({ContactState.ACTIVE, ContactState.WRAPUP})


class _Plan(NamedTuple):
    """Who goes on with what, under which version of the site."""

    agent: Agent
    matter: Matter
    site: str


@decides(i.CallCustomer)
def call_customer(turn: Turn, cause: i.CallCustomer) -> None:
    """Ring the agent's phone, then the customer's: a new contact on the matter of another."""
    plan = _plan(turn, cause)
    if plan is None:
        return
    if not _NUMBER.fullmatch(cause.number):
        turn.refuse("number-invalid", "that is no number that can be dialled")
        return
    if why := plan.agent.why_not(Channel.VOICE):
        turn.refuse("agent-cannot-call", f"your phone cannot be rung now: {why}")
        return
    if not turn.state.epochs:
        turn.refuse("pbx-unknown", "there is no PBX yet")
        return
    opened = e.ContactOpened(
        ContactId(turn.mint("c")),
        Channel.VOICE,
        None,
        cause.number,
        OUTBOUND,
        plan.matter.name,
        plan.matter.language,
        plan.site,
        dial=cause.number,
        begun_by=plan.agent.name,
    )
    _begin(turn, opened, plan)


@decides(i.WriteCustomer)
def write_customer(turn: Turn, cause: i.WriteCustomer) -> None:
    """Open a contact in writing with the agent, who asked for it: nothing is left to accept."""
    plan = _plan(turn, cause)
    if plan is None:
        return
    if TRAITS[cause.channel].has_legs or not cause.thread or cause.thread in turn.state.threads:
        turn.refuse("thread-invalid", "nobody can be written to like this")
        return
    if why := plan.agent.why_not(cause.channel):
        turn.refuse("agent-cannot-write", f"you can take no {cause.channel} now: {why}")
        return
    opened = e.ContactOpened(
        ContactId(turn.mint("c")),
        cause.channel,
        None,
        cause.recipient,
        cause.address,
        plan.matter.name,
        plan.matter.language,
        plan.site,
        thread=cause.thread,
        begun_by=plan.agent.name,
    )
    contact = _begin(turn, opened, plan, {SUBJECT: cause.subject} if cause.subject else {})
    offer = offers.make(turn, contact, plan.agent)
    offers.accept(turn, turn.state.offers[offer])


def _plan(turn: Turn, cause: i.CallCustomer | i.WriteCustomer) -> _Plan | None:
    """Return what a request goes on with; None once it is refused."""
    source = turn.state.contacts.get(cause.contact)
    agent = turn.state.agents.get(cause.agent)
    is_own = cause.matter is not None if source is None else source.agent == cause.agent
    if agent is None or not is_own:
        turn.refuse("contact-not-yours", "you do not work on this contact")
        return None
    if source is not None:
        if source.state not in _AT_WORK or source.queue is None:
            turn.refuse("contact-not-active", "nobody works on this contact now")
            return None
        plan = _Plan(agent, cause.matter or matter_of(source), source.site)
    else:
        assert cause.matter is not None
        plan = _Plan(agent, cause.matter, turn.state.site)
        if _is_taken_up(turn, plan.matter):
            turn.refuse("customer-in-touch", "somebody is in touch with this customer already")
            return None
    site = turn.state.sites.get(plan.site)
    if plan.matter.queue not in agent.profile.queues or (
        site is None or plan.matter.queue not in site.queues
    ):
        turn.refuse("queue-not-yours", "you do not serve the queue of this contact")
        return None
    return plan


def _is_taken_up(turn: Turn, matter: Matter) -> bool:
    """Whether an agent is at the same matter by a contact they began: one goes on with it."""
    return matter.conversation is not None and any(
        contact.begun_by and contact.is_open and contact.conversation == matter.conversation
        for contact in turn.state.contacts.values()
    )


def _begin(
    turn: Turn, opened: e.ContactOpened, plan: _Plan, own: dict[str, str] | None = None
) -> Contact:
    """Open a contact on a known matter and let it wait for its agent alone.

    Args:
        turn: the turn.
        opened: its first event.
        plan: whose it is.
        own: attributes that are the new contact's own.
    """
    seq = open_on(turn, opened, plan.matter, own or {})
    contact = turn.state.contacts[opened.contact]
    needs = (Need(DIRECT + plan.agent.name),)
    queue_again(turn, contact, plan.matter.queue, needs, since=turn.now, cause=seq)
    return contact
