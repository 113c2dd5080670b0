"""A projector to be killed: folds the log of a database into contacts, in very small pieces.

It prints each position, and ``done`` at the end of the log.
"""

from __future__ import annotations

import asyncio
import contextlib

from acd.adapters.sql.contacts import SqlContacts
from acd.adapters.sql.engine import Database
from acd.adapters.sql.log import SqlLog
from acd.app import follow
from acd.app.projections import ContactProjector


async def _fold(url: str) -> None:
    follow.BATCH_RECORDS = 3
    database = Database(url)
    log, contacts = SqlLog(database), SqlContacts(database)
    last = await log.last()
    projector = ContactProjector(log, contacts)
    task = asyncio.create_task(projector.run())
    reached = 0
    while reached < last:
        await projector.reach(reached + 1)
        reached = projector.position
        print(reached, flush=True)
    print("done", flush=True)
    task.cancel()
    with contextlib.suppress(asyncio.CancelledError):
        await task
    await contacts.close()
    await database.close()


def fold(url: str) -> None:
    asyncio.run(_fold(url))
