"""Canaries: a version of the site that takes a share of the new contacts, watched and compared.

A contact is given to the canary when it opens, and stays with its version to its end whatever
becomes of the canary. Both versions' contacts are counted from the canary's start on; when the
guarded figure is worse with the canary, by more than was allowed and more than chance explains, it
is ended by the same step that counted the contact.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import StrEnum
from hashlib import blake2b

from acd.core.contact import Contact, EndReason
from acd.core.customer import address_of, number_of
from acd.core.ids import ContactId
from acd.core.timers import NEVER, Instant
from acd.core.value import value

DOUBT = 0.00135
"""A difference that chance makes more often than this is none. It is looked at after every contact:
with the usual 0.05 every sixth canary that is no worse would be ended, with this one in a hundred.
"""

_NEGLIGIBLE = 1e-12


class Figure(StrEnum):
    """A share of the contacts that ended, of which less is better."""

    LOST = "lost"  # failed_flows, left_flow or abandoned: neither resolved nor with a human
    FAILED_FLOWS = "failed_flows"  # no flow for it, or one that could go neither on nor to a human
    LEFT_FLOW = "left_flow"  # hung up inside the flow
    ABANDONED = "abandoned"  # hung up while waiting
    NOT_CONTAINED = "not_contained"  # came into a queue: the flow did not resolve it


@value(frozen=True, slots=True)
class Guard:
    """What ends a canary by itself.

    Attributes:
        figure: what is compared.
        worse_by: percentage points by which it may be worse at most.
        least: contacts that must have ended with each version before it is judged.
    """

    figure: Figure = Figure.LOST
    worse_by: float = 10.0
    least: int = 30


_FAILED = frozenset({EndReason.FLOW_FAILED, EndReason.NUMBER_UNKNOWN})


class CanaryEnd(StrEnum):
    """Why a canary ended: a closed list."""

    PROMOTED = "promoted"  # it is the running version now
    TAKEN_BACK = "taken_back"  # by people
    REPLACED = "replaced"  # another version was published, or is the canary now
    WORSE = "worse"  # its guard ended it


@dataclass(slots=True)
class Outcomes:
    """How contacts ended that flows were given; those that agents began are not counted.

    Attributes:
        ended: all of them.
        queued: those that came into a queue.
    """

    ended: int = 0
    failed: int = 0
    left: int = 0
    abandoned: int = 0
    queued: int = 0

    def add(self, reason: EndReason, *, was_queued: bool) -> None:
        """Count a contact."""
        self.ended += 1
        self.failed += reason in _FAILED
        self.left += reason is EndReason.LEFT_FLOW
        self.abandoned += reason is EndReason.ABANDONED
        self.queued += was_queued

    def count(self, figure: Figure) -> int:
        """Return how many of the contacts a figure is about."""
        match figure:
            case Figure.LOST:
                return self.failed + self.left + self.abandoned
            case Figure.FAILED_FLOWS:
                return self.failed
            case Figure.LEFT_FLOW:
                return self.left
            case Figure.ABANDONED:
                return self.abandoned
            case Figure.NOT_CONTAINED:
                return self.queued

    def percent(self, figure: Figure) -> float | None:
        """Return a figure in percent of the contacts that ended; None while none has."""
        return 100 * self.count(figure) / self.ended if self.ended else None


@dataclass(slots=True)
class Canary:
    """The version under trial.

    Attributes:
        version: of the site.
        since: when it began.
        percent: of new contacts that it gets.
        numbers: contacts from or to these, as :func:`one_way` writes them, are its own, whatever
            the percentage.
        guard: what ends it by itself.
        own: how its contacts ended.
        others: how those of the running version ended that opened since it began.
    """

    version: str
    since: Instant = NEVER
    percent: int = 0
    numbers: tuple[str, ...] = ()
    guard: Guard = field(default_factory=Guard)
    own: Outcomes = field(default_factory=Outcomes)
    others: Outcomes = field(default_factory=Outcomes)

    def takes(self, contact: ContactId, seed: str, *numbers: str) -> bool:
        """Return whether a new contact is the canary's.

        Args:
            contact: its id.
            seed: of the log: with the id it decides alone, so a log replays.
            numbers: where the contact is from and to.
        """
        if self.numbers and not set(self.numbers).isdisjoint(map(one_way, numbers)):
            return True
        return lot(contact, seed) < self.percent

    def count(self, contact: Contact, running: str, reason: EndReason) -> None:
        """Count a contact that ends, if it is one of those that are compared."""
        if contact.opened_at < self.since or contact.begun_by is not None:
            return
        outcomes = {running: self.others, self.version: self.own}.get(contact.site)
        if outcomes is not None:
            outcomes.add(reason, was_queued=contact.queued_at is not None)

    def complaint(self) -> str:
        """Return in words why the guard ends the canary; empty if it does not."""
        return complaint(self.guard, self.own, self.others)


def one_way(number: str) -> str:
    """Return a number or an address in the one way that it is compared in.

    >>> one_way("+1 (555) 010-0199"), one_way("Zoe@Example.org"), one_way("u7")
    ('+15550100199', 'zoe@example.org', 'u7')
    """
    return address_of(number) or number_of(number) or number.strip()


def lot(contact: ContactId, seed: str) -> int:
    """Return a number from 0 to 99, all equally likely, that is the contact's own."""
    key = seed.encode()[:64]
    digest = blake2b(contact.encode(), key=key, digest_size=8, person=b"canary").digest()
    return int.from_bytes(digest, "big") % 100


def complaint(guard: Guard, own: Outcomes, others: Outcomes) -> str:
    """Return in words what is worse with one version than with another; empty if nothing is."""
    if min(own.ended, others.ended) < max(1, guard.least):
        return ""
    mine, theirs = own.count(guard.figure), others.count(guard.figure)
    pairs = own.ended * others.ended  # whole numbers: 10 points are 10
    difference = mine * others.ended - theirs * own.ended
    if difference <= 0 or difference < guard.worse_by * pairs / 100:
        return ""
    if not is_no_chance(mine, own.ended, theirs, others.ended):
        return ""
    return (
        f"{guard.figure} {100 * mine / own.ended:.0f} % of {own.ended} contacts, "
        f"with the running version {100 * theirs / others.ended:.0f} % of {others.ended}"
    )


def is_no_chance(mine: int, of_mine: int, theirs: int, of_theirs: int) -> bool:
    """Return whether as many as ``mine`` of ``mine + theirs`` hardly fall to one side by chance.

    Fisher's exact test, one-sided: right for three contacts and for figures that are seldom
    anything but zero, too, where a normal distribution is not. Terms are relative to that of
    ``mine``; only products and quotients, so that every machine finds the same.
    """
    both = mine + theirs
    tail = term = 1.0
    for x in range(mine, min(of_mine, both)):
        term *= (of_mine - x) * (both - x) / ((x + 1) * (of_theirs - both + x + 1))
        tail += term
        if term < _NEGLIGIBLE * tail:
            break
    total, term = tail, 1.0
    for x in range(mine, max(0, both - of_theirs), -1):
        if tail < DOUBT * total:
            return True
        term *= x * (of_theirs - both + x) / ((of_mine - x + 1) * (both - x + 1))
        total += term
        if term < _NEGLIGIBLE * total:
            break
    return tail < DOUBT * total
