"""Opening hours as people see them: open now, until when, and by whose word."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum

import msgspec

from acd.app.documents import moment
from acd.core.calendar import Calendar, Override
from acd.core.state import State
from acd.core.timers import Instant


class Word(StrEnum):
    """What may be said of a calendar."""

    OPEN = "open"
    CLOSED = "closed"


class OverrideDocument(msgspec.Struct, kw_only=True):
    """What somebody said instead of a calendar's hours; ``until`` null: until it is ended."""

    state: Word
    until: datetime | None
    note: str
    by: str
    since: datetime


class CalendarDocument(msgspec.Struct, kw_only=True):
    """A calendar of the running site.

    Attributes:
        open: whether it counts as open now, what somebody said included.
        next_change: when that changes; null for not within 400 days, or while a word without an
            end holds.
        holiday: the public holiday that today is; empty for none.
        holidays_known_until: last day whose public holidays are known; empty where none are asked
            for.
        override: what somebody said.
    """

    name: str
    timezone: str
    open: bool
    next_change: datetime | None
    holiday: str
    holidays_known_until: str
    override: OverrideDocument | None


def calendar_documents(state: State, now: Instant) -> list[CalendarDocument]:
    """Return every calendar of the running site by name."""
    site = state.sites.get(state.site)
    calendars = site.calendars if site is not None else {}
    return [_document(state, calendars[name], now) for name in sorted(calendars)]


def calendar_document(state: State, name: str, now: Instant) -> CalendarDocument | None:
    """Return a calendar of the running site, or None if there is none of this name."""
    site = state.sites.get(state.site)
    calendar = site.calendars.get(name) if site is not None else None
    return None if calendar is None else _document(state, calendar, now)


def _document(state: State, calendar: Calendar, now: Instant) -> CalendarDocument:
    override = state.overrides.get(calendar.name)
    if override is not None and not override.holds(now):
        override = None
    change = next_change(calendar, override, now)
    return CalendarDocument(
        name=calendar.name,
        timezone=calendar.timezone,
        open=state.is_open(calendar, now),
        next_change=None if change is None else moment(change),
        holiday=calendar.holiday(now),
        holidays_known_until=calendar.known_until,
        override=None if override is None else _said(override),
    )


def next_change(calendar: Calendar, override: Override | None, now: Instant) -> Instant | None:
    """Return when what a calendar counts as changes, the word that holds included."""
    if override is None:
        return calendar.next_change(now)
    if override.until is None:
        return None
    if calendar.is_open(override.until) is not override.is_open:
        return override.until
    return calendar.next_change(override.until)


def _said(override: Override) -> OverrideDocument:
    return OverrideDocument(
        state=Word.OPEN if override.is_open else Word.CLOSED,
        until=None if override.until is None else moment(override.until),
        note=override.note,
        by=override.by,
        since=moment(override.since),
    )
