"""Deadlines that have come due."""

from __future__ import annotations

from collections.abc import Callable

from acd.core import events as e
from acd.core import flows
from acd.core import inputs as i
from acd.core.contact import ContactState
from acd.core.decide.acts import finish_work, work_of
from acd.core.decide.flow import leave_queue_if_due, run, start_music
from acd.core.decide.offers import give_back
from acd.core.decide.registry import decides
from acd.core.ids import AgentName, ContactId, OfferId
from acd.core.leg import LegState
from acd.core.offer import OfferOutcome
from acd.core.skill import relaxed
from acd.core.timers import Purpose
from acd.core.turn import Turn


@decides(i.TimePassed)
def time_passed(turn: Turn, _cause: i.TimePassed) -> None:
    """Work off every deadline that is due, soonest first."""
    while (found := turn.world.timers.pop_due(turn.now)) is not None:
        purpose, about = found
        DUE[purpose](turn, about)


def _offer(turn: Turn, about: str) -> None:
    offer = turn.state.offers.get(OfferId(about))
    if offer is not None:
        leg = turn.leg(offer.leg)
        never_rang = leg is not None and leg.state is LegState.DIALING
        outcome = OfferOutcome.UNREACHABLE if never_rang else OfferOutcome.RONA
        give_back(turn, offer, outcome)


def _ringing(turn: Turn, about: str) -> None:
    offer = turn.state.offers.get(OfferId(about))
    if offer is not None:
        leg = turn.leg(offer.leg)
        if leg is None or leg.state is LegState.DIALING:
            give_back(turn, offer, OfferOutcome.UNREACHABLE)


def _flow(turn: Turn, about: str) -> None:
    contact = turn.state.contacts.get(ContactId(about))
    if contact is not None and contact.state is ContactState.IN_FLOW:
        run(turn, contact, flows.TimedOut())


def _music(turn: Turn, about: str) -> None:
    start_music(turn, ContactId(about))


def _queue(turn: Turn, about: str) -> None:
    contact = turn.state.contacts.get(ContactId(about))
    if contact is not None:
        leave_queue_if_due(turn, contact)


def _relax(turn: Turn, about: str) -> None:
    contact = turn.state.contacts.get(ContactId(about))
    if contact is not None:
        requirement = relaxed(contact.requirement, turn.now - contact.order_at)
        turn.emit(e.RequirementRelaxed(contact.id, requirement))


def _rest(turn: Turn, about: str) -> None:
    agent = turn.state.agents.get(AgentName(about))
    if agent is not None:
        turn.emit(e.RestEnded(agent.name))


def _wrapup(turn: Turn, about: str) -> None:
    contact = turn.state.contacts.get(ContactId(about))
    if contact is not None and contact.state is ContactState.WRAPUP:
        agent, work = work_of(turn, contact)
        finish_work(turn, agent, work)


def _override(turn: Turn, about: str) -> None:
    if about in turn.state.overrides:
        turn.emit(e.OverrideEnded(about, by=""))


DUE: dict[Purpose, Callable[[Turn, str], None]] = {
    Purpose.OFFER: _offer,
    Purpose.RINGING: _ringing,
    Purpose.FLOW: _flow,
    Purpose.MUSIC: _music,
    Purpose.QUEUE: _queue,
    Purpose.RELAX: _relax,
    Purpose.REST: _rest,
    Purpose.WRAPUP: _wrapup,
    Purpose.OVERRIDE: _override,
}
