"""The mails that the demo's customers have got; there are none without ``--demo``."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec
from aiohttp import web

from acd.web.auth import PUBLIC
from acd.web.routes import route


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


class DemoMailbox:
    """The mailboxes of the demo's made-up customers: no secrets, so no session."""

    def __init__(self, mails: Callable[[str], Sequence[Mapping[str, Any]]]) -> None:
        self._mails = mails

    @route("GET", "/api/v1/demo/mails", PUBLIC, is_documented=False)
    async def mails(self, request: web.Request, query: MailsQuery) -> DemoMails:
        """Return the mails that a customer of the demo has got."""
        return DemoMails([DemoMail(**mail) for mail in self._mails(query.to)])
