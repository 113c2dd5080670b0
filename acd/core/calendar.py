"""Opening hours: weekly slots in a time zone, with exceptions by date."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from acd.core.timers import MICROSECONDS, Instant

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

# A slot is (start, end) in minutes since midnight, end exclusive; 24:00 is 1440.
Slots = tuple[tuple[int, int], ...]

MINUTE = 60 * MICROSECONDS
DAY = 1440 * MINUTE
_EPOCH = date(1970, 1, 1)


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
        minute = local.hour * 60 + local.minute
        return any(start <= minute < end for start, end in self._slots_of(local.date()))

    def _slots_of(self, day: date) -> Slots:
        slots = self.dates.get(day.isoformat())
        return self.week.get(WEEKDAYS[day.weekday()], ()) if slots is None else slots

    def business_seconds(self, start: Instant, end: Instant) -> float:
        """Return how many seconds from ``start`` to ``end`` it is open.

        Exactly the time for which :meth:`is_open` says so, also where clocks are changed: a slot
        from 01:00 to 05:00 lasts three hours in the night they go forward. 0 if ``end`` comes
        first.
        """
        total = 0
        while start < end:
            offset = self._offset(start)
            until = min(end, Instant(start + DAY))
            if self._offset(Instant(until - 1)) != offset:
                until = self._next_change(start, until)
            total += self._open_between(start + offset, until + offset)
            start = until
        return total / MICROSECONDS

    def _offset(self, at: Instant) -> int:
        """Return what the zone's wall clock is ahead of UTC, in microseconds."""
        local = datetime.fromtimestamp(at // MICROSECONDS, _zone(self.timezone))
        return (local.utcoffset() or timedelta()) // timedelta(microseconds=1)

    def _next_change(self, start: Instant, end: Instant) -> Instant:
        """Return when, between two instants with different offsets, the wall clock is changed."""
        low, high = start // MICROSECONDS, -(-end // MICROSECONDS)
        before = self._offset(start)
        while high - low > 1:  # the clock is changed at ``high`` or before, and after ``low``
            middle = (low + high) // 2
            if self._offset(Instant(middle * MICROSECONDS)) == before:
                low = middle
            else:
                high = middle
        return Instant(high * MICROSECONDS)

    def _open_between(self, start: int, end: int) -> int:
        """Return the open time between two points of the wall clock, which runs evenly there."""
        total = 0
        for number in range(start // DAY, -(-end // DAY)):
            midnight = number * DAY
            for first, last in self._slots_of(_EPOCH + timedelta(days=number)):
                begun = max(start, midnight + first * MINUTE)
                ended = min(end, midnight + last * MINUTE)
                total += max(0, ended - begun)
        return total
