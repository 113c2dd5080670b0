"""``/sip``: SIP over websocket between an agent's browser and our Asterisk (RFC 7118).

Asterisk's own websocket listens on loopback and asks nobody who they are before SIP does. Here the
session is checked first, and one address, one certificate and one origin serve pages and calls.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from collections.abc import AsyncIterator

import aiohttp
import structlog
from aiohttp import WSCloseCode, WSMsgType, web

from acd.core.ids import AgentName
from acd.ports.store import Role
from acd.web.auth import WHO, Who
from acd.web.errors import ApiError
from acd.web.routes import route
from acd.web.watch import SESSION_ENDED, Watch

log = structlog.get_logger()

PROTOCOL = "sip"

LARGEST_MESSAGE = 64 * 1024
"""Octets of one SIP message; an INVITE with its offer has about four thousand."""

_CLOSE_SOON = aiohttp.ClientWSTimeout(ws_close=1.0)

LINKS_OF_AN_AGENT = 4
"""Connections at once: a page that is loaded again may be there before the old one has gone."""

HEARTBEAT_SECONDS = 20.0

Socket = web.WebSocketResponse | aiohttp.ClientWebSocketResponse


class SipProxy:
    """The handler.

    Args:
        upstream: address of Asterisk's websocket.
        watch: says when a session has ended.
    """

    def __init__(self, upstream: str, watch: Watch) -> None:
        self._upstream = upstream
        self._watch = watch
        self._links: Counter[AgentName] = Counter()

    @route("GET", "/sip", Role.AGENT, is_documented=False)
    async def sip(self, request: web.Request) -> web.WebSocketResponse:
        """Carry SIP between the page of whoever is signed in and Asterisk."""
        who = request[WHO]
        if who.agent is None:
            raise ApiError("only people have a telephone here", code="no-phone")
        if self._links[who.agent] >= LINKS_OF_AN_AGENT:
            raise ApiError("too many telephones are open", code="too-many-connections")
        page = web.WebSocketResponse(
            protocols=(PROTOCOL,),
            heartbeat=HEARTBEAT_SECONDS,
            max_msg_size=LARGEST_MESSAGE,
            compress=False,
        )
        if not page.can_prepare(request):
            raise ApiError("this is a websocket", code="bad-request")
        self._links[who.agent] += 1
        try:
            await page.prepare(request)
            await self._carry(page, who)
        finally:
            self._links[who.agent] -= 1
            self._links += Counter()  # forgets agents without a link
        return page

    async def _carry(self, page: web.WebSocketResponse, who: Who) -> None:
        try:
            async with telephony(self._upstream) as asterisk:
                await self._both_ways(page, asterisk, who)
        except aiohttp.ClientError as error:
            log.warning("sip link refused", reason=str(error))
            await page.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"no telephony")

    async def _both_ways(
        self, page: web.WebSocketResponse, asterisk: aiohttp.ClientWebSocketResponse, who: Who
    ) -> None:
        """Copy until one side closes or the session ends; then close the other."""
        tasks = [
            asyncio.create_task(copy(page, asterisk), name="sip-up"),
            asyncio.create_task(copy(asterisk, page), name="sip-down"),
            asyncio.create_task(self._watch.ended(who), name="sip-session"),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            code = SESSION_ENDED if tasks[2].done() else WSCloseCode.GOING_AWAY
        finally:
            for task in tasks:
                task.cancel()
            for result in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(result, Exception):
                    log.warning("sip link failed", reason=str(result))
        await page.close(code=code)


@contextlib.asynccontextmanager
async def telephony(upstream: str) -> AsyncIterator[aiohttp.ClientWebSocketResponse]:
    """Connect with Asterisk's websocket for SIP.

    Raises:
        aiohttp.ClientError: it does not answer.
    """
    async with (
        aiohttp.ClientSession() as client,
        client.ws_connect(
            upstream,
            protocols=(PROTOCOL,),
            compress=0,
            max_msg_size=LARGEST_MESSAGE,
            timeout=_CLOSE_SOON,
        ) as asterisk,
    ):
        yield asterisk


async def copy(source: Socket, target: Socket) -> None:
    """Carry messages one way until one side closes."""
    async for message in source:
        if message.type is not WSMsgType.TEXT:
            return  # SIP here is text (RFC 7118 section 5 allows it); anything else is not ours
        with contextlib.suppress(aiohttp.ClientConnectionResetError):
            await target.send_str(message.data)
            continue
        return
