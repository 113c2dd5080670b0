"""Chance: independent streams of random numbers and the laws that durations follow.

Every purpose (the arrivals of one traffic stream, its handle times …) has a stream of its own, so
two policies meet the same callers with the same patience: differences between runs are the
policy's, not chance's.

Results are the same on every machine. ``random.Random`` promises that for ``random()``; ``log`` and
``exp`` of the C library may differ in the last bit, so both are made here of additions,
multiplications, divisions and square roots, which IEEE 754 fixes bit by bit.
"""

from __future__ import annotations

import math
import random
from dataclasses import dataclass, field
from typing import Protocol

Stream = random.Random


def stream(seed: int, purpose: str) -> Stream:
    """Return the stream of random numbers for one purpose of a run.

    The seed is hashed by SHA-512, so neighbouring seeds and purposes have nothing in common.
    """
    return random.Random(f"{seed}/{purpose}")


_LN2 = 0.6931471805599453
_SQRT_HALF = 0.7071067811865476
_LN_TERMS = tuple(1.0 / n for n in range(23, 1, -2))
_EXP_TERMS = tuple(1.0 / math.factorial(n) for n in range(14, -1, -1))


def ln(x: float) -> float:
    """Return the natural logarithm of ``x`` > 0, relative error below 1e-15."""
    mantissa, exponent = math.frexp(x)
    if mantissa < _SQRT_HALF:
        mantissa, exponent = mantissa * 2.0, exponent - 1
    # ln m = 2 artanh((m - 1) / (m + 1)); |s| < 0.172, so eleven more terms are enough.
    s = (mantissa - 1.0) / (mantissa + 1.0)
    square = s * s
    total = 0.0
    for term in _LN_TERMS:
        total = total * square + term
    return 2.0 * (s + s * square * total) + exponent * _LN2


def exp(x: float) -> float:
    """Return e to the power of ``x``, |x| < 700, relative error below 1e-13."""
    power = math.floor(x / _LN2 + 0.5)
    rest = x - power * _LN2
    total = 0.0
    for term in _EXP_TERMS:
        total = total * rest + term
    return math.ldexp(total, power)


def standard_exponential(chance: Stream) -> float:
    """Draw from the exponential law with mean 1."""
    return -ln(1.0 - chance.random())


def standard_normal(chance: Stream) -> float:
    """Draw from the normal law with mean 0 and variance 1 (Marsaglia's polar method)."""
    while True:
        u = 2.0 * chance.random() - 1.0
        v = 2.0 * chance.random() - 1.0
        square = u * u + v * v
        if 0.0 < square < 1.0:
            return u * math.sqrt(-2.0 * ln(square) / square)


class Law(Protocol):
    """How long something takes, in seconds."""

    @property
    def mean_seconds(self) -> float:
        """The mean."""
        ...

    def draw(self, chance: Stream) -> float:
        """Draw a duration in seconds."""
        ...


@dataclass(frozen=True, slots=True)
class Exponential:
    """Without memory."""

    mean_seconds: float

    def draw(self, chance: Stream) -> float:
        """Draw a duration in seconds."""
        return self.mean_seconds * standard_exponential(chance)


@dataclass(frozen=True, slots=True)
class Deterministic:
    """Always the same."""

    mean_seconds: float

    def draw(self, chance: Stream) -> float:
        """Return the duration in seconds."""
        return self.mean_seconds


@dataclass(frozen=True, slots=True)
class Lognormal:
    """Log-normal: what talk times look like.

    Attributes:
        mean_seconds: mean of the durations, not of their logarithms.
        cv: coefficient of variation: standard deviation over mean.
    """

    mean_seconds: float
    cv: float
    _mu: float = field(init=False, repr=False, compare=False, default=0.0)
    _sigma: float = field(init=False, repr=False, compare=False, default=0.0)

    def __post_init__(self) -> None:
        variance = ln(1.0 + self.cv * self.cv)
        object.__setattr__(self, "_sigma", math.sqrt(variance))
        object.__setattr__(self, "_mu", ln(self.mean_seconds) - variance / 2.0)

    def draw(self, chance: Stream) -> float:
        """Draw a duration in seconds."""
        return exp(self._mu + self._sigma * standard_normal(chance))


@dataclass(frozen=True, slots=True)
class Empirical:
    """One of the durations that were measured, each as likely as the others."""

    values: tuple[float, ...]

    @property
    def mean_seconds(self) -> float:
        """The mean of what was measured."""
        return math.fsum(self.values) / len(self.values)

    def draw(self, chance: Stream) -> float:
        """Draw a duration in seconds."""
        return self.values[int(chance.random() * len(self.values))]
