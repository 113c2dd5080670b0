"""Following the log: what every projection that runs in a task of its own has in common.

It takes the records the loop has made durable, or reads the log where it missed some; whoever is
killed goes on from what was saved.
"""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import Sequence
from typing import ClassVar

import structlog

from acd.core.record import Record
from acd.ports.store import LogStore, StoreError

log = structlog.get_logger()

BATCH_RECORDS = 200
"""Records folded between two writes: keeps each to a few milliseconds."""

BUFFERED_RECORDS = 20_000
"""Records kept while the store does not take any; beyond that they are read again later."""

RETRY_SECONDS = 1.0


class Follower(ABC):
    """Folds the log into a store.

    Attributes:
        gather_seconds: how long changes are gathered before they are written together.
        position: the last record folded and, where it changed something, saved.
    """

    gather_seconds: ClassVar[float] = 0.0

    def __init__(self, name: str, log_store: LogStore) -> None:
        """Prepare; ``name`` is for the program's own log."""
        self.position = 0
        self._name = name
        self._log = log_store
        self._fresh: deque[Record] = deque()
        self._wake = asyncio.Event()
        self._moved = asyncio.Event()

    @abstractmethod
    async def begin(self) -> int:
        """Forget everything and return the position that the store is at."""

    @abstractmethod
    def fold(self, record: Record) -> None:
        """Take one record in."""

    @abstractmethod
    async def save(self, position: int) -> None:
        """Write what has changed since the last time; all up to ``position`` is folded."""

    def observe(self, records: Sequence[Record]) -> None:
        """Take durable records; to be given to the loop as an observer."""
        if not records:
            return
        if len(self._fresh) > BUFFERED_RECORDS:
            self._fresh.clear()  # there is a gap now, and the log is read from there
        self._fresh.extend(records)
        self._wake.set()

    async def reach(self, seq: int) -> None:
        """Wait until record ``seq`` is in the store."""
        while self.position < seq:
            self._moved.clear()
            await self._moved.wait()

    async def run(self) -> None:
        """Follow the log until cancelled.

        Raises:
            StoreError: the store failed for good.
        """
        while True:
            try:
                await self._follow()
            except StoreError as error:
                if not error.is_passing:
                    raise
                log.warning("projection not written", projection=self._name, code=error.code,
                            reason=error.message)  # fmt: skip
                await asyncio.sleep(RETRY_SECONDS)

    async def _follow(self) -> None:
        self.position = await self.begin()  # what is stored is the truth
        await self._catch_up()
        while True:
            if not self._fresh:
                self._wake.clear()
                await self._wake.wait()
                if self.gather_seconds:
                    await asyncio.sleep(self.gather_seconds)
            while self._fresh and self._fresh[0].seq <= self.position:
                self._fresh.popleft()
            if self._fresh and self._fresh[0].seq > self.position + 1:
                await self._catch_up()
            else:
                await self._fold_fresh()

    async def _fold_fresh(self) -> None:
        last = self.position
        for _ in range(min(len(self._fresh), BATCH_RECORDS)):
            record = self._fresh.popleft()
            self.fold(record)
            last = record.seq
        await self._advance(last)

    async def _catch_up(self) -> None:
        last = self.position
        async for record in self._log.read(self.position):
            self.fold(record)
            last = record.seq
            if last - self.position >= BATCH_RECORDS:
                await self._advance(last)
        await self._advance(last)

    async def _advance(self, position: int) -> None:
        await self.save(position)
        self.position = position
        self._moved.set()
