"""Time, as the shell reads it. The core never does."""

from __future__ import annotations

from typing import Protocol

from acd.core.timers import Instant


class Clock(Protocol):
    """The one source of time."""

    def now(self) -> Instant:
        """Return the present; never earlier than the last answer."""
        ...
