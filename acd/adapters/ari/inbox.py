"""The ordered queue between the socket's reader and whoever handles events."""

from __future__ import annotations

import asyncio
from collections import deque

from acd.adapters.ari.wire import Arrival


class EventInbox:
    """Unbounded FIFO with a gate.

    Unbounded on purpose: a reader that waits for its consumer is cut off by Asterisk after
    100 ms. The gate is shut while the caller resynchronises after a connect; events then pile up
    and are delivered, in order, once it opens. For one consumer.
    """

    def __init__(self) -> None:
        self._waiting: deque[Arrival] = deque()
        self._open = asyncio.Event()
        self._filled = asyncio.Event()

    def put(self, arrival: Arrival) -> None:
        """Append an event; never waits."""
        self._waiting.append(arrival)
        self._filled.set()

    def shut(self) -> None:
        """Hold back delivery."""
        self._open.clear()

    def open(self) -> None:
        """Deliver what waits and what comes."""
        self._open.set()

    async def get(self) -> Arrival:
        """Return the oldest event, waiting for one and for the gate."""
        while True:
            await self._open.wait()
            if self._waiting:
                return self._waiting.popleft()
            self._filled.clear()
            await self._filled.wait()

    def age(self, now: float) -> float:
        """Seconds that the oldest undelivered event has waited; 0 if none waits."""
        return now - self._waiting[0].at if self._waiting else 0.0

    def __len__(self) -> int:
        return len(self._waiting)
