"""Events: what has happened, in the past tense. State is a fold of them, and of nothing else.

An event decides nothing: everything needed to apply it is in it. A change of meaning is a new
``VERSION`` with an upcaster, never an edit of old records.
"""

from __future__ import annotations

from typing import ClassVar

from acd.core.agent import AgentProfile, Presence
from acd.core.channel import Channel
from acd.core.contact import EndReason
from acd.core.flows import Cursor, Prompt
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
)
from acd.core.leg import GoneCause, LegRole, LegState
from acd.core.message import Author
from acd.core.offer import Candidates, OfferOutcome
from acd.core.site import Site
from acd.core.skill import Requirement
from acd.core.timers import Instant
from acd.core.value import value


class _Event:
    __slots__ = ()
    VERSION: ClassVar[int] = 1


# --- the centre ---------------------------------------------------------------------------------


@value(frozen=True, slots=True)
class LogOpened(_Event):
    """The log begins."""

    engine: str
    seed: str
    flags: tuple[str, ...]


@value(frozen=True, slots=True)
class SitePublished(_Event):
    """A site became the running version."""

    site: Site


@value(frozen=True, slots=True)
class AgentDefined(_Event):
    """An agent was added or their profile changed."""

    agent: AgentName
    profile: AgentProfile


@value(frozen=True, slots=True)
class AgentLeaving(_Event):
    """An agent is removed as soon as the work in hand is done."""

    agent: AgentName


@value(frozen=True, slots=True)
class AgentRemoved(_Event):
    """An agent is no more."""

    agent: AgentName


@value(frozen=True, slots=True)
class PresenceChanged(_Event):
    """An agent's presence changed."""

    agent: AgentName
    presence: Presence
    reason: str


@value(frozen=True, slots=True)
class AgentRested(_Event):
    """An agent is not considered until an instant, their presence unchanged."""

    agent: AgentName
    until: Instant
    reason: str


@value(frozen=True, slots=True)
class RestEnded(_Event):
    """An agent is considered again."""

    agent: AgentName


@value(frozen=True, slots=True)
class PhoneChanged(_Event):
    """An agent's phone became reachable or unreachable."""

    agent: AgentName
    is_reachable: bool


@value(frozen=True, slots=True)
class PbxEpochChanged(_Event):
    """A PBX was seen for the first time or after a restart."""

    node: str
    epoch: str


# --- legs ---------------------------------------------------------------------------------------


@value(frozen=True, slots=True)
class LegOpened(_Event):
    """A leg came into being: a caller's, or one we dial."""

    leg: LegId
    node: str
    role: LegRole
    state: LegState
    contact: ContactId | None
    agent: AgentName | None
    offer: OfferId | None


@value(frozen=True, slots=True)
class LegChanged(_Event):
    """A leg changed its state."""

    leg: LegId
    contact: ContactId | None
    agent: AgentName | None
    state: LegState


@value(frozen=True, slots=True)
class FarewellStarted(_Event):
    """An agent's own call is told the result of its code and hung up afterwards."""

    leg: LegId
    contact: ContactId | None
    agent: AgentName | None
    playback: PlaybackId
    prompts: tuple[Prompt, ...]


@value(frozen=True, slots=True)
class LegClosed(_Event):
    """A leg has ended."""

    leg: LegId
    contact: ContactId | None
    agent: AgentName | None
    cause: GoneCause


# --- contacts -----------------------------------------------------------------------------------


@value(frozen=True, slots=True)
class ContactOpened(_Event):
    """A contact began.

    Attributes:
        ani: who it is from: a number, an address, a handle.
        dnis: what it is to: a number, a mailbox, a widget.
        caller_name: their name as the channel tells it.
        thread: what ties written messages to it while it is open; empty for a call.
        dial: the number we ring once an agent is there, for a call that an agent begins.
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


@value(frozen=True, slots=True)
class ContactIdentified(_Event):
    """It became known who a contact is from, and on which matter."""

    contact: ContactId
    customer: CustomerId
    conversation: ConversationId
    name: str


@value(frozen=True, slots=True)
class FlowEntered(_Event):
    """A flow took a contact over."""

    contact: ContactId
    segment: SegmentId
    flow: str


@value(frozen=True, slots=True)
class NodeEntered(_Event):
    """A contact came to a node of a flow."""

    contact: ContactId
    flow: str
    node: str


@value(frozen=True, slots=True)
class AttributeSet(_Event):
    """Something was learned about a contact."""

    contact: ContactId
    key: str
    value: str


@value(frozen=True, slots=True)
class LanguageSet(_Event):
    """A contact is spoken to in another language from now on."""

    contact: ContactId
    language: str


@value(frozen=True, slots=True)
class DigitTaken(_Event):
    """A contact's key press was given to the flow."""

    contact: ContactId
    digit: str


@value(frozen=True, slots=True)
class PromptsStarted(_Event):
    """A contact is being played something."""

    contact: ContactId
    playback: PlaybackId
    prompts: tuple[Prompt, ...]


@value(frozen=True, slots=True)
class PromptsEnded(_Event):
    """What was played has ended or was interrupted."""

    contact: ContactId
    playback: PlaybackId
    is_interrupted: bool


@value(frozen=True, slots=True)
class MessageStarted(_Event):
    """A contact's message is being recorded."""

    contact: ContactId
    recording: RecordingId


@value(frozen=True, slots=True)
class MessageEnded(_Event):
    """A contact's message has been recorded."""

    contact: ContactId
    recording: RecordingId
    seconds: float


