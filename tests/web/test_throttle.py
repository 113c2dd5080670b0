"""Too many tries are refused, the rest of the world is not."""

from __future__ import annotations

import pytest

from acd.core.timers import Instant, after
from acd.web.throttle import REMEMBERED, Throttle

pytestmark = pytest.mark.app

NOON = Instant(1_000_000_000)


def test_after_the_limit_one_waits_until_the_first_try_is_old():
    throttle = Throttle(3, window_seconds=60)
    for second in range(3):
        assert throttle.wait_seconds("ann", after(NOON, second)) == 0
        throttle.count("ann", after(NOON, second))
    assert throttle.wait_seconds("ann", after(NOON, 10)) == 50
    assert throttle.wait_seconds("bob", after(NOON, 10)) == 0
    assert throttle.wait_seconds("ann", after(NOON, 60)) == 0
    throttle.count("ann", after(NOON, 60))
    assert throttle.wait_seconds("ann", after(NOON, 60.5)) == 0.5


def test_a_success_is_no_guess():
    throttle = Throttle(2)
    throttle.count("ann", NOON)
    throttle.count("ann", after(NOON, 1))
    throttle.forgive("ann", NOON)
    assert throttle.wait_seconds("ann", after(NOON, 1)) == 0
    throttle.count("ann", after(NOON, 2))
    assert throttle.wait_seconds("ann", after(NOON, 2)) > 0
    throttle.forgive("ann", after(NOON, 2), everything=True)
    assert throttle.wait_seconds("ann", after(NOON, 2)) == 0


def test_it_does_not_grow_without_end():
    throttle = Throttle(1)
    for number in range(REMEMBERED + 10):
        throttle.count(number, NOON)
    assert throttle.wait_seconds(0, NOON) == 0
    assert throttle.wait_seconds(REMEMBERED, NOON) > 0
    assert len(throttle._attempts) == REMEMBERED
