"""Customers who write: they behave as the widget, a provider and a mailbox do."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
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
_ANSWERED = ("input:SendMessage", "before-append:SendMessage", "after-append:SendMessage")
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
        browser = Browser(url, talk.sender, heard=talk.heard)
        writing = asyncio.create_task(self._write(talk, browser))
        wanted = {*talk.said, *talk.answers}
        try:
            await browser.stay(lambda: wanted <= {text for _, text in talk.heard})
        finally:
            writing.cancel()

    async def _write(self, talk: Talk, browser: Browser) -> None:
        for text in talk.said:
            browser.outbox[token_hex(8)] = text
            await asyncio.sleep(self.thought())


@dataclass(slots=True)
class Browser:
    """What ``connection.js`` does.

    Attributes:
        email: of the customer.
        outbox: what is not acknowledged, by its key, oldest first.
        heard: order and text of every message that was shown, over all sockets.
        tab: what is resumed.
    """

    url: str
    email: str
    outbox: dict[str, str] = field(default_factory=dict)
    heard: list[tuple[int, str]] = field(default_factory=list)
    tab: ChatClient | None = None
    _taken: int = 0

    async def stay(self, is_done: Callable[[], bool]) -> None:
        """Be there until something is so, over as many sockets as it takes."""
        while not is_done():
            with contextlib.suppress(ClientError, ConnectionError, TimeoutError):
                await self._connect(is_done)
            await asyncio.sleep(AGAIN_SECONDS)

    async def _connect(self, is_done: Callable[[], bool]) -> None:
        """Talk over one socket until it is lost."""
        async with (
            ClientSession() as session,
            chat(session, self.url, resume=self.tab, email=self.email) as tab,
        ):
            await tab.until(lambda: tab.token or tab.closed is not None)
            if any(frame.get("code") == "session-unknown" for frame in tab.frames):
                self.tab = None  # nothing was ever written in it: begin anew
            if not tab.token:
                return
            self.tab, self._taken = tab, 0
            sent: set[str] = set()
            while tab.closed is None and not is_done():
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
            self.heard.append((frame["seq"], frame["text"]))
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
        for number, text in enumerate(talk.said):
            event = {"id": f"{talk.sender}-{number}", "from": talk.sender, "text": text}
            await post_event(url, self._SECRET, event)
            await asyncio.sleep(self.thought())
        async with self._arrived:
            await self._arrived.wait_for(lambda: _has_arrived(self._copies, talk))


async def post_event(url: str, secret: str, event: Mapping[str, str]) -> None:
    """Post an event, and post it again until it is answered with 2xx."""
    body = json.dumps(event).encode()
    async with ClientSession() as session:
        while True:
            stamp = str(int(time.time()))
            signature = f"sha256={sign(secret, stamp, body)}"
            headers = {"X-ACD-Timestamp": stamp, "X-ACD-Signature": signature}
            with contextlib.suppress(ClientError, ConnectionError):
                posting = session.post(f"{url}/webhooks/sms", data=body, headers=headers)
                async with posting as answer:
                    if answer.status < 300:
                        return
            await asyncio.sleep(AGAIN_SECONDS)


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
