"""Actions: what a flow wants."""

from __future__ import annotations

from enum import StrEnum

from acd.core.channel import Channel
from acd.core.flows.places import Choice, Prompt
from acd.core.skill import Requirement
from acd.core.task import Task
from acd.core.value import value


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
