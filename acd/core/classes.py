"""Classes: contacts that differ only in their order, with who waits and who could serve them.

What stands in a class is kept by :class:`acd.core.matching.Matcher`, which alone knows which
entries are stale.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from acd.core.channel import Channel
from acd.core.ids import AgentName, ContactId, QueueName
from acd.core.skill import Requirement
from acd.core.strategy import Rank, Strategy

Waiting = tuple[int, int, int, ContactId]  # -priority, ordering clock, number, id
Idle = tuple[Rank, AgentName, int]  # rank, name, token


class ClassKey(NamedTuple):
    """What makes two contacts interchangeable but for their order."""

    queue: QueueName
    channel: Channel
    needs: tuple[tuple[str, int], ...]
    strategy: str


@dataclass(slots=True, eq=False)
class Class:
    """One class.

    Attributes:
        waiting: the line, sorted from ``first`` on, where the head is; what is before has left.
            Nearly all who come are the last, which is as cheap as with a heap, and to go on to
            the next costs no comparison.
        waiting_count: how many of the line have not left.
        head: who is next.
        idle: heap of who is available, best first; stale entries are dropped when they come up.
        members: every eligible agent, with their preference of the queue.
    """

    key: ClassKey
    channel: Channel
    strategy: Strategy
    requirement: Requirement
    waiting: list[Waiting] = field(default_factory=list)
    first: int = 0
    waiting_count: int = 0
    head: Waiting | None = None
    idle: list[Idle] = field(default_factory=list)
    members: dict[AgentName, int] = field(default_factory=dict)
