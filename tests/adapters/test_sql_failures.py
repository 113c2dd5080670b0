"""What breaks: killed writers and servers, locks, full disks, missing rights."""

from __future__ import annotations

import asyncio
import os
import random
import sqlite3
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import pytest
from sql_writer import write
from sqlalchemy import text
from sqlkit import collect, records
from warmkit import printing

from acd.adapters.sql import engine as engines
from acd.adapters.sql import lease as leases
from acd.adapters.sql.engine import Database
from acd.adapters.sql.log import SqlLog
from acd.ports.store import StoreError
from acd.testing import postgres

pytestmark = pytest.mark.app

KILLS = 15


def _write_until_killed(url: str, seconds: float) -> int:
    """Run a writer, kill it some time after its first append; return what it said last."""
    with printing(write, url) as (writer, printed):
        assert printed.readline() == "ready\n"
        first = printed.readline()
        time.sleep(seconds)  # the moment of the kill is what is varied
        writer.kill()
        said = [first, *printed]
    return int(said[-1])


@pytest.mark.timeout(240)
async def test_no_record_is_lost_or_doubled_when_writers_are_killed(url):
    moments = random.Random(7)
    before = 0
    for _ in range(KILLS):
        acknowledged = _write_until_killed(url, moments.uniform(0, 0.15))
        # It raises on a gap; doubles cannot be, seq is the key.
        kept = await _read(url, after=before)
        assert before + len(kept) == kept[-1].seq >= acknowledged > before
        before = kept[-1].seq
    assert len(await _read(url)) == before


async def _read(url, after=0):
    database = Database(url)
    try:
        return await collect(SqlLog(database).read(after))
    finally:
        await database.close()


@pytest.fixture
def server_to_kill():
    with postgres.running() as running:
        yield running


@pytest.mark.sql
@pytest.mark.timeout(120)
async def test_no_record_is_lost_when_the_server_is_killed(server_to_kill):
    server = server_to_kill
    database = Database(server.url)
    await database.migrate()
    log = SqlLog(database, await leases.take(database))
    last = 0
    for _ in range(3):
        writing = asyncio.create_task(_append_for_ever(log, last + 1))
        await asyncio.sleep(0.3)
        await asyncio.to_thread(server.kill)
        last, error = await asyncio.wait_for(writing, 20)
        assert error.code == "store-unavailable"
        assert error.is_passing
        with pytest.raises(StoreError) as caught:
            await log.append(records(last + 1, 5))
        assert caught.value.code == "store-unavailable"
        await asyncio.to_thread(server.start)
        # The very batch whose fate is unknown goes in once, whether or not it was kept.
        await log.append(records(last + 1, 5))
        last += 5
        assert len(await collect(log.read())) == last
    await log.close()
    await database.close()


async def _append_for_ever(log, first):
    while True:
        try:
            await log.append(records(first, 5))
        except StoreError as error:
            return first - 1, error
        first += 5


@pytest.fixture
async def sqlite(sqlite_url, monkeypatch):
    monkeypatch.setattr(engines, "BUSY_SECONDS", 0.2)
    database = Database(sqlite_url)
    await database.migrate()
    yield database
    await database.close()


def _path(database):
    return Path(database.engine.url.database)


