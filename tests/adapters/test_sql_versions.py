"""Versions of the site: kept with their files, found again byte for byte."""

from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest
from sqlalchemy import text

from acd.adapters.sql.engine import Database
from acd.adapters.sql.versions import SqlVersions
from acd.core.timers import Instant
from acd.ports.versions import VersionRow

pytestmark = pytest.mark.app

FIRST = VersionRow("aa", Instant(1), "system", "", "")
SECOND = VersionRow("bb", Instant(2), "agent:ann", "Ünïcode; 'quotes' -- and more", "aa")
FILES = {
    "numbers.toml": b"[100]\nflow = 'main'\n",
    "sounds/es/hola mundo.wav": bytes(range(256)) * 500,
    "prompts/en.toml": b"",
}


@pytest.fixture
async def versions(database):
    store = SqlVersions(database)
    yield store
    await store.close()


async def test_files_come_back_byte_for_byte_in_order(versions):
    await versions.save_version(FIRST, FILES)
    found = await versions.version_files("aa")
    assert found == FILES
    assert list(found) == sorted(FILES)
    assert await versions.version_files("zz") == {}


async def test_the_newest_is_first(versions):
    await versions.save_version(FIRST, FILES)
    await versions.save_version(SECOND, {})
    assert await versions.versions() == [SECOND, FIRST]
    assert await versions.version_files("bb") == {}


async def test_equal_files_are_kept_once(database, versions):
    await versions.save_version(FIRST, FILES)
    await versions.save_version(SECOND, FILES | {"copy.toml": FILES["numbers.toml"]})
    async with database.single("count") as connection:
        assert await connection.scalar(text("SELECT count(*) FROM site_contents")) == len(FILES)


async def test_published_again_it_says_the_new_things(versions):
    await versions.save_version(FIRST, FILES)
    await versions.save_version(SECOND, FILES)
    again = replace(FIRST, at=Instant(3), note="again", before="bb")
    await versions.save_version(again, {"stories/x.toml": b"new"})
    assert await versions.versions() == [again, SECOND]
    assert await versions.version_files("aa") == {"stories/x.toml": b"new"}
    assert await versions.version_files("bb") == FILES


async def test_saved_at_once_by_two(url, versions):
    database = Database(url)
    other = SqlVersions(database)
    rows = [replace(FIRST, version=f"v{number}") for number in range(6)]
    stores = (versions, other)
    await asyncio.gather(
        *(stores[place % 2].save_version(row, FILES) for place, row in enumerate(rows))
    )
    assert {row.version for row in await versions.versions()} == {row.version for row in rows}
    assert await other.version_files("v5") == FILES
    await other.close()
    await database.close()
