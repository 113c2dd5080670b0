"""The schema: made by migrations, the same as the models say, on both databases."""

from __future__ import annotations

import asyncio

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import text

from acd.adapters.sql import schema
from acd.adapters.sql.agents import SqlAgents
from acd.adapters.sql.engine import Database
from acd.adapters.sql.migrate import config
from acd.core.agent import AgentProfile
from acd.core.channel import Channel
from acd.ports.store import StoreError

pytestmark = pytest.mark.app


async def test_migrations_make_what_the_models_say(database):
    def differences(connection):
        return compare_metadata(
            MigrationContext.configure(connection, opts={"compare_type": True}), schema.metadata
        )

    async with database.engine.connect() as connection:
        assert await connection.run_sync(differences) == []


async def test_a_difference_would_be_seen(database):
    async with database.write("alter") as connection:
        await connection.execute(text("ALTER TABLE log DROP COLUMN version"))
    with pytest.raises(AssertionError):
        await test_migrations_make_what_the_models_say(database)


def test_head_is_the_newest_migration():
    assert ScriptDirectory.from_config(config()).get_heads() == [schema.HEAD]


async def test_migrating_again_changes_nothing(database):
    await database.migrate()


async def test_two_engines_may_start_at_once(url):
    databases = [Database(url) for _ in range(4)]
    await asyncio.gather(*(each.migrate() for each in databases))
    for each in databases:
        await each.close()


async def test_a_database_of_a_newer_version_is_left_alone(database):
    async with database.write("pretend") as connection:
        await connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))
    with pytest.raises(StoreError, match="9999") as caught:
        await database.migrate()
    assert caught.value.code == "store-schema"


@pytest.mark.parametrize("bad", ["mysql://h/x", "oracle://h/x"])
def test_other_databases_are_refused(bad):
    with pytest.raises(StoreError, match="no driver"):
        Database(bad)


async def test_sqlite_is_set_up_as_decided(sqlite_url):
    database = Database(sqlite_url)
    async with database.single("look") as connection:
        settings = [
            await connection.scalar(text(f"PRAGMA {name}"))
            for name in ("journal_mode", "synchronous", "busy_timeout", "foreign_keys")
        ]
    assert settings == ["wal", 1, 5000, 1]
    await database.close()


async def test_agents_of_an_older_database_are_as_before(database):
    def back_to_the_first(connection):
        schema.metadata.drop_all(connection)
        connection.execute(text("DELETE FROM alembic_version"))
        command.upgrade(config(connection), "0001")

    if not database.is_sqlite:
        pytest.skip("the same statement on both")
    async with database.write("go back") as connection:
        await connection.run_sync(back_to_the_first)
        older = {
            "name": "ann", "title": "Ann", "address": "2001", "role": "agent", "sip_digest": "",
            "capacity": '{"voice":1,"chat":3}', "is_active": True,
        }  # fmt: skip
        await connection.execute(schema.agents.insert().values(older))
    await database.migrate()
    (ann,) = await SqlAgents(database).agents()
    assert ann.profile == AgentProfile(
        "ann", "Ann", address="2001", capacity={Channel.VOICE: 1, Channel.CHAT: 3}
    )
