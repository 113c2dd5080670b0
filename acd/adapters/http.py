"""Outgoing HTTP over aiohttp: addresses checked and pinned, no redirects, limits on everything."""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Mapping

import aiohttp
from aiohttp.abc import AbstractResolver, ResolveResult
from yarl import URL

from acd.ports.http import HttpError, HttpReply

TOTAL_SECONDS = 3.0
LARGEST_REPLY = 256 * 1024

_PLAIN = {"Accept-Encoding": "identity"}  # a kilobyte that unpacks to a gigabyte stays one


def is_public(address: str) -> bool:
    """Whether an IP address is one of the open Internet.

    An IPv6 address that carries an IPv4 one is judged by that as well.
    """
    ip = ipaddress.ip_address(address.partition("%")[0])
    if isinstance(ip, ipaddress.IPv4Address):
        return _is_open(ip)
    if ip.ipv4_mapped is not None:
        return _is_open(ip.ipv4_mapped)
    inner = ip.sixtofour
    if ip in _NAT64:
        inner = ipaddress.IPv4Address(int(ip) & 0xFFFFFFFF)
    is_unicast = any(ip in one for one in _UNICAST)
    return is_unicast and _is_open(ip) and (inner is None or _is_open(inner))


def _is_open(ip: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    return ip.is_global and not ip.is_multicast and not any(ip in one for one in _INSIDE)


_NAT64 = ipaddress.IPv6Network("64:ff9b::/96")  # RFC 6052
_UNICAST = (_NAT64, ipaddress.IPv6Network("2000::/3"))
"""All that IANA has given out of IPv6; what carries an IPv4 address elsewhere may end anywhere."""
_INSIDE = (ipaddress.IPv4Network("192.0.0.0/24"), ipaddress.IPv6Network("3fff::/20"))
"""For protocols and for documents (RFC 6890, RFC 9637), which the standard library lets pass."""


class _PublicResolver(AbstractResolver):
    """Resolves once for each connection and lets only public addresses through.

    The connection is made to what was checked here, so a name that answers differently the next
    time (DNS rebinding) gains nothing.
    """

    async def resolve(
        self, host: str, port: int = 0, family: socket.AddressFamily = socket.AF_INET
    ) -> list[ResolveResult]:
        loop = asyncio.get_running_loop()
        found = await loop.getaddrinfo(host, port, type=socket.SOCK_STREAM)
        addresses = [(str(where[0]), kind) for kind, _, _, _, where in found]
        refused = [address for address, _ in addresses if not is_public(address)]
        if refused:
            raise HttpError(
                f"{host} is {refused[0]}, an address of the inside",
                hint="set allow_private if that is meant",
                code="address-refused",
            )
        return [
            ResolveResult(
                hostname=host,
                host=address,
                port=port,
                family=kind,
                proto=0,
                flags=socket.AI_NUMERICHOST,
            )
            for address, kind in addresses
        ]

    async def close(self) -> None:
        """Nothing is held."""


class AiohttpClient:
    """:class:`acd.ports.http.HttpClient` and :class:`acd.ports.http.HttpPoster`.

    Args:
        total_seconds: how long a post may take.
    """

    def __init__(self, *, total_seconds: float = TOTAL_SECONDS) -> None:
        self._post_seconds = total_seconds

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], *, allow_private: bool = False
    ) -> HttpReply:
        """Post ``body`` and return what came back; see :class:`acd.ports.http.HttpPoster`."""
        return await self.request(
            "POST",
            url,
            headers,
            body,
            seconds=self._post_seconds,
            largest=LARGEST_REPLY,
            allow_private=allow_private,
        )

    async def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str],
        body: bytes | None,
        *,
        seconds: float,
        largest: int,
        allow_private: bool = False,
    ) -> HttpReply:
        """Ask and return what came back; see :class:`acd.ports.http.HttpClient`.

        Raises:
            HttpError: nothing came back in time, or too much, or the address is not allowed.
        """
        resolver = None if allow_private else _PublicResolver()
        # One connection for one question: nothing of a former answer is reused, and the address is
        # checked each time.
        connector = aiohttp.TCPConnector(resolver=resolver, force_close=True)
        try:
            if not allow_private:
                _refuse_private_literal(url)
            async with (
                aiohttp.ClientSession(
                    connector=connector, timeout=aiohttp.ClientTimeout(total=seconds),
                    auto_decompress=False, trust_env=False, cookie_jar=aiohttp.DummyCookieJar(),
                ) as session,
                session.request(
                    method, URL(url, encoded=True), data=body, headers=_PLAIN | dict(headers),
                    allow_redirects=False,
                ) as reply,
            ):  # fmt: skip
                told = reply.headers.get("Content-Type", "").partition(";")[0].strip().lower()
                return HttpReply(reply.status, await _limited(reply, largest), told)
        except TimeoutError:
            raise HttpError("no answer in time", code="http-timeout") from None
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise HttpError(f"no connection: {type(error).__name__}") from error


def _refuse_private_literal(url: str) -> None:
    """Check an address that stands in the URL itself: nobody resolves it.

    The URL is read as the client reads it; two readers that differ would be a way around this one.
    """
    host = URL(url, encoded=True).raw_host or ""
    try:
        is_fine = is_public(host)
    except ValueError:
        return  # a name
    if not is_fine:
        raise HttpError(
            f"{host} is an address of the inside",
            hint="set allow_private if that is meant",
            code="address-refused",
        )


async def _limited(reply: aiohttp.ClientResponse, largest: int) -> bytes:
    body = bytearray()
    if (reply.content_length or 0) <= largest:
        async for chunk in reply.content.iter_chunked(16 * 1024):
            body += chunk
            if len(body) > largest:
                break
        else:
            return bytes(body)
    raise HttpError("the answer is too large", code="http-too-large")
