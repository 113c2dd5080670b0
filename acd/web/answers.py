"""Answers, and questions read strictly: what is not understood is refused, not ignored."""

from __future__ import annotations

import asyncio
import types
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Annotated, Any, TypeVar, Union, get_args, get_origin

import msgspec
from aiohttp import web

from acd.web.errors import ApiError

_encoder = msgspec.json.Encoder()

Struct = TypeVar("Struct", bound=msgspec.Struct)

BODY_SECONDS = 10.0
"""How long a body may take to come."""

LONGEST_NUMBER = 9
"""Digits of a number in a query."""


def answer(document: object, status: int = 200) -> web.Response:
    """Return a document as JSON; structures, instants and raw JSON in it are understood."""
    body = _encoder.encode(document)
    return web.Response(body=body, status=status, content_type="application/json")


async def whole_body(request: web.Request) -> bytes:
    """Return a request's body, unless it takes too long.

    Raises:
        ApiError: it does (``body-too-slow``).
    """
    try:
        async with asyncio.timeout(BODY_SECONDS):
            return await request.read()
    except TimeoutError:
        raise ApiError("the body takes too long", code="body-too-slow") from None


async def body_of(request: web.Request, kind: type[Struct]) -> Struct:
    """Read a request's body strictly.

    Raises:
        ApiError: it is not JSON, or not of this shape.
    """
    if request.content_type != "application/json":
        raise ApiError("the body must be JSON, sent as application/json")
    raw = await whole_body(request)
    try:
        # A database may be unable to keep the character 0, and nobody types it.
        if b"\\u0000" in raw and _holds_zero(msgspec.json.decode(raw)):
            raise ApiError("the body cannot be used: the character 0 is in it")
        return msgspec.json.decode(raw, type=kind)
    except msgspec.ValidationError as error:
        raise ApiError(f"the body cannot be used: {error}") from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise ApiError(f"the body is not JSON: {error}") from None


def _holds_zero(value: Any) -> bool:
    if isinstance(value, dict):
        return any(_holds_zero(key) or _holds_zero(one) for key, one in value.items())
    if isinstance(value, list):
        return any(_holds_zero(one) for one in value)
    return isinstance(value, str) and "\0" in value


def query_of(request: web.Request, kind: type[Struct]) -> Struct:
    """Read a request's query strictly: each parameter at most once, and only those of ``kind``.

    Raises:
        ApiError: another parameter was given, or one twice, or one that is not what it must be.
    """
    fields = {field.name: field for field in msgspec.structs.fields(kind)}
    values: dict[str, object] = {}
    for name, text in request.query.items():
        if name not in fields:
            raise ApiError(
                f"there is no parameter {name!r}",
                details={"parameter": name, "allowed": sorted(fields)},
            )
        if name in values:
            raise ApiError(f"{name} is given twice", details={"parameter": name})
        try:
            values[name] = msgspec.convert(_read(text, fields[name].type), fields[name].type)
        except (ValueError, OverflowError, msgspec.ValidationError) as error:
            raise ApiError(f"{name}: {error}", details={"parameter": name}) from None
    for name, field in fields.items():
        if field.required and name not in values:
            raise ApiError(f"{name} is missing", details={"parameter": name})
    return kind(**values)


def _read(text: str, kind: Any) -> object:
    if "\0" in text:
        raise ValueError("the character 0 is in it")
    while get_origin(kind) in (Annotated, Union, types.UnionType):
        kind = next(one for one in get_args(kind) if one is not type(None))
    return _READERS.get(kind, str)(text)


def _flag(text: str) -> bool:
    if text not in _FLAGS:
        raise ValueError("must be true or false")
    return text == "true"


def _number(text: str) -> int:
    if not (text.isascii() and text.isdigit() and len(text) <= LONGEST_NUMBER):
        raise ValueError("must be a whole number")
    return int(text)


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        raise ValueError("must be an instant like 2026-11-23T19:30:00Z") from None
    return at if at.tzinfo is not None else at.replace(tzinfo=UTC)


_FLAGS = ("false", "true")

_READERS: dict[Any, Callable[[str], object]] = {bool: _flag, int: _number, datetime: _moment}
