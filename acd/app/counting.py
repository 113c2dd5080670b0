"""Folds of a live centre that count: restored at the start, kept up to date, saved now and then."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from typing import Protocol, TypeVar

import structlog

from acd.app.codec import CodecError
from acd.app.metrics import Metrics
from acd.core.record import Record
from acd.ports.store import LogStore, SavedFolds, Snapshot, StoreError

log = structlog.get_logger()

FOLD = "metrics"
SAVE_RECORDS = 20_000


class Fold(Protocol):
    """What is counted from the log."""

    def fold(self, record: Record) -> None:
        """Take one record in."""

    def fold_all(self, records: Iterable[Record]) -> None:
        """Take several records in."""

    def snapshot(self) -> Snapshot:
        """Return all that is known, with the last record folded."""


F = TypeVar("F", bound=Fold)


async def restore_fold(
    name: str,
    new: Callable[[], F],
    restored: Callable[[Snapshot], F],
    log_store: LogStore,
    saved: SavedFolds,
) -> F:
    """Return a fold as the log tells of it; before the loop writes to the log.

    Args:
        name: under which it is saved.
        new: makes one that knows nothing.
        restored: makes one of what was saved; a :class:`CodecError` lets it be counted anew.
        log_store: the log.
        saved: where folds are saved.
    """
    snapshot = await saved.load_fold(name)
    fold, after = new(), 0
    if snapshot is not None:
        try:
            fold, after = restored(snapshot), snapshot.seq
        except CodecError as error:
            log.info("counted anew", fold=name, reason=error.message)
    async for record in log_store.read(after=after):
        fold.fold(record)
    return fold


async def restore_metrics(log_store: LogStore, saved: SavedFolds) -> Metrics:
    """Return the metrics as the log tells of them; before the loop writes to it."""
    return await restore_fold(FOLD, Metrics, Metrics.restored, log_store, saved)


class Counting:
    """Folds each record as it becomes durable. An observer of the loop."""

    def __init__(self, fold: Fold, saved: SavedFolds, name: str = FOLD) -> None:
        """Begin; ``fold`` has taken in all that is in the log."""
        self._fold = fold
        self._saved = saved
        self._name = name
        self._seen = 0  # records since it was saved
        self._task: asyncio.Task[None] | None = None

    def __call__(self, records: Sequence[Record]) -> None:
        """Take durable records in, and begin to save if enough has happened."""
        self._fold.fold_all(records)
        self._seen += len(records)
        if self._seen < SAVE_RECORDS:
            return
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self.save(), name=self._name)

    async def save(self) -> None:
        """Save what is counted so far; a failure costs only time at the next start."""
        self._seen = 0
        try:
            await self._saved.save_fold(self._name, self._fold.snapshot())
        except StoreError as error:
            log.warning("counts not saved", fold=self._name, code=error.code, reason=error.message)
