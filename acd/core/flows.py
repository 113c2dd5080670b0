"""What the core needs of flows: a cursor, signals in, actions out.

The interpreter lives in :mod:`acd.flow`; the core only knows this contract, so flows stay pure
functions of (site, contact, signal, now) and the engine stays free of node types.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Protocol

from acd.core.channel import Channel
from acd.core.skill import Requirement
from acd.core.task import Task
from acd.core.timers import Instant
from acd.core.value import value

if TYPE_CHECKING:
    from acd.core.contact import Contact
    from acd.core.ids import ContactId
    from acd.core.site import Site


@value(frozen=True, slots=True)
class Cursor:
    """Where a contact is in a flow.

    Attributes:
        flow: name of the flow.
        node: name of the node.
        memory: what the node remembers (tries, digits so far), as plain strings.
        stack: places to come back to when a subflow is over, the last one first to be left.
        trail: places where the customer was asked something, the last one last, each followed by
            the ``stack`` of then, with spaces between.
        counts: what is counted over the whole way: passes of loops, misunderstandings.

    A place is written ``flow/node``.
    """

    flow: str
    node: str
    memory: Mapping[str, str] = field(default_factory=dict)
    stack: tuple[str, ...] = ()
    trail: tuple[str, ...] = ()
    counts: Mapping[str, int] = field(default_factory=dict)


@value(frozen=True, slots=True)
class Prompt:
    """Something to be heard or read.

    Attributes:
        kind: ``key`` names an entry of the site's prompts, ``text`` is spoken as it is.
        value: the key or the text.
    """

    kind: str
    value: str


@value(frozen=True, slots=True)
class Choice:
    """One of the answers offered to a customer who reads.

    Attributes:
        key: what stands for it: ``1``.
        label: what it is, in the customer's language.
    """

    key: str
    label: str


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
class Said:
    """The customer said something: in writing, or as a recogniser understood it.

    Attributes:
        text: the words; empty when nothing was understood.
        confidence: of the recogniser, 0 to 1; what was written is certain.
    """

    text: str
    confidence: float = 1.0


@value(frozen=True, slots=True)
class TimedOut:
    """The wait that the last step asked for is over."""


@value(frozen=True, slots=True)
class MessageDone:
    """The message being taken has ended.

    Attributes:
        seconds: its length; 0 when nothing was said.
        recording: the id of what was recorded.
    """

    seconds: float
    recording: str = ""


@value(frozen=True, slots=True)
class TaskDone:
    """What the flow asked somebody outside to do is over, see :mod:`acd.core.task`.

    Attributes:
        outcome: ``ok``, or how it went wrong: a word that the task's node knows.
        values: what came of it.
    """

    outcome: str
    values: Mapping[str, str] = field(default_factory=dict)


@value(frozen=True, slots=True)
class TaskBegun:
    """The customer has begun to do their part of a task: pressed the first of hidden keys."""


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


Signal = (
    Entered
    | PlaybackDone
    | DigitPressed
    | Said
    | TimedOut
    | MessageDone
    | TaskDone
    | TaskBegun
    | QueueLeft
    | Reattached
)


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
    """Play prompts one after another; the signal :class:`PlaybackDone` follows.

    Attributes:
        prompts: what is heard, or written.
        choices: what may be answered, for whoever reads.
    """

    prompts: tuple[Prompt, ...]
    choices: tuple[Choice, ...] = ()


@value(frozen=True, slots=True)
class StopPlaying:
    """Stop what is being played; no :class:`PlaybackDone` follows."""


@value(frozen=True, slots=True)
class TakeMessage:
    """Record a message of the customer; :class:`MessageDone` follows."""

    max_seconds: float
    silence_seconds: float


@value(frozen=True, slots=True)
class StartTask:
    """Have something done outside; :class:`TaskDone` follows, unless the flow goes on before.

    Attributes:
        is_errand: it is done whatever becomes of the contact, and nothing follows.
    """

    task: Task
    is_errand: bool = False


@value(frozen=True, slots=True)
class DropTask:
    """Wait no more for what was started, if anything: no :class:`TaskDone` follows."""


@value(frozen=True, slots=True)
class NoteTrouble:
    """Note that a node did not bring the customer on.

    Attributes:
        flow, node: where.
        reason: ``no_input``, ``not_understood``, ``failed``, or the command that was given.
    """

    flow: str
    node: str
    reason: str


@value(frozen=True, slots=True)
class RedeemCode:
    """Note that a code of a promotion has been used by this contact."""

    promotion: str
    code: str


@value(frozen=True, slots=True)
class KeepScore:
    """Note a customer's answer to a question of a survey.

    Attributes:
        survey: its name.
        question: which of its questions.
        scale: ``csat``, ``nps`` or ``points``.
        score: the answer.
    """

    survey: str
    question: str
    scale: str
    score: int


@value(frozen=True, slots=True)
class SendNotice:
    """Write to somebody on another channel; it is delivered whatever becomes of the contact.

    Attributes:
        channel: one that is delivered: mail, sms, messaging.
        recipient: address, number or handle.
        subject: for mail.
        text: what is written.
    """

    channel: Channel
    recipient: str
    subject: str
    text: str


@value(frozen=True, slots=True)
class CallBack:
    """Promise the customer a call when it is their turn; it is opened when they have gone.

    Where none can be made, :class:`QueueLeft` follows instead of what was wanted after this.

    Attributes:
        number: what is rung.
        queue, priority, requirement: as in :class:`Enqueue`.
    """

    number: str
    queue: str
    priority: int = 0
    requirement: Requirement = ()


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
    TRANSFERRED = "transferred"


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
    | StartTask
    | DropTask
    | NoteTrouble
    | RedeemCode
    | KeepScore
    | SendNotice
    | CallBack
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


# --- what a flow may ask of the centre ---------------------------------------------------------


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """How things stand in a queue.

    Attributes:
        waiting: contacts that wait.
        longest_wait_seconds: how long the first of them has waited; 0 for nobody.
        available: agents who could take a contact of this channel now.
    """

    waiting: int
    longest_wait_seconds: float
    available: int


class Centre(Protocol):
    """The centre as flows see it: read, never changed."""

    def queue(self, name: str, contact: Contact, now: Instant) -> QueueFigures | None:
        """Return how things stand in a queue of the contact's site; None for no such queue."""
        ...

    def is_open(self, calendar: str, contact: Contact, now: Instant) -> bool | None:
        """Return whether a calendar is open, overrides considered; None for no such calendar."""
        ...

    def redeemer(self, promotion: str, code: str) -> ContactId | None:
        """Return the contact that has used a code of a promotion, or None."""
        ...


class Flows(Protocol):
    """The interpreter as the core sees it. Pure: no clock, no I/O; never raises on input."""

    def step(
        self, site: Site, contact: Contact, signal: Signal, now: Instant, centre: Centre
    ) -> Step:
        """Advance ``contact`` through its flow until it has to wait or has left the flow."""
        ...
