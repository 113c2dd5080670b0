"""Health and metrics, for whoever watches over the engine."""

from __future__ import annotations

from http import HTTPStatus

import msgspec
from aiohttp import web

from acd import __version__
from acd.app.centre import Centre, PartHealth
from acd.web.answers import answer
from acd.web.auth import PUBLIC
from acd.web.metrics import CONTENT_TYPE, Exposition
from acd.web.routes import route


class Alive(msgspec.Struct):
    """The process answers."""

    status: str
    version: str


class Ready(msgspec.Struct):
    """Whether a call would be served now, and what each part says of itself."""

    ready: bool
    parts: dict[str, PartHealth]


class Health:
    """The handlers that need no token: they tell nothing of a person or a call."""

    def __init__(self, centre: Centre, exposition: Exposition) -> None:
        self._centre = centre
        self._exposition = exposition

    @route("GET", "/healthz", PUBLIC)
    async def healthz(self, request: web.Request) -> Alive:
        """Say that the process is alive: whoever gets no answer should restart it."""
        return Alive("alive", __version__)

    @route("GET", "/readyz", PUBLIC, answer=Ready)
    async def readyz(self, request: web.Request) -> web.Response:
        """Say whether a call would be served now, and what each part says of itself."""
        parts = self._centre.health()
        is_ready = all(part.ok for part in parts.values())
        return answer(
            Ready(is_ready, parts),
            HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE,
        )

    @route("GET", "/metrics", PUBLIC, answer=str, media="text/plain")
    async def metrics(self, request: web.Request) -> web.Response:
        """Return the metrics in Prometheus' text format."""
        return web.Response(body=self._exposition.text(), headers={"Content-Type": CONTENT_TYPE})
