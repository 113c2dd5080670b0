"""The outside world: effects that failed, what a PBX holds, time."""

from __future__ import annotations

from acd.core.ids import (
    LegId,
)
from acd.core.leg import LegState
from acd.core.value import value


@value(frozen=True, slots=True)
class EffectFailed:
    """An effect could not be performed.

    Attributes:
        effect: name of the effect.
        subject: the id it was about (leg, playback, recording).
        code: stable code of the failure.
    """

    effect: str
    subject: str
    code: str


HOLD_BRIDGE = "h-"
"""How the names of bridges begin in which callers are held with music."""


@value(frozen=True, slots=True)
class LegFact:
    """One leg as the PBX shows it.

    Attributes:
        state: ``ringing``, ``up``, ``down`` or ``away`` (alive, outside our control).
        bridge: the bridge it stands in, see :data:`HOLD_BRIDGE`; empty for none.
        ani, dnis, caller_name: for a leg we may not know.
    """

    leg: LegId
    state: LegState
    bridge: str = ""
    ani: str = ""
    dnis: str = ""
    caller_name: str = ""


@value(frozen=True, slots=True)
class PbxSeen:
    """A complete look at one PBX, taken after each connect and now and then.

    Attributes:
        node: name of the PBX.
        epoch: changes when the PBX restarts.
        legs: every live leg that is ours or that was asked about.
        asked: legs that were asked about and got a definite answer: one that is not in ``legs``
            is gone. Nothing is concluded about any other leg.
        is_fresh: effects under way before may be lost (the engine or the link was down), so what
            the PBX does is compared with what it should do, and mended.
    """

    node: str
    epoch: str
    legs: tuple[LegFact, ...]
    asked: tuple[LegId, ...]
    is_fresh: bool


@value(frozen=True, slots=True)
class PbxLost:
    """The PBX died: every leg on it is gone."""

    node: str


@value(frozen=True, slots=True)
class TimePassed:
    """Deadlines have come due; the log's name for :meth:`Engine.advance`."""


PbxInput = EffectFailed | PbxSeen | PbxLost | TimePassed
