"""The projector on real databases: killed at any moment it loses and doubles nothing."""

from __future__ import annotations

import asyncio
import random

import pytest
from sql_projector import fold
from sqlalchemy import select
from warmkit import printing

from acd.adapters.sql import lease as leases
from acd.adapters.sql.contacts import SqlContacts
from acd.adapters.sql.engine import Database
from acd.adapters.sql.log import SqlLog
from acd.adapters.sql.schema import contacts
from acd.app.contact_fold import ContactFold
from acd.app.projections import ContactProjector
from acd.testing.pretend import busy_centre

pytestmark = pytest.mark.app


def _documents(records):
    fold = ContactFold()
    for record in records:
        fold.fold(record)
    return {row.id: row.document.decode() for row in fold.changed()}


async def _stored(database):
    async with database.single("look") as connection:
        rows = await connection.execute(select(contacts.c.id, contacts.c.document))
        return {row.id: row.document for row in rows}


def _fold_until_killed(url: str, steps: int) -> bool:
    """Run a projector and kill it some steps later, amid the next; return whether it was done."""
    with printing(fold, url) as (projector, printed):
        said = [printed.readline() for _ in range(steps)]
        projector.kill()
        said += printed
    return "done\n" in said


@pytest.mark.timeout(240)
async def test_killed_at_any_moment_the_contacts_are_right(url):
    records = busy_centre(5, 1500).records
    database = Database(url)
    await database.migrate()
    log = SqlLog(database, await leases.take(database))
    await log.append(records)
    moments = random.Random(3)
    kills = 0
    while not _fold_until_killed(url, moments.randint(1, 400)):
        kills += 1
        # A server may still finish what a killed client had sent: look until nothing moves.
        position, stored = -1, await _stored(database)
        while position != (position := await SqlContacts(database).contact_position()):
            stored = await _stored(database)
        assert stored == _documents(records[:position])
    assert kills >= 3
    assert await _stored(database) == _documents(records)
    await log.close()
    await database.close()


async def test_it_follows_a_log_being_written(database):
    records = busy_centre(6, 200).records
    log = SqlLog(database, await leases.take(database))
    store = SqlContacts(database)
    projector = ContactProjector(log, store)
    task = asyncio.create_task(projector.run())
    for start in range(0, len(records), 20):
        batch = records[start : start + 20]
        await log.append(batch)
        projector.observe(batch)
    await asyncio.wait_for(projector.reach(len(records)), 20)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    await store.close()
    assert await _stored(database) == _documents(records)
    await log.close()
