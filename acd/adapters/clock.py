"""The clock of the machine."""

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
