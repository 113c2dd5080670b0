"""Clients that send half of something and wait: they cost nobody else anything (W8)."""

from __future__ import annotations

import asyncio
import socket
import time

import pytest
import uvloop
from aiohttp import ClientSession
from aiohttp import web as aio
from webkit import OWN_TOKEN, Web

from acd.web import answers, door
from acd.web.door import Door
from acd.web.server import WebServer, make_app

pytestmark = pytest.mark.app

HALF = b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "


@pytest.fixture
async def port(web: Web):
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]
    app = make_app(web.centre, own_token=OWN_TOKEN, host="127.0.0.1")
    async with WebServer(app, "127.0.0.1", number):
        yield number


async def _is_closed(reader: asyncio.StreamReader) -> bool:
    """Wait until the server has closed a connection."""
    try:
        async with asyncio.timeout(5):
            await reader.read()
    except ConnectionError:
        return True
    except TimeoutError:
        return False
    return True


async def _asked(web: Web, port: int) -> float:
    began = time.perf_counter()
    async with web.session.get(f"http://127.0.0.1:{port}/healthz") as reply:
        assert reply.status == 200
    return time.perf_counter() - began


async def test_half_headers_are_cut_and_others_are_served(web: Web, port, monkeypatch):
    monkeypatch.setattr(door, "HEADER_SECONDS", 0.5)
    attackers = [await asyncio.open_connection("127.0.0.1", port) for _ in range(300)]
    for _, writer in attackers:
        writer.write(HALF)
    times = sorted([await _asked(web, port) for _ in range(50)])
    assert times[-1] < 1.0
    assert all(await asyncio.gather(*(_is_closed(reader) for reader, _ in attackers)))
    for _, writer in attackers:
        writer.close()


async def test_a_header_that_drips_is_cut_all_the_same(port, monkeypatch):
    monkeypatch.setattr(door, "HEADER_SECONDS", 0.3)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(HALF)
    closed = asyncio.create_task(_is_closed(reader))
    for _ in range(100):
        if closed.done():
            break
        writer.write(b"x")
        await asyncio.wait([closed], timeout=0.02)
    assert await closed
    writer.close()


async def test_whoever_asked_may_stay(web: Web, port, monkeypatch):
    monkeypatch.setattr(door, "HEADER_SECONDS", 0.2)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for part in (b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r", b"\n\r", b"\n"):
        writer.write(part)
        await writer.drain()
    assert (await reader.readline()).startswith(b"HTTP/1.1 200")
    closed = asyncio.create_task(_is_closed(reader))
    done, _ = await asyncio.wait([closed], timeout=0.5)
    assert not done  # kept for the next request
    closed.cancel()
    writer.close()


async def test_a_body_that_does_not_come_is_not_waited_for(port, monkeypatch):
    monkeypatch.setattr(answers, "BODY_SECONDS", 0.2)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    writer.write(
        b"POST /api/v1/session HTTP/1.1\r\nHost: 127.0.0.1\r\n"
        b'Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"login":'
    )
    async with asyncio.timeout(5):
        assert (await reader.readline()).startswith(b"HTTP/1.1 408")
    writer.close()


def test_the_door_opens_on_the_event_loop_that_we_use(tmp_path):
    """Not only on asyncio's own, on which the other tests run."""
    sound = tmp_path / "r-1.wav"
    sound.write_bytes(bytes(1_000_000))

    async def hear(_: aio.Request) -> aio.FileResponse:
        return aio.FileResponse(sound)

    async def run() -> int:
        app = aio.Application()
        app.router.add_get("/", hear)
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            number = free.getsockname()[1]
        async with (
            WebServer(app, "127.0.0.1", number),
            ClientSession() as session,
            session.get(f"http://127.0.0.1:{number}/") as reply,
        ):
            return len(await reply.read())

    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        assert runner.run(run()) == 1_000_000


class _Inside(asyncio.Protocol):
    """A server that says nothing."""


class _Transport(asyncio.Transport):
    """A connection from somewhere."""

    def __init__(self, address: str) -> None:
        super().__init__({"peername": (address, 1)})
        self.is_aborted = False

    def abort(self) -> None:
        self.is_aborted = True


async def test_one_address_has_so_many_connections_and_this_machine_any_number():
    made = {}
    for address in ("198.51.100.7", "127.0.0.1"):
        gate = Door(_Inside)
        made[address] = []
        for _ in range(door.CONNECTIONS_OF_ADDRESS + 1):
            transport, visitor = _Transport(address), gate()
            visitor.connection_made(transport)
            visitor.data_received(b"GET / HTTP/1.1\r\n\r\n")
            made[address].append((transport, visitor))
        assert gate.turned_away == (address != "127.0.0.1")
        for _, visitor in made[address]:
            visitor.connection_lost(None)
        assert not gate._open
        assert not gate._unfinished
    assert made["198.51.100.7"][-1][0].is_aborted


async def test_of_too_many_half_requests_the_oldest_go():
    gate = Door(_Inside)
    made = []
    for _ in range(door.UNFINISHED_OF_ADDRESS + 2):
        transport, visitor = _Transport("127.0.0.1"), gate()
        visitor.connection_made(transport)
        visitor.data_received(HALF)
        made.append((transport, visitor))
    assert [transport.is_aborted for transport, _ in made[:4]] == [True, True, False, False]
    assert not made[-1][0].is_aborted
    for _, visitor in made:
        visitor.connection_lost(None)
