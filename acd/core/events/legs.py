"""Legs: the channels of a PBX."""

from __future__ import annotations

from acd.core.events.base import EventBase
from acd.core.flows import Prompt
from acd.core.ids import (
    AgentName,
    ContactId,
    LegId,
    OfferId,
    PlaybackId,
)
from acd.core.leg import GoneCause, LegRole, LegState
from acd.core.value import value


@value(frozen=True, slots=True)
class LegOpened(EventBase):
    """A leg came into being: a caller's, or one we dial."""

    leg: LegId
    node: str
    role: LegRole
    state: LegState
    contact: ContactId | None
    agent: AgentName | None
    offer: OfferId | None


@value(frozen=True, slots=True)
class LegChanged(EventBase):
    """A leg changed its state."""

    leg: LegId
    contact: ContactId | None
    agent: AgentName | None
    state: LegState


@value(frozen=True, slots=True)
class FarewellStarted(EventBase):
    """An agent's own call is told the result of its code and hung up afterwards."""

    leg: LegId
    contact: ContactId | None
    agent: AgentName | None
    playback: PlaybackId
    prompts: tuple[Prompt, ...]


@value(frozen=True, slots=True)
class LegClosed(EventBase):
    """A leg has ended."""

    leg: LegId
    contact: ContactId | None
    agent: AgentName | None
    cause: GoneCause


LegEvent = LegOpened | LegChanged | FarewellStarted | LegClosed
