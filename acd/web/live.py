"""``/api/v1/live``: the live feed on a websocket."""

from __future__ import annotations

import asyncio
from http import HTTPStatus

import msgspec
from aiohttp import WSCloseCode, WSMsgType, web

from acd.app.frames import LiveFrame, Subscription
from acd.app.live import LiveFeed, Topic
from acd.ports.store import Role
from acd.web.auth import WHO, Who
from acd.web.errors import ApiError
from acd.web.routes import route
from acd.web.watch import SESSION_ENDED, Watch

SEND_SECONDS = 5.0
"""How long a client may take nothing of a full connection before it is cut."""

HEARTBEAT_SECONDS = 20.0

LARGEST_MESSAGE = 1024
"""Octets that a client may send: it has nothing to say."""

SOCKETS = 8
"""Of one person or program at once: tabs, and a page that is loaded again."""


class LiveQuery(msgspec.Struct, kw_only=True, frozen=True):
    """What to show."""

    topics: Topic


class Live:
    """The handler."""

    def __init__(self, feed: LiveFeed, watch: Watch) -> None:
        self._feed = feed
        self._watch = watch
        self._open: dict[str, int] = {}

    @route(
        "GET",
        "/api/v1/live",
        Role.AGENT,
        answer=LiveFrame,
        status=HTTPStatus.SWITCHING_PROTOCOLS,
    )
    async def live(self, request: web.Request, query: LiveQuery) -> web.WebSocketResponse:
        """Show a desk or the wallboard, as it changes, on a websocket.

        The first frame is a snapshot; each that follows is numbered one higher than the one before
        and holds what has changed. An agent has the topic `desk`, with what is their own;
        supervisors have `wallboard`, with everything. At least every ten seconds there is a frame.
        The server closes with 4401 when the session has ended; who reads too slowly is cut off.
        """
        who = request[WHO]
        if query.topics is Topic.DESK and who.agent is None:
            raise ApiError("a desk is an agent's: sign in", code="not-yours")
        if query.topics is Topic.WALLBOARD and not who.may(Role.SUPERVISOR):
            raise ApiError(
                f"{who.actor} may not see the wallboard",
                code="role-insufficient",
                details={"role": who.role, "needed": Role.SUPERVISOR},
            )
        socket = web.WebSocketResponse(
            heartbeat=HEARTBEAT_SECONDS, max_msg_size=LARGEST_MESSAGE, compress=False
        )
        if not socket.can_prepare(request):
            raise ApiError("this is a websocket")
        if self._open.get(who.actor, 0) >= SOCKETS:
            raise ApiError("too many are open", code="too-many-connections")
        self._open[who.actor] = self._open.get(who.actor, 0) + 1
        try:
            await socket.prepare(request)
            await self._show(request, socket, who, query.topics)
        finally:
            self._open[who.actor] -= 1
            if not self._open[who.actor]:
                del self._open[who.actor]
        return socket

    async def _show(
        self, request: web.Request, socket: web.WebSocketResponse, who: Who, topic: Topic
    ) -> None:
        """Send until the client goes, is too slow, or may be here no longer."""
        if topic is Topic.DESK and who.agent is not None:
            subscription = await self._feed.watch_desk(who.agent)
        else:
            subscription = self._feed.watch_board()
        ended = asyncio.create_task(self._watch.ended(who), name="live-ended")
        sending = asyncio.create_task(_send(socket, subscription), name="live-send")
        reading = asyncio.create_task(_read(socket), name="live-read")
        tasks = (ended, sending, reading)
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            if ended.done():
                await socket.close(code=SESSION_ENDED, message=b"sign in again")
            elif reading.done():
                await socket.close(code=WSCloseCode.POLICY_VIOLATION)
            elif request.transport is not None:
                request.transport.abort()  # to be polite would take as long as to send
        finally:
            self._feed.forget(subscription)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)


async def _send(socket: web.WebSocketResponse, subscription: Subscription) -> None:
    """Send frames until the client takes no more."""
    while (frame := await subscription.next()) is not None:
        try:
            async with asyncio.timeout(SEND_SECONDS):
                await socket.send_frame(frame, WSMsgType.TEXT)
        except (TimeoutError, ConnectionError):
            return


async def _read(socket: web.WebSocketResponse) -> None:
    """Return when the client goes, or says something."""
    await socket.receive()
