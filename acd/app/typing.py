"""Who is typing: marks that live for seconds, in memory only."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from acd.core.ids import ContactId
from acd.core.message import Author
from acd.core.timers import Instant, after
from acd.ports.clock import Clock

SHOWN_SECONDS = 5.0
"""How long a mark counts unless it is renewed."""


@dataclass(frozen=True, slots=True)
class TypingMark:
    """Somebody is writing to a contact.

    Attributes:
        until: when it counts no longer.
    """

    contact: ContactId
    who: Author
    until: Instant


class TypingMarks:
    """Passes marks on to whoever shows them."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._listeners: list[Callable[[TypingMark], None]] = []

    def subscribe(self, listener: Callable[[TypingMark], None]) -> Callable[[], None]:
        """Tell ``listener`` of every mark from now on; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    def mark(self, contact: ContactId, who: Author) -> None:
        """Say that somebody is typing."""
        mark = TypingMark(contact, who, after(self._clock.now(), SHOWN_SECONDS))
        for listener in list(self._listeners):
            listener(mark)
