"""A site's flows as one graph: ways out of nodes, loops, traps, nodes nobody reaches."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from acd.flow.kinds import Exit, Name, To
from acd.flow.model import Flow, Node, Reach
from acd.flow.schema import keys_of

Place = tuple[str, str]
"""Flow and node."""


class Edge(NamedTuple):
    """A way from one node to another.

    Attributes:
        source: where it begins.
        target: where it leads; its node may not exist.
        exit: when it is taken.
        key: the key of ``source`` that says so; ``on_fail`` of the flow stands in for absent ones.
        path: where in the node's table the target is named; for an absent key only the key.
    """

    source: Place
    target: Place
    exit: Exit
    key: str
    path: tuple[str | int, ...] = ()


@dataclass(frozen=True, slots=True)
class Graph:
    """The ways between the nodes of all flows.

    Attributes:
        flows: flow by name.
        edges: edges by their source.
        exitless: nodes that may fail with nothing said about where to, with the keys that are
            missing.
    """

    flows: Mapping[str, Flow]
    edges: Mapping[Place, tuple[Edge, ...]]
    exitless: Mapping[Place, tuple[str, ...]]

    def exists(self, place: Place) -> bool:
        """Return whether there is such a node, readable or not."""
        flow = self.flows.get(place[0])
        return flow is not None and (place[1] in flow.nodes or place[1] in flow.broken)

    def node(self, place: Place) -> Node | None:
        """Return a node, or None if it does not exist or could not be read."""
        flow = self.flows.get(place[0])
        return None if flow is None else flow.nodes.get(place[1])

    def led_to(self, names: Iterable[str]) -> Graph:
        """Return the graph of some flows and of those that they lead to."""
        todo = list(names)
        found = set(todo)
        while todo:
            flow = todo.pop()
            for name in self.flows[flow].nodes:
                for edge in self.edges[flow, name]:
                    other = edge.target[0]
                    if other not in found and other in self.flows:
                        found.add(other)
                        todo.append(other)
        flows = {name: flow for name, flow in self.flows.items() if name in found}
        edges = {place: edges for place, edges in self.edges.items() if place[0] in found}
        exitless = {place: keys for place, keys in self.exitless.items() if place[0] in found}
        return Graph(flows, edges, exitless)


def graph_of(flows: Mapping[str, Flow]) -> Graph:
    """Return the graph of ``flows``."""
    edges, exitless = {}, {}
    for flow_name, flow in flows.items():
        for name, node in flow.nodes.items():
            place = (flow_name, name)
            edges[place] = tuple(_edges(flows, place, node))
            if node.on_fail is None and (keys := tuple(_absent_exits(node))):
                exitless[place] = keys
    return Graph(flows, edges, exitless)


def _edges(flows: Mapping[str, Flow], place: Place, node: Node) -> Iterator[Edge]:
    for ref in node.refs:
        if ref.to is To.NODE:
            flow_name = place[0] if ref.flow is None else ref.flow
            other = flows.get(flow_name)
            name = ref.name or (other.start if other is not None else "")
            yield Edge(place, (flow_name, name), ref.exit, str(ref.path[0]), ref.path)
    if node.on_fail is not None:
        for key in _absent_exits(node):
            kind = next(spec.kind for name, spec, _ in keys_of(type(node.keys)) if name == key)
            assert isinstance(kind, Name)
            yield Edge(place, (place[0], node.on_fail), kind.exit, key, (key,))


def _absent_exits(node: Node) -> Iterator[str]:
    """Exits that are left out, and so lead to ``on_fail``."""
    if hasattr(node.keys, "refs"):
        return  # its keys mean something only together
    for name, spec, _ in keys_of(type(node.keys)):
        is_exit = isinstance(spec.kind, Name) and spec.kind.to is To.NODE
        if is_exit and getattr(node.keys, name) is None:
            yield name


def unreachable(graph: Graph) -> list[Place]:
    """Return the nodes that nothing leads to, from the start or ``on_fail`` of any flow."""
    todo = [
        (name, node)
        for name, flow in graph.flows.items()
        for node in (flow.start, flow.on_fail)
        if node is not None
    ]
    seen = set(todo)
    while todo:
        for edge in graph.edges.get(todo.pop(), ()):
            if edge.target not in seen:
                seen.add(edge.target)
                todo.append(edge.target)
    return [place for place in graph.edges if place not in seen]


def loops(graph: Graph, settled: Collection[Place]) -> list[list[Place]]:
    """Return loops of ways that are all taken at once, each from where it was entered first.

    Args:
        graph: the flows.
        settled: nodes that are in none.
    """
    found: list[list[Place]] = []
    done = set(settled)
    for root in graph.edges:
        if root in done:
            continue
        path = [root]
        ways = [_at_once(graph, root)]
        while path:
            target = next(ways[-1], None)
            if target is None:
                done.add(path.pop())
                ways.pop()
            elif target in path:
                found.append(path[path.index(target) :])
            elif target not in done:
                path.append(target)
                ways.append(_at_once(graph, target))
    return found


def _at_once(graph: Graph, place: Place) -> Iterator[Place]:
    targets = [e.target for e in graph.edges.get(place, ()) if e.exit is Exit.AT_ONCE]
    return iter(dict.fromkeys(targets))  # each once, in order


def lost(graph: Graph, exits: Collection[Exit]) -> list[Place]:
    """Return the nodes from which no way made of ``exits`` leads to a human or an end.

    What could not be read or does not exist is reported elsewhere, and counts as an end here.
    """
    sources: dict[Place, list[Place]] = {}
    todo: list[Place] = []
    for place, edges in graph.edges.items():
        node = graph.node(place)
        if (node is not None and node.type.reaches is not Reach.NOTHING) or place in graph.exitless:
            todo.append(place)
        for edge in edges:
            if edge.exit in exits:
                sources.setdefault(edge.target, []).append(place)
    todo += [target for target in sources if graph.node(target) is None]
    saved = set(todo)
    while todo:
        for place in sources.get(todo.pop(), ()):
            if place not in saved:
                saved.add(place)
                todo.append(place)
    return [place for place in graph.edges if place not in saved]
