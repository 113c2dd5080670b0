"""How much is too much: mails from one sender, and automatic mails to one."""

from __future__ import annotations

from collections import OrderedDict, deque

from acd.core.timers import MICROSECONDS, Instant

MINUTE = 60 * MICROSECONDS
HOUR = 60 * MINUTE
DAY = 24 * HOUR

FLOOD_A_MINUTE = 60
"""Mails of one sender that are taken for so many wishes; more are taken for one."""

AUTOMATIC_A_SENDER = 3
"""Automatic mails to one address in an hour."""

AUTOMATIC_A_THREAD = 20
"""Automatic mails in one thread in a day."""

REMEMBERED = 10_000
"""Senders or threads that are counted at a time; the longest silent is forgotten first."""


class Counted:
    """Counts what happened under a name lately."""

    def __init__(self, within: int) -> None:
        self._within = within
        self._events: OrderedDict[str, deque[Instant]] = OrderedDict()

    def add(self, name: str, now: Instant) -> None:
        """Count one more."""
        self._events.setdefault(name, deque()).append(now)
        self._events.move_to_end(name)
        if len(self._events) > REMEMBERED:
            self._events.popitem(last=False)

    def count(self, name: str, now: Instant) -> int:
        """Return how many there were."""
        events = self._events.get(name)
        if events is None:
            return 0
        while events and events[0] <= now - self._within:
            events.popleft()
        return len(events)


class Floods:
    """Senders who send more than people do: their mails are kept, together."""

    def __init__(self) -> None:
        self._mails = Counted(MINUTE)

    def hour_of(self, sender: str, now: Instant) -> int | None:
        """Count a mail; return the hour whose flood it belongs to, or None."""
        self._mails.add(sender, now)
        return now // HOUR if self._mails.count(sender, now) > FLOOD_A_MINUTE else None


class AutomaticLimits:
    """How often we answer without a person, so that two machines do not talk for ever."""

    def __init__(self) -> None:
        self._senders = Counted(HOUR)
        self._threads = Counted(DAY)
        self._allowed: OrderedDict[str, None] = OrderedDict()

    def allow(self, message: str, sender: str, thread: str, now: Instant) -> bool:
        """Whether a message may go, and count it; one that was allowed stays so."""
        if message in self._allowed:
            return True
        if (
            self._senders.count(sender, now) >= AUTOMATIC_A_SENDER
            or self._threads.count(thread, now) >= AUTOMATIC_A_THREAD
        ):
            return False
        self._senders.add(sender, now)
        self._threads.add(thread, now)
        self._allowed[message] = None
        if len(self._allowed) > REMEMBERED:
            self._allowed.popitem(last=False)
        return True
