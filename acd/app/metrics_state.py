"""What the fold of :mod:`acd.app.metrics` knows; plain, so that it can be saved."""

from __future__ import annotations

from dataclasses import dataclass, field

from acd.app.agent_time import AgentClock
from acd.app.figures import Tally
from acd.app.version_tally import VersionTally
from acd.core.calendar import Calendar
from acd.core.channel import Channel
from acd.core.ids import AgentName, ContactId, OfferId, QueueName
from acd.core.timers import NEVER, Instant


@dataclass(slots=True)
class Target:
    """What a queue's visits are measured against, in microseconds.

    Attributes:
        hours: when time counts for customers who do not stay and wait; None: always.
    """

    answer: int
    short: int
    hours: Calendar | None = None


@dataclass(slots=True)
class Visit:
    """A contact in a queue; only those are kept that are counted.

    Attributes:
        written: the channel, if the contact is answered by a written reply; else None.
        offered_at: when the first offer was made; NEVER before.
    """

    queue: QueueName
    stream: str
    queued_at: Instant
    written: Channel | None = None
    offered_at: Instant = NEVER


@dataclass(slots=True)
class Work:
    """An agent's work on an answered visit; ``wrap_at`` is NEVER before wrap-up."""

    agent: AgentName
    queue: QueueName
    stream: str
    answered_at: Instant
    wrap_at: Instant = NEVER


@dataclass(slots=True)
class MetricsState:
    """All of it.

    Attributes:
        counted_from: contacts queued and time passed before are ignored: a warm-up.
        streams: open contact to its stream.
        written: open contact to its channel, of those that are answered by a written reply.
        visits: open, counted visits by contact.
        works: open works on counted visits by offer.
        versions: how contacts ended by version of the site.
    """

    counted_from: Instant = NEVER
    seq: int = 0
    at: Instant = NEVER
    targets: dict[QueueName, Target] = field(default_factory=dict)
    streams: dict[ContactId, str] = field(default_factory=dict)
    written: dict[ContactId, Channel] = field(default_factory=dict)
    visits: dict[ContactId, Visit] = field(default_factory=dict)
    works: dict[OfferId, Work] = field(default_factory=dict)
    clocks: dict[AgentName, AgentClock] = field(default_factory=dict)
    total: Tally = field(default_factory=Tally)
    by_queue: dict[str, Tally] = field(default_factory=dict)
    by_stream: dict[str, Tally] = field(default_factory=dict)
    by_group: dict[str, Tally] = field(default_factory=dict)
    versions: VersionTally = field(default_factory=VersionTally)
