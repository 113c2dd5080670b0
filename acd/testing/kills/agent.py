"""The agent: accepts, answers every message once and ends, over the API, whatever dies."""

from __future__ import annotations

import asyncio
from collections import Counter
from http import HTTPStatus
from typing import Any

from aiohttp import ClientError, ClientSession, CookieJar

from acd.core.agent import WorkState
from acd.testing.kills.talk import AGAIN_SECONDS, answer_to, is_last
from acd.testing.textengine import AGENT, PASSWORD

_EXPECTED = frozenset({HTTPStatus.OK, HTTPStatus.NO_CONTENT, HTTPStatus.NOT_FOUND,
                       HTTPStatus.CONFLICT})  # fmt: skip


class Agent:
    """A signed-in agent's desk.

    What could not be posted is posted again, under the same key, before anything else.

    Attributes:
        odd: answers of the engine that the desk has no use for, and how often they came.
    """

    def __init__(self, url: str) -> None:
        self.odd: Counter[str] = Counter()
        self._api = f"{url}/api/v1"
        self._headers = {"Origin": url}
        self._session: ClientSession
        self._unsent: tuple[str, dict[str, str]] | None = None

    async def work(self) -> None:
        """Work until cancelled."""
        async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as self._session:
            while True:
                try:
                    if "X-CSRF-Token" not in self._headers:
                        await self._sign_in()
                    await self._look()
                except (ClientError, ConnectionError):
                    pass  # killed
                await asyncio.sleep(AGAIN_SECONDS)

    async def _sign_in(self) -> None:
        document = await self._ask("POST", "/session", {"login": AGENT, "password": PASSWORD})
        self._headers["X-CSRF-Token"] = document["csrf"]

    async def _look(self) -> None:
        await self._send()
        agent = await self._ask("GET", f"/agents/{AGENT}")
        for work in agent["works"]:
            if work["state"] == WorkState.OFFERED:
                await self._ask("POST", f"/offers/{work['offer']}/accept")
            elif work["state"] == WorkState.ACTIVE:
                await self._answer(f"/contacts/{work['contact']}")

    async def _answer(self, contact: str) -> None:
        listed = await self._ask("GET", f"{contact}/messages")
        messages = listed.get("messages", [])
        answered = {message.get("key") for message in messages if message["author"] == "agent"}
        asked = [message for message in messages if message["author"] == "customer"]
        for message in asked:
            key = f"re-{message['id']}"
            if key not in answered:
                body = {"key": key, "text": answer_to(message["text"])}
                self._unsent = f"{contact}/messages", body
                await self._send()
        if asked and is_last(asked[-1]["text"]):
            await self._ask("POST", f"{contact}/end")

    async def _send(self) -> None:
        if self._unsent is not None:
            await self._ask("POST", *self._unsent)
            self._unsent = None

    async def _ask(self, method: str, path: str, body: object = None) -> Any:
        url = f"{self._api}{path}"
        async with self._session.request(method, url, json=body, headers=self._headers) as reply:
            text = await reply.text()
            if reply.status not in _EXPECTED:
                self.odd[f"{method} {path.split('/')[1]}: {reply.status} {text[:200]}"] += 1
                raise ClientError
            return await reply.json() if text else {}
