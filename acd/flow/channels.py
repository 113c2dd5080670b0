"""Which channels' customers come to which nodes, and whether those can serve them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from acd.core.channel import Channel
from acd.flow.graph import Graph, Place
from acd.flow.problems import At, Code, quoted

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
    reached: dict[Place, set[Channel]] = {}
    todo: list[tuple[Place, Channel]] = []
    entrances = list(entrances)
    everyone = {channel_of(address) for address, _ in entrances}
    for flow, channel in [
        *((flow, channel_of(address)) for address, flow in entrances),
        *((flow, channel) for flow in commands for channel in sorted(everyone)),
    ]:
        if flow in graph.flows:
            todo.append(((flow, graph.flows[flow].start), channel))
    while todo:
        place, channel = todo.pop()
        channels = reached.setdefault(place, set())
        if channel in channels:
            continue
        channels.add(channel)
        todo += [(target, channel) for target in _ways(graph, place, channel)]
        on_fail = graph.flows[place[0]].on_fail if place[0] in graph.flows else None
        if on_fail is not None:
            todo.append(((place[0], on_fail), channel))
    return {place: frozenset(channels) for place, channels in reached.items()}


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
