"""Which channels' customers come to which nodes, and whether those can serve them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from acd.core.channel import Channel
from acd.flow.graph import Graph, Place
from acd.flow.problems import At, Code, quoted

_NOBODY: frozenset[Channel] = frozenset()
_ONLY = {channel: frozenset({channel}) for channel in Channel}
_BY_PREFIX = {"widget": Channel.CHAT, "sms": Channel.SMS}


def channel_of(address: str) -> Channel:
    """Return over which channel contacts come to an entry of ``numbers.toml``.

    >>> [channel_of(a).value for a in ("100", "help@example.org", "widget:shop", "sms")]
    ['voice', 'mail', 'chat', 'sms']
    """
    if address in set(Channel):
        return Channel(address)
    if "@" in address:
        return Channel.MAIL
    prefix, colon, _ = address.partition(":")
    return _BY_PREFIX.get(prefix, Channel.MESSAGING) if colon else Channel.VOICE


def reached_by(
    graph: Graph, entrances: Iterable[tuple[str, str]], commands: Iterable[str]
) -> Mapping[Place, frozenset[Channel]]:
    """Return the channels whose customers may come to each node.

    Args:
        graph: the flows.
        entrances: address and flow, of each number.
        commands: flows that commands lead to, from wherever a customer is.
    """
    entrances = list(entrances)
    starts: dict[Channel, list[str]] = {}
    for address, flow in entrances:
        starts.setdefault(channel_of(address), []).append(flow)
    commands = list(commands)
    reached: dict[Place, frozenset[Channel]] = {}
    for channel in sorted(starts):
        for place in _led(graph, (*starts[channel], *commands), channel):
            reached[place] = reached.get(place, _NOBODY) | _ONLY[channel]
    return reached


def _led(graph: Graph, flows: Iterable[str], channel: Channel) -> set[Place]:
    """Return where contacts of a channel may come to who enter some flows."""
    todo = [(flow, graph.flows[flow].start) for flow in flows if flow in graph.flows]
    seen = set(todo)
    while todo:
        place = todo.pop()
        on_fail = graph.flows[place[0]].on_fail if place[0] in graph.flows else None
        onward = [] if on_fail is None else [(place[0], on_fail)]
        for target in (*onward, *_ways(graph, place, channel)):
            if target not in seen:
                seen.add(target)
                todo.append(target)
    return seen


def _ways(graph: Graph, place: Place, channel: Channel) -> Iterator[Place]:
    """Iterate over where contacts of a channel may go from a node.

    A node that goes by the channel says so with a method ``led`` of its keys.
    """
    node = graph.node(place)
    led = getattr(node.keys, "led", None) if node is not None else None
    only = led(channel) if led is not None else None
    for edge in graph.edges.get(place, ()):
        if only is None or edge.target == (place[0], only):
            yield edge.target


def check_channels(
    graph: Graph, ats: Mapping[Place, At], reached: Mapping[Place, frozenset[Channel]]
) -> None:
    """Report the nodes to which customers come whom they cannot serve.

    Args:
        graph: the flows.
        ats: where each node stands.
        reached: who comes there (:func:`reached_by`).
    """
    for place, channels in reached.items():
        node = graph.node(place)
        wrong = channels - node.type.channels if node is not None else frozenset()
        if node is not None and wrong and place in ats:
            who = ", ".join(sorted(wrong))
            served = ", ".join(sorted(node.type.channels))
            ats[place].say(
                Code.WRONG_CHANNEL,
                f"{quoted(place[1])} serves {served} only, and contacts by {who} come here: "
                "switch on channel before",
            )
