"""What the tests of the simulator share: scenarios by name, and an oracle that needs no engine."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import acd.sim
from acd.core import events as e
from acd.core.record import Record
from acd.core.timers import seconds
from acd.sim.chance import standard_exponential, stream
from acd.sim.driver import run
from acd.sim.scenario import Scenario, Traffic, load_scenario, parse_scenario

SCENARIOS = Path(acd.sim.__file__).parent / "scenarios"

LEFT = -1
"""Instead of a wait: left unanswered."""


def scenario(name: str) -> Scenario:
    """Return a shipped scenario."""
    return load_scenario(SCENARIOS / f"{name}.toml")


def parsed(text: str, files: dict[str, str] | None = None) -> Scenario:
    """Return a scenario written in a test."""

    def read_file(name: str) -> bytes:
        if name not in (files or {}):
            raise FileNotFoundError(2, "No such file or directory")
        return (files or {})[name].encode()

    return parse_scenario(text.encode(), "s.toml", read_file)


def with_traffic(found: Scenario, **changes: object) -> Scenario:
    """Return a scenario of one stream with that changed."""
    (traffic,) = found.traffic
    return replace(found, traffic=(replace(traffic, **changes),))  # type: ignore[arg-type]


def records_of(found: Scenario) -> list[Record]:
    """Return the whole log of a run."""
    records: list[Record] = []
    run(found, records.extend)
    return records


def waits_of(records: list[Record]) -> dict[str, int]:
    """Return the wait in microseconds of each caller that is over, LEFT for who left."""
    names: dict[str, str] = {}
    since: dict[str, int] = {}
    waits: dict[str, int] = {}
    for record in records:
        body = record.body
        if isinstance(body, e.ContactOpened):
            names[body.contact] = body.ani
        elif isinstance(body, e.ContactQueued):
            since[body.contact] = record.at
        elif isinstance(body, e.OfferAccepted):
            waits[names[body.contact]] = record.at - since.pop(body.contact)
        elif isinstance(body, e.ContactEnded) and body.contact in since:
            del since[body.contact]
            waits[names[body.contact]] = LEFT
    return waits


def oracle(found: Scenario) -> Iterator[tuple[str, int]]:
    """Yield caller and wait as they must be: first come first served, by the same chance.

    Each caller in turn takes the server that is free first, or leaves before (Kiefer and
    Wolfowitz); no event list, no engine. Servers are agents times their capacity.
    """
    (traffic,) = found.traffic
    (group,) = found.groups
    free = [0] * (group.count * group.capacity[traffic.channel])
    until = seconds(found.warmup_seconds + found.duration_seconds)
    for number, (arrival, handle, patience) in enumerate(_customers(found, traffic), start=1):
        if arrival > until:
            return
        start = max(arrival, free[0])
        name = f"{traffic.name}-{number}"
        if patience is not None and start - arrival >= patience:
            if arrival + patience <= until:
                yield name, LEFT
        else:
            heapq.heapreplace(free, start + handle)
            if start <= until:
                yield name, start - arrival


def _customers(found: Scenario, traffic: Traffic) -> Iterator[tuple[int, int, int | None]]:
    arrivals, handles, patiences = (
        stream(found.seed, f"{traffic.name}/{purpose}")
        for purpose in ("arrivals", "handle", "patience")
    )
    time = 0.0
    while True:
        time += 3600.0 / traffic.arrivals.per_hour * standard_exponential(arrivals)  # type: ignore[union-attr]
        patience = None
        if traffic.patience is not None:
            patience = seconds(traffic.patience.draw(patiences))
        yield seconds(time), seconds(traffic.handle.draw(handles)), patience
