"""The audit: it is only added to, and what is changed behind its back shows."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text

from acd.adapters.sql.audit import SqlAudit
from acd.core.timers import Instant
from acd.ports.audit import AuditEntry
from acd.ports.store import StoreError

pytestmark = pytest.mark.app


@pytest.fixture
async def audit(database):
    audit = SqlAudit(database)
    for number in range(1, 6):
        entry = AuditEntry(
            Instant(number), "agent:ann", "agents.change", "agent:bob", {"n": number}
        )
        assert (await audit.add(entry)).seq == number
    yield audit
    await audit.close()


async def test_entries_are_found_newest_first(audit):
    await audit.add(AuditEntry(Instant(9), "cli", "tokens.create", "token:x"))
    assert [row.seq for row in await audit.entries(limit=2)] == [6, 5]
    assert [row.seq for row in await audit.entries(before=3)] == [2, 1]
    (found,) = await audit.entries(actor="cli")
    assert found.entry == AuditEntry(Instant(9), "cli", "tokens.create", "token:x")
    assert len(await audit.entries(subject="agent:bob")) == 5
    assert await audit.first_broken() is None


async def test_entries_added_at_once_are_one_chain(audit):
    await asyncio.gather(*(audit.add(AuditEntry(Instant(9), "cli", "x")) for _ in range(20)))
    assert [row.seq for row in await audit.entries()] == list(range(25, 0, -1))
    assert await audit.first_broken() is None


@pytest.mark.parametrize("verb", ["UPDATE audit SET actor = 'x'", "DELETE FROM audit"])
async def test_the_database_refuses_to_change_it(database, audit, verb):
    with pytest.raises(StoreError, match="only ever added to"):
        async with database.write("tamper") as connection:
            await connection.execute(text(verb))


@pytest.mark.parametrize(
    ("tampering", "broken"),
    [
        ("UPDATE audit SET actor = 'agent:eve' WHERE seq = 3", 3),
        ("UPDATE audit SET at = 0 WHERE seq = 1", 1),
        ("UPDATE audit SET details = '{}' WHERE seq = 5", 5),
        ("DELETE FROM audit WHERE seq = 2", 2),
        ("UPDATE audit SET digest = '' WHERE seq = 4", 4),
    ],
)
async def test_what_was_changed_all_the_same_shows(database, audit, tampering, broken):
    off = ["DROP TRIGGER audit_keeps_update", "DROP TRIGGER audit_keeps_delete"]
    if not database.is_sqlite:
        off = ["DROP TRIGGER audit_keeps ON audit"]
    async with database.write("tamper") as connection:
        for statement in (*off, tampering):
            await connection.execute(text(statement))
    assert await audit.first_broken() == broken
