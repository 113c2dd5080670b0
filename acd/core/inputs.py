"""Inputs: what the core is told. Facts in the past tense, requests in the imperative.

Every input is written to the log before anything it causes, so a log replays.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from acd.core.agent import AgentProfile, Presence
from acd.core.channel import Channel
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
)
from acd.core.leg import GoneCause, LegState
from acd.core.site import Site
from acd.core.skill import Requirement
from acd.core.value import value


@value(frozen=True, slots=True)
class OpenLog:
    """The very first input of a log.

    Attributes:
        engine: version of the engine that began the log.
        seed: what ids are derived from.
        flags: logic flags: each names a change of behaviour that older logs do not have.
    """

    engine: str
    seed: str
    flags: tuple[str, ...] = ()


@value(frozen=True, slots=True)
class PublishSite:
    """Make a checked site the running version; contacts in flight stay on theirs."""

    site: Site


@value(frozen=True, slots=True)
class DefineAgent:
    """Add an agent or change their profile; presence and work are kept."""

    profile: AgentProfile


@value(frozen=True, slots=True)
class RemoveAgent:
    """Remove an agent; an agent at work is logged out first and removed when done."""

    agent: AgentName


@value(frozen=True, slots=True)
class SetPresence:
    """An agent, or somebody for them, says whether they take contacts."""

    agent: AgentName
    presence: Presence
    reason: str = ""


@value(frozen=True, slots=True)
class PhoneReachable:
    """The PBX learned that an agent's phone can or cannot be reached."""

    agent: AgentName
    is_reachable: bool


@value(frozen=True, slots=True)
class FinishWrapup:
    """The agent's after-contact work is done.

    Attributes:
        contact: of which contact; of all that are in wrap-up when None.
        note: what the agent wants to be read of it later.
    """

    agent: AgentName
    disposition: str = ""
    contact: ContactId | None = None
    note: str = ""


# --- legs ---------------------------------------------------------------------------------------


@value(frozen=True, slots=True)
class LegArrived:
    """A customer's call came in.

    Attributes:
        leg: the PBX channel.
        node: name of the PBX.
        ani: caller's number as signalled.
        dnis: number dialled.
        caller_name: caller's name as signalled.
        is_up: the PBX has answered it already.
    """

    leg: LegId
    node: str
    ani: str
    dnis: str
    caller_name: str = ""
    is_up: bool = False


@value(frozen=True, slots=True)
class LegReturned:
    """A leg came back from the PBX's fallback dialplan; if unknown, it is a new call."""

    leg: LegId
    node: str
    ani: str
    dnis: str
    caller_name: str = ""
    is_up: bool = True


@value(frozen=True, slots=True)
class CodeDialled:
    """An agent dialled a ``*`` code on their own phone.

    Attributes:
        address: the phone it came from, as in :attr:`AgentProfile.address`.
    """

    leg: LegId
    node: str
    address: str
    code: str


@value(frozen=True, slots=True)
class LegRinging:
    """The phone at the end of a leg we dialled rings."""

    leg: LegId


@value(frozen=True, slots=True)
class LegAnswered:
    """A leg we dialled was answered."""

    leg: LegId


@value(frozen=True, slots=True)
class LegGone:
    """A leg has ended; confirmed, not guessed."""

    leg: LegId
    cause: GoneCause = GoneCause.NORMAL


@value(frozen=True, slots=True)
class DigitReceived:
    """A key was pressed on a leg."""

    leg: LegId
    digit: str


@value(frozen=True, slots=True)
class PlaybackEnded:
    """What we played to a leg has ended or failed."""

    leg: LegId
    playback: PlaybackId


@value(frozen=True, slots=True)
class RecordingEnded:
    """A message of a leg has been recorded.

    Attributes:
        seconds: its length.
    """

    leg: LegId
    recording: RecordingId
    seconds: float


# --- contacts without legs ---------------------------------------------------------------------


@value(frozen=True, slots=True)
class ContactArrived:
    """A contact on a channel without legs came in and goes straight into a queue."""

    channel: Channel
    address: str
    sender: str
    queue: QueueName
    priority: int = 0
    requirement: Requirement = ()
    attributes: Mapping[str, str] = field(default_factory=dict)


@value(frozen=True, slots=True)
class MessageArrived:
    """A customer wrote.

    Attributes:
        intake: number of the row of the intake that holds it: rows are told in order, each once.
        address: what it was sent to; looked up among the site's numbers, then ``channel`` is.
        sender, sender_name: who wrote it.
        thread: while a contact of this thread is open the message is added to it.
        key: the sender's own name of the message.
        text: plain, at most :data:`acd.core.message.LONGEST_TEXT` characters.
        attributes: what is known of a contact that begins with it.
    """

    intake: int
    channel: Channel
    address: str
    sender: str
    sender_name: str
    thread: str
    text: str
    key: str = ""
    language: str = ""
    attachments: tuple[str, ...] = ()
    attributes: Mapping[str, str] = field(default_factory=dict)


