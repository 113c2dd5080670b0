"""Connections that stay open end with the session or token they were opened with."""

from __future__ import annotations

import asyncio

import structlog

from acd.app.centre import Centre
from acd.ports.store import StoreError
from acd.web.auth import Who

log = structlog.get_logger()

CHECK_SECONDS = 2.0
"""How often it is asked who may still be here; once for all connections."""

SESSION_ENDED = 4401
"""Close code of websockets that tells a page to sign in again."""


class Watch:
    """Says when somebody may be here no longer."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._waiting: dict[asyncio.Future[None], Who] = {}
        self._task: asyncio.Task[None] | None = None
        self._is_asking = False

    async def ended(self, who: Who) -> None:
        """Return when their session has ended, or their token was revoked."""
        future: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting[future] = who
        if self._task is None:
            self._task = asyncio.create_task(self._check_always(), name="watch")
        try:
            await future
        finally:
            del self._waiting[future]
            # Never in the midst of a question: its connection would be lost to the database.
            if not self._waiting and self._task is not None and not self._is_asking:
                self._task.cancel()
                self._task = None

    async def _check_always(self) -> None:
        while self._waiting:
            await asyncio.sleep(CHECK_SECONDS)
            self._is_asking = True
            try:
                await self._check()
            except StoreError as error:  # nobody is thrown out because the database is slow
                log.warning("sessions not checked", code=error.code, reason=error.message)
            finally:
                self._is_asking = False
        self._task = None

    async def _check(self) -> None:
        living = await self._centre.session_store.living(now=self._centre.now())
        tokens = {who.token for who in self._waiting.values() if who.token}
        dead = [one for one in tokens if await self._centre.token_store.verify_token(one) is None]
        for future, who in list(self._waiting.items()):
            is_gone = who.session not in living if who.session else who.token in dead
            if is_gone and not future.done():
                future.set_result(None)
