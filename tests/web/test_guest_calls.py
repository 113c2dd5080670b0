"""Tickets and connections of strangers who call: how many, how long, and for what."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Any

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, WSServerHandshakeError
from aiohttp import web as aio
from aiohttp.test_utils import TestServer
from test_guest_sip import message
from webkit import OWN_TOKEN, Web, eventually

from acd.core.timers import MICROSECONDS, Instant
from acd.ports.phones import sip_digest
from acd.web import guestcalls
from acd.web.guestcalls import CALLS_OF_AN_ADDRESS, TICKETS_OF_AN_ADDRESS, GuestCalls
from acd.web.server import make_app

pytestmark = pytest.mark.app

PASSWORD = "p" * 32


@dataclass
class Line:
    """A server that lets strangers call, and what reaches Asterisk."""

    url: str
    session: ClientSession
    heard: list[str] = field(default_factory=list)
    open: int = 0
    seconds: float = 0.0

    def now(self) -> Instant:
        return Instant(round(self.seconds * MICROSECONDS))

    async def answer(self, request: aio.Request) -> aio.WebSocketResponse:
        """Be Asterisk."""
        socket = aio.WebSocketResponse(protocols=("sip",))
        await socket.prepare(request)
        self.open += 1
        async for told in socket:
            self.heard.append(told.data)
            await socket.send_str("SIP/2.0 100 Trying")
        self.open -= 1
        return socket

    async def ticket(self, **query: str) -> dict[str, Any]:
        async with self.session.get(f"{self.url}/widget/call", params=query) as reply:
            return {"status": reply.status} | await reply.json()

    @contextlib.asynccontextmanager
    async def page(self, ticket: dict[str, Any]) -> AsyncIterator[ClientWebSocketResponse]:
        to = self.url + ticket["path"]
        async with self.session.ws_connect(to, protocols=("sip",)) as socket:
            yield socket

    async def refusal(self, ticket: dict[str, Any]) -> int:
        with pytest.raises(WSServerHandshakeError) as refused:
            async with self.page(ticket):
                pass
        return refused.value.status


@pytest.fixture
async def line(web: Web) -> AsyncIterator[Line]:
    async with ClientSession() as session:
        line = Line("", session)
        behind = aio.Application()
        behind.router.add_get("/ws", line.answer)
        async with TestServer(behind) as upstream:
            calls = GuestCalls(
                str(upstream.make_url("/ws")),
                ("300", "100"),
                user="web-guest",
                password=PASSWORD,
                origins=(),
                now=line.now,
            )
            app = make_app(web.centre, own_token=OWN_TOKEN, host="127.0.0.1", parts=[calls])
            async with TestServer(app) as server:
                line.url = str(server.make_url("/")).rstrip("/")
                yield line


def invite(ticket: dict[str, Any], call_id: str = "c1") -> str:
    first = f"INVITE {ticket['target']} SIP/2.0"
    return message(first, From=f"<{ticket['uri']}>;tag=1", Call_ID=call_id)


async def test_a_ticket_says_what_a_page_needs(line: Line):
    found = await line.ticket(name="Jo Fischer")
    assert found["status"] == 200
    assert (found["number"], found["name"]) == ("300", "Jo Fischer")
    assert found["ha1"] == sip_digest("web-guest", PASSWORD)
    assert PASSWORD not in str(found)
    assert (await line.ticket(number="100"))["number"] == "100"
    assert (await line.ticket(number="200"))["status"] == 404
    assert found["uri"] != (await line.ticket())["uri"]


async def test_a_call_is_carried_and_its_connection_may_come_back(line: Line):
    ticket = await line.ticket()
    async with line.page(ticket) as page:
        await page.send_str(invite(ticket))
        assert (await page.receive(timeout=5)).data == "SIP/2.0 100 Trying"
        assert await line.refusal(ticket) == 429  # while it is used
    await eventually(lambda: line.open == 0)
    async with line.page(ticket) as page:
        await page.send_str(invite(ticket, "another call"))
        assert (await page.receive(timeout=5)).type is WSMsgType.CLOSE
        assert page.close_code == 1008
    assert line.heard == [invite(ticket)]


async def test_tickets_end(line: Line):
    ticket = await line.ticket()
    line.seconds += guestcalls.TICKET_SECONDS + 1
    assert await line.refusal(ticket) == 401
    assert await line.refusal({"path": "/widget/sip"}) == 401


async def test_nobody_gets_all_tickets_or_all_lines(line: Line):
    tickets = [await line.ticket() for _ in range(TICKETS_OF_AN_ADDRESS)]
    assert (await line.ticket())["status"] == 429
    async with contextlib.AsyncExitStack() as stack:
        for ticket in tickets[:CALLS_OF_AN_ADDRESS]:
            await stack.enter_async_context(line.page(ticket))
        await eventually(lambda: line.open == CALLS_OF_AN_ADDRESS)
        assert await line.refusal(tickets[CALLS_OF_AN_ADDRESS]) == 429
    await eventually(lambda: line.open == 0)
    async with line.page(tickets[CALLS_OF_AN_ADDRESS]):
        pass
    line.seconds += guestcalls.TICKETS_SECONDS + 1
    assert (await line.ticket())["status"] == 200


@pytest.mark.parametrize("sent", ["", "x" * 20_000, b"binary"])
async def test_what_is_no_sip_ends_the_connection(line: Line, sent: str | bytes):
    async with line.page(await line.ticket()) as page:
        await (page.send_bytes(sent) if isinstance(sent, bytes) else page.send_str(sent))
        assert (await page.receive(timeout=5)).type is WSMsgType.CLOSE
    assert line.heard == []


async def test_who_says_nothing_or_too_much_is_cut(line: Line, monkeypatch: pytest.MonkeyPatch):
    ticket = await line.ticket()
    async with line.page(ticket) as page:
        for _ in range(guestcalls.MESSAGES + 1):
            await page.send_str(invite(ticket))
        while (await page.receive(timeout=5)).type is WSMsgType.TEXT:
            pass
        assert page.close_code == 1008
    assert len(line.heard) == guestcalls.MESSAGES
    monkeypatch.setattr(guestcalls, "SILENCE_SECONDS", 0.1)
    async with line.page(await line.ticket()) as page:
        assert (await page.receive(timeout=5)).type is WSMsgType.CLOSE
        assert page.close_code == 1008
