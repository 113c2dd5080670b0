"""Mail's transports: mailboxes that are read, a listener that is sent to, and the way out."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field
from typing import Protocol

from acd.core.errors import AcdError
from acd.core.timers import Instant


class MailError(AcdError):
    """A mail server did not do what was asked of it.

    Codes: ``mail-unreachable`` (no connection, or it was lost), ``mail-denied`` (user or password),
    ``mail-refused`` (it says no), ``mail-protocol`` (it says something else than it should).

    Attributes:
        is_passing: the same may succeed later, unchanged.
    """

    code = "mail-unreachable"

    def __init__(
        self, message: str, *, code: str | None = None, hint: str = "", is_passing: bool = True
    ) -> None:
        super().__init__(message, code=code, hint=hint)
        self.is_passing = is_passing


@dataclass(frozen=True, slots=True)
class StoredMail:
    """A mail as it lies in a mailbox.

    Attributes:
        uid: RFC 3501 section 2.3.1.1.
        received_at: when it got there.
        raw: all of it; its header only if ``is_cut``.
        is_cut: it is larger than we fetch.
    """

    uid: int
    received_at: Instant
    raw: bytes = field(repr=False)
    is_cut: bool = False


class MailboxSession(Protocol):
    """A mailbox, opened.

    Attributes:
        uidvalidity: while it is the same, a uid names the same mail.
    """

    uidvalidity: int

    async def newer(self, uid: int) -> list[int]:
        """Return the uids above ``uid``, in order.

        Raises:
            MailError: the connection failed.
        """
        ...

    async def fetch(self, uids: Sequence[int]) -> list[StoredMail]:
        """Return some of the first of these mails, at least one, in order; those gone are left out.

        An empty list says that all of them are gone.

        Raises:
            MailError: the connection failed.
        """
        ...

    async def mark_taken(self, uids: Sequence[int]) -> None:
        """Mark mails as read, for people who look into the mailbox.

        Raises:
            MailError: the connection failed.
        """
        ...

    async def wait(self) -> None:
        """Return when there may be something new, or after a while.

        Raises:
            MailError: the connection failed.
        """
        ...


class Mailbox(Protocol):
    """A mailbox on a server."""

    def open(self) -> AbstractAsyncContextManager[MailboxSession]:
        """Connect, sign in and select the folder.

        Raises:
            MailError: one of these failed.
        """
        ...


@dataclass(frozen=True, slots=True)
class IncomingMail:
    """A mail that somebody hands to us.

    Attributes:
        sender: of the envelope; empty for ``<>``.
        recipients: of the envelope, in lower case; those we accept.
    """

    sender: str
    recipients: tuple[str, ...]
    raw: bytes = field(repr=False)


class Outgoing(Protocol):
    """The way out."""

    async def send(self, sender: str, recipient: str, raw: bytes) -> None:
        """Hand a mail to our mail server; return when it has taken it.

        Args:
            sender: of the envelope; empty for ``<>``, to which nobody answers.
            recipient: of the envelope.
            raw: the mail.

        Raises:
            MailError: it has not, or nobody knows.
        """
        ...
