"""Intake: what came in by text, kept before anybody is told that we have it.

A gateway puts what it received; only then is the customer, or the server it came from, told so.
The pump (:mod:`acd.app.intake`) gives the rows to the engine in the order of their numbers, and the
engine remembers the highest it has taken. So a crash at any point gives exactly one message.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Protocol

from acd.core.channel import Channel
from acd.core.timers import Instant

TEXT_BYTES = 64 * 1024
"""Largest text of a message, as UTF-8; what is longer is cut, the raw original is whole."""


class IntakeKind(StrEnum):
    """What came in."""

    MESSAGE = "message"
    LEFT = "left"
    """The customer closed the conversation or has been gone too long."""


@dataclass(frozen=True, slots=True)
class AttachmentInfo:
    """A file as listed.

    Attributes:
        id: random, unguessable: ``a-`` and 32 hexadecimal digits.
        name: as the sender called it; text for people, never a path.
        type: media type as the sender claims; never trusted when served.
        size: bytes.
    """

    id: str
    name: str
    type: str
    size: int


@dataclass(frozen=True, slots=True)
class Attachment(AttachmentInfo):
    """A file that came with a message or goes with one."""

    content: bytes = field(repr=False)

    @property
    def info(self) -> AttachmentInfo:
        """The file without its content."""
        return AttachmentInfo(self.id, self.name, self.type, self.size)


@dataclass(frozen=True, slots=True)
class IntakeRow:
    """Something that came in.

    Attributes:
        source: whose ``key`` and ``digest`` are unique: ``mail:<mailbox>``, ``chat:<session>``,
            ``webhook:<name>``.
        key: the source's own id of it: ``<uidvalidity>/<uid>``, client's message id, event's id.
        digest: of the raw original; a second row of the source with it is the same one. Empty
            where equal content is no repetition.
        received_at: when we got it.
        channel: which it came on.
        address: what it was sent to; looked up in ``numbers.toml``.
        sender: who sent it: address, number or handle.
        sender_name: as they call themselves.
        thread: what it belongs to: one open contact at most.
        subject, text: plain text; ``text`` at most :data:`TEXT_BYTES`.
        html: of a mail: cleaned, safe to show in a sandboxed frame.
        language: as far as known, such as ``es``.
        attributes: what else the gateway knows; becomes the contact's.
        raw: the original, for what can be parsed wrongly.
        attachments: stored with it.
        number: its place; given when it is put, strictly in the order of commits.
    """

    source: str
    key: str
    received_at: Instant
    channel: Channel
    address: str
    sender: str
    thread: str
    digest: str = ""
    kind: IntakeKind = IntakeKind.MESSAGE
    sender_name: str = ""
    subject: str = ""
    text: str = ""
    html: str = ""
    language: str = ""
    attributes: Mapping[str, str] = field(default_factory=dict)
    raw: bytes | None = field(default=None, repr=False)
    attachments: tuple[AttachmentInfo, ...] = ()
    number: int = 0


@dataclass(frozen=True, slots=True)
class MailCursor:
    """How far a mailbox has been read.

    Attributes:
        source: as in the rows.
        uidvalidity, uid: RFC 3501 section 2.3.1.1; the last message taken.
    """

    source: str
    uidvalidity: int
    uid: int


class IntakeStore(Protocol):
    """What came in, durable. Rows are never changed and never go away by themselves."""

    async def put(self, rows: Sequence[IntakeRow], cursor: MailCursor | None = None) -> list[int]:
        """Keep ``rows`` with their originals and attachments, and ``cursor``, all or none.

        An attachment given as :class:`Attachment` is stored too; a plain :class:`AttachmentInfo`
        names one stored before.

        Returns:
            The number of each row: a new one, or that of the row with the same source and key, or
            the same source and digest, which stays as it is.

        Raises:
            StoreError: nothing may have been kept; putting the same again is safe.
        """
        ...

    async def after(self, number: int, limit: int) -> list[IntakeRow]:
        """Return the next rows after ``number``, in order, without their originals.

        Raises:
            StoreError: the database failed.
        """
        ...

    async def latest(self, thread: str) -> IntakeRow | None:
        """Return the newest message of a thread, without its original, or None."""
        ...

    async def raw(self, number: int) -> bytes | None:
        """Return the original of a row, or None."""
        ...

    async def cursor(self, source: str) -> MailCursor | None:
        """Return how far a mailbox has been read, or None."""
        ...

    async def add_attachment(self, attachment: Attachment, owner: str) -> None:
        """Keep a file for a message to come.

        Args:
            attachment: the file.
            owner: who may name it in a message: ``chat:<session>`` or ``agent:<name>``.

        Raises:
            StoreError: the database failed.
        """
        ...

    async def attachment(self, attachment: str) -> Attachment | None:
        """Return a file, or None."""
        ...

    async def attachment_infos(
        self, ids: Sequence[str], owner: str | None = None
    ) -> dict[str, AttachmentInfo]:
        """Return what is known of files, those of ``owner`` only if given; others are left out."""
        ...
