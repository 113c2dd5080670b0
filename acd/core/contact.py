"""A contact: one attempt of a customer to get one thing done, on one channel."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum

from acd.core.channel import Channel
from acd.core.flows import Cursor
from acd.core.ids import (
    AgentName,
    ContactId,
    ConversationId,
    CustomerId,
    LegId,
    MessageId,
    OfferId,
    PlaybackId,
    QueueName,
    RecordingId,
    SegmentId,
    TaskId,
)
from acd.core.skill import Requirement
from acd.core.timers import NEVER, Instant
from acd.core.value import value


class ContactState(StrEnum):
    """Where a contact is: always in exactly one of these places."""

    IN_FLOW = "in_flow"
    WAITING = "waiting"
    OFFERED = "offered"
    ACTIVE = "active"
    WRAPUP = "wrapup"
    CLOSED = "closed"


class Party(StrEnum):
    """Who ended something."""

    CUSTOMER = "customer"
    AGENT = "agent"
    SYSTEM = "system"
    CARRIER = "carrier"
    UNKNOWN = "unknown"


class EndReason(StrEnum):
    """Why a contact ended: a closed list, each with a party to blame."""

    CUSTOMER_ENDED = "customer_ended"  # after talking to an agent
    AGENT_ENDED = "agent_ended"
    ABANDONED = "abandoned"  # left while waiting or ringing
    LEFT_FLOW = "left_flow"  # hung up inside a flow
    FLOW_ENDED = "flow_ended"  # the flow said goodbye
    VOICEMAIL = "voicemail"  # left a message
    NUMBER_UNKNOWN = "number_unknown"
    FLOW_FAILED = "flow_failed"  # a flow could go neither on nor to a human
    PBX_LOST = "pbx_lost"
    UNSEEN = "unseen"  # ended while nobody was looking
    NOT_REACHED = "not_reached"  # we rang and nobody answered
    WITHDRAWN = "withdrawn"  # a supervisor took it out of its queue
    CALLBACK = "callback"  # was promised a call, which is a contact of its own
    TRANSFERRED = "transferred"  # the flow handed the caller to somebody outside


BLAME: dict[EndReason, Party] = {
    EndReason.CUSTOMER_ENDED: Party.CUSTOMER,
    EndReason.AGENT_ENDED: Party.AGENT,
    EndReason.ABANDONED: Party.CUSTOMER,
    EndReason.LEFT_FLOW: Party.CUSTOMER,
    EndReason.FLOW_ENDED: Party.SYSTEM,
    EndReason.VOICEMAIL: Party.CUSTOMER,
    EndReason.NUMBER_UNKNOWN: Party.CUSTOMER,
    EndReason.FLOW_FAILED: Party.SYSTEM,
    EndReason.PBX_LOST: Party.SYSTEM,
    EndReason.UNSEEN: Party.UNKNOWN,
    EndReason.NOT_REACHED: Party.CUSTOMER,
    EndReason.WITHDRAWN: Party.SYSTEM,
    EndReason.CALLBACK: Party.CUSTOMER,
    EndReason.TRANSFERRED: Party.SYSTEM,
}


class SegmentKind(StrEnum):
    """Who handles a part of a contact."""

    FLOW = "flow"
    QUEUE = "queue"
    AGENT = "agent"


@dataclass(slots=True)
class Segment:
    """The part of a contact handled by one party.

    Attributes:
        id: ``s-…``.
        kind: kind of party.
        party: name of the flow, queue or agent.
        start_at: when it began.
        answered_at: for a queue, when an agent answered.
        end_at: when it ended; None while open.
        reason: why it ended; empty while open.
    """

    id: SegmentId
    kind: SegmentKind
    party: str
    start_at: Instant
    answered_at: Instant | None = None
    end_at: Instant | None = None
    reason: str = ""


@value(frozen=True, slots=True)
class Promise:
    """A call that a customer is promised: made when it is their turn, after they have gone.

    Attributes:
        number: what is rung.
        queue, priority, requirement: where it waits, and for whom.
        order_at: the place in time that it keeps.
    """

    number: str
    queue: QueueName
    priority: int
    requirement: Requirement
    order_at: Instant


@dataclass(slots=True)
class Contact:
    """A contact in the state; it leaves the state when it is closed.

    Attributes:
        queue: the queue it waits in or was taken from; None before the first.
        order_at: its ordering clock: when it first entered the queue; kept over missed offers.
        requirement: what it requires of the agent now, after relaxing.
        offer: the open offer, or the accepted one while an agent works on it.
        playback: what the customer is being played by the flow, if anything.
        task: what its flow has done outside at this moment, if anything.
        is_outside: that is a talk with somebody outside.
        promise: the call that the customer is promised, if any; it is opened when they are gone.
        is_secret: that is digits which the engine must not learn.
        leave_at: when the queue gives it back to its flow.
        recording: the talk's or the message's recording, if any.
        thread, dial, begun_by: see :class:`acd.core.events.ContactOpened`.
        customer, conversation: who it is from and on which matter, once that is known.
        sent: key to message of what agents wrote.
        replied_at: when an agent first wrote.
        is_leaving_message: the customer is speaking onto ``recording`` now.
        has_left_message: they have, at the node where they stand.
        has_music: whether the customer has been put on hold music.
    """

    id: ContactId
    channel: Channel
    site: str
    state: ContactState
    ani: str
    dnis: str
    caller_name: str
    language: str
    opened_at: Instant
    leg: LegId | None = None
    attributes: dict[str, str] = field(default_factory=dict)
    cursor: Cursor | None = None
    playback: PlaybackId | None = None
    recording: RecordingId | None = None
    task: TaskId | None = None
    is_outside: bool = False
    is_secret: bool = False
    priority: int = 0
    requirement: Requirement = ()
    queue: QueueName | None = None
    order_at: Instant = NEVER
    order: int = 0
    queued_at: Instant | None = None
    answered_at: Instant | None = None
    ended_at: Instant | None = None
    end_reason: EndReason | None = None
    offer: OfferId | None = None
    agent: AgentName | None = None
    attempts: int = 0
    has_music: bool = False
    leave_at: Instant = NEVER
    is_leaving_message: bool = False
    has_left_message: bool = False
    disposition: str = ""
    thread: str = ""
    dial: str = ""
    begun_by: AgentName | None = None
    customer: CustomerId | None = None
    conversation: ConversationId | None = None
    sent: dict[str, MessageId] = field(default_factory=dict)
    replied_at: Instant | None = None
    promise: Promise | None = None
    segments: list[Segment] = field(default_factory=list)

    @property
    def is_open(self) -> bool:
        """Whether the customer is still with us."""
        return self.state not in (ContactState.WRAPUP, ContactState.CLOSED)
