"""Node ``split``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from acd.core.flows import Signal
from acd.flow.kinds import Exit, Number, TableOf, is_name
from acd.flow.model import Entry, Go, NodeType, Outcome, Stay
from acd.flow.schema import key
from acd.flow.visit import Visit

_WAYS = TableOf(
    "table of node to percentage",
    value=Number("percentage", 0, 100),
    key_fits=is_name,
    key_wanted="the name of a node",
    key_exit=Exit.AT_ONCE,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Split:
    """Send a share of the contacts one way and the rest another.

    `ways = { new = 20, old = 80 }`. A contact that comes here twice goes the same way twice.
    """

    ways: Mapping[str, float] = key(_WAYS, "node to percentage; 100 together")

    def contradiction(self) -> str | None:
        """Say so when the shares are not the whole."""
        whole = sum(self.ways.values())
        return None if abs(whole - 100) < 1e-6 else f"the shares make {whole:g} %, not 100 %"


def enter(keys: Split, visit: Visit) -> Entry:
    """Choose by the contact's own chance."""
    left = visit.chance() * 100
    for way, share in keys.ways.items():
        if left < share:
            return Go(way)
        left -= share
    return Go(list(keys.ways)[-1])


def signal(keys: Split, visit: Visit, signal: Signal) -> Outcome:
    """Nothing is waited for."""
    return Stay()


NODE = NodeType("split", Split, enter, signal)
