"""What the graph alone proves: nodes from which everybody comes to a human or an end soon.

Where no way leads back that the customer did not choose, nobody can go round, and the longest way
costs at most what its nodes cost. Only the rest, flows that count their rounds and long ways, has
to be explored (:mod:`acd.flow.proof`), which costs a hundred times more.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, NamedTuple

from acd.flow.graph import Graph, Place
from acd.flow.kinds import Exit
from acd.flow.model import Node, Reach
from acd.flow.schema import keys_of
from acd.flow.visit import TASK_GRACE_SECONDS

PLAY_SECONDS = 3.0
"""How long whatever is played takes, as in stories."""

_WAITS = 3
"""How often a node makes wait in one try, at most: it plays, listens, and has it recognised."""

_IN_QUEUE = "max_wait_seconds"  # whoever waits for a human is not waiting for the flow


class Cost(NamedTuple):
    """What a way costs the customer: how often and how long they wait."""

    steps: float = 0
    seconds: float = 0.0


def patience(node: Node) -> Cost:
    """Return more than a node costs whoever does nothing, or everything wrong.

    Every key of a node that is a time is called ``…seconds``.
    """
    tries = node.keys.tries if node.type.ask is not None else 1
    schema: Any = type(node.keys)
    seconds = sum(getattr(node.keys, name) or 0.0 for name in _times(schema))
    return Cost(tries * _WAITS, tries * (seconds + PLAY_SECONDS + TASK_GRACE_SECONDS))


@cache
def _times(schema: Any) -> tuple[str, ...]:
    names = (name for name, _, _ in keys_of(schema))
    return tuple(name for name in names if name.endswith("seconds") and name != _IN_QUEUE)


def settled(graph: Graph) -> Mapping[Place, Cost]:
    """Return the nodes that need not be explored, each with the most that comes after it.

    Args:
        graph: the flows. Nobody is settled who may come to a node that could not be read.
    """
    costs: dict[Place, Cost] = {}
    ways: dict[Place, set[Place]] = {}
    left: dict[Place, int] = {}
    sources: dict[Place, list[Place]] = {}
    todo = []
    for place in graph.edges:
        targets = ways[place] = _ways(graph, place)
        left[place] = len(targets)
        if not targets:
            todo.append(place)
        for target in targets:
            sources.setdefault(target, []).append(place)
    while todo:
        place = todo.pop()
        node = graph.node(place)
        if node is None or not (ways[place] or node.type.reaches is not Reach.NOTHING):
            continue  # whoever comes here only goes on if they want to, so what if they do not?
        costs[place] = _sum(
            place, patience(node), {target: costs[target] for target in ways[place]}
        )
        for source in sources.get(place, ()):
            left[source] -= 1
            if not left[source]:
                todo.append(source)
    return costs


def _ways(graph: Graph, place: Place) -> set[Place]:
    """Return where a contact may go on that did not choose to."""
    ways = {edge.target for edge in graph.edges[place] if edge.exit is not Exit.BY_CALLER}
    flow = graph.flows[place[0]]
    if flow.escalate_after is not None and flow.nodes[place[1]].type.ask is not None:
        ways.add((place[0], flow.on_fail or ""))
    return ways


def _sum(place: Place, own: Cost, after: Mapping[Place, Cost]) -> Cost:
    """Return what a node and the worst after it cost.

    Whoever is led to another flow may come back, so the worst there and the worst here add up.
    """
    if not after:
        return own
    here = [cost for target, cost in after.items() if target[0] == place[0]]
    there = [cost for target, cost in after.items() if target[0] != place[0]]
    costs = [own, *map(_worst, filter(None, (here, there)))]
    return Cost(*map(sum, zip(*costs, strict=True)))


def _worst(costs: list[Cost]) -> Cost:
    return costs[0] if len(costs) == 1 else Cost(*map(max, zip(*costs, strict=True)))
