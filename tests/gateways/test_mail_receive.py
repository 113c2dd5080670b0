"""Every mail is kept once, whatever happens to servers, connections and mailboxes: real Dovecot."""

from __future__ import annotations

import asyncio
import contextlib
import os
import smtplib
import time
from collections.abc import AsyncIterator, Iterator, Sequence
from pathlib import Path

import pytest

from acd.adapters.clock import SystemClock
from acd.adapters.imap import ImapMailbox, ImapSession
from acd.adapters.smtp import SmtpListener
from acd.adapters.sql.engine import Database
from acd.adapters.sql.intake import SqlIntake
from acd.core.timers import MICROSECONDS
from acd.gateways.mail import limits
from acd.gateways.mail.parser import MailParser
from acd.gateways.mail.receive import MailAddress, Receiver
from acd.gateways.mail.threads import OwnIds
from acd.ports.intake import IntakeRow, MailCursor
from acd.ports.store import StoreError
from acd.testing import dovecot, mails
from acd.testing.dovecot import PASSWORD, Dovecot

pytestmark = pytest.mark.app

SUPPORT = "support@example.org"
PATIENCE_SECONDS = 60.0


@pytest.fixture(scope="module")
def server() -> Iterator[Dovecot]:
    with dovecot.running() as running:
        yield running


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[SqlIntake]:
    database = Database(f"sqlite:///{tmp_path / 'acd.db'}")
    await database.migrate()
    intake = SqlIntake(database)
    yield intake
    await intake.close()
    await database.close()


@pytest.fixture
async def parser() -> AsyncIterator[MailParser]:
    async with MailParser() as parser:
        yield parser


def mailbox(server: Dovecot, user: str) -> ImapMailbox:
    return ImapMailbox("127.0.0.1", server.port, user, PASSWORD, poll_seconds=20)


def receiver(store: SqlIntake, parser: MailParser, *addresses: MailAddress) -> Receiver:
    return Receiver(addresses, store, parser, OwnIds("secret"), SystemClock())


@contextlib.asynccontextmanager
async def fetching(
    store: SqlIntake, parser: MailParser, *addresses: MailAddress
) -> AsyncIterator[Receiver]:
    made = receiver(store, parser, *addresses)
    tasks = [asyncio.create_task(made.fetch(one)) for one in addresses]
    try:
        yield made
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def rows_of(store: SqlIntake, count: int) -> list[IntakeRow]:
    """The rows, once there are so many."""
    async with asyncio.timeout(PATIENCE_SECONDS):
        while len(rows := await store.after(0, 10_000)) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.02)
    return rows


async def texts(store: SqlIntake) -> set[str]:
    return {row.text for row in await store.after(0, 10_000)}


async def test_a_mail_comes_with_all_it_has(
    server: Dovecot, store: SqlIntake, parser: MailParser
) -> None:
    raw = mails.many_files(3)
    async with fetching(store, parser, MailAddress(SUPPORT, mailbox=mailbox(server, "whole"))):
        file = server.deliver("whole", raw)
        (row,) = await rows_of(store, 1)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while ",S" not in (name := server.files("whole")[0].name):  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    assert file.name in name  # marked as read, and still there
    assert (row.sender, row.sender_name, row.text) == ("jo@example.org", "Jo Doe", "Hello")
    assert row.address == SUPPORT
    assert await store.raw(row.number) == raw
    assert [one.name for one in row.attachments] == ["file-0.txt", "file-1.txt", "file-2.txt"]
    content = await store.attachment(row.attachments[0].id)
    assert content is not None
    assert content.content == b"x"


