"""Intake in real databases: each thing once, numbers in the order of commits, fast enough."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

import pytest

from acd.adapters.sql.engine import Database
from acd.adapters.sql.intake import SqlIntake
from acd.core.channel import Channel
from acd.core.timers import Instant
from acd.ports.intake import Attachment, AttachmentInfo, IntakeKind, IntakeRow, MailCursor
from acd.ports.store import StoreError

pytestmark = pytest.mark.app


@pytest.fixture
async def store(database):
    opened = SqlIntake(database)
    yield opened
    await opened.close()


@pytest.fixture
async def on_sqlite(sqlite_url):
    """Where one database is enough: making one of PostgreSQL's takes seconds."""
    database = Database(sqlite_url)
    await database.migrate()
    opened = SqlIntake(database)
    yield opened
    await opened.close()
    await database.close()


def row(key: str = "1", **given) -> IntakeRow:
    values = {
        "source": "mail:support",
        "received_at": Instant(1_000_000),
        "channel": Channel.MAIL,
        "address": "support@example.org",
        "sender": "zoe@example.net",
        "thread": "mail:abc",
    }
    return IntakeRow(key=key, **(values | given))


async def test_what_was_put_is_read_back(store):
    file = Attachment("a-1", "ticket.pdf", "application/pdf", 3, b"abc")
    given = row(
        kind=IntakeKind.LEFT, digest="d1", sender_name="Zoë", subject="Hello", text="Good day",
        html="<p>Good day</p>", language="es", attributes={"spam": "no"}, raw=b"raw \x00 bytes",
        attachments=(file,),
    )  # fmt: skip
    assert await store.put([given]) == [1]
    info = AttachmentInfo("a-1", "ticket.pdf", "application/pdf", 3)
    assert await store.after(0, 10) == [replace(given, number=1, raw=None, attachments=(info,))]
    assert await store.raw(1) == b"raw \x00 bytes"
    assert await store.raw(2) is None
    assert await store.attachment("a-1") == file
    assert await store.attachment("a-2") is None


async def test_the_same_thing_is_kept_once(store):
    assert await store.put([row("1", digest="d1"), row("2", digest="d2")]) == [1, 2]
    again = [row("2", text="changed"), row("9", digest="d1"), row("3")]
    assert await store.put(again) == [2, 1, 3]
    assert await store.put([row("1", source="mail:sales", digest="d1")]) == [4]
    assert [(each.key, each.text) for each in await store.after(1, 10)] == [
        ("2", ""), ("3", ""), ("1", ""),
    ]  # fmt: skip


async def test_the_same_thing_twice_in_one_put(on_sqlite):
    assert await on_sqlite.put([row("1"), row("1")]) == [1, 1]


async def test_a_cursor_moves_with_its_rows(on_sqlite):
    assert await on_sqlite.cursor("mail:support") is None
    await on_sqlite.put([row("1")], MailCursor("mail:support", 7, 1))
    await on_sqlite.put([], MailCursor("mail:support", 7, 4))
    assert await on_sqlite.cursor("mail:support") == MailCursor("mail:support", 7, 4)


async def test_what_fails_leaves_nothing_and_fails_alone(store):
    file = Attachment("a-1", "x", "", 1, b"x")
    await store.add_attachment(file, "agent:ann")
    bad = row("bad", attachments=(file,), raw=b"raw")  # its file's id is another's
    results = await asyncio.gather(
        store.put([row("1")]),
        store.put([row("2"), bad], MailCursor("mail:support", 7, 9)),
        store.put([row("3")]),
        return_exceptions=True,
    )
    assert isinstance(results[1], StoreError)
    assert [each.key for each in await store.after(0, 10)] == ["1", "3"]
    assert await store.cursor("mail:support") is None
    assert results[0] + results[2] == [each.number for each in await store.after(0, 10)]


async def test_text_that_a_database_cannot_hold(store):
    await store.put([row("1\0", text="a\0b\ud800c", sender_name="\0", attributes={"k\0": "\0v"})])
    (found,) = await store.after(0, 1)
    assert (found.key, found.text, found.attributes) == ("1", "ab?c", {"k": "v"})


async def test_files_are_named_by_their_owner_only(on_sqlite):
    await on_sqlite.add_attachment(Attachment("a-1", "x", "text/plain", 1, b"x"), "chat:s1")
    assert await on_sqlite.attachment_infos(["a-1", "a-2"], "chat:s1") == {
        "a-1": AttachmentInfo("a-1", "x", "text/plain", 1)
    }
    assert await on_sqlite.attachment_infos(["a-1"], "chat:s2") == {}
    assert set(await on_sqlite.attachment_infos(["a-1"])) == {"a-1"}


async def test_numbers_come_in_the_order_of_commits(url):
    """Two processes put at once while a third follows: it never sees a number above a gap."""
    databases = [Database(url) for _ in range(3)]
    await databases[0].migrate()
    stores = [SqlIntake(database) for database in databases]
    seen: list[int] = []

    async def put(store: SqlIntake, name: str) -> None:
        for count in range(20):
            await store.put([row(f"{name}{count}-{part}") for part in range(3)])

    async def follow() -> None:
        while len(seen) < 120:
            seen.extend(each.number for each in await stores[2].after(len(seen), 50))

    async with asyncio.timeout(30):
        await asyncio.gather(put(stores[0], "a"), put(stores[1], "b"), follow())
    assert seen == list(range(1, 121))
    for store, database in zip(stores, databases, strict=True):
        await store.close()
        await database.close()


async def test_many_mails_a_second(on_sqlite):
    """50 a second are asked for; each its own put with an original of 20 kB."""
    mails = [row(str(n), digest=f"d{n}", text="x" * 2000, raw=b"x" * 20_000) for n in range(200)]
    began = time.perf_counter()
    numbers = await asyncio.gather(*(on_sqlite.put([mail]) for mail in mails))
    assert time.perf_counter() - began < 4
    assert sorted(number for (number,) in numbers) == list(range(1, 201))
