"""Trace: one contact's whole story, a walk over the causes in the log.

A record is part of the story if it speaks of the contact or of one of its legs, or if such a
record led to it without belonging to another contact. What led to a part of the story is shown too,
marked as coming from elsewhere: an agent's earlier talk that ended, an agent who became ready.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec

from acd.app.codec import encode_body
from acd.app.telling import tell
from acd.core import events as e
from acd.core.contact import BLAME, EndReason, Party
from acd.core.errors import AcdError
from acd.core.ids import ContactId, LegId, OfferId
from acd.core.record import Record
from acd.core.timers import Instant, elapsed_seconds

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ContactUnknown(AcdError):
    """The log knows no such contact."""

    code = "contact-unknown"


@dataclass(frozen=True, slots=True)
class Step:
    """One record of the story.

    Attributes:
        record: the record.
        depth: how many causes lie above it in the story.
        is_elsewhere: it is not about this contact, it only led to something that is.
        text: what happened, in a few words.
    """

    record: Record
    depth: int
    is_elsewhere: bool
    text: str


@dataclass(frozen=True, slots=True)
class Trace:
    """A contact's story.

    Attributes:
        contact: its id.
        opened_at: what times are relative to.
        steps: in the order of the log; a step stands somewhere below its cause.
        ended_at, reason, party: when the customer was no longer with us, why, and whose doing it
            was; None while they are.
    """

    contact: ContactId
    opened_at: Instant
    steps: tuple[Step, ...]
    ended_at: Instant | None
    reason: EndReason | None
    party: Party | None

    def as_text(self) -> str:
        """Return the story for people: seconds since the beginning, indented by cause."""
        started = _EPOCH + timedelta(microseconds=self.opened_at)
        lines = [f"{self.contact}  {started:%Y-%m-%d %H:%M:%S} UTC", ""]
        previous = 0
        for place, step in enumerate(self.steps):
            record = step.record
            after = elapsed_seconds(self.opened_at, record.at)
            indent = "  " * step.depth
            # Who sent an input matters; a cause is named when it is not the line above it.
            note = f"  by {record.actor}" if record.is_input else ""
            if record.cause and record.cause != previous and not self._stands_under(place):
                note += f"  because of #{record.cause}"
            if step.is_elsewhere:
                note += "  (elsewhere)"
            lines.append(f"{after:10.3f}  #{record.seq:<7d} {indent}{step.text}{note}")
            previous = record.seq
        lines += ["", self.ending()]
        return "\n".join(lines)

    def _stands_under(self, place: int) -> bool:
        """Whether, reading upwards, the first line with less indent is the cause."""
        step = self.steps[place]
        for above in reversed(self.steps[:place]):
            if above.depth < step.depth:
                return above.record.seq == step.record.cause
        return False

    def ending(self) -> str:
        """Return who ended it and why, in a sentence."""
        if self.ended_at is None or self.reason is None:
            return "It has not ended."
        seconds = elapsed_seconds(self.opened_at, self.ended_at)
        return f"It ended after {seconds:.3f} s: {self.reason}, by {self.party}."

    def document(self) -> dict[str, Any]:
        """Return the story as plain values."""
        return {
            "contact": self.contact,
            "opened_at": _iso(self.opened_at),
            "ended_at": _iso(self.ended_at) if self.ended_at is not None else None,
            "end_reason": self.reason,
            "ended_by": self.party,
            "steps": [
                {
                    "seq": step.record.seq,
                    "at": _iso(step.record.at),
                    "after_seconds": elapsed_seconds(self.opened_at, step.record.at),
                    "depth": step.depth,
                    "cause": step.record.cause,
                    "actor": step.record.actor,
                    "type": step.record.type,
                    "is_input": step.record.is_input,
                    "is_elsewhere": step.is_elsewhere,
                    "text": step.text,
                    "data": msgspec.json.decode(encode_body(step.record.body).data),
                }
                for step in self.steps
            ],
        }


def _iso(at: Instant) -> str:
    return (_EPOCH + timedelta(microseconds=at)).isoformat()


def find_contact(records: Iterable[Record], wanted: str) -> ContactId:
    """Return the contact with the id ``wanted``, else the newest one from that number or address.

    Raises:
        ContactUnknown: there is none.
    """
    found: ContactId | None = None
    for record in records:
        if isinstance(record.body, e.ContactOpened):
            if record.body.contact == wanted:
                return record.body.contact
            if record.body.ani == wanted:
                found = record.body.contact
    if found is None:
        raise ContactUnknown(
            "the log has no such contact", hint="give its id, or the number it came from"
        )
    return found


def trace(records: Iterable[Record], contact: ContactId) -> Trace:
    """Return a contact's story.

    Args:
        records: the log from its beginning, or at least from before the contact began.
        contact: its id.

    Raises:
        ContactUnknown: the log does not say that it began.
    """
    walk = _Walk(contact)
    for record in records:
        walk.take(record)
    if walk.opened is None:
        raise ContactUnknown("the log has no such contact", hint="give the id of a contact")
    ended_at, reason = walk.ended
    return Trace(
        contact,
        walk.opened.at,
        tuple(walk.steps()),
        ended_at,
        reason,
        BLAME[reason] if reason is not None else None,
    )


class _Walk:
    """Picks a contact's records out of a log in one pass.

    The causes of a record come before it, so the recent past is kept: what a later record names
    as its cause is in the same turn, hence after the last input.
    """

    def __init__(self, contact: ContactId) -> None:
        self.contact = contact
        self.opened: Record | None = None
        self.ended: tuple[Instant | None, EndReason | None] = (None, None)
        self._ours: dict[int, Record] = {}
        self._elsewhere: dict[int, Record] = {}
        self._turn: dict[int, Record] = {}
        self._legs: set[LegId] = set()
        self._offers: set[OfferId] = set()

    def take(self, record: Record) -> None:
        """Take the next record in."""
        if record.is_input:
            self._turn.clear()
        self._turn[record.seq] = record
        body = record.body
        if getattr(body, "contact", None) == self.contact:
            self._learn(record)
        elif not self._is_ours(record):
            return
        self._ours[record.seq] = record
        cause = self._turn.get(record.cause)
        while cause is not None and cause.seq not in self._ours:
            self._elsewhere[cause.seq] = cause
            cause = self._turn.get(cause.cause)

    def _learn(self, record: Record) -> None:
        body = record.body
        if isinstance(body, e.ContactOpened):
            self.opened = record
        elif isinstance(body, e.ContactEnded):
            self.ended = (record.at, body.reason)
        elif isinstance(body, e.OfferMade):
            self._offers.add(body.offer)
        leg = getattr(body, "leg", None)
        if leg is not None:
            self._legs.add(leg)

    def _is_ours(self, record: Record) -> bool:
        body = record.body
        if getattr(body, "contact", None) is not None:
            return False  # another contact's
        if getattr(body, "leg", None) in self._legs or getattr(body, "offer", None) in self._offers:
            return True
        return record.cause in self._ours

    def steps(self) -> Iterator[Step]:
        """Yield the story in the order of the log."""
        shown = {**self._ours, **self._elsewhere}
        depths: dict[int, int] = {}
        for seq in sorted(shown):
            record = shown[seq]
            depths[seq] = depths[record.cause] + 1 if record.cause in depths else 0
            is_elsewhere = seq not in self._ours and self._is_of_others(record)
            yield Step(record, depths[seq], is_elsewhere, tell(record.body))

    def _is_of_others(self, record: Record) -> bool:
        """Whether what led here names an agent, leg or contact, and not ours.

        The very first input came before the contact; a look at the PBX names nobody.
        """
        body = record.body
        if getattr(body, "leg", None) in self._legs:
            return False
        named = ("agent", "leg", "offer", "contact")
        return any(getattr(body, name, None) is not None for name in named)
