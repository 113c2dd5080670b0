"""Read a flow: parsed TOML to typed nodes, with every problem reported at its place."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from acd.flow.kinds import BAD, Exit, Number, Text, good_name, node, wrong_type
from acd.flow.model import Flow, Node
from acd.flow.problems import At, Code, Report, did_you_mean, quoted
from acd.flow.registry import node_types
from acd.flow.schema import key, read_schema


@dataclass(frozen=True, slots=True, kw_only=True)
class FlowKeys:
    """A flow is one file; its name is the file's name without `.toml`."""

    start: str = key(node(Exit.AT_ONCE), "the first node")
    on_fail: str | None = key(
        node(Exit.AT_ONCE), "the node that takes over from nodes that fail", default=None
    )
    title: str = key(Text(), "what it is, for people", default="")
    escalate_after: int | None = key(
        Number("whole number", 1, 50, whole=True),
        "misunderstandings, over all nodes, after which a customer goes to `on_fail`",
        default=None,
    )

    def contradiction(self) -> str | None:
        """Say so when nobody takes over from a customer who is not understood."""
        if self.escalate_after is not None and self.on_fail is None:
            return 'escalate_after needs "on_fail": where does the customer go?'
        return None


def read_flow(raw: Mapping[str, object], at: At | None = None) -> Flow:
    """Return the flow written in ``raw``.

    Args:
        raw: the parsed file.
        at: the file, to report problems in; None when they have been reported before.

    Returns:
        What could be read; what could not is in :attr:`acd.flow.model.Flow.broken`.
    """
    at = at or Report().at("")
    tables = {k for k, v in raw.items() if isinstance(v, dict)}
    for name in tables - {"node"}:
        (at / name).say(
            Code.UNKNOWN_KEY, f"no key {quoted(name)} here", "a node is a table [node.NAME]"
        )
    keys = read_schema(FlowKeys, {k: v for k, v in raw.items() if k not in {*tables, "node"}}, at)
    # Taken from the raw table, so that another key's problem does not make all nodes unreachable.
    start, on_fail = raw.get("start"), raw.get("on_fail")
    start = start if isinstance(start, str) else ""
    on_fail = on_fail if isinstance(on_fail, str) and on_fail else None
    nodes, broken = {}, set()
    for name, table in _tables(raw, at).items():
        read = _read_node(name, table, on_fail, at / "node" / name)
        if read is None:
            broken.add(name)
        else:
            nodes[name] = read
    escalate_after = None if keys is BAD else keys.escalate_after
    return Flow(start, on_fail, nodes, frozenset(broken), escalate_after)


def _tables(raw: Mapping[str, object], at: At) -> Mapping[str, object]:
    tables = raw.get("node")
    if isinstance(tables, dict) and tables:
        return tables
    if tables is None or tables == {}:
        at.say(Code.MISSING_KEY, "there is no node: a node is a table [node.NAME]")
    else:
        wrong_type(at / "node", "tables [node.NAME]", tables)
    return {}


def _read_node(name: str, raw: object, on_fail: str | None, at: At) -> Node | None:
    named_well = good_name(name, "node", at)
    if not isinstance(raw, dict):
        wrong_type(at, "a table", raw)
        return None
    type_name = raw.get("type")
    if type_name is None:
        close = [key for key in raw if did_you_mean(key.lower(), ("type",))]
        hint = f'write "type" for {quoted(close[0])}' if close else ""
        at.say(Code.MISSING_KEY, f'node {quoted(name)} has no "type"', hint)
        return None
    if not isinstance(type_name, str):
        wrong_type(at / "type", "a text", type_name)
        return None
    node_type = node_types().get(type_name)
    if node_type is None:
        hint = did_you_mean(type_name, node_types()) or f", only {', '.join(node_types())}"
        (at / "type").say(Code.UNKNOWN_TYPE, f"no type of node {quoted(type_name)}{hint}")
        return None
    keys = read_schema(node_type.schema, {k: v for k, v in raw.items() if k != "type"}, at)
    if keys is BAD or not named_well:
        return None
    own = getattr(keys, "on_fail", None)
    return Node(node_type, keys, own if own is not None else on_fail)
