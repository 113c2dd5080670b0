"""The interpreter and the centre as they see each other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from acd.core.flows.actions import Action
from acd.core.flows.places import Cursor
from acd.core.flows.signals import Signal
from acd.core.timers import Instant
from acd.core.value import value

if TYPE_CHECKING:
    from acd.core.contact import Contact
    from acd.core.ids import ContactId
    from acd.core.site import Site


@value(frozen=True, slots=True)
class Step:
    """What a flow decided.

    Attributes:
        actions: in order.
        cursor: where the contact is now.
        wait_seconds: call back with :class:`TimedOut` after this long; None for no time-out.
    """

    actions: tuple[Action, ...]
    cursor: Cursor
    wait_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class QueueFigures:
    """How things stand in a queue.

    Attributes:
        waiting: contacts that wait.
        longest_wait_seconds: how long the first of them has waited; 0 for nobody.
        available: agents who could take a contact of this channel now.
    """

    waiting: int
    longest_wait_seconds: float
    available: int


class Centre(Protocol):
    """The centre as flows see it: read, never changed."""

    def queue(self, name: str, contact: Contact, now: Instant) -> QueueFigures | None:
        """Return how things stand in a queue of the contact's site; None for no such queue."""
        ...

    def is_open(self, calendar: str, contact: Contact, now: Instant) -> bool | None:
        """Return whether a calendar is open, overrides considered; None for no such calendar."""
        ...

    def redeemer(self, promotion: str, code: str) -> ContactId | None:
        """Return the contact that has used a code of a promotion, or None."""
        ...


class Flows(Protocol):
    """The interpreter as the core sees it. Pure: no clock, no I/O; never raises on input."""

    def step(
        self, site: Site, contact: Contact, signal: Signal, now: Instant, centre: Centre
    ) -> Step:
        """Advance ``contact`` through its flow until it has to wait or has left the flow."""
        ...
