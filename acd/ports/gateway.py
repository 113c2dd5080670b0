"""Gateways: how text comes in and goes out, one file a channel in :mod:`acd.gateways`.

What a gateway receives it puts into the :class:`acd.ports.intake.IntakeStore`; what it shall send
it gets as an effect, idempotent on the message's id. Its transports come in through ports, so that
a gateway holds rules and no sockets.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Protocol

from acd.core.channel import Channel
from acd.core.effects import Deliver
from acd.core.errors import AcdError


class DeliveryError(AcdError):
    """A message could not be sent.

    Attributes:
        is_passing: the same may succeed later; else it never will.
    """

    code = "delivery-failed"

    def __init__(
        self, message: str, *, code: str | None = None, hint: str = "", is_passing: bool
    ) -> None:
        super().__init__(message, code=code, hint=hint)
        self.is_passing = is_passing


class Gateway(Protocol):
    """One channel's way in and out.

    Attributes:
        name: of the gateway, as in logs and health.
        channel: what it serves; there is one gateway a channel.
    """

    name: str
    channel: Channel

    async def run(self) -> None:
        """Receive until cancelled.

        Raises:
            AcdError: it cannot go on; failures that may pass are waited out inside.
        """
        ...

    async def deliver(self, effect: Deliver) -> None:
        """Send a message; sent twice it must be recognisable as one at the other end.

        Raises:
            DeliveryError: it was not sent, or nobody knows.
        """
        ...


class Opener(Protocol):
    """A gateway on whose channel we may write first.

    Attributes:
        channel: what it serves.
    """

    channel: Channel

    @property
    def senders(self) -> Sequence[str]:
        """Our addresses; a message from another one is not carried."""
        ...

    def fresh_thread(self) -> str:
        """Return a thread that nothing belongs to yet, by which an answer will be known."""
        ...


class Socket(Protocol):
    """A websocket of somebody outside, as far as a gateway needs it."""

    async def receive(self) -> str | bytes | None:
        """Return the next frame, or None once the other side is gone."""
        ...

    async def send(self, text: str) -> None:
        """Send a frame; one that cannot be sent any more is lost without a word."""
        ...

    async def close(self, code: int, reason: str) -> None:
        """Close it (RFC 6455 section 7.4)."""
        ...


class ChatDoor(Protocol):
    """Where the web server brings customers who want to chat."""

    async def serve(self, socket: Socket) -> None:
        """Talk to a customer's browser until it is gone."""
        ...


class WebhookError(AcdError):
    """A webhook that is not taken.

    Codes: ``webhook-unknown``, ``signature-invalid``, ``timestamp-old``, ``event-invalid``.
    """

    code = "event-invalid"


class WebhookDoor(Protocol):
    """Where the web server brings what messaging networks post."""

    async def take(self, name: str, headers: Mapping[str, str], body: bytes) -> None:
        """Check and keep an event; returns once it is durable, also for one that is known.

        Args:
            name: of the webhook, as in the settings.
            headers: names in lower case.
            body: as it was sent.

        Raises:
            WebhookError: it is not signed, too old, or cannot be read.
            StoreError: it was not kept; the sender should try again.
        """
        ...
