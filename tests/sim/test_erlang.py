"""Erlang's formulas against published values, birth-death chains and their own limits."""

from __future__ import annotations

import math
from itertools import accumulate

import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd.sim.erlang import (
    Demand,
    ErlangError,
    Target,
    agents_for,
    erlang_b,
    erlang_c,
    figures_a,
    figures_b,
    figures_c,
    garnett,
    halfin_whitt,
    rostered,
    square_root_agents,
)

pytestmark = pytest.mark.core


# --- published values ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("lines", "load"),
    [(1, 0.0101), (2, 0.153), (5, 1.36), (10, 4.46), (20, 12.03), (50, 37.9), (100, 84.1)],
)
def test_erlang_b_table_at_one_percent(lines: int, load: float) -> None:
    # The column of every printed Erlang B table, to the digits printed there.
    assert erlang_b(load, lines) == pytest.approx(0.01, rel=0.02)


def test_erlang_c_example() -> None:
    # Call Centre Helper's worked example: 200 calls an hour of 180 s and 14 agents.
    found = figures_c(Demand(200, 180), 14)
    assert found.load == pytest.approx(10)
    assert found.wait_probability == pytest.approx(0.174, abs=5e-4)
    assert found.service_level == pytest.approx(0.888, abs=5e-4)
    assert found.asa_seconds == pytest.approx(7.8, abs=0.05)
    assert found.occupancy == pytest.approx(0.714, abs=5e-4)


def test_erlang_a_example() -> None:
    # Garnett, Mandelbaum and Reiman (2002), table 1: 50 agents, 48 calls a minute of 1 minute,
    # patience 2 minutes: 3.1 % abandon, 3.7 s mean wait, 93 % busy; without patience 20.8 s, 96 %.
    demand = Demand(48 * 60, 60, 120)
    found = figures_a(demand, 50)
    assert found.abandon_rate == pytest.approx(0.031, abs=5e-4)
    assert found.mean_wait_seconds == pytest.approx(3.7, abs=0.05)
    assert found.occupancy == pytest.approx(0.93, abs=5e-3)
    endless = figures_c(demand, 50)
    assert endless.asa_seconds == pytest.approx(20.8, abs=0.05)
    assert endless.occupancy == pytest.approx(0.96)


# --- birth-death chains -------------------------------------------------------------------------

demands = st.builds(
    Demand,
    st.floats(1, 3000),
    st.floats(10, 600),
    st.floats(5, 3600),
)


def chain(demand: Demand, agents: int) -> list[float]:
    """The law of the number in an M/M/n+M system, by its balance equations."""
    mu, theta = 1 / demand.handle_seconds, 1 / demand.patience_seconds
    logs = [0.0]
    highest = 0.0
    while logs[-1] > highest - 60:
        k = len(logs)
        deaths = min(k, agents) * mu + max(0, k - agents) * theta
        logs.append(logs[-1] + math.log(demand.rate / deaths))
        highest = max(highest, logs[-1])
    weights = [math.exp(log - highest) for log in logs]
    total = math.fsum(weights)
    return [weight / total for weight in weights]


@given(demands, st.integers(1, 60))
def test_erlang_a_is_its_chain(demand: Demand, agents: int) -> None:
    mu, theta = 1 / demand.handle_seconds, 1 / demand.patience_seconds
    law = chain(demand, agents)
    delayed = math.fsum(law[agents:])
    queue = math.fsum((k - agents) * p for k, p in enumerate(law) if k > agents)
    # Who finds q waiting is served with the chance, and after the mean time, of q + 1 departures
    # that come before their own patience ends.
    rates = [agents * mu + q * theta for q in range(1, len(law) - agents + 1)]
    times = list(accumulate(1 / rate for rate in rates))
    chances = [agents * mu / rate for rate in rates]
    served = 1 - delayed + math.fsum(p * c for p, c in zip(law[agents:], chances, strict=True))
    waited = math.fsum(p * c * t for p, c, t in zip(law[agents:], chances, times, strict=True))
    found = figures_a(demand, agents)
    assert found.wait_probability == pytest.approx(delayed, rel=1e-9, abs=1e-12)
    assert found.mean_wait_seconds == pytest.approx(queue / demand.rate, rel=1e-9, abs=1e-12)
    assert found.abandon_rate == pytest.approx(1 - served, rel=1e-9, abs=1e-12)
    assert found.asa_seconds == pytest.approx(waited / served, rel=1e-9, abs=1e-12)
    busy = math.fsum(min(k, agents) * p for k, p in enumerate(law))
    assert found.occupancy == pytest.approx(busy / agents, rel=1e-9)


