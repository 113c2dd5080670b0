"""The demo's customers write mails and read what they got; there are none without ``--demo``."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Mapping, Sequence
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import formataddr, formatdate
from typing import Annotated, Any

import msgspec
from aiohttp import web

from acd.core.timers import Instant
from acd.ports.mail import Outgoing
from acd.web.address import client_address
from acd.web.auth import PUBLIC
from acd.web.errors import ApiError
from acd.web.routes import route
from acd.web.throttle import Throttle

MAILS_OF_AN_ADDRESS = 20
MAILS_SECONDS = 60.0


class MailsQuery(msgspec.Struct):
    """Whose mails."""

    to: str = ""


class DemoMail(msgspec.Struct):
    """A mail as its recipient reads it.

    Attributes:
        references: ids of the mails that it answers.
        date: as its header says it.
        is_automatic: the flow said it, no agent.
    """

    message_id: str
    references: tuple[str, ...]
    sender: str
    sender_name: str
    subject: str
    date: str
    text: str
    is_automatic: bool


class DemoMails(msgspec.Struct):
    """The newest first."""

    mails: list[DemoMail]


_OneLine = r"^[^\x00-\x1f\x7f-\x9f\u2028\u2029]*$"


class NewMail(msgspec.Struct, forbid_unknown_fields=True):
    """What a customer of the demo writes.

    Attributes:
        address: theirs.
        answers: id of the mail that this one answers.
    """

    address: Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9][a-z0-9._-]{0,39}@example\.org$")]
    text: Annotated[str, msgspec.Meta(min_length=1, max_length=20_000)]
    name: Annotated[str, msgspec.Meta(max_length=100, pattern=_OneLine)] = ""
    subject: Annotated[str, msgspec.Meta(max_length=200, pattern=_OneLine)] = ""
    answers: Annotated[str, msgspec.Meta(pattern=r"^(<[!-;=?-~]{1,200}>)?$")] = ""


class SentMail(msgspec.Struct):
    """A mail that the demo's server has taken."""

    message_id: str


class DemoMailbox:
    """The mailboxes of the demo's made-up customers: no secrets, so no session."""

    def __init__(
        self,
        mails: Callable[[str], Sequence[Mapping[str, Any]]],
        outgoing: Outgoing,
        to: str,
        now: Callable[[], Instant],
    ) -> None:
        """Prepare.

        Args:
            mails: what a customer has got.
            outgoing: their mail server.
            to: where they write to.
            now: the time.
        """
        self._mails = mails
        self._outgoing = outgoing
        self._to = to
        self._now = now
        self._sent = Throttle(MAILS_OF_AN_ADDRESS, MAILS_SECONDS)

    @route("GET", "/api/v1/demo/mails", PUBLIC, is_documented=False)
    async def mails(self, request: web.Request, query: MailsQuery) -> DemoMails:
        """Return the mails that a customer of the demo has got."""
        return DemoMails([DemoMail(**mail) for mail in self._mails(query.to)])

    @route("POST", "/demo/mail", PUBLIC, is_documented=False)
    async def write(self, request: web.Request, body: NewMail) -> SentMail:
        """Send a mail as a customer would, over SMTP."""
        address, now = client_address(request), self._now()
        if self._sent.wait_seconds(address, now):
            raise ApiError("too many mails: try again soon", code="too-many-connections")
        self._sent.count(address, now)
        message = EmailMessage(policy=SMTP)
        message["From"] = formataddr((body.name, body.address))
        message["To"] = self._to
        message["Subject"] = body.subject
        message["Date"] = formatdate()
        message["Message-ID"] = f"<{secrets.token_hex(8)}@example.org>"
        if body.answers:
            message["In-Reply-To"] = message["References"] = body.answers
        try:
            message.set_content(body.text)
            raw = message.as_bytes()
        except (UnicodeError, ValueError) as error:
            raise ApiError(f"that cannot be written into a mail: {error}") from None
        await self._outgoing.send(body.address, self._to, raw)
        return SentMail(str(message["Message-ID"]))
