"""The clock of the machine, and one that can be moved on."""

from __future__ import annotations

import time

from acd.core.timers import Instant


class SystemClock:
    """Wall time that never jumps: read once, then carried on by the monotonic clock.

    A leap or an administrator's correction would otherwise move every deadline.
    """

    def __init__(self) -> None:
        self._offset = time.time_ns() - time.monotonic_ns()

    def now(self) -> Instant:
        """Return the present in microseconds since the Unix epoch."""
        return Instant((self._offset + time.monotonic_ns()) // 1000)


class MovableClock:
    """A clock that begins where it is told to, runs as time does, and can be moved on.

    For a centre that is tried out at another hour.

    Args:
        start: what it shows now.
    """

    def __init__(self, start: Instant) -> None:
        self._clock = SystemClock()
        self._ahead = start - self._clock.now()

    def now(self) -> Instant:
        """Return what it shows, in microseconds since the Unix epoch."""
        return Instant(self._clock.now() + self._ahead)

    def move_on(self, to: Instant) -> None:
        """Show ``to`` from now on; if that is past already, go on as before."""
        self._ahead += max(0, to - self.now())
