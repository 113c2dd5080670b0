"""Projections: what is derived from the log and kept beside it.

:class:`ContactProjector` runs in a task of its own beside the engine. It takes the records the loop
has made durable, or reads the log where it missed some, folds them and writes all contacts that
changed, in one statement. Killed at any point it goes on from the newest of them; whoever reads
sees contacts a moment late, never wrong.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

import structlog

from acd.app.documents import ContactFold
from acd.core.record import Record
from acd.ports.store import ContactRow, ContactStore, LogStore, StoreError

log = structlog.get_logger()

GATHER_SECONDS = 0.05
"""How long changes are gathered before they are written together."""

BATCH_RECORDS = 200
"""Records folded between two writes: keeps each to a few milliseconds."""

BUFFERED_RECORDS = 20_000
"""Records kept while the store does not take any; beyond that they are read again later."""

RETRY_SECONDS = 1.0

Listener = Callable[[Sequence[ContactRow]], None]
"""Told of saved contacts; must return at once."""


class ContactProjector:
    """Keeps a :class:`ContactStore` up to date with the log.

    Attributes:
        position: the last record folded and, where it changed a contact, saved.
    """

    def __init__(self, log_store: LogStore, contacts: ContactStore) -> None:
        self.position = 0
        self._saved = 0  # the newest record in a row of the store
        self._listeners: list[Listener] = []
        self._log = log_store
        self._contacts = contacts
        self._fresh: deque[Record] = deque()
        self._wake = asyncio.Event()
        self._moved = asyncio.Event()

    def subscribe(self, listener: Listener) -> None:
        """Tell ``listener`` of every contact that is saved, and first of all that are open."""
        self._listeners.append(listener)

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
            StoreError: another engine folds this log, or the store failed for good.
        """
        while True:
            try:
                await self._follow()
            except StoreError as error:
                if not error.is_passing:
                    raise
                log.warning("contacts not written", code=error.code, reason=error.message)
                await asyncio.sleep(RETRY_SECONDS)

    async def _follow(self) -> None:
        # What is stored is the truth: after a failure nobody knows what was kept.
        self.position = self._saved = await self._contacts.contact_position()
        open_rows = await self._contacts.open_contacts()
        fold = ContactFold(open_rows)
        self._tell(open_rows)
        await self._catch_up(fold)
        while True:
            if not self._fresh:
                self._wake.clear()
                await self._wake.wait()
                await asyncio.sleep(GATHER_SECONDS)
            while self._fresh and self._fresh[0].seq <= self.position:
                self._fresh.popleft()
            if self._fresh and self._fresh[0].seq > self.position + 1:
                await self._catch_up(fold)
                continue
            await self._fold_fresh(fold)

    async def _fold_fresh(self, fold: ContactFold) -> None:
        last = self.position
        for _ in range(min(len(self._fresh), BATCH_RECORDS)):
            record = self._fresh.popleft()
            fold.fold(record)
            last = record.seq
        await self._save(fold, last)

    async def _catch_up(self, fold: ContactFold) -> None:
        last = self.position
        async for record in self._log.read(self.position):
            fold.fold(record)
            last = record.seq
            if last - self.position >= BATCH_RECORDS:
                await self._save(fold, last)
        await self._save(fold, last)

    async def _save(self, fold: ContactFold, position: int) -> None:
        rows = fold.changed()
        if rows:
            await self._contacts.save_contacts(rows, after=self._saved)
            self._saved = max(row.seq for row in rows)
            fold.forget()
            self._tell(rows)
        self.position = position
        self._moved.set()

    def _tell(self, rows: Sequence[ContactRow]) -> None:
        for listener in self._listeners:
            listener(rows)
