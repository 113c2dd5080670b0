"""What went wrong, as every answer of the API says it.

``{"error": {"code": "kebab-case", "message": "…", "details": {…}}}``
"""

from __future__ import annotations

from collections.abc import Mapping
from http import HTTPStatus

import msgspec
import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from acd.core.errors import AcdError

log = structlog.get_logger()

STATUS: dict[str, HTTPStatus] = {
    "bad-request": HTTPStatus.BAD_REQUEST,
    "token-missing": HTTPStatus.UNAUTHORIZED,
    "token-invalid": HTTPStatus.UNAUTHORIZED,
    "session-ended": HTTPStatus.UNAUTHORIZED,
    "sign-in-failed": HTTPStatus.UNAUTHORIZED,
    "sign-in-throttled": HTTPStatus.TOO_MANY_REQUESTS,
    "csrf-refused": HTTPStatus.FORBIDDEN,
    "not-yours": HTTPStatus.FORBIDDEN,
    "queue-not-yours": HTTPStatus.FORBIDDEN,
    "address-unknown": HTTPStatus.BAD_REQUEST,
    "mailbox-missing": HTTPStatus.CONFLICT,
    "no-phone": HTTPStatus.NOT_FOUND,
    "role-insufficient": HTTPStatus.FORBIDDEN,
    "origin-refused": HTTPStatus.FORBIDDEN,
    "too-many-connections": HTTPStatus.TOO_MANY_REQUESTS,
    "host-unknown": HTTPStatus.MISDIRECTED_REQUEST,
    "not-found": HTTPStatus.NOT_FOUND,
    "agent-unknown": HTTPStatus.NOT_FOUND,
    "contact-unknown": HTTPStatus.NOT_FOUND,
    "queue-unknown": HTTPStatus.NOT_FOUND,
    "customer-unknown": HTTPStatus.NOT_FOUND,
    "flow-unknown": HTTPStatus.NOT_FOUND,
    "version-unknown": HTTPStatus.NOT_FOUND,
    "conversation-unknown": HTTPStatus.NOT_FOUND,
    "identity-invalid": HTTPStatus.BAD_REQUEST,
    "identity-taken": HTTPStatus.CONFLICT,
    "identity-unknown": HTTPStatus.CONFLICT,
    "customer-merged": HTTPStatus.CONFLICT,
    "customer-not-merged": HTTPStatus.CONFLICT,
    "merge-with-self": HTTPStatus.BAD_REQUEST,
    "calendar-unknown": HTTPStatus.NOT_FOUND,
    "until-past": HTTPStatus.BAD_REQUEST,
    "restart-needed": HTTPStatus.CONFLICT,
    "body-too-slow": HTTPStatus.REQUEST_TIMEOUT,
    "agent-exists": HTTPStatus.CONFLICT,
    "phone-taken": HTTPStatus.CONFLICT,
    "token-exists": HTTPStatus.CONFLICT,
    "token-unknown": HTTPStatus.NOT_FOUND,
    "recording-unknown": HTTPStatus.NOT_FOUND,
    "number-invalid": HTTPStatus.BAD_REQUEST,
    "file-too-large": HTTPStatus.REQUEST_ENTITY_TOO_LARGE,
    "file-name-invalid": HTTPStatus.BAD_REQUEST,
    "file-unreadable": HTTPStatus.CONFLICT,
    "site-invalid": HTTPStatus.UNPROCESSABLE_ENTITY,
    "version-ambiguous": HTTPStatus.BAD_REQUEST,
    "version-running": HTTPStatus.CONFLICT,
    "version-changed": HTTPStatus.CONFLICT,
    "version-lost": HTTPStatus.CONFLICT,
    "version-not-ready": HTTPStatus.CONFLICT,
    "nothing-before": HTTPStatus.CONFLICT,
    "nothing-published": HTTPStatus.CONFLICT,
    "no-canary": HTTPStatus.CONFLICT,
    "canary-ended": HTTPStatus.CONFLICT,
    "share-invalid": HTTPStatus.BAD_REQUEST,
    "attachment-unknown": HTTPStatus.BAD_REQUEST,
    "store-locked": HTTPStatus.SERVICE_UNAVAILABLE,
    "store-full": HTTPStatus.SERVICE_UNAVAILABLE,
    "store-unavailable": HTTPStatus.SERVICE_UNAVAILABLE,
}
"""HTTP status of an error's code. Any other of :class:`ApiError` says that things are not such that
it can be done (409), as the engine does; any other error is our fault (500)."""


class ApiError(AcdError):
    """A request that cannot be answered.

    Attributes:
        details: what a program may want to know of it.
    """

    code = "bad-request"

    def __init__(
        self,
        message: str,
        *,
        code: str = "bad-request",
        hint: str = "",
        details: Mapping[str, object] | None = None,
    ) -> None:
        super().__init__(message, hint=hint, code=code)
        self.details = dict(details or {})


def error_response(
    status: int, code: str, message: str, details: Mapping[str, object] | None = None
) -> web.Response:
    """Return an error in the one shape that all have."""
    body = {"error": {"code": code, "message": message, "details": details or {}}}
    return web.Response(
        body=msgspec.json.encode(body), status=status, content_type="application/json"
    )


@web.middleware
async def answer_errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turn whatever a handler raises into an answer; never show an exception to a client."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < HTTPStatus.BAD_REQUEST:
            raise
        code = HTTPStatus(error.status).phrase.lower().replace(" ", "-")
        response = error_response(error.status, code, _said(request, error))
        for name in ("Allow",):
            if name in error.headers:
                response.headers[name] = error.headers[name]
        return response
    except AcdError as error:
        is_asked_wrongly = isinstance(error, ApiError)
        other = HTTPStatus.CONFLICT if is_asked_wrongly else HTTPStatus.INTERNAL_SERVER_ERROR
        status = STATUS.get(error.code, other)
        details: dict[str, object] = dict(getattr(error, "details", {}))
        if error.hint:
            details["hint"] = error.hint
        response = error_response(status, error.code, error.message, details)
        if status is HTTPStatus.UNAUTHORIZED:
            response.headers["WWW-Authenticate"] = 'Bearer realm="acd"'
        if status is HTTPStatus.INTERNAL_SERVER_ERROR:
            log.error("request failed", path=request.path, code=error.code, reason=error.message)
        return response
    except Exception:
        log.exception("request failed", method=request.method, path=request.path)
        return error_response(
            HTTPStatus.INTERNAL_SERVER_ERROR, "internal-error", "the engine's log says more"
        )


def _said(request: web.Request, error: web.HTTPException) -> str:
    match error.status:
        case HTTPStatus.NOT_FOUND:
            return f"there is nothing at {request.path}"
        case HTTPStatus.METHOD_NOT_ALLOWED:
            return f"{request.path} does not take {request.method}"
        case HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
            return "the request is too large"
        case _:
            return error.reason
