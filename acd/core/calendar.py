"""Opening hours: weekly slots in a time zone, with exceptions by date, and by people's word."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta, tzinfo
from functools import cache
from zoneinfo import ZoneInfo

from acd.core.timers import MICROSECONDS, Instant
from acd.core.value import value

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")

# A slot is (start, end) in minutes since midnight of the day it belongs to, end exclusive; 24:00 is
# 1440, and 22:00 to 02:00 ends at 1560: Friday's night is Friday's, whatever Saturday is.
Slots = tuple[tuple[int, int], ...]

MINUTE = 60 * MICROSECONDS
DAY = 1440 * MINUTE
LOOKAHEAD = 400 * DAY
"""How far ahead a change of a calendar is looked for."""

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
        holidays: ISO date to the name of its public holiday; its slots are in ``dates``.
        known_until: last ISO date whose holidays are known; empty where none are asked for.
    """

    name: str
    timezone: str = "UTC"
    week: Mapping[str, Slots] = field(default_factory=dict)
    dates: Mapping[str, Slots] = field(default_factory=dict)
    holidays: Mapping[str, str] = field(default_factory=dict)
    known_until: str = ""

    def is_open(self, now: Instant) -> bool:
        """Return whether ``now`` falls into a slot, by the wall clock of the calendar's zone."""
        local = datetime.fromtimestamp(now // MICROSECONDS, _zone(self.timezone))
        minute, today = local.hour * 60 + local.minute, local.date()
        if any(start <= minute < end for start, end in self._slots_of(today)):
            return True
        minute += 1440
        yesterday = self._slots_of(date.fromordinal(today.toordinal() - 1))
        return any(minute < end for _, end in yesterday)

    def next_change(self, now: Instant) -> Instant | None:
        """Return when it next opens, or closes if it is open; None for not within 400 days."""
        is_open, end = self.is_open(now), Instant(now + LOOKAHEAD)
        for start, until, offset in self._even_pieces(now, end):
            edge = start + offset
            for begun, ended in self._open_spans(start + offset, until + offset):
                if not is_open:
                    return Instant(begun - offset)
                if begun > edge:
                    break
                edge = ended
            if is_open and edge < until + offset:
                return Instant(edge - offset)
        return None

    def holiday(self, now: Instant) -> str:
        """Return the name of the public holiday that ``now`` falls on; empty for none."""
        local = datetime.fromtimestamp(now // MICROSECONDS, _zone(self.timezone))
        return self.holidays.get(local.date().isoformat(), "")

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
        for first, until, offset in self._even_pieces(start, end):
            spans = self._open_spans(first + offset, until + offset)
            total += sum(ended - begun for begun, ended in spans)
        return total / MICROSECONDS

    def _even_pieces(self, start: Instant, end: Instant) -> Iterator[tuple[Instant, Instant, int]]:
        """Cut the time into pieces in which the wall clock runs evenly, with its offset to UTC."""
        while start < end:
            offset = self._offset(start)
            until = min(end, Instant(start + DAY))
            if self._offset(Instant(until - 1)) != offset:
                until = self._clock_change(start, until)
            yield start, until, offset
            start = until

    def _offset(self, at: Instant) -> int:
        """Return what the zone's wall clock is ahead of UTC, in microseconds."""
        local = datetime.fromtimestamp(at // MICROSECONDS, _zone(self.timezone))
        return (local.utcoffset() or timedelta()) // timedelta(microseconds=1)

    def _clock_change(self, start: Instant, end: Instant) -> Instant:
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

    def _open_spans(self, start: int, end: int) -> Iterator[tuple[int, int]]:
        """Iterate over what is open between two points of the wall clock, which runs evenly there.

        In order, and nothing twice: a night's slot may reach into one of the next day.
        """
        reached = start
        for number in range(start // DAY - 1, -(-end // DAY)):
            midnight = number * DAY
            for first, last in self._slots_of(_EPOCH + timedelta(days=number)):
                begun = max(reached, midnight + first * MINUTE)
                ended = min(end, midnight + last * MINUTE)
                if begun < ended:
                    yield begun, ended
                    reached = ended


@value(frozen=True, slots=True)
class Override:
    """What somebody said instead of a calendar: open, or closed, whatever its hours are.

    Attributes:
        calendar: name of the calendar.
        is_open: what it counts as meanwhile.
        until: when the calendar's own hours hold again; None for when somebody says so.
        note: why, for colleagues.
        by: who said so.
        since: when.
    """

    calendar: str
    is_open: bool
    until: Instant | None
    note: str
    by: str
    since: Instant

    def holds(self, now: Instant) -> bool:
        """Return whether it is not over."""
        return self.until is None or now < self.until
