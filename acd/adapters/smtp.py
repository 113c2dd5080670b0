"""SMTP both ways: a listener that takes mails in (aiosmtpd), and the way out (aiosmtplib)."""

from __future__ import annotations

import asyncio
import contextlib
import ssl
from collections.abc import AsyncIterator, Awaitable, Callable

import aiosmtplib
import structlog
from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP, Envelope, Session

from acd.core.errors import AcdError
from acd.ports.mail import IncomingMail, MailError

log = structlog.get_logger()

LARGEST_MAIL = 30 * 1024 * 1024
MOST_RECIPIENTS = 20
MOST_CONNECTIONS = 20
"""Each may hold a largest mail in memory."""

SILENCE_SECONDS = 60.0
SEND_SECONDS = 60.0
LONGEST_LINE = 256 * 1024
"""More than the thousand octets of RFC 5321: machines send HTML in one line, and mean it."""

Take = Callable[[IncomingMail], Awaitable[None]]
"""Returns once a mail is safe with us."""

_DENIED = (530, 534, 535, 538)


class SmtpListener:
    """Takes mails for our own addresses; anything else it refuses. An asynchronous context.

    A mail is acknowledged after ``take`` has returned and not before, so a mail is either still
    the sender's to repeat or safe with us. It relays nothing and offers no sign-in: let the site's
    own mail server stand before it.
    """

    def __init__(
        self,
        host: str,
        port: int,
        take: Take,
        accepts: Callable[[str], bool],
        *,
        is_lmtp: bool = False,
    ) -> None:
        """Nothing listens yet.

        Args:
            host: address to listen on.
            port: 0 for a free one.
            take: gets each mail; an :class:`AcdError` from it makes the sender try again later.
            accepts: whether a recipient, in lower case, is one of ours.
            is_lmtp: speak LMTP (RFC 2033) instead, as mail servers do to mailboxes.
        """
        self._host, self._port = host, port
        self._handler = _Handler(take, accepts, 1 if is_lmtp else MOST_RECIPIENTS)
        self._protocol = _Lmtp if is_lmtp else _Smtp
        self._open: set[asyncio.BaseTransport] = set()
        self._server: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """Where it listens."""
        if self._server is None:
            return self._port
        return int(self._server.sockets[0].getsockname()[1])

    async def __aenter__(self) -> SmtpListener:
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(self._connection, self._host, self._port)
        except OSError as error:
            raise MailError(
                f"cannot listen for mail on {self._host}:{self._port}: {error.strerror}",
                hint="stop the program that holds the port, or change mail.listen_port",
                is_passing=False,
            ) from None
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._server is not None:
            self._server.close()
            for transport in list(self._open):
                transport.close()
            await self._server.wait_closed()

    def _connection(self) -> asyncio.Protocol:
        if len(self._open) >= MOST_CONNECTIONS:
            return _Busy()
        protocol: asyncio.Protocol = self._protocol(
            self._handler,
            self._open,
            data_size_limit=LARGEST_MAIL,
            enable_SMTPUTF8=True,
            hostname="acd",
            ident="acd",
            timeout=SILENCE_SECONDS,
            loop=asyncio.get_running_loop(),
        )
        return protocol


