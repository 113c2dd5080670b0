"""The report: the object that programs read, figures against the log, and standard errors."""

from __future__ import annotations

import hashlib
import json
import math
import os
import random
import subprocess
import sys
from dataclasses import replace
from functools import cache

import pytest
from simkit import LEFT, oracle, records_of, scenario, waits_of

from acd.app.codec import export_jsonl
from acd.core import events as e
from acd.core.record import Record
from acd.sim.batches import standard_error
from acd.sim.report import Report, as_text, simulate
from acd.sim.scenario import Scenario

FIGURES = {
    "offered",
    "answered",
    "abandoned",
    "wait_probability",
    "asa_seconds",
    "mean_wait_seconds",
    "service_level",
    "abandon_rate",
    "max_wait_seconds",
    "standard_errors",
}


@cache
def mixed() -> Scenario:
    return replace(scenario("two-skills"), duration_seconds=7200.0, warmup_seconds=600.0)


@cache
def report() -> Report:
    return simulate(mixed())


@pytest.mark.core
def test_document_holds_what_the_contract_lists() -> None:
    document = json.loads(json.dumps(report().document()))
    assert list(document) == [
        *("seed", "duration_seconds", "decisions", "log_hash"),
        *("total", "queues", "traffic", "agents"),
    ]
    assert set(document["queues"]) == {"sales", "support"}
    assert set(document["traffic"]) == {"orders", "faults", "chats"}
    assert set(document["agents"]) == {"sellers", "technicians", "generalists"}
    scopes = [document["total"], *document["queues"].values(), *document["traffic"].values()]
    for scope in scopes:
        assert set(scope) == FIGURES
        assert set(scope["service_level"]) >= {"acd", "answered", "strict", "removed"}
    for group in document["agents"].values():
        extra = {"occupancy", "occupancy_min", "occupancy_max", "handled"}
        assert set(group) == FIGURES | extra
        assert 0 < group["occupancy_min"] <= group["occupancy"] <= group["occupancy_max"] < 1
        assert group["handled"] > 20


@pytest.mark.core
def test_scopes_add_up() -> None:
    found = report()
    for name in ("offered", "answered", "abandoned"):
        total = getattr(found.total.figures, name)
        assert total == sum(getattr(s.figures, name) for s in found.queues.values())
        assert total == sum(getattr(s.figures, name) for s in found.traffic.values())
    answered = sum(group.visits.figures.answered for group in found.agents.values())
    assert answered == found.total.figures.answered


@pytest.mark.core
def test_decisions_and_hash_are_those_of_the_log() -> None:
    records: list[Record] = records_of(mixed())
    assert report().decisions == sum(isinstance(r.body, e.OfferMade) for r in records)
    text = b"".join(export_jsonl(records))
    assert report().log_hash == hashlib.blake2b(text, digest_size=16).hexdigest()
    assert simulate(mixed(), with_hash=False).log_hash is None


@pytest.mark.core
def test_the_seed_makes_the_log() -> None:
    assert simulate(mixed()) == report()
    assert simulate(replace(mixed(), seed=2)).log_hash != report().log_hash
    assert simulate(mixed().with_policy("most_skilled")).log_hash != report().log_hash


@pytest.mark.core
def test_figures_are_those_of_the_callers() -> None:
    found = replace(scenario("erlang-a-10"), warmup_seconds=0.0, duration_seconds=20_000.0)
    figures = simulate(found, with_hash=False).total.figures
    waits = dict(oracle(found))
    answered = [wait for wait in waits.values() if wait != LEFT]
    assert (figures.answered, figures.abandoned) == (len(answered), len(waits) - len(answered))
    assert figures.asa_seconds == pytest.approx(sum(answered) / len(answered) / 1e6, rel=1e-12)
    in_time = sum(wait <= 15_000_000 for wait in answered)
    assert figures.service_level["strict"] == pytest.approx(in_time / figures.offered)


