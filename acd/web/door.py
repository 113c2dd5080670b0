"""The door: connections that ask for nothing, or for too much, are not kept.

aiohttp waits for ever for the first request of a connection, so a client that sends half a header
and no more costs a connection (slowloris). Here the first header must be complete within
:data:`HEADER_SECONDS`, and only so many clients of one address may be that far at once: the
longest unfinished goes first, so whoever sends a whole request is served. Later requests of a
connection are limited by aiohttp's keep-alive, bodies where they are read.
"""

from __future__ import annotations

import asyncio
import ipaddress
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import cast

import structlog

log = structlog.get_logger()

HEADER_SECONDS = 10.0
"""How long the first header of a connection may take."""

UNFINISHED_OF_ADDRESS = 512
"""Connections of one address at once that have not sent a whole header yet.

Many honest ones may come in the same moment, before the first byte of any is read: as many as wait
to be accepted (asyncio's backlog is 100), and again in the next turn of the loop.
"""

CONNECTIONS_OF_ADDRESS = 256
"""Connections of one address at once; on this machine there may be a proxy for everybody."""

_ENDS = (b"\r\n\r\n", b"\n\n")  # the latter is no good HTTP, but answered all the same


class Door:
    """Makes guarded protocols; give it to ``create_server``.

    Attributes:
        turned_away: connections that were closed here.
    """

    def __init__(self, inside: Callable[[], asyncio.Protocol]) -> None:
        """Prepare; ``inside`` makes the protocol that is guarded."""
        self.turned_away = 0
        self._inside = inside
        self._open: Counter[str] = Counter()
        self._unfinished: dict[str, OrderedDict[_Visitor, None]] = {}

    def __call__(self) -> asyncio.Protocol:
        """Return a protocol for a new connection."""
        return _Visitor(self, self._inside())

    def enter(self, visitor: _Visitor) -> bool:
        """Take a connection in; return whether it may stay."""
        address = visitor.address
        self._open[address] += 1
        unfinished = self._unfinished.setdefault(address, OrderedDict())
        unfinished[visitor] = None
        if len(unfinished) > UNFINISHED_OF_ADDRESS:
            self.turn_away(next(iter(unfinished)), "too many unfinished requests")
        return _is_local(address) or self._open[address] <= CONNECTIONS_OF_ADDRESS

    def finish(self, visitor: _Visitor) -> None:
        """Note that the first header of a connection is complete, or will never be."""
        unfinished = self._unfinished.get(visitor.address)
        if unfinished is not None:
            unfinished.pop(visitor, None)
            if not unfinished:
                del self._unfinished[visitor.address]

    def leave(self, visitor: _Visitor) -> None:
        """Forget a connection."""
        self.finish(visitor)
        self._open[visitor.address] -= 1
        if not self._open[visitor.address]:
            del self._open[visitor.address]

    def turn_away(self, visitor: _Visitor, why: str) -> None:
        """Close a connection at once."""
        self.turned_away += 1
        self.finish(visitor)
        log.info("connection turned away", why=why, **{"pii.address": visitor.address})
        visitor.abort()


class _Visitor(asyncio.Protocol):
    """One connection: passes everything on, and watches until the first header is complete."""

    def __init__(self, door: Door, inside: asyncio.Protocol) -> None:
        self.address = ""
        self._door = door
        self._inside = inside
        self._transport: asyncio.Transport | None = None
        self._timer: asyncio.TimerHandle | None = None
        self._tail = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Let it in, if it may."""
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is none by its type
        peer = transport.get_extra_info("peername")
        self.address = str(peer[0]) if peer else ""
        self._inside.connection_made(transport)
        if not self._door.enter(self):
            self._door.turn_away(self, "too many connections")
            return
        loop = asyncio.get_running_loop()
        self._timer = loop.call_later(
            HEADER_SECONDS, self._door.turn_away, self, "no request in time"
        )

    def data_received(self, data: bytes) -> None:
        """Pass it on."""
        if self._timer is not None:
            self._tail += data
            if any(end in self._tail for end in _ENDS):
                self._finish()
            else:
                self._tail = self._tail[-3:]
        self._inside.data_received(data)

    def eof_received(self) -> bool | None:
        """Pass it on."""
        return self._inside.eof_received()

    def pause_writing(self) -> None:
        """Pass it on."""
        self._inside.pause_writing()

    def resume_writing(self) -> None:
        """Pass it on."""
        self._inside.resume_writing()

    def connection_lost(self, error: Exception | None) -> None:
        """Pass it on, and forget it."""
        self._finish()
        self._door.leave(self)
        self._inside.connection_lost(error)

    def abort(self) -> None:
        """Close without a word."""
        self._finish()
        if self._transport is not None:
            self._transport.abort()

    def _finish(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        self._tail = b""
        self._door.finish(self)


def _is_local(address: str) -> bool:
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return True  # no network address: a socket of this machine
