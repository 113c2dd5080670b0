"""Talking to others over HTTP, guarded: no URL must become a way to the inside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from acd.core.errors import AcdError


class HttpError(AcdError):
    """Nothing that can be used came back.

    Codes: ``address-refused`` (of the inside, or none at all), ``http-timeout``,
    ``http-unreachable``, ``http-too-large``.
    """

    code = "http-unreachable"


@dataclass(frozen=True, slots=True)
class HttpReply:
    """What came back; a redirect is a reply like others and is not followed.

    Attributes:
        type: media type of the body in small letters, without parameters; empty if it told none.
    """

    status: int
    body: bytes
    type: str = ""


class HttpPoster(Protocol):
    """Posts."""

    async def post(
        self, url: str, body: bytes, headers: Mapping[str, str], *, allow_private: bool = False
    ) -> HttpReply:
        """Post ``body`` and return what came back.

        Args:
            url: ``http`` or ``https``.
            body: as it is sent.
            headers: with its type.
            allow_private: addresses of the inside may be posted to.

        Raises:
            HttpError: nothing came back in time, or too much, or the address is not allowed.
        """
        ...


class HttpClient(Protocol):
    """Asks."""

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
        """Ask and return what came back.

        Args:
            method: such as ``GET``.
            url: ``http`` or ``https``; sent as it is, nothing in it is encoded again.
            headers: with the type of the body.
            body: as it is sent; None for none.
            seconds: for all of it: finding the address, connecting, asking, reading the answer.
            largest: octets of an answer that are taken.
            allow_private: addresses of the inside may be asked.

        Raises:
            HttpError: nothing came back in time, or too much, or the address is not allowed.
        """
        ...
