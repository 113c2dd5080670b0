"""The fold of customers, stopped anywhere: the tables are as if it never had been."""

from __future__ import annotations

import contextlib
import random

import pytest

from acd.adapters.sql.customers import SqlCustomers
from acd.adapters.sql.schema import conversations, customer_contacts, customers, identities
from acd.app.customers import Customers
from acd.core.inputs import IdentifyContact
from acd.core.state import State
from acd.ports.store import StoreError
from acd.testing.pretend import busy_centre

pytestmark = pytest.mark.app

TABLES = (customers, identities, conversations, customer_contacts)


class Log:
    """A log that can be read up to somewhere."""

    def __init__(self, records):
        self.records = records
        self.until = len(records)

    async def read(self, after=0):
        for record in self.records[after : self.until]:
            yield record


class Stopped(Exception):
    """The process dies."""


class Dying(SqlCustomers):
    """Tables whose user dies now and then: before a write, after it, or because it fails."""

    chance = random.Random(0)
    deaths = 0

    async def take(self, facts):
        fate = self.chance.random()
        if fate < 0.1:
            self.deaths += 1
            raise Stopped
        known = await super().take(facts)
        if fate < 0.2:
            self.deaths += 1
            raise Stopped
        if fate < 0.25:
            raise StoreError("it may have been kept", code="store-unavailable")
        return known


async def _fold(store, log, told):
    fold = Customers(log, store, State(), lambda cause, _: told.append(cause))
    fold.position = await fold.begin()
    await fold._catch_up()
    return fold.position


async def _emptied(database):
    """Return all that is in the tables, and empty them."""
    found = []
    async with database.write("empty") as connection:
        for table in TABLES:
            rows = await connection.execute(table.select().order_by(*table.primary_key))
            found.append([tuple(row) for row in rows])
        for table in reversed(TABLES):
            await connection.execute(table.delete())
    return found


async def test_stopped_anywhere_the_customers_are_right(database):
    log = Log(busy_centre(3, 800).records)
    store, told = SqlCustomers(database), []
    assert await _fold(store, log, told) == len(log.records)
    await store.close()
    whole = await _emptied(database)
    assert [len(rows) > 20 for rows in whole] == [True] * 4

    dying = Dying(database)
    for until in range(0, len(log.records) + 40, 40):  # as the log grows
        log.until = until
        done = False
        while not done:
            with contextlib.suppress(Stopped, StoreError):
                await _fold(dying, log, told)
                done = True
    await dying.close()
    assert dying.deaths >= 10
    assert await _emptied(database) == whole
    assert all(isinstance(cause, IdentifyContact) for cause in told)
