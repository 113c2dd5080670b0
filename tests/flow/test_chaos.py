"""The sample site in a centre where everything happens at once: nobody is stuck or lost."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from acd.app.site import load_site
from acd.core.contact import EndReason
from acd.core.decide import flow
from acd.core.site import Site
from acd.core.task import Task
from acd.flow.model import Wait
from acd.flow.visit import Visit
from acd.testing.chaosflows import FlowChaos
from acd.testing.invariants import InvariantBroken

pytestmark = pytest.mark.core

SEEDS = 4


@pytest.fixture(scope="module")
def sample() -> Site:
    site, problems = load_site(Path(__file__).parents[2] / "dialplans")
    assert site is not None, problems
    return site


@pytest.mark.parametrize("seed", range(SEEDS))
def test_a_day_in_which_every_flow_is_walked(seed: int, sample: Site) -> None:
    chaos = FlowChaos(seed, sample)
    chaos.run()
    assert chaos.stuck_checks > 500
    assert chaos.reasons[EndReason.LEFT_FLOW] > 10


# --- planted bugs are found ---------------------------------------------------------------------


def _waits_for_ever(patch: pytest.MonkeyPatch) -> None:
    start = Visit.start

    def endless(self: Visit, task: Task, seconds: float) -> Wait:
        start(self, task, seconds)
        return Wait()

    patch.setattr(Visit, "start", endless)


def _draws_lots(patch: pytest.MonkeyPatch) -> None:
    chance = Random(1)
    patch.setattr(Visit, "chance", lambda self: chance.random())


def _forgets_what_runs(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(flow, "cancel_task", lambda turn, contact: None)


@pytest.mark.parametrize("plant", [_waits_for_ever, _draws_lots, _forgets_what_runs])
def test_planted_bug_is_found(
    plant: Callable[[pytest.MonkeyPatch], None], sample: Site, monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    with pytest.raises(InvariantBroken):
        _days(sample)


def _days(sample: Site) -> None:
    for seed in range(4):
        FlowChaos(seed, sample).run()
