"""What the core needs of flows: a cursor, signals in, actions out.

The interpreter lives in :mod:`acd.flow`; the core only knows this contract, so flows stay pure
functions of (site, contact, signal, now) and the engine stays free of node types.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from acd.core.skill import Requirement
from acd.core.timers import Instant
from acd.core.value import value

if TYPE_CHECKING:
    from acd.core.contact import Contact
    from acd.core.site import Site


@value(frozen=True, slots=True)
class Cursor:
    """Where a contact is in a flow.

    Attributes:
        flow: name of the flow.
        node: name of the node.
        memory: what the node remembers (tries, digits so far), as plain strings.
    """

    flow: str
    node: str
    memory: Mapping[str, str] = field(default_factory=dict)


@value(frozen=True, slots=True)
class Prompt:
    """Something to be heard.

    Attributes:
        kind: ``key`` names an entry of the site's prompts, ``text`` is spoken as it is.
        value: the key or the text.
    """

    kind: str
    value: str


# --- signals: what a flow is told -----------------------------------------------------------


@value(frozen=True, slots=True)
class Entered:
    """The contact enters a flow at its start."""

    flow: str


@value(frozen=True, slots=True)
class PlaybackDone:
    """What was being played has ended."""


@value(frozen=True, slots=True)
class DigitPressed:
    """The customer pressed a key: one of ``0-9 * # A-D``."""

    digit: str


@value(frozen=True, slots=True)
class TimedOut:
    """The wait that the last step asked for is over."""


@value(frozen=True, slots=True)
class MessageDone:
    """The message being taken has ended.

    Attributes:
        seconds: its length; 0 when nothing was said.
    """

    seconds: float


@value(frozen=True, slots=True)
class QueueLeft:
    """The queue gave the contact back.

    Attributes:
        reason: ``timeout``, ``full`` or ``unknown`` (no such queue any more).
    """

    reason: str


@value(frozen=True, slots=True)
class Reattached:
    """The engine or the line was away for a moment: begin the current node again."""


Signal = Entered | PlaybackDone | DigitPressed | TimedOut | MessageDone | QueueLeft | Reattached


# --- actions: what a flow wants ---------------------------------------------------------------


@value(frozen=True, slots=True)
class VisitNode:
    """The cursor came to a node."""

    flow: str
    node: str


@value(frozen=True, slots=True)
class SetAttribute:
    """Remember something about the contact."""

    key: str
    value: str


@value(frozen=True, slots=True)
class SetLanguage:
    """Speak this language from now on."""

    language: str


@value(frozen=True, slots=True)
class AnswerCall:
    """Answer the call if it is not answered yet."""


@value(frozen=True, slots=True)
class PlayPrompts:
    """Play prompts one after another; the signal :class:`PlaybackDone` follows."""

    prompts: tuple[Prompt, ...]


@value(frozen=True, slots=True)
class StopPlaying:
    """Stop what is being played; no :class:`PlaybackDone` follows."""


@value(frozen=True, slots=True)
class TakeMessage:
    """Record a message of the customer; :class:`MessageDone` follows."""

    max_seconds: float
    silence_seconds: float


@value(frozen=True, slots=True)
class Enqueue:
    """Put the contact into a queue; the cursor stays for when the queue gives it back."""

    queue: str
    priority: int = 0
    requirement: Requirement = ()
    max_wait_seconds: float | None = None


class FlowEnd(StrEnum):
    """How a flow ends a contact."""

    FINISHED = "finished"
    MESSAGE_LEFT = "message_left"
    FAILED = "failed"


@value(frozen=True, slots=True)
class EndContact:
    """Say goodbye: hang up and close the contact."""

    how: FlowEnd = FlowEnd.FINISHED


Action = (
    VisitNode
    | SetAttribute
    | SetLanguage
    | AnswerCall
    | PlayPrompts
    | StopPlaying
    | TakeMessage
    | Enqueue
    | EndContact
)


@value(frozen=True, slots=True)
class Step:
    """What a flow decided.

    Attributes:
        actions: in order.
        cursor: where the contact is now.
        wait_seconds: call back with :class:`TimedOut` after this long; None for no time-out.
    """

    actions: tuple[Action, ...]
    cursor: Cursor
    wait_seconds: float | None = None


class Flows(Protocol):
    """The interpreter as the core sees it. Pure: no clock, no I/O; never raises on input."""

    def step(self, site: Site, contact: Contact, signal: Signal, now: Instant) -> Step:
        """Advance ``contact`` through its flow until it has to wait or has left the flow."""
        ...
