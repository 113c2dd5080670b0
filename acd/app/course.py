"""The course of the day: the counts of every queue, by quarter of an hour.

The metrics count from the log's beginning. This keeps what they said at each quarter's end; a
quarter's counts are the difference of two such sums. So they agree with the metrics by
construction, and a count belongs to the quarter in which it was counted: a contact is offered when
it enters its queue, answered or abandoned when that happens.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import pairwise

import msgspec
import structlog

from acd.app.documents import moment
from acd.app.figures import Tally, counted
from acd.app.metrics import Metrics
from acd.core.record import Record
from acd.core.timers import MICROSECONDS, Instant
from acd.ports.clock import Clock
from acd.ports.store import SavedFolds, Snapshot, StoreError

log = structlog.get_logger()

FOLD = "course"

INTERVAL_SECONDS = 900

KEPT = 27 * 3600 // INTERVAL_SECONDS
"""Sums kept: more than a day, also where clocks are set back."""

_WIDTH = INTERVAL_SECONDS * MICROSECONDS


class Counts(msgspec.Struct, array_like=True, frozen=True):
    """What is counted of a queue; see :class:`acd.app.figures.Tally`.

    Attributes:
        answered_in: answered within the queue's target.
        measured: what ``answered_in`` is a share of: the service level by our own definition.
    """

    offered: int = 0
    answered: int = 0
    abandoned: int = 0
    answered_in: int = 0
    measured: int = 0

    def __sub__(self, before: Counts) -> Counts:
        """Return what has been counted since."""
        return Counts(
            self.offered - before.offered,
            self.answered - before.answered,
            self.abandoned - before.abandoned,
            self.answered_in - before.answered_in,
            self.measured - before.measured,
        )


class Sum(msgspec.Struct, array_like=True, frozen=True):
    """All counts at the beginning of an interval."""

    at: Instant
    queues: dict[str, Counts]


class IntervalDocument(msgspec.Struct, kw_only=True):
    """What was counted in a quarter of an hour that began ``at``.

    Attributes:
        offered: contacts that came into the queue.
        answered, abandoned: contacts that were, whenever they came.
        answered_in: of these answered, within the queue's target.
        measured: what ``answered_in`` is a share of to be ``service_level``: to be added up where
            intervals are; shares must not be.
    """

    at: datetime
    offered: int
    answered: int
    abandoned: int
    answered_in: int
    measured: int
    service_level: float | None


class CourseDocument(msgspec.Struct, kw_only=True):
    """The course of a day; intervals in which nothing was counted are left out.

    Attributes:
        counted_from: nothing is known of what was before.
        queues: the intervals of each queue, in order.
    """

    interval_seconds: int
    counted_from: datetime
    until: datetime
    queues: dict[str, list[IntervalDocument]]


class Course:
    """Keeps the sums. An observer of the loop; it must hear of records before the metrics do."""

    def __init__(
        self, metrics: Metrics, clock: Clock, saved: SavedFolds, sums: Sequence[Sum] = ()
    ) -> None:
        """Go on from ``sums``; without any, nothing is known of what was before now."""
        self._metrics = metrics
        self._clock = clock
        self._saved = saved
        self._sums = deque(sums, KEPT)
        self._task: asyncio.Task[None] | None = None
        if not self._sums:
            self._sums.append(self._sum(clock.now()))

    def observe(self, records: Sequence[Record]) -> None:
        """Keep the sums if the first of some records is of a new interval."""
        if records[0].at - self._sums[-1].at < _WIDTH:
            return
        self._sums.append(self._sum(records[0].at))
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self.save(), name="course")

    async def save(self) -> None:
        """Save the sums; a failure costs only what a restart would show of today."""
        data = msgspec.json.encode(list(self._sums))
        try:
            await self._saved.save_fold(FOLD, Snapshot(self._metrics.state.seq, data))
        except StoreError as error:
            log.warning("course not saved", code=error.code, reason=error.message)

    def document(self, since: Instant) -> CourseDocument:
        """Return the intervals that began at an instant or later."""
        now = self._clock.now()
        queues: dict[str, list[IntervalDocument]] = {}
        for at, name, counts in self._intervals(now):
            if at + _WIDTH > since:
                queues.setdefault(name, []).append(_interval(at, counts))
        return CourseDocument(
            interval_seconds=INTERVAL_SECONDS,
            counted_from=moment(self._sums[0].at),
            until=moment(now),
            queues=queues,
        )

    def _intervals(self, now: Instant) -> Iterator[tuple[Instant, str, Counts]]:
        none = Counts()
        for before, after in pairwise([*self._sums, self._sum(now)]):
            for name, counts in sorted(after.queues.items()):
                found = counts - before.queues.get(name, none)
                if found != none:
                    yield before.at, name, found

    def _sum(self, at: Instant) -> Sum:
        by_queue = self._metrics.state.by_queue
        return Sum(
            Instant(at - at % _WIDTH), {name: _counts(tally) for name, tally in by_queue.items()}
        )


async def restore_course(metrics: Metrics, clock: Clock, saved: SavedFolds) -> Course:
    """Return the course as it was saved; after the metrics are restored, before the loop writes.

    Raises:
        StoreError: the record cannot be read.
    """
    snapshot = await saved.load_fold(FOLD)
    sums: list[Sum] = []
    if snapshot is not None:
        try:
            sums = msgspec.json.decode(snapshot.data, type=list[Sum])
        except msgspec.ValidationError as error:
            log.info("course begun anew", reason=str(error))
    return Course(metrics, clock, saved, sums)


def _counts(tally: Tally) -> Counts:
    return Counts(tally.offered, tally.answered, tally.abandoned, tally.answered_in, counted(tally))


def _interval(at: Instant, counts: Counts) -> IntervalDocument:
    return IntervalDocument(
        at=moment(at),
        offered=counts.offered,
        answered=counts.answered,
        abandoned=counts.abandoned,
        answered_in=counts.answered_in,
        measured=counts.measured,
        service_level=counts.answered_in / counts.measured if counts.measured else None,
    )
