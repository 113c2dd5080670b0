"""The engine and app_queue under the same calls, in turn: P1, P2, P4 and P6.

Only ratios within one run mean anything: both are measured on the same Asterisk process, with the
same callers and telephones, a round of one, a round of the other, and again. What else went on on
the machine is recorded with each load, and a disturbed one is marked.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable, Collection, Iterable
from dataclasses import asdict, dataclass
from statistics import median
from typing import Literal

import structlog

from bench.capture import Capture
from bench.lab import AGENTS, NUMBERS, Lab
from bench.machine import Noise, NoiseMeter, cpu_ms
from bench.report import Figure
from bench.signalling import percentile, tell
from bench.sipp import call

log = structlog.get_logger()

System = Literal["engine", "app_queue"]
SYSTEMS: tuple[System, ...] = ("app_queue", "engine")

FREE_RATE = 10
"""Calls a second for a hundred agents who talk two seconds on average: four in five are free."""

WAITING_RATE = 6
"""Calls a second for ten agents, who can take five: callers wait from the first seconds on."""

WARM_UP_RATE = 20
WARM_UP_CALLS = 20
PATIENCE_SECONDS = 90.0

IDS = frozenset({"P1", "P2", "P4", "P6"})


@dataclass(frozen=True, slots=True)
class Plan:
    """How much is measured."""

    rounds: int = 3
    free_calls: int = 150
    waiting_calls: int = 120


QUICK = Plan(rounds=1, free_calls=15, waiting_calls=30)
"""Enough to see that everything works; its figures mean nothing."""


@dataclass(frozen=True, slots=True)
class Load:
    """One load of calls on one system; times in milliseconds.

    Attributes:
        system: who served it.
        round: number of the round, from 1.
        calls: calls made.
        lost: calls for which no agent's phone rang.
        routing: caller's INVITE to agent's INVITE, each call.
        gaps: agents' idle gaps while somebody waited.
        asterisk: Asterisk's CPU time a call.
        engine: the engine's CPU time a call; 0 for app_queue.
        operations: ARI operations a call; 0 for app_queue.
        renewals: of callers' leases, a call: they come with the time, not with the call.
        events: ARI events delivered a call; 0 for app_queue.
        noise: what disturbed it.
    """

    system: System
    round: int
    calls: int
    lost: int
    routing: list[float]
    gaps: list[float]
    asterisk: float
    engine: float
    operations: float
    renewals: float
    events: float
    noise: Noise

    @property
    def is_good(self) -> bool:
        """Whether nothing disturbed it."""
        return not self.noise.is_disturbed


async def measure(
    only: Collection[str], plan: Plan, progress: Callable[[str], None]
) -> tuple[list[Figure], dict[str, object]]:
    """Measure; return the figures that ``only`` names and everything behind them.

    Raises:
        AcdError: something could not be started, calls failed, or capturing is not permitted.
    """
    needs_free, needs_waiting = bool({"P1", "P4", "P6"} & {*only}), bool({"P2", "P6"} & {*only})
    free: list[Load] = []
    waiting: list[Load] = []
    progress("starting a centre with a hundred telephones")
    async with Lab() as lab:
        # An agent's standing bridge is made with the first call: every agent gets one call.
        await _calls(lab, "engine", "many", AGENTS + WARM_UP_CALLS, WARM_UP_RATE)
        for number in range(1, plan.rounds + 1):
            for system in SYSTEMS:
                progress(f"round {number} of {plan.rounds}: {system}")
                await (lab.with_engine() if system == "engine" else lab.without_engine())
                await _calls(lab, system, "many", WARM_UP_CALLS, WARM_UP_RATE)
                if needs_free:
                    free.append(
                        await _load(lab, system, number, "many", plan.free_calls, FREE_RATE)
                    )
                if needs_waiting:
                    waiting.append(
                        await _load(lab, system, number, "few", plan.waiting_calls, WAITING_RATE)
                    )
    figures = [*_free_figures(free), *_waiting_figures(waiting)]
    details: dict[str, object] = {
        "free": [_summary(load) for load in free],
        "waiting": [_summary(load) for load in waiting],
    }
    return [figure for figure in figures if figure.id in only], details


async def _calls(lab: Lab, system: System, queue: str, calls: int, rate: int) -> None:
    number = NUMBERS[system][queue]
    await call(lab.sip, number, calls=calls, rate=rate, seconds=calls / rate + PATIENCE_SECONDS)
    await lab.until_silent()


async def _load(lab: Lab, system: System, number: int, queue: str, calls: int, rate: int) -> Load:
    asterisk = lab.asterisk_pid
    engine = lab.engine.pid if lab.engine is not None else 0
    ours = [pid for pid in (os.getpid(), lab.agents.pid, asterisk, engine) if pid]
    before = await lab.counters() if engine else {}
    capture = Capture(lab.sip[1])
    async with capture:
        meter = NoiseMeter(ours)
        began = cpu_ms(asterisk), cpu_ms(engine) if engine else 0.0
        await call(
            lab.sip,
            NUMBERS[system][queue],
            calls=calls,
            rate=rate,
            seconds=calls / rate + PATIENCE_SECONDS,
        )
        ended = cpu_ms(asterisk), cpu_ms(engine) if engine else 0.0
        noise = meter.read()
    after = await lab.counters() if engine else {}
    await lab.until_silent()
    story = await asyncio.to_thread(tell, capture.packets, lab.agents.port)

    def counted(name: str) -> float:
        return (after[name] - before[name]) / calls if engine else 0.0

    return Load(
        system,
        number,
        calls,
        story.lost,
        [1000 * one for one in story.routing()],
        [1000 * one for one in story.idle_gaps()],
        (ended[0] - began[0]) / calls,
        (ended[1] - began[1]) / calls,
        counted("ari_operations"),
        counted("ari_renewals"),
        counted("ari_events"),
        noise,
    )


# --- figures --------------------------------------------------------------------------------------


def _free_figures(loads: list[Load]) -> list[Figure]:
    if not loads:
        return []
    note = _note(loads)
    what = "INVITE to agent's INVITE, agents free"
    return [
        _ratio("P1", f"{what}, p50", loads, _share("routing", 0.50), 1.5, "ms", note),
        _ratio("P1", f"{what}, p95", loads, _share("routing", 0.95), 1.5, "ms", note),
        _ratio("P4", "CPU a call, Asterisk and engine", loads,
               lambda load: load.asterisk + load.engine, 1.25, "ms", note),
        Figure("P4", "CPU a call, the engine alone",
               _median(loads, "engine", lambda load: load.engine), "ms", 2.0, note=note),
        Figure("P6", "ARI operations a call, agents free",
               _median(loads, "engine", lambda load: load.operations), "", 3.0,
               note=_renewals(loads)),
        Figure("P6", "ARI events a call, agents free",
               _median(loads, "engine", lambda load: load.events), "", 8.0),
    ]  # fmt: skip


def _waiting_figures(loads: list[Load]) -> list[Figure]:
    if not loads:
        return []
    note = _note(loads)
    what = "agent's idle gap while callers wait"
    return [
        _ratio("P2", f"{what}, p50", loads, _share("gaps", 0.50), 0.01, "ms", note),
        _ratio("P2", f"{what}, p95", loads, _share("gaps", 0.95), 0.01, "ms", note),
        Figure("P6", "ARI operations a call, after waiting",
               _median(loads, "engine", lambda load: load.operations), "", 5.0,
               note=_renewals(loads)),
        Figure("P6", "ARI events a call, after waiting",
               _median(loads, "engine", lambda load: load.events), "", 8.0),
    ]  # fmt: skip


def _share(name: Literal["routing", "gaps"], share: float) -> Callable[[Load], float]:
    return lambda load: percentile(getattr(load, name), share)


def _median(loads: Iterable[Load], system: System, of: Callable[[Load], float]) -> float:
    """Return the median over a system's undisturbed rounds; if there is none, the best round's."""
    own = sorted((one for one in loads if one.system == system), key=lambda one: one.noise.cores)
    return median(of(one) for one in [one for one in own if one.is_good] or own[:1])


def _ratio(
    id_: str,
    what: str,
    loads: list[Load],
    of: Callable[[Load], float],
    target: float,
    unit: str,
    note: str,
) -> Figure:
    engine, app_queue = _median(loads, "engine", of), _median(loads, "app_queue", of)
    return Figure(
        id_, what, engine / app_queue, "×", target,
        engine=engine, app_queue=app_queue, behind=unit, note=note,
    )  # fmt: skip


def _renewals(loads: list[Load]) -> str:
    often = _median(loads, "engine", lambda load: load.renewals)
    return f"and {often:.2f} renewals of leases" if often else ""


def _note(loads: list[Load]) -> str:
    """Say what makes the figures doubtful; nothing if nothing does."""
    bad = sum(not load.is_good for load in loads)
    lost = sum(load.lost for load in loads)
    notes = [f"{bad} of {len(loads)} loads disturbed"] if bad else []
    return ", ".join(notes + ([f"{lost} calls lost"] if lost else []))


def _summary(load: Load) -> dict[str, object]:
    return asdict(load) | {
        "disturbed": load.noise.is_disturbed,
        "routing_p50_p95": [percentile(load.routing, share) for share in (0.5, 0.95)],
        "gaps_p50_p95": [percentile(load.gaps, share) for share in (0.5, 0.95)]
        if load.gaps
        else [],
    }