@given(st.floats(0.01, 40), st.integers(1, 60))
def test_erlang_b_and_c_are_their_chains(load: float, agents: int) -> None:
    weights = list(accumulate(range(1, agents + 1), lambda w, k: w * load / k, initial=1.0))
    assert erlang_b(load, agents) == pytest.approx(weights[-1] / sum(weights), rel=1e-10)
    if load < 0.99 * agents:
        tail = weights[-1] / (1 - load / agents)
        assert erlang_c(load, agents) == pytest.approx(tail / (sum(weights[:-1]) + tail), rel=1e-9)


@given(demands, st.integers(1, 40), st.floats(0, 300))
def test_answered_and_gone_in_time_fit_together(demand: Demand, agents: int, within: float) -> None:
    found = figures_a(demand, agents, within)
    # Answered in time is part of answered or gone in time; both grow to their limits.
    assert found.service_level <= found.service_level_removed + 1e-9
    assert found.service_level <= 1 - found.abandon_rate + 1e-9
    assert figures_a(demand, agents, 1e9).service_level == pytest.approx(
        1 - found.abandon_rate, abs=1e-9
    )
    assert figures_a(demand, agents, 0.0).service_level == pytest.approx(
        1 - found.wait_probability, abs=1e-9
    )
    assert found.abandon_rate == pytest.approx(
        found.mean_wait_seconds / demand.patience_seconds, rel=1e-9
    )


def test_service_level_against_numerical_integration() -> None:
    # The law of the offered wait summed finely, with no cleverness at all.
    demand, agents, within = Demand(450, 120, 60), 14, 20.0
    mu, theta, rate = 1 / 120, 1 / 60, demand.rate
    step = 0.001
    xs = [step * (k + 0.5) for k in range(400_000)]
    density = [math.exp(rate * (1 - math.exp(-theta * x)) / theta - agents * mu * x) for x in xs]
    j = sum(density) * step
    e = 1 / erlang_b(demand.load, agents - 1)
    at_once = 1 - rate * j / (e + rate * j)
    count = int(within / step)
    in_time = sum(d * math.exp(-theta * x) for d, x in zip(density[:count], xs, strict=False))
    expected = at_once + (1 - at_once) * in_time * step / j
    assert figures_a(demand, agents, within).service_level == pytest.approx(expected, rel=1e-6)


# --- limits and pitfalls ------------------------------------------------------------------------


def test_endless_patience_is_erlang_c() -> None:
    patient, endless = figures_a(Demand(300, 240, 1e9), 25), figures_c(Demand(300, 240), 25)
    assert patient.wait_probability == pytest.approx(endless.wait_probability, rel=1e-5)
    assert patient.asa_seconds == pytest.approx(endless.asa_seconds, rel=1e-5)
    assert figures_a(Demand(300, 240), 25) == endless


def test_service_level_at_zero_is_not_zero() -> None:
    found = figures_c(Demand(300, 240), 25, 0.0)
    assert found.service_level == 1 - found.wait_probability > 0.7


def test_a_load_that_fills_every_agent_waits_without_end() -> None:
    # 180 an hour of 120 s are 6 erlang, but 6.000000000000001 in the machine's arithmetic or less.
    found = figures_c(Demand(180, 120), 6)
    assert (found.wait_probability, found.asa_seconds, found.service_level) == (1, math.inf, 0)
    assert figures_c(Demand(180, 120), 5).mean_wait_seconds == math.inf


