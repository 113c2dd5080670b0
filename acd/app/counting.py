"""The metrics of a live centre: restored at the start, kept up to date, saved now and then."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

import structlog

from acd.app.codec import CodecError
from acd.app.metrics import Metrics
from acd.core.record import Record
from acd.ports.store import LogStore, SavedFolds, StoreError

log = structlog.get_logger()

FOLD = "metrics"
SAVE_RECORDS = 20_000


async def restore_metrics(log_store: LogStore, saved: SavedFolds) -> Metrics:
    """Return the metrics as the log tells of them; before the loop writes to it."""
    snapshot = await saved.load_fold(FOLD)
    metrics = Metrics()
    if snapshot is not None:
        try:
            metrics = Metrics.restored(snapshot)
        except CodecError as error:
            log.info("metrics counted anew", reason=error.message)
    async for record in log_store.read(after=metrics.state.seq):
        metrics.fold(record)
    return metrics


class Counting:
    """Folds each record as it becomes durable. An observer of the loop."""

    def __init__(self, metrics: Metrics, saved: SavedFolds) -> None:
        self._metrics = metrics
        self._saved = saved
        self._saved_seq = metrics.state.seq
        self._task: asyncio.Task[None] | None = None

    def __call__(self, records: Sequence[Record]) -> None:
        """Take durable records in, and begin to save if enough has happened."""
        self._metrics.fold_all(records)
        if self._metrics.state.seq - self._saved_seq < SAVE_RECORDS:
            return
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self.save(), name="metrics")

    async def save(self) -> None:
        """Save what is counted so far; a failure costs only time at the next start."""
        snapshot = self._metrics.snapshot()
        self._saved_seq = snapshot.seq
        try:
            await self._saved.save_fold(FOLD, snapshot)
        except StoreError as error:
            log.warning("metrics not saved", code=error.code, reason=error.message)
