"""The log read beside a running engine: by a command, or in a thread of the engine's own."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Generator, Mapping
from contextlib import closing

from acd.adapters.sql.engine import Database
from acd.adapters.sql.log import SqlLog
from acd.app.trace import Trace, trace
from acd.app.walk import Walk, version_of, walk_of
from acd.app.why import Why, why
from acd.core.events import CanaryStarted, SitePublished
from acd.core.ids import ContactId
from acd.core.record import Record
from acd.core.site import Site
from acd.core.timers import Instant

CHUNK = 1000

TURN_RECORDS = 1000
"""More records than any turn has: a contact's story begins in the turn that it was born in."""

_ID = re.compile(r"c-(\d+)-\w+")


def records_of(url: str, after: int = 0) -> Generator[Record, None, None]:
    """Iterate over the log of a database, blocking; for threads without an event loop.

    Raises:
        StoreError: the database failed.
        CodecError: a record cannot be read.
    """
    database = Database(url)
    with asyncio.Runner() as runner:
        found = SqlLog(database).read(after)
        try:
            while chunk := runner.run(_some(found)):
                yield from chunk
        finally:
            runner.run(database.close())


async def _some(records: AsyncIterator[Record]) -> list[Record]:
    chunk: list[Record] = []
    async for record in records:
        chunk.append(record)
        if len(chunk) == CHUNK:
            break
    return chunk


def story_of(url: str, contact: ContactId) -> Trace:
    """Return a contact's story; blocks while the log since its birth is read.

    Raises:
        AcdError: there is no such contact, or the record cannot be read.
    """
    with closing(records_of(url, _before_birth(contact))) as records:
        return trace(records, contact)


def reasons_of(url: str, contact: ContactId, now: Instant | None = None) -> Why:
    """Return why a contact was given to whom, or still waits; blocks while the log is folded.

    Raises:
        AcdError: there is no such contact, or the record cannot be read.
    """
    with closing(records_of(url)) as records:
        return why(records, contact, now)


def walk_in(url: str, contact: ContactId, sites: Mapping[str, Site]) -> Walk:
    """Return a contact's walk through the flows; blocks like :func:`story_of`.

    Args:
        url: of the database.
        contact: the contact.
        sites: versions of the site that are at hand; another one is read from the log.

    Raises:
        AcdError: there is no such contact, or the record cannot be read.
    """
    trace = story_of(url, contact)
    version = version_of(trace)
    found = sites.get(version) or site_in(url, version)
    return walk_of(trace, {} if found is None else {version: found})


def site_in(url: str, version: str) -> Site | None:
    """Return a version of the site that has once been served, or None; blocks.

    Raises:
        StoreError: the database failed.
        CodecError: a record cannot be read.
    """
    database = Database(url)

    async def find() -> Site | None:
        try:
            async for record in SqlLog(database).read_types(*_SERVED):
                body = record.body
                if isinstance(body, SitePublished | CanaryStarted) and body.site.version == version:
                    return body.site
            return None
        finally:
            await database.close()

    return asyncio.run(find())


_SERVED = (SitePublished.__name__, CanaryStarted.__name__)
"""Events with which a version of the site begins to be served."""


def _before_birth(contact: ContactId) -> int:
    """Return a record before the turn that a contact was born in: its id names its first one."""
    found = _ID.fullmatch(contact)
    return max(0, int(found[1]) - TURN_RECORDS) if found else 0
