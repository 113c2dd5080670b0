"""The pump: gives what came in to the engine, in order, each row once.

The engine's state holds the number of the last row it took, so a restart goes on exactly there.
"""

from __future__ import annotations

import asyncio
from typing import Protocol

import structlog

from acd.core.inputs import CustomerLeft, Input, MessageArrived
from acd.core.state import State
from acd.core.turn import Refused
from acd.ports.intake import IntakeKind, IntakeRow, IntakeStore
from acd.ports.store import StoreError

log = structlog.get_logger()

BATCH_ROWS = 100
"""Rows given to the engine before their records are waited for."""

RETRY_SECONDS = 0.5

ACTOR = "intake"


class Inbox(Protocol):
    """The loop, as far as the pump needs it."""

    def tell(self, cause: Input, actor: str = ...) -> None:
        """Put an input into the inbox and go on."""

    async def ask(self, cause: Input, actor: str) -> Refused | None:
        """Put an input into the inbox and wait until what it led to is durable."""


class Pump:
    """Works the intake off.

    Attributes:
        taken: number of the last row given to the engine.
    """

    def __init__(self, store: IntakeStore, inbox: Inbox, state: State) -> None:
        self.taken = state.intake
        self._store = store
        self._inbox = inbox
        self._wake = asyncio.Event()

    def wake(self) -> None:
        """Say that something was put."""
        self._wake.set()

    async def run(self) -> None:
        """Work off what comes until cancelled.

        Raises:
            StoreError: the intake cannot be read, for good.
        """
        while True:
            self._wake.clear()
            try:
                rows = await self._store.after(self.taken, BATCH_ROWS)
            except StoreError as error:
                if not error.is_passing:
                    raise
                log.warning("intake not read", code=error.code, reason=error.message)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if rows:
                await self._give(rows)
            else:
                await self._wake.wait()

    async def _give(self, rows: list[IntakeRow]) -> None:
        for row in rows[:-1]:
            self._inbox.tell(input_of(row), ACTOR)
        # Its answer comes when the records of all before it are durable too. Being refused is no
        # failure: it says that the row was taken before.
        await self._inbox.ask(input_of(rows[-1]), ACTOR)
        self.taken = rows[-1].number


def input_of(row: IntakeRow) -> Input:
    """Return what the engine is told of a row."""
    if row.kind is IntakeKind.LEFT:
        return CustomerLeft(row.number, row.thread)
    return MessageArrived(
        intake=row.number,
        channel=row.channel,
        address=row.address,
        sender=row.sender,
        sender_name=row.sender_name,
        thread=row.thread,
        text=row.text,
        key=row.key,
        language=row.language,
        attachments=tuple(attachment.id for attachment in row.attachments),
        attributes=dict(row.attributes),
    )
