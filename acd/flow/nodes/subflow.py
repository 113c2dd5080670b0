"""Node ``subflow``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from acd.core.flows import Signal
from acd.flow.kinds import Exit, Name, Ref, To, node
from acd.flow.model import Entry, Go, NodeType, Outcome, Stay
from acd.flow.schema import key
from acd.flow.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Subflow:
    """Go through another flow and come back.

    The other flow comes back by a node of type `stop`; it may also end the contact, or hand it to a
    queue, and then it does not. What it sets is known here.
    """

    flow: str = key(Name("flow", To.FLOW), "the other flow")
    next: str = key(node(Exit.IN_TIME), "where the caller goes when it is over")

    def refs(self) -> Iterator[Ref]:
        """The flow, its start, and where it comes back to."""
        yield Ref(To.FLOW, self.flow, ("flow",))
        yield Ref(To.NODE, "", ("flow",), Exit.AT_ONCE, self.flow)
        yield Ref(To.NODE, self.next, ("next",), Exit.IN_TIME)


def enter(keys: Subflow, visit: Visit) -> Entry:
    """Go there, remembering where to come back to."""
    return Go(None, keys.flow, back=keys.next)


def signal(keys: Subflow, visit: Visit, signal: Signal) -> Outcome:
    """Nothing is waited for."""
    return Stay()


NODE = NodeType("subflow", Subflow, enter, signal)
