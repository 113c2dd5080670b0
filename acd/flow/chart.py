"""A flow as it is drawn: boxes for its nodes and the flows it leads to, ways between them.

Several keys that lead from one node to the same other are one way with all their names, so that a
way is what can be told from where a contact was and where it came to next.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, cast

from acd.core.flows import Prompt
from acd.core.site import FILE_PREFIX, Site
from acd.flow.graph import Edge, graph_of
from acd.flow.kinds import To
from acd.flow.model import Flow, Node
from acd.flow.read import read_flow

FAILURES = "on_"
"""What the keys of exits begin with that nobody chooses: `on_fail`, `on_timeout`, `on_full`."""

_SILENT = "next"  # the key of the only way on needs no name

LONGEST_TEXT = 120


@dataclass(frozen=True, slots=True)
class Box:
    """A node, or another flow that this one leads to.

    Attributes:
        id: the node's name; ``flow:<name>`` for another flow.
        type: type of the node; ``flow`` for another flow.
        name: of the node, or of the other flow.
        text: what it says or does, in a line.
        is_start: contacts begin here.
    """

    id: str
    type: str
    name: str
    text: str = ""
    is_start: bool = False

    @property
    def is_flow(self) -> bool:
        """Whether it stands for another flow."""
        return self.type == "flow"


@dataclass(frozen=True, slots=True)
class Way:
    """A way from one box to another.

    Attributes:
        source, target: ids of boxes.
        keys: what it is called at the source: ``1``, ``closed``, ``on_fail``.
        is_failure: nobody chooses it: it is taken when something did not work.
    """

    source: str
    target: str
    keys: tuple[str, ...]
    is_failure: bool

    @property
    def label(self) -> str:
        """Return its names in one text."""
        return ", ".join(self.keys)


@dataclass(frozen=True, slots=True)
class Chart:
    """A flow as boxes and ways."""

    name: str
    title: str
    boxes: tuple[Box, ...]
    ways: tuple[Way, ...]

    def box(self, node: str) -> Box | None:
        """Return a node's box, or None if there is no such node."""
        return next((one for one in self.boxes if one.id == node), None)

    def way(self, source: str, flow: str, node: str, *, is_chosen: bool) -> Way | None:
        """Return the way by which a contact came from one of these nodes to another node.

        Args:
            source: where it was.
            flow, node: where it came to next.
            is_chosen: whether it came by the customer's choice, where that makes two ways of it.
        """
        target = node if flow == self.name else flow_box(flow)
        ways = [way for way in self.ways if (way.source, way.target) == (source, target)]
        if len(ways) > 1:
            ways = [way for way in ways if way.is_failure is not is_chosen]
        return ways[0] if ways else None


def flow_box(name: str) -> str:
    """Return the id of the box that stands for another flow."""
    return f"flow:{name}"


def title_of(site: Site, name: str) -> str:
    """Return what a flow is called for people; empty if its file does not say."""
    return str(site.flows[name].get("title", ""))


def chart_of(site: Site, name: str) -> Chart:
    """Return the chart of one of the flows of a checked site.

    Raises:
        KeyError: there is no such flow.
    """
    raw = site.flows[name]
    flow = read_flow(raw)
    edges = [edge for found in graph_of({name: flow}).edges.values() for edge in found]
    tables = cast("Mapping[str, Mapping[str, Any]]", raw.get("node", {}))
    language = _language(site, name)
    boxes = [
        Box(one, node.type.name, one, _shortened(_text(site, node, tables[one], language)),
            one == flow.start)
        for one, node in flow.nodes.items()
    ]  # fmt: skip
    others = dict.fromkeys(edge.target[0] for edge in edges if edge.target[0] != name)
    boxes += [
        Box(flow_box(one), "flow", one, title_of(site, one) if one in site.flows else "")
        for one in others
    ]
    return Chart(name, title_of(site, name), tuple(boxes), tuple(_ways(flow, name, edges, tables)))


def _ways(
    flow: Flow, name: str, edges: Iterable[Edge], tables: Mapping[str, Mapping[str, Any]]
) -> Iterator[Way]:
    found: dict[tuple[str, str, bool], dict[str, None]] = {}
    for edge in edges:
        here = edge.target[0] == name
        if here and edge.target[1] not in flow.nodes:
            continue
        target = edge.target[1] if here else flow_box(edge.target[0])
        is_failure = edge.key.startswith(FAILURES)
        keys = found.setdefault((edge.source[1], target, is_failure), {})
        if key := _called(edge, tables[edge.source[1]]):
            keys[key] = None
    for (source, target, is_failure), names in found.items():
        yield Way(source, target, tuple(names), is_failure)


def _called(edge: Edge, table: Mapping[str, Any]) -> str:
    """Return what a way is called: its key, or the condition beside it in its list."""
    if edge.key == _SILENT or edge.target[0] != edge.source[0]:
        return ""
    last = edge.path[-1] if edge.path else edge.key
    if len(edge.path) < 3 or not isinstance(last, str):
        return str(last)
    case: Any = table
    for part in edge.path[:-1]:
        case = case[part]
    if not isinstance(case, dict):
        return str(last)
    return ", ".join(f"{key} {_plain(one)}" for key, one in case.items() if key != last)


def _plain(found: object) -> str:
    return "/".join(map(str, found)) if isinstance(found, list) else str(found)


# --- what a node says ---------------------------------------------------------------------------


def _language(site: Site, flow: str) -> str:
    """Return the language in which contacts come into a flow, as far as the numbers tell."""
    for number in site.numbers.values():
        if number.flow == flow:
            return number.language
    return next(iter(site.prompts), "en")


def wording(site: Site, key: str, language: str) -> str:
    """Return what is heard of a prompt, or read where that is a recording; its key if neither."""
    home = site.home_of(key, language)
    spoken = site.prompts[home][key] if home is not None else ""
    if spoken and not spoken.startswith(FILE_PREFIX):
        return spoken
    return site.text_of([Prompt("key", key)], language) or f"[{key}]"


def _text(site: Site, node: Node, table: Mapping[str, Any], language: str) -> str:
    """Return what a node says, else what it names, else what it is told to do."""
    refs = node.refs
    prompts = [ref for ref in refs if ref.to is To.PROMPT]
    if prompts:
        first = prompts[0].path[0]
        return " ".join(
            wording(site, ref.name, language) for ref in prompts if ref.path[0] == first
        )
    said = table.get("text")
    if isinstance(said, dict):
        return str(said.get(language) or next(iter(said.values()), ""))
    if isinstance(said, str):
        return said
    named = [ref.name for ref in refs if ref.to in (To.QUEUE, To.CALENDAR)]
    if named:
        return ", ".join(named)
    leads = {str(ref.path[0]) for ref in refs if ref.to in (To.NODE, To.FLOW)}
    return ", ".join(_facts(table, leads))


def _facts(table: Mapping[str, Any], leads: set[str]) -> Iterator[str]:
    for key, found in table.items():
        if key in leads or key == "type" or key.startswith(FAILURES):
            continue
        if isinstance(found, dict):
            yield from (f"{name} = {one}" for name, one in found.items())
        else:
            yield f"{key} = {_plain(found)}"


def _shortened(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= LONGEST_TEXT else f"{line[: LONGEST_TEXT - 1].rstrip()}…"
