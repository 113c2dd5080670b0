"""Tasks that live as long as the centre."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Coroutine
from typing import Any, TypeVar

from acd.core.errors import AcdError

Result = TypeVar("Result")


class Background:
    """Starts tasks that never end by themselves; the first that does ends the centre.

    Attributes:
        failed: gets the exception of that task; shared by all groups of one centre.
    """

    def __init__(self, failed: asyncio.Future[None]) -> None:
        self.failed = failed
        self._tasks: list[asyncio.Task[None]] = []

    def start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        """Start a task."""
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._ended)
        self._tasks.append(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or self.failed.done():
            return
        error = task.exception() or RuntimeError(f"{task.get_name()} ended")
        self.failed.set_exception(_plainest(error))
        self.failed.exception()  # somebody may be waiting for it; if not, that is no warning

    async def until(self, waited: Awaitable[Result], seconds: float, late: AcdError) -> Result:
        """Wait for something, or for the failure of a part that it depends on.

        Raises:
            AcdError: ``late``, when it takes longer.
            Exception: what a part failed with.
        """
        task = asyncio.ensure_future(waited)
        try:
            either: set[asyncio.Future[Any]] = {task, self.failed}
            await asyncio.wait(either, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
            if task.done():
                return task.result()
            if self.failed.done():
                self.failed.result()
            raise late
        finally:
            task.cancel()

    async def stop(self) -> None:
        """Cancel the tasks, the last started first, and wait until all have ended."""
        for task in reversed(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _plainest(error: BaseException) -> BaseException:
    """Return the one reason inside a group of one; people read it."""
    while isinstance(error, BaseExceptionGroup) and len(error.exceptions) == 1:
        error = error.exceptions[0]
    return error
