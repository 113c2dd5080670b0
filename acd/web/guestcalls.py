"""``/widget/call`` and ``/widget/sip``: customers call from a web page, without a session.

A page asks for a ticket, which is good for one call from a name that we made up to one number of
those listed, and connects with it. What it then says is read word by word before Asterisk sees it
(:mod:`acd.web.guestsip`).
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from urllib.parse import urlsplit

import aiohttp
import msgspec
import structlog
from aiohttp import WSCloseCode, WSMsgType, web

from acd.core.timers import MICROSECONDS, Instant
from acd.ports.phones import REALM, sip_digest
from acd.web.address import client_address
from acd.web.answers import answer
from acd.web.auth import PUBLIC
from acd.web.errors import ApiError
from acd.web.guestsip import LARGEST_MESSAGE, REALM_HOST, Caller, Refused
from acd.web.routes import route
from acd.web.sip import PROTOCOL, copy, telephony
from acd.web.throttle import Throttle

log = structlog.get_logger()

MOST_CALLS = 50
CALLS_OF_AN_ADDRESS = 5
"""At once. Several people may sit behind one address."""

TICKETS_OF_AN_ADDRESS = 30
TICKETS_SECONDS = 60.0

TICKET_SECONDS = 60.0
"""Before a ticket is used for the first time, and while its connection is lost."""

REMEMBERED = 1000
"""Tickets at once."""

MESSAGES = 60
MESSAGES_SECONDS = 10.0
"""Of one connection; a call begins with five."""

SILENCE_SECONDS = 20.0
"""Within which who has connected has to call."""

HEARTBEAT_SECONDS = 20.0

LONGEST_NAME = 60


class CallQuery(msgspec.Struct):
    """What to call, the first number listed by default, and the caller's name."""

    number: str = ""
    name: str = ""


class CallTicket(msgspec.Struct):
    """What a page needs for one call.

    Attributes:
        uri: who calls.
        target: what they call.
        user, realm, ha1: to prove it (RFC 2617, MD5); known to every page and worth nothing else.
        name: of who calls, as far as it can be carried.
        path: of the websocket, for a minute.
    """

    uri: str
    target: str
    user: str
    realm: str
    ha1: str
    name: str
    number: str
    path: str


@dataclass(slots=True)
class _Ticket:
    caller: Caller
    address: str
    until: Instant
    is_open: bool = False


