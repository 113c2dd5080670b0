"""A mail server at the other end: takes what we send, or does what servers do on bad days."""

from __future__ import annotations

import asyncio
import contextlib
import email
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from email.message import EmailMessage
from email.policy import default

from aiosmtpd.smtp import SMTP, Envelope, Session

DROP = "drop"
"""A bad day: the mail is taken, and the line cut before the answer."""


@dataclass(frozen=True, slots=True)
class SentMail:
    """A mail that reached the server.

    Attributes:
        sender: of the envelope.
        recipients: of the envelope.
        raw: as it came.
        message: the same, read by the library.
    """

    sender: str
    recipients: tuple[str, ...]
    raw: bytes
    message: EmailMessage


# Without slots: aiosmtpd reads every attribute of its handler, and Python before 3.11.3 gives a
# dataclass with slots a `__weakref__` that cannot be read.
@dataclass
class MailServer:
    """An SMTP server on loopback.

    Attributes:
        mails: what it has taken, in order.
        answers: what it says to the next mails instead of taking them, such as ``452 full``, or
            :data:`DROP`.
        port: where it listens.
    """

    mails: list[SentMail] = field(default_factory=list)
    answers: list[str] = field(default_factory=list)
    port: int = 0
    _arrived: asyncio.Event = field(default_factory=asyncio.Event)

    async def until(self, true: Callable[[list[SentMail]], object], seconds: float = 15.0) -> None:
        """Return once something holds of the mails.

        Raises:
            TimeoutError: it did not come to be.
        """
        async with asyncio.timeout(seconds):
            while not true(self.mails):
                self._arrived.clear()
                await self._arrived.wait()

    async def handle_DATA(  # what aiosmtpd asks of us
        self, server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        """Take a mail, or not."""
        answer = self.answers.pop(0) if self.answers else ""
        if answer in ("", DROP):
            raw = envelope.content
            assert isinstance(raw, bytes)
            message = email.message_from_bytes(raw, policy=default)
            assert isinstance(message, EmailMessage)
            recipients = tuple(envelope.rcpt_tos)
            sender = (envelope.mail_from or "").strip("<>")
            self.mails.append(SentMail(sender, recipients, raw, message))
            self._arrived.set()
        if answer == DROP:
            assert isinstance(server.transport, asyncio.WriteTransport)
            server.transport.abort()
        return answer if answer not in ("", DROP) else "250 taken"


@contextlib.asynccontextmanager
async def mail_server(port: int = 0) -> AsyncIterator[MailServer]:
    """Run a mail server."""
    handler = MailServer()
    loop = asyncio.get_running_loop()
    open_: set[asyncio.BaseTransport] = set()

    class _Connection(SMTP):
        def connection_made(self, transport: asyncio.BaseTransport) -> None:
            open_.add(transport)
            super().connection_made(transport)

    server = await loop.create_server(
        lambda: _Connection(handler, enable_SMTPUTF8=True, hostname="other", loop=loop),
        "127.0.0.1",
        port,
    )
    handler.port = server.sockets[0].getsockname()[1]
    try:
        yield handler
    finally:
        server.close()
        for transport in open_:
            transport.close()
        await server.wait_closed()
