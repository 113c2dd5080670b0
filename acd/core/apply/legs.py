"""Legs: the channels of a PBX, folded."""

from __future__ import annotations

from acd.core import events as e
from acd.core.apply.common import arm_leaving
from acd.core.apply.registry import folds
from acd.core.contact import ContactState
from acd.core.leg import Leg, LegRole, LegState
from acd.core.machine import LEG, move
from acd.core.state import State
from acd.core.timers import Instant, Purpose, Timers


@folds(e.LegOpened)
def _(state: State, _: Timers, event: e.LegOpened, _at: Instant, _seq: int) -> None:
    state.legs[event.leg] = Leg(
        event.leg,
        event.node,
        event.role,
        event.state,
        contact=event.contact,
        agent=event.agent,
        offer=event.offer,
        came_with=event.contact,
    )
    if event.role is not LegRole.AGENT:
        if event.contact in state.contacts:
            state.contacts[event.contact].leg = event.leg
    elif event.offer is None and event.agent in state.agents:
        state.agents[event.agent].lines.add(event.leg)


@folds(e.LegChanged)
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
            arm_leaving(state, timers, contact)


@folds(e.FarewellStarted)
def _(state: State, _: Timers, event: e.FarewellStarted, _at: Instant, _seq: int) -> None:
    state.legs[event.leg].farewell = event.playback


@folds(e.LegClosed)
def _(state: State, _: Timers, event: e.LegClosed, _at: Instant, _seq: int) -> None:
    leg = state.legs.pop(event.leg)
    if leg.agent in state.agents:
        state.agents[leg.agent].lines.discard(event.leg)