class GuestCalls:
    """The handlers."""

    def __init__(
        self,
        upstream: str,
        numbers: Sequence[str],
        *,
        user: str,
        password: str,
        origins: Collection[str],
        now: Callable[[], Instant],
    ) -> None:
        """Prepare.

        Args:
            upstream: address of Asterisk's websocket.
            numbers: what may be called; empty: nothing.
            user: digest user of all guests.
            password: its secret.
            origins: sites whose pages may call; pages of our own always may.
            now: the time.
        """
        self._upstream = upstream
        self._numbers = tuple(numbers)
        self._user = user
        self._ha1 = sip_digest(user, password)
        self._origins = frozenset(origins)
        self._now = now
        self._asked = Throttle(TICKETS_OF_AN_ADDRESS, TICKETS_SECONDS)
        self._tickets: OrderedDict[str, _Ticket] = OrderedDict()

    @route("GET", "/widget/call", PUBLIC, is_documented=False, is_cross_site=True)
    async def call(self, request: web.Request, query: CallQuery) -> web.Response:
        """Give a page what it needs for one call."""
        allowed = self._check_origin(request)
        number = query.number or next(iter(self._numbers), "")
        if number not in self._numbers:
            raise ApiError("this number cannot be called from here", code="not-found")
        address, now = client_address(request), self._now()
        if self._asked.wait_seconds(address, now) or self._is_full(address):
            raise ApiError("too many calls: try again soon", code="too-many-connections")
        self._asked.count(address, now)
        caller = Caller(f"web{secrets.token_hex(6)}", number, self._user)
        key = secrets.token_urlsafe(24)
        self._tickets[key] = _Ticket(caller, address, _after(now, TICKET_SECONDS))
        self._forget()
        response = answer(
            CallTicket(
                uri=f"sip:{caller.name}@{REALM_HOST}",
                target=f"sip:{number}@{REALM_HOST}",
                user=self._user,
                realm=REALM,
                ha1=self._ha1,
                name=clean_name(query.name),
                number=number,
                path=f"/widget/sip?ticket={key}",
            )
        )
        response.headers["Vary"] = "Origin"
        if allowed:
            response.headers["Access-Control-Allow-Origin"] = allowed
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        return response

    @route("GET", "/widget/sip", PUBLIC, is_documented=False, is_cross_site=True)
    async def sip(self, request: web.Request) -> web.WebSocketResponse:
        """Carry the SIP of one call between a page and Asterisk."""
        self._check_origin(request)
        ticket = self._tickets.get(request.query.get("ticket", ""))
        if ticket is None or (not ticket.is_open and ticket.until < self._now()):
            raise ApiError("the ticket is not valid (any more)", code="token-invalid")
        if ticket.is_open or self._is_full(ticket.address):
            raise ApiError("too many calls", code="too-many-connections")
        page = web.WebSocketResponse(
            protocols=(PROTOCOL,),
            heartbeat=HEARTBEAT_SECONDS,
            max_msg_size=LARGEST_MESSAGE,
            compress=False,
        )
        if not page.can_prepare(request):
            raise ApiError("this is a websocket", code="bad-request")
        ticket.is_open = True
        try:
            await page.prepare(request)
            await self._carry(page, ticket.caller)
        finally:
            ticket.is_open = False
            ticket.until = _after(self._now(), TICKET_SECONDS)
        return page

    def _check_origin(self, request: web.Request) -> str:
        """Return the origin if it is another site's that may call."""
        origin = request.headers.get("Origin")
        if origin is None or urlsplit(origin).netloc == request.host:
            return ""
        if origin not in self._origins:
            raise ApiError("pages of this site may not call", code="origin-refused")
        return origin

    def _is_full(self, address: str) -> bool:
        calling = [ticket for ticket in self._tickets.values() if ticket.is_open]
        of_address = sum(ticket.address == address for ticket in calling)
        return len(calling) >= MOST_CALLS or of_address >= CALLS_OF_AN_ADDRESS

    def _forget(self) -> None:
        """Forget tickets that nobody can use any more, and of too many the oldest."""
        now = self._now()
        idle = [key for key, one in self._tickets.items() if not one.is_open]
        many = len(self._tickets) - REMEMBERED
        for place, key in enumerate(idle):
            if place < many or self._tickets[key].until < now:
                del self._tickets[key]

    async def _carry(self, page: web.WebSocketResponse, caller: Caller) -> None:
        try:
            async with telephony(self._upstream) as asterisk:
                await self._both_ways(page, asterisk, caller)
        except aiohttp.ClientError as error:
            log.warning("guest's sip link refused", reason=str(error))
            await page.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"no telephony")

    async def _both_ways(
        self, page: web.WebSocketResponse, asterisk: aiohttp.ClientWebSocketResponse, caller: Caller
    ) -> None:
        tasks = [
            asyncio.create_task(self._up(page, asterisk, caller), name="guest-sip-up"),
            asyncio.create_task(copy(asterisk, page), name="guest-sip-down"),
        ]
        code = WSCloseCode.GOING_AWAY
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            for result in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(result, Refused):
                    log.warning("guest's message refused", reason=str(result))
                    code = WSCloseCode.POLICY_VIOLATION
                elif isinstance(result, Exception):
                    log.warning("guest's sip link failed", reason=str(result))
        await page.close(code=code)

    async def _up(
        self, page: web.WebSocketResponse, asterisk: aiohttp.ClientWebSocketResponse, caller: Caller
    ) -> None:
        """Carry what the page says, as long as it keeps to the rules."""
        pace = Throttle(MESSAGES, MESSAGES_SECONDS)
        first: float | None = None if caller.call_id else SILENCE_SECONDS
        while True:
            try:
                message = await page.receive(timeout=first)
            except TimeoutError:
                raise Refused("silence") from None
            if message.type is not WSMsgType.TEXT:
                return
            now = self._now()
            if pace.wait_seconds("", now):
                raise Refused("too many messages")
            pace.count("", now)
            caller.check(message.data)
            first = None
            await asterisk.send_str(message.data)


def clean_name(text: str) -> str:
    """Return a name with nothing in it that could mean something to SIP or to a dialplan."""
    shown = "".join(one if one.isalnum() or one in " .-" else " " for one in text)
    return " ".join(shown.split())[:LONGEST_NAME].strip()


def _after(now: Instant, seconds: float) -> Instant:
    return Instant(now + round(seconds * MICROSECONDS))
