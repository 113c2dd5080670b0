"""Flows: what they have done outside, what they keep, where they failed."""

from __future__ import annotations

from collections.abc import Mapping

from acd.core.channel import Channel
from acd.core.contact import Promise
from acd.core.events.base import EventBase
from acd.core.ids import ContactId, MessageId, TaskId
from acd.core.task import Task
from acd.core.value import value


@value(frozen=True, slots=True)
class TaskStarted(EventBase):
    """A flow has something done outside.

    Attributes:
        is_errand: the contact does not wait for it.
    """

    contact: ContactId
    task: TaskId
    what: Task
    is_errand: bool = False


@value(frozen=True, slots=True)
class TaskEnded(EventBase):
    """It is over.

    Attributes:
        outcome: ``ok``, ``cancelled`` when the contact did not wait for it, or what went wrong.
    """

    contact: ContactId
    task: TaskId
    outcome: str
    values: Mapping[str, str]


@value(frozen=True, slots=True)
class NodeFailed(EventBase):
    """A node did not bring a customer on, see :class:`acd.core.flows.NoteTrouble`."""

    contact: ContactId
    flow: str
    node: str
    reason: str


@value(frozen=True, slots=True)
class CodeRedeemed(EventBase):
    """A code of a promotion is used."""

    contact: ContactId
    promotion: str
    code: str


@value(frozen=True, slots=True)
class CallPromised(EventBase):
    """A customer is promised to be called back; the call is a contact of its own."""

    contact: ContactId
    promise: Promise


@value(frozen=True, slots=True)
class ScoreKept(EventBase):
    """A customer answered a question of a survey, see :class:`acd.core.flows.KeepScore`."""

    contact: ContactId
    survey: str
    question: str
    scale: str
    score: int


@value(frozen=True, slots=True)
class NoticeSent(EventBase):
    """A flow wrote to somebody on another channel; it is under way."""

    contact: ContactId
    message: MessageId
    channel: Channel
    recipient: str
    subject: str
    text: str


FlowEvent = (
    TaskStarted | TaskEnded | NodeFailed | CodeRedeemed | CallPromised | ScoreKept | NoticeSent
)
