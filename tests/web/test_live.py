"""The live feed: one snapshot, then numbered changes; to each what they may see, and no more."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from aiohttp import ClientWebSocketResponse, WSMsgType, WSServerHandshakeError
from webkit import OWN_TOKEN, Person, Web, eventually, person, ready, web_at

from acd.app import frames, live
from acd.core import inputs as i
from acd.core.channel import Channel
from acd.core.ids import AgentName, ContactId, LegId, QueueName
from acd.core.message import Author
from acd.ports.store import Role
from acd.web import watch

pytestmark = pytest.mark.app

KINDS = ("agents", "queues", "contacts", "typing")


@pytest.fixture
async def web(tmp_path):
    async with web_at(tmp_path, sue=Role.SUPERVISOR) as running:
        yield running


@dataclass
class Shown:
    """What a page shows: frames laid over each other, as its script does."""

    socket: ClientWebSocketResponse
    seq: int = -1
    data: dict[str, Any] = field(default_factory=dict)
    close_code: int | None = None

    async def take(self) -> bool:
        """Take one frame; return whether there was one."""
        frame = await self.socket.receive(timeout=15)
        if frame.type is not WSMsgType.TEXT:
            # What the server said, even if it has hung up before our answer.
            is_close = frame.type is WSMsgType.CLOSE
            self.close_code = frame.data if is_close else self.socket.close_code
            return False
        told = frame.json()
        if told["type"] == "snapshot":
            assert self.seq == -1
            self.data = {"messages": []} | {kind: {} for kind in KINDS}
        else:
            assert told["seq"] == self.seq + 1
        self.seq = told["seq"]
        for kind in KINDS:
            for name, document in told["data"].get(kind, {}).items():
                if document is None:
                    self.data[kind].pop(name, None)
                else:
                    self.data[kind][name] = document
        known = {one["id"]: one for one in self.data["messages"]}
        known |= {one["id"]: one for one in told["data"].get("messages", [])}
        self.data["messages"] = list(known.values())
        if "me" in told["data"]:
            self.data["me"] = told["data"]["me"]
        return True

    async def until(self, true) -> None:
        """Take frames until something is so."""
        async with asyncio.timeout(10):
            while not true(self.data):
                assert await self.take(), self.close_code


@contextlib.asynccontextmanager
async def shown(
    who: Person | Web, topic: str, *, token: str = OWN_TOKEN, **headers: str
) -> AsyncIterator[Shown]:
    """Open the live feed, as a person at a browser or as a program."""
    web = who.web if isinstance(who, Person) else who
    url = web.server.make_url(f"/api/v1/live?topics={topic}")
    if isinstance(who, Person):
        headers = {"Origin": str(url.origin())} | headers
    else:
        headers["Authorization"] = f"Bearer {token}"
    async with who.session.ws_connect(url, headers=headers) as socket:
        page = Shown(socket)
        assert await page.take()
        yield page


async def _write(web: Web, number: int, text: str, thread: str = "chat:1") -> ContactId:
    await web.tell(
        i.MessageArrived(number, Channel.CHAT, "support", "zoe@example.org", "Zoe", thread, text)
    )
    await web.settled()
    return web.centre.state.threads[thread]


async def _chats(web: Web, name: str) -> None:
    """Let an agent take chats."""
    profile = web.centre.state.agents[AgentName(name)].profile
    await web.tell(i.DefineAgent(replace(profile, capacity={Channel.CHAT: 2})))
    await ready(web, name)


async def test_a_wallboard_follows_a_call(web: Web):
    async with shown(web, "wallboard") as board:
        assert set(board.data["agents"]) == {"ann", "bob", "sue"}
        assert set(board.data["queues"]) == {"sales", "support"}
        contact = await web.call("leg-1")
        await board.until(lambda data: data["queues"]["support"]["waiting"] == 1)
        await board.until(lambda data: data["contacts"].get(contact, {}).get("state") == "waiting")
        await ready(web, "ann")
        await board.until(lambda data: data["agents"]["ann"]["state"] == "ringing")
        await web.answer()
        await board.until(lambda data: data["agents"]["ann"]["state"] == "active")
        await board.until(lambda data: data["queues"]["support"]["answered"] == 1)
        await web.tell(i.LegGone(LegId("leg-1")))
        await board.until(lambda data: not data["contacts"])
        await board.until(lambda data: not data["agents"]["ann"]["works"])

        # Whoever opens one now sees the same.
        async with shown(web, "wallboard") as second:
            assert second.data["agents"] == board.data["agents"]
            assert second.data["contacts"] == {}


async def test_what_the_feed_shows_is_what_the_api_says(web: Web):
    async with shown(web, "wallboard") as board:
        await web.call("leg-1")
        await ready(web, "bob")
        await web.answer()
        await board.until(lambda data: data["agents"]["bob"]["state"] == "active")
        await board.until(lambda data: data["queues"]["support"]["agents_busy"] == 1)
        _, found = await web.ask("/api/v1/queues/support")
        changing = ("longest_wait_seconds", "aht_seconds", "estimated_wait_seconds")
        assert {k: v for k, v in board.data["queues"]["support"].items() if k not in changing} == {
            k: v for k, v in found.items() if k not in changing
        }
        (contact,) = board.data["contacts"].values()
        assert (await web.ask(f"/api/v1/contacts/{contact['id']}"))[1] == contact


async def test_a_desk_shows_what_is_its_own_and_nothing_else(web: Web):
    await _chats(web, "ann")
    async with person(web, "ann") as ann, person(web, "bob") as bob:
        async with shown(ann, "desk") as hers, shown(bob, "desk") as his:
            assert hers.data["me"]["name"] == "ann"
            assert hers.data["contacts"] == {}
            contact = await _write(web, 1, "Where is my parcel?")
            await hers.until(lambda data: data["me"]["works"])
            await hers.until(lambda data: contact in data["contacts"])
            # What was written before it came to her is told as well.
            await hers.until(lambda data: data["messages"])
            assert [one["text"] for one in hers.data["messages"]] == ["Where is my parcel?"]
            await web.tell(i.AcceptOffer(web.centre.state.contacts[contact].offer))
            await _write(web, 2, "Hello?")
            await hers.until(lambda data: len(data["messages"]) == 2)
            web.said.typing.mark(contact, Author.CUSTOMER)
            await hers.until(lambda data: data["typing"].get(contact))
            await web.tell(i.EndContact(contact, by_customer=False))
            await hers.until(lambda data: not data["contacts"])

            # Of all this his desk was told nothing; the next frame he gets is of himself.
            await ready(web, "bob")
            assert await his.take()
            assert his.data["me"]["presence"] == "available"
            assert (his.data["contacts"], his.data["messages"]) == ({}, [])

        # A page that is loaded again has everything at once.
        contact = await _write(web, 3, "Again me", "chat:2")
        await web.settled()
        async with shown(ann, "desk") as hers:
            assert set(hers.data["contacts"]) == {contact}
            assert [one["text"] for one in hers.data["messages"]] == ["Again me"]


async def _refused(who: Person | Web, topic: str, **how: str) -> int:
    with pytest.raises(WSServerHandshakeError) as caught:
        async with shown(who, topic, **how):
            pass
    return caught.value.status


async def test_topics_are_for_those_who_may(web: Web):
    async with person(web, "ann") as ann, person(web, "sue") as sue, person(web) as nobody:
        assert await _refused(ann, "wallboard") == 403
        assert await _refused(nobody, "desk") == 401
        assert await _refused(nobody, "wallboard") == 401
        assert await _refused(ann, "everything") == 400
        async with shown(sue, "wallboard"), shown(sue, "desk"), shown(ann, "desk"):
            assert web.feed.count == 3
    for role, status in ((Role.READ, 403), (Role.AGENT, 403)):
        assert await _refused(web, "wallboard", token=web.tokens[role]) == status
    assert await _refused(web, "desk", token=web.tokens[Role.ADMIN]) == 403
    async with shown(web, "wallboard", token=web.tokens[Role.SUPERVISOR]):
        pass
    status, _ = await web.ask("/api/v1/live?topics=wallboard")
    assert status == 400  # no websocket


async def test_another_sites_page_sees_nothing(web: Web):
    async with person(web, "sue") as sue:
        for origin in ("http://evil.example", "null", "http://127.0.0.1:1"):
            assert await _refused(sue, "wallboard", Origin=origin) == 403
        url = web.server.make_url("/api/v1/live?topics=wallboard")
        with pytest.raises(WSServerHandshakeError) as caught:  # a browser always names one
            await sue.session.ws_connect(url)
        assert caught.value.status == 403


async def test_a_socket_ends_with_its_session(web: Web, monkeypatch):
    monkeypatch.setattr(watch, "CHECK_SECONDS", 0.05)
    token = web.tokens[Role.SUPERVISOR]
    async with person(web, "ann") as ann, person(web, "sue") as sue:
        async with (
            shown(ann, "desk") as hers,
            shown(sue, "wallboard") as board,
            shown(web, "wallboard", token=token) as programs,
        ):
            await ann.ask("/api/v1/session", method="DELETE")
            rows = {row.profile.name: row for row in await web.centre.agent_store.agents()}
            await web.centre.agent_store.save_agent(replace(rows["sue"], role=Role.AGENT))
            await web.centre.token_store.revoke_token("a supervisor", now=web.centre.now())
            async with asyncio.timeout(5):
                for page in (hers, board, programs):
                    while await page.take():
                        pass
                    assert page.close_code == watch.SESSION_ENDED
        await eventually(lambda: not web.feed.count)


async def test_who_does_not_read_is_dropped_and_who_talks_is_shown_out(web: Web, monkeypatch):
    monkeypatch.setattr(frames, "WAITING_FRAMES", 3)
    slow = web.feed.watch_board()
    for number in range(4):
        web.feed._board.touch_agent(AgentName("ann"))
        web.feed._flush()
        assert slow.is_dropped is (number >= 2)
    assert await slow.next() is None
    web.feed.forget(slow)
    async with shown(web, "wallboard") as board:
        await board.socket.send_str("hello")
        assert not await board.take()
        assert board.close_code == 1008


async def test_silence_never_lasts(web: Web, monkeypatch):
    monkeypatch.setattr(live, "ALIVE_SECONDS", 0.05)
    async with (
        person(web, "ann") as ann,
        shown(ann, "desk") as desk,
        shown(web, "wallboard") as board,
    ):
        for page in (desk, board):
            for _ in range(3):
                assert await page.take()


async def test_nothing_is_computed_while_nobody_looks(web: Web):
    await ready(web, "ann")
    await web.call("leg-1")
    assert not web.feed._board.is_touched
    assert web.feed._flushing is None


async def test_names_of_others_queues(web: Web):
    """A new agent and a new queue show by themselves."""
    async with shown(web, "wallboard") as board:
        profile = web.centre.state.agents[AgentName("ann")].profile
        await web.tell(
            i.DefineAgent(replace(profile, name=AgentName("new"), queues={QueueName("sales"): 1}))
        )
        await board.until(lambda data: "new" in data["agents"])
        await web.tell(i.RemoveAgent(AgentName("new")))
        await board.until(lambda data: "new" not in data["agents"])
