"""The simulator against Erlang C and A, Cobham, and a recursion that needs no engine."""

from __future__ import annotations

import math
from dataclasses import replace
from functools import cache

import pytest
from simkit import LEFT, oracle, parsed, records_of, scenario, waits_of, with_traffic

from acd.sim.chance import Exponential
from acd.sim.erlang import Demand, Figures, erlang_c, figures_a
from acd.sim.report import Report, simulate
from acd.sim.scenario import Scenario
from acd.sim.schema import Poisson

pytestmark = pytest.mark.sim

ERLANG_C = ["erlang-c-1", "erlang-c-2", "erlang-c-5", "erlang-c-10", "erlang-c-40"]
ERLANG_A = ["erlang-a-4", "erlang-a-10", "erlang-a-12", "erlang-a-20", "erlang-a-60"]

LIMIT = 3.5  # standard errors
OFF = 1.05  # the error that must not go unseen


@cache
def report(name: str) -> Report:
    return simulate(scenario(name), with_hash=False)


def theory(found: Scenario, *, arrivals=1.0, handle=1.0, patience=1.0) -> Figures:
    (traffic,) = found.traffic
    assert isinstance(traffic.arrivals, Poisson)
    demand = Demand(
        traffic.arrivals.per_hour * arrivals,
        traffic.handle.mean_seconds * handle,
        traffic.patience.mean_seconds * patience if traffic.patience is not None else None,
    )
    return figures_a(
        demand, found.groups[0].count, found.queues[traffic.queue].service_level_seconds
    )


def deviations(result: Report, expected: Figures) -> dict[str, float]:
    """How far each figure is off, in standard errors."""
    total, team = result.total, result.agents["team"]
    off = {}
    for name in ("wait_probability", "asa_seconds", "mean_wait_seconds", "abandon_rate"):
        difference = getattr(total.figures, name) - getattr(expected, name)
        error = total.errors[name]
        off[name] = difference / error if error else difference * math.inf if difference else 0.0
    for ours, theirs in (
        ("strict", "service_level"),
        ("answered", "service_level_answered"),
        ("removed", "service_level_removed"),
    ):
        difference = total.figures.service_level[ours] - getattr(expected, theirs)
        off[f"service_level {ours}"] = difference / total.level_errors[ours]
    off["occupancy"] = (team.occupancy - expected.occupancy) / team.occupancy_error
    return off


def worst(off: dict[str, float]) -> float:
    return max(abs(value) for value in off.values())


@pytest.mark.parametrize("name", ERLANG_C + ERLANG_A)
def test_agrees_with_erlang(name: str) -> None:
    off = deviations(report(name), theory(scenario(name)))
    assert worst(off) < LIMIT, off


@pytest.mark.parametrize("name", ERLANG_C + ERLANG_A)
def test_every_wait_is_what_the_recursion_says(name: str) -> None:
    # To the microsecond, so an engine that is late, hasty or unfair by one contact is seen.
    found = replace(scenario(name), warmup_seconds=0.0)
    found = replace(found, duration_seconds=found.duration_seconds / 4)
    assert waits_of(records_of(found)) == dict(oracle(found))


def test_abandonment_is_patience_times_waiting() -> None:
    # Per second of waiting 1 / patience leave, whatever the rest does: (left - theta * waiting)
    # is a martingale, so over all scenarios together it is normal with variance `left`.
    left = expected = 0.0
    for name in ERLANG_A:
        found, figures = scenario(name), report(name).total.figures
        left += figures.abandoned
        ended = figures.offered - figures.waiting
        expected += figures.mean_wait_seconds * ended / found.traffic[0].patience.mean_seconds
    assert abs(left - expected) / math.sqrt(left) < LIMIT
    assert abs(left - expected / OFF) / math.sqrt(left) > LIMIT, "5 % more patience goes unseen"


def planted(found: Scenario, what: str) -> Scenario:
    (traffic,) = found.traffic
    if what == "arrivals":
        return with_traffic(found, arrivals=Poisson(traffic.arrivals.per_hour * OFF))
    return with_traffic(found, handle=Exponential(traffic.handle.mean_seconds * OFF))


