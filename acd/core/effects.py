"""Effects: what the core wants done outside. Imperatives to a port, idempotent on their ids."""

from __future__ import annotations

from acd.core.channel import Channel
from acd.core.flows import Prompt
from acd.core.ids import (
    AgentName,
    ContactId,
    LegId,
    MessageId,
    OfferId,
    PlaybackId,
    RecordingId,
    TaskId,
)
from acd.core.leg import GoneCause
from acd.core.message import Author
from acd.core.task import Task
from acd.core.value import value


@value(frozen=True, slots=True)
class Answer:
    """Answer an incoming leg."""

    leg: LegId


@value(frozen=True, slots=True)
class Play:
    """Play prompts to a leg, one after another."""

    leg: LegId
    playback: PlaybackId
    prompts: tuple[Prompt, ...]
    language: str
    site: str


@value(frozen=True, slots=True)
class StopPlay:
    """Stop a playback; one that has ended already is fine."""

    leg: LegId
    playback: PlaybackId


@value(frozen=True, slots=True)
class TakeMessage:
    """Record what a leg says until silence, ``#``, hang-up or the limit."""

    leg: LegId
    recording: RecordingId
    max_seconds: float
    silence_seconds: float


@value(frozen=True, slots=True)
class DropMessage:
    """Stop recording what a leg says and throw it away, also if it has just ended by itself."""

    leg: LegId
    recording: RecordingId


@value(frozen=True, slots=True)
class Hold:
    """Let a leg wait with music."""

    leg: LegId
    music: str


@value(frozen=True, slots=True)
class Unhold:
    """Take a leg out of the bridge it waits or has talked in."""

    leg: LegId


@value(frozen=True, slots=True)
class Dial:
    """Ring an agent's phone for a caller.

    Attributes:
        leg: id of the new leg.
        caller: the leg it is dialled for; gone by now means there is nothing to dial. None when
            the agent begins the call.
        address: SIP user of the agent's phone.
        agent: whose phone it is.
        shown_number, shown_name: caller as shown on the phone.
        ring_seconds: give up after this long.
        recording: record both directions from the answer on under this id; None for not.
    """

    leg: LegId
    caller: LegId | None
    address: str
    agent: AgentName
    shown_number: str
    shown_name: str
    ring_seconds: float
    recording: RecordingId | None = None


@value(frozen=True, slots=True)
class DialOut:
    """Ring a customer.

    Attributes:
        leg: id of the new leg.
        number: digits, perhaps with a leading ``+``.
    """

    leg: LegId
    number: str
    ring_seconds: float


@value(frozen=True, slots=True)
class Connect:
    """Let caller and agent talk, in the agent's standing bridge."""

    agent: AgentName
    caller: LegId
    agent_leg: LegId


@value(frozen=True, slots=True)
class SendOut:
    """Let a leg go on in the site's own dialplan; :class:`acd.core.inputs.LegBack` follows.

    Attributes:
        task: what the leg is told to have been sent for when it is back.
        context, extension: where.
        max_seconds: bring it back after this long.
        ring_seconds: in the context that dials, how long it may ring there.
    """

    leg: LegId
    task: TaskId
    context: str
    extension: str
    max_seconds: float
    ring_seconds: float = 0


@value(frozen=True, slots=True)
class HangUp:
    """End a leg; one that has ended already is fine."""

    leg: LegId
    cause: GoneCause = GoneCause.NORMAL


@value(frozen=True, slots=True)
class Present:
    """Show an offer of a contact without legs to an agent."""

    offer: OfferId
    contact: ContactId
    agent: AgentName


@value(frozen=True, slots=True)
class Deliver:
    """Carry a message to the customer; a repeat is the same message.

    Attributes:
        address: what the contact was to: ours.
        recipient: who the contact is from.
        thread: what it is an answer in.
        language: the contact's.
        subject: what it is about, if it is known; an answer has the subject of what it answers.
    """

    message: MessageId
    contact: ContactId
    channel: Channel
    address: str
    recipient: str
    thread: str
    text: str
    author: Author
    language: str
    attachments: tuple[str, ...] = ()
    subject: str = ""


@value(frozen=True, slots=True)
class PerformTask:
    """Do something for a flow; :class:`acd.core.inputs.TaskReported` tells what came of it.

    Attributes:
        leg: the customer's, if they have one and it is needed.
    """

    task: TaskId
    contact: ContactId
    leg: LegId | None
    what: Task


@value(frozen=True, slots=True)
class CancelTask:
    """Nobody waits for a task any more; one that is over already is fine."""

    task: TaskId
    leg: LegId | None


PbxEffect = (
    Answer
    | Play
    | StopPlay
    | TakeMessage
    | DropMessage
    | Hold
    | Unhold
    | Dial
    | DialOut
    | Connect
    | SendOut
    | HangUp
)
"""What a PBX does."""

Effect = PbxEffect | Present | Deliver | PerformTask | CancelTask