def test_with_abandonment_any_team_is_stable() -> None:
    alone = figures_a(Demand(3000, 240, 60), 1)
    assert alone.abandon_rate == pytest.approx(1 - 1 / 200, rel=1e-3)
    nobody = figures_a(Demand(3000, 240, 60), 0, 60.0)
    assert (nobody.abandon_rate, nobody.mean_wait_seconds, nobody.service_level) == (1, 60, 0)
    assert nobody.service_level_removed == pytest.approx(1 - math.exp(-1))


def test_huge_teams_neither_overflow_nor_vanish() -> None:
    assert erlang_b(1e5, 100_000) == pytest.approx(0.00252, rel=0.01)
    big = figures_a(Demand(3.6e6, 100, 60), 100_000)
    assert big.wait_probability == pytest.approx(garnett(0.0, 100 / 60), rel=0.01)
    assert figures_a(Demand(3.6e6, 100, 60), 20_000).abandon_rate == pytest.approx(0.8)
    assert figures_a(Demand(3.6e6, 100, 60), 200_000).wait_probability == 0.0


def test_square_root_rule_tends_to_halfin_and_whitt() -> None:
    load = 40_000.0
    agents = square_root_agents(load, 0.5)
    assert agents == 40_100
    assert erlang_c(load, agents) == pytest.approx(halfin_whitt(0.5), rel=0.01)
    assert garnett(0.5, 1e-9) == pytest.approx(halfin_whitt(0.5), rel=1e-3)
    assert square_root_agents(100, -20) == 0


def test_shrinkage_divides() -> None:
    assert rostered(70, 0.3) == 100  # 70 / 0.7; the wrong 70 x 1.3 gives 91
    assert rostered(71, 0.3) == 102
    assert rostered(10, 0) == 10


# --- how many are needed ------------------------------------------------------------------------


@given(
    demands,
    st.builds(
        Target,
        service_level=st.none() | st.floats(0.1, 0.99),
        within_seconds=st.floats(0, 60),
        abandon_rate=st.floats(0.005, 0.5),
        asa_seconds=st.none() | st.floats(0.5, 120),
    ),
)
def test_fewest_agents_that_meet_the_target(demand: Demand, target: Target) -> None:
    found = agents_for(demand, target)
    assert target.is_met(found)
    fewer = figures_a(demand, found.agents - 1, target.within_seconds)
    assert not target.is_met(fewer)


def test_eighty_twenty_for_each_formula() -> None:
    demand = Demand(300, 240)
    assert agents_for(demand, Target(service_level=0.8)).agents == 25
    patient = Demand(300, 240, 90)
    assert agents_for(patient, Target(service_level=0.8)).agents == 22
    trunks = agents_for(demand, Target(abandon_rate=0.01), lambda n: figures_b(demand, n))
    assert (trunks.agents, trunks.abandon_rate < 0.01) == (30, True)


@pytest.mark.parametrize(
    "ask",
    [
        lambda: Demand(0, 100),
        lambda: Demand(100, -1),
        lambda: Demand(100, math.nan),
        lambda: Demand(100, 100, 0),
        lambda: erlang_b(-1, 3),
        lambda: erlang_b(1, -3),
        lambda: erlang_b(1, 10**7),
        lambda: erlang_c(math.inf, 3),
        lambda: figures_c(Demand(100, 100), 3, -1),
        lambda: figures_a(Demand(100, 100, 10), 3, -1),
        lambda: rostered(10, 1.0),
        lambda: halfin_whitt(0),
        lambda: garnett(1, 0),
        lambda: square_root_agents(1, math.nan),
        lambda: Target(),
        lambda: Target(service_level=1.0),
        lambda: Target(service_level=80),
        lambda: Target(abandon_rate=0),
        lambda: Target(asa_seconds=0),
        lambda: agents_for(Demand(1e8, 100), Target(asa_seconds=1)),
    ],
)
def test_what_makes_no_sense_is_refused(ask) -> None:
    with pytest.raises(ErlangError) as caught:
        ask()
    assert caught.value.code == "erlang-input"
    assert caught.value.message
