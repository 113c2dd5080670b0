"""Why: for each decision about a contact, why this agent and why not the others.

Each offer keeps its candidate table; in a large queue only its head. Then the log is folded up to
the decision and the whole table is made again by the same code that decided.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from acd.app.telling import required, said
from acd.app.trace import ContactUnknown
from acd.core import events as e
from acd.core.contact import Contact, ContactState
from acd.core.engine import Engine
from acd.core.flows import Centre, Flows, Signal, Step
from acd.core.ids import AgentName, ContactId, QueueName
from acd.core.leg import LegState
from acd.core.offer import Candidate
from acd.core.record import Record
from acd.core.site import Site
from acd.core.timers import Instant, elapsed_seconds


@dataclass(frozen=True, slots=True)
class Decision:
    """One choice of an agent.

    Attributes:
        seq: sequence number of the offer in the log.
        after_seconds: since the contact entered the queue.
        agent: who was chosen.
        rows: every agent of the queue: the free ones by rank, then the others with the reason.
        outcome: how the offer ended; ``open`` while it has not.
    """

    seq: int
    after_seconds: float
    queue: QueueName
    agent: AgentName
    rows: tuple[Candidate, ...]
    outcome: str


@dataclass(frozen=True, slots=True)
class Waiting:
    """Why a contact still waits.

    Attributes:
        queue: where.
        since_seconds: for how long.
        ahead: contacts of the queue that come before it.
        requirement: what it requires of an agent now, in words.
        rows: every agent of the queue and the reason; a rank means that the agent is free.
        outside: agents who do not serve the queue.
        note: what else keeps it, beside the agents; empty for nothing.
    """

    queue: QueueName
    since_seconds: float
    ahead: int
    requirement: str
    rows: tuple[Candidate, ...]
    outside: tuple[AgentName, ...]
    note: str


@dataclass(frozen=True, slots=True)
class Why:
    """The answer.

    Attributes:
        decisions: every offer made for the contact, in order.
        waiting: why it has no offer now; None if it does not wait.
        state: where the contact is; ``closed`` when it is over.
    """

    contact: ContactId
    state: str
    decisions: tuple[Decision, ...]
    waiting: Waiting | None

    def as_text(self) -> str:
        """Return the answer for people."""
        lines = [f"{self.contact} is {self.state.replace('_', ' ')}"]
        for number, made in enumerate(self.decisions, start=1):
            lines += [
                "",
                f"offer {number}, #{made.seq}, {made.after_seconds:.3f} s after entering queue "
                f"{made.queue}: {made.agent} ({made.outcome})",
                *(f"  {said(row)}" for row in made.rows),
            ]
        found = self.waiting
        if found is not None:
            needs = f", requires {found.requirement}" if found.requirement else ""
            lines += [
                "",
                f"waits in queue {found.queue} for {found.since_seconds:.3f} s{needs}; "
                f"{found.ahead} before it",
            ]
            if found.note:
                lines.append(f"  {found.note}")
            lines += [f"  {said(row)}" for row in found.rows]
            if not found.rows:
                lines.append("  nobody serves this queue")
            if found.outside:
                names = ", ".join(found.outside[:10])
                more = f" and {len(found.outside) - 10} more" if len(found.outside) > 10 else ""
                lines.append(f"  not in this queue: {names}{more}")
        elif not self.decisions:
            lines += ["", "no agent was ever chosen for it"]
        return "\n".join(lines)

    def document(self) -> dict[str, Any]:
        """Return the answer as plain values."""
        found = self.waiting
        return {
            "contact": self.contact,
            "state": self.state,
            "decisions": [
                {
                    "seq": made.seq,
                    "after_seconds": made.after_seconds,
                    "queue": made.queue,
                    "agent": made.agent,
                    "outcome": made.outcome,
                    "candidates": _rows(made.rows),
                }
                for made in self.decisions
            ],
            "waiting": None
            if found is None
            else {
                "queue": found.queue,
                "since_seconds": found.since_seconds,
                "ahead": found.ahead,
                "requirement": found.requirement,
                "note": found.note,
                "candidates": _rows(found.rows),
                "outside": list(found.outside),
            },
        }


def _rows(rows: Iterable[Candidate]) -> list[dict[str, Any]]:
    return [{"agent": row.agent, "rank": row.rank, "why": row.why} for row in rows]


class _NoFlows:
    """Folding asks no flow."""

    def step(
        self, site: Site, contact: Contact, signal: Signal, now: Instant, centre: Centre
    ) -> Step:
        raise AssertionError("a fold decides nothing")


def why(records: Iterable[Record], contact: ContactId, now: Instant | None = None) -> Why:
    """Explain every decision about a contact.

    Args:
        records: the log from its beginning.
        contact: its id.
        now: the present, for who waits still; the last record's instant by default.

    Raises:
        ContactUnknown: the log does not say that it began.
    """
    flows: Flows = _NoFlows()
    engine = Engine(flows)
    decisions: list[Decision] = []
    is_known = False
    for record in records:
        body = record.body
        if isinstance(body, e.OfferMade) and body.contact == contact:
            decisions.append(_decision(engine, record, body))
        elif isinstance(body, e.OfferAccepted | e.OfferEnded) and body.contact == contact:
            outcome = body.outcome if isinstance(body, e.OfferEnded) else "accepted"
            decisions[-1] = _ended(decisions[-1], outcome)
        is_known = is_known or (isinstance(body, e.ContactOpened) and body.contact == contact)
        engine.fold(record)
    if not is_known:
        raise ContactUnknown("the log has no such contact", hint="give the id of a contact")
    found = engine.state.contacts.get(contact)
    state = ContactState.CLOSED if found is None else found.state
    waiting = None
    if found is not None and state is ContactState.WAITING:
        waiting = _waiting(engine, found, engine.state.at if now is None else now)
    return Why(contact, state, tuple(decisions), waiting)


def _decision(engine: Engine, record: Record, made: e.OfferMade) -> Decision:
    contact = engine.state.contacts[made.contact]
    table = made.candidates
    if not table.is_complete:
        table = engine.candidates(made.contact)
    since = contact.queued_at if contact.queued_at is not None else record.at
    after = elapsed_seconds(since, record.at)
    return Decision(record.seq, after, made.queue, made.agent, table.rows, "open")


def _ended(made: Decision, outcome: str) -> Decision:
    return Decision(made.seq, made.after_seconds, made.queue, made.agent, made.rows, outcome)


def _waiting(engine: Engine, contact: Contact, now: Instant) -> Waiting:
    state = engine.state
    assert contact.queue is not None
    key = (-contact.priority, contact.order_at, contact.order)
    ahead = sum(
        other.state is ContactState.WAITING
        and other.queue == contact.queue
        and (-other.priority, other.order_at, other.order) < key
        for other in state.contacts.values()
    )
    leg = state.legs.get(contact.leg) if contact.leg is not None else None
    note = ""
    if leg is not None and leg.state is LegState.AWAY:
        note = "the caller is in the PBX's fallback and cannot be connected until they are back"
    return Waiting(
        contact.queue,
        elapsed_seconds(contact.order_at, now),
        ahead,
        required(contact.requirement),
        engine.candidates(contact.id).rows,
        tuple(a.name for a in state.agents.values() if contact.queue not in a.profile.queues),
        note,
    )
