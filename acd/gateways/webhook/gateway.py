"""The gateway of everything that speaks HTTP: signed events in, signed posts out."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import structlog

from acd.app.breaker import Breaker
from acd.app.faults import fault
from acd.core.channel import Channel
from acd.core.effects import Deliver
from acd.core.timers import MICROSECONDS
from acd.gateways.webhook.formats import Format, Incoming, Secrets
from acd.ports.clock import Clock
from acd.ports.gateway import DeliveryError, WebhookError
from acd.ports.http import HttpError, HttpPoster
from acd.ports.intake import IntakeRow, IntakeStore

log = structlog.get_logger()

LONGEST_TEXT = 16_000
"""Characters of an event's text that are taken."""

_TRY_LATER = frozenset({408, 425, 429})


@dataclass(frozen=True, slots=True)
class Hook:
    """A webhook as set up.

    Attributes:
        name: as in its path.
        address: what its messages are sent to.
        url: where ours are posted; formats may know better. Empty where none are, unless so.
    """

    name: str
    channel: Channel
    address: str
    format: Format
    secrets: Secrets = field(repr=False)
    url: str = ""
    allow_private: bool = False


class WebhookGateway:
    """:class:`acd.ports.gateway.Gateway` and :class:`acd.ports.gateway.WebhookDoor`.

    Attributes:
        breakers: by name of the webhook.
    """

    def __init__(
        self,
        channel: Channel,
        hooks: Sequence[Hook],
        intake: IntakeStore,
        poster: HttpPoster,
        clock: Clock,
    ) -> None:
        """Serve the ``hooks`` of one ``channel``."""
        self.name = f"webhook-{channel}"
        self.channel = channel
        self._hooks = {hook.name: hook for hook in hooks if hook.channel is channel}
        self._intake = intake
        self._poster = poster
        self._clock = clock
        self.breakers = {name: Breaker() for name in self._hooks}

    @property
    def hooks(self) -> Sequence[str]:
        """Names of the webhooks it serves."""
        return tuple(self._hooks)

    async def run(self) -> None:
        """Wait until cancelled: what comes is brought by the web server."""
        await asyncio.Event().wait()

    async def take(self, name: str, headers: Mapping[str, str], body: bytes) -> None:
        """Check and keep an event; see :class:`acd.ports.gateway.WebhookDoor`."""
        hook = self._hooks.get(name)
        if hook is None:
            raise WebhookError("there is no such webhook", code="webhook-unknown")
        now = self._clock.now()
        hook.format.check(hook.secrets, headers, body, now / MICROSECONDS)
        event = hook.format.decode(body)
        if event is not None:
            fault("before-put", "webhook")
            await self._intake.put([self._row(hook, event, body)])
            fault("after-put", "webhook")

    def _row(self, hook: Hook, event: Incoming, body: bytes) -> IntakeRow:
        return IntakeRow(
            source=f"webhook:{hook.name}",
            key=event.id,
            received_at=self._clock.now(),
            channel=hook.channel,
            address=hook.address,
            sender=event.sender,
            sender_name=event.name,
            thread=f"{hook.name}:{event.thread}",
            text=event.text[:LONGEST_TEXT],
            language=event.language,
            raw=body,
        )

    def _as_first(self, effect: Deliver) -> Deliver:
        """Return a notice as the beginning of a conversation, by the first webhook.

        Raises:
            DeliveryError: the provider knows nobody of that name, or there is none.
        """
        for hook in self._hooks.values():
            thread = hook.format.thread_to(effect.recipient)
            if thread:
                return replace(effect, address=hook.address, thread=f"{hook.name}:{thread}")
        raise DeliveryError(
            "nobody carries messages to this recipient", code="recipient-missing", is_passing=False
        )

    async def deliver(self, effect: Deliver) -> None:
        """Post a message to the provider.

        Raises:
            DeliveryError: it was not taken, or nobody knows.
        """
        if not effect.thread:
            effect = self._as_first(effect)
        hook = self._hooks.get(effect.thread.partition(":")[0])
        if hook is None:
            raise DeliveryError(
                "no webhook leads back to this customer", code="webhook-unknown", is_passing=False
            )
        now = asyncio.get_running_loop().time
        breaker = self.breakers[hook.name]
        if not breaker.allows(now()):
            raise DeliveryError("it failed too often", code="breaker-open", is_passing=True)
        posting = hook.format.encode(
            hook.secrets, hook.url, effect, self._clock.now() / MICROSECONDS
        )
        if not posting.url:
            raise DeliveryError("it has no url", code="url-missing", is_passing=False)
        try:
            reply = await self._poster.post(
                posting.url, posting.body, posting.headers, allow_private=hook.allow_private
            )
        except HttpError as error:
            breaker.failed(now())
            is_refused = error.code == "address-refused"
            raise DeliveryError(
                error.message, code=error.code, hint=error.hint, is_passing=not is_refused
            ) from error
        is_busy = reply.status >= 500 or reply.status in _TRY_LATER
        if is_busy:
            breaker.failed(now())
        else:
            breaker.worked()
        if not 200 <= reply.status < 300 or not hook.format.was_taken(reply.body):
            raise DeliveryError(
                f"it answered {reply.status}", code=f"http-{reply.status}", is_passing=is_busy
            )
