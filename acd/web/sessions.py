"""``/api/v1/session``: people sign in with login and password, and hold a session."""

from __future__ import annotations

import asyncio
import math
from datetime import datetime
from http import HTTPStatus
from typing import Annotated

import msgspec
import structlog
from aiohttp import web

from acd.app.centre import Centre
from acd.app.documents import moment
from acd.core.ids import AgentName
from acd.core.timers import Instant, after
from acd.ports.audit import AuditEntry
from acd.ports.phones import REALM
from acd.ports.sessions import SessionRow
from acd.ports.store import Role, StoreError
from acd.web.address import client_address
from acd.web.answers import answer
from acd.web.auth import PUBLIC, WHO
from acd.web.cookies import csrf_token, give, secret_of, take_away
from acd.web.errors import ApiError
from acd.web.routes import route
from acd.web.throttle import Throttle

log = structlog.get_logger()

SESSION_SECONDS = 12 * 3600
"""A shift: nobody is signed out in the middle of one, and nobody stays for a week."""

FAILURES = 10
"""Allowed within 15 minutes for one account from one address."""

FAILURES_OF_ADDRESS = 100
"""Allowed within 15 minutes from one address, over all accounts: many people may share it."""

AT_ONCE = 2
"""Passwords checked at the same time: each takes a core and 64 MB for a while."""


class SignIn(msgspec.Struct, forbid_unknown_fields=True):
    """Who wants to sign in."""

    login: Annotated[str, msgspec.Meta(min_length=1, max_length=100)]
    password: Annotated[str, msgspec.Meta(min_length=1, max_length=200)]


class SessionDocument(msgspec.Struct, kw_only=True):
    """Who is signed in.

    Attributes:
        agent: login; null for a program with a token.
        title: name shown to people.
        csrf: what requests that change something bring in the header ``X-CSRF-Token``.
        expires_at: when they must sign in again.
    """

    agent: AgentName | None
    title: str
    role: Role
    csrf: str
    expires_at: datetime | None


class SipDocument(msgspec.Struct, kw_only=True):
    """How an agent's browser registers as their phone.

    Attributes:
        uri: address of record.
        user: of the digest authentication, with ``realm`` and ``ha1`` (RFC 2617 section 3.2.2.2).
        path: of the websocket, on this server.
    """

    uri: str
    user: str
    realm: str
    ha1: str
    path: str


class Sessions:
    """The handlers."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._by_account = Throttle(FAILURES)
        self._by_address = Throttle(FAILURES_OF_ADDRESS)
        self._turn = asyncio.Semaphore(AT_ONCE)

    @route("POST", "/api/v1/session", PUBLIC, answer=SessionDocument)
    async def sign_in(self, request: web.Request, body: SignIn) -> web.Response:
        """Sign in; the session that the browser held before ends."""
        centre, name = self._centre, AgentName(body.login)
        await self._check_password(request, name, body.password)
        now = centre.now()
        try:
            secret = await centre.session_store.create_session(
                name, now=now, until=after(now, SESSION_SECONDS)
            )
        except StoreError as error:
            if error.code == "agent-unknown":  # removed this very moment
                raise _failed() from None
            raise
        before = secret_of(request)
        if before is not None:
            await centre.session_store.end_session(before)
        session = await centre.session_store.session(secret, now=now)
        if session is None:
            raise _failed()
        await self._note(f"agent:{name}", "session.begin", {"address": client_address(request)})
        response = answer(_document(session, secret))
        give(request, response, secret, SESSION_SECONDS)
        return response

    @route("GET", "/api/v1/session", Role.READ, answer=SessionDocument)
    async def session(self, request: web.Request) -> SessionDocument:
        """Tell who asks."""
        who, secret = request[WHO], secret_of(request)
        if who.agent is None or secret is None:
            return SessionDocument(
                agent=None, title=who.actor, role=who.role, csrf="", expires_at=None
            )
        found = await self._centre.session_store.session(secret, now=self._centre.now())
        if found is None:
            raise ApiError("the session has ended: sign in again", code="session-ended")
        return _document(found, secret)

    @route("DELETE", "/api/v1/session", Role.READ, answer=None)
    async def sign_out(self, request: web.Request) -> web.Response:
        """End the session; nothing happens to a program's token."""
        who, secret = request[WHO], secret_of(request)
        response = web.Response(status=HTTPStatus.NO_CONTENT)
        if who.agent is not None and secret is not None:
            await self._centre.session_store.end_session(secret)
            await self._note(who.actor, "session.end", {})
            take_away(request, response)
        return response

    @route("GET", "/api/v1/session/sip", Role.AGENT)
    async def sip(self, request: web.Request) -> SipDocument:
        """Tell how the browser of whoever is signed in becomes their phone."""
        who = request[WHO]
        rows = await self._centre.agent_store.agents() if who.agent is not None else []
        for row in rows:
            if who.is_self(row.profile.name) and row.is_active and row.sip_digest:
                user = row.profile.address
                return SipDocument(
                    uri=f"sip:{user}-web@{REALM}",
                    user=user,
                    realm=REALM,
                    ha1=row.sip_digest,
                    path="/sip",
                )
        raise ApiError("you have no phone", code="no-phone")

    async def _check_password(self, request: web.Request, name: AgentName, password: str) -> None:
        address, now = client_address(request), self._centre.now()
        counted = ((self._by_account, (name, address)), (self._by_address, address))
        wait = max(throttle.wait_seconds(key, now) for throttle, key in counted)
        if wait > 0:
            raise _throttled(wait)
        for throttle, key in counted:
            throttle.count(key, now)
        async with self._turn:
            is_right = await self._centre.agent_store.verify_password(name, password)
        if not is_right:
            # A name that nobody has may be a password in the wrong field.
            known = name if name in self._centre.state.agents else ""
            await self._note("", "session.refuse", {"login": known, "address": address})
            raise _failed()
        self._by_account.forgive((name, address), now, everything=True)
        self._by_address.forgive(address, now)

    async def _note(self, actor: str, action: str, details: dict[str, object]) -> None:
        now: Instant = self._centre.now()
        entry = AuditEntry(now, actor or "anonymous", action, actor, details)
        await self._centre.audit_store.add(entry)


def _document(session: SessionRow, secret: str) -> SessionDocument:
    return SessionDocument(
        agent=session.agent,
        title=session.title,
        role=session.role,
        csrf=csrf_token(secret),
        expires_at=moment(session.expires_at),
    )


def _failed() -> ApiError:
    return ApiError("login or password is wrong", code="sign-in-failed")


def _throttled(seconds: float) -> ApiError:
    whole = math.ceil(seconds)
    return ApiError(
        f"too many tries; wait {whole} seconds",
        code="sign-in-throttled",
        details={"retry_after_seconds": whole},
    )
