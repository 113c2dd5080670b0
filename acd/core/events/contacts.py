"""Contacts: they arrive, walk flows and wait in queues."""

from __future__ import annotations

from acd.core.channel import Channel
from acd.core.events.base import EventBase
from acd.core.flows import Cursor, Prompt
from acd.core.ids import (
    AgentName,
    ContactId,
    ConversationId,
    CustomerId,
    LegId,
    PlaybackId,
    QueueName,
    RecordingId,
    SegmentId,
)
from acd.core.skill import Requirement
from acd.core.timers import Instant
from acd.core.value import value


@value(frozen=True, slots=True)
class ContactOpened(EventBase):
    """A contact began.

    Attributes:
        ani: who it is from: a number, an address, a handle.
        dnis: what it is to: a number, a mailbox, a widget.
        caller_name: their name as the channel tells it.
        thread: what ties written messages to it while it is open; empty for a call.
        dial: the number we ring once an agent is there, for a call that an agent begins.
        begun_by: the agent who began it; None for the customer.
    """

    contact: ContactId
    channel: Channel
    leg: LegId | None
    ani: str
    dnis: str
    caller_name: str
    language: str
    site: str
    thread: str = ""
    dial: str = ""
    begun_by: AgentName | None = None


@value(frozen=True, slots=True)
class LegPassed(EventBase):
    """A customer's leg goes on in a contact that follows the one it was in."""

    leg: LegId
    contact: ContactId
    to: ContactId


@value(frozen=True, slots=True)
class ContactIdentified(EventBase):
    """It became known who a contact is from, and on which matter."""

    contact: ContactId
    customer: CustomerId
    conversation: ConversationId
    name: str


@value(frozen=True, slots=True)
class FlowEntered(EventBase):
    """A flow took a contact over."""

    contact: ContactId
    segment: SegmentId
    flow: str


@value(frozen=True, slots=True)
class NodeEntered(EventBase):
    """A contact came to a node of a flow."""

    contact: ContactId
    flow: str
    node: str


@value(frozen=True, slots=True)
class AttributeSet(EventBase):
    """Something was learned about a contact."""

    contact: ContactId
    key: str
    value: str


@value(frozen=True, slots=True)
class LanguageSet(EventBase):
    """A contact is spoken to in another language from now on."""

    contact: ContactId
    language: str


@value(frozen=True, slots=True)
class DigitTaken(EventBase):
    """A contact's key press was given to the flow."""

    contact: ContactId
    digit: str


@value(frozen=True, slots=True)
class PromptsStarted(EventBase):
    """A contact is being played something."""

    contact: ContactId
    playback: PlaybackId
    prompts: tuple[Prompt, ...]


@value(frozen=True, slots=True)
class PromptsEnded(EventBase):
    """What was played has ended or was interrupted."""

    contact: ContactId
    playback: PlaybackId
    is_interrupted: bool


@value(frozen=True, slots=True)
class MessageStarted(EventBase):
    """A contact's message is being recorded."""

    contact: ContactId
    recording: RecordingId


@value(frozen=True, slots=True)
class MessageEnded(EventBase):
    """A contact's message has been recorded."""

    contact: ContactId
    recording: RecordingId
    seconds: float


@value(frozen=True, slots=True)
class FlowWaiting(EventBase):
    """A flow stands at a node and waits.

    Attributes:
        deadline: when it wants to be called back; None for never.
    """

    contact: ContactId
    cursor: Cursor
    deadline: Instant | None


@value(frozen=True, slots=True)
class ContactQueued(EventBase):
    """A contact entered a queue.

    Attributes:
        order_at: its ordering clock; earlier than now when it comes back to its old place.
        deadline: when the queue gives it back to its flow.
    """

    contact: ContactId
    queue: QueueName
    segment: SegmentId
    priority: int
    requirement: Requirement
    order_at: Instant
    deadline: Instant


@value(frozen=True, slots=True)
class QueueLeft(EventBase):
    """A queue gave a contact back to its flow."""

    contact: ContactId
    queue: QueueName
    reason: str


@value(frozen=True, slots=True)
class RequirementRelaxed(EventBase):
    """A waiting contact requires less from now on."""

    contact: ContactId
    requirement: Requirement


@value(frozen=True, slots=True)
class MusicStarted(EventBase):
    """A waiting contact hears music from now on."""

    contact: ContactId
    music: str


@value(frozen=True, slots=True)
class PriorityChanged(EventBase):
    """A contact goes before or behind others from now on."""

    contact: ContactId
    priority: int


ContactEvent = (
    ContactOpened
    | LegPassed
    | ContactIdentified
    | FlowEntered
    | NodeEntered
    | AttributeSet
    | LanguageSet
    | DigitTaken
    | PromptsStarted
    | PromptsEnded
    | MessageStarted
    | MessageEnded
    | FlowWaiting
    | ContactQueued
    | QueueLeft
    | RequirementRelaxed
    | MusicStarted
    | PriorityChanged
)