@pytest.mark.core
def test_the_warmup_is_not_counted() -> None:
    cold = replace(scenario("erlang-a-10"), warmup_seconds=0.0, duration_seconds=10_000.0)
    warm = replace(cold, warmup_seconds=4_000.0, duration_seconds=6_000.0)
    all_of_it, rest = simulate(cold, with_hash=False), simulate(warm, with_hash=False)
    early = waits_of(records_of(replace(cold, duration_seconds=4_000.0)))
    assert all_of_it.decisions == rest.decisions
    counted = all_of_it.total.figures.offered - rest.total.figures.offered
    assert abs(counted - len(early)) <= 12  # but for those who waited at the border


@pytest.mark.core
def test_text_shows_every_scope() -> None:
    text = as_text(report())
    for word in ("total", "queue sales", "traffic chats", "agents generalists", "±", "log "):
        assert word in text
    assert max(len(line) for line in text.splitlines()) < 200


@pytest.mark.core
def test_nothing_at_all_is_no_number() -> None:
    quiet = replace(scenario("erlang-c-1"), warmup_seconds=0.0, duration_seconds=1.0)
    found = simulate(quiet)
    assert found.total.figures.offered == 0
    assert found.total.document()["asa_seconds"] is None
    assert found.agents["team"].occupancy == 0
    assert "–" in as_text(found)


# --- standard errors ----------------------------------------------------------------------------


@pytest.mark.core
def test_jackknife_of_a_mean_is_its_standard_error() -> None:
    chance = random.Random(4)
    values = [chance.gauss(10, 3) for _ in range(30)]
    without_one = [(sum(values) - value) / 29 for value in values]
    mean = sum(values) / 30
    expected = math.sqrt(sum((v - mean) ** 2 for v in values) / 29 / 30)
    assert standard_error(without_one) == pytest.approx(expected)
    assert standard_error([1.0]) is None
    assert standard_error([None, None]) is None


@pytest.mark.sim
def test_standard_errors_tell_how_runs_differ() -> None:
    # Sixteen seeds of a short run: the spread of the figure is about what each claims.
    base = replace(scenario("erlang-c-2"), duration_seconds=100_000.0)
    runs = [simulate(replace(base, seed=seed), with_hash=False) for seed in range(20, 36)]
    occupancies = [run.agents["team"].occupancy or 0 for run in runs]
    mean = sum(occupancies) / len(runs)
    spread = math.sqrt(sum((value - mean) ** 2 for value in occupancies) / (len(runs) - 1))
    claimed = sum(run.agents["team"].occupancy_error or 0 for run in runs) / len(runs)
    assert 0.6 < claimed / spread < 1.6


# --- determinism --------------------------------------------------------------------------------

HASH = """
import sys
from dataclasses import replace
from pathlib import Path
from acd.sim.report import simulate
from acd.sim.scenario import load_scenario
found = load_scenario(Path(sys.argv[1]))
print(simulate(replace(found, warmup_seconds=0.0, duration_seconds=1800.0)).log_hash)
"""


@pytest.mark.sim
def test_twenty_hash_seeds_one_log(tmp_path) -> None:
    path = tmp_path / "hash.py"
    path.write_text(HASH)
    from simkit import SCENARIOS

    def start(hash_seed: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, str(path), str(SCENARIOS / "two-skills.toml")],
            env={**os.environ, "PYTHONHASHSEED": hash_seed},
            stdout=subprocess.PIPE,
            text=True,
        )

    seeds = ["0", "random", *(str(chance) for chance in range(1, 19))]
    hashes: set[str] = set()
    for place in range(0, len(seeds), 2):
        for process in [start(seed) for seed in seeds[place : place + 2]]:
            out, _ = process.communicate(timeout=60)
            assert process.returncode == 0
            hashes.add(out.strip())
    assert len(hashes) == 1, hashes
    assert len(hashes.pop()) == 32
