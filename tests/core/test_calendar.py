"""Business time: what the opening hours leave of a wait, on ordinary days and on odd ones."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from acd.core.calendar import MINUTE, WEEKDAYS, Calendar
from acd.core.timers import MICROSECONDS, Instant

pytestmark = pytest.mark.core

NINE_TO_FIVE = dict.fromkeys(WEEKDAYS[:5], ((540, 1020),))
OFFICE = Calendar("office", "Europe/Berlin", NINE_TO_FIVE, {"2026-12-25": ()})
NIGHT = Calendar("night", "Europe/Berlin", {"sun": ((60, 300),)})  # clocks change on Sundays
ALWAYS = Calendar("always", "America/New_York", dict.fromkeys(WEEKDAYS, ((0, 1440),)))
BAR = Calendar(  # Friday and Saturday nights, which are theirs though Sunday is a holiday
    "bar",
    "Europe/Berlin",
    {"fri": ((1200, 1560),), "sat": ((60, 180), (1200, 1680))},
    {"2026-03-29": (), "2026-10-25": ((0, 60), (120, 300))},
)
HOUR = 3600


def at(text: str, zone: str = "Europe/Berlin", fold: int = 0) -> Instant:
    local = datetime.fromisoformat(text).replace(tzinfo=ZoneInfo(zone), fold=fold)
    return Instant(round((local - datetime(1970, 1, 1, tzinfo=UTC)).total_seconds()) * MICROSECONDS)


@pytest.mark.parametrize(
    ("start", "end", "seconds"),
    [
        ("2026-11-23 10:00", "2026-11-23 10:30", HOUR / 2),
        ("2026-11-23 08:00", "2026-11-23 10:00", HOUR),
        ("2026-11-23 16:00", "2026-11-24 10:00", 2 * HOUR),  # over night
        ("2026-11-20 16:00", "2026-11-23 10:00", 2 * HOUR),  # over the weekend
        ("2026-11-21 12:00", "2026-11-22 12:00", 0),
        ("2026-12-24 16:00", "2026-12-28 10:00", 2 * HOUR),  # over a holiday
        ("2026-11-23 17:00", "2026-11-24 09:00", 0),
        ("2026-11-23 12:00", "2026-11-23 12:00", 0),
        ("2026-11-23 12:00", "2026-11-23 11:00", 0),
        ("2026-10-23 16:00", "2026-10-26 10:00", 2 * HOUR),  # clocks changed while it was closed
        ("2026-01-01 00:00", "2027-01-01 00:00", (261 - 1) * 8 * HOUR),
    ],
)
def test_an_office(start, end, seconds):
    assert OFFICE.business_seconds(at(start), at(end)) == seconds


def test_a_night_in_which_clocks_go_forward_is_shorter():
    assert NIGHT.business_seconds(at("2026-03-29 00:00"), at("2026-03-30 00:00")) == 3 * HOUR
    assert NIGHT.business_seconds(at("2026-03-29 01:30"), at("2026-03-29 03:30")) == HOUR


def test_a_night_in_which_clocks_go_back_is_longer():
    assert NIGHT.business_seconds(at("2026-10-25 00:00"), at("2026-10-26 00:00")) == 5 * HOUR
    first, second = at("2026-10-25 02:30"), at("2026-10-25 02:30", fold=1)
    assert NIGHT.business_seconds(first, second) == HOUR
    half = Calendar("half", "Europe/Berlin", {"sun": ((150, 300),)})  # 02:30 comes twice
    assert half.business_seconds(at("2026-10-25 00:00"), at("2026-10-26 00:00")) == 3 * HOUR


def test_fractions_of_a_second_count():
    start = at("2026-11-23 08:59:59") + 250_000
    assert OFFICE.business_seconds(Instant(start), at("2026-11-23 09:00:01")) == 1
    assert OFFICE.business_seconds(at("2026-11-23 09:00"), Instant(start + MICROSECONDS)) == 0.25


def test_a_zone_with_other_than_whole_hours():
    kathmandu = Calendar("k", "Asia/Kathmandu", NINE_TO_FIVE)
    day = at("2026-11-23 00:00", "Asia/Kathmandu"), at("2026-11-24 00:00", "Asia/Kathmandu")
    assert kathmandu.business_seconds(*day) == 8 * HOUR


SPRING, AUTUMN = at("2026-03-29 00:00"), at("2026-10-25 00:00")
MINUTES = st.integers(0, 3 * 1440)


@settings(deadline=None, max_examples=50)
@given(st.sampled_from([SPRING, AUTUMN, at("2026-12-24 12:00")]), MINUTES, st.integers(0, 600))
@example(SPRING, 0, 600)
@example(AUTUMN, 0, 600)
def test_it_is_the_time_for_which_it_is_open(day, first, length):
    for calendar in (OFFICE, NIGHT, BAR):
        minutes = [Instant(day + (first + n) * MINUTE) for n in range(length)]
        expected = 60 * sum(calendar.is_open(minute) for minute in minutes)
        start = Instant(day + first * MINUTE)
        assert calendar.business_seconds(start, Instant(start + length * MINUTE)) == expected


SOME_MONTHS = st.integers(0, 10**13)  # microseconds


@settings(deadline=None, max_examples=50)
@given(st.integers(0, 4 * 10**15), SOME_MONTHS, SOME_MONTHS)
def test_parts_add_up_and_always_is_always(start, first, second):
    middle, end = start + first, start + first + second
    parts = ALWAYS.business_seconds(start, middle) + ALWAYS.business_seconds(middle, end)
    assert parts == pytest.approx((end - start) / MICROSECONDS)
    assert 0 <= OFFICE.business_seconds(start, end) <= (end - start) / MICROSECONDS


def test_a_night_belongs_to_the_day_it_begins_on():
    assert not BAR.is_open(at("2026-11-20 19:59"))
    assert BAR.is_open(at("2026-11-20 20:00"))
    assert BAR.is_open(at("2026-11-21 02:59"))  # Friday's until two, and Saturday's one to three
    assert not BAR.is_open(at("2026-11-21 03:00"))
    assert BAR.is_open(at("2026-03-29 01:30"))  # Saturday's night, and Sunday is a holiday
    friday_on = at("2026-11-20 12:00"), at("2026-11-21 12:00")
    assert BAR.business_seconds(*friday_on) == 7 * HOUR  # what overlaps counts once


@pytest.mark.parametrize(
    ("calendar", "now", "change"),
    [
        (OFFICE, "2026-11-23 08:00", "2026-11-23 09:00"),
        (OFFICE, "2026-11-23 09:00", "2026-11-23 17:00"),
        (OFFICE, "2026-11-20 17:00", "2026-11-23 09:00"),
        (OFFICE, "2026-12-24 18:00", "2026-12-28 09:00"),
        (BAR, "2026-11-20 21:00", "2026-11-21 03:00"),
        (NIGHT, "2026-03-29 01:30", "2026-03-29 05:00"),
        (NIGHT, "2026-10-25 02:30", "2026-10-25 05:00"),
    ],
)
def test_when_it_next_changes(calendar, now, change):
    assert calendar.next_change(at(now)) == at(change)


def test_what_never_changes():
    assert ALWAYS.next_change(at("2026-11-23 12:00")) is None
    assert Calendar("never").next_change(at("2026-11-23 12:00")) is None


@settings(deadline=None, max_examples=100)
@given(
    st.sampled_from([OFFICE, NIGHT, BAR]),
    st.sampled_from([SPRING, AUTUMN, at("2026-12-24 12:00")]),
    MINUTES,
)
def test_nothing_changes_before_it_does(calendar, day, minute):
    now = Instant(day + minute * MINUTE)
    change, is_open = calendar.next_change(now), calendar.is_open(now)
    assert change > now
    assert calendar.is_open(change) is not is_open
    length = (change - now) / MICROSECONDS
    assert calendar.business_seconds(now, change) == (length if is_open else 0)