@value(frozen=True, slots=True)
class CustomerLeft:
    """A customer closed a chat, or is taken to have given it up."""

    intake: int
    thread: str


@value(frozen=True, slots=True)
class SendMessage:
    """The agent who works on a contact writes to its customer.

    Attributes:
        key: the desk's own name of the message; one that is known is refused.
    """

    contact: ContactId
    agent: AgentName
    key: str
    text: str
    attachments: tuple[str, ...] = ()


@value(frozen=True, slots=True)
class MessageDelivered:
    """A message was handed over to the customer's side."""

    message: MessageId


@value(frozen=True, slots=True)
class MessageUndeliverable:
    """A message will never reach the customer."""

    message: MessageId
    code: str


@value(frozen=True, slots=True)
class IdentifyContact:
    """Somebody looked up who a contact is from, and on which matter.

    Attributes:
        name: the customer's; kept where the channel told none.
        attributes: what is known of the matter; what the contact knows better stays.
    """

    contact: ContactId
    customer: CustomerId
    conversation: ConversationId
    name: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)


@value(frozen=True, slots=True)
class TransferContact:
    """The agent who works on a contact hands it over to a queue or to one agent."""

    contact: ContactId
    agent: AgentName
    to_queue: QueueName | None = None
    to_agent: AgentName | None = None


@value(frozen=True, slots=True)
class CallCustomer:
    """The agent who works on a contact rings its customer, on the same matter.

    Attributes:
        number: where the customer is rung.
    """

    contact: ContactId
    agent: AgentName
    number: str


@value(frozen=True, slots=True)
class SetPriority:
    """Let a contact that waits go before or behind others."""

    contact: ContactId
    priority: int


@value(frozen=True, slots=True)
class WithdrawContact:
    """A supervisor takes a contact that nobody works on out."""

    contact: ContactId


@value(frozen=True, slots=True)
class AcceptOffer:
    """The agent takes an offer."""

    offer: OfferId


@value(frozen=True, slots=True)
class DeclineOffer:
    """The agent declines an offer."""

    offer: OfferId


@value(frozen=True, slots=True)
class EndContact:
    """A party ends a contact that has no leg to hang up.

    Attributes:
        by_customer: the customer left; else the agent is done.
    """

    contact: ContactId
    by_customer: bool


# --- the outside world --------------------------------------------------------------------------


@value(frozen=True, slots=True)
class EffectFailed:
    """An effect could not be performed.

    Attributes:
        effect: name of the effect.
        subject: the id it was about (leg, playback, recording).
        code: stable code of the failure.
    """

    effect: str
    subject: str
    code: str


HOLD_BRIDGE = "h-"
"""How the names of bridges begin in which callers are held with music."""


@value(frozen=True, slots=True)
class LegFact:
    """One leg as the PBX shows it.

    Attributes:
        state: ``ringing``, ``up``, ``down`` or ``away`` (alive, outside our control).
        bridge: the bridge it stands in, see :data:`HOLD_BRIDGE`; empty for none.
        ani, dnis, caller_name: for a leg we may not know.
    """

    leg: LegId
    state: LegState
    bridge: str = ""
    ani: str = ""
    dnis: str = ""
    caller_name: str = ""


@value(frozen=True, slots=True)
class PbxSeen:
    """A complete look at one PBX, taken after each connect and now and then.

    Attributes:
        node: name of the PBX.
        epoch: changes when the PBX restarts.
        legs: every live leg that is ours or that was asked about.
        asked: legs that were asked about and got a definite answer: one that is not in ``legs``
            is gone. Nothing is concluded about any other leg.
        is_fresh: effects under way before may be lost (the engine or the link was down), so what
            the PBX does is compared with what it should do, and mended.
    """

    node: str
    epoch: str
    legs: tuple[LegFact, ...]
    asked: tuple[LegId, ...]
    is_fresh: bool


@value(frozen=True, slots=True)
class PbxLost:
    """The PBX died: every leg on it is gone."""

    node: str


@value(frozen=True, slots=True)
class TimePassed:
    """Deadlines have come due; the log's name for :meth:`Engine.advance`."""


Input = (
    OpenLog
    | PublishSite
    | DefineAgent
    | RemoveAgent
    | SetPresence
    | PhoneReachable
    | FinishWrapup
    | LegArrived
    | LegReturned
    | CodeDialled
    | LegRinging
    | LegAnswered
    | LegGone
    | DigitReceived
    | PlaybackEnded
    | RecordingEnded
    | ContactArrived
    | MessageArrived
    | CustomerLeft
    | SendMessage
    | MessageDelivered
    | MessageUndeliverable
    | IdentifyContact
    | TransferContact
    | CallCustomer
    | SetPriority
    | WithdrawContact
    | AcceptOffer
    | DeclineOffer
    | EndContact
    | EffectFailed
    | PbxSeen
    | PbxLost
    | TimePassed
)
