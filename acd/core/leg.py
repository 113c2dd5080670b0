"""A leg: one PBX channel. Only voice has them."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from acd.core.ids import AgentName, ContactId, LegId, OfferId, PlaybackId


class LegRole(StrEnum):
    """Whom a leg connects."""

    CUSTOMER = "customer"
    AGENT = "agent"


class LegState(StrEnum):
    """Where a leg is in its life."""

    DIALING = "dialing"  # originated by us, the phone has not rung yet
    RINGING = "ringing"
    DOWN = "down"  # arrived, not answered yet
    UP = "up"
    AWAY = "away"  # alive in the PBX's fallback dialplan, out of our control until it returns
    CLOSING = "closing"  # we asked for the hang-up
    GONE = "gone"


class GoneCause(StrEnum):
    """Why a leg ended, as far as the PBX can tell."""

    NORMAL = "normal"
    BUSY = "busy"
    DECLINED = "declined"
    NO_ANSWER = "no_answer"
    UNREACHABLE = "unreachable"
    FAILED = "failed"
    UNSEEN = "unseen"  # ended while we were not looking
    PBX_LOST = "pbx_lost"


@dataclass(slots=True)
class Leg:
    """A leg in the state; it leaves the state when it is gone.

    Attributes:
        contact: the contact it is part of now.
        came_with: the contact it was part of first: what is done to it is done in that order.
        farewell: hang up when this playback has ended.
    """

    id: LegId
    node: str
    role: LegRole
    state: LegState
    contact: ContactId | None = None
    agent: AgentName | None = None
    offer: OfferId | None = None
    farewell: PlaybackId | None = None
    came_with: ContactId | None = None
