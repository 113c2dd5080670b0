"""Chance: the laws have the moments they claim, and their bits do not depend on the machine."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd.sim.chance import (
    Deterministic,
    Empirical,
    Exponential,
    Law,
    Lognormal,
    exp,
    ln,
    stream,
)

pytestmark = pytest.mark.core


@given(st.floats(min_value=5e-324, max_value=1e308))
def test_logarithm(x: float) -> None:
    assert ln(x) == pytest.approx(math.log(x), rel=1e-14, abs=1e-15)


@given(st.floats(-690, 690))
def test_exponential_function(x: float) -> None:
    assert exp(x) == pytest.approx(math.exp(x), rel=1e-12)


@pytest.mark.parametrize(
    ("law", "deviation"),
    [
        (Exponential(120.0), 120.0),
        (Deterministic(30.0), 0.0),
        (Lognormal(150.0, 1.2), 180.0),
        (Lognormal(150.0, 0.0), 0.0),
        (Empirical((10.0, 20.0, 90.0)), 35.590260840104),
    ],
)
def test_mean_and_deviation(law: Law, deviation: float) -> None:
    count = 60_000
    chance = stream(7, "test")
    values = [law.draw(chance) for _ in range(count)]
    mean = math.fsum(values) / count
    spread = math.sqrt(math.fsum((value - mean) ** 2 for value in values) / count)
    # A mean 5 % off would be more than 10 standard errors off for each of these laws.
    assert abs(mean - law.mean_seconds) <= 3.5 * deviation / math.sqrt(count) + 1e-9
    assert spread == pytest.approx(deviation, rel=0.05, abs=1e-6)


def test_exponential_is_without_memory() -> None:
    chance = stream(7, "test")
    values = [Exponential(60.0).draw(chance) for _ in range(40_000)]
    for after in (30.0, 60.0, 180.0):
        share = sum(value > after for value in values) / len(values)
        expected = math.exp(-after / 60)
        error = math.sqrt(expected * (1 - expected) / len(values))
        assert abs(share - expected) < 3.5 * error


def test_streams_are_independent_of_each_other() -> None:
    one, other = stream(1, "calls/handle"), stream(1, "calls/patience")
    xs = [one.random() - 0.5 for _ in range(20_000)]
    ys = [other.random() - 0.5 for _ in range(20_000)]
    correlation = sum(x * y for x, y in zip(xs, ys, strict=True)) * 12 / len(xs)
    assert abs(correlation) < 3.5 / math.sqrt(len(xs))


def test_the_bits_are_these_on_every_machine() -> None:
    chance = stream(1, "test")
    drawn = [
        Exponential(120.0).draw(chance),
        Lognormal(150.0, 1.2).draw(chance),
        Empirical((1.0, 2.0, 3.0)).draw(chance),
    ]
    assert [value.hex() for value in drawn] == BITS


BITS = ["0x1.33fbee50bbd3bp+8", "0x1.824e41c0d00fap+5", "0x1.0000000000000p+1"]
