"""Check a whole site: every name names something, and no caller is ever lost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from acd.core.channel import Channel
from acd.flow.channels import check_channels, reached_by
from acd.flow.graph import Graph, Place, graph_of, loops, lost, unreachable
from acd.flow.kinds import Exit, Ref, To, good_prompt, is_name
from acd.flow.model import SYSTEM_PROMPTS, Flow
from acd.flow.problems import At, Code, Report, did_you_mean, quoted
from acd.flow.settled import Cost, settled
from acd.flow.template import BUILT_IN, TOLD

NUMBERS, COMMANDS = "numbers.toml", "commands.toml"

_UNKNOWN = {
    To.FLOW: Code.UNKNOWN_FLOW,
    To.QUEUE: Code.UNKNOWN_QUEUE,
    To.CALENDAR: Code.UNKNOWN_CALENDAR,
    To.CONTEXT: Code.UNKNOWN_CONTEXT,
    To.SERVICE: Code.UNKNOWN_SERVICE,
    To.PROMOTION: Code.UNKNOWN_PROMOTION,
    To.REPLY: Code.UNKNOWN_REPLY,
    To.LANGUAGE: Code.UNKNOWN_LANGUAGE,
}

_MADE = {
    To.FLOW: "{}.toml",
    To.QUEUE: "[{}] into queues.toml",
    To.CALENDAR: "[{}] into hours.toml",
    To.CONTEXT: "[{}] into a file asterisk/*.conf",
    To.SERVICE: "[services.{}] into the settings, acd.toml",
    To.PROMOTION: "[{}] into promotions.toml",
    To.REPLY: "[{}] into replies.toml",
    To.LANGUAGE: "its prompts into prompts/{}.toml",
}
"""What makes a name mean something."""


class Named(NamedTuple):
    """A place in a file and the names that stand there."""

    at: At
    refs: tuple[Ref, ...]


@dataclass(slots=True)
class Names:
    """What there is to be named. A kind that is absent was in a file that could not be read.

    Attributes:
        known: names of flows, queues, calendars, languages, services …
        prompts: language to the keys of its prompts.
        begun: flows that the site's own Asterisk dialplan leads to.
    """

    known: dict[To, frozenset[str]] = field(default_factory=dict)
    prompts: dict[str, frozenset[str]] = field(default_factory=dict)
    begun: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Checked:
    """A site whose names were looked at.

    Attributes:
        graph: its flows.
        ats: where each node stands.
        entered: flows that contacts enter: those of numbers, then those of commands.
        numbered: those that nothing has happened before.
        begun: those that are begun from elsewhere: by commands, after a talk …
        is_whole: whether every exit leads to a node that could be read.
        reached: the channels whose customers may come to each node.
        said: nodes about whose ways on enough was said.
        settled: nodes from which the graph alone shows that a human or an end comes, and how soon.
    """

    graph: Graph
    ats: Mapping[Place, At]
    entered: tuple[str, ...]
    numbered: frozenset[str]
    begun: frozenset[str]
    is_whole: bool
    reached: Mapping[Place, frozenset[Channel]]
    said: frozenset[Place]
    settled: Mapping[Place, Cost]


def check(
    report: Report, flows: Mapping[str, Flow], numbers: Iterable[Named], names: Names
) -> Checked:
    """Report every name that names nothing, and every way a caller could be lost.

    Args:
        report: takes the problems.
        flows: flows by name; flow ``x`` was read from ``x.toml``.
        numbers: what ``numbers.toml`` and the other files beside flows name.
        names: what there is.

    Returns:
        What else can be found out from.
    """
    nodes = {
        (flow_name, name): Named(report.at(f"{flow_name}.toml", "node", name), node.refs)
        for flow_name, flow in flows.items()
        for name, node in flow.nodes.items()
    }
    _check_names((*numbers, *nodes.values()), flows, names)
    graph = graph_of(flows)
    ats = {place: named.at for place, named in nodes.items()}
    ends = settled(graph)
    said, is_whole = _check_ways(report, graph, nodes, ends)
    entrances = _flows_in(NUMBERS, numbers)
    commands = [flow for _, flow in _flows_in(COMMANDS, numbers)]
    reached = reached_by(graph, entrances, commands)
    check_channels(graph, ats, reached)
    entered = (*(flow for _, flow in entrances), *commands)
    numbered = frozenset(flow for _, flow in entrances)
    begun = names.begun.union(
        ref.name
        for item in numbers
        if item.at.file != NUMBERS
        for ref in item.refs
        if ref.to is To.FLOW
    )
    return Checked(graph, ats, entered, numbered, begun, is_whole, reached, frozenset(said), ends)


def _flows_in(file: str, named: Iterable[Named]) -> list[tuple[str, str]]:
    """Return the entries of a file that name a flow, and the flow."""
    return [
        (str(item.at.path[0]), ref.name)
        for item in named
        if item.at.file == file
        for ref in item.refs
        if ref.to is To.FLOW
    ]


def attributes_of(flows: Mapping[str, Flow]) -> frozenset[str]:
    """Return the attributes that there are: built in, brought along, or set by a node."""
    return BUILT_IN.union(
        TOLD, *(node.sets for flow in flows.values() for node in flow.nodes.values())
    )


def _check_names(everything: Sequence[Named], flows: Mapping[str, Flow], names: Names) -> None:
    """Report every name of something that there is not, nodes aside."""
    languages = {r.name for named in everything for r in named.refs if r.to is To.LANGUAGE}
    prompts = {n: names.prompts[n] for n in sorted(languages) if n in names.prompts}
    prompts = _with_some(prompts, everything)
    attributes = attributes_of(flows)
    fine = {
        To.PROMPT: frozenset.intersection(*prompts.values()) if prompts else None,
        # What a node sets that could not be read is not known.
        To.ATTRIBUTE: None if any(flow.broken for flow in flows.values()) else attributes,
        To.NODE: None,
        To.NUMBER: None,
        **names.known,
    }
    for named in everything:
        for ref in named.refs:
            known = fine.get(ref.to)
            if known is None or ref.name in known:
                continue
            at = named.at.along(ref.path)
            if ref.to is To.PROMPT:
                _unknown_prompt(at, ref.name, prompts)
            elif ref.to is To.ATTRIBUTE:
                close = did_you_mean(ref.name, attributes)
                is_text = "when" in ref.path and not close
                hint = f'a text stands in quotes: "{ref.name}"' if is_text else ""
                at.say(Code.UNKNOWN_ATTRIBUTE, f"nothing sets {quoted(ref.name)}{close}", hint)
            else:
                hint = did_you_mean(ref.name, known)
                message = f"no {ref.to} {quoted(ref.name)}{hint}"
                at.say(_UNKNOWN[ref.to], message, "" if hint else _made(ref))


def _with_some(
    prompts: Mapping[str, frozenset[str]], everything: Sequence[Named]
) -> dict[str, frozenset[str]]:
    """Return the languages that have prompts; one that has none of several is reported once."""
    wanted = {r.name for named in everything for r in named.refs if r.to is To.PROMPT}
    wanted -= SYSTEM_PROMPTS.keys()
    if len(wanted) < 2:
        return dict(prompts)
    empty = [language for language, keys in prompts.items() if keys.isdisjoint(wanted)]
    for language in empty:
        everything[0].at.report.at(f"prompts/{language}.toml").say(
            Code.UNKNOWN_PROMPT,
            f"none of the {len(wanted)} prompts that flows name is here",
            'a number speaks "en" unless it says "language"' if language == "en" else "",
        )
    return {language: keys for language, keys in prompts.items() if language not in empty}


def _made(ref: Ref) -> str:
    """Return how what is named would come to be."""
    if ref.to is To.LANGUAGE and not ref.name.islower():
        return "a language is a code such as es"
    return f"write {_MADE[ref.to].format(ref.name)}" if is_name(ref.name) else ""


def _unknown_prompt(at: At, key: str, prompts: Mapping[str, frozenset[str]]) -> None:
    lacking = [language for language, keys in prompts.items() if key not in keys]
    close = did_you_mean(key, frozenset().union(*(prompts[language] for language in lacking)))
    files = ", ".join(f"prompts/{language}.toml" for language in lacking)
    at.say(
        Code.UNKNOWN_PROMPT,
        f"no prompt {quoted(key)} in {files}{close}",
        "" if good_prompt(key) else "name a prompt by its key; its text stands in that file",
    )


def _check_ways(
    report: Report, graph: Graph, nodes: Mapping[Place, Named], ends: Mapping[Place, Cost]
) -> tuple[set[Place], bool]:
    """Report what the graph alone shows; return the nodes about which that says enough.

    Also whether every exit leads to a node that could be read.
    """
    whole = _check_targets(report, graph, nodes)
    for place, keys in graph.exitless.items():
        missing = " or ".join(f'"{key}"' for key in keys)
        nodes[place].at.say(
            Code.NO_EXIT, f'{quoted(place[1])} may fail: give it {missing}, or the flow "on_fail"'
        )
    said = set(graph.exitless)
    for loop in loops(graph, ends):
        said.update(loop)
        way = " → ".join(name for _, name in [*loop, loop[0]])
        nodes[loop[0]].at.say(
            Code.LOOP_WITHOUT_WAIT,
            f"nothing is waited for on the way {way}",
            "lead one of these nodes elsewhere, or play or wait for something on the way",
        )
    if whole:  # else what is not reached may be what a mistyped exit means
        for place in unreachable(graph):
            nodes[place].at.say(
                Code.UNREACHABLE_NODE,
                f"nothing leads to node {quoted(place[1])}",
                "lead to it from another node, or remove it",
            )
    silent = lost(graph, (Exit.AT_ONCE, Exit.IN_TIME)) if len(ends) < len(nodes) else []
    trapped = lost(graph, tuple(Exit)) if silent else []
    for place in trapped:
        nodes[place].at.say(
            Code.TRAP,
            f"no way leads from {quoted(place[1])} to a human or to an end",
            "let one of the nodes on this way lead to a queue, a message or an end",
        )
    for place in silent:
        if place in trapped:
            continue
        nodes[place].at.say(
            Code.SILENT_LOOP,
            f"a silent caller never gets from {quoted(place[1])} to a human or an end",
            "let on_fail lead to a human or an end",
        )
    return said.union(silent), whole


def _check_targets(report: Report, graph: Graph, nodes: Mapping[Place, Named]) -> bool:
    """Report exits to nodes that do not exist; return whether there are none, nor broken nodes."""
    whole = not any(flow.broken for flow in graph.flows.values())
    for flow_name, flow in graph.flows.items():
        whole = whole and bool(flow.start)  # reported as missing if not
        for key, target in (("start", flow.start), ("on_fail", flow.on_fail)):
            if target and not graph.exists((flow_name, target)):
                _unknown_node(report.at(f"{flow_name}.toml", key), target, flow, graph.flows)
                whole = False
    for (flow_name, _), named in nodes.items():
        for ref in named.refs:
            if ref.to is not To.NODE:
                continue
            target_flow = graph.flows.get(flow_name if ref.flow is None else ref.flow)
            if target_flow is None:
                whole = False  # reported as an unknown flow
            elif (
                ref.name
                and ref.name not in target_flow.nodes
                and ref.name not in target_flow.broken
            ):
                at = named.at.along(ref.path)
                _unknown_node(at, ref.name, target_flow, graph.flows)
                whole = False
    return whole


def _unknown_node(at: At, name: str, flow: Flow, flows: Mapping[str, Flow]) -> None:
    close = did_you_mean(name, (*flow.nodes, *flow.broken))
    is_flow = name.partition(".")[0] in flows
    hint = 'another flow is entered by a node of type "goto"' if is_flow else ""
    at.say(Code.UNKNOWN_NODE, f"no node {quoted(name)}{close}", hint)
