"""Guessing of passwords is slowed down: failures are counted, and too many are refused. Pure."""

from __future__ import annotations

from collections import OrderedDict, deque
from collections.abc import Hashable

from acd.core.timers import MICROSECONDS, Instant

WINDOW_SECONDS = 15 * 60

REMEMBERED = 20_000
"""Keys that are counted at once; the longest unused is forgotten first."""


class Throttle:
    """Counts attempts under keys, each over a sliding window."""

    def __init__(self, limit: int, window_seconds: float = WINDOW_SECONDS) -> None:
        self._limit = limit
        self._window = round(window_seconds * MICROSECONDS)
        self._attempts: OrderedDict[Hashable, deque[Instant]] = OrderedDict()

    def wait_seconds(self, key: Hashable, now: Instant) -> float:
        """Return how long no further attempt is allowed; 0 if one is."""
        attempts = self._attempts.get(key)
        if attempts is None:
            return 0.0
        while attempts and attempts[0] <= now - self._window:
            attempts.popleft()
        if len(attempts) < self._limit:
            return 0.0
        return (attempts[0] + self._window - now) / MICROSECONDS

    def count(self, key: Hashable, now: Instant) -> None:
        """Count an attempt, before it is known how it goes: many may be under way at once."""
        self._attempts.setdefault(key, deque()).append(now)
        self._attempts.move_to_end(key)
        while len(self._attempts) > REMEMBERED:
            self._attempts.popitem(last=False)

    def forgive(self, key: Hashable, now: Instant, *, everything: bool = False) -> None:
        """Take back the attempt that was counted at ``now``, or all of them: it was no guess."""
        attempts = self._attempts.get(key)
        if attempts is None:
            return
        if not everything and now in attempts:
            attempts.remove(now)
        if everything or not attempts:
            del self._attempts[key]