@pytest.mark.parametrize("what", ["arrivals", "handle"])
def test_an_error_of_five_percent_in_the_simulator_is_seen(what: str) -> None:
    found = scenario("erlang-c-40")
    short = replace(found, duration_seconds=found.duration_seconds * 0.7)
    off = deviations(simulate(planted(short, what), with_hash=False), theory(found))
    assert worst(off) > LIMIT, off


@pytest.mark.parametrize("what", ["arrivals", "handle"])
def test_an_error_of_five_percent_in_the_theory_is_seen(what: str) -> None:
    names = ERLANG_C + ERLANG_A
    seen = [
        name
        for name in names
        if worst(deviations(report(name), theory(scenario(name), **{what: OFF}))) > LIMIT
    ]
    assert len(seen) >= 2, seen


# --- the laws of the oracle itself --------------------------------------------------------------


@pytest.mark.parametrize("name", ["erlang-c-5", "erlang-a-10"])
def test_the_recursion_agrees_with_erlang_over_many_runs(name: str) -> None:
    # Sixty runs of other seeds: are runs unbiased, and not only this one lucky?
    found, expected = scenario(name), theory(scenario(name))
    means, shares = [], []
    for seed in range(100, 160):
        waits = [wait for _, wait in oracle(replace(found, seed=seed))]
        answered = [wait for wait in waits if wait != LEFT]
        means.append(sum(answered) / len(answered) / 1e6)
        shares.append(waits.count(0) / len(waits))
    for values, value in ((means, expected.asa_seconds), (shares, 1 - expected.wait_probability)):
        mean = sum(values) / len(values)
        spread = math.sqrt(sum((v - mean) ** 2 for v in values) / (len(values) - 1) / len(values))
        # Runs begin empty: their first minutes are a little too good.
        assert abs(mean - value) < LIMIT * spread + 0.01 * value


# --- beyond one class and one queue -------------------------------------------------------------


def test_priorities_agree_with_cobham() -> None:
    found = scenario("priorities")
    result = simulate(found, with_hash=False)
    rates = [traffic.arrivals.per_hour / 3600 for traffic in found.traffic]
    count, handle = found.groups[0].count, 120.0
    sigma_gold, sigma = rates[0] * handle / count, sum(rates) * handle / count
    base = erlang_c(sigma * count, count) * handle / count
    expected = {
        "gold": base / (1 - sigma_gold),
        "plain": base / ((1 - sigma_gold) * (1 - sigma)),
    }
    for name, mean in expected.items():
        scope = result.traffic[name]
        assert abs(scope.figures.asa_seconds - mean) < LIMIT * scope.errors["asa_seconds"], name
    # Conservation: whoever comes first, all together wait as long as without priorities.
    total = result.total
    mean = base / (1 - sigma)
    assert abs(total.figures.asa_seconds - mean) < LIMIT * total.errors["asa_seconds"]
    assert (
        result.traffic["plain"].figures.asa_seconds > 2 * result.traffic["gold"].figures.asa_seconds
    )


def test_like_agents_wait_alike_under_every_policy() -> None:
    # Who of several like agents is asked changes nothing for callers, not by a microsecond.
    found = replace(scenario("erlang-a-10"), duration_seconds=20_000.0)
    runs = [
        waits_of(records_of(found.with_policy(policy)))
        for policy in ("longest_idle", "most_skilled", "least_flexible")
    ]
    assert len(runs[0]) > 1500
    assert runs[0] == runs[1] == runs[2]


def test_chats_are_as_many_servers() -> None:
    # Four agents with three chats each, no slower for it, are M/M/12.
    found = parsed(
        """
        duration_seconds = 60_000
        [[queue]]
        name = "help"
        [[agents]]
        name = "team"
        count = 4
        queues = ["help"]
        capacity = { chat = 3 }
        [[traffic]]
        name = "chats"
        queue = "help"
        channel = "chat"
        arrivals = { process = "poisson", per_hour = 130 }
        handle = { distribution = "exponential", mean_seconds = 300 }
        patience = { distribution = "exponential", mean_seconds = 60 }
        """
    )
    waits = waits_of(records_of(found))
    assert waits == dict(oracle(found))
    assert LEFT in waits.values()
