"""The record: log, snapshots, agents and what is derived from the log."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Protocol

from acd.core.agent import AgentProfile
from acd.core.errors import AcdError
from acd.core.ids import AgentName, ContactId, QueueName
from acd.core.record import Record
from acd.core.timers import Instant

_PASSING = frozenset(
    {"store-locked", "store-full", "store-unavailable", "store-read-only", "store-io"}
)
"""Somebody may mend these while the engine waits with its calls in their fallback."""


class StoreError(AcdError):
    """The record could not be read or written.

    Codes, those worth trying again first:

    - ``store-locked``: another process holds the database longer than we wait.
    - ``store-full``: no space left.
    - ``store-unavailable``: the server cannot be reached, or the link was lost; whether the last
      write was kept is unknown, and repeating it is safe.
    - ``store-read-only``: the file, its directory or the server does not take writes.
    - ``store-io``: the disk failed, or holds something else than our database.
    - ``store-denied``: the server refuses user, password or database.
    - ``store-schema``: the database was made by a newer version.
    - ``store-in-use``: another engine writes to this database.
    - ``lease-lost``: another engine has taken the database over; this one must stop.
    - ``log-gap``: a record is missing, or one is written twice with different content.
    - ``store-failed``: anything else.
    """

    code = "store-failed"

    @property
    def is_passing(self) -> bool:
        """Whether the same call may succeed later, unchanged."""
        return self.code in _PASSING


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A saved state.

    Attributes:
        seq: sequence number of the last record folded into it.
        data: the encoded state.
    """

    seq: int
    data: bytes


@dataclass(frozen=True, slots=True)
class AgentRow:
    """An agent as administered.

    Attributes:
        profile: what the core knows of them.
        role: ``agent``, ``supervisor`` or ``admin``.
        sip_digest: MD5 of ``user:realm:password`` (RFC 2617 section 3.2.2.2), all that the PBX
            needs; the password itself is nowhere.
        is_active: False when removed.
    """

    profile: AgentProfile
    role: str
    sip_digest: str
    is_active: bool = True


class LogStore(Protocol):
    """The append-only log: the truth. One writer."""

    async def append(self, records: Sequence[Record]) -> None:
        """Make ``records`` durable, all or none, before returning.

        Raises:
            StoreError: they may not be durable; the writer must stop performing effects.
        """
        ...

    def read(self, after: int = 0) -> AsyncIterator[Record]:
        """Iterate over the records after sequence number ``after``, in order."""
        ...

    async def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a snapshot; older ones may go."""
        ...

    async def load_snapshot(self) -> Snapshot | None:
        """Return the newest snapshot, or None."""
        ...


class AgentStore(Protocol):
    """Agents, their skills and queues, and their passwords."""

    async def agents(self) -> list[AgentRow]:
        """Return every agent, by name, removed ones included."""
        ...

    async def save_agent(self, row: AgentRow, *, password: str | None = None) -> None:
        """Insert or change an agent; ``password`` replaces the web password (argon2id)."""
        ...

    async def remove_agent(self, name: AgentName) -> None:
        """Mark an agent removed."""
        ...

    async def verify_password(self, name: AgentName, password: str) -> bool:
        """Return whether ``password`` is the agent's; unknown names take equally long."""
        ...


class Role(StrEnum):
    """What a token allows, most first; each includes those after it, agents see themselves."""

    ADMIN = "admin"
    SUPERVISOR = "supervisor"
    AGENT = "agent"
    READ = "read"


@dataclass(frozen=True, slots=True)
class TokenRow:
    """A bearer token as kept: its text is shown once and stored nowhere.

    Attributes:
        name: what it is for, unique.
        created_at, revoked_at: instants; ``revoked_at`` is None while it is valid.
    """

    name: str
    role: Role
    created_at: Instant
    revoked_at: Instant | None = None


class TokenStore(Protocol):
    """Bearer tokens of programs."""

    async def create_token(self, name: str, role: Role, *, now: Instant) -> str:
        """Make a token and return its text.

        Raises:
            StoreError: a valid token of this name exists (``token-exists``).
        """
        ...

    async def tokens(self) -> list[TokenRow]:
        """Return every token, by name, revoked ones included."""
        ...

    async def revoke_token(self, name: str, *, now: Instant) -> bool:
        """Revoke a token; return whether there was a valid one."""
        ...

    async def verify_token(self, text: str) -> TokenRow | None:
        """Return the valid token with this text, or None."""
        ...


@dataclass(frozen=True, slots=True)
class ContactRow:
    """A contact as found again: what is filtered by, and the document that is served.

    Attributes:
        seq: the last record folded into it.
        document: the contact as the API shows it, a JSON object in UTF-8.
    """

    id: ContactId
    seq: int
    channel: str
    state: str
    queue: QueueName | None
    agent: AgentName | None
    ani: str
    dnis: str
    opened_at: Instant
    closed_at: Instant | None
    end_reason: str | None
    document: bytes


@dataclass(frozen=True, slots=True)
class ContactFilter:
    """Which contacts to list; None does not filter.

    Attributes:
        is_open: not closed yet.
        before: only those opened before this contact; the way to the next page.
        limit: at most so many, newest first.
    """

    queue: str | None = None
    agent: str | None = None
    channel: str | None = None
    state: str | None = None
    ani: str | None = None
    is_open: bool | None = None
    opened_from: Instant | None = None
    opened_until: Instant | None = None
    before: ContactId | None = None
    limit: int = 100


class ContactStore(Protocol):
    """Contacts as folded from the log."""

    async def contact_position(self) -> int:
        """Return a record up to which the log is folded: the newest in any row; 0 at first."""
        ...

    async def open_contacts(self) -> list[ContactRow]:
        """Return the contacts that more can happen to."""
        ...

    async def save_contacts(self, rows: Sequence[ContactRow], *, after: int) -> None:
        """Insert or replace ``rows``, all or none, if the position is ``after``.

        ``rows`` are all contacts that records after it have changed, up to some record. So the
        newest of them is the next position, and needs no place of its own.

        Raises:
            StoreError: the position is elsewhere: another engine folds this log (``lease-lost``).
        """
        ...

    async def contact(self, contact: ContactId) -> bytes | None:
        """Return a contact's document, or None."""
        ...

    async def contacts(self, wanted: ContactFilter) -> list[bytes]:
        """Return the documents of contacts, newest first."""
        ...


class SavedFolds(Protocol):
    """Where other folds of the log keep what they know, so that a restart need not begin at 1."""

    async def save_fold(self, name: str, snapshot: Snapshot) -> None:
        """Keep the newest snapshot of the fold ``name``."""
        ...

    async def load_fold(self, name: str) -> Snapshot | None:
        """Return the newest snapshot of the fold ``name``, or None."""
        ...
