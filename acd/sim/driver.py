"""The driver: the real engine in virtual time.

Time jumps from one thing that happens to the next, either in the world or a deadline of the
engine's. Deadlines come first when both fall on one instant; in the world the order of planning
decides. So a run is a function of its scenario.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from acd import __version__
from acd.app.flows import flow_interpreter
from acd.core import inputs as i
from acd.core.agent import Presence
from acd.core.engine import FLAGS, Engine
from acd.core.inputs import Input
from acd.core.record import Record
from acd.core.timers import Instant, after
from acd.sim.scenario import Scenario
from acd.sim.world import World

START = Instant(1_767_571_200_000_000)
"""When every run begins: Monday, 5 January 2026, midnight UTC."""

PROGRESS_EVERY = 2000
"""Happenings between two calls of a progress callback."""

Sink = Callable[[Sequence[Record]], None]
"""Takes the records of each step, in order."""

Progress = Callable[[float], None]
"""Told now and then which share of the run is done, 0 to 1."""


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended.

    Attributes:
        from_at: end of the warm-up: what is counted begins here.
        until_at: end of the run.
        contact_count: contacts that arrived, those of the warm-up included.
        engine: the engine as it was left.
    """

    from_at: Instant
    until_at: Instant
    contact_count: int
    engine: Engine


def run(scenario: Scenario, sink: Sink, progress: Progress | None = None) -> Ended:
    """Run a scenario; its log goes to ``sink`` step by step and is kept nowhere else.

    Contacts that wait or talk when the time is over are left as they are.
    """
    engine = Engine(flow_interpreter(), is_strict=True)

    def step(cause: Input, now: Instant, actor: str) -> None:
        sink(engine.step(cause, now=now, actor=actor).records)

    step(i.OpenLog(__version__, str(scenario.seed), FLAGS), START, "sim")
    step(i.PublishSite(scenario.site()), START, "sim")
    profiles = [profile for group in scenario.groups for profile in group.agents()]
    for profile in profiles:
        step(i.DefineAgent(profile), START, "sim")
    for profile in profiles:
        step(i.SetPresence(profile.name, Presence.AVAILABLE), START, f"agent:{profile.name}")

    from_at = after(START, scenario.warmup_seconds)
    until_at = after(from_at, scenario.duration_seconds)
    world = World(scenario, engine.state, START)
    _loop(engine, world, until_at, sink, progress)
    return Ended(from_at, until_at, world.contact_count, engine)


def _loop(
    engine: Engine, world: World, until_at: Instant, sink: Sink, progress: Progress | None
) -> None:
    happened = 0
    while True:
        due, planned = engine.next_deadline(), world.next()
        if due is not None and (planned is None or due <= planned):
            if due > until_at:
                return
            now = due
            outcome = engine.advance(now=now)
        else:
            if planned is None or planned > until_at:
                return
            now = planned
            said = world.happen()
            if said is None:
                continue
            outcome = engine.step(said[0], now=now, actor=said[1])
        sink(outcome.records)
        world.learn(outcome, now)
        while (said := world.at_once()) is not None:
            outcome = engine.step(said[0], now=now, actor=said[1])
            sink(outcome.records)
            world.learn(outcome, now)
        happened += 1
        if progress is not None and happened % PROGRESS_EVERY == 0:
            progress((now - START) / (until_at - START))
