"""A clock that is moved on."""

from __future__ import annotations

from acd.adapters.clock import MovableClock
from acd.core.timers import MICROSECONDS, Instant, after

START = Instant(1_700_000_000 * MICROSECONDS)


def test_begins_where_it_is_told_and_runs() -> None:
    clock = MovableClock(START)
    first = clock.now()
    assert START <= first < after(START, 5)
    assert clock.now() >= first


def test_is_moved_on_and_never_back() -> None:
    clock = MovableClock(START)
    clock.move_on(after(START, 3600))
    there = clock.now()
    assert after(START, 3600) <= there < after(START, 3605)
    clock.move_on(START)
    assert there <= clock.now() < after(there, 5)
