"""Node ``play``."""

from __future__ import annotations

from dataclasses import dataclass

from acd.core.flows import PlaybackDone, Signal
from acd.flow.kinds import Exit, Prompts, node
from acd.flow.model import Entry, Go, NodeType, Outcome, Stay
from acd.flow.schema import key
from acd.flow.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """Play prompts to their end."""

    prompt: tuple[str, ...] = key(Prompts(), "what is heard")
    next: str = key(node(Exit.IN_TIME), "where the caller goes afterwards")


def enter(keys: Play, visit: Visit) -> Entry:
    """Play."""
    return visit.play(*keys.prompt)


def signal(keys: Play, visit: Visit, signal: Signal) -> Outcome:
    """Go on when everything was heard."""
    return Go(keys.next) if isinstance(signal, PlaybackDone) else Stay()


NODE = NodeType("play", Play, enter, signal)
