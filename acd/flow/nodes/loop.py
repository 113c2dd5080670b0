"""Node ``loop``."""

from __future__ import annotations

from dataclasses import dataclass

from acd.core.flows import Signal
from acd.flow.kinds import Exit, Number, node
from acd.flow.model import Entry, Go, NodeType, Outcome, Stay
from acd.flow.schema import key
from acd.flow.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """Lead a way so many times, then another.

    It counts how often the contact came here; after `done` it begins anew. Something must be waited
    for on the way round.
    """

    times: int = key(Number("whole number", 1, 100, whole=True), "how often `body` is led to")
    body: str = key(node(Exit.AT_ONCE), "where the caller goes so many times")
    done: str = key(node(Exit.AT_ONCE), "where the caller goes then")


def enter(keys: Loop, visit: Visit) -> Entry:
    """Count."""
    name = f"{visit.flow}/{visit.node}"
    if visit.count(name) <= keys.times:
        return Go(keys.body)
    del visit.counts[name]
    return Go(keys.done)


def signal(keys: Loop, visit: Visit, signal: Signal) -> Outcome:
    """Nothing is waited for."""
    return Stay()


NODE = NodeType("loop", Loop, enter, signal)
