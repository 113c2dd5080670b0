"""Customers who write: they behave as the widget, a provider and a mailbox do."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from secrets import token_hex

from aiohttp import ClientError, ClientSession, web

from acd.core.channel import Channel
from acd.gateways.webhook.formats import sign
from acd.testing import dovecot, mails
from acd.testing.chatclient import ChatClient, chat
from acd.testing.kills.talk import AGAIN_SECONDS, PATIENCE_SECONDS, Copy, Customers, Talk
from acd.testing.mailserver import SentMail, mail_server

_OPENED = ("before-append:ContactOpened", "after-append:ContactOpened")
_ADDED = ("before-append:MessageAdded", "after-append:MessageAdded")
_ANSWERED = ("input:SendMessage",)
_SETTLED = ("input:MessageDelivered", "before-append:MessageSettled", "after-append:MessageSettled")
_CLOSED = ("before-append:ContactClosed", "after-append:ContactClosed")


class Chatting(Customers):
    """Browsers with the widget: what is not acknowledged they send again, over a new socket."""

    channel = Channel.CHAT
    points = (
        "before-put:chat", "after-put:chat", *_OPENED, *_ADDED, *_ANSWERED, *_CLOSED,
    )  # fmt: skip
    copies = ()

    @contextlib.asynccontextmanager
    async def ready(self, _: Path) -> AsyncIterator[None]:
        """Nothing is needed."""
        yield

    def sender(self, number: int) -> str:
        """Return the address that the page tells the widget."""
        return f"chat{number}@example.org"

    async def converse(self, talk: Talk, url: str) -> None:
        """Open sockets until everything is acknowledged and answered."""
        browser = _Browser(talk, url)
        writing = asyncio.create_task(self._write(talk, browser))
        try:
            while not browser.has_all:
                with contextlib.suppress(ClientError, ConnectionError, TimeoutError):
                    await browser.connect()
                await asyncio.sleep(AGAIN_SECONDS)
        finally:
            writing.cancel()

    async def _write(self, talk: Talk, browser: _Browser) -> None:
        for text in talk.said:
            browser.outbox[token_hex(8)] = text
            await asyncio.sleep(self.thought())


@dataclass(slots=True)
class _Browser:
    """What ``connection.js`` does.

    Attributes:
        outbox: what is not acknowledged, oldest first.
        tab: what is resumed.
    """

    talk: Talk
    url: str
    outbox: dict[str, str] = field(default_factory=dict)
    tab: ChatClient | None = None
    _taken: int = 0

    @property
    def has_all(self) -> bool:
        """Whether everything that was said and answered is on the screen."""
        return {*self.talk.said, *self.talk.answers} <= {text for _, text in self.talk.heard}

    async def connect(self) -> None:
        """Talk over one socket until it is lost, or until nothing is left to say and to hear.

        Raises:
            OSError, ClientError, TimeoutError: there is no engine.
        """
        email = self.talk.sender
        async with (
            ClientSession() as session,
            chat(session, self.url, resume=self.tab, email=email) as tab,
        ):
            await tab.until(lambda: tab.token or tab.closed is not None)
            if any(frame.get("code") == "session-unknown" for frame in tab.frames):
                self.tab = None  # nothing was ever written in it: begin anew
            if not tab.token:
                return
            self.tab, self._taken = tab, 0
            sent: set[str] = set()
            while tab.closed is None and not self.has_all:
                for key in [key for key in self.outbox if key not in sent]:
                    sent.add(key)
                    with contextlib.suppress(ClientError, ConnectionError):
                        await tab.send("message", id=key, text=self.outbox[key])
                await self._wait(tab)
                self._read(tab)
            self._read(tab)

    async def _wait(self, tab: ChatClient) -> None:
        """Wait for a frame, or until there may be something to send."""
        before = len(tab.frames) + len(tab.messages)
        with contextlib.suppress(TimeoutError):
            await tab.until(
                lambda: tab.closed is not None or len(tab.frames) + len(tab.messages) > before,
                seconds=AGAIN_SECONDS,
            )

    def _read(self, tab: ChatClient) -> None:
        for frame in tab.messages[self._taken :]:
            self.talk.heard.append((frame["seq"], frame["text"]))
            self.outbox.pop(frame["id"], None)
        self._taken = len(tab.messages)
        for frame in tab.frames:
            if frame["type"] == "ack":
                self.outbox.pop(frame["id"], None)


class Posting(Customers):
    """Users of a provider that posts each event again until it is answered with 2xx."""

    channel = Channel.SMS
    points = (
        "before-put:webhook", "after-put:webhook", *_OPENED, *_ADDED,
        "before-deliver:sms", "after-deliver:sms", *_SETTLED, *_ANSWERED, *_CLOSED,
    )  # fmt: skip

    _SECRET = "a secret of this test"

    @contextlib.asynccontextmanager
    async def ready(self, directory: Path) -> AsyncIterator[None]:
        """Run the provider's side: it takes whatever is posted."""
        self._copies: list[Copy] = []
        self._arrived = asyncio.Condition()
        secret = directory / "secret"
        secret.write_text(self._SECRET)
        app = web.Application()
        app.router.add_post("/", self._take)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        try:
            site = web.TCPSite(runner, "127.0.0.1", 0)
            await site.start()
            url = f"http://127.0.0.1:{runner.addresses[0][1]}/"
            hook = {"channel": "sms", "address": "sms:+15550100", "secret_file": str(secret),
                    "url": url, "allow_private": True}  # fmt: skip
            self.environment = {"ACD_WEBHOOKS": json.dumps({"sms": hook})}
            yield
        finally:
            await runner.cleanup()

    @property
    def copies(self) -> Sequence[Copy]:
        """What was posted to the provider."""
        return self._copies

    async def _take(self, request: web.Request) -> web.Response:
        event = await request.json()
        copy = Copy(event["to"], request.headers["Idempotency-Key"], event["text"])
        async with self._arrived:
            self._copies.append(copy)
            self._arrived.notify_all()
        return web.json_response({})

    def sender(self, number: int) -> str:
        """Return a telephone number."""
        return f"+1556{number:07}"

    async def converse(self, talk: Talk, url: str) -> None:
        """Post one event after the other, each until it is taken."""
        async with ClientSession() as session:
            for number, text in enumerate(talk.said):
                event = {"id": f"{talk.sender}-{number}", "from": talk.sender, "text": text}
                body = json.dumps(event).encode()
                while not await self._is_taken(session, url, body):  # noqa: ASYNC110
                    await asyncio.sleep(AGAIN_SECONDS)
                await asyncio.sleep(self.thought())
        async with self._arrived:
            await self._arrived.wait_for(lambda: _has_arrived(self._copies, talk))

    async def _is_taken(self, session: ClientSession, url: str, body: bytes) -> bool:
        stamp = str(int(time.time()))
        signature = f"sha256={sign(self._SECRET, stamp, body)}"
        headers = {"X-ACD-Timestamp": stamp, "X-ACD-Signature": signature}
        try:
            async with session.post(f"{url}/webhooks/sms", data=body, headers=headers) as answer:
                return answer.status < 300
        except (ClientError, ConnectionError):
            return False


