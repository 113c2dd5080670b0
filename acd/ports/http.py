"""Posting to others over HTTP, guarded: a URL from settings must not become a way to the inside."""

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
    """What came back; a redirect is a reply like others and is not followed."""

    status: int
    body: bytes


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