@value(frozen=True, slots=True)
class FlowWaiting(_Event):
    """A flow stands at a node and waits.

    Attributes:
        deadline: when it wants to be called back; None for never.
    """

    contact: ContactId
    cursor: Cursor
    deadline: Instant | None


@value(frozen=True, slots=True)
class ContactQueued(_Event):
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
class QueueLeft(_Event):
    """A queue gave a contact back to its flow."""

    contact: ContactId
    queue: QueueName
    reason: str


@value(frozen=True, slots=True)
class RequirementRelaxed(_Event):
    """A waiting contact requires less from now on."""

    contact: ContactId
    requirement: Requirement


@value(frozen=True, slots=True)
class MusicStarted(_Event):
    """A waiting contact hears music from now on."""

    contact: ContactId
    music: str


@value(frozen=True, slots=True)
class PriorityChanged(_Event):
    """A contact goes before or behind others from now on."""

    contact: ContactId
    priority: int


# --- messages -----------------------------------------------------------------------------------


@value(frozen=True, slots=True)
class IntakeTaken(_Event):
    """A row of the intake was worked off; none of this number or before is taken again."""

    intake: int


@value(frozen=True, slots=True)
class MessageAdded(_Event):
    """A message became part of a contact.

    Attributes:
        agent: who wrote it, if an agent did.
        intake: the row of the intake that holds it whole; 0 for what we wrote.
        key: the sender's own name of it, by which a repeat is known.
        text: plain text.
        attachments: ids of what was sent with it.
    """

    contact: ContactId
    message: MessageId
    author: Author
    agent: AgentName | None
    intake: int
    key: str
    text: str
    attachments: tuple[str, ...]


@value(frozen=True, slots=True)
class MessageSettled(_Event):
    """What we wrote was handed over to the customer's side, or never will be.

    Attributes:
        failure: code of why not; empty when it was.
    """

    contact: ContactId
    message: MessageId
    failure: str


# --- offers -------------------------------------------------------------------------------------


@value(frozen=True, slots=True)
class OfferMade(_Event):
    """An agent was chosen and reserved for a contact.

    Attributes:
        attempt: how many offers of this contact there have been, this one included.
        candidates: who else could have been asked, and why not.
    """

    contact: ContactId
    agent: AgentName
    offer: OfferId
    queue: QueueName
    deadline: Instant
    attempt: int
    leg: LegId | None
    recording: RecordingId | None
    candidates: Candidates


@value(frozen=True, slots=True)
class OfferRinging(_Event):
    """The agent's phone rings."""

    contact: ContactId
    agent: AgentName
    offer: OfferId


@value(frozen=True, slots=True)
class OfferAccepted(_Event):
    """The agent took the contact; they talk."""

    contact: ContactId
    agent: AgentName
    offer: OfferId
    segment: SegmentId


@value(frozen=True, slots=True)
class OfferEnded(_Event):
    """An offer ended without being accepted; the contact keeps its place and its clock."""

    contact: ContactId
    agent: AgentName
    offer: OfferId
    outcome: OfferOutcome


@value(frozen=True, slots=True)
class WorkHeld(_Event):
    """An agent's work is suspended while work of another channel lasts."""

    contact: ContactId
    agent: AgentName
    offer: OfferId


@value(frozen=True, slots=True)
class WorkResumed(_Event):
    """An agent goes on with suspended work."""

    contact: ContactId
    agent: AgentName
    offer: OfferId


@value(frozen=True, slots=True)
class ContactTransferred(_Event):
    """An agent hands a contact over; they are done with it and it is queued again.

    Attributes:
        to: the agent it is meant for; None for whoever the queue finds.
    """

    contact: ContactId
    agent: AgentName
    queue: QueueName
    to: AgentName | None


# --- endings ------------------------------------------------------------------------------------


@value(frozen=True, slots=True)
class ContactEnded(_Event):
    """The customer is no longer with us; wrap-up may follow.

    Attributes:
        waited_seconds: wait in the queue, for a contact that was queued and not answered.
    """

    contact: ContactId
    reason: EndReason
    waited_seconds: float | None


@value(frozen=True, slots=True)
class WrapupStarted(_Event):
    """The agent finishes the contact's paperwork."""

    contact: ContactId
    agent: AgentName
    offer: OfferId
    deadline: Instant


@value(frozen=True, slots=True)
class WorkDone(_Event):
    """The agent is done with a contact."""

    contact: ContactId
    agent: AgentName
    offer: OfferId
    disposition: str
    note: str = ""


@value(frozen=True, slots=True)
class ContactClosed(_Event):
    """Nothing more will happen to this contact."""

    contact: ContactId
    reason: EndReason
    disposition: str


Event = (
    LogOpened
    | SitePublished
    | AgentDefined
    | AgentLeaving
    | AgentRemoved
    | PresenceChanged
    | AgentRested
    | RestEnded
    | PhoneChanged
    | PbxEpochChanged
    | LegOpened
    | LegChanged
    | FarewellStarted
    | LegClosed
    | ContactOpened
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
    | IntakeTaken
    | MessageAdded
    | MessageSettled
    | OfferMade
    | OfferRinging
    | OfferAccepted
    | OfferEnded
    | WorkHeld
    | WorkResumed
    | ContactTransferred
    | ContactEnded
    | WrapupStarted
    | WorkDone
    | ContactClosed
)
