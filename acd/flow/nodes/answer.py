"""Node ``answer``."""

from __future__ import annotations

from dataclasses import dataclass

from acd.core.flows import Signal
from acd.flow.kinds import Exit, node
from acd.flow.model import Entry, Go, NodeType, Outcome, Stay
from acd.flow.schema import key
from acd.flow.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """Answer the call and go on.

    Rarely needed: whatever is heard or recorded answers the call first, and so does a queue.
    """

    next: str = key(node(Exit.AT_ONCE), "where the caller goes")


def enter(keys: Answer, visit: Visit) -> Entry:
    """Answer."""
    visit.answer()
    return Go(keys.next)


def signal(keys: Answer, visit: Visit, signal: Signal) -> Outcome:
    """Nothing is waited for."""
    return Stay()


NODE = NodeType("answer", Answer, enter, signal)
