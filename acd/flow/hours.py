"""``hours.toml``: weekly opening hours, exceptions by date, public holidays by country."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from itertools import pairwise
from typing import Any, Protocol

from acd.core.calendar import WEEKDAYS, Calendar, Slots
from acd.flow.kinds import BAD, Plain, TableOf, Text, good_name, wrong_type
from acd.flow.problems import At, Code, did_you_mean, quoted
from acd.flow.schema import key, read_schema

Raw = Mapping[str, object]

_SLOT = re.compile(r"([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Holiday:
    """A day on which public holidays fall.

    Attributes:
        title: what the country calls them.
        wordings: every name that one of them is known by, in any language.
    """

    title: str
    wordings: tuple[str, ...]


class HolidayBook(Protocol):
    """What is known of public holidays; the shell hands it in."""

    known_until: str
    """Last date it knows: ``2030-12-31``."""

    def countries(self) -> Collection[str]:
        """Return the codes of the countries it knows: ``ES``."""
        ...

    def subdivisions(self, country: str) -> Collection[str]:
        """Return the codes of a country's parts: ``MD``."""
        ...

    def holidays(self, country: str, subdivision: str) -> Mapping[str, Holiday]:
        """Return ISO date to its holiday; ``subdivision`` is empty for the country as a whole."""
        ...


class NoHolidays:
    """Knows no country."""

    known_until = ""

    def countries(self) -> Collection[str]:
        """Return none."""
        return ()

    def subdivisions(self, country: str) -> Collection[str]:
        """Return none."""
        return ()

    def holidays(self, country: str, subdivision: str) -> Mapping[str, Holiday]:
        """Return none."""
        return {}


@dataclass(frozen=True, slots=True)
class _SlotsKind(Plain):
    label: str = 'list of `"09:00-17:30"`; empty is closed'

    def read(self, raw: object, at: At) -> Any:
        """Read into (start, end) in minutes, in order, end exclusive."""
        texts = [raw] if isinstance(raw, str) else raw
        if not isinstance(texts, list) or not all(isinstance(t, str) for t in texts):
            return wrong_type(at, 'a list of times such as "09:00-17:30"', raw)
        slots = []
        for text in texts:
            slot = _slot(text)
            if slot is None:
                at.say(Code.BAD_HOURS, f'{quoted(text)} is not a time such as "09:00-17:30"')
                return BAD
            if slot[0] == slot[1]:
                at.say(Code.BAD_HOURS, f'{quoted(text)} is no time at all; "00:00-24:00" is a day')
                return BAD
            slots.append(slot)
        for (one, text), (other, next_text) in pairwise(sorted(zip(slots, texts, strict=True))):
            if one[1] > other[0]:
                over_night = one if one[1] > 1440 else other if other[1] > 1440 else None
                hint = (
                    f"{quoted(text if over_night is one else next_text)} ends on the next day"
                    if over_night
                    else ""
                )
                message = f"{quoted(text)} and {quoted(next_text)} overlap"
                at.say(Code.BAD_HOURS, message, hint)
                return BAD
        return tuple(sorted(slots))


def _slot(text: str) -> tuple[int, int] | None:
    """Return a slot in minutes; one that ends before it begins ends the day after."""
    match = _SLOT.fullmatch(text)
    if match is None:
        return None
    h1, m1, h2, m2 = (int(part) for part in match.groups())
    start, end = h1 * 60 + m1, h2 * 60 + m2
    if m1 >= 60 or m2 >= 60 or start >= 1440 or end > 1440:
        return None
    return (start, end + 1440) if end < start else (start, end)


def _days(text: str) -> tuple[str, ...] | None:
    """Return the weekdays that ``mon`` or ``mon-fri`` means, or None."""
    first, _, last = text.partition("-")
    last = last or first
    if first not in WEEKDAYS or last not in WEEKDAYS or text.endswith("-"):
        return None
    start, end = WEEKDAYS.index(first), WEEKDAYS.index(last)
    return WEEKDAYS[start : end + 1] if start <= end else None


def _is_date(text: str) -> bool:
    try:
        return _DATE.fullmatch(text) is not None and bool(date.fromisoformat(text))
    except ValueError:
        return False


_SLOTS = _SlotsKind()
_WEEK = TableOf(
    "table of days to times",
    value=_SLOTS,
    key_fits=lambda text: _days(text) is not None,
    key_wanted="mon … sun, or from one to a later one such as mon-fri",
    may_be_empty=True,
)
_DATES = TableOf(
    "table of dates to times",
    value=_SLOTS,
    key_fits=_is_date,
    key_wanted="a date such as 2026-12-25",
    may_be_empty=True,
)


@dataclass(frozen=True, slots=True)
class _Names(Plain):
    label: str = 'list of names such as `"Columbus Day"`'

    def read(self, raw: object, at: At) -> Any:
        if not isinstance(raw, list) or not all(isinstance(name, str) for name in raw):
            return wrong_type(at, 'a list of names such as "Columbus Day"', raw)
        return tuple(raw)


