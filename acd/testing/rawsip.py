"""A caller that puts any bytes into a call: what no telephone would send."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import re
import socket
from types import TracebackType
from typing import Self

from acd.testing.asterisk import sip_request

_PARAMETER = re.compile(rb'(\w+)="([^"]*)"')
_CHALLENGE_SECONDS = 10.0
_ANSWER_SECONDS = 0.5


class RawCaller:
    """Places calls by hand over UDP, with the digest that a user has to give.

    Args:
        user: who proves themselves.
        password: their secret.
        server: where the calls go.
    """

    def __init__(self, user: str, password: str, server: tuple[str, int]) -> None:
        self._user = user
        self._password = password
        self._server = server
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.setblocking(False)
        self._port: int = self._socket.getsockname()[1]
        self._challenge: dict[str, str] = {}
        self._learned_at = 0.0
        self._count = 0

    async def __aenter__(self) -> Self:
        await self._learn()
        return self

    async def _learn(self) -> None:
        """Ask for a challenge; the server's is good for half a minute."""
        self._challenge = {}
        self._count += 1
        call_id = f"challenge-{self._port}-{self._count}"
        reply = await self._exchange(self._invite("0", call_id), call_id.encode())
        found = _PARAMETER.findall(_header(reply, b"www-authenticate"))
        self._challenge = {name.decode(): value.decode() for name, value in found}
        self._learned_at = asyncio.get_running_loop().time()

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._socket.close()

    async def invite(
        self,
        number: str | bytes,
        *,
        call_id: str | bytes = "",
        from_user: str | bytes = "100",
        from_name: str | bytes = "",
        headers: bytes = b"",
    ) -> bytes:
        """Call; return the final answer, or nothing when there is none.

        Args:
            number: user part of the address dialled.
            call_id: one that no other call has, by default.
            from_user: number shown.
            from_name: name shown.
            headers: more of them, each ended by CRLF.
        """
        if asyncio.get_running_loop().time() - self._learned_at > _CHALLENGE_SECONDS:
            await self._learn()
        self._count += 1
        call_id = call_id or f"raw-{self._port}-{self._count}"
        invite = self._invite(number, call_id, from_user, from_name, headers)
        key = call_id if isinstance(call_id, bytes) else call_id.encode()
        return await self._exchange(invite, key)

    def send(self, number: str, call_id: str) -> None:
        """Call and care for no answer."""
        self._socket.sendto(self._invite(number, call_id), self._server)

    async def hang_up(self, answer: bytes) -> None:
        """Acknowledge a 200 and end its call."""
        for method, sequence in ((b"ACK", b"2"), (b"BYE", b"3")):
            contact = _header(answer, b"contact").strip(b"<>")
            lines = (
                method + b" " + contact + b" SIP/2.0",
                b"Via: SIP/2.0/UDP 127.0.0.1:%d;rport;branch=z9hG4bK%s"
                % (
                    self._port,
                    hashlib.md5(answer + method, usedforsecurity=False).hexdigest().encode(),
                ),
                b"Max-Forwards: 70",
                b"From: " + _header(answer, b"from"),
                b"To: " + _header(answer, b"to"),
                b"Call-ID: " + _header(answer, b"call-id"),
                b"CSeq: " + sequence + b" " + method,
                b"Content-Length: 0",
            )
            self._socket.sendto(b"\r\n".join(lines) + b"\r\n\r\n", self._server)

    async def answers(self, seconds: float) -> list[bytes]:
        """Return every message that comes within ``seconds``."""
        found: list[bytes] = []
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while True:
                    found.append(await asyncio.get_running_loop().sock_recv(self._socket, 65536))
        return found

    def _invite(
        self,
        number: str | bytes,
        call_id: str | bytes,
        from_user: str | bytes = "100",
        from_name: str | bytes = "",
        headers: bytes = b"",
    ) -> bytes:
        request = sip_request(
            "INVITE", number, self._port, call_id=call_id, from_user=from_user, from_name=from_name
        )
        if self._challenge:
            request = request.replace(b"CSeq: 1 ", b"CSeq: 2 ", 1)
            headers = self._credentials() + headers
        return request.replace(b"Max-Forwards: 70\r\n", b"Max-Forwards: 70\r\n" + headers, 1)

    def _credentials(self) -> bytes:
        """Return digest credentials (RFC 2617, MD5, qop=auth) for any INVITE."""
        realm, nonce = self._challenge["realm"], self._challenge["nonce"]
        uri = "sip:127.0.0.1"
        owner = _md5(f"{self._user}:{realm}:{self._password}")
        response = _md5(f"{owner}:{nonce}:00000001:c:auth:{_md5(f'INVITE:{uri}')}")
        return (
            f'Authorization: Digest username="{self._user}", realm="{realm}", nonce="{nonce}", '
            f'uri="{uri}", response="{response}", algorithm=MD5, qop=auth, nc=00000001, '
            f'cnonce="c", opaque="{self._challenge.get("opaque", "")}"\r\n'
        ).encode()

    async def _exchange(self, request: bytes, call_id: bytes) -> bytes:
        self._socket.sendto(request, self._server)
        loop = asyncio.get_running_loop()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_ANSWER_SECONDS):
                while True:
                    reply = await loop.sock_recv(self._socket, 65536)
                    is_final = reply.startswith(b"SIP/2.0 ") and reply[8:9] != b"1"
                    if is_final and _header(reply, b"call-id") == call_id:
                        return reply
        return b""


def status(answer: bytes) -> int:
    """Return the status of an answer; 0 for none."""
    return int(answer[8:11]) if answer else 0


def _header(message: bytes, name: bytes) -> bytes:
    for line in message.partition(b"\r\n\r\n")[0].split(b"\r\n")[1:]:
        key, _, value = line.partition(b":")
        if key.strip().lower() == name:
            return value.strip()
    return b""


def _md5(text: str) -> str:
    return hashlib.md5(text.encode(), usedforsecurity=False).hexdigest()
