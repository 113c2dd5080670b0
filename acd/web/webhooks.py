"""``/webhooks/{name}``: where messaging networks post what customers write; signed, no session."""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

from aiohttp import web

from acd.ports.gateway import WebhookDoor, WebhookError
from acd.web.answers import whole_body
from acd.web.auth import PUBLIC
from acd.web.errors import error_response
from acd.web.routes import route

_STATUS = {
    "webhook-unknown": HTTPStatus.NOT_FOUND,
    "signature-invalid": HTTPStatus.UNAUTHORIZED,
    "timestamp-old": HTTPStatus.UNAUTHORIZED,
}


class Webhooks:
    """Brings events to their gateway."""

    def __init__(self, doors: Mapping[str, WebhookDoor]) -> None:
        """Prepare; ``doors`` are by the webhooks' names."""
        self._doors = doors

    @route("POST", "/webhooks/{name}", PUBLIC, is_documented=False, is_cross_site=True)
    async def take(self, request: web.Request, name: str) -> web.Response:
        """Keep an event; answers 200 once it is durable, also for one that is known."""
        door = self._doors.get(name)
        try:
            if door is None:
                raise WebhookError("there is no such webhook", code="webhook-unknown")
            headers = {key.lower(): value for key, value in request.headers.items()}
            await door.take(name, headers, await whole_body(request))
        except WebhookError as error:
            status = _STATUS.get(error.code, HTTPStatus.BAD_REQUEST)
            return error_response(status, error.code, error.message)
        return web.json_response({"taken": True})
