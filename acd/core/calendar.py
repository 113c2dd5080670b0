"""Opening hours: weekly slots in a time zone, with exceptions by date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from acd.core.timers import MICROSECONDS, Instant

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

# A slot is (start, end) in minutes since midnight, end exclusive; 24:00 is 1440.
Slots = tuple[tuple[int, int], ...]


@cache
def _zone(name: str) -> tzinfo:
    return UTC if name == "UTC" else ZoneInfo(name)


@dataclass(frozen=True, slots=True)
class Calendar:
    """When something is open.

    Attributes:
        name: name flows refer to.
        timezone: IANA name of the zone the hours are meant in.
        week: weekday (``mon`` … ``sun``) to its slots; an absent day is closed.
        dates: ISO date to its slots, instead of the weekday's: a holiday has none.
    """

    name: str
    timezone: str = "UTC"
    week: Mapping[str, Slots] = field(default_factory=dict)
    dates: Mapping[str, Slots] = field(default_factory=dict)

    def is_open(self, now: Instant) -> bool:
        """Return whether ``now`` falls into a slot, by the wall clock of the calendar's zone."""
        local = datetime.fromtimestamp(now // MICROSECONDS, _zone(self.timezone))
        slots = self.dates.get(local.date().isoformat())
        if slots is None:
            slots = self.week.get(WEEKDAYS[local.weekday()], ())
        minute = local.hour * 60 + local.minute
        return any(start <= minute < end for start, end in slots)
