"""The HTTP server: one application, one port, on loopback unless told otherwise."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from types import TracebackType
from typing import Self

from aiohttp import web

from acd.app.centre import Centre
from acd.core.errors import AcdError
from acd.web.actions import Actions
from acd.web.admin import Admin
from acd.web.api import Api
from acd.web.auth import Guard
from acd.web.calendars import Calendars
from acd.web.door import Door
from acd.web.errors import answer_errors
from acd.web.health import Health
from acd.web.metrics import Exposition
from acd.web.openapi import OpenApi
from acd.web.pages import Pages
from acd.web.routes import declared
from acd.web.sessions import Sessions

LARGEST_BODY = 64 * 1024
KEEPALIVE_SECONDS = 75.0
SHUTDOWN_SECONDS = 2.0

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'self'; img-src 'self' data:; frame-ancestors 'none'",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
}
"""Sent with every answer that does not say otherwise. There is no CORS."""


class WebError(AcdError):
    """The server cannot be started (``port-in-use``)."""

    code = "port-in-use"


def make_app(
    centre: Centre, *, own_token: str, host: str, parts: Sequence[object] = ()
) -> web.Application:
    """Return the application.

    Args:
        centre: what it shows.
        own_token: see :class:`acd.web.auth.Guard`.
        host: name or address it is reached at, besides ``localhost``.
        parts: further objects whose methods declare routes, see :mod:`acd.web.routes`.

    Raises:
        RouteError: a route is declared in a way that cannot work.
    """
    guard = Guard(
        centre.token_store.verify_token,
        lambda secret: centre.session_store.session(secret, now=centre.now()),
        own_token,
        host,
    )
    app = web.Application(
        middlewares=[answer_errors, guard.middleware()], client_max_size=LARGEST_BODY
    )
    for part in (
        Health(centre, Exposition(centre)),
        Pages(),
        OpenApi(),
        Sessions(centre),
        Api(centre),
        Actions(centre),
        Admin(centre),
        Calendars(centre),
        *parts,
    ):
        app.add_routes(declared(part))
    app.on_response_prepare.append(_add_headers)
    return app


async def _add_headers(_: web.Request, response: web.StreamResponse) -> None:
    for name, text in HEADERS.items():
        response.headers.setdefault(name, text)  # a handler may know better
    response.headers["Server"] = "acd"


class WebServer:
    """An application on a port, as a context manager."""

    def __init__(self, app: web.Application, host: str, port: int) -> None:
        self._host = host
        self._port = port
        self._listening: asyncio.Server | None = None
        self._runner = web.AppRunner(
            app,
            access_log=None,
            handle_signals=False,
            keepalive_timeout=KEEPALIVE_SECONDS,
            shutdown_timeout=SHUTDOWN_SECONDS,
        )

    async def __aenter__(self) -> Self:
        """Listen.

        Raises:
            WebError: somebody else does, or the address is not ours.
        """
        await self._runner.setup()
        assert self._runner.server is not None
        loop = asyncio.get_running_loop()
        try:
            self._listening = await loop.create_server(
                Door(self._runner.server), self._host, self._port
            )
        except OSError as error:
            await self._runner.cleanup()
            raise WebError(
                f"port {self._port} on {self._host} cannot be used: {error.strerror or error}",
                hint="stop the program that holds it, or choose another with --port",
            ) from None
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._listening is not None:
            self._listening.close()
        await self._runner.cleanup()
