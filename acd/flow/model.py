"""A flow ready to run, and what a node's functions say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from functools import cached_property
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from acd.core.channel import Channel
from acd.core.flows import FlowEnd, Signal
from acd.flow.kinds import Ref, To
from acd.flow.schema import refs_of, sets_of

if TYPE_CHECKING:
    from acd.flow.visit import Visit

S = TypeVar("S")

SYSTEM_PROMPTS: Mapping[str, str] = {
    "system.number_unknown": "This number is not in service. Goodbye.",
    "system.sorry": "We are sorry, something went wrong. Please call again later.",
    "system.thanks": "Thank you. Goodbye.",
    "agent.logged_in": "You are logged in.",
    "agent.logged_out": "You are logged out.",
    "agent.ready": "You are ready.",
    "agent.not_ready": "You are not ready.",
    "agent.wrapup_done": "Wrap-up is done.",
    "agent.refused": "That is not possible now.",
}
"""Prompts that the engine plays by itself; a site's prompt files say them in their own words."""


# --- what a node's function answers -----------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Go:
    """Go on at another node.

    Attributes:
        node: its name; None for an exit that was left out, which leads to ``on_fail`` of the node
            or else of the flow.
        flow: its flow, when it is another one; without ``node``, its start.
        back: the node of this flow to go on at when the other flow is over.
    """

    node: str | None
    flow: str | None = None
    back: str | None = None


@dataclass(frozen=True, slots=True)
class Return:
    """This flow is over: back to where it was called from; without such a place, the end."""


@dataclass(frozen=True, slots=True)
class Wait:
    """Stay at this node until a signal comes.

    Attributes:
        seconds: how long at most; None for however long it takes.
    """

    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Stay:
    """The signal does not matter here: a command of the site is obeyed, else the wait goes on."""


@dataclass(frozen=True, slots=True)
class End:
    """The flow is over and so is the contact."""

    how: FlowEnd = FlowEnd.FINISHED


@dataclass(frozen=True, slots=True)
class Again:
    """The customer did not answer what was asked, or not so that it could be understood.

    If they gave a command of the site, that is done. Else they are asked again, as often as the
    node's ``tries`` allows; then they go where ``on_fail`` says.

    Attributes:
        reason: ``no_input`` or ``not_understood``.
        first: prompts heard before the question is repeated.
        is_own: the key means something to the node itself, so it is no command.
    """

    reason: str
    first: tuple[str, ...] = ()
    is_own: bool = False


Entry = Go | Return | Wait | End
Outcome = Entry | Stay | Again

FAIL = Go(None)
"""The node could not do its work: the caller goes where ``on_fail`` says."""

EVERYWHERE = frozenset(Channel)
ON_THE_PHONE = frozenset({Channel.VOICE})


class Reach(Enum):
    """Where a node can end a caller's way, besides its exits."""

    NOTHING = "nothing"
    HUMAN = "a human"
    END = "an end"


@dataclass(frozen=True, slots=True)
class NodeType(Generic[S]):
    """A type of node: a schema and two functions. A node's module defines one as ``NODE``.

    Attributes:
        name: what ``type`` says in a flow.
        schema: dataclass whose fields are the node's keys; its docstring is the reference.
        enter: called when the caller comes to the node, and again after the line was away.
        signal: called when something happens while the caller is there. The end of a playback
            and a time-out reach it only if they were waited for.
        reaches: what the node itself is for the caller.
        channels: whom it can serve; a site where others come to it is refused.
        ask: for a node that asks: asks its question, after the prompts given. Its schema has a key
            ``tries``.
        keeps: what of its memory lasts when it begins again after the line was away.
    """

    name: str
    schema: type[S]
    enter: Callable[[S, Visit], Entry]
    signal: Callable[[S, Visit, Signal], Outcome]
    reaches: Reach = Reach.NOTHING
    channels: frozenset[Channel] = EVERYWHERE
    ask: Callable[[S, Visit, tuple[str, ...]], Entry] | None = None
    keeps: frozenset[str] = frozenset({"tries"})


@dataclass(frozen=True)
class Node:
    """A node of a flow.

    Attributes:
        type: its type.
        keys: its keys: an instance of the type's schema.
        on_fail: where a failure leads: its own ``on_fail`` or else the flow's; None for nowhere.
    """

    type: NodeType[Any]
    keys: Any
    on_fail: str | None

    @cached_property
    def refs(self) -> tuple[Ref, ...]:
        """What its keys refer to, paths beginning with the key."""
        return tuple(refs_of(self.keys))

    @cached_property
    def sets(self) -> frozenset[str]:
        """The attributes it sets."""
        return frozenset(sets_of(self.keys))

    @cached_property
    def reads(self) -> frozenset[str]:
        """The attributes it reads."""
        return frozenset(ref.name for ref in self.refs if ref.to is To.ATTRIBUTE)


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow: a graph of nodes.

    Attributes:
        start: name of the first node.
        on_fail: name of the node that takes over from any node without an exit of its own.
        nodes: node by name.
        broken: names of nodes that could not be read; a checked flow has none.
        escalate_after: misunderstandings, over all nodes, after which a contact goes to
            ``on_fail`` of the flow; None for no such limit.
    """

    start: str
    on_fail: str | None
    nodes: Mapping[str, Node]
    broken: frozenset[str] = frozenset()
    escalate_after: int | None = None