@dataclass(frozen=True, slots=True, kw_only=True)
class HolidayKeys:
    """`holidays = "US"`, or with more to say `{ country = "ES", subdivision = "MD" }`."""

    country: str = key(Text(longest=10), "two letters (ISO 3166): `ES`")
    subdivision: str = key(
        Text(longest=20), "its part, as ISO 3166-2 has it: `MD` of `ES-MD`", default=""
    )
    open: tuple[tuple[int, int], ...] = key(_SLOTS, "when it is open on these days", default=())
    # `except` is a word of Python's: the reader is given it under this name.
    besides: tuple[str, ...] = key(_Names(), "holidays on which one works", default=())


@dataclass(frozen=True, slots=True)
class _HolidaysKind(Plain):
    label: str = "country, or table with `country`, `subdivision`, `open`, `except`"

    def read(self, raw: object, at: At) -> Any:
        """Read into :class:`HolidayKeys`."""
        if isinstance(raw, str):
            return read_schema(HolidayKeys, {"country": raw}, at)
        if isinstance(raw, dict):
            if "besides" in raw:
                (at / "besides").say(Code.UNKNOWN_KEY, 'no key "besides" here')
                return BAD
            raw = {("besides" if name == "except" else name): raw[name] for name in raw}
        return read_schema(HolidayKeys, raw, at)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarKeys:
    """One table per calendar: `[office]`."""

    timezone: str = key(Text(), "time zone that the times are meant in: `America/New_York`")
    week: Mapping[str, Slots] = key(
        _WEEK, 'when it is open: `mon-fri = ["09:00-17:30"]`, `sat = ["22:00-02:00"]`'
    )
    holidays: HolidayKeys | None = key(  # noqa: RUF009  # a field(), as all of them
        _HolidaysKind(), "public holidays: instead of the weekday's times", default=None
    )
    dates: Mapping[str, Slots] | None = key(
        _DATES, "single days: instead of the weekday's times and of a holiday's", default=None
    )


def read_calendar(
    name: str, raw: object, at: At, zones: Collection[str], book: HolidayBook
) -> Calendar | None:
    """Return one calendar, or None after reporting what is wrong with it."""
    good = good_name(name, "calendar", at)
    keys = read_schema(CalendarKeys, raw, at)
    if keys is BAD:
        return None
    if keys.timezone not in zones:
        close = did_you_mean(keys.timezone, zones)
        (at / "timezone").say(
            Code.BAD_TIMEZONE,
            f"no time zone {quoted(keys.timezone)}{close}",
            "" if close else "a continent and a city: Europe/Madrid",
        )
        good = False
    week: dict[str, Slots] = {}
    for days, slots in keys.week.items():
        for day in _days(days) or ():
            if day in week:
                (at / "week" / days).say(Code.BAD_HOURS, f"{day} is already said")
                good = False
            week[day] = slots
    wish = keys.holidays
    found = _holidays(wish, at / "holidays", book) if wish is not None else {}
    if found is None or not good:
        return None
    dates = dict.fromkeys(found, wish.open if wish is not None else ()) | dict(keys.dates or {})
    known_until = book.known_until if wish is not None else ""
    return Calendar(name, keys.timezone, week, dates, found, known_until)


def _holidays(wish: HolidayKeys, at: At, book: HolidayBook) -> dict[str, str] | None:
    """Return ISO date to the title of its holiday, or None after reporting what is wrong."""
    countries, country = book.countries(), wish.country
    if country not in countries:
        close = did_you_mean(country, countries)
        (at / "country").say(
            Code.UNKNOWN_COUNTRY,
            f"no country {quoted(country)}{close}",
            "" if close else "two letters (ISO 3166): ES",
        )
        return None
    parts, part = book.subdivisions(country), wish.subdivision
    if part and part not in parts:
        bare = part.removeprefix(f"{country}-")
        close = f' (did you mean "{bare}"?)' if bare in parts else did_you_mean(part, parts)
        (at / "subdivision").say(
            Code.UNKNOWN_COUNTRY,
            f"{quoted(country)} has no part {quoted(part)}{close}",
            "" if close else f"there are {', '.join(sorted(parts)) or 'none'}",
        )
        return None
    found = book.holidays(country, part)
    known = {name for holiday in found.values() for name in holiday.wordings}
    good = True
    for name in wish.besides:
        if not _is_named(name, known):
            message = f"no holiday {quoted(name)} there{did_you_mean(name, known)}"
            (at / "except").say(Code.UNKNOWN_HOLIDAY, message)
            good = False
    if not good:
        return None
    return {
        day: holiday.title
        for day, holiday in found.items()
        if not any(_is_named(name, holiday.wordings) for name in wish.besides)
    }


def _is_named(name: str, wordings: Iterable[str]) -> bool:
    """Whether one of ``wordings`` is ``name``, or the day on which that is made up for."""
    return any(word == name or word.startswith(f"{name} (") for word in wordings)


def read_calendars(
    raw: Raw, at: At, zones: Collection[str], book: HolidayBook
) -> dict[str, Calendar]:
    """Return the calendars by name.

    Args:
        raw: the file.
        at: where it stands.
        zones: the time zones that exist.
        book: the public holidays that are known.
    """
    calendars = (read_calendar(name, table, at / name, zones, book) for name, table in raw.items())
    return {calendar.name: calendar for calendar in calendars if calendar is not None}
