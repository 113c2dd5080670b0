"""The log: whole, in order, once, and written by one engine only."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy import text, update
from sqlkit import collect, records

from acd.adapters.sql import lease as leases
from acd.adapters.sql import schema
from acd.adapters.sql.engine import Database
from acd.adapters.sql.log import MOST_IN_STATEMENT, PAGE, SqlLog, _row_of
from acd.core.events import ContactClosed, OfferMade
from acd.core.inputs import SetPresence
from acd.core.offer import Candidate, Candidates
from acd.core.record import Record
from acd.ports.store import Snapshot, StoreError

pytestmark = pytest.mark.app


@pytest.fixture
async def log(database):
    opened = SqlLog(database, await leases.take(database))
    yield opened
    await opened.close()


async def test_what_was_appended_is_read_back(log, database):
    candidates = Candidates((Candidate("ann", 1, "idle 3 s \0 “ok”"),), True)
    written = [
        Record(1, 5, 0, "api:desk", SetPresence("ann", "available")),
        Record(
            2,
            5,
            1,
            "api:desk",
            OfferMade("c-1", "ann", "o-2", "sales", 9, 1, None, None, candidates),
        ),
    ]
    await log.append(written)
    await log.append(records(3, 4))
    assert await collect(log.read()) == [*written, *records(3, 4)]
    assert await collect(log.read(after=4)) == records(3, 4)[2:]
    assert await log.last() == 6
    assert await SqlLog(database).last() == 6


@pytest.mark.parametrize("count", [1, MOST_IN_STATEMENT, MOST_IN_STATEMENT + 1, PAGE + 1])
async def test_batches_of_every_size(log, count):
    await log.append([])
    await log.append(records(1, count))
    await log.append(records(count + 1, 2))
    assert await collect(log.read()) == [*records(1, count), *records(count + 1, 2)]


async def test_a_batch_is_kept_whole_or_not_at_all(log, database):
    count = MOST_IN_STATEMENT + 10
    await log.append(records(1, 1))
    async with database.write("get in the way") as connection:
        await connection.execute(
            text(
                "INSERT INTO log (seq, at, type, version, cause, actor, data)"
                f" VALUES ({count}, 1, 'TimePassed', 1, 0, 'x', '{{}}')"
            )
        )
    with pytest.raises(StoreError) as caught:
        await log.append(records(2, count))
    assert caught.value.code == "log-gap"
    async with database.single("count") as connection:
        assert await connection.scalar(text("SELECT count(*) FROM log")) == 2


async def test_gaps_are_refused(log):
    await log.append(records(1, 3))
    for bad in (records(5, 1), [records(4, 1)[0], records(6, 1)[0]]):
        with pytest.raises(StoreError) as caught:
            await log.append(bad)
        assert caught.value.code == "log-gap"
    await log.append(records(4, 1))


async def test_records_given_again_are_recognised(log, database):
    """A reply may be lost after the commit: the writer tries again."""
    await log.append(records(1, 5))
    await log.append(records(1, 5))
    other = SqlLog(database, log._lease)
    await other.append(records(1, 5))
    with pytest.raises(StoreError) as caught:
        await log.append(records(4, 2))
    assert caught.value.code == "log-gap"
    await other.close()
    assert await log.last() == 5


async def test_a_hole_in_the_table_is_seen(log, database):
    await log.append(records(1, 5))
    async with database.write("lose one") as connection:
        await connection.execute(schema.log.delete().where(schema.log.c.seq == 3))
    with pytest.raises(StoreError, match=r"record 4 .* where 3 should be"):
        await collect(log.read())


async def test_a_contact_s_story_has_its_causes(log):
    await log.append(records(1, 3, contact="c-1"))
    await log.append(records(4, 2, contact="c-2"))
    await log.append([Record(6, 9, 3, "clock", ContactClosed("c-1", "abandoned", ""))])
    assert [r.seq for r in await log.read_contact("c-1")] == [1, 2, 3, 6]
    assert [r.seq for r in await log.read_contact("c-2")] == [4, 5]
    assert await log.read_contact("c-3") == []


async def test_snapshots_replace_each_other(log, database):
    assert await log.load_snapshot() is None
    for seq in (10, 30, 20, 30):
        await log.save_snapshot(Snapshot(seq, f"state {seq}".encode()))
    await log.save_fold("metrics", Snapshot(7, b"\x00\xff"))
    assert await log.load_snapshot() == Snapshot(30, b"state 30")
    assert await log.load_fold("metrics") == Snapshot(7, b"\x00\xff")
    async with database.single("count") as connection:
        assert await connection.scalar(text("SELECT count(*) FROM snapshots")) == 3


async def test_without_a_lease_nothing_is_written(database):
    log = SqlLog(database)
    with pytest.raises(StoreError, match="may not write"):
        await log.append(records(1, 1))
    await log.close()


# --- the lease ----------------------------------------------------------------------------------


async def test_a_second_engine_is_refused_and_told_who_writes(database, url):
    await leases.take(database)
    second = Database(url)
    with pytest.raises(
        StoreError, match=r"another engine writes to this database: .*, process"
    ) as e:
        await leases.take(second)
    assert e.value.code == "store-in-use"
    await second.close()


async def test_a_released_lease_is_free_at_once(database):
    first = await leases.take(database)
    await first.release()
    second = await leases.take(database)
    assert second.epoch == first.epoch + 1
    await first.release()  # too late: nothing happens
    with pytest.raises(StoreError):
        await leases.take(database)


async def test_a_dead_holder_is_replaced_at_once(database):
    first = await leases.take(database)
    second = await leases.take(database, is_gone=lambda holder: holder == first.holder)
    assert second.epoch == first.epoch + 1


async def test_a_silent_holder_is_replaced_after_the_term(database):
    first = await leases.take(database)
    await _age(database, leases.TTL_SECONDS - 1)
    with pytest.raises(StoreError):
        await leases.take(database)
    await _age(database, leases.TTL_SECONDS + 1)
    assert (await leases.take(database)).epoch == first.epoch + 1


async def test_renewing_keeps_the_lease(database):
    lease = await leases.take(database)
    await _age(database, leases.TTL_SECONDS + 1)
    await lease.renew()
    with pytest.raises(StoreError):
        await leases.take(database)


async def test_a_replaced_engine_can_neither_append_nor_renew(database):
    stale = SqlLog(database, await leases.take(database))
    await stale.append(records(1, 5))
    fresh = SqlLog(database, await leases.take(database, is_gone=lambda _: True))
    for attempt in range(2):
        with pytest.raises(StoreError) as caught:
            await stale.append(records(6, 5 + attempt * MOST_IN_STATEMENT))
        assert caught.value.code == "lease-lost"
    await fresh.append(records(6, 2))
    assert await fresh.last() == 7
    with pytest.raises(StoreError) as caught:
        await stale._lease.renew()
    assert caught.value.code == "lease-lost"
    await stale.close()
    await fresh.close()


async def test_holding_ends_when_another_took_over(database, monkeypatch):
    monkeypatch.setattr(leases, "RENEW_SECONDS", 0.01)
    lease = await leases.take(database)
    holding = asyncio.create_task(lease.hold())
    await leases.take(database, is_gone=lambda _: True)
    with pytest.raises(StoreError) as caught:
        await asyncio.wait_for(holding, 5)
    assert caught.value.code == "lease-lost"


@pytest.mark.sql
async def test_a_take_over_waits_for_an_append_under_way(postgresql_url):
    """The fence is in the append's own transaction: it comes wholly before the take-over."""
    database = Database(postgresql_url)
    await database.migrate()
    lease = await leases.take(database)
    held = SqlLog(database, lease)
    await held.append(records(1, 1))
    await held._direct.execute("BEGIN")
    await held._insert_some([_row_of(record) for record in records(2, 2)])
    taking = asyncio.create_task(leases.take(database, is_gone=lambda _: True))
    done, _ = await asyncio.wait([taking], timeout=0.3)
    assert not done
    await held._direct.execute("COMMIT")
    assert (await asyncio.wait_for(taking, 5)).epoch == lease.epoch + 1
    assert await held.last() == 3
    await held.close()
    await database.close()


def test_processes_are_told_apart():
    own = leases.holder_name()
    assert own
    assert not leases._is_gone(own)
    assert leases._is_gone(own + "9")  # the number is in use again, by a later process
    assert not leases._is_gone("elsewhere " + own.partition(" ")[2])
    assert not leases._is_gone("garbage")
    assert leases.holder_name(2**22 + 1) == ""


async def _age(database, seconds):
    now = leases._database_now()
    async with database.write("wait") as connection:
        await connection.execute(
            update(schema.lease).values(renewed_at=now - int(seconds * 1_000_000))
        )
