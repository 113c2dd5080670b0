"""A telephone without sound that gives any SIP answer one wants.

baresip refuses calls with 486 only; other telephones decline with 603, are out of order with
500, or not to be reached with 480, and Asterisk turns each into another cause. This one speaks
just enough SIP over UDP (RFC 3261) to register and to refuse.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
import secrets
from types import TracebackType
from typing import Self

from acd.testing.softphone import RegistrationFailed, SipServer

_ATTEMPT_SECONDS = 3.0
_PARAMETER = re.compile(r'(\w+)=(?:"([^"]*)"|([^,\s]+))')
_COPIED = ("via", "from", "call-id", "cseq")  # what an answer repeats (RFC 3261, 8.2.6.2)


class StubPhone(asyncio.DatagramProtocol):
    """Registers, lets each call ring, then gives its final answer. An asynchronous context.

    Args:
        user: SIP user.
        password: its password.
        server: where to register.
        status: final SIP status for each call, 300 to 699.
        reason: its phrase.
        after_seconds: how long a call rings before.

    Attributes:
        refused: how many calls got the final answer.
        cancelled: how many the far end gave up before.
    """

    def __init__(
        self,
        user: str,
        password: str,
        *,
        server: SipServer,
        status: int,
        reason: str,
        after_seconds: float = 0.0,
    ) -> None:
        self._user = user
        self._password = password
        self._server = server
        self._final = f"{status} {reason}"
        self._after_seconds = after_seconds
        self._call_id = secrets.token_hex(8)
        self._tag = secrets.token_hex(4)
        self._sequence = 0
        self._replies: asyncio.Queue[str] = asyncio.Queue()
        self._ringing: dict[str, tuple[asyncio.TimerHandle, str]] = {}
        self.refused = 0
        self.cancelled = 0

    async def __aenter__(self) -> Self:
        loop = asyncio.get_running_loop()
        address = (self._server.local_address(), 0)
        self._transport, _ = await loop.create_datagram_endpoint(lambda: self, address)
        self._local = "{}:{}".format(*self._transport.get_extra_info("sockname"))
        try:
            await self._register(300)
        except BaseException:
            self._transport.close()
            raise
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            await self._register(0)
        finally:
            for timer, _ in self._ringing.values():
                timer.cancel()
            self._transport.close()

    def datagram_received(self, data: bytes, addr: tuple[str | int, ...]) -> None:
        """Take one SIP message."""
        message = data.decode(errors="replace")
        method = message.partition(" ")[0]
        if method.startswith("SIP/2.0"):
            self._replies.put_nowait(message)
        elif method == "INVITE" and _header(message, "call-id") not in self._ringing:
            self._answer(message, "100 Trying")
            self._answer(message, "180 Ringing")
            timer = asyncio.get_running_loop().call_later(
                self._after_seconds, self._refuse, _header(message, "call-id")
            )
            self._ringing[_header(message, "call-id")] = (timer, message)
        elif method == "CANCEL":
            self._answer(message, "200 OK")
            self._cancel(_header(message, "call-id"))
        elif method in ("OPTIONS", "BYE"):
            self._answer(message, "200 OK")

    def _refuse(self, call_id: str) -> None:
        _, invite = self._ringing.pop(call_id)
        self.refused += 1
        self._answer(invite, self._final)

    def _cancel(self, call_id: str) -> None:
        if call_id in self._ringing:
            timer, invite = self._ringing.pop(call_id)
            timer.cancel()
            self.cancelled += 1
            self._answer(invite, "487 Request Terminated")

    def _answer(self, request: str, status: str) -> None:
        headers = request.partition("\r\n\r\n")[0].split("\r\n")[1:]
        copied = (line for line in headers if line.partition(":")[0].strip().lower() in _COPIED)
        self._send(
            [
                f"SIP/2.0 {status}",
                *copied,
                f"To: {_header(request, 'to')};tag={self._tag}",
                f"Contact: <sip:{self._user}@{self._local}>",
            ]
        )

    async def _register(self, seconds: int) -> None:
        """Register for some time, answering the server's challenge once."""
        reply = await self._request_registration(seconds, "")
        if reply.startswith("SIP/2.0 401"):
            challenge = _header(reply, "www-authenticate")
            reply = await self._request_registration(seconds, self._credentials(challenge))
        if not reply.startswith("SIP/2.0 200"):
            status = reply.partition("\r\n")[0].removeprefix("SIP/2.0 ")
            raise RegistrationFailed(f"{self._user} cannot register: {status}")

    async def _request_registration(self, seconds: int, credentials: str) -> str:
        self._sequence += 1
        server = f"{self._server.host}:{self._server.port}"
        lines = [
            f"REGISTER sip:{server} SIP/2.0",
            f"Via: SIP/2.0/UDP {self._local};branch=z9hG4bK{secrets.token_hex(6)};rport",
            f"From: <sip:{self._user}@{server}>;tag={self._tag}",
            f"To: <sip:{self._user}@{server}>",
            f"Call-ID: {self._call_id}",
            f"CSeq: {self._sequence} REGISTER",
            f"Contact: <sip:{self._user}@{self._local}>",
            "Max-Forwards: 70",
            f"Expires: {seconds}",
        ]
        self._send([*lines, f"Authorization: {credentials}"] if credentials else lines)
        try:
            async with asyncio.timeout(_ATTEMPT_SECONDS):
                while True:
                    reply = await self._replies.get()
                    if _header(reply, "cseq") == f"{self._sequence} REGISTER":
                        return reply
        except TimeoutError:
            raise RegistrationFailed(
                f"{self._user} cannot register at {server}: no answer",
                hint="is the SIP server running there?",
            ) from None

    def _credentials(self, challenge: str) -> str:
        """Return digest credentials (RFC 2617, MD5, qop=auth) for a REGISTER."""
        asked = {name: quoted or bare for name, quoted, bare in _PARAMETER.findall(challenge)}
        uri = f"sip:{self._server.host}:{self._server.port}"
        nonce, client_nonce = asked["nonce"], secrets.token_hex(8)
        owner = _md5(f"{self._user}:{asked['realm']}:{self._password}")
        request = _md5(f"REGISTER:{uri}")
        response = _md5(f"{owner}:{nonce}:00000001:{client_nonce}:auth:{request}")
        return (
            f'Digest username="{self._user}", realm="{asked["realm"]}", nonce="{nonce}", '
            f'uri="{uri}", response="{response}", algorithm=MD5, qop=auth, nc=00000001, '
            f'cnonce="{client_nonce}", opaque="{asked.get("opaque", "")}"'
        )

    def _send(self, lines: list[str]) -> None:
        message = "\r\n".join([*lines, "Content-Length: 0", "", ""])
        self._transport.sendto(message.encode(), (self._server.host, self._server.port))


def _header(message: str, name: str) -> str:
    """Return the value of a message's first header of a name (lower case), or nothing."""
    for line in message.partition("\r\n\r\n")[0].split("\r\n")[1:]:
        key, _, value = line.partition(":")
        if key.strip().lower() == name:
            return value.strip()
    return ""


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