class Mailing(Customers):
    """Writers of mail: it lies in the mailbox of a Dovecot; answers go to an SMTP server."""

    channel = Channel.MAIL
    points = (
        "mail:fetched", "mail:parsed", "mail:stored", "mail:flagged", *_OPENED, *_ADDED,
        "before-deliver:mail", "after-deliver:mail", *_SETTLED, *_ANSWERED, *_CLOSED,
    )  # fmt: skip

    @contextlib.asynccontextmanager
    async def ready(self, _: Path) -> AsyncIterator[None]:
        """Run both servers."""
        self._read: list[Copy] = []
        async with mail_server() as self._outside:
            with dovecot.running() as self._mailbox:
                box = {
                    "address": "desk@example.org",
                    "imap_host": "127.0.0.1",
                    "imap_port": self._mailbox.port,
                    "imap_security": "none",
                    "imap_user": "desk",
                    "imap_password_env": "PASSWORD_OF_THE_DESK",
                }
                self.environment = {
                    "PASSWORD_OF_THE_DESK": dovecot.PASSWORD,
                    "ACD_MAILBOXES": json.dumps({"desk": box}),
                    "ACD_MAIL_SMTP_HOST": "127.0.0.1",
                    "ACD_MAIL_SMTP_PORT": str(self._outside.port),
                    "ACD_MAIL_SMTP_SECURITY": "none",
                }
                yield

    @property
    def copies(self) -> Sequence[Copy]:
        """What the customers' mail server took."""
        self._read += map(_copy, self._outside.mails[len(self._read) :])
        return self._read

    def sender(self, number: int) -> str:
        """Return a mail address."""
        return f"mail{number}@example.org"

    async def converse(self, talk: Talk, _: str) -> None:
        """Let mails of one thread come into the mailbox, and wait for the answers to them."""
        name = talk.sender.partition("@")[0]
        for number, text in enumerate(talk.said):
            ids = [f"<{name}.{one}@example.org>" for one in range(number + 1)]
            raw = mails.mail(
                text, sender=talk.sender, to="desk@example.org", message_id=ids.pop(),
                References=" ".join(ids),
            )  # fmt: skip
            self._mailbox.deliver("desk", raw)
            await asyncio.sleep(self.thought())
        await self._outside.until(lambda _: _has_arrived(self.copies, talk), PATIENCE_SECONDS)


def _copy(mail: SentMail) -> Copy:
    text: str = mail.message.get_content()
    return Copy(mail.recipients[0], str(mail.message["Message-ID"]), text.splitlines()[0])


def _has_arrived(copies: Sequence[Copy], talk: Talk) -> bool:
    return set(talk.answers) <= {copy.text for copy in copies if copy.to == talk.sender}
