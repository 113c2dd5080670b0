"""Routes: a handler declares once what it takes and gives; everything else follows from that.

    class Things:
        @route("POST", "/api/v1/things/{name}/paint", Role.AGENT)
        async def paint(
            self, request: web.Request, name: ThingName, query: PaintQuery, body: PaintBody
        ) -> ThingDocument:
            '''Paint a thing.

            What stands here becomes the description in the API's contract.
            '''

- The least role, or ``PUBLIC``, stands in the decorator: without it there is no route.
- Arguments named in the path get its parts, as text.
- ``query`` is a structure with defaults: of str, bool, int, datetime or an enum, each or None.
- ``body`` is a structure, decoded strictly (``forbid_unknown_fields=True``) from JSON.
- The type returned is the answer, sent as JSON; None is 204. Where the handler returns something
  encoded already, or a response of its own, ``answer`` names the type that a client sees.
- The docstring's first line is the summary.

Hand an object with such methods to :func:`acd.web.server.make_app`; the guard, the strict reading,
``/openapi.json`` and the test of who may do what pick its routes up. Who asks is
``request[WHO]`` (:class:`acd.web.auth.Who`).
"""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, TypeVar, get_type_hints

import msgspec
from aiohttp import web
from aiohttp.typedefs import Handler

from acd.core.errors import AcdError
from acd.web.answers import answer, body_of, query_of
from acd.web.auth import Need, need_of, needs
from acd.web.errors import ApiError

_DECLARATION = "acd_route"

_PATH_PART = re.compile(r"{([a-z_]+)(?::[^}]*)?}")

Method = TypeVar("Method", bound=Callable[..., Awaitable[object]])


class RouteError(AcdError):
    """A handler is declared in a way that cannot work; found when the application is made."""

    code = "route-invalid"


@dataclass(frozen=True, slots=True)
class Declaration:
    """What a handler takes and gives.

    Attributes:
        parts: names of the variable parts of the path.
        query, body: structures that are read; None if there is nothing to read.
        takes: media type of the body, if the handler reads it itself.
        answer: type of the answer; None: there is none.
        media: media type of the answer.
        status: of the answer when all goes well.
        is_documented: it is part of the API's contract; pages and scripts are not.
        is_cross_site: pages of other sites may use it.
    """

    method: str
    path: str
    need: Need
    parts: tuple[str, ...]
    query: type[msgspec.Struct] | None
    body: type[msgspec.Struct] | None
    takes: str
    answer: Any
    media: str
    status: HTTPStatus
    summary: str
    description: str
    is_documented: bool
    is_cross_site: bool

    @property
    def template(self) -> str:
        """The path without patterns: ``/files/{path:.+}`` is ``/files/{path}``."""
        return _PATH_PART.sub(r"{\1}", self.path)


def route(
    method: str,
    path: str,
    need: Need,
    *,
    answer: Any = inspect.Parameter.empty,
    media: str = "application/json",
    takes: str = "application/json",
    status: HTTPStatus | None = None,
    is_documented: bool = True,
    is_cross_site: bool = False,
) -> Callable[[Method], Method]:
    """Declare a handler; see the module for what follows from its signature.

    Args:
        method: HTTP method.
        path: with ``{name}`` for variable parts, as aiohttp writes them.
        need: least role, or ``PUBLIC``.
        answer: type of the answer, if it is not the one the handler returns.
        media: media type of the answer.
        takes: media type of the body, if it is not JSON; the handler reads it itself.
        status: of the answer when all goes well; else 200, and 204 for no answer.
        is_documented: part of the API's contract.
        is_cross_site: pages of other sites may use it; the handler checks which.
    """

    def declare(handler: Method) -> Method:
        hints = get_type_hints(handler)
        found = hints.get("return") if answer is inspect.Parameter.empty else answer
        found = None if found is type(None) else found
        is_own = isinstance(found, type) and issubclass(found, web.StreamResponse)
        if is_own and is_documented and media == "application/json":
            raise RouteError(f"{method} {path}: `answer` must name what a client sees")
        told = inspect.getdoc(handler) or ""
        summary, _, description = told.partition("\n\n")
        declaration = Declaration(
            method,
            path,
            need,
            parts=tuple(_PATH_PART.findall(path)),
            query=hints.get("query"),
            body=hints.get("body"),
            takes=takes,
            answer=found,
            media=media,
            status=status or (HTTPStatus.NO_CONTENT if found is None else HTTPStatus.OK),
            summary=" ".join(summary.split()),
            description=description.strip(),
            is_documented=is_documented,
            is_cross_site=is_cross_site,
        )
        unknown = set(hints) - {"self", "request", "query", "body", "return", *declaration.parts}
        if not summary or unknown or set(declaration.parts) - set(hints):
            raise RouteError(f"{method} {path}: its handler has no docstring or other arguments")
        setattr(handler, _DECLARATION, declaration)
        return handler

    return declare


def declared(part: object) -> list[web.RouteDef]:
    """Return the routes that an object's methods declare, in the order they are written."""
    found = []
    for kind in reversed(type(part).__mro__):
        for name, member in vars(kind).items():
            declaration = getattr(member, _DECLARATION, None)
            if isinstance(declaration, Declaration):
                handle = _adapted(declaration, getattr(part, name))
                found.append(web.route(declaration.method, declaration.path, handle))
    return found


def declaration_of(handler: object) -> Declaration | None:
    """Return what a registered handler declares; None if it is not one of ours."""
    found = getattr(handler, _DECLARATION, None)
    return found if isinstance(found, Declaration) else None


def declarations(app: web.Application) -> list[Declaration]:
    """Return what every route of an application declares, by path and method.

    Raises:
        RouteError: one declares nothing.
    """
    found = []
    for one in app.router.routes():
        declaration = declaration_of(one.handler)
        if declaration is None or need_of(one.handler) is not declaration.need:
            raise RouteError(f"{one.method} {one.resource} declares nothing")
        found.append(declaration)
    return sorted(dict.fromkeys(found), key=lambda one: (one.template, one.method))


def _adapted(declaration: Declaration, handler: Callable[..., Awaitable[object]]) -> Handler:
    """Wrap a handler into one that reads what it declares and encodes what it returns."""
    is_strict = declaration.path.startswith("/api/")

    @needs(declaration.need, cross_site=declaration.is_cross_site)
    async def handle(request: web.Request) -> web.StreamResponse:
        given: dict[str, object] = {name: _part(request, name) for name in declaration.parts}
        if declaration.query is not None:
            given["query"] = query_of(request, declaration.query)
        elif is_strict:
            query_of(request, _Nothing)
        if declaration.body is not None:
            given["body"] = await body_of(request, declaration.body)
        found = await handler(request, **given)
        if isinstance(found, web.StreamResponse):
            return found
        if found is None:
            return web.Response(status=HTTPStatus.NO_CONTENT)
        return answer(found, declaration.status)

    setattr(handle, _DECLARATION, declaration)
    return handle


class _Nothing(msgspec.Struct):
    """The query of a route that has none."""


def _part(request: web.Request, name: str) -> str:
    text = request.match_info[name]
    if not text.isprintable():  # no name of ours; a database may choke on it
        raise ApiError(f"there is nothing at {request.path!r}", code="not-found")
    return text