async def test_a_long_outage_then_hundreds_at_once(
    server: Dovecot, store: SqlIntake, parser: MailParser
) -> None:
    """M1."""
    server.stop()
    arrival = time.time() - 3 * 24 * 3600
    expected = list(mails.numbered(500))
    for raw in expected:
        file = server.deliver("outage", raw)
        os.utime(file, (arrival, arrival))
    address = MailAddress(SUPPORT, mailbox=mailbox(server, "outage"))
    async with fetching(store, parser, address) as made:
        async with asyncio.timeout(PATIENCE_SECONDS):
            while not made.problems:  # noqa: ASYNC110
                await asyncio.sleep(0.01)
        server.start()
        rows = await rows_of(store, 500)
    assert len(rows) == 500
    assert {row.text for row in rows} == {f"Message {number}" for number in range(500)}
    assert {row.received_at // MICROSECONDS for row in rows} == {int(arrival)}
    assert len({row.thread for row in rows}) == 500


async def test_every_odd_mail_is_kept(
    server: Dovecot, store: SqlIntake, parser: MailParser, monkeypatch: pytest.MonkeyPatch
) -> None:
    """M2."""
    monkeypatch.setattr(limits, "FLOOD_A_MINUTE", 1000)  # most of them are from one sender
    odd = dict(mails.odd())
    odd |= {"same id": mails.mail("other words"), "same id again": mails.mail("third words")}
    for raw in odd.values():
        server.deliver("odd", raw)
    async with fetching(store, parser, MailAddress(SUPPORT, mailbox=mailbox(server, "odd"))):
        rows = await rows_of(store, len(odd))
    assert len({row.digest for row in rows}) == len(rows)
    assert len({row.thread for row in rows}) > 190
    same = [row for row in rows if row.attributes.get("mail_id") == "<first@example.org>"]
    assert len({row.thread for row in same if "words" in row.text}) == 2


async def test_another_uidvalidity_doubles_nothing(
    server: Dovecot, store: SqlIntake, parser: MailParser
) -> None:
    """M3, M4."""
    for raw in mails.numbered(30):
        server.deliver("renumbered", raw)
    address = MailAddress(SUPPORT, mailbox=mailbox(server, "renumbered"))
    async with fetching(store, parser, address):
        await rows_of(store, 30)
    before = await store.cursor(address.source)
    server.stop()
    server.renumber("renumbered")
    server.start()
    async with fetching(store, parser, address):
        server.deliver("renumbered", mails.mail("new"))
        rows = await rows_of(store, 31)
        async with asyncio.timeout(PATIENCE_SECONDS):
            while (after := await store.cursor(address.source)) == before:  # noqa: ASYNC110
                await asyncio.sleep(0.02)
    assert before is not None
    assert after is not None
    assert after.uidvalidity != before.uidvalidity
    assert [row.text for row in rows[30:]] == ["new"]


class Disturbed(ImapMailbox):
    """A mailbox in which something happens between the list of mails and their fetch."""

    def __init__(self, server: Dovecot, user: str, happens: list) -> None:
        super().__init__("127.0.0.1", server.port, user, PASSWORD, poll_seconds=20)
        self._happens = happens

    @contextlib.asynccontextmanager
    async def open(self) -> AsyncIterator[ImapSession]:
        async with super().open() as session:
            fetch = session.fetch

            async def disturbed(uids: Sequence[int]) -> list:
                if self._happens:
                    self._happens.pop(0)()
                return await fetch(uids)

            session.fetch = disturbed  # type: ignore[method-assign]
            yield session


async def test_deleted_while_fetching(
    server: Dovecot, store: SqlIntake, parser: MailParser
) -> None:
    """M3."""
    files = [server.deliver("deleted", raw) for raw in mails.numbered(5)]

    def delete() -> None:
        for name in (files[1].name, files[4].name):
            (found,) = (one for one in server.files("deleted") if one.name.startswith(name))
            found.unlink()

    box = Disturbed(server, "deleted", [delete])
    async with fetching(store, parser, MailAddress(SUPPORT, mailbox=box)):
        await rows_of(store, 3)
        server.deliver("deleted", mails.mail("and on it goes"))
        rows = await rows_of(store, 4)
    assert [row.text for row in rows] == ["Message 0", "Message 2", "Message 3", "and on it goes"]


async def test_a_server_that_dies_while_fetching(
    server: Dovecot, store: SqlIntake, parser: MailParser
) -> None:
    for raw in mails.numbered(100):
        server.deliver("dying", raw)

    def die() -> None:
        server.kill()
        server.start()

    box = Disturbed(server, "dying", [lambda: None, die, die, lambda: None, die])
    async with fetching(store, parser, MailAddress(SUPPORT, mailbox=box)):
        rows = await rows_of(store, 100)
    assert [row.text for row in rows] == [f"Message {number}" for number in range(100)]


async def test_several_mailboxes(server: Dovecot, store: SqlIntake, parser: MailParser) -> None:
    names = ("sales", "billing")
    addresses = [MailAddress(f"{n}@example.org", mailbox=mailbox(server, n)) for n in names]
    async with fetching(store, parser, *addresses):
        for name in names:
            server.deliver(name, mails.mail(name))
        rows = await rows_of(store, 2)
    assert {(row.address, row.text) for row in rows} == {
        ("sales@example.org", "sales"), ("billing@example.org", "billing")
    }  # fmt: skip


async def test_hostile_mails_hold_nobody_up(
    server: Dovecot, store: SqlIntake, parser: MailParser
) -> None:
    """M5."""
    raw = [mails.slow(), mails.nested(), mails.many_parts(), mails.zip_bomb(), mails.large()]
    for one in raw:
        server.deliver("hostile", one)
    addresses = [
        MailAddress(SUPPORT, mailbox=mailbox(server, "hostile")),
        MailAddress("other@example.org", mailbox=mailbox(server, "calm")),
    ]
    longest = 0.0
    async with fetching(store, parser, *addresses):
        for number in range(10):
            start = time.monotonic()
            server.deliver("calm", mails.mail(f"calm {number}"))
            async with asyncio.timeout(PATIENCE_SECONDS):
                while f"calm {number}" not in await texts(store):  # noqa: ASYNC110
                    await asyncio.sleep(0.02)
            longest = max(longest, time.monotonic() - start)
        rows = [row for row in await rows_of(store, 15) if row.address == SUPPORT]
    assert [row.attributes.get("mail_unreadable") for row in rows] == [
        "too-slow", "too-complex", "too-complex", None, None
    ]  # fmt: skip
    for row, original in zip(rows, raw, strict=True):
        assert await store.raw(row.number) == original
    assert rows[0].attachments[0].name == "original.eml"
    print(f"longest delay of another mail {longest * 1000:.0f} ms")
    assert longest < 5


class TestListener:
    async def test_acknowledged_only_when_kept(
        self, store: SqlIntake, parser: MailParser, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        made = receiver(store, parser, MailAddress(SUPPORT))
        put = store.put
        is_full = True

        async def unwilling(
            rows: Sequence[IntakeRow], cursor: MailCursor | None = None
        ) -> list[int]:
            if is_full:
                raise StoreError("no space", code="store-full")
            return await put(rows, cursor)

        monkeypatch.setattr(store, "put", unwilling)
        async with SmtpListener("127.0.0.1", 0, made.take, made.accepts) as listener:
            with pytest.raises(smtplib.SMTPDataError) as refused:
                await asyncio.to_thread(send, listener.port, mails.mail())
            assert refused.value.smtp_code == 451
            assert await store.after(0, 10) == []
            is_full = False
            for _ in range(3):  # a sender that heard no answer sends again
                await asyncio.to_thread(send, listener.port, mails.mail())
                assert len(await store.after(0, 10)) == 1

    async def test_others_mail_is_refused(self, store: SqlIntake, parser: MailParser) -> None:
        made = receiver(store, parser, MailAddress(SUPPORT))
        async with SmtpListener("127.0.0.1", 0, made.take, made.accepts) as listener:
            with pytest.raises(smtplib.SMTPRecipientsRefused):
                await asyncio.to_thread(send, listener.port, mails.mail(), "eve@elsewhere.example")
            await asyncio.to_thread(send, listener.port, mails.mail(), SUPPORT.upper())
        assert [row.address for row in await store.after(0, 10)] == [SUPPORT]

    async def test_lmtp(self, store: SqlIntake, parser: MailParser) -> None:
        made = receiver(store, parser, MailAddress(SUPPORT), MailAddress("sales@example.org"))
        async with SmtpListener("127.0.0.1", 0, made.take, made.accepts, is_lmtp=True) as listener:
            await asyncio.to_thread(send, listener.port, mails.mail(), is_lmtp=True)
        (row,) = await store.after(0, 10)
        assert row.attributes["mail_id"] == "<first@example.org>"

    async def test_too_many_connections_are_sent_away(
        self, store: SqlIntake, parser: MailParser
    ) -> None:
        made = receiver(store, parser, MailAddress(SUPPORT))
        async with SmtpListener("127.0.0.1", 0, made.take, made.accepts) as listener:
            pairs = [await asyncio.open_connection("127.0.0.1", listener.port) for _ in range(21)]
            greetings = [(await reader.readline())[:3] for reader, _ in pairs]
            assert greetings == [b"220"] * 20 + [b"421"]
            for _, writer in pairs:
                writer.close()

    async def test_a_flood_of_one_sender_is_one_matter(
        self, store: SqlIntake, parser: MailParser
    ) -> None:
        """M7 in small."""
        made = receiver(store, parser, MailAddress(SUPPORT))
        async with SmtpListener("127.0.0.1", 0, made.take, made.accepts) as listener:
            flood = [
                mails.mail(f"now {number}", message_id=f"<{number}@bomb.example>")
                for number in range(300)
            ]
            await asyncio.gather(
                *(asyncio.to_thread(send, listener.port, *flood[part::4]) for part in range(4))
            )
            await asyncio.to_thread(send, listener.port, mails.mail(sender="kim@example.org"))
        rows = await store.after(0, 1000)
        assert len(rows) == 301
        assert len({row.thread for row in rows}) == 62


def send(port: int, *raw: bytes | str, is_lmtp: bool = False) -> None:
    """Send mails over one connection; the last argument may be the recipient."""
    to = SUPPORT
    if isinstance(raw[-1], str):
        *raw, to = raw  # type: ignore[assignment]
    kind = smtplib.LMTP if is_lmtp else smtplib.SMTP
    with kind("127.0.0.1", port) as server:
        for one in raw:
            server.sendmail("jo@example.org", [to], one)  # type: ignore[arg-type]
