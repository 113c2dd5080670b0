"""What a customer says and hears, and how every kind of customer is dealt with."""

from __future__ import annotations

import contextlib
import random
from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import ClassVar

from acd.core.channel import Channel
from acd.testing.kills.site import ACKNOWLEDGED

LINES = 3
"""Messages of one customer."""

LONGEST_THOUGHT = 0.25
"""Seconds between two messages of one customer."""

PATIENCE_SECONDS = 300.0
"""Within that time everything under way has to come to its end."""

AGAIN_SECONDS = 0.05
"""Pause of a client that could not reach the engine."""


def answer_to(text: str) -> str:
    """Return what the agent writes to somebody who has written ``text``."""
    return f"re: {text}"


def is_last(text: str) -> bool:
    """Return whether a customer has no more to say."""
    return text.endswith(f"line {LINES - 1}")


@dataclass(slots=True)
class Talk:
    """One customer's matter: some messages, each of which is answered.

    Attributes:
        sender: who the contact is from.
        heard: chat alone: order and text of every message that was shown, over all sockets.
    """

    sender: str
    heard: list[tuple[int, str]] = field(default_factory=list)

    @property
    def said(self) -> list[str]:
        """All that the customer says."""
        return [f"{self.sender} line {number}" for number in range(LINES)]

    @property
    def answers(self) -> list[str]:
        """All that the customer has to hear."""
        return [ACKNOWLEDGED, *(answer_to(text) for text in self.said)]


@dataclass(frozen=True, slots=True)
class Copy:
    """A message as it was taken outside, by a mail server or a provider.

    Attributes:
        id: the same in every copy of one message.
    """

    to: str
    id: str
    text: str


class Customers(ABC):
    """Customers of one channel and the servers around them.

    Attributes:
        channel: which.
        points: where the engine can be killed in the course of a message, in order.
        environment: what the engine is told by its settings.
    """

    channel: ClassVar[Channel]
    points: ClassVar[Sequence[str]]
    environment: Mapping[str, str]

    def __init__(self, chance: random.Random) -> None:
        self.environment = {}
        self._chance = chance

    @abstractmethod
    def ready(self, directory: Path) -> contextlib.AbstractAsyncContextManager[None]:
        """Run the servers, with files in ``directory``; then ``environment`` is set."""

    @property
    @abstractmethod
    def copies(self) -> Sequence[Copy]:
        """What was taken outside, in order; nothing for a chat."""

    @abstractmethod
    def sender(self, number: int) -> str:
        """Return the address of a customer."""

    @abstractmethod
    async def converse(self, talk: Talk, url: str) -> None:
        """Say everything, hear every answer; ``url`` is the engine's, there or not."""

    def thought(self) -> float:
        """Return the seconds until a customer writes the next message."""
        return self._chance.uniform(0, LONGEST_THOUGHT)
