"""A writer to be killed: appends to the log of a database and says what is durable.

It prints ``ready`` and then a sequence number after each append.
"""

from __future__ import annotations

import asyncio

from sqlkit import records

from acd.adapters.sql import lease as leases
from acd.adapters.sql.engine import Database
from acd.adapters.sql.log import SqlLog


async def _write(url: str) -> None:
    database = Database(url)
    await database.migrate()
    log = SqlLog(database, await leases.take(database))
    last = await log.last()
    print("ready", flush=True)
    while True:
        # Every fourth batch is too large for one statement: it is a transaction of several.
        count = 100 if last % 4 == 0 else 5
        await log.append(records(last + 1, count))
        last += count
        print(last, flush=True)


def write(url: str) -> None:
    asyncio.run(_write(url))
