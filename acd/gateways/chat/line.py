"""One browser tab on the line: what it gets, in order, and how much it may send."""

from __future__ import annotations

import asyncio
from collections import deque

from acd.gateways.chat.frames import Message, Standing, ToCustomer, encode
from acd.ports.gateway import Socket

MOST_QUEUED = 500
"""Frames waiting for a slow browser; beyond that it is sent away and resumes when it can."""

TRY_AGAIN_LATER = 1013
"""RFC 6455's registry: the client may come back at once and resume."""

POLICY = 1008

GOING_AWAY = 1001


class Line:
    """A socket with its queue.

    Attributes:
        last: ``seq`` of the last message given to it.
    """

    def __init__(self, socket: Socket, last: int) -> None:
        self.last = last
        self._socket = socket
        self._queue: deque[str] = deque()
        self._held: list[Message] | None = []
        self._standing: Standing | None = None
        self._wake = asyncio.Event()

    def send(self, frame: ToCustomer) -> None:
        """Queue a frame."""
        if len(self._queue) >= MOST_QUEUED:
            self._queue.clear()
            self._queue.append("")  # the end
        self._queue.append(encode(frame))
        self._wake.set()

    def stand(self, standing: Standing) -> None:
        """Queue how the conversation stands, unless the client knows."""
        if standing != self._standing:
            self._standing = standing
            self.send(standing)

    def show(self, message: Message) -> None:
        """Queue a message unless the client has it; held back until it has all before."""
        if self._held is not None:
            self._held.append(message)
        elif message.seq > self.last:
            self.last = message.seq
            self.send(message)

    async def catch_up(self, page: list[Message]) -> None:
        """Send what the client missed, at the pace it reads."""
        for message in page:
            if message.seq > self.last:
                self.last = message.seq
                await self._socket.send(encode(message))

    def caught_up(self) -> None:
        """It has all that was written before: what came in meanwhile follows, then what comes."""
        held, self._held = self._held or [], None
        for message in held:
            self.show(message)

    async def close(self, code: int, reason: str) -> None:
        """Send it away."""
        await self._socket.close(code, reason)

    async def write(self) -> None:
        """Send what is queued until cancelled, or until the client is too slow."""
        while True:
            while self._queue:
                frame = self._queue.popleft()
                if not frame:
                    await self._socket.close(TRY_AGAIN_LATER, "too slow")
                    return
                await self._socket.send(frame)
            self._wake.clear()
            await self._wake.wait()


class Allowance:
    """How much may be sent: so many at once, and so many a second on the long run."""

    def __init__(self, burst: float, per_second: float) -> None:
        self._burst = self._left = burst
        self._per_second = per_second
        self._at = 0.0

    def take(self, now: float, amount: float = 1.0) -> bool:
        """Take some of it; False when there is not enough."""
        self._left = min(self._burst, self._left + (now - self._at) * self._per_second)
        self._at = now
        if self._left < amount:
            return False
        self._left -= amount
        return True
