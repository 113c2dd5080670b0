"""Answers, and questions read strictly: what is not understood is refused, not ignored."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime, timedelta
from typing import TypeVar

import msgspec
from aiohttp import web

from acd.core.timers import Instant
from acd.web.errors import ApiError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_encoder = msgspec.json.Encoder()

Body = TypeVar("Body", bound=msgspec.Struct)
Value = TypeVar("Value")


def answer(document: object, status: int = 200) -> web.Response:
    """Return a document as JSON; structures, instants and raw JSON in it are understood."""
    body = _encoder.encode(document)
    return web.Response(body=body, status=status, content_type="application/json")


async def body_of(request: web.Request, kind: type[Body]) -> Body:
    """Read a request's body strictly.

    Raises:
        ApiError: it is not JSON, or not of this shape.
    """
    if request.content_type != "application/json":
        raise ApiError("the body must be JSON, sent as application/json")
    try:
        return msgspec.json.decode(await request.read(), type=kind)
    except msgspec.ValidationError as error:
        raise ApiError(f"the body cannot be used: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ApiError(f"the body is not JSON: {error}") from None


class Query:
    """The query of a request; each parameter at most once, and only those allowed.

    Raises:
        ApiError: another parameter was given, or one twice.
    """

    def __init__(self, request: web.Request, allowed: Collection[str]) -> None:
        self._given = request.query
        for name in self._given:
            if name not in allowed:
                raise ApiError(
                    f"there is no parameter {name!r}",
                    details={"parameter": name, "allowed": sorted(allowed)},
                )
            if len(self._given.getall(name)) > 1:
                raise ApiError(f"{name} is given twice", details={"parameter": name})

    def _read(self, name: str, wanted: str, read: Callable[[str], Value]) -> Value | None:
        text = self._given.get(name)
        if text is None:
            return None
        try:
            return read(text)
        except (ValueError, OverflowError):
            raise ApiError(f"{name} must be {wanted}", details={"parameter": name}) from None

    def text(self, name: str) -> str | None:
        """Return a text, or None."""
        return self._given.get(name)

    def flag(self, name: str) -> bool | None:
        """Return ``true`` or ``false``, or None."""
        return self._read(name, "true or false", lambda text: _FLAGS.index(text) == 1)

    def number(self, name: str, least: int, most: int) -> int | None:
        """Return a whole number, or None."""

        def read(text: str) -> int:
            number = int(text) if text.isascii() and text.isdigit() and len(text) < 10 else -1
            if not least <= number <= most:
                raise ValueError(text)
            return number

        return self._read(name, f"a whole number from {least} to {most}", read)

    def instant(self, name: str) -> Instant | None:
        """Return an instant, or None; without a zone it is UTC."""

        def read(text: str) -> Instant:
            at = datetime.fromisoformat(text)
            at = at if at.tzinfo is not None else at.replace(tzinfo=UTC)
            return Instant((at - _EPOCH) // timedelta(microseconds=1))

        return self._read(name, "an instant like 2026-11-23T19:30:00Z", read)


_FLAGS = ("false", "true")
