"""A queue: a named waiting line with a policy."""

from __future__ import annotations

from dataclasses import dataclass

from acd.core.ids import QueueName


@dataclass(frozen=True, slots=True)
class Queue:
    """The policy of one waiting line, as admins write it in ``queues.toml``.

    Attributes:
        name: unique name.
        title: name shown to people.
        strategy: how the agent is chosen among several, see :mod:`acd.core.strategy`.
        service_level_seconds: target within which a contact should be answered.
        hours: calendar whose open time alone counts in that target for customers who do not stay
            and wait, such as those who sent a mail; None: all time counts.
        short_abandon_seconds: who leaves before this is not counted as abandoned in the level.
        offer_seconds: how long an agent's phone rings before the offer expires (RONA).
        wrapup_seconds: after-contact work granted; 0 for none.
        max_waiting: contacts that may wait; one more is refused. None for no limit.
        max_wait_seconds: longest wait before the flow takes the contact back.
        record: record the talk.
        music: music class heard while waiting.
        after: flow that customers enter when the agent has ended, as a contact of its own; None
            for none.
    """

    name: QueueName
    title: str = ""
    strategy: str = "longest_idle"
    service_level_seconds: float = 20
    hours: str | None = None
    short_abandon_seconds: float = 5
    offer_seconds: float = 20
    wrapup_seconds: float = 0
    max_waiting: int | None = None
    max_wait_seconds: float = 3600
    record: bool = False
    music: str = "default"
    after: str | None = None
