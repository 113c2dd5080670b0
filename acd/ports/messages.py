"""Messages as folded from the log, and the conversations of the web chat."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from acd.core.flows import Choice
from acd.core.ids import AgentName, ContactId, MessageId
from acd.core.timers import Instant
from acd.ports.intake import AttachmentInfo


class MessageState(StrEnum):
    """How far a message has come."""

    SENT = "sent"
    DELIVERED = "delivered"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class MessageRow:
    """A message as the log tells of it.

    Attributes:
        version: the last record of the log that changed it.
        thread: what it belongs to over all contacts.
        seq: the record that added it; messages are in its order.
        intake: the row it came with; 0 when it is ours.
        key: its sender's own id of it.
        attachments: ids.
        choices: answers offered with it.
        failure: code of why it failed.
    """

    id: MessageId
    version: int
    contact: ContactId
    thread: str
    seq: int
    intake: int
    author: str
    agent: str
    at: Instant
    key: str
    text: str
    attachments: tuple[str, ...] = ()
    state: MessageState = MessageState.SENT
    failure: str = ""
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True, slots=True)
class Settlement:
    """What became of a message of ours; ``version`` is the record that says so."""

    message: MessageId
    version: int
    state: MessageState
    failure: str


@dataclass(frozen=True, slots=True)
class StoredMessage:
    """A message with what the intake and the files add to it."""

    row: MessageRow
    subject: str
    html: str
    attachments: tuple[AttachmentInfo, ...]


class MessageStore(Protocol):
    """Messages as folded from the log."""

    async def save_messages(
        self, added: Sequence[MessageRow], settled: Sequence[Settlement]
    ) -> None:
        """Keep new messages, then what became of messages; folding a record twice is harmless.

        Raises:
            StoreError: the database failed.
        """
        ...

    async def contact_messages(
        self, contact: ContactId, *, after: int = 0, limit: int = 500
    ) -> list[StoredMessage]:
        """Return a contact's messages whose ``seq`` is above ``after``, in order."""
        ...

    async def thread_messages(
        self, thread: str, *, after: int = 0, limit: int = 500
    ) -> list[StoredMessage]:
        """Return a thread's messages whose ``seq`` is above ``after``, in order."""
        ...

    async def messages(self, ids: Sequence[MessageId]) -> list[StoredMessage]:
        """Return these messages, in order of their ``seq``."""
        ...

    async def draft(self, contact: ContactId, agent: AgentName) -> str:
        """Return what an agent has begun to write to a contact; empty if nothing."""
        ...

    async def save_draft(self, contact: ContactId, agent: AgentName, text: str) -> None:
        """Keep what an agent has begun to write; an empty text forgets it."""
        ...

    async def thread_with(self, attachment: str) -> str | None:
        """Return the thread whose message carries a file; None if none does."""
        ...


@dataclass(frozen=True, slots=True)
class ChatSession:
    """A customer's browser in the web chat.

    Attributes:
        id: random; its thread is ``chat:<id>``.
        digest: SHA-256 of the resume token, in hexadecimal; the token itself is nowhere.
        address: the widget, as in ``numbers.toml``.
        sender: mail address the customer gave, if any; nobody has checked it.
        name: as the customer calls themselves.
    """

    id: str
    digest: str
    address: str
    sender: str
    name: str
    language: str
    opened_at: Instant


class ChatStore(Protocol):
    """Conversations of the web chat."""

    async def save_session(self, session: ChatSession) -> None:
        """Keep a conversation; one that is known gets the new sender, name and language."""
        ...

    async def session(self, digest: str) -> ChatSession | None:
        """Return the conversation with a resume token of this digest, or None."""
        ...
