"""The engine's link to one Asterisk: a supervised websocket for events and operations.

Shape, and why:

* One websocket carries events and operations. Measured with originate, addChannel and delete of
  a Local channel, one call after another, medians in ms: websocket 0.40, 0.22, 0.11; a 15-line
  keep-alive HTTP client 0.45, 0.23, 0.12; aiohttp's HTTP 0.54, 0.38, 0.26. Asterisk serves a
  websocket's requests one after another, so with sixteen calls at once (850 to 1,050 calls/s both
  ways, far beyond what it can signal) originate and addChannel take 5 to 7 there against 3 to 6
  over parallel connections, but 7 to 10 against 10 to 19 at the 95th percentile. Not worth a
  second path.
* Plain HTTP remains for downloads and for health, and for a caller who must get through while
  the websocket is down.
* To Asterisk a reply on the websocket is an event like others: a filter that does not name it
  swallows it. So the filter is written first of all after each connect, whatever an earlier
  client may have left behind; its own reply already passes the new one.
* Nothing is repeated here. Whoever asked knows whether a repetition is still wanted; ids chosen
  by the engine make it safe.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass
from enum import StrEnum
from types import TracebackType
from typing import Self
from urllib.parse import quote

import aiohttp
import structlog

from acd.adapters.ari.errors import AriError, AriReplaced, AriUnavailable
from acd.adapters.ari.generated import Operations, Query
from acd.adapters.ari.http import HttpTransport
from acd.adapters.ari.inbox import EventInbox
from acd.adapters.ari.link import Link
from acd.adapters.ari.wire import Arrival

log = structlog.get_logger()

REQUEST_SECONDS = 5.0
CONNECT_SECONDS = 5.0
HEALTH_SECONDS = 2.0
HEARTBEAT_SECONDS = 20.0
FIRST_DELAY_SECONDS = 0.1
LAST_DELAY_SECONDS = 2.0

# Without the first, Asterisk would filter out its own replies to our requests (seen on 22.10.1);
# without the second, this client would go on beside its successor.
INDISPENSABLE_EVENTS = ("RESTResponse", "ApplicationReplaced")


class LinkState(StrEnum):
    """Where the link stands."""

    DOWN = "down"
    RESYNCING = "resyncing"
    UP = "up"
    REPLACED = "replaced"
    CLOSED = "closed"


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """What a caller needs to resynchronise.

    Attributes:
        epoch: number of this link; events that were still waiting from earlier ones carry a
            lower number.
        startup_time: when this Asterisk started; another value means that its calls are gone.
        restarted: the value differs from the one at the previous connect.
        first: there was no previous connect.
    """

    epoch: int
    startup_time: str
    restarted: bool
    first: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """The answer to "would a call be served now?".

    Attributes:
        ok: link up, application registry answering, events handled within ``HEALTH_SECONDS``.
        round_trip: seconds of ``GET /applications/{app}``; None if it failed.
        lag: seconds that the oldest event has waited for its reader.
        problem: one sentence if not ok.
    """

    ok: bool
    round_trip: float | None
    lag: float
    problem: str = ""


async def _no_resync(_: Connected) -> None:
    return None


async def _no_notice(_: str) -> None:
    return None


class AriClient:
    """Keeps one ARI application connected.

    Use as a context manager and run :meth:`run` in a task of its own; operations go through
    :attr:`ari`, events come from :meth:`next_event`.

    Attributes:
        ari: all operations over the websocket.
        http: plain HTTP, for downloads and while the websocket is down.
        state: where the link stands.
        connects: successful connects so far, resynchronised ones only.
    """

    def __init__(
        self,
        base_url: str,
        user: str,
        password: str,
        app: str,
        *,
        events: Collection[str] = (),
        on_connected: Callable[[Connected], Awaitable[None]] = _no_resync,
        on_disconnected: Callable[[str], Awaitable[None]] = _no_notice,
        deadline: float = REQUEST_SECONDS,
    ) -> None:
        """Prepare, without touching the network; needs a running event loop.

        Args:
            base_url: such as ``http://127.0.0.1:8088/ari``, without credentials.
            user: ARI user.
            password: goes into one header and nowhere else.
            app: Stasis application.
            events: types that Asterisk shall send, all if empty. Each one saved is work saved
                in Asterisk.
            on_connected: resynchronises; events are held back until it returns. If it raises
                ``AriError`` or ``AriUnavailable`` the link is made anew.
            on_disconnected: told the reason, once for each link that was lost.
            deadline: seconds for every request.
        """
        self._base = base_url.rstrip("/")
        self._app = app
        self._events = tuple(dict.fromkeys((*events, *INDISPENSABLE_EVENTS))) if events else ()
        self._on_connected = on_connected
        self._on_disconnected = on_disconnected
        self._deadline = deadline
        self._session = aiohttp.ClientSession(
            headers={"Authorization": aiohttp.encode_basic_auth(user, password)},
            connector=aiohttp.TCPConnector(limit=8),
        )
        self._inbox = EventInbox()
        self._link: Link | None = None
        self._up = asyncio.Event()
        self._startup_time = ""
        self._unknown = 0
        self._epoch = 0
        self.http = HttpTransport(self._session, self._base, deadline)
        self.ari = Operations(self)
        self.state = LinkState.DOWN
        self.connects = 0

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Release the connections; cancel :meth:`run` first."""
        self.state = LinkState.CLOSED
        await self._session.close()

    @property
    def lag(self) -> float:
        """Seconds that the oldest undelivered event has waited."""
        return self._inbox.age(asyncio.get_running_loop().time())

    @property
    def backlog(self) -> int:
        """Events not yet delivered."""
        return len(self._inbox)

    @property
    def unknown_events(self) -> int:
        """Events so far that this version could not decode."""
        return self._unknown + (self._link.unknown if self._link else 0)

    async def next_event(self) -> Arrival:
        """Return the next event in order; for one consumer."""
        return await self._inbox.get()

    async def wait_up(self) -> None:
        """Return once the link is up and resynchronised."""
        await self._up.wait()

    async def request(
        self, method: str, path: str, query: Query = (), body: bytes | None = None
    ) -> bytes:
        """Perform one operation over the websocket; see :attr:`ari` for typed ones.

        Raises:
            AriError: Asterisk answered with a status of 400 or more.
            AriUnavailable: no link, link lost, or no reply within the deadline.
            AriReplaced: another client has taken over the application.
            AriRequestTooLarge: the request does not fit a frame.
        """
        link = self._link
        if self.state is LinkState.REPLACED or (link is not None and link.replaced):
            raise AriReplaced(self._app)
        if link is None:
            raise AriUnavailable("ARI link is down")
        return await link.request(method, path, query, body)

    async def download(self, path: str) -> bytes:
        """Fetch a binary body over HTTP."""
        return await self.http.download(path)

    async def health(self) -> Health:
        """Check what a call needs; never raises.

        Asks the application registry, which is what hangs when ARI hangs; ``/asterisk/ping``
        goes on answering then. Asks over HTTP, so that a hung registry does not hold up the
        operations on the websocket.
        """
        clock = asyncio.get_running_loop().time
        began = clock()
        round_trip, problem = None, ""
        try:
            path = f"applications/{quote(self._app, safe='')}"
            await self.http.request("GET", path, deadline=HEALTH_SECONDS)
            round_trip = clock() - began
        except (AriError, AriUnavailable) as error:
            problem = error.message
        lag = self.lag
        if self.state is not LinkState.UP:
            problem = problem or f"ARI link is {self.state}"
        elif lag > HEALTH_SECONDS:
            problem = problem or f"events are handled {lag:.1f} s late"
        return Health(ok=not problem, round_trip=round_trip, lag=lag, problem=problem)

    async def run(self) -> None:
        """Stay connected until cancelled.

        Raises:
            AriError: ``ari-unauthorised``: user or password is wrong, trying again is no use.
            AriReplaced: another client has taken over: write nothing more, and end.
        """
        delay = FIRST_DELAY_SECONDS
        while True:
            before = self.connects
            reason = await self._connect_once()
            if self.connects > before:
                delay = FIRST_DELAY_SECONDS
            log.warning("ari link down", app=self._app, reason=reason)
            await asyncio.sleep(delay * random.uniform(0.5, 1.0))
            delay = min(2 * delay, LAST_DELAY_SECONDS)

    async def _connect_once(self) -> str:
        """Live through one connection, or the attempt at one; return why it ended."""
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                socket = await self._session.ws_connect(
                    f"{self._base}/events",
                    params={"app": self._app},
                    heartbeat=HEARTBEAT_SECONDS,
                    timeout=aiohttp.ClientWSTimeout(ws_close=1.0),
                    max_msg_size=0,
                    compress=0,
                )
        except aiohttp.WSServerHandshakeError as error:
            if error.status in (401, 403):
                raise AriError(
                    error.status,
                    "ari-unauthorised",
                    "Asterisk refused the ARI user or password",
                    hint="compare them with the user's section in Asterisk's ari.conf",
                ) from None
            return f"handshake refused with {error.status}"
        except TimeoutError:
            return "no answer to the handshake"
        except (aiohttp.ClientError, OSError) as error:
            return f"{type(error).__name__}: {error}"
        self._inbox.shut()
        self._epoch += 1
        link = self._link = Link(socket, self._inbox, self._deadline, self._epoch)
        reader = asyncio.create_task(link.read(), name="ari-reader")
        problem = ""
        try:
            problem = await self._resync(link)
            if not problem:
                await reader
        finally:
            reader.cancel()
            link.fail(problem or "client stopped")
            self._link = None
            self._unknown += link.unknown
            self._up.clear()
            self.state = LinkState.REPLACED if link.replaced else LinkState.DOWN
            self._inbox.open()
            await socket.close()
        await self._on_disconnected(link.lost)
        if link.replaced:
            raise AriReplaced(self._app)
        return link.lost

    async def _resync(self, link: Link) -> str:
        """Bring a fresh link into use; return why it cannot be, if so."""
        self.state = LinkState.RESYNCING
        try:
            await self._write_filter()
            info = await self.ari.asterisk.get_info(only=["status"])
            startup_time = info.status.startup_time if info.status else ""
            known, self._startup_time = self._startup_time, startup_time
            await self._on_connected(
                Connected(
                    epoch=link.epoch,
                    startup_time=startup_time,
                    restarted=bool(known) and known != startup_time,
                    first=not known,
                )
            )
        except (AriError, AriUnavailable) as error:
            return error.message
        if link.lost:
            return link.lost
        self.connects += 1
        self.state = LinkState.UP
        self._inbox.open()
        self._up.set()
        log.info("ari link up", app=self._app, startup_time=startup_time)
        return ""

    async def _write_filter(self) -> None:
        """Set the event filter, whatever an earlier client has left in the application."""
        allowed = [{"type": name} for name in self._events]
        await self.ari.applications.filter(
            self._app, filter_={"allowed": allowed, "disallowed": []}
        )
