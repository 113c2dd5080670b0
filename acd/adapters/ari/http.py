"""ARI over plain HTTP: downloads, health, and a way round the websocket."""

from __future__ import annotations

import asyncio

import aiohttp
from yarl import URL

from acd.adapters.ari.errors import AriRequestTooLarge, AriUnavailable
from acd.adapters.ari.generated import Query
from acd.adapters.ari.wire import refusal

MAX_URL_CHARACTERS = 3_000
"""Asterisk answers longer ones (from 3,000 to 8,000) with 400 and a page of HTML."""
DOWNLOAD_SECONDS = 60.0


class HttpTransport:
    """Carries operations over keep-alive connections; works while the websocket is down."""

    def __init__(self, session: aiohttp.ClientSession, base_url: str, deadline: float) -> None:
        self._session = session
        self._base = f"{base_url.rstrip('/')}/"
        self._deadline = deadline

    async def request(
        self,
        method: str,
        path: str,
        query: Query = (),
        body: bytes | None = None,
        *,
        deadline: float | None = None,
    ) -> bytes:
        """Perform one operation; see :class:`acd.adapters.ari.generated.Transport`.

        Args:
            method: HTTP method.
            path: path below ``/ari/``, percent-encoded.
            query: parameters, not encoded.
            body: JSON text.
            deadline: seconds, if another than the usual one.

        Raises:
            AriError: Asterisk answered with a status of 400 or more.
            AriUnavailable: no answer came within the deadline.
            AriRequestTooLarge: the parameters do not fit a URL.
        """
        url = URL(self._base + path, encoded=True).extend_query(query)
        if len(str(url)) > MAX_URL_CHARACTERS:
            raise AriRequestTooLarge(f"ARI {method} {path}: parameters too long for a URL")
        what = f"{method} {path}"
        headers = {} if body is None else {"Content-Type": "application/json"}
        try:
            async with (
                asyncio.timeout(deadline or self._deadline),
                self._session.request(method, url, data=body, headers=headers) as reply,
            ):
                content = await reply.read()
        except TimeoutError:
            raise AriUnavailable(f"ARI {what}: no answer in time", code="ari-timeout") from None
        except (aiohttp.ClientError, OSError) as error:
            raise AriUnavailable(f"ARI {what}: {type(error).__name__}") from error
        if reply.status >= 400:
            raise refusal(reply.status, reply.reason or "", content, what)
        return content

    async def download(self, path: str) -> bytes:
        """Fetch a binary body such as a recording."""
        return await self.request("GET", path, deadline=DOWNLOAD_SECONDS)
