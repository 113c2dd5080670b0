"""A breaker: what fails again and again is left alone for a while. Pure; time is an argument."""

from __future__ import annotations

from dataclasses import dataclass

FAILURES = 5
OPEN_SECONDS = 30.0


@dataclass(slots=True)
class Breaker:
    """Counts failures in a row.

    Attributes:
        failures: so many in a row.
        open_until: nothing is tried before, in seconds; then one trial is.
    """

    failures: int = 0
    open_until: float = 0.0

    def allows(self, now: float) -> bool:
        """Return whether something may be tried; a trial after a pause holds back all others."""
        if now < self.open_until:
            return False
        if self.failures >= FAILURES:
            self.open_until = now + OPEN_SECONDS
        return True

    def worked(self) -> None:
        """It answered."""
        self.failures = 0
        self.open_until = 0.0

    def failed(self, now: float) -> None:
        """It did not."""
        self.failures += 1
        if self.failures >= FAILURES:
            self.open_until = now + OPEN_SECONDS
