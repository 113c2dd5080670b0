"""Performs what flows have done outside, each kind of task by whoever knows how."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol

import structlog

from acd.core import effects as f
from acd.core.errors import AcdError
from acd.core.ids import TaskId
from acd.core.inputs import Input, TaskReported

log = structlog.get_logger()

OK, FAILED = "ok", "failed"


@dataclass(frozen=True, slots=True)
class Result:
    """What came of a task.

    Attributes:
        outcome: ``ok``, or what went wrong: a word that the task's node knows.
        values: what the flow may use from now on.
    """

    outcome: str = OK
    values: Mapping[str, str] = field(default_factory=dict)


class Performer(Protocol):
    """Performs tasks of one kind."""

    async def perform(self, effect: f.PerformTask) -> Result:
        """Do it; cancelled when nobody waits for it any more.

        Raises:
            AcdError: it failed; the flow is told ``failed``.
        """
        ...


class Tasks:
    """All tasks under way.

    Args:
        tell: where results go.
        performers: type of a task to who performs it. A kind that nobody performs here has failed.
    """

    def __init__(
        self, tell: Callable[[Input], None], performers: Mapping[type[Any], Performer]
    ) -> None:
        self._tell = tell
        self._performers = performers
        self._running: dict[TaskId, asyncio.Task[None]] = {}

    def start(self, effect: f.PerformTask) -> None:
        """Begin a task; returns at once. One that is under way goes on."""
        if effect.task in self._running:
            return
        running = asyncio.create_task(self._perform(effect), name=f"task {effect.task}")
        self._running[effect.task] = running
        running.add_done_callback(lambda _: self._running.pop(effect.task, None))

    def cancel(self, effect: f.CancelTask) -> None:
        """Stop a task; one that is over already is fine."""
        running = self._running.pop(effect.task, None)
        if running is not None:
            running.cancel()

    async def stop(self) -> None:
        """Stop all tasks."""
        running = list(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _perform(self, effect: f.PerformTask) -> None:
        kind = type(effect.what)
        performer = self._performers.get(kind)
        if performer is None:
            log.warning("nobody here performs such tasks", kind=kind.__name__)
            result = Result(FAILED)
        else:
            try:
                result = await performer.perform(effect)
            except AcdError as error:
                log.warning("task failed", kind=kind.__name__, contact=effect.contact,
                            code=error.code, reason=error.message)  # fmt: skip
                result = Result(FAILED, {"error": error.code})
            except Exception:
                log.exception("task failed", kind=kind.__name__, contact=effect.contact)
                result = Result(FAILED)
        self._tell(TaskReported(effect.task, result.outcome, result.values))
