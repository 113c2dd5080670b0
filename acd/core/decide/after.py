"""After the talk: an agent has ended, and the customer goes on into a flow, say a survey."""

from __future__ import annotations

from acd.core import effects as f
from acd.core import events as e
from acd.core import flows
from acd.core.channel import TRAITS
from acd.core.contact import Contact, EndReason
from acd.core.decide.acts import end_contact, open_on
from acd.core.decide.flow import enter
from acd.core.ids import ContactId
from acd.core.leg import LegState
from acd.core.turn import Turn

ABOUT = ("previous_contact", "previous_agent", "previous_queue")
"""Attributes that say what a contact follows."""


def end_by_agent(turn: Turn, contact: Contact) -> None:
    """End a contact that an agent has ended; its queue may say what comes after.

    What comes after is a contact of its own, so the agent's wrap-up and the queue's figures do not
    wait for it. It has the attributes of the first, and those of :data:`ABOUT`.
    """
    flow = turn.state.queue_of(contact).after
    leg = turn.leg(contact.leg)
    if TRAITS[contact.channel].has_legs:
        is_there = leg is not None and leg.state is LegState.UP
    else:
        is_there = bool(contact.thread)
    if flow is None or not is_there or flow not in turn.state.site_of(contact).flows:
        end_contact(turn, contact, EndReason.AGENT_ENDED)
        return
    known = (contact.id, contact.agent or "", contact.queue or "")
    end_contact(turn, contact, EndReason.AGENT_ENDED, keeps_leg=True)
    following = ContactId(turn.mint("c"))
    opened = e.ContactOpened(
        following,
        contact.channel,
        None,
        contact.ani,
        contact.dnis,
        contact.caller_name,
        contact.language,
        contact.site,
        contact.thread,
    )
    open_on(turn, opened, contact, dict(zip(ABOUT, known, strict=True)))
    if leg is not None:
        turn.emit(e.LegPassed(leg.id, contact.id, following))
        turn.do(f.Unhold(leg.id))
    enter(turn, turn.state.contacts[following], flow, flows.Entered(flow))
