"""Variables of flows: whether something can have set what is used, and be the number it is used as.

A node may set an attribute on the way to wherever it leads; what any way brings along may be known
there. So an attribute is complained about only if no way at all brings it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from acd.flow.check import Checked
from acd.flow.comparison import as_number
from acd.flow.graph import Place
from acd.flow.kinds import TableOf, Template, To
from acd.flow.model import Node, Reach
from acd.flow.problems import Code, quoted
from acd.flow.schema import keys_of
from acd.flow.template import BUILT_IN, TOLD, fill

_WORDS = {"channel": "voice", "language": "en"}
"""What is built in and never a number, with an example."""


def check_variables(checked: Checked) -> None:
    """Report attributes that are used where nothing has set them, or as numbers they never are."""
    nodes = {place: node for place in checked.graph.edges if (node := checked.graph.node(place))}
    sets = {place: node.sets for place, node in nodes.items()}
    known = _known(checked, nodes, sets)
    everything = BUILT_IN.union(TOLD, *sets.values())
    never = _never_numbers(nodes.values())
    for place, node in nodes.items():
        if not node.reads:
            continue
        here = known.get(place)
        at = checked.ats[place]
        for ref in node.refs:
            if ref.to is To.NUMBER and ref.name in never:
                at.along(ref.path).say(
                    Code.NEVER_A_NUMBER,
                    f"{quoted(ref.name)} is {quoted(never[ref.name])}, never a number",
                    "compare it with a text in quotes",
                )
            if ref.to is not To.ATTRIBUTE or here is None or ref.name not in everything:
                continue
            if ref.name not in here and ref.name not in sets[place] | BUILT_IN | TOLD:
                at.along(ref.path).say(
                    Code.UNSET_ATTRIBUTE,
                    f"no way that leads here has set {quoted(ref.name)}",
                    "ask for it, look it up or set it before",
                )


def _known(
    checked: Checked, nodes: Mapping[Place, Node], sets: Mapping[Place, frozenset[str]]
) -> Mapping[Place, frozenset[str]]:
    """Return what may be known at each node that a contact can come to."""
    graph = checked.graph
    after: dict[Place, set[Place]] = {}
    comes_back: dict[str, set[Place]] = {}  # a flow that is called, to where it comes back to
    for place, node in nodes.items():
        flow_name, _ = place
        targets = after[place] = {edge.target for edge in graph.edges[place]}
        for called in {flow for flow, _ in targets if flow != flow_name}:
            own = {target for target in targets if target[0] == flow_name}
            comes_back.setdefault(called, set()).update(own)
        on_fail = graph.flows[flow_name].on_fail
        if on_fail is not None and node.type.ask is not None:
            targets.add((flow_name, on_fail))
    for called, back in comes_back.items():
        if back and called in graph.flows:
            for place in _reached((called, graph.flows[called].start), after):
                if place in nodes and nodes[place].type.reaches is Reach.END:
                    after[place] |= back
    everything = frozenset[str]().union(*sets.values())
    known: dict[Place, frozenset[str]] = {}
    todo: list[tuple[Place, frozenset[str]]] = [
        ((name, graph.flows[name].start), frozenset())
        for name in checked.numbered
        if name in graph.flows
    ]
    # Wherever else a flow is begun from, anything may have happened before.
    todo += [((n, f.start), everything) for n, f in graph.flows.items() if n in checked.begun]
    while todo:
        place, brought = todo.pop()
        before = known.get(place)
        if before is not None and brought <= before:
            continue
        known[place] = brought if before is None else before | brought
        here = sets.get(place)
        onward = known[place] | here if here else known[place]
        todo += [(target, onward) for target in after.get(place, ())]
    return known


def _reached(start: Place, after: Mapping[Place, Iterable[Place]]) -> Iterable[Place]:
    seen, todo = {start}, [start]
    while todo:
        new = [place for place in after.get(todo.pop(), ()) if place not in seen]
        seen.update(new)
        todo += new
    return list(seen)


def _never_numbers(nodes: Iterable[Node]) -> Mapping[str, str]:
    """Return what is never a number, each with one of the words that it may be."""
    words: dict[str, str] = {**_WORDS}
    may_be: set[str] = set()
    for node in nodes:
        fixed: dict[str, str] = {}
        for name, spec, _ in keys_of(type(node.keys)):
            kind, table = spec.kind, getattr(node.keys, name)
            if isinstance(kind, TableOf) and kind.key_sets and isinstance(kind.value, Template):
                fixed |= table or {}
        for name in node.sets:
            if name not in fixed or as_number(fill(fixed[name], _ONES)) is not None:
                may_be.add(name)
            elif fixed[name]:  # nothing is no word: it makes forget
                words[name] = fixed[name]
    return {name: word for name, word in words.items() if name not in may_be}


class _Ones(dict[str, str]):
    """Any attribute, as a digit."""

    def get(self, name: str, default: object = None) -> str:
        """One."""
        return "1"


_ONES = _Ones()
