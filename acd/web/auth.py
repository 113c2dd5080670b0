"""Who may do what: every route declares the role it needs, and nothing is open by omission."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from enum import Enum
from typing import TypeVar
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from acd.core.ids import AgentName
from acd.ports.sessions import SessionRow
from acd.ports.store import Role, TokenRow
from acd.web.cookies import CSRF_HEADER, brings_csrf_token, secret_of
from acd.web.errors import ApiError


class Public(Enum):
    """Marks a route that needs no token: it tells nothing about a person or a call."""

    PUBLIC = "public"


PUBLIC = Public.PUBLIC

Need = Role | Public
"""What a route needs of who asks."""

RANK: dict[Role, int] = {role: rank for rank, role in enumerate(reversed(Role))}

LONGEST_TOKEN = 200

_SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS"})

_NEED_ATTRIBUTE = "acd_need"
_CROSS_SITE_ATTRIBUTE = "acd_cross_site"

ACTOR = web.RequestKey("actor", str)
"""Who asks, as the log names them; see :attr:`Who.actor`."""


@dataclass(frozen=True, slots=True)
class Who:
    """Who asks.

    Attributes:
        actor: as the log names them: ``api:<token>``, ``agent:<login>``, or ``cli``.
        role: what they may do.
        agent: the agent they are; None for a program.
        session: id of their session; empty for a program.
        token: a program's bearer token; empty for people and the commands of this home.
    """

    actor: str
    role: Role
    agent: AgentName | None = None
    session: str = ""
    token: str = field(default="", repr=False)

    def may(self, need: Role) -> bool:
        """Return whether their role includes another."""
        return RANK[self.role] >= RANK[need]

    def is_self(self, agent: str | None) -> bool:
        """Return whether they are that agent."""
        return self.agent is not None and self.agent == agent


WHO = web.RequestKey("who", Who)
"""Who asks; on every request that is not to a public route."""


Declared = TypeVar("Declared", bound=Callable[..., Awaitable[web.StreamResponse]])


def needs(need: Need, *, cross_site: bool = False) -> Callable[[Declared], Declared]:
    """Declare what a handler needs of who asks."""

    def declare(handler: Declared) -> Declared:
        setattr(handler, _NEED_ATTRIBUTE, need)
        setattr(handler, _CROSS_SITE_ATTRIBUTE, cross_site)
        return handler

    return declare


def is_cross_site(handler: object) -> bool:
    """Return whether pages of other sites may use a handler: it checks their origin itself."""
    return bool(getattr(handler, _CROSS_SITE_ATTRIBUTE, False))


def need_of(handler: object) -> Need | None:
    """Return what a handler declares to need; None if it forgot."""
    return getattr(handler, _NEED_ATTRIBUTE, None)


@dataclass(frozen=True, slots=True)
class Guard:
    """Checks every request before its handler sees it.

    Attributes:
        verify_token: returns the valid token with a text, or None.
        session_of: returns the valid session with a secret, or None.
        own_token: key of this process, known to the commands of its home; admin. It is nowhere
            but in memory and in a file for the owner's eyes, and dies with the process.
        host: name or address we were told to listen on.
    """

    verify_token: Callable[[str], Awaitable[TokenRow | None]]
    session_of: Callable[[str], Awaitable[SessionRow | None]]
    own_token: str
    host: str

    def middleware(self) -> Middleware:
        """Return the check as a middleware."""

        @web.middleware
        async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
            self._check_host(request)
            if request.match_info.http_exception is None:
                await self._check(request)
            # else there is no such route: whoever asks may know that
            return await handler(request)

        return check

    def _check_host(self, request: web.Request) -> None:
        # A page of another site whose name was made to point at us must not read our answers
        # (DNS rebinding). A literal address cannot have been rebound.
        name = (urlsplit(f"//{request.host}").hostname or "").rstrip(".")
        if name in ("localhost", self.host.lower()):
            return
        try:
            ipaddress.ip_address(name)
        except ValueError:
            raise ApiError("this is not the host you asked for", code="host-unknown") from None

    async def _check(self, request: web.Request) -> None:
        handler = request.match_info.handler
        need = need_of(handler)
        changes = request.method not in _SAFE_METHODS or _is_websocket(request)
        if changes and not is_cross_site(handler):
            _check_origin(request)
        if need is PUBLIC:
            return
        who = await self._who(request, changes=changes)
        if not isinstance(need, Role) or not who.may(need):
            raise ApiError(
                f"{who.actor} may not do this",
                code="role-insufficient",
                details={"role": who.role, "needed": need or Role.ADMIN},
            )
        request[WHO] = who
        request[ACTOR] = who.actor

    async def _who(self, request: web.Request, *, changes: bool) -> Who:
        secret = secret_of(request)
        if secret is None or "Authorization" in request.headers:
            return await self._program(_bearer(request))
        if changes:
            _check_page(request, secret)
        session = await self.session_of(secret)
        if session is None:
            raise ApiError("the session has ended: sign in again", code="session-ended")
        return Who(f"agent:{session.agent}", session.role, session.agent, session.id)

    async def _program(self, text: str) -> Who:
        if hmac.compare_digest(text.encode(), self.own_token.encode()):
            return Who("cli", Role.ADMIN)
        token = await self.verify_token(text)
        if token is None:
            raise ApiError("the token is not valid (any more)", code="token-invalid")
        return Who(f"api:{token.name}", token.role, token=text)


def _is_websocket(request: web.Request) -> bool:
    return request.headers.get("Upgrade", "").lower() == "websocket"


def _check_origin(request: web.Request) -> None:
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin).netloc != request.host:
        raise ApiError("pages of other sites may change nothing", code="origin-refused")


def _check_page(request: web.Request, secret: str) -> None:
    """Check that a request with a cookie was made by a page of ours."""
    if _is_websocket(request):
        # A page cannot give a websocket headers; but every browser says where the page is from.
        if "Origin" not in request.headers:
            raise ApiError("the page must say where it is from", code="origin-refused")
    elif not brings_csrf_token(request, secret):
        raise ApiError(
            f"the header {CSRF_HEADER} with the token of this session is needed",
            code="csrf-refused",
            hint="`GET /api/v1/session` tells it",
        )


def _bearer(request: web.Request) -> str:
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    text = text.strip()
    if kind.lower() != "bearer" or not text or len(text) > LONGEST_TOKEN or not text.isascii():
        raise ApiError(
            "a session or a bearer token is needed",
            code="token-missing",
            hint="sign in; a program sends a token of `acd token create` as "
            "`Authorization: Bearer …`",
        )
    return text
