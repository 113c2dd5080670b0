"""A projector to be killed: folds the log of a database into contacts, in very small pieces.

Run as ``python sql_projector.py URL LAST``; prints each position, ``done`` at record ``LAST``.
"""

from __future__ import annotations

import asyncio
import contextlib
import sys

from acd.adapters.sql.contacts import SqlContacts
from acd.adapters.sql.engine import Database
from acd.adapters.sql.log import SqlLog
from acd.app import follow
from acd.app.projections import ContactProjector


async def main(url: str, last: int) -> None:
    follow.BATCH_RECORDS = 3
    database = Database(url)
    contacts = SqlContacts(database)
    projector = ContactProjector(SqlLog(database), contacts)
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


asyncio.run(main(sys.argv[1], int(sys.argv[2])))
