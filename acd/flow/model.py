"""A flow ready to run, and what a node's functions see and say."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any, Generic, TypeVar

from acd.core.contact import Contact
from acd.core.flows import (
    Action,
    AnswerCall,
    FlowEnd,
    PlayPrompts,
    Prompt,
    SetAttribute,
    SetLanguage,
    Signal,
    StopPlaying,
)
from acd.core.site import Site
from acd.core.timers import Instant

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
    """

    node: str | None
    flow: str | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Stay at this node until a signal comes.

    Attributes:
        seconds: how long at most; None for however long it takes.
    """

    seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Stay:
    """The signal does not matter here: go on waiting as before."""


@dataclass(frozen=True, slots=True)
class End:
    """The flow is over and so is the contact."""

    how: FlowEnd = FlowEnd.FINISHED


Entry = Go | Wait | End
Outcome = Entry | Stay

FAIL = Go(None)
"""The node could not do its work: the caller goes where ``on_fail`` says."""


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
    """

    name: str
    schema: type[S]
    enter: Callable[[S, Call], Entry]
    signal: Callable[[S, Call, Signal], Outcome]
    reaches: Reach = Reach.NOTHING


@dataclass(frozen=True, slots=True)
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


@dataclass(frozen=True, slots=True)
class Flow:
    """A flow: a graph of nodes.

    Attributes:
        start: name of the first node.
        on_fail: name of the node that takes over from any node without an exit of its own.
        nodes: node by name.
        broken: names of nodes that could not be read; a checked flow has none.
    """

    start: str
    on_fail: str | None
    nodes: Mapping[str, Node]
    broken: frozenset[str] = frozenset()


# --- what a node's function sees --------------------------------------------------------------


class Call:
    """One step of one contact: what is known, and the actions asked for so far.

    Attributes:
        site: the site.
        now: the present.
        memory: what the current node remembers; it starts empty when a node is entered.
        actions: what was asked for, in order.
    """

    __slots__ = ("_answered", "_contact", "_values", "actions", "memory", "now", "playing", "site")

    def __init__(self, site: Site, contact: Contact, now: Instant) -> None:
        self.site = site
        self.now = now
        self.memory: dict[str, str] = {}
        self.actions: list[Action] = []
        self.playing = False
        self._contact = contact
        self._answered = False
        self._values: dict[str, str] | None = None

    @property
    def answered(self) -> bool:
        """Whether this flow has already seen to it that the call is answered."""
        return self._answered

    @answered.setter
    def answered(self, value: bool) -> None:
        self._answered = value

    @property
    def values(self) -> dict[str, str]:
        """Everything texts and branches may name: attributes, then what is built in."""
        if self._values is None:
            contact = self._contact
            self._values = {
                **contact.attributes,
                "ani": contact.ani,
                "dnis": contact.dnis,
                "caller_name": contact.caller_name,
                "language": contact.language,
            }
        return self._values

    def tries(self) -> int:
        """Return how many tries failed at this node, counting one more."""
        count = whole(self.memory.get("tries", "")) + 1
        self.memory["tries"] = str(count)
        return count

    def set(self, name: str, value: str) -> None:
        """Remember an attribute of the contact."""
        self.values[name] = value
        self.actions.append(SetAttribute(name, value))

    def speak(self, language: str) -> None:
        """Change the contact's language."""
        self.values["language"] = language
        self.actions.append(SetLanguage(language))

    def answer(self) -> None:
        """See to it that the call is answered."""
        if not self._answered:
            self._answered = True
            self.actions.append(AnswerCall())

    def play(self, *keys: str) -> Wait:
        """Play prompts by key; their end is signalled unless they are stopped."""
        return self._play(tuple(Prompt("key", key) for key in keys))

    def say(self, *texts: str) -> Wait:
        """Speak texts as they are; the end is signalled unless they are stopped."""
        return self._play(tuple(Prompt("text", text) for text in texts))

    def _play(self, prompts: tuple[Prompt, ...]) -> Wait:
        self.answer()
        self.stop()
        self.actions.append(PlayPrompts(prompts))
        self.playing = True
        return Wait()

    def stop(self) -> None:
        """Stop what is being played, if anything."""
        if self.playing:
            self.playing = False
            self.actions.append(StopPlaying())


def whole(text: str) -> int:
    """Return the whole number that a memory holds; 0 if it holds none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 18 else 0
