"""One open ARI websocket: requests out, replies and events in."""

from __future__ import annotations

import asyncio
import itertools

import aiohttp

from acd.adapters.ari.errors import AriUnavailable
from acd.adapters.ari.generated import ApplicationReplaced, MissingParams, Query, RESTResponse
from acd.adapters.ari.inbox import EventInbox
from acd.adapters.ari.wire import (
    Arrival,
    UnknownEvent,
    decode_message,
    encode_request,
    reply_body,
)


class Link:
    """Lives as long as its socket.

    A request costs one encode, one write and one future: no task, no lock. Replies are matched
    by id, so any number may be in flight; Asterisk serves them one after another.

    Attributes:
        epoch: number of the link, stamped on its events.
        replaced: another client took over the application; this one must fall silent.
        lost: why the link ended; empty while it is up.
        unknown: events that could not be decoded.
    """

    def __init__(
        self,
        socket: aiohttp.ClientWebSocketResponse,
        inbox: EventInbox,
        deadline: float,
        epoch: int,
    ) -> None:
        self._socket = socket
        self._inbox = inbox
        self._deadline = deadline
        self._ids = itertools.count(1)
        self._pending: dict[str, asyncio.Future[RESTResponse]] = {}
        self._loop = asyncio.get_running_loop()
        self.epoch = epoch
        self.replaced = False
        self.lost = ""
        self.unknown = 0

    async def request(
        self, method: str, path: str, query: Query = (), body: bytes | None = None
    ) -> bytes:
        """Send one REST request and wait for its reply.

        Raises:
            AriError: Asterisk answered with a status of 400 or more.
            AriUnavailable: the link is down, goes down, or no reply came within the deadline.
            AriRequestTooLarge: the request does not fit a frame.
        """
        if self.lost:
            raise AriUnavailable(f"ARI link is down: {self.lost}")
        what = f"{method} {path}"
        request_id = str(next(self._ids))
        frame = encode_request(request_id, method, path, query, body)
        future: asyncio.Future[RESTResponse] = self._loop.create_future()
        self._pending[request_id] = future
        try:
            # The deadline spans the write too: it waits once Asterisk no longer reads.
            async with asyncio.timeout(self._deadline):
                await self._socket.send_frame(frame, aiohttp.WSMsgType.TEXT)
                reply = await future
        except TimeoutError:
            raise AriUnavailable(f"ARI {what}: no reply in time", code="ari-timeout") from None
        except (aiohttp.ClientError, ConnectionError) as error:
            raise AriUnavailable(f"ARI {what}: {type(error).__name__}") from error
        finally:
            self._pending.pop(request_id, None)
        return reply_body(reply, what)

    async def read(self) -> str:
        """Drain the socket until it ends; return why it did.

        Nothing here waits for anybody: replies wake their requests, events go to the inbox.
        """
        reason = "reader stopped"
        try:
            async for message in self._socket:
                if message.type is aiohttp.WSMsgType.TEXT:
                    self._take(message.data)
                if self.replaced:
                    break
            reason = f"closed with code {self._socket.close_code}"
        finally:
            self.fail(reason)
        return self.lost

    def fail(self, reason: str) -> None:
        """Mark the link as lost and fail what is in flight; repeating it changes nothing."""
        self.lost = self.lost or reason
        pending, self._pending = self._pending, {}
        for future in pending.values():
            if not future.done():
                future.set_exception(AriUnavailable(f"ARI link was lost: {reason}"))

    def _take(self, text: str) -> None:
        message = decode_message(text)
        if isinstance(message, RESTResponse):
            future = self._pending.pop(message.request_id, None)
            if future is not None and not future.done():
                future.set_result(message)
        elif isinstance(message, ApplicationReplaced):
            self.replaced = True
            self.fail("replaced by another client")
        elif isinstance(message, MissingParams):
            self.unknown += 1
        else:
            if isinstance(message, UnknownEvent):
                self.unknown += 1
            self._inbox.put(Arrival(self._loop.time(), self.epoch, message))
