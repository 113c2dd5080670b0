"""The audit: who did, changed or listened to what. It is only ever added to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from acd.core.timers import Instant


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """What somebody did.

    Attributes:
        actor: who, as in the log of the engine: ``agent:<login>``, ``api:<token>``, ``cli``.
        action: what, such as ``agents.change``.
        subject: to what, such as ``agent:ann``.
        details: more of it; no secrets, and no texts of customers.
    """

    at: Instant
    actor: str
    action: str
    subject: str = ""
    details: Mapping[str, object] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditRow:
    """An entry as kept.

    Attributes:
        digest: SHA-256 over this entry and the digest of the one before: an entry that is changed,
            removed or put between others breaks the chain.
    """

    seq: int
    entry: AuditEntry
    digest: str


class AuditStore(Protocol):
    """The entries, in order."""

    async def add(self, entry: AuditEntry) -> AuditRow:
        """Keep an entry durably before returning."""
        ...

    async def entries(
        self,
        *,
        before: int | None = None,
        limit: int = 100,
        actor: str | None = None,
        subject: str | None = None,
    ) -> list[AuditRow]:
        """Return entries, newest first, those before a number only."""
        ...

    async def first_broken(self) -> int | None:
        """Return the number of the first entry that is not as it was written; None if all are.

        What was cut off at the end shows only to whoever kept a later digest: each is in the
        program's log too.
        """
        ...