class _Busy(asyncio.Protocol):
    """Sends a connection away that is one too many."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.WriteTransport)
        transport.write(b"421 4.3.2 too many connections, try again\r\n")
        transport.close()


class _Counted(asyncio.Protocol):
    """Keeps the list of open connections."""

    line_length_limit = LONGEST_LINE

    def __init__(
        self, handler: _Handler, open_: set[asyncio.BaseTransport], **given: object
    ) -> None:
        super().__init__(handler, **given)  # type: ignore[call-arg]
        self._open = open_
        self._own: asyncio.BaseTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._own = transport
        self._open.add(transport)
        super().connection_made(transport)

    def connection_lost(self, error: Exception | None) -> None:
        if self._own is not None:
            self._open.discard(self._own)
        super().connection_lost(error)


class _Smtp(_Counted, SMTP):
    pass


class _Lmtp(_Counted, LMTP):
    pass


class _Handler:
    """What aiosmtpd asks of us; names and arguments are its."""

    def __init__(self, take: Take, accepts: Callable[[str], bool], most: int) -> None:
        self._take = take
        self._accepts = accepts
        self._most = most

    async def handle_RCPT(
        self, _server: object, _session: Session, envelope: Envelope, address: str, _options: object
    ) -> str:
        if not self._accepts(address.lower()):
            return "550 5.1.1 no such mailbox here"
        if len(envelope.rcpt_tos) >= self._most:
            return "452 4.5.3 too many recipients, send the others apart"
        envelope.rcpt_tos.append(address.lower())
        return "250 2.1.5 OK"

    async def handle_DATA(self, _server: object, _session: Session, envelope: Envelope) -> str:
        content = envelope.content
        assert isinstance(content, bytes)
        recipients = tuple(dict.fromkeys(envelope.rcpt_tos))
        sender = (envelope.mail_from or "").strip("<>")  # aiosmtpd leaves the empty one as "<>"
        try:
            await self._take(IncomingMail(sender, recipients, content))
        except AcdError as error:
            log.warning("mail not taken", code=error.code, reason=error.message)
            return "451 4.3.0 it could not be kept, try again"
        return "250 2.0.0 kept"

    async def handle_exception(self, error: Exception) -> str:
        log.error("mail listener", exc_info=error)
        return "451 4.3.0 something went wrong, try again"


class SmtpSender:
    """Hands mails to a mail server, each over a connection of its own."""

    def __init__(
        self,
        host: str,
        port: int,
        *,
        user: str = "",
        password: str = "",
        tls: ssl.SSLContext | None = None,
        starts_with_tls: bool = False,
    ) -> None:
        """Nothing is opened yet.

        Args:
            host, port: the mail server.
            user, password: to sign in with; empty for not.
            tls: None for a server on this machine.
            starts_with_tls: TLS from the first octet on; else with STARTTLS, which must succeed.
        """
        self._host, self._port = host, port
        self._user, self._password = user, password
        self._tls = tls
        self._starts_with_tls = starts_with_tls

    async def send(self, sender: str, recipient: str, raw: bytes) -> None:
        """Hand a mail over; see :meth:`acd.ports.mail.Outgoing.send`.

        Raises:
            MailError: the server has not taken it, or nobody knows.
        """
        try:
            async with asyncio.timeout(SEND_SECONDS), self._connected() as server:
                await server.sendmail(sender, [recipient], raw)
        except aiosmtplib.SMTPRecipientsRefused as error:
            raise _refused(error.recipients[0].code, error.recipients[0].message) from None
        except aiosmtplib.SMTPResponseException as error:
            raise _refused(error.code, error.message) from None
        except aiosmtplib.SMTPNotSupported as error:
            raise MailError(str(error), code="mail-refused", is_passing=False) from None
        except (aiosmtplib.SMTPException, OSError, TimeoutError, ValueError) as error:
            reason = str(error) or type(error).__name__
            raise MailError(f"the mail server cannot be reached: {reason}") from None

    @contextlib.asynccontextmanager
    async def _connected(self) -> AsyncIterator[aiosmtplib.SMTP]:
        server = aiosmtplib.SMTP(
            hostname=self._host,
            port=self._port,
            timeout=SEND_SECONDS,
            use_tls=self._tls is not None and self._starts_with_tls,
            start_tls=self._tls is not None and not self._starts_with_tls,
            tls_context=self._tls,
            username=self._user or None,
            password=self._password or None,
            local_hostname="acd",
        )
        try:
            await server.connect()
            yield server
            # The mail is the server's by now: an unfriendly goodbye changes nothing.
            with contextlib.suppress(aiosmtplib.SMTPException, OSError, TimeoutError):
                async with asyncio.timeout(2):
                    await server.quit()
        finally:
            server.close()


def _refused(status: int, said: str) -> MailError:
    """Return what a server's answer means: 4xx may pass, 5xx will not (RFC 5321, 4.2.1)."""
    message = f"the mail server said {status} {' '.join(said.split())[:200]}"
    if status in _DENIED:  # somebody will mend the password
        return MailError(message, code="mail-denied", hint="mend mail.smtp_user or its password")
    return MailError(message, code="mail-refused", is_passing=status < 500)
