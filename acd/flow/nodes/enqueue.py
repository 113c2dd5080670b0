"""Node ``enqueue``."""

from __future__ import annotations

from dataclasses import dataclass

from acd.core.flows import Enqueue as EnqueueAction
from acd.core.flows import QueueLeft, Signal
from acd.core.ids import QueueName
from acd.core.skill import Need
from acd.flow.kinds import Exit, ListOf, Name, Number, Text, To, node
from acd.flow.model import FAIL, Entry, Go, NodeType, Outcome, Reach, Stay, Wait
from acd.flow.schema import Record, key
from acd.flow.visit import Visit


@dataclass(frozen=True, slots=True, kw_only=True)
class Require:
    """A skill that the agent must have."""

    skill: str = key(Text(longest=64), "the skill")
    min: int = key(Number("whole number", 1, 100, whole=True), "lowest level that will do")
    relax_after: float | None = key(
        Number(least=0), "seconds of waiting after which it no longer matters", default=None
    )


SUGGESTED = "suggested_reply"
"""Attribute that names the canned reply which the agent is offered first."""

REQUIRE = ListOf(
    "list of `{ skill, min, relax_after }`", item=Record("requirement", Require), most=20
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Enqueue:
    """Put the contact into a queue, where it waits for an agent.

    It comes back only when it waited too long, or when the queue is full. `reply` is offered to
    the agent: to send with one click, or to say first on the phone.
    """

    queue: str = key(Name("queue", To.QUEUE), "the queue")
    require: tuple[Require, ...] = key(REQUIRE, "what the agent must be able to do", default=())
    priority: int = key(
        Number("whole number", -100, 100, whole=True), "higher goes first", default=0
    )
    reply: str | None = key(
        Name("reply", To.REPLY), "the canned reply that the agent is offered first", default=None
    )
    max_wait_seconds: float | None = key(
        Number(least=1), "longest wait; the queue's own limit", default=None
    )
    on_timeout: str | None = key(
        node(Exit.IN_TIME), "where the caller goes after the longest wait", default=None
    )
    on_full: str | None = key(
        node(Exit.AT_ONCE), "where the caller goes when the queue is full", default=None
    )
    on_fail: str | None = key(
        node(Exit.AT_ONCE), "where the caller goes when the queue cannot take them", default=None
    )


def enter(keys: Enqueue, visit: Visit) -> Entry:
    """Hand over to the queue, which answers the call when it takes it."""
    if keys.reply is not None:
        visit.set(SUGGESTED, keys.reply)
    needs = tuple(Need(need.skill, need.min, need.relax_after) for need in keys.require)
    visit.actions.append(
        EnqueueAction(QueueName(keys.queue), keys.priority, needs, keys.max_wait_seconds)
    )
    return Wait()


def signal(keys: Enqueue, visit: Visit, signal: Signal) -> Outcome:
    """Take the contact back."""
    match signal:
        case QueueLeft("timeout"):
            return Go(keys.on_timeout)
        case QueueLeft("full"):
            return Go(keys.on_full)
        case QueueLeft():
            return FAIL
        case _:
            return Stay()


NODE = NodeType("enqueue", Enqueue, enter, signal, Reach.HUMAN)
