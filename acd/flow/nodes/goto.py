"""Node ``goto``."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from acd.core.flows import Signal
from acd.flow.kinds import Exit, Name, Ref, To
from acd.flow.model import Entry, Go, NodeType, Outcome, Stay
from acd.flow.schema import key
from acd.flow.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Goto:
    """Go on at another node or in another flow.

    What the contact has collected goes along; in another flow that flow's `on_fail` holds.
    """

    flow: str | None = key(Name("flow", To.FLOW), "the other flow; this one", default=None)
    node: str | None = key(Name("node", To.NODE), "the node there; the flow's start", default=None)

    def contradiction(self) -> str | None:
        """Say so when it goes nowhere."""
        return None if self.flow or self.node else 'goes nowhere: give "node" or "flow"'

    def refs(self) -> Iterator[Ref]:
        """The flow, and the node in it."""
        if self.flow is not None:
            yield Ref(To.FLOW, self.flow, ("flow",))
        yield Ref(To.NODE, self.node or "", ("node",), Exit.AT_ONCE, self.flow)


def enter(keys: Goto, visit: Visit) -> Entry:
    """Go."""
    return Go(keys.node, keys.flow)


def signal(keys: Goto, visit: Visit, signal: Signal) -> Outcome:
    """Nothing is waited for."""
    return Stay()


NODE = NodeType("goto", Goto, enter, signal)
