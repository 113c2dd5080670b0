"""The offered wait in M/M/n+M: what a contact with endless patience would wait.

Baccelli and Hebuterne (1981): of those who are delayed it has the density proportional to
exp(g(x)), g(x) = lambda H(x) - n mu x with H(x) = (1 - exp(-theta x)) / theta. Every figure of
Erlang A is an integral over it, taken here relative to the peak of g, so nothing overflows.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

_DEPTH = 50.0  # below the peak of g; exp(-50) is nothing
_SCALE = 1e-200


class OfferedWait:
    """The law of the offered wait of those who are delayed.

    g is concave, so all the mass lies in one window around its peak.

    Args:
        arrivals: contacts in a second.
        services: contacts that all agents together finish in a second.
        theta: 1 / mean patience in seconds.
    """

    def __init__(self, arrivals: float, services: float, theta: float) -> None:
        self._arrivals, self._services, self._theta = arrivals, services, theta
        self._peak = max(0.0, math.log(arrivals / services) / theta)
        self._top = self._g(self._peak)
        self._from, self._to = self._window()
        self._mass = self._integral(lambda _: 1.0, self._from, self._to)

    def _g(self, x: float) -> float:
        shift = -math.expm1(-self._theta * x) / self._theta
        return self._arrivals * shift - self._services * x

    def _window(self) -> tuple[float, float]:
        def above(x: float) -> bool:
            return self._g(x) > self._top - _DEPTH

        step = 1.0 / self._services
        while above(self._peak + step):
            step *= 2.0
        low = 0.0 if above(0.0) else _edge(above, self._peak, 0.0)
        return low, _edge(above, self._peak, self._peak + step)

    def _integral(self, weight: Callable[[float], float], low: float, high: float) -> float:
        def density(x: float) -> float:
            return weight(x) * math.exp(self._g(x) - self._top)

        middle = min(max(self._peak, low), high)
        return _integrate(density, low, middle) + _integrate(density, middle, high)

    def mean(self, weight: Callable[[float], float], since: float = 0.0) -> float:
        """Return the mean of ``weight(V)`` over waits longer than ``since``, among the delayed."""
        if since >= self._to:
            return 0.0
        return self._integral(weight, max(since, self._from), self._to) / self._mass

    def probability(self, load: float, agents: int) -> float:
        """Return the share of contacts that are delayed: lambda J / (E + lambda J).

        J is the integral of exp(g), E = 1 / B(n - 1, a).
        """
        one = inverse = 1.0  # E = inverse / one, by the recursion E(k) = 1 + k / a E(k - 1)
        log_one = 0.0
        for k in range(1, agents):
            inverse = one + k / load * inverse
            if inverse > 1.0 / _SCALE:
                inverse, one, log_one = inverse * _SCALE, one * _SCALE, log_one + math.log(_SCALE)
        log_odds = math.log(self._arrivals * self._mass) + self._top - math.log(inverse) + log_one
        return 1.0 / (1.0 + math.exp(-log_odds)) if log_odds > -700.0 else 0.0


def _edge(holds: Callable[[float], bool], inside: float, outside: float) -> float:
    """Return where ``holds`` stops to, between ``inside`` and ``outside``."""
    for _ in range(60):
        middle = (inside + outside) / 2.0
        if holds(middle):
            inside = middle
        else:
            outside = middle
    return outside


def _legendre(order: int) -> tuple[tuple[float, float], ...]:
    """Return nodes and weights of Gauss-Legendre quadrature on [-1, 1], by Newton's method."""
    found = []
    for k in range(order):
        x = math.cos(math.pi * (k + 0.75) / (order + 0.5))
        slope = 1.0
        for _ in range(100):
            before, value = 1.0, x
            for degree in range(2, order + 1):
                before, value = (
                    value,
                    ((2 * degree - 1) * x * value - (degree - 1) * before) / degree,
                )
            slope = order * (x * value - before) / (x * x - 1.0)
            change = value / slope
            x -= change
            if abs(change) < 1e-15:
                break
        found.append((x, 2.0 / ((1.0 - x * x) * slope * slope)))
    return tuple(found)


_NODES = _legendre(10)
_HALVINGS = 24
# Handle time and patience may differ by orders of magnitude, and with them the scales on which an
# integrand bends, next to either end of its interval: so the panels halve towards both.
_EDGES = tuple(0.5**k / 2.0 for k in range(_HALVINGS, 0, -1))
_CUTS = (0.0, *_EDGES, 0.5, *(1.0 - edge for edge in reversed(_EDGES)), 1.0)


def _integrate(f: Callable[[float], float], low: float, high: float) -> float:
    if high <= low:
        return 0.0
    width = high - low
    return math.fsum(
        weight * half * f(low + middle + half * x)
        for start, end in pairwise(_CUTS)
        for half, middle in [(width * (end - start) / 2.0, width * (start + end) / 2.0)]
        for x, weight in _NODES
    )
