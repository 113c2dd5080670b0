"""SIPp as callers and as agents' telephones; and how the telephones are registered."""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
import shutil
import socket
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from acd.core.errors import AcdError

SCENARIOS = Path(__file__).parent
CALLERS_HOST = "127.0.0.2"
"""Callers come from here: the trunk is known by its address."""

AGENTS_HOST = "127.0.0.1"
_MEDIA_PORTS = {"caller": 19000, "agent": 19500}
"""Below Asterisk's. SIPp binds them and reads nothing there: Asterisk's RTP ends in the kernel."""

_PARAMETER = re.compile(r'(\w+)="([^"]*)"')
_REPLY_SECONDS = 5.0


class SippError(AcdError):
    """SIPp is not there, or calls failed."""

    code = "bench-sipp"


def require_sipp() -> str:
    """Return the path of SIPp.

    Raises:
        SippError: it is not installed.
    """
    found = shutil.which("sipp")
    if found is None:
        raise SippError("sipp is not installed", hint="run scripts/setup test")
    return found


class Agents:
    """All agents' telephones in one SIPp, while the context lasts.

    Attributes:
        port: where they listen.
        pid: process id of SIPp; 0 outside the context.
    """

    def __init__(self) -> None:
        with socket.socket(type=socket.SOCK_DGRAM) as probe:
            probe.bind((AGENTS_HOST, 0))
            self.port: int = probe.getsockname()[1]
        self.pid = 0
        self._child: asyncio.subprocess.Process | None = None
        self._directory = TemporaryDirectory(prefix="acd-bench-")

    def register(self, server: tuple[str, int], passwords: dict[str, str]) -> None:
        """Register every telephone, for an hour. Call before the context begins.

        The requests come from the port where SIPp will listen: Asterisk sends calls to where a
        registration came from (``rewrite_contact``).

        Raises:
            SippError: a registration was refused, or not answered.
        """
        with socket.socket(type=socket.SOCK_DGRAM) as wire:
            wire.bind((AGENTS_HOST, self.port))
            wire.settimeout(_REPLY_SECONDS)
            for user, password in passwords.items():
                self._register(wire, server, user, password)

    def _register(
        self, wire: socket.socket, server: tuple[str, int], user: str, password: str
    ) -> None:
        call_id, authorization = secrets.token_hex(8), ""
        uri = f"sip:{server[0]}:{server[1]}"
        own = f"{AGENTS_HOST}:{self.port}"
        for sequence in (1, 2):
            request = (
                f"REGISTER {uri} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP {own};branch=z9hG4bK{secrets.token_hex(8)}\r\n"
                f"From: <sip:{user}@{server[0]}>;tag={call_id}\r\n"
                f"To: <sip:{user}@{server[0]}>\r\n"
                f"Call-ID: {call_id}\r\n"
                f"CSeq: {sequence} REGISTER\r\n"
                f"Contact: <sip:{user}@{own}>\r\n"
                "Expires: 3600\r\nMax-Forwards: 70\r\n"
                f"{authorization}Content-Length: 0\r\n\r\n"
            )
            wire.sendto(request.encode(), server)
            status, reply = self._reply(wire, call_id)
            if status == 200:
                return
            challenge = dict(_PARAMETER.findall(reply))
            authorization = _authorization(challenge, user, password, uri)
        raise SippError(f"the telephone {user} was refused: {reply.splitlines()[0]}")

    def _reply(self, wire: socket.socket, call_id: str) -> tuple[int, str]:
        """Return the final reply to our request; answer what Asterisk asks meanwhile."""
        while True:
            try:
                data, sender = wire.recvfrom(65535)
            except TimeoutError:
                raise SippError("a registration was not answered") from None
            text = data.decode(errors="replace")
            if text.startswith("OPTIONS "):
                wire.sendto(_ok(text).encode(), sender)
            elif f"Call-ID: {call_id}" in text and not text.startswith("SIP/2.0 1"):
                return int(text.split(maxsplit=2)[1]), text

    async def __aenter__(self) -> Self:
        """Start to answer calls."""
        self._child = await _start(
            "agent", AGENTS_HOST, self.port, Path(self._directory.name), "-aa"
        )
        self.pid = self._child.pid
        return self

    async def __aexit__(self, *_exception: object) -> None:
        assert self._child is not None
        if self._child.returncode is None:
            self._child.kill()
        await self._child.wait()
        self.pid = 0
        self._directory.cleanup()


async def call(
    server: tuple[str, int], number: str, *, calls: int, rate: int, seconds: float
) -> None:
    """Let callers call a number, and return once all have been served.

    Args:
        server: Asterisk's SIP address.
        number: what they dial.
        calls: how many.
        rate: calls started in a second, evenly.
        seconds: when to give up.

    Raises:
        SippError: a call failed, or the time was over.
    """
    with TemporaryDirectory(prefix="acd-bench-") as directory:
        child = await _start(
            "caller", CALLERS_HOST, 0, Path(directory),
            *("-s", number, "-m", str(calls), "-r", str(rate), "-l", str(calls)),
            f"{server[0]}:{server[1]}",
        )  # fmt: skip
        try:
            async with asyncio.timeout(seconds):
                status = await child.wait()
        except TimeoutError:
            child.kill()
            await child.wait()
            raise SippError(f"calls to {number} were not over in {seconds:.0f} s") from None
        if status != 0:
            errors = _errors(Path(directory))
            raise SippError(f"calls to {number} failed (sipp's exit {status}): {errors}")


async def _start(
    scenario: str, host: str, port: int, directory: Path, *more: str
) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *(require_sipp(), "-sf", str(SCENARIOS / f"{scenario}.xml")),
        *("-i", host, "-mi", host, "-mp", str(_MEDIA_PORTS[scenario]), "-p", str(port)),
        *("-nostdin", "-trace_err", "-error_file", str(directory / "errors.log"), *more),
        cwd=directory,
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )


def _errors(directory: Path) -> str:
    """Return how SIPp's complaints begin."""
    return "".join(path.read_text() for path in directory.glob("*errors*"))[:500]


def _authorization(challenge: dict[str, str], user: str, password: str, uri: str) -> str:
    """Answer a digest challenge (RFC 2617) with ``qop=auth``."""
    realm, nonce = challenge["realm"], challenge["nonce"]
    cnonce = secrets.token_hex(8)
    own = _md5(f"{user}:{realm}:{password}")
    response = _md5(f"{own}:{nonce}:00000001:{cnonce}:auth:{_md5(f'REGISTER:{uri}')}")
    opaque = f'opaque="{challenge["opaque"]}", ' if "opaque" in challenge else ""
    return (
        f'Authorization: Digest username="{user}", realm="{realm}", nonce="{nonce}", '
        f'uri="{uri}", algorithm=MD5, {opaque}qop=auth, nc=00000001, cnonce="{cnonce}", '
        f'response="{response}"\r\n'
    )


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()


def _ok(request: str) -> str:
    """Return a 200 OK to a request outside a dialogue (RFC 3261, 8.2.6.2)."""
    copied = [
        line
        for line in request.split("\r\n\r\n")[0].split("\r\n")[1:]
        if line.split(":")[0].lower() in ("via", "from", "to", "call-id", "cseq")
    ]
    return "\r\n".join(["SIP/2.0 200 OK", *copied, "Content-Length: 0", "", ""])
