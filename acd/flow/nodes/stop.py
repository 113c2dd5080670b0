"""Node ``stop``."""

from __future__ import annotations

from dataclasses import dataclass

from acd.core.flows import Signal
from acd.flow.model import Entry, NodeType, Outcome, Reach, Return, Stay
from acd.flow.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Stop:
    """End this flow: the caller goes back to the flow that called it, else the contact ends."""


def enter(keys: Stop, visit: Visit) -> Entry:
    """Come back, or end."""
    return Return()


def signal(keys: Stop, visit: Visit, signal: Signal) -> Outcome:
    """Nothing is waited for."""
    return Stay()


NODE = NodeType("stop", Stop, enter, signal, Reach.END)
