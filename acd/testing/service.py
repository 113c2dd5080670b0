"""A web service of somebody else, on a good day or on a bad one."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from aiohttp import web
from aiohttp.test_utils import TestServer

ANSWER: Mapping[str, object] = {
    "customer": {"tier": "gold", "name": "Jo\nDoe", "since": 2019, "debt": 1.5, "vip": True},
    "orders": [{"id": "A-1"}, {"id": "A-2"}],
    "nothing": None,
}

TEN_MEGABYTES = 10_000_000


@dataclass(frozen=True, slots=True)
class Asked:
    """A request that came in: ``path`` as it was on the wire, header names in small letters."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass
class WebService:
    """An HTTP server on loopback.

    Attributes:
        day: what it does with requests, a key of :data:`DAYS`.
        asked: what has come in.
        url: where it is; without a slash at the end.
        elsewhere: where it redirects to.
    """

    day: str = "good"
    asked: list[Asked] = field(default_factory=list)
    url: str = ""
    elsewhere: str = ""
    closing: asyncio.Event = field(default_factory=asyncio.Event)
    _came: asyncio.Event = field(default_factory=asyncio.Event)

    async def handle(self, request: web.Request) -> web.StreamResponse:
        """Do what is done on such a day."""
        headers = {name.lower(): value for name, value in request.headers.items()}
        self.asked.append(Asked(request.method, request.raw_path, headers, await request.read()))
        self._came.set()
        return await DAYS[self.day](self, request)

    async def was_asked(self, times: int, seconds: float = 10.0) -> None:
        """Return once so many requests have come in.

        Raises:
            TimeoutError: they did not.
        """
        async with asyncio.timeout(seconds):
            while len(self.asked) < times:
                self._came.clear()
                await self._came.wait()


async def _good(service: WebService, request: web.Request) -> web.StreamResponse:
    return web.json_response(ANSWER)


async def _repeats(service: WebService, request: web.Request) -> web.StreamResponse:
    """Answer with what was asked, as services do that explain themselves."""
    told = json.loads(await request.read() or b"{}")
    number = str(told.get("number", ""))
    apart = " ".join(number[at : at + 4] for at in range(0, len(number), 4))
    name = f"the card {apart} ({number}) was declined"
    return web.json_response({"customer": {"tier": number[-2:], "name": name}})


async def _empty(service: WebService, request: web.Request) -> web.StreamResponse:
    return web.Response(status=204)


async def _hangs(service: WebService, request: web.Request) -> web.StreamResponse:
    await service.closing.wait()
    return web.Response()


async def _drips(service: WebService, request: web.Request) -> web.StreamResponse:
    """Answer for ever, one octet at a time."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):
        while not service.closing.is_set():
            await response.write(b" ")
            await asyncio.sleep(0.02)
    return response


async def _streams(service: WebService, request: web.Request) -> web.StreamResponse:
    """Answer with ten megabytes and do not say so before."""
    response = web.StreamResponse(headers={"Content-Type": "application/json"})
    await response.prepare(request)
    with contextlib.suppress(ConnectionError):
        for _ in range(TEN_MEGABYTES // 100_000):
            await response.write(b" " * 100_000)
    return response


async def _cut(service: WebService, request: web.Request) -> web.StreamResponse:
    """Promise more than there is, and hang up."""
    response = web.StreamResponse(
        headers={"Content-Type": "application/json", "Content-Length": "100"}
    )
    await response.prepare(request)
    await response.write(b'{"customer": {"tier": "go')
    assert request.transport is not None
    request.transport.close()
    return response


async def _redirect(service: WebService, request: web.Request) -> web.StreamResponse:
    return web.Response(status=302, headers={"Location": service.elsewhere})


def _says(body: bytes, kind: str = "application/json", status: int = 200, **headers: str) -> _Day:
    async def day(service: WebService, request: web.Request) -> web.StreamResponse:
        return web.Response(
            body=body, status=status, content_type=kind, headers={"X-Day": "bad", **headers}
        )

    return day


_Day = Callable[[WebService, web.Request], Awaitable[web.StreamResponse]]

DAYS: Mapping[str, _Day] = {
    "good": _good,
    "repeats": _repeats,
    "empty": _empty,
    "hangs": _hangs,
    "drips": _drips,
    "huge": _says(b'"' + b"x" * TEN_MEGABYTES + b'"'),
    "streams": _streams,
    "cut": _cut,
    "redirect": _redirect,
    "not found": _says(b"{}", status=404),
    "refuses": _says(b"{}", status=400),
    "broken": _says(b"{}", status=500),
    "busy": _says(b"{}", status=429),
    "page": _says(b"<html>{}</html>", "text/html"),
    "page of json": _says(b'{"customer": {"tier": "gold"}}', "text/html"),
    "half": _says(b'{"customer": {"tier": "go'),
    "no json": _says(b"\x1f\x8b\x08\x00 gzip?"),
    "deep": _says(b"[" * 500_000),
    "table": _says(b'{"customer": {"tier": {"is": "gold"}, "name": ["Jo"]}}'),
    "half characters": _says(b'{"customer": {"tier": "\\ud800"}}'),
}
"""Name of a day to what is done with a request."""

BAD_DAYS = tuple(day for day in DAYS if day not in ("good", "repeats", "empty", "not found"))
"""Days on which a look-up fails."""


@contextlib.asynccontextmanager
async def web_service(port: int | None = None) -> AsyncIterator[WebService]:
    """Run a service."""
    service = WebService()
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", service.handle)
    server = TestServer(app, port=port)
    await server.start_server()
    service.url = str(server.make_url("/")).rstrip("/")
    try:
        yield service
    finally:
        service.closing.set()
        await server.close()
