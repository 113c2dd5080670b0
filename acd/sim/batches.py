"""Standard errors: a run's counts cut into batches of equal length.

Waits of neighbouring contacts depend on one another, so their spread says too little about how
far a figure may be off; batches that are long against that dependence are nearly independent
(batch means). Figures are quotients of sums, and each is made again with one batch left out at a
time (the jackknife), so no definition of a figure is written twice.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from typing import Any

from acd.app.figures import Tally
from acd.app.metrics import Metrics
from acd.core.record import Record
from acd.core.timers import Instant

BATCHES = 30

Times = dict[str, int]
"""Microseconds of several agents together by where they went, as in ``acd.app.agent_time``."""


@dataclass(frozen=True, slots=True)
class Counts:
    """What was counted up to an instant, or between two.

    Attributes:
        total, queues, streams, groups: visits.
        times: group of agents to where their time went.
    """

    total: Tally
    queues: Mapping[str, Tally]
    streams: Mapping[str, Tally]
    groups: Mapping[str, Tally]
    times: Mapping[str, Times]


class Batches:
    """Folds a run into metrics and remembers what they were at the edge of each batch.

    Args:
        metrics: begun with the end of the warm-up as ``counted_from``.
        from_at: end of the warm-up.
        until_at: end of the run.

    Attributes:
        metrics, until_at: as given.
        marks: counts at the edges; the last ones are the run's.
    """

    def __init__(self, metrics: Metrics, from_at: Instant, until_at: Instant) -> None:
        self.metrics = metrics
        self.until_at = until_at
        span = until_at - from_at
        self._edges = [Instant(from_at + span * k // BATCHES) for k in range(BATCHES + 1)]
        self._edge = from_at
        self.marks: list[Counts] = []

    def take(self, records: Sequence[Record]) -> None:
        """Take the next records in, which are of one instant."""
        if records and records[0].at > self._edge:
            self._mark_until(records[0].at)
        self.metrics.fold_all(records)

    def close(self) -> None:
        """Mark what is left: the run is over."""
        self._mark_until(Instant(self._edges[-1] + 1))

    def _mark_until(self, at: Instant) -> None:
        while len(self.marks) < len(self._edges) and (edge := self._edges[len(self.marks)]) < at:
            self.marks.append(self._counts(edge))
        self._edge = self._edges[min(len(self.marks), BATCHES)]

    def _counts(self, edge: Instant) -> Counts:
        state = self.metrics.state
        times: dict[str, Times] = {}
        for clock in state.clocks.values():
            group = times.setdefault(clock.group, {})
            for place, time in clock.times_until(edge, state.counted_from).items():
                group[place] = group.get(place, 0) + time
        return Counts(
            _copy(state.total),
            {name: _copy(tally) for name, tally in state.by_queue.items()},
            {name: _copy(tally) for name, tally in state.by_stream.items()},
            {name: _copy(tally) for name, tally in state.by_group.items()},
            times,
        )

    def tallies_without_one(self, pick: Callable[[Counts], Tally]) -> list[Tally]:
        """Return the run's tally once for each batch, with that batch left out."""
        at_edges = [pick(mark) for mark in self.marks]
        return [minus(at_edges[-1], minus(after, before)) for before, after in pairwise(at_edges)]

    def times_without_one(self, group: str) -> list[Times]:
        """Return a group's times once for each batch, with that batch left out."""
        at_edges = [mark.times.get(group, {}) for mark in self.marks]
        return [_less(at_edges[-1], _less(after, before)) for before, after in pairwise(at_edges)]


def _copy(tally: Tally) -> Tally:
    return replace(tally, left=dict(tally.left))


def _less(one: Mapping[str, int], other: Mapping[str, int]) -> dict[str, int]:
    return {name: value - other.get(name, 0) for name, value in one.items()}


def minus(one: Tally, other: Tally) -> Tally:
    """Return the counts of ``one`` without those of ``other``, which are among them."""
    counts: dict[str, Any] = {
        field.name: getattr(one, field.name) - getattr(other, field.name)
        for field in fields(Tally)
        if field.name != "left"
    }
    return Tally(**counts, left=_less(one.left, other.left))


def standard_error(without_one: Iterable[float | None]) -> float | None:
    """Return the jackknife's standard error of a figure; None when it cannot be estimated.

    Args:
        without_one: the figure once for each batch, made without that batch.
    """
    values = [value for value in without_one if value is not None]
    count = len(values)
    if count < 2:
        return None
    mean = math.fsum(values) / count
    return math.sqrt((count - 1) / count * math.fsum((value - mean) ** 2 for value in values))
