"""Messages and chats in real databases, and the projector that writes them."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acd.adapters.sql import lease as leases
from acd.adapters.sql.engine import Database
from acd.adapters.sql.intake import SqlIntake
from acd.adapters.sql.log import SqlLog
from acd.adapters.sql.messages import SqlChat, SqlMessages
from acd.app.messages import FOLD, MessageProjector, message_document
from acd.core import events as e
from acd.core.channel import Channel
from acd.core.flows import Choice
from acd.core.message import Author
from acd.core.record import Record
from acd.core.timers import Instant
from acd.ports.intake import Attachment, IntakeRow
from acd.ports.messages import ChatSession, MessageRow, MessageState, Settlement

pytestmark = pytest.mark.app


@pytest.fixture
async def store(database):
    opened = SqlMessages(database)
    yield opened
    await opened.close()


def row(seq: int, **given) -> MessageRow:
    values = {
        "id": f"m-{seq}", "version": seq, "contact": "c-1", "thread": "chat:s1", "seq": seq,
        "intake": 0, "author": "agent", "agent": "ann", "at": Instant(seq), "key": f"k{seq}",
        "text": f"text {seq}",
    }  # fmt: skip
    return MessageRow(**(values | given))


async def test_messages_are_kept_once_in_order_with_all_that_belongs_to_them(database, store):
    intake = SqlIntake(database)
    file = Attachment("a-1", "x.pdf", "application/pdf", 1, b"x")
    mail = IntakeRow(
        "mail:desk", "1/1", Instant(1), Channel.MAIL, "desk@example.org", "zoe@example.org",
        "mail:t", subject="Hello", html="<p>x</p>", attachments=(file,),
    )  # fmt: skip
    await intake.put([mail])
    assert await store.thread_with("a-1") is None
    with_mail = row(7, thread="mail:t", intake=1, attachments=("a-1", "a-gone"), text="zero\0")
    asked = row(5, choices=(Choice("1", "An “order”"), Choice("2", "Else")))
    rows = [asked, row(6), with_mail]
    await store.save_messages(rows, [])
    await store.save_messages([replace(row(6), text="again"), row(8, contact="c-2")], [])
    found = await store.contact_messages("c-1")
    assert [one.row for one in found] == [asked, row(6), replace(with_mail, text="zero")]
    assert (found[2].subject, found[2].html) == ("Hello", "<p>x</p>")
    assert found[2].attachments == (file.info,)
    assert await store.thread_with("a-1") == "mail:t"
    after = await store.thread_messages("chat:s1", after=5, limit=1)
    assert [one.row.id for one in after] == ["m-6"]
    assert [one.row.id for one in await store.messages(["m-8", "m-5"])] == ["m-5", "m-8"]
    await intake.close()


async def test_what_became_of_a_message_is_kept_and_never_goes_back(store):
    failed = Settlement("m-5", 9, MessageState.FAILED, "http-400")
    await store.save_messages([row(5)], [failed])
    await store.save_messages([], [Settlement("m-5", 8, MessageState.DELIVERED, "")])
    (found,) = await store.messages(["m-5"])
    assert (found.row.state, found.row.failure, found.row.version) == ("failed", "http-400", 9)


async def test_a_chat_is_found_by_its_digest(database):
    chats = SqlChat(database)
    session = ChatSession(
        "s1", "d" * 64, "widget:site", "zoe@example.org", "Zoe\0", "es", Instant(5)
    )
    await chats.save_session(session)
    await chats.save_session(replace(session, name="Zoë"))
    assert await chats.session("d" * 64) == replace(session, name="Zoë")
    assert await chats.session("e" * 64) is None


def record(seq: int, body) -> Record:
    return Record(seq, Instant(seq), 0, "test", body)


def talk(first: int, contact: str, thread: str) -> list[Record]:
    opened = e.ContactOpened(
        contact, Channel.CHAT, None, "zoe", "widget:site", "Zoe", "en", "v", thread
    )
    said = [
        e.MessageAdded(contact, f"m-{first + n}", author, agent, 0, f"k{n}", f"text {n}", ())
        for n, (author, agent) in enumerate(
            [(Author.CUSTOMER, None), (Author.AGENT, "ann")], start=1
        )
    ]
    bodies = [opened, *said, e.MessageSettled(contact, f"m-{first + 2}", "")]
    return [record(first + n, body) for n, body in enumerate(bodies)]


async def test_the_projector_goes_on_where_it_was_and_tells_only_what_is_new(sqlite_url):
    database = Database(sqlite_url)
    await database.migrate()
    log, store = SqlLog(database, await leases.take(database)), SqlMessages(database)
    await log.append(talk(1, "c-1", "chat:s1"))
    told = []

    async def follow(told_after: int) -> MessageProjector:
        """Fold all there is; return the projector."""
        projector = MessageProjector(log, log, store, told_after=told_after)
        projector.subscribe(told.extend)
        projector.position = await projector.begin()
        await projector._catch_up()
        return projector

    projector = await follow(told_after=0)
    assert [(one.thread, one.message.text) for one in told] == [
        ("chat:s1", "text 1"), ("chat:s1", "text 2"),
    ]  # fmt: skip
    assert told[1].message.state == "delivered"
    await projector.keep()
    assert (await log.load_fold(FOLD)).seq == 4
    told.clear()
    # Written while nobody followed; the contact was opened before the position that was kept.
    more = e.MessageAdded("c-1", "m-5", Author.CUSTOMER, None, 0, "k", "later", ())
    await log.append([record(5, more), *talk(6, "c-2", "chat:s2")])
    await follow(told_after=5)
    # What the table did not have yet is told, though it is older than the start: somebody may have
    # read the table before we came to it.
    assert [one.message.contact for one in told] == ["c-1", "c-2", "c-2"]
    (last,) = await store.thread_messages("chat:s1", after=3)
    assert message_document(last).text == "later"
    told.clear()
    await follow(told_after=9)  # from the position that was kept, once more
    assert told == []
    await log.close()
    await store.close()
    await database.close()