async def test_a_locked_database_is_waited_for_and_then_named(sqlite):
    log = SqlLog(sqlite, await leases.take(sqlite))
    await log.append(records(1, 5))
    other = sqlite3.connect(_path(sqlite), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    begun = time.monotonic()
    with pytest.raises(StoreError, match="locked") as caught:
        await log.append(records(6, 5))
    assert time.monotonic() - begun >= 0.2
    assert caught.value.code == "store-locked"
    assert caught.value.is_passing
    assert len(await collect(log.read())) == 5  # reading goes on
    other.rollback()
    other.close()
    await log.append(records(6, 5))
    assert len(await collect(log.read())) == 10
    await log.close()


async def test_a_short_lock_is_not_noticed(sqlite):
    log = SqlLog(sqlite, await leases.take(sqlite))
    other = sqlite3.connect(_path(sqlite), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    appending = asyncio.create_task(log.append(records(1, 5)))
    done, _ = await asyncio.wait([appending], timeout=0.05)
    assert not done
    other.rollback()
    other.close()
    await appending
    assert await log.last() == 5
    await log.close()


async def test_a_full_disk_is_named_and_got_over(sqlite):
    log = SqlLog(sqlite, await leases.take(sqlite))
    await log.append(records(1, 5))
    pages = _pragma(log, "page_count")
    _pragma(log, f"max_page_count={pages + 4}")
    last, error = await _append_for_ever(log, 6)
    assert error.code == "store-full"
    assert error.is_passing
    assert "free some space" in str(error)
    assert len(await collect(log.read())) == last
    # A new connection knows no limit: space is back.
    await log.append(records(last + 1, 5))
    assert len(await collect(log.read())) == last + 5
    await log.close()


def _pragma(log, what):
    return log._direct.connection.execute(f"PRAGMA {what}").fetchone()[0]


async def test_a_directory_that_does_not_exist_is_named(tmp_path):
    database = Database(f"sqlite:///{tmp_path / 'nowhere' / 'acd.db'}")
    with pytest.raises(StoreError) as caught:
        await database.migrate()
    assert caught.value.code == "store-read-only"
    assert "right to write" in str(caught.value)
    await database.close()


async def test_a_read_only_file_is_named(sqlite):
    log = SqlLog(sqlite, await leases.take(sqlite))
    await log.append(records(1, 5))
    log._direct.connection.execute("PRAGMA query_only=ON")
    with pytest.raises(StoreError) as caught:
        await log.append(records(6, 5))
    assert caught.value.code == "store-read-only"
    await log.append(records(6, 5))
    await log.close()


@pytest.mark.skipif(os.geteuid() != 0, reason="becomes another user for a moment")
def test_a_directory_without_the_right_to_write_is_named():
    """Whole way down, in a process that has no rights."""
    program = (
        "import asyncio, os, sys\n"
        "from acd.adapters.sql.engine import Database\n"
        "from acd.ports.store import StoreError\n"
        "database = Database(sys.argv[1])\n"
        "os.setgid(65534); os.setuid(65534)\n"
        "try: asyncio.run(database.migrate())\n"
        "except StoreError as error: print(error.code)\n"
    )
    with tempfile.TemporaryDirectory() as directory:  # open to everybody up to here
        Path(directory).chmod(0o755)
        said = subprocess.run(
            [sys.executable, "-c", program, f"sqlite:///{directory}/acd.db"],
            capture_output=True,
            text=True,
            check=False,
        )
    assert said.stdout == "store-read-only\n", said.stderr


async def test_a_file_that_is_no_database_is_named(tmp_path):
    (tmp_path / "acd.db").write_bytes(b"this is no database" * 100)
    database = Database(f"sqlite:///{tmp_path / 'acd.db'}")
    with pytest.raises(StoreError) as caught:
        await database.migrate()
    assert caught.value.code == "store-io"
    await database.close()


@pytest.mark.sql
async def test_what_a_server_refuses_is_named(server, tmp_path):
    for url, code in (
        (server.url_of("nowhere"), "store-denied"),
        (f"postgresql://stranger@/postgres?host={server.directory}", "store-denied"),
        (f"postgresql://acd@/postgres?host={tmp_path}", "store-unavailable"),
    ):
        database = Database(url)
        with pytest.raises(StoreError) as caught:
            await database.migrate()
        assert caught.value.code == code
        await database.close()


@pytest.mark.sql
async def test_a_lock_held_too_long_on_a_server_is_named(postgresql_url, monkeypatch):
    monkeypatch.setattr(engines, "BUSY_SECONDS", 1.0)
    database = Database(postgresql_url)
    await database.migrate()
    log = SqlLog(database, await leases.take(database))
    async with database.write("hold the table") as connection:
        await connection.execute(text("LOCK TABLE log"))
        with pytest.raises(StoreError) as caught:
            await log.append(records(1, 5))
    assert caught.value.code == "store-locked"
    await log.append(records(1, 5))
    await log.close()
    await database.close()


async def test_who_is_cancelled_leaves_no_connection_behind(url):
    moments = random.Random(3)
    for _ in range(40):
        database = Database(url)
        users = [asyncio.create_task(_read_for_ever(database)) for _ in range(3)]
        await asyncio.sleep(moments.uniform(0, 0.01))  # the moment is what is varied
        for user in users:
            user.cancel()
        await asyncio.gather(*users, return_exceptions=True)
        pool = database.engine.pool
        await database.close()
        assert pool.checkedout() == 0


async def _read_for_ever(database):
    while True:
        async with database.single("read") as connection:
            await connection.execute(text("SELECT 1"))
        async with database.write("write") as connection:
            await connection.execute(text("SELECT 2"))
