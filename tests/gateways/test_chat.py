"""The web chat against a real server, record and engine: each message once and in order."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import WSMsgType, WSServerHandshakeError

from acd.core import inputs as i
from acd.core.message import Author
from acd.gateways.chat import frames, line
from acd.testing.chatclient import chat, new_key
from acd.testing.textcentre import text_centre

pytestmark = [pytest.mark.app, pytest.mark.asyncio(loop_scope="module")]

SITE = Path(__file__).parent / "site"


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def centre(tmp_path_factory):
    home = tmp_path_factory.mktemp("home")
    async with text_centre(home, SITE, chat={"origins": ["https://shop.example"]}) as running:
        await running.agent("ann", chat=50)
        yield running


def contacts_of(centre, name: str):
    return [c for c in centre.state.contacts.values() if c.caller_name == name]


async def talking(centre, name: str):
    """Return the contact of a customer who has written, once the agent has taken it."""
    await centre.until(lambda: contacts_of(centre, name))
    (contact,) = contacts_of(centre, name)
    await centre.accept(contact.id)
    return contact.id


async def welcomed(centre, client, stack):
    """Come back as the widget does: again and again, until the server has seen the dead tabs go."""
    async with asyncio.timeout(30):
        while True:
            back = await stack.enter_async_context(
                chat(centre.session, centre.url(""), resume=client)
            )
            await back.until(lambda found=back: found.frames or found.closed)
            if back.closed is None:
                return back


async def reply(centre, contact, text: str) -> None:
    await centre.tell(i.SendMessage(contact, "ann", new_key(), text))


async def test_a_customer_and_an_agent_talk(centre):
    async with chat(centre.session, centre.url(""), name="Zoe", language="es") as zoe:
        await zoe.frame("state", state="idle")
        key = await zoe.say("  hello <b>you</b> ")
        await zoe.texts("hello <b>you</b>")
        assert zoe.messages[0]["id"] == key
        contact = await talking(centre, "Zoe")
        found = centre.state.contacts[contact]
        assert (found.channel, found.language) == ("chat", "es")
        await zoe.frame("state", state="active", name="Ann")
        await reply(centre, contact, "Good day, Zoe")
        await zoe.texts("hello <b>you</b>", "Good day, Zoe")
        assert (zoe.messages[1]["author"], zoe.messages[1]["name"]) == ("agent", "Ann")
        await zoe.send("leave", id=new_key())
        await zoe.frame("state", state="closed")


async def test_two_tabs_see_the_same(centre):
    async with (
        chat(centre.session, centre.url(""), name="Two") as one,
        contextlib.AsyncExitStack() as stack,
    ):
        await one.say("from one")
        two = await stack.enter_async_context(
            chat(centre.session, centre.url(""), resume=one, last=0)
        )
        await two.texts("from one")
        await two.say("from two")
        await one.texts("from one", "from two")
        await reply(centre, await talking(centre, "Two"), "hello both")
        await one.texts("from one", "from two", "hello both")
        await two.texts("from one", "from two", "hello both")
        assert one.messages == two.messages


async def test_who_was_away_gets_what_was_missed_once_and_in_order(centre):
    async with chat(centre.session, centre.url(""), name="Away") as first:
        await first.say("hello")
        contact = await talking(centre, "Away")
        await reply(centre, contact, "0")
        await first.texts("hello", "0")
    for number in range(1, 451):  # more than two pages, while nobody is on the line
        centre.centre.loop.tell(i.SendMessage(contact, "ann", new_key(), str(number)), "test")
    await reply(centre, contact, "451")
    writing = asyncio.create_task(_write(centre, contact, range(452, 500)))
    async with chat(centre.session, centre.url(""), resume=first) as second:
        await writing
        await second.texts(*map(str, range(1, 500)))
        await second.send("ping")
        await second.frame("pong")
        assert len(second.messages) == 499  # nothing came twice after all


async def _write(centre, contact, numbers) -> None:
    for number in numbers:
        await reply(centre, contact, str(number))


async def test_what_is_sent_again_is_one_message(centre):
    key = new_key()
    async with chat(centre.session, centre.url(""), name="Again") as first:
        await first.say("once", key)
        await first.texts("once")
    async with chat(centre.session, centre.url(""), resume=first, last=0) as second:
        await second.say("once", key)
        await second.say("twice")
        await second.texts("once", "twice")
    assert len(contacts_of(centre, "Again")) == 1


async def test_a_socket_cut_between_message_and_acknowledgement(centre):
    """The client cannot know, so it sends again when it is back: one message each."""
    async with chat(centre.session, centre.url(""), name="Cut") as client:
        await client.say("start")
        await client.texts("start")
    keys = [new_key() for _ in range(10)]
    for key in keys:
        async with chat(centre.session, centre.url(""), resume=client) as cut:
            await cut.send("message", id=key, text=key)
            cut.socket._writer.transport.abort()  # no closing handshake: the network is gone
    async with contextlib.AsyncExitStack() as stack:
        back = await welcomed(centre, client, stack)
        for key in keys:
            await back.say(key, key)
        await back.until(lambda: len(back.messages) >= len(keys))
        await back.send("ping")
        await back.frame("pong")
        assert sorted(message["text"] for message in back.messages) == sorted(keys)


async def test_a_token_that_nobody_has(centre):
    async with chat(centre.session, centre.url(""), token="x" * 43) as client:
        await client.frame("error", code="session-unknown")
        await client.until(lambda: client.closed is not None)


async def test_a_conversation_without_a_word_leaves_nothing(centre):
    async with chat(centre.session, centre.url("")) as silent:
        await silent.frame("state", state="idle")
    async with chat(centre.session, centre.url(""), resume=silent) as client:
        await client.frame("error", code="session-unknown")


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{", "frame-invalid"),
        ("[" * 50_000, "frame-invalid"),
        ('{"type": "message"}', "frame-invalid"),
        ('{"type": "message", "id": "short", "text": "x"}', "frame-invalid"),
        ('{"type": "order", "id": "12345678"}', "frame-invalid"),
        ('{"type": "message", "id": "12345678", "text": " \\n "}', "text-invalid"),
        ('{"type": "message", "id": "12345678", "text": "' + "x" * 4001 + '"}', "text-invalid"),
        (
            '{"type": "message", "id": "12345678", "text": "x", "attachments": ["a-1"]}',
            "attachment-unknown",
        ),
        ('{"type": "upload", "id": "12345678", "name": "x", "size": 99999999}', "file-too-large"),
        ('{"type": "hello", "address": "widget:site"}', "frame-invalid"),
    ],
)
async def test_a_frame_that_cannot_be_used_is_refused_and_the_chat_goes_on(centre, frame, code):
    async with chat(centre.session, centre.url("")) as client:
        await client.socket.send_str(frame)
        await client.frame("error", code=code)
        await client.send("ping")
        await client.frame("pong")


@pytest.mark.parametrize(
    ("hello", "close_code"),
    [
        ('{"type": "ping"}', line.POLICY),
        ('{"type": "hello", "address": "support"}', line.POLICY),
        ("x" * 70_000, 1009),
    ],
)
async def test_who_does_not_say_hello_is_sent_away(centre, hello, close_code):
    async with centre.session.ws_connect(centre.url("/widget/chat")) as socket:
        await socket.send_str(hello)
        answer = await socket.receive(timeout=5)
        assert (answer.type, answer.data) == (WSMsgType.CLOSE, close_code)


async def test_who_writes_too_fast_is_asked_to_wait(centre):
    async with chat(centre.session, centre.url(""), name="Fast") as client:
        for number in range(40):
            await client.send("message", id=f"fast-{number:05}", text="x")
        refused = await client.frame("error", code="too-fast")
        assert refused["retry"] is True
        await client.until(lambda: len([f for f in client.frames if "id" in f]) == 40)
        taken = [f["id"] for f in client.frames if f["type"] == "ack"]
        assert 20 <= len(taken) <= 25
        await client.until(lambda: [m["id"] for m in client.messages] == taken)


async def test_who_floods_is_sent_away(centre):
    async with chat(centre.session, centre.url("")) as client:
        for _ in range(1200):
            with contextlib.suppress(ConnectionError):
                await client.send("typing")
        await client.until(lambda: client.closed is not None)
        assert client.closed in (line.POLICY, 1006)  # what it still sends may cut the farewell


async def test_a_file_goes_to_the_agent_for_download_only(centre):
    content = bytes(range(256)) * 400
    async with chat(centre.session, centre.url(""), name="File") as client:
        await client.send("upload", id="upload-01", name="../évil\n.html", size=len(content),
                          media="text/html")  # fmt: skip
        for start in range(0, len(content), 30_000):
            await client.socket.send_bytes(content[start : start + 30_000])
        info = (await client.frame("uploaded", id="upload-01"))["attachment"]
        assert info["name"] == "évil_.html"
        await client.say("", attachments=[info["id"]])
        await client.until(lambda: client.messages)
        assert client.messages[0]["attachments"] == [info]
        for path in (f"/widget/files/{info['id']}", f"/api/v1/attachments/{info['id']}"):
            async with centre.session.get(centre.url(path)) as answer:
                assert await answer.read() == content
                assert answer.headers["Content-Type"] == "application/octet-stream"
                assert answer.headers["Content-Disposition"].startswith("attachment;")
                assert "sandbox" in answer.headers["Content-Security-Policy"]
        async with chat(centre.session, centre.url("")) as other:  # it is not theirs
            await other.send("message", id="other-0001", text="", attachments=[info["id"]])
            await other.frame("error", code="attachment-unknown")


async def test_a_file_larger_than_announced(centre):
    async with chat(centre.session, centre.url("")) as client:
        await client.send("upload", id="upload-02", name="x", size=3)
        await client.socket.send_bytes(b"four")
        await client.frame("error", id="upload-02", code="file-invalid")


async def test_typing_shows_on_the_other_side(centre):
    marks = []
    end = centre.texts.typing.subscribe(marks.append)
    async with chat(centre.session, centre.url(""), name="Typing") as client:
        await client.say("hello")
        contact = await talking(centre, "Typing")
        await client.send("typing")
        await centre.until(lambda: marks)
        assert (marks[0].contact, marks[0].who) == (contact, Author.CUSTOMER)
        centre.texts.typing.mark(contact, Author.AGENT)
        await client.frame("typing")
    end()


async def test_pages_of_other_sites_are_refused_unless_they_are_named(centre):
    url = centre.url("/widget/chat")
    own = url.removesuffix("/widget/chat")
    for origin in (own, "https://shop.example"):
        async with centre.session.ws_connect(url, headers={"Origin": origin}) as socket:
            assert not socket.closed
    for origin in ("https://evil.example", "null", "https://shop.example.evil.example"):
        with pytest.raises(WSServerHandshakeError, match="403"):
            await centre.session.ws_connect(url, headers={"Origin": origin})


async def test_who_is_gone_too_long_has_left(centre):
    async with chat(centre.session, centre.url(""), name="Gone") as client:
        await client.say("hello")
        await centre.until(lambda: contacts_of(centre, "Gone"))
    now = asyncio.get_running_loop().time()
    await centre.texts.chat.sweep(now)
    assert contacts_of(centre, "Gone")
    await centre.texts.chat.sweep(now + 60)
    async with chat(centre.session, centre.url(""), resume=client):  # came back just in time
        await centre.texts.chat.sweep(now + 125)
    await centre.texts.chat.sweep(asyncio.get_running_loop().time() + 60)
    assert contacts_of(centre, "Gone")
    await centre.texts.chat.sweep(asyncio.get_running_loop().time() + 121)
    await centre.until(lambda: not contacts_of(centre, "Gone"))
    async with chat(centre.session, centre.url(""), resume=client) as back:  # and writes again
        await back.say("one more thing")
        await centre.until(lambda: contacts_of(centre, "Gone"))


async def test_a_slow_browser_is_sent_away_and_resumes(monkeypatch):
    """Its queue has an end: memory stays bounded, and nothing is lost, for it can come back."""

    class Stuck:
        def __init__(self) -> None:
            self.closed: int | None = None
            self.may_go = asyncio.Event()

        async def receive(self):
            return None

        async def send(self, text: str) -> None:
            await self.may_go.wait()

        async def close(self, code: int, reason: str) -> None:
            self.closed = code

    socket = Stuck()
    slow = line.Line(socket, 0)
    slow.caught_up()
    writer = asyncio.create_task(slow.write())
    for _ in range(line.MOST_QUEUED + 5):
        slow.send(frames.Pong())
        await asyncio.sleep(0)
    socket.may_go.set()
    await asyncio.wait_for(writer, 5)
    assert socket.closed == line.TRY_AGAIN_LATER
