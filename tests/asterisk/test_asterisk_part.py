"""Asterisk as a part: started, adopted, supervised, reloaded, and shut to the world."""

from __future__ import annotations

import asyncio
import os
import pickle
import re
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, suppress
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from acd.adapters.asterisk import process
from acd.adapters.asterisk.process import AsteriskError
from acd.adapters.asterisk.program import AsteriskProgram
from acd.adapters.asterisk.run import AsteriskServer, ServerState
from acd.adapters.asterisk.settings import AgentEndpoint, AsteriskSettings, sip_digest
from acd.testing.asterisk import AriProbe, Lab, customer, eventually, sip_request
from acd.testing.softphone import Phones, RegistrationFailed

pytestmark = pytest.mark.asterisk

MakeServer = Callable[[AsteriskSettings], AsteriskServer]

ENGINE = """
import asyncio, pickle, sys
from acd.adapters.asterisk.run import AsteriskServer

async def main():
    server = AsteriskServer(*pickle.load(sys.stdin.buffer))
    await server.start()
    print(server.pid, flush=True)
    await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.fixture
async def make_server(asterisk_program: AsteriskProgram) -> AsyncIterator[MakeServer]:
    """Make servers that are stopped when the test ends."""
    async with AsyncExitStack() as stack:

        def make(settings: AsteriskSettings) -> AsteriskServer:
            server = AsteriskServer(asterisk_program, settings)
            stack.push_async_callback(server.stop)
            return server

        yield make


async def test_starts_within_three_seconds_and_leaves_nothing_behind(
    own_settings: AsteriskSettings, make_server: MakeServer
) -> None:
    server = make_server(own_settings)
    before = time.monotonic()
    await server.start()
    assert time.monotonic() - before < 3
    assert "Asterisk" in await server.rasterisk("core show version")
    pid = server.pid
    assert pid is not None
    assert os.getpgid(pid) == pid, "it leads a process group of its own"
    await server.stop()
    assert not os.path.exists(f"/proc/{pid}")  # noqa: ASYNC240
    assert process.find(own_settings.directory) is None


async def test_log_is_free_of_errors_after_start(
    own_settings: AsteriskSettings, make_server: MakeServer
) -> None:
    await make_server(own_settings).start()
    console = (own_settings.directory / "log/console.log").read_text()
    assert re.findall(r".*(?:ERROR|WARNING)\[.*", console) == []


async def test_only_loopback_listens(asterisk: Lab, phones: Phones, ari: AriProbe) -> None:
    await ari.listen()
    settings = asterisk.settings
    caller = await customer(phones, settings)
    call = await caller.dial("100")
    await call.wait_established(5)
    running = process.find(settings.directory)
    assert running is not None
    sockets = listening(running.pid)
    assert len([s for s in sockets if s.address == settings.bind]) >= 6, "HTTP AMI SIP SIP RTP RTCP"
    elsewhere = [s for s in sockets if s.address != settings.bind]
    # PJSIP's DNS client keeps a UDP socket for IPv4 and one for IPv6 when the machine has name
    # servers; no setting turns it off. It must be that and nothing more.
    assert {s.table for s in elsewhere} <= {"udp", "udp6"}
    assert len(elsewhere) == len({s.table for s in elsewhere})
    for other in elsewhere:
        assert not answers_sip(other.port)
    await call.hangup()


async def test_engine_killed_its_asterisk_is_adopted_with_the_call(
    own_settings: AsteriskSettings, make_server: MakeServer, phones: Phones
) -> None:
    engine, pid = await start_engine(make_server(own_settings))
    async with AriProbe(own_settings) as ari:
        await ari.listen()
        caller = await customer(phones, own_settings)
        call = await caller.dial("100")
        channel = (await ari.event("StasisStart"))["channel"]["id"]
        await call.wait_established(5)
        await kill(engine)

        server = make_server(own_settings)
        await server.start()
        assert (server.adopted, server.pid) == (True, pid)
        assert (await ari.request("GET", f"/channels/{channel}"))[1]["state"] == "Up"
        assert call.established
        await call.hangup()


async def test_adopts_across_a_change_that_a_reload_can_carry(
    own_settings: AsteriskSettings, make_server: MakeServer
) -> None:
    engine, pid = await start_engine(make_server(own_settings))
    await kill(engine)
    zoe = AgentEndpoint("zoe", sip_digest("zoe", "secret"))
    server = make_server(replace(own_settings, agents=(zoe,)))
    await server.start()
    assert server.pid == pid
    endpoints = await server.rasterisk("pjsip list endpoints")
    assert "Endpoint:  zoe" in endpoints
    assert "Endpoint:  ann" not in endpoints


async def test_replaces_an_asterisk_left_with_another_configuration(
    own_settings: AsteriskSettings, make_server: MakeServer
) -> None:
    engine, pid = await start_engine(make_server(own_settings))
    await kill(engine)
    server = make_server(replace(own_settings, systemname="other"))
    await server.start()
    assert not server.adopted
    assert server.pid != pid
    only = process.find(own_settings.directory)
    assert only is not None
    assert only.pid == server.pid


async def test_dead_asterisk_is_started_again_and_said_to_be_down(
    own_settings: AsteriskSettings, asterisk_program: AsteriskProgram
) -> None:
    told: list[ServerState] = []
    server = AsteriskServer(
        asterisk_program, own_settings, on_state=lambda state, detail: told.append(state)
    )
    await server.start()
    try:
        first = server.pid
        assert first is not None
        os.kill(first, signal.SIGKILL)

        async def up_again() -> bool:
            return told.count(ServerState.UP) == 2

        await eventually(up_again)
        assert server.pid not in {None, first}
        assert "Asterisk" in await server.rasterisk("core show version")
    finally:
        await server.stop()
    up = [ServerState.STARTING, ServerState.UP]
    assert told == [*up, ServerState.DOWN, *up, ServerState.STOPPED]


async def test_adopted_asterisk_is_supervised_too(
    own_settings: AsteriskSettings, make_server: MakeServer
) -> None:
    engine, pid = await start_engine(make_server(own_settings))
    await kill(engine)
    server = make_server(own_settings)
    await server.start()
    os.kill(pid, signal.SIGKILL)

    async def replaced() -> bool:
        return server.pid not in {None, pid}

    await eventually(replaced)
    assert not server.adopted


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
async def test_port_in_use_is_said_before_asterisk_is_started(
    own_settings: AsteriskSettings, make_server: MakeServer, kind: socket.SocketKind
) -> None:
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind((own_settings.bind, own_settings.sip_port))
        if kind == socket.SOCK_STREAM:
            other.listen()
        with pytest.raises(AsteriskError, match=str(own_settings.sip_port)) as raised:
            await make_server(own_settings).start()
    assert raised.value.code == "port-in-use"
    assert "asterisk.sip_port" in raised.value.hint
    assert process.find(own_settings.directory) is None


async def test_start_that_fails_shows_the_end_of_the_log(
    own_settings: AsteriskSettings, asterisk_program: AsteriskProgram
) -> None:
    broken = replace(
        asterisk_program, argv=("/bin/sh", "-c", "echo 'ERROR[1] no such thing'; exit 3", "sh")
    )
    server = AsteriskServer(broken, own_settings)
    with pytest.raises(AsteriskError, match=r"exit 3.*\n.*no such thing") as raised:
        await server.start()
    assert raised.value.code == "asterisk-start"
    await server.stop()


async def test_reload_brings_a_new_agent_and_ends_an_old_one(
    own_settings: AsteriskSettings, make_server: MakeServer, phones: Phones
) -> None:
    server = make_server(own_settings)
    await server.start()
    at = {"host": own_settings.bind, "port": own_settings.sip_port}
    await phones.agent("ann", Lab.password("ann"), **at)
    with pytest.raises(RegistrationFailed):
        await phones.agent("zoe", "new-password", **at)
    zoe = AgentEndpoint("zoe", sip_digest("zoe", "new-password"))
    await server.reload(replace(own_settings, agents=(zoe,)))
    await phones.agent("zoe", "new-password", **at)
    with pytest.raises(RegistrationFailed):
        await phones.agent("ann", Lab.password("ann"), **at)


async def test_reload_refuses_what_needs_a_new_start(
    own_settings: AsteriskSettings, make_server: MakeServer
) -> None:
    server = make_server(own_settings)
    await server.start()
    with pytest.raises(AsteriskError) as raised:
        await server.reload(replace(own_settings, systemname="other"))
    assert raised.value.code == "restart-needed"


async def start_engine(server: AsteriskServer) -> tuple[asyncio.subprocess.Process, int]:
    """Start a process that starts Asterisk as the engine does; return it and Asterisk's pid."""
    engine = await asyncio.create_subprocess_exec(
        sys.executable,
        *("-c", ENGINE),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
    )
    assert engine.stdin is not None
    assert engine.stdout is not None
    engine.stdin.write(pickle.dumps((server.program, server.settings)))
    engine.stdin.close()
    async with asyncio.timeout(20):
        while not (line := await engine.stdout.readline()).strip().isdigit():
            assert line, "the engine ended without starting Asterisk"
    return engine, int(line)


