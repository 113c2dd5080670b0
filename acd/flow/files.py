"""The files of a site that are not flows: numbers, queues, opening hours and prompts."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass, fields
from datetime import date
from itertools import pairwise
from typing import Any

from acd.core.calendar import WEEKDAYS, Calendar, Slots
from acd.core.channel import Channel
from acd.core.ids import QueueName
from acd.core.queue import Queue
from acd.core.site import DEFAULT_NUMBER, Number
from acd.core.strategy import STRATEGIES
from acd.flow.check import Named
from acd.flow.kinds import (
    BAD,
    Flag,
    Name,
    OneOf,
    Plain,
    Ref,
    TableOf,
    Text,
    To,
    good_name,
    good_prompt,
    wrong_type,
)
from acd.flow.kinds import Number as NumberKind
from acd.flow.problems import At, Code, did_you_mean, quoted
from acd.flow.schema import key, read_schema, refs_of

Raw = Mapping[str, object]

_ADDRESS = re.compile(r"\+?[0-9*#]{1,32}|[^\s@:]{1,64}@[^\s@:]{1,255}|[a-z]+:[^\s]{1,128}")
_WHOLE = frozenset({DEFAULT_NUMBER, *Channel} - {Channel.VOICE})
_SLOT = re.compile(r"([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_LANGUAGE = re.compile(r"[a-z]{2,3}(-[A-Za-z]{2,4})?")

_DEEPEST = 10  # tables in tables that a prompt's key may be made of

FILE_PREFIX = "file:"
"""What a prompt begins with that names a recorded sound."""

# --- numbers.toml -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class NumberKeys:
    """`"100" = "main"`, or with more to say `"100" = { flow = "main", language = "es" }`.

    An address of written contacts stands like a number: `"help@example.org"`, `"widget:site"`. The
    entry `chat`, `mail`, `sms` or `messaging` takes what comes over that channel to no address
    listed, `default` every number that is not.
    """

    flow: str = key(Name("flow", To.FLOW), "the flow that its callers enter")
    title: str = key(Text(), "what it is, for people", default="")
    language: str = key(Name("language", To.LANGUAGE), "language it begins in", default="en")


def read_numbers(raw: Raw, at: At) -> tuple[dict[str, Number], list[Named]]:
    """Return the numbers, and what they name and where."""
    numbers, named = {}, []
    for number, entry in raw.items():
        place = at / number
        if number not in _WHOLE and not _ADDRESS.fullmatch(number):
            place.say(
                Code.BAD_NUMBER,
                f"{quoted(number)} is neither a number (+, digits, *, #) nor an address",
            )
        short = isinstance(entry, str)
        keys = read_schema(NumberKeys, {"flow": entry} if short else entry, place)
        if keys is BAD:
            continue
        numbers[number] = Number(keys.flow, keys.title, keys.language)
        named.append(Named(place, tuple(refs_of(keys))))
    return numbers, named


# --- queues.toml --------------------------------------------------------------------------------

_DEFAULTS = {item.name: item.default for item in fields(Queue)}
_SECONDS = NumberKind("seconds", 0, 86400)


def _queue_key(kind: Any, doc: str, name: str) -> Any:
    return key(kind, doc, default=_DEFAULTS[name])


@dataclass(frozen=True, slots=True, kw_only=True)
class QueueKeys:
    """One table per queue: `[support]`."""

    title: str = _queue_key(Text(), "name shown to people", "title")
    strategy: str = _queue_key(
        OneOf("strategy", tuple(sorted(STRATEGIES)), Code.UNKNOWN_STRATEGY),
        "which of several free agents is asked first",
        "strategy",
    )
    service_level_seconds: float = _queue_key(
        _SECONDS, "target within which a contact should be answered", "service_level_seconds"
    )
    hours: str | None = _queue_key(
        Name("calendar", To.CALENDAR),
        "calendar whose open time alone counts in that target for mail and the like",
        "hours",
    )
    short_abandon_seconds: float = _queue_key(
        _SECONDS, "who leaves sooner does not count as abandoned", "short_abandon_seconds"
    )
    offer_seconds: float = _queue_key(
        NumberKind("seconds", 1, 600), "how long an agent's phone rings", "offer_seconds"
    )
    wrapup_seconds: float = _queue_key(
        _SECONDS, "time for after-contact work; 0 for none", "wrapup_seconds"
    )
    max_waiting: int | None = _queue_key(
        NumberKind("whole number", 0, 1_000_000, whole=True),
        "how many may wait; without it any number",
        "max_waiting",
    )
    max_wait_seconds: float = _queue_key(
        NumberKind("seconds", 1, 86400), "longest wait before the flow goes on", "max_wait_seconds"
    )
    record: bool = _queue_key(Flag(), "record the talk", "record")
    music: str = _queue_key(Text(longest=64), "music class heard while waiting", "music")


def read_queue(name: str, raw: object, at: At) -> Queue | None:
    """Return one queue, or None after reporting what is wrong with it."""
    good = good_name(name, "queue", at)
    keys = read_schema(QueueKeys, raw, at)
    if keys is BAD or not good:
        return None
    return Queue(QueueName(name), **{f.name: getattr(keys, f.name) for f in fields(keys)})


def read_queues(raw: Raw, at: At) -> tuple[dict[QueueName, Queue], list[Named]]:
    """Return the queues by name, and what they name and where."""
    queues, named = {}, []
    for name, table in raw.items():
        queue = read_queue(name, table, at / name)
        if queue is not None:
            queues[queue.name] = queue
        if queue is not None and queue.hours is not None:
            named.append(Named(at / name, (Ref(To.CALENDAR, queue.hours, ("hours",)),)))
    return queues, named


# --- hours.toml ---------------------------------------------------------------------------------


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
            if slot[0] >= slot[1]:
                at.say(Code.BAD_HOURS, f"{quoted(text)} ends before it begins: split at midnight")
                return BAD
            slots.append(slot)
        slots.sort()
        if any(one[1] > other[0] for one, other in pairwise(slots)):
            at.say(Code.BAD_HOURS, "times overlap")
            return BAD
        return tuple(slots)


def _slot(text: str) -> tuple[int, int] | None:
    match = _SLOT.fullmatch(text)
    if match is None:
        return None
    h1, m1, h2, m2 = (int(part) for part in match.groups())
    start, end = h1 * 60 + m1, h2 * 60 + m2
    return (start, end) if m1 < 60 and m2 < 60 and start <= 1440 and end <= 1440 else None


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


_WEEK = TableOf(
    "table of days to times",
    value=_SlotsKind(),
    key_fits=lambda text: _days(text) is not None,
    key_wanted="mon … sun, or from one to a later one such as mon-fri",
    may_be_empty=True,
)
_DATES = TableOf(
    "table of dates to times",
    value=_SlotsKind(),
    key_fits=_is_date,
    key_wanted="a date such as 2026-12-25",
    may_be_empty=True,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class CalendarKeys:
    """One table per calendar: `[office]`."""

    timezone: str = key(Text(), "time zone that the times are meant in: `America/New_York`")
    week: Mapping[str, Slots] = key(_WEEK, 'when it is open: `mon-fri = ["09:00-17:30"]`')
    dates: Mapping[str, Slots] | None = key(
        _DATES, "holidays and the like: instead of the weekday's times", default=None
    )


def read_calendar(name: str, raw: object, at: At, zones: Collection[str]) -> Calendar | None:
    """Return one calendar, or None after reporting what is wrong with it."""
    good = good_name(name, "calendar", at)
    keys = read_schema(CalendarKeys, raw, at)
    if keys is BAD:
        return None
    if keys.timezone not in zones:
        hint = did_you_mean(keys.timezone, zones)
        (at / "timezone").say(Code.BAD_TIMEZONE, f"no time zone {quoted(keys.timezone)}{hint}")
        good = False
    week: dict[str, Slots] = {}
    for days, slots in keys.week.items():
        for day in _days(days) or ():
            if day in week:
                (at / "week" / days).say(Code.BAD_HOURS, f"{day} is already said")
                good = False
            week[day] = slots
    return Calendar(name, keys.timezone, week, keys.dates or {}) if good else None


def read_calendars(raw: Raw, at: At, zones: Collection[str]) -> dict[str, Calendar]:
    """Return the calendars by name; ``zones`` are the time zones that exist."""
    calendars = (read_calendar(name, table, at / name, zones) for name, table in raw.items())
    return {calendar.name: calendar for calendar in calendars if calendar is not None}


# --- prompts/<language>.toml --------------------------------------------------------------------


def is_language(name: str) -> bool:
    """Return whether ``name`` may name a language: ``en``, ``pt-BR``."""
    return _LANGUAGE.fullmatch(name) is not None


def read_prompts(raw: Raw, at: At, defects: Mapping[str, str]) -> dict[str, str]:
    """Return prompt key to text.

    Args:
        raw: parsed file; ``main.menu = "…"`` and ``[main] menu = "…"`` are the same key.
        at: the file.
        defects: sound file to what is wrong with it; empty for nothing.
    """
    prompts: dict[str, str] = {}
    for path, value in _flat(raw, ()):
        name, place = ".".join(path), At(at.report, at.file, (*at.path, *path))
        if not good_prompt(name):
            place.say(Code.BAD_NAME, f"{quoted(name)} cannot name a prompt: a-z, 0-9, _ and dots")
        elif name in prompts:
            place.say(Code.DUPLICATE_KEY, f"prompt {quoted(name)} is written twice")
        elif (text := Text(longest=2000).read(value, place)) is not BAD:
            prompts[name] = text
            if text.startswith(FILE_PREFIX):
                _check_sound(text.removeprefix(FILE_PREFIX), place, defects)
    return prompts


def _flat(raw: Raw, path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], object]]:
    for name, value in raw.items():
        if isinstance(value, dict) and len(path) < _DEEPEST:
            yield from _flat(value, (*path, name))
        else:
            yield (*path, name), value


def _check_sound(path: str, at: At, defects: Mapping[str, str]) -> None:
    if path not in defects:
        hint = did_you_mean(path, defects)
        at.say(Code.MISSING_SOUND, f"no file {quoted('sounds/' + path)}{hint}")
    elif defects[path]:
        at.say(Code.BAD_SOUND, f"{quoted('sounds/' + path)} {defects[path]}")
