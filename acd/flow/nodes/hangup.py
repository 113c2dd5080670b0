"""Node ``hangup``."""

from __future__ import annotations

from dataclasses import dataclass

from acd.core.flows import PlaybackDone, Signal
from acd.flow.kinds import Prompts
from acd.flow.model import End, Entry, NodeType, Outcome, Reach, Stay
from acd.flow.schema import key
from acd.flow.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Hangup:
    """Say goodbye and hang up."""

    prompt: tuple[str, ...] | None = key(Prompts(), "heard before", default=None)


def enter(keys: Hangup, visit: Visit) -> Entry:
    """Say goodbye, or just end."""
    return visit.play(*keys.prompt) if keys.prompt else End()


def signal(keys: Hangup, visit: Visit, signal: Signal) -> Outcome:
    """End when the goodbye was heard."""
    return End() if isinstance(signal, PlaybackDone) else Stay()


NODE = NodeType("hangup", Hangup, enter, signal, Reach.END)
