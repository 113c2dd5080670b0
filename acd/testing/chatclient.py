"""A customer of the web chat for tests: what the widget does, without a browser."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import ClientSession, ClientWebSocketResponse, WSMsgType

from acd.gateways.chat.talk import PER_SECOND

PATIENCE_SECONDS = 30.0

_keys = itertools.count(1)


def new_key() -> str:
    """Return an id for something a client sends."""
    return f"key-{next(_keys):08}"


@dataclass(slots=True)
class ChatClient:
    """One tab of a customer's browser.

    Attributes:
        token: resumes the conversation.
        last: ``seq`` of the last message.
        messages: all frames of type ``message``, in order of arrival.
        frames: all other frames.
        closed: close code, once the server has closed the socket.
    """

    socket: ClientWebSocketResponse
    token: str = ""
    last: int = 0
    messages: list[dict[str, Any]] = field(default_factory=list)
    frames: list[dict[str, Any]] = field(default_factory=list)
    closed: int | None = None
    _changed: asyncio.Event = field(default_factory=asyncio.Event)

    async def read(self) -> None:
        """Take frames until the socket is closed."""
        async for message in self.socket:
            if message.type is not WSMsgType.TEXT:
                continue
            frame = message.json()
            if frame["type"] == "message":
                self.messages.append(frame)
                self.last = max(self.last, frame["seq"])
            else:
                self.frames.append(frame)
                self.token = frame.get("token", self.token)
            self._changed.set()
        self.closed = self.socket.close_code
        self._changed.set()

    async def send(self, kind: str, **values: Any) -> None:
        """Send a frame."""
        await self.socket.send_json({"type": kind, **values})

    async def say(self, text: str, key: str | None = None, **values: Any) -> str:
        """Send a message, again when asked to wait, until it is acknowledged; return its id."""
        key = key or new_key()
        while True:
            heard = len(self.frames)
            await self.send("message", id=key, text=text, **values)
            answer = await self.frame_after(heard, id=key)
            if not answer.get("retry"):
                assert answer["type"] == "ack", answer
                return key
            await asyncio.sleep(1 / PER_SECOND)

    async def frame(self, kind: str, **values: Any) -> dict[str, Any]:
        """Return the first frame of a kind with these values, once it is there."""
        return await self.frame_after(0, type=kind, **values)

    async def frame_after(self, heard: int, **wanted: Any) -> dict[str, Any]:
        """Return the first frame with these values after the first ``heard``, once it is there."""

        def found() -> dict[str, Any] | None:
            return next((f for f in self.frames[heard:] if wanted.items() <= f.items()), None)

        await self.until(found)
        frame = found()
        assert frame is not None
        return frame

    async def texts(self, *wanted: str) -> None:
        """Wait until exactly these texts have come, in this order."""
        await self.until(lambda: len(self.messages) >= len(wanted))
        found = [message["text"] for message in self.messages]
        assert found == list(wanted), found

    async def until(self, true: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
        """Return once something is so; looked at after each frame.

        Raises:
            TimeoutError: it did not come to be.
        """
        async with asyncio.timeout(seconds):
            while not true():
                self._changed.clear()
                await self._changed.wait()


@contextlib.asynccontextmanager
async def chat(
    session: ClientSession, url: str, *, resume: ChatClient | None = None, **hello: Any
) -> AsyncIterator[ChatClient]:
    """Open the chat at the server's ``url``, or go on with what another tab began."""
    async with session.ws_connect(f"{url}/widget/chat") as socket:
        client = ChatClient(socket)
        if resume is not None:
            client.last = resume.last
            hello = {"token": resume.token, "last": resume.last} | hello
        await client.send("hello", **({"address": "widget:site"} | hello))
        reader = asyncio.create_task(client.read())
        try:
            yield client
        finally:
            await socket.close()
            await reader
