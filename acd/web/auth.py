"""Who may do what: every route declares the role it needs, and nothing is open by omission."""

from __future__ import annotations

import hmac
import ipaddress
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from typing import TypeVar
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler, Middleware

from acd.core.ids import AgentName
from acd.ports.store import Role, TokenRow
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

ACTOR = web.RequestKey("actor", str)
"""Who asks, as the log names it: ``api:<token>``, or ``cli`` for the commands of this home."""


@dataclass(frozen=True, slots=True)
class Who:
    """Who asks.

    Attributes:
        actor: as the log names them: ``api:<token>``, ``agent:<login>``, or ``cli``.
        role: what they may do.
        agent: the agent they are; None for a program.
    """

    actor: str
    role: Role
    agent: AgentName | None = None

    def may(self, need: Role) -> bool:
        """Return whether their role includes another."""
        return RANK[self.role] >= RANK[need]

    def is_self(self, agent: str | None) -> bool:
        """Return whether they are that agent."""
        return self.agent is not None and self.agent == agent


WHO = web.RequestKey("who", Who)
"""Who asks; on every request that is not to a public route."""


Declared = TypeVar("Declared", bound=Callable[..., Awaitable[web.StreamResponse]])


def needs(need: Need) -> Callable[[Declared], Declared]:
    """Declare what a handler needs of who asks."""

    def declare(handler: Declared) -> Declared:
        setattr(handler, _NEED_ATTRIBUTE, need)
        return handler

    return declare


def need_of(handler: object) -> Need | None:
    """Return what a handler declares to need; None if it forgot."""
    return getattr(handler, _NEED_ATTRIBUTE, None)


@dataclass(frozen=True, slots=True)
class Guard:
    """Checks every request before its handler sees it.

    Attributes:
        verify_token: returns the valid token with a text, or None.
        own_token: key of this process, known to the commands of its home; admin. It is nowhere
            but in memory and in a file for the owner's eyes, and dies with the process.
        host: name or address we were told to listen on.
    """

    verify_token: Callable[[str], Awaitable[TokenRow | None]]
    own_token: str
    host: str

    def middleware(self) -> Middleware:
        """Return the check as a middleware."""

        @web.middleware
        async def check(request: web.Request, handler: Handler) -> web.StreamResponse:
            self._check_host(request)
            self._check_origin(request)
            await self._check_token(request)
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

    def _check_origin(self, request: web.Request) -> None:
        origin = request.headers.get("Origin")
        if origin is None or request.method in _SAFE_METHODS:
            return
        if urlsplit(origin).netloc != request.host:
            raise ApiError("pages of other sites may change nothing", code="origin-refused")

    async def _check_token(self, request: web.Request) -> None:
        if request.match_info.http_exception is not None:
            return  # no such route: whoever asks may know that
        need = need_of(request.match_info.handler)
        if need is PUBLIC:
            return
        text = _bearer(request)
        if hmac.compare_digest(text.encode(), self.own_token.encode()):
            _is_from(request, Who("cli", Role.ADMIN))
            return
        token = await self.verify_token(text)
        if token is None:
            raise ApiError("the token is not valid (any more)", code="token-invalid")
        if not isinstance(need, Role) or RANK[token.role] < RANK[need]:
            raise ApiError(
                f"the token {token.name} may not do this",
                code="role-insufficient",
                details={"role": token.role, "needed": need or Role.ADMIN},
            )
        _is_from(request, Who(f"api:{token.name}", token.role))


def _is_from(request: web.Request, who: Who) -> None:
    request[WHO] = who
    request[ACTOR] = who.actor


def _bearer(request: web.Request) -> str:
    kind, _, text = request.headers.get("Authorization", "").partition(" ")
    text = text.strip()
    if kind.lower() != "bearer" or not text or len(text) > LONGEST_TOKEN or not text.isascii():
        raise ApiError(
            "a bearer token is needed",
            code="token-missing",
            hint="make one with `acd token create` and send it as `Authorization: Bearer …`",
        )
    return text
