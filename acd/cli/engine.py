"""The running engine, as a command of its home reaches it."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import aiohttp
import msgspec

from acd.adapters.home import ENGINE_FILE, Home
from acd.core.errors import AcdError

TIMEOUT_SECONDS = 15.0


class EngineError(AcdError):
    """The engine does not run (``engine-not-running``) or does not answer."""

    code = "engine-unreachable"


@dataclass(frozen=True, slots=True)
class Engine:
    """Where the engine of a home is, and the key to it.

    Attributes:
        url: its web server.
        sip_host, sip_port: where telephones register.
        prompts: ``language/key`` to sound file.
    """

    url: str
    token: str
    sip_host: str
    sip_port: int
    prompts: dict[str, Path]

    @classmethod
    def find(cls, path: Path) -> Self | None:
        """Return the engine that runs in a home; None if none does, or it is still starting.

        Raises:
            HomeError: the home cannot be read.
        """
        home = Home(path)
        found = home.read(ENGINE_FILE) if home.owner() else None
        if found is None:
            return None
        prompts = {name: Path(file) for name, file in found["prompts"].items()}
        sip = found["sip"]
        return cls(found["url"], found["token"], sip["host"], sip["port"], prompts)

    @classmethod
    def of(cls, path: Path) -> Self:
        """Return the engine that runs in a home.

        Raises:
            EngineError: none does.
        """
        engine = cls.find(path)
        if engine is None:
            raise EngineError(
                f"no engine is ready in {path}",
                hint="start one with `acd up --demo`, or name its home with --home",
                code="engine-not-running",
            )
        return engine

    async def get(self, path: str, **query: str) -> Any:
        """Ask the API.

        Raises:
            AcdError: it does not answer, or refuses.
        """
        return await self._request("GET", path, params=query)

    async def post(
        self,
        path: str,
        body: dict[str, object] | None = None,
        *,
        seconds: float = TIMEOUT_SECONDS,
    ) -> Any:
        """Tell the API; the answer may take so many seconds.

        Raises:
            AcdError: it does not answer, or refuses.
        """
        return await self._request("POST", path, seconds, json=body)

    async def _request(
        self, method: str, path: str, seconds: float = TIMEOUT_SECONDS, **how: Any
    ) -> Any:
        timeout = aiohttp.ClientTimeout(total=seconds)
        headers = {"Authorization": f"Bearer {self.token}"}
        try:
            async with (
                aiohttp.ClientSession(headers=headers, timeout=timeout) as session,
                session.request(method, f"{self.url}/api/v1/{path}", **how) as reply,
            ):
                answer = msgspec.json.decode(await reply.read())
        except (aiohttp.ClientError, TimeoutError, msgspec.DecodeError) as error:
            raise EngineError(
                f"the engine at {self.url} does not answer: {error or 'it takes too long'}",
                hint="look at what `acd up` says",
            ) from None
        if isinstance(answer, dict) and "error" in answer:
            problem = answer["error"]
            hint = str(problem["details"].get("hint", ""))
            raise AcdError(problem["message"], code=problem["code"], hint=hint)
        return answer
