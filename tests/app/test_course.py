"""The course of the day: quarters of an hour agree with the metrics, and outlive a restart."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise

import pytest

from acd.app.course import INTERVAL_SECONDS, Course, restore_course
from acd.app.documents import moment
from acd.app.metrics import Metrics
from acd.core.agent import AgentProfile
from acd.core.queue import Queue
from acd.core.timers import Instant, after
from acd.ports.store import Snapshot
from acd.testing.pretend import START, Pretend, busy_centre

pytestmark = pytest.mark.app

QUARTER = INTERVAL_SECONDS


@dataclass
class Watch:
    """A clock that stands."""

    at: Instant = START

    def now(self) -> Instant:
        return self.at


@dataclass
class Kept:
    """Folds in a dictionary."""

    folds: dict[str, Snapshot] = field(default_factory=dict)

    async def save_fold(self, name: str, snapshot: Snapshot) -> None:
        self.folds[name] = snapshot

    async def load_fold(self, name: str) -> Snapshot | None:
        return self.folds.get(name)


async def fold(course: Course, metrics: Metrics, watch: Watch, records) -> None:
    for record in records:
        watch.at = record.at
        course.observe([record])
        metrics.fold(record)


def numbers(document, queue: str) -> list[tuple[float, int, int, int, float | None]]:
    return [
        ((one.at - moment(START)).total_seconds() / QUARTER, one.offered, one.answered,
         one.abandoned, one.service_level)
        for one in document.queues.get(queue, [])
    ]  # fmt: skip


async def test_each_count_is_in_the_quarter_in_which_it_happened():
    sales = Queue("sales", service_level_seconds=20)
    centre = Pretend([sales], [AgentProfile("ann", queues={"sales": 1}, address="ann")])
    metrics, watch = Metrics(), Watch()
    course = Course(metrics, watch, Kept())
    centre.log_in(0, "ann")
    centre.call(QUARTER - 30, "a", "sales")
    centre.answer(QUARTER - 25, "a")
    centre.call(QUARTER - 20, "b", "sales")
    centre.hang_up(QUARTER + 10, "b")
    centre.hang_up(3 * QUARTER + 1, "a")
    centre.call(5 * QUARTER + 1, "c", "sales")
    await fold(course, metrics, watch, centre.records)
    assert numbers(course.document(START), "sales") == [
        (0, 2, 1, 0, 1.0),
        (1, 0, 0, 1, 0.0),
        (5, 1, 0, 0, None),
    ]
    later = course.document(after(START, 4 * QUARTER))
    assert numbers(later, "sales") == [(5, 1, 0, 0, None)]


async def test_after_a_restart_it_goes_on_and_adds_up_to_the_metrics():
    records = busy_centre(seed=3, happenings=900).records
    half = len(records) // 2
    kept, watch, metrics = Kept(), Watch(records[0].at), Metrics()
    course = Course(metrics, watch, kept)
    await fold(course, metrics, watch, records[:half])
    await course.save()

    again = Metrics()
    again.fold_all(records[:half])
    course = await restore_course(again, watch, kept)
    await fold(course, again, watch, records[half:])

    document = course.document(Instant(0))
    assert document.counted_from <= moment(records[0].at)
    for name, tally in again.state.by_queue.items():
        intervals = document.queues[name]
        assert all(one.at < other.at for one, other in pairwise(intervals))
        assert sum(one.offered for one in intervals) == tally.offered > 0
        assert sum(one.answered for one in intervals) == tally.answered
        assert sum(one.abandoned for one in intervals) == tally.abandoned
        level = again.queue(name, watch.at).service_level["acd"]
        measured = sum(one.measured for one in intervals)
        assert sum(one.answered_in for one in intervals) / measured == level


async def test_what_another_version_saved_is_not_trusted():
    kept = Kept({"course": Snapshot(1, b'[{"at": 1}]')})
    course = await restore_course(Metrics(), Watch(), kept)
    assert course.document(Instant(0)).queues == {}
