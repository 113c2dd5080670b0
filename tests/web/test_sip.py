"""SIP over websocket: only for people who are signed in, on our own pages, while they are."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import dataclass, field

import pytest
from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType, WSServerHandshakeError
from aiohttp import web as aio
from aiohttp.test_utils import TestServer
from webkit import OWN_TOKEN, Web, eventually, signed_in

from acd.web.server import make_app
from acd.web.sip import LARGEST_MESSAGE, LINKS_OF_AN_AGENT, SipProxy
from acd.web.watch import SESSION_ENDED, Watch

pytestmark = pytest.mark.app


@dataclass
class Asterisk:
    """The other end: says everything back, in capitals."""

    heard: list[str] = field(default_factory=list)
    open: int = 0

    async def answer(self, request: aio.Request) -> aio.WebSocketResponse:
        socket = aio.WebSocketResponse(protocols=("sip",))
        await socket.prepare(request)
        assert socket.ws_protocol == "sip"
        self.open += 1
        async for message in socket:
            self.heard.append(message.data)
            if message.data == "BYE":
                break
            await socket.send_str(message.data.upper())
        self.open -= 1
        return socket


@dataclass
class Line:
    """A server with the proxy, and what is behind it."""

    web: Web
    url: str
    asterisk: Asterisk
    session: ClientSession

    @contextlib.asynccontextmanager
    async def page(self, secret: str, origin: str = "") -> AsyncIterator[ClientWebSocketResponse]:
        headers = {"Cookie": f"acd_session={secret}", "Origin": origin or self.url}
        async with self.session.ws_connect(
            f"{self.url}/sip", protocols=("sip",), headers=headers
        ) as socket:
            yield socket

    async def refusal(self, secret: str, origin: str = "") -> int:
        with pytest.raises(WSServerHandshakeError) as refused:
            async with self.page(secret, origin):
                pass
        return refused.value.status


@pytest.fixture
async def line(web: Web) -> AsyncIterator[Line]:
    asterisk = Asterisk()
    behind = aio.Application()
    behind.router.add_get("/ws", asterisk.answer)
    async with TestServer(behind) as upstream, ClientSession() as session:
        proxy = SipProxy(str(upstream.make_url("/ws")), Watch(web.centre))
        app = make_app(web.centre, own_token=OWN_TOKEN, host="127.0.0.1", parts=[proxy])
        async with TestServer(app) as server:
            yield Line(web, str(server.make_url("/")).rstrip("/"), asterisk, session)


async def test_what_is_said_goes_both_ways_until_one_hangs_up(line: Line):
    async with line.page(await signed_in(line.web, "ann")) as page:
        assert page.protocol == "sip"
        await page.send_str("options")
        assert (await page.receive(timeout=5)).data == "OPTIONS"
        await page.send_str("BYE")
        assert (await page.receive(timeout=5)).type is WSMsgType.CLOSE
    async with line.page(await signed_in(line.web, "ann")):
        await eventually(lambda: line.asterisk.open == 1)
    await eventually(lambda: line.asterisk.open == 0)
    assert line.asterisk.heard == ["options", "BYE"]


async def test_strangers_and_other_sites_hear_nothing(line: Line):
    secret = await signed_in(line.web, "ann")
    assert await line.refusal("") == 401
    assert await line.refusal("x" * 43) == 401
    assert await line.refusal(secret, "http://evil.example") == 403
    assert line.asterisk.heard == []


async def test_an_agent_has_only_so_many_lines(line: Line):
    secret = await signed_in(line.web, "ann")
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(LINKS_OF_AN_AGENT):
            await stack.enter_async_context(line.page(secret))
        assert await line.refusal(secret) == 429
        other = await signed_in(line.web, "bob")
        await stack.enter_async_context(line.page(other))  # others are not kept out by it
    await eventually(lambda: line.asterisk.open == 0)
    async with line.page(secret):
        pass


async def test_the_line_ends_with_the_session(line: Line):
    secret = await signed_in(line.web, "ann")
    async with line.page(secret) as page:
        await page.send_str("options")
        await page.receive(timeout=5)
        await line.web.centre.session_store.end_session(secret)
        async with asyncio.timeout(5):
            assert (await page.receive()).type is WSMsgType.CLOSE
        assert page.close_code == SESSION_ENDED
    await eventually(lambda: line.asterisk.open == 0)


async def test_what_is_too_large_or_no_text_ends_it(line: Line):
    for wrong in (b"bytes", "x" * (LARGEST_MESSAGE + 1)):
        async with line.page(await signed_in(line.web, "ann")) as page:
            await (page.send_bytes(wrong) if isinstance(wrong, bytes) else page.send_str(wrong))
            assert (await page.receive(timeout=5)).type is WSMsgType.CLOSE
    assert line.asterisk.heard == []
