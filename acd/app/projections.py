"""Contacts: the log folded into a table of documents that is served as it is.

Killed at any point it goes on from the newest of them; whoever reads sees contacts a moment late,
never wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from acd.app.contact_fold import ContactFold
from acd.app.follow import Follower
from acd.core.record import Record
from acd.ports.store import ContactRow, ContactStore, LogStore

Listener = Callable[[Sequence[ContactRow]], None]
"""Told of saved contacts; must return at once."""


class ContactProjector(Follower):
    """Keeps a :class:`ContactStore` up to date with the log.

    All contacts that changed are written in one statement. A :class:`StoreError` that ends
    :meth:`run` may also say that another engine folds this log.
    """

    gather_seconds: ClassVar[float] = 0.05

    def __init__(self, log_store: LogStore, contacts: ContactStore) -> None:
        super().__init__("contacts", log_store)
        self._saved = 0  # the newest record in a row of the store
        self._fold = ContactFold()
        self._listeners: list[Listener] = []
        self._contacts = contacts

    def subscribe(self, listener: Listener) -> None:
        """Tell ``listener`` of every contact that is saved, and first of all that are open."""
        self._listeners.append(listener)

    async def begin(self) -> int:
        """Take what is stored for the truth: after a failure nobody knows what was kept."""
        self._saved = await self._contacts.contact_position()
        rows = await self._contacts.open_contacts()
        self._fold = ContactFold(rows)
        self._tell(rows)
        return self._saved

    def fold(self, record: Record) -> None:
        """Take one record in."""
        self._fold.fold(record)

    async def save(self, position: int) -> None:
        """Write the contacts that changed."""
        rows = self._fold.changed()
        if rows:
            await self._contacts.save_contacts(rows, after=self._saved)
            self._saved = max(row.seq for row in rows)
            self._fold.forget()
            self._tell(rows)

    def _tell(self, rows: Sequence[ContactRow]) -> None:
        for listener in self._listeners:
            listener(rows)
