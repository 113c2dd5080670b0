"""Health, and the page that a person sees who opens the address."""

from __future__ import annotations

import html
from http import HTTPStatus

from aiohttp import web

from acd import __version__
from acd.app.centre import Centre
from acd.web.answers import answer
from acd.web.auth import PUBLIC, needs
from acd.web.metrics import CONTENT_TYPE, Exposition

_PAGE = f"""<!doctype html>
<html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
<title>acd</title>
<h1>acd {html.escape(__version__)}</h1>
<p>An open contact-centre engine is running here.</p>
<ul>
<li><a href="/readyz">Is it ready for calls?</a></li>
<li><a href="/metrics">Metrics</a></li>
</ul>
</html>
"""


class Health:
    """The handlers that need no token: they tell nothing of a person or a call."""

    def __init__(self, centre: Centre, exposition: Exposition) -> None:
        self._centre = centre
        self._exposition = exposition

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return every route."""
        return [
            web.get("/", self.page),
            web.get("/healthz", self.healthz),
            web.get("/readyz", self.readyz),
            web.get("/metrics", self.metrics),
        ]

    @needs(PUBLIC)
    async def page(self, _: web.Request) -> web.Response:
        """Say what this is."""
        return web.Response(text=_PAGE, content_type="text/html")

    @needs(PUBLIC)
    async def healthz(self, _: web.Request) -> web.Response:
        """Say that the process is alive: whoever gets no answer should restart it."""
        return answer({"status": "alive", "version": __version__})

    @needs(PUBLIC)
    async def readyz(self, _: web.Request) -> web.Response:
        """Say whether a call would be served now, and what each part says of itself."""
        parts = self._centre.health()
        is_ready = all(part.ok for part in parts.values())
        return answer(
            {"ready": is_ready, "parts": parts},
            HTTPStatus.OK if is_ready else HTTPStatus.SERVICE_UNAVAILABLE,
        )

    @needs(PUBLIC)
    async def metrics(self, _: web.Request) -> web.Response:
        """Return the metrics in Prometheus' text format."""
        return web.Response(body=self._exposition.text(), headers={"Content-Type": CONTENT_TYPE})
