"""The record: log, snapshots, agents and what is derived from the log."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from acd.core.agent import AgentProfile
from acd.core.ids import AgentName
from acd.core.record import Record


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
