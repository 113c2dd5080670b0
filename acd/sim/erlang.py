"""Erlang's formulas: B (no waiting), C (endless patience) and A (exponential patience).

No factorials and nothing that overflows: B by its recursion, C from B, A by
:mod:`acd.sim.offered_wait`.

Notation: ``load`` is the offered load a = arrival rate x handle time in erlang, n the agents,
mu = 1 / handle time, theta = 1 / mean patience.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from acd.core.errors import AcdError
from acd.sim.offered_wait import OfferedWait

LARGEST_AGENTS = 1_000_000

_SLACK = 1e-9  # a load computed as rate x time may miss a whole number by rounding


class ErlangError(AcdError):
    """A formula was asked for something it does not answer; the message says what."""

    code = "erlang-input"


def _need(holds: bool, message: str, hint: str = "") -> None:
    if not holds:
        raise ErlangError(message, hint=hint)


def _check(load: float, agents: int) -> None:
    _need(math.isfinite(load) and load >= 0, f"the offered load must be 0 or more, not {load}")
    _need(
        0 <= agents <= LARGEST_AGENTS,
        f"the number of agents must be from 0 to {LARGEST_AGENTS}, not {agents}",
    )


# --- the bare formulas --------------------------------------------------------------------------


def erlang_b(load: float, agents: int) -> float:
    """Return the share of contacts that find all ``agents`` busy when nobody may wait.

    Holds for every law of handle times with the same mean.

    Raises:
        ErlangError: a number makes no sense.
    """
    _check(load, agents)
    blocking = 1.0
    for k in range(1, agents + 1):
        blocking = load * blocking / (k + load * blocking)
    return blocking


def erlang_c(load: float, agents: int) -> float:
    """Return the share of contacts that have to wait when everybody waits until answered.

    Returns 1 for a load that the agents cannot carry: every wait grows without end.

    Raises:
        ErlangError: a number makes no sense.
    """
    _check(load, agents)
    if agents - load <= _SLACK:
        return 1.0
    blocking = erlang_b(load, agents)
    return blocking / (1.0 - load / agents * (1.0 - blocking))


def square_root_agents(load: float, beta: float) -> int:
    """Return ``load`` + ``beta`` square roots of it, rounded up: the rule of thumb for large loads.

    Raises:
        ErlangError: a number makes no sense.
    """
    _check(load, 0)
    _need(math.isfinite(beta), f"beta must be a number, not {beta}")
    return max(0, math.ceil(load + beta * math.sqrt(load) - _SLACK))


def halfin_whitt(beta: float) -> float:
    """Return the wait probability that square-root staffing tends to, Halfin and Whitt (1981).

    Raises:
        ErlangError: ``beta`` is not positive: then everybody waits.
    """
    _need(beta > 0, f"beta must be more than 0, not {beta}")
    return 1.0 / (1.0 + beta * _normal_cdf(beta) / _normal_pdf(beta))


def garnett(beta: float, patience_ratio: float) -> float:
    """Return the limit of the wait probability with abandonment, Garnett et al. (2002).

    Args:
        beta: safety staffing, any sign.
        patience_ratio: mean handle time over mean patience, theta / mu.

    Raises:
        ErlangError: a number makes no sense.
    """
    _need(math.isfinite(beta), f"beta must be a number, not {beta}")
    _need(patience_ratio > 0, f"the ratio must be more than 0, not {patience_ratio}")
    root = math.sqrt(patience_ratio)
    return 1.0 / (1.0 + root * _hazard(beta / root) / _hazard(-beta))


def _normal_pdf(x: float) -> float:
    return math.exp(-x * x / 2.0) / math.sqrt(2.0 * math.pi)


def _normal_cdf(x: float) -> float:
    return 0.5 * math.erfc(-x / math.sqrt(2.0))


def _hazard(x: float) -> float:
    return _normal_pdf(x) / _normal_cdf(-x) if x < 30 else x


def rostered(agents: int, shrinkage: float) -> int:
    """Return how many must be paid so that ``agents`` are there: ceil(n / (1 - s)), not n (1 + s).

    Args:
        agents: needed on the queue.
        shrinkage: share of paid time that is spent elsewhere, 0 to below 1.

    Raises:
        ErlangError: a number makes no sense.
    """
    _check(0.0, agents)
    _need(0 <= shrinkage < 1, f"shrinkage must be from 0 to below 1, not {shrinkage}")
    return math.ceil(agents / (1.0 - shrinkage) - _SLACK)


# --- what a team of a size does -----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Demand:
    """What comes in.

    Attributes:
        per_hour: mean number of contacts in an hour.
        handle_seconds: mean time an agent needs for one, wrap-up included.
        patience_seconds: mean patience; None when nobody ever leaves.
    """

    per_hour: float
    handle_seconds: float
    patience_seconds: float | None = None

    def __post_init__(self) -> None:
        for value, what in (
            (self.per_hour, "contacts in an hour"),
            (self.handle_seconds, "the handle time"),
            (1.0 if self.patience_seconds is None else self.patience_seconds, "the patience"),
        ):
            _need(math.isfinite(value) and value > 0, f"{what} must be more than 0, not {value}")

    @property
    def load(self) -> float:
        """The offered load in erlang."""
        return self.rate * self.handle_seconds

    @property
    def rate(self) -> float:
        """Contacts in a second."""
        return self.per_hour / 3600.0


@dataclass(frozen=True, slots=True)
class Figures:
    """What a number of agents makes of a demand, in the long run.

    Infinite waits mean that the agents cannot carry the load.

    Attributes:
        agents: how many.
        load: offered load in erlang.
        occupancy: share of their time that agents are busy.
        wait_probability: share of contacts not answered at once (for B: refused).
        asa_seconds: mean wait of the answered.
        mean_wait_seconds: mean wait of all.
        abandon_rate: share of contacts that leave unanswered.
        within_seconds: the target time T.
        service_level: share of all contacts answered within T.
        service_level_answered: share of the answered that were answered within T.
        service_level_removed: share of all contacts answered or gone within T.
    """

    agents: int
    load: float
    occupancy: float
    wait_probability: float
    asa_seconds: float
    mean_wait_seconds: float
    abandon_rate: float
    within_seconds: float
    service_level: float
    service_level_answered: float
    service_level_removed: float


def figures_b(demand: Demand, agents: int) -> Figures:
    """Return the figures when who finds all agents busy is refused (M/G/n/n).

    Raises:
        ErlangError: a number makes no sense.
    """
    blocking = erlang_b(demand.load, agents)
    busy = demand.load * (1.0 - blocking)
    served = 1.0 - blocking
    occupancy = busy / agents if agents else 0.0
    return Figures(
        agents, demand.load, occupancy, blocking, 0.0, 0.0, blocking, 0.0, served, 1.0, 1.0
    )


def figures_c(demand: Demand, agents: int, within_seconds: float = 20.0) -> Figures:
    """Return the figures when nobody leaves (M/M/n); patience, if known, is not looked at.

    Near full occupancy this overstates waits many times if people do leave: then use
    :func:`figures_a`.

    Raises:
        ErlangError: a number makes no sense.
    """
    _need(within_seconds >= 0, f"the target time must be 0 or more, not {within_seconds}")
    load = demand.load
    wait = erlang_c(load, agents)
    if agents - load <= _SLACK:
        endless = math.inf
        return Figures(agents, load, 1.0, 1.0, endless, endless, 0.0, within_seconds, 0.0, 0.0, 0.0)
    spare_rate = (agents - load) / demand.handle_seconds
    level = 1.0 - wait * math.exp(-spare_rate * within_seconds)
    mean = wait / spare_rate
    return Figures(
        agents, load, load / agents, wait, mean, mean, 0.0, within_seconds, level, level, level
    )


def figures_a(demand: Demand, agents: int, within_seconds: float = 20.0) -> Figures:
    """Return the figures when patience is exponential (M/M/n+M); without patience, Erlang C's.

    Raises:
        ErlangError: a number makes no sense.
    """
    if demand.patience_seconds is None:
        return figures_c(demand, agents, within_seconds)
    _need(within_seconds >= 0, f"the target time must be 0 or more, not {within_seconds}")
    _check(demand.load, agents)
    theta = 1.0 / demand.patience_seconds
    if agents == 0:
        gone = 1.0 - math.exp(-theta * within_seconds)
        patience = demand.patience_seconds
        return Figures(
            0, demand.load, 0.0, 1.0, math.inf, patience, 1.0, within_seconds, 0.0, 0.0, gone
        )
    wait = OfferedWait(demand.rate, agents / demand.handle_seconds, theta)
    delayed = wait.probability(demand.load, agents)
    # Of those who are delayed:
    served = wait.mean(lambda x: math.exp(-theta * x))
    served_wait = wait.mean(lambda x: x * math.exp(-theta * x))
    late = wait.mean(lambda x: math.exp(-theta * x), since=within_seconds)
    later = wait.mean(lambda _: 1.0, since=within_seconds)
    abandoned = delayed * (1.0 - served)
    answered = 1.0 - abandoned
    in_time = 1.0 - delayed + delayed * (served - late)
    return Figures(
        agents,
        demand.load,
        demand.load * answered / agents,
        delayed,
        delayed * served_wait / answered,
        abandoned / theta,
        abandoned,
        within_seconds,
        in_time,
        in_time / answered,
        1.0 - delayed * later * math.exp(-theta * within_seconds),
    )


# --- how many are needed ------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Target:
    """What must hold; several together must all hold.

    Attributes:
        service_level: least share of all contacts answered within ``within_seconds``.
        within_seconds: the time of the service level.
        abandon_rate: largest share that leaves (for B: that is refused).
        asa_seconds: largest mean wait of the answered.
    """

    service_level: float | None = None
    within_seconds: float = 20.0
    abandon_rate: float | None = None
    asa_seconds: float | None = None

    def __post_init__(self) -> None:
        limits = (self.service_level, self.abandon_rate, self.asa_seconds)
        _need(
            any(limit is not None for limit in limits),
            "no target: give a service level, an abandon rate or an ASA",
        )
        level, rate, asa = limits
        _need(level is None or 0 < level < 1, f"a service level is between 0 and 1, not {level}")
        _need(rate is None or 0 < rate < 1, f"an abandon rate is between 0 and 1, not {rate}")
        _need(asa is None or asa > 0, f"an ASA must be more than 0, not {asa}")
        _need(
            math.isfinite(self.within_seconds) and self.within_seconds >= 0,
            f"the target time must be 0 or more, not {self.within_seconds}",
        )

    def is_met(self, figures: Figures) -> bool:
        """Return whether ``figures`` are good enough."""
        return (
            (self.service_level is None or figures.service_level >= self.service_level)
            and (self.abandon_rate is None or figures.abandon_rate <= self.abandon_rate)
            and (self.asa_seconds is None or figures.asa_seconds <= self.asa_seconds)
        )


def agents_for(
    demand: Demand, target: Target, figures: Callable[[int], Figures] | None = None
) -> Figures:
    """Return the figures of the fewest agents that meet ``target``.

    Args:
        demand: what comes in.
        target: what must hold.
        figures: what a number of agents does; Erlang A's by default, which is C's without patience.

    Raises:
        ErlangError: no number of agents below the limit is enough.
    """
    does = figures or (lambda agents: figures_a(demand, agents, target.within_seconds))
    # Every figure gets better with each agent, so the least number is found by halving.
    high = max(1, math.ceil(demand.load))
    low = 0
    while not target.is_met(does(high)):
        _need(high < LARGEST_AGENTS, f"not even {high} agents meet the target")
        low, high = high, min(2 * high, LARGEST_AGENTS)
    while high - low > 1:
        middle = (low + high) // 2
        if target.is_met(does(middle)):
            high = middle
        else:
            low = middle
    return does(high)
