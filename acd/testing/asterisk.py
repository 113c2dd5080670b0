"""A test Asterisk: its settings, its agents' passwords, its console."""

from __future__ import annotations

import asyncio
import json
import os
import socket
import subprocess
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import aiohttp

from acd.adapters.asterisk.program import AsteriskProgram, minimal_environment
from acd.adapters.asterisk.settings import AgentEndpoint, AsteriskSettings, Trunk, sip_digest
from acd.testing.softphone import Phone, Phones

AGENTS = ("ann", "bob", "cid", *(f"agent{n:02}" for n in range(1, 21)))
CARRIER = "127.0.0.9"


@dataclass(frozen=True, slots=True)
class Lab:
    """A running Asterisk and what a test needs to reach it."""

    program: AsteriskProgram
    settings: AsteriskSettings

    @staticmethod
    def password(agent: str) -> str:
        """SIP password of an agent of `AGENTS`."""
        return f"{agent}-test-password"

    @property
    def sip(self) -> str:
        """``host:port`` of SIP over UDP and TCP."""
        return f"{self.settings.bind}:{self.settings.sip_port}"

    def cli(self, command: str) -> str:
        """Run a command of Asterisk's console and return its output."""
        conf = self.settings.directory / "etc/asterisk.conf"
        return subprocess.run(
            [*self.program.argv, "-C", str(conf), "-rx", command],
            cwd=self.settings.directory,
            env=minimal_environment(),
            capture_output=True,
            text=True,
            check=True,
            timeout=10,
        ).stdout


def free_port() -> int:
    """Return a port that is free for TCP and UDP on loopback."""
    while True:
        with (
            socket.socket(socket.AF_INET, socket.SOCK_STREAM) as tcp,
            socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp,
        ):
            tcp.bind(("127.0.0.1", 0))
            port: int = tcp.getsockname()[1]
            try:
                udp.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def lab_settings(directory: Path) -> AsteriskSettings:
    """Settings of a test Asterisk below ``directory``: agents of `AGENTS`, one trunk."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    return AsteriskSettings(
        directory=directory,
        http_port=free_port(),
        sip_port=free_port(),
        ami_port=free_port(),
        rtp_start=20000 + worker * 1000,
        rtp_end=20999 + worker * 1000,
        ari_password="test-ari-password",
        ami_password="test-ami-password",
        caller_password="test-caller-password",
        systemname=f"lab{worker}",
        agents=tuple(AgentEndpoint(name, sip_digest(name, Lab.password(name))) for name in AGENTS),
        trunks=(Trunk("carrier", (CARRIER,)),),
    )


class AriProbe:
    """A bare ARI client: requests over HTTP; events of the application from `listen` on.

    Not the engine's client, so that a test of Asterisk or its dialplan stands on its own.
    """

    def __init__(self, settings: AsteriskSettings) -> None:
        self._url = settings.ari_url
        self._app = settings.ari_app
        credentials = aiohttp.encode_basic_auth(settings.ari_user, settings.ari_password)
        self._session = aiohttp.ClientSession(
            headers={"Authorization": credentials}, timeout=aiohttp.ClientTimeout(total=10)
        )
        self._socket: aiohttp.ClientWebSocketResponse | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self.deafen()
        await self._session.close()

    async def listen(self) -> None:
        """Register the application: calls reach it from now on."""
        self._socket = await self._session.ws_connect(
            f"{self._url}/events", params={"app": self._app}
        )

    async def deafen(self) -> None:
        """Close the event socket, as an engine that dies does."""
        if self._socket is not None:
            await self._socket.close()
            self._socket = None

    async def request(self, method: str, path: str, **query: str) -> tuple[int, Any]:
        """Send one request; return status and decoded body."""
        async with self._session.request(method, self._url + path, params=query) as reply:
            body = await reply.text()
            return reply.status, json.loads(body) if body else None

    async def variable(self, channel: str, name: str) -> str | None:
        """Return a channel variable or function; None when the channel or variable is not there."""
        status, body = await self.request("GET", f"/channels/{channel}/variable", variable=name)
        return str(body["value"]) if status == 200 else None

    async def event(self, kind: str, *, seconds: float = 10.0) -> dict[str, Any]:
        """Return the next event of type ``kind``; others are skipped."""
        assert self._socket is not None, "listen() first"
        async with asyncio.timeout(seconds):
            while True:
                event: dict[str, Any] = await self._socket.receive_json()
                if event["type"] == kind:
                    return event


async def customer(
    phones: Phones, settings: AsteriskSettings, number: str = "100", name: str = ""
) -> Phone:
    """Take a customer's telephone whose calls come from ``number``."""
    return await phones.caller(
        "caller",
        settings.caller_password,
        from_user=number,
        from_name=name,
        host=settings.bind,
        port=settings.sip_port,
    )


async def eventually(
    look: Callable[[], Awaitable[bool]], *, seconds: float = 10.0, every: float = 0.05
) -> None:
    """Return as soon as ``look`` says yes; fail with TimeoutError after ``seconds``."""
    async with asyncio.timeout(seconds):
        while not await look():  # noqa: ASYNC110  (the other side has no event to wait for)
            await asyncio.sleep(every)


def sip_request(
    method: str,
    user: str | bytes,
    port: int,
    *,
    call_id: str | bytes,
    from_user: str | bytes = "100",
    from_name: str | bytes = "",
    source: str = "127.0.0.1",
) -> bytes:
    """Compose a SIP request by hand, also one that no phone would send."""

    def raw(value: str | bytes) -> bytes:
        return value if isinstance(value, bytes) else value.encode()

    me = f"{source}:{port}".encode()
    offer = f"v=0\r\no=- 1 1 IN IP4 {source}\r\ns=-\r\nc=IN IP4 {source}\r\nt=0 0\r\n"
    offer += "m=audio 9 RTP/AVP 0\r\n"
    body = offer.encode() if method == "INVITE" else b""
    lines = (
        method.encode() + b" sip:" + raw(user) + b"@127.0.0.1 SIP/2.0",
        b"Via: SIP/2.0/UDP " + me + b";rport;branch=z9hG4bK" + os.urandom(8).hex().encode(),
        b"Max-Forwards: 70",
        b'From: "' + raw(from_name) + b'" <sip:' + raw(from_user) + b"@127.0.0.1>;tag=1",
        b"To: <sip:" + raw(user) + b"@127.0.0.1>",
        b"Call-ID: " + raw(call_id),
        b"CSeq: 1 " + method.encode(),
        b"Contact: <sip:" + me + b">",
        b"Content-Type: application/sdp",
        b"Content-Length: " + str(len(body)).encode(),
    )
    return b"\r\n".join(lines) + b"\r\n\r\n" + body
