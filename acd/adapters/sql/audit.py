"""The audit in a table: each row sealed with the one before it."""

from __future__ import annotations

import hashlib
from typing import Any

import msgspec
import structlog
from sqlalchemy import Connection, insert, select

from acd.adapters.sql.engine import Database
from acd.adapters.sql.schema import audit
from acd.adapters.sql.transactions import Transactions
from acd.core.timers import Instant
from acd.ports.audit import AuditEntry, AuditRow

log = structlog.get_logger()

LOCK = 20260002
"""Of PostgreSQL: one entry is added after another."""

PAGE = 1000

_encoder = msgspec.json.Encoder(order="sorted")


def _digest(before: str, seq: int, at: int, said: list[str]) -> str:
    sealed = _encoder.encode([before, seq, at, *said])
    return hashlib.sha256(sealed).hexdigest()


class SqlAudit:
    """:class:`acd.ports.audit.AuditStore` on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._transactions = Transactions(database, lock=LOCK)

    async def close(self) -> None:
        """Close the connections."""
        await self._transactions.close()

    async def add(self, entry: AuditEntry) -> AuditRow:
        """Keep an entry durably before returning.

        Raises:
            StoreError: the database failed.
        """
        details = _encoder.encode(entry.details).decode()
        said = [entry.actor, entry.action, entry.subject, details]

        def write(connection: Connection) -> AuditRow:
            newest = select(audit.c.seq, audit.c.digest).order_by(audit.c.seq.desc()).limit(1)
            last = connection.execute(newest).one_or_none()
            seq, before = (last.seq + 1, last.digest) if last is not None else (1, "")
            row = AuditRow(seq, entry, _digest(before, seq, entry.at, said))
            connection.execute(
                insert(audit).values(
                    seq=seq,
                    at=entry.at,
                    actor=entry.actor,
                    action=entry.action,
                    subject=entry.subject,
                    details=details,
                    digest=row.digest,
                )
            )
            return row

        row = await self._transactions.run(write, "add to the audit")
        # Whoever keeps the log can tell if entries are cut off at the end.
        log.info("audited", seq=row.seq, action=entry.action, digest=row.digest)
        return row

    async def entries(
        self,
        *,
        before: int | None = None,
        limit: int = 100,
        actor: str | None = None,
        subject: str | None = None,
    ) -> list[AuditRow]:
        """Return entries, newest first.

        Raises:
            StoreError: the database failed.
        """
        wanted = select(audit).order_by(audit.c.seq.desc()).limit(limit)
        if before is not None:
            wanted = wanted.where(audit.c.seq < before)
        if actor is not None:
            wanted = wanted.where(audit.c.actor == actor)
        if subject is not None:
            wanted = wanted.where(audit.c.subject == subject)
        async with self._database.single("read the audit") as connection:
            return [_row(row) for row in await connection.execute(wanted)]

    async def first_broken(self) -> int | None:
        """Return the number of the first entry that is not as it was written; None if all are.

        Raises:
            StoreError: the database failed.
        """
        seq, before = 0, ""
        while True:
            wanted = select(audit).where(audit.c.seq > seq).order_by(audit.c.seq).limit(PAGE)
            async with self._database.single("check the audit") as connection:
                rows = (await connection.execute(wanted)).all()
            for row in rows:
                said = [row.actor, row.action, row.subject, row.details]
                expected = _digest(before, seq + 1, row.at, said)
                if row.seq != seq + 1 or row.digest != expected:
                    return seq + 1
                seq, before = row.seq, row.digest
            if len(rows) < PAGE:
                return None


def _row(row: Any) -> AuditRow:
    details = msgspec.json.decode(row.details)
    entry = AuditEntry(Instant(row.at), row.actor, row.action, row.subject, details)
    return AuditRow(row.seq, entry, row.digest)
