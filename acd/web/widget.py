"""``/widget``: what sites include for their customers; needs no session."""

from __future__ import annotations

from collections.abc import Collection
from importlib.resources import files
from urllib.parse import urlsplit

from aiohttp import ClientConnectionError, WSMsgType, web

from acd.ports.gateway import ChatDoor
from acd.ports.intake import IntakeStore
from acd.ports.messages import MessageStore
from acd.web.auth import PUBLIC
from acd.web.errors import ApiError
from acd.web.files import download
from acd.web.pages import POLICY
from acd.web.routes import route

LARGEST_FRAME = 64 * 1024

HEARTBEAT_SECONDS = 20.0
"""Between two pings; a socket that does not answer within half of it is taken for gone."""

_FILES = {
    "call.js": "text/javascript",
    "callstyle.js": "text/javascript",
    "chat.js": "text/javascript",
    "choices.js": "text/javascript",
    "connection.js": "text/javascript",
    "texts.js": "text/javascript",
    "style.js": "text/javascript",
    "demo.css": "text/css",
    "demo.js": "text/javascript",
    "jssip.js": "text/javascript",
}

_ELSEWHERE = {"jssip.js": "../vendor/jssip.js"}
"""Served beside them: a site fetches everything from one place, with the same headers."""

_FOLDER = files("acd.web") / "static" / "widget"

_FOR_EVERY_SITE = {
    "Access-Control-Allow-Origin": "*",  # modules are fetched with CORS, whatever the site
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cache-Control": "public, max-age=300",
}


class Widget:
    """The widget's script and the socket it talks over."""

    def __init__(
        self,
        door: ChatDoor,
        intake: IntakeStore,
        messages: MessageStore,
        origins: Collection[str],
    ) -> None:
        """Prepare.

        Args:
            door: the chat's gateway.
            intake: where files are.
            messages: which messages carry them.
            origins: sites that may include the widget, such as ``https://www.example.org``;
                pages of our own always may.
        """
        self._door = door
        self._intake = intake
        self._messages = messages
        self._origins = frozenset(origins)

    @route("GET", "/widget/chat", PUBLIC, is_documented=False, is_cross_site=True)
    async def chat(self, request: web.Request) -> web.StreamResponse:
        """Talk to a customer's browser over a websocket."""
        origin = request.headers.get("Origin")
        if origin is not None and not self._is_known(origin, request.host):
            raise ApiError("this site may not include the widget", code="origin-refused")
        response = web.WebSocketResponse(
            heartbeat=HEARTBEAT_SECONDS, max_msg_size=LARGEST_FRAME, compress=False
        )
        await response.prepare(request)
        await self._door.serve(_Socket(response))
        await response.close()
        return response

    def _is_known(self, origin: str, host: str) -> bool:
        return urlsplit(origin).netloc == host or origin in self._origins

    @route("GET", "/widget/files/{id}", PUBLIC, is_documented=False)
    async def file(self, request: web.Request, id: str) -> web.Response:
        """Give a file of a chat; who knows its random id has been told it in the chat."""
        thread = await self._messages.thread_with(id)
        is_chats = thread is not None and thread.startswith("chat:")
        found = await self._intake.attachment(id) if is_chats else None
        if found is None:
            raise ApiError("there is no such file", code="not-found")
        return download(found)

    @route("GET", "/widget/{name}", PUBLIC, is_documented=False)
    async def script(self, request: web.Request, name: str) -> web.Response:
        """Give one of the widget's scripts."""
        if name not in _FILES:
            raise ApiError(f"there is nothing at {request.path!r}", code="not-found")
        response = web.Response(
            body=_FOLDER.joinpath(_ELSEWHERE.get(name, name)).read_bytes(),
            content_type=_FILES[name],
            headers=_FOR_EVERY_SITE,
        )
        response.charset = "utf-8"
        return response


class DemoSite:
    """``/demo``: a customer's page that includes the widget; served by ``acd up --demo`` only."""

    @route("GET", "/demo", PUBLIC, media="text/html", is_documented=False)
    async def page(self, request: web.Request) -> web.Response:
        """Show a shop's page as its customer sees it."""
        response = web.Response(
            body=(_FOLDER / "demo.html").read_bytes(),
            content_type="text/html",
            headers={"Content-Security-Policy": POLICY},
        )
        response.charset = "utf-8"
        return response


class _Socket:
    """:class:`acd.ports.gateway.Socket` on aiohttp's."""

    def __init__(self, response: web.WebSocketResponse) -> None:
        self._response = response

    async def receive(self) -> str | bytes | None:
        message = await self._response.receive()
        match message.type:
            case WSMsgType.TEXT | WSMsgType.BINARY:
                data: str | bytes = message.data
                return data
            case _:
                return None

    async def send(self, text: str) -> None:
        try:
            await self._response.send_str(text)
        except (ClientConnectionError, ConnectionError, RuntimeError):
            return  # it has gone; receive says so

    async def close(self, code: int, reason: str) -> None:
        await self._response.close(code=code, message=reason.encode())
