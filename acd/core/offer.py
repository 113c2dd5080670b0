"""An offer: the lease of an agent for one contact, with the reasons for the choice."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from acd.core.ids import AgentName, ContactId, LegId, OfferId, RecordingId
from acd.core.timers import Instant
from acd.core.value import value


class OfferOutcome(StrEnum):
    """How an open offer can end."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    BUSY = "busy"
    RONA = "rona"  # redirect on no answer: the deadline passed
    UNREACHABLE = "unreachable"
    FAILED = "failed"
    WITHDRAWN = "withdrawn"  # the contact left, or the agent was taken away


@value(frozen=True, slots=True)
class Candidate:
    """Why one agent was or was not asked.

    Attributes:
        agent: the agent.
        rank: place among the eligible, 1 is the one chosen; 0 when excluded.
        why: rank terms of an eligible agent, else the exact reason of exclusion.
    """

    agent: AgentName
    rank: int
    why: str


@value(frozen=True, slots=True)
class Candidates:
    """The candidate table of one decision.

    Attributes:
        rows: eligible agents by rank, then the excluded ones by name. In a queue of more than
            ``matching.TABLE_LIMIT`` agents only the leading rows are kept, and the whole table
            is made again from the log when somebody asks.
        is_complete: every agent of the queue is in ``rows``.
    """

    rows: tuple[Candidate, ...]
    is_complete: bool


@dataclass(slots=True)
class Offer:
    """An open offer in the state."""

    id: OfferId
    contact: ContactId
    agent: AgentName
    made_at: Instant
    deadline: Instant
    leg: LegId | None = None
    recording: RecordingId | None = None