async def kill(engine: asyncio.subprocess.Process) -> None:
    """End an engine as a crash does."""
    engine.kill()
    assert await engine.wait() == -signal.SIGKILL


@dataclass(frozen=True, slots=True)
class Socket:
    """A socket that something from outside could reach."""

    table: str
    address: str
    port: int


def listening(pid: int) -> list[Socket]:
    """Return a process's listening TCP sockets and all its UDP sockets."""
    inodes = set()
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(OSError):
            if found := re.fullmatch(r"socket:\[(\d+)\]", os.readlink(descriptor)):
                inodes.add(found.group(1))
    sockets = []
    for table in ("tcp", "tcp6", "udp", "udp6"):
        for line in Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:]:
            fields = line.split()
            if fields[9] not in inodes or (table.startswith("tcp") and fields[3] != "0A"):
                continue
            address, port = fields[1].split(":")
            packed = bytes.fromhex(address)
            text = socket.inet_ntop(socket.AF_INET, packed[::-1]) if len(packed) == 4 else address
            sockets.append(Socket(table, text, int(port, 16)))
    return sockets


def answers_sip(port: int) -> bool:
    """Tell whether a SIP request to a loopback UDP port is answered within half a second."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind(("127.0.0.1", 0))
        phone.settimeout(0.5)
        me = phone.getsockname()[1]
        phone.sendto(sip_request("OPTIONS", "100", me, call_id="probe"), ("127.0.0.1", port))
        try:
            return bool(phone.recv(4096))
        except (TimeoutError, ConnectionRefusedError):
            return False
