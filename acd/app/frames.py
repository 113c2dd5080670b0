"""Frames of the live feed, and who waits for them."""

from __future__ import annotations

import asyncio
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import msgspec

from acd.app.messages import MessageDocument
from acd.core.ids import AgentName, ContactId, QueueName
from acd.core.message import Author

WAITING_FRAMES = 200
"""Frames that a subscriber may be behind."""


class TypingDocument(msgspec.Struct):
    """Who is typing, and until when that counts."""

    who: Author
    until: datetime


class LiveData(msgspec.Struct, omit_defaults=True):
    """What is shown or has changed; null for a document that is gone.

    Attributes:
        me: the agent whose desk it is.
        contacts: as the API shows them: a desk's own, or all that are open.
        messages: of a desk's contacts that are written; what is told twice has the same id.
        typing: contact to who is typing.
    """

    me: msgspec.Raw | msgspec.UnsetType | None = msgspec.UNSET
    agents: dict[AgentName, msgspec.Raw | None] = {}
    queues: dict[QueueName, msgspec.Raw | None] = {}
    contacts: dict[ContactId, msgspec.Raw | None] = {}
    messages: list[MessageDocument] = []
    typing: dict[ContactId, TypingDocument] = {}


class LiveFrame(msgspec.Struct):
    """What is sent: a snapshot first, then changes whose numbers follow each other."""

    type: Literal["snapshot", "delta"]
    seq: int
    data: LiveData


_encoder = msgspec.json.Encoder()


@dataclass(eq=False, slots=True)
class Subscription:
    """One who looks.

    Attributes:
        agent: whose desk it is; None for a wallboard.
        own: contacts that the desk shows.
        is_dropped: it was too slow.
    """

    agent: AgentName | None
    own: set[ContactId] = field(default_factory=set)
    is_dropped: bool = False
    _seq: int = 0
    _early: list[bytes] | None = field(default_factory=list)
    _frames: deque[bytes] = field(default_factory=deque)
    _wake: asyncio.Event = field(default_factory=asyncio.Event)

    async def next(self) -> bytes | None:
        """Return the next frame, as JSON in UTF-8; None if it was dropped."""
        while not self._frames and not self.is_dropped:
            self._wake.clear()
            await self._wake.wait()
        return None if self.is_dropped else self._frames.popleft()

    def begin(self, seq: int, data: LiveData) -> None:
        """Let the snapshot go first, before all that was put meanwhile."""
        early, self._early = self._early or [], None
        self.put(_encoder.encode(LiveFrame("snapshot", seq, data)))
        for frame in early:
            self.put(frame)

    def put(self, frame: bytes) -> None:
        """Let a frame wait to be sent."""
        if self._early is not None:
            self._early.append(frame)
            return
        if len(self._frames) >= WAITING_FRAMES:
            self.is_dropped = True
            self._frames.clear()
        if not self.is_dropped:
            self._frames.append(frame)
        self._wake.set()

    def change(self, data: LiveData) -> None:
        """Let a change wait to be sent, under the next number of this desk."""
        self._seq += 1
        self.put(_encoder.encode(LiveFrame("delta", self._seq, data)))
