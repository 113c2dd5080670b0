"""Node ``wait``."""

from __future__ import annotations

from dataclasses import dataclass

from acd.core.flows import Signal, TimedOut
from acd.flow.kinds import Exit, Number, node
from acd.flow.model import Entry, Go, NodeType, Outcome, Stay, Wait
from acd.flow.schema import key
from acd.flow.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class WaitKeys:
    """Wait; a caller hears silence."""

    seconds: float = key(Number(least=0.1, most=3600), "how long")
    next: str = key(node(Exit.IN_TIME), "where the caller goes then")


def enter(keys: WaitKeys, visit: Visit) -> Entry:
    """Begin to wait."""
    visit.answer()
    return Wait(keys.seconds)


def signal(keys: WaitKeys, visit: Visit, signal: Signal) -> Outcome:
    """Go on when it is time."""
    return Go(keys.next) if isinstance(signal, TimedOut) else Stay()


NODE = NodeType("wait", WaitKeys, enter, signal)
