"""Performs effects: in order for one leg, side by side for different ones."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence

import structlog

from acd.app.faults import fault
from acd.core import effects as f
from acd.core.inputs import EffectFailed, Input
from acd.ports.pbx import Pbx, PbxError

log = structlog.get_logger()

LINK_LOST = frozenset({"ari-disconnected", "ari-replaced"})
"""Failures that say nothing of the effect: the look after the next connect settles it."""


class Dispatcher:
    """Hands effects to the PBX and failures back to the engine.

    Args:
        tell: where failures go.
    """

    def __init__(self, tell: Callable[[Input], None]) -> None:
        self._tell = tell
        self._pbx: Pbx | None = None
        self._lines: dict[str, deque[f.Effect]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def use(self, pbx: Pbx) -> None:
        """Perform effects on ``pbx`` from now on."""
        self._pbx = pbx

    def perform(self, effects: Sequence[f.Effect]) -> None:
        """Begin to perform ``effects``; returns at once."""
        for effect in effects:
            subject = _subject(effect)
            line = self._lines.get(subject)
            if line is not None:
                line.append(effect)
                continue
            self._lines[subject] = deque((effect,))
            task = asyncio.create_task(self._work_off(subject), name=f"effects {subject}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def idle(self) -> None:
        """Return once nothing is under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def _work_off(self, subject: str) -> None:
        line = self._lines[subject]
        try:
            while line:
                await self._perform(line.popleft(), subject)
        finally:
            del self._lines[subject]

    async def _perform(self, effect: f.Effect, subject: str) -> None:
        name = type(effect).__name__
        fault("before-effect", name)
        try:
            if self._pbx is None:
                raise PbxError("there is no PBX", code="ari-disconnected")
            await self._pbx.perform(effect)
        except PbxError as error:
            log.warning("effect failed", effect=name, subject=subject, code=error.code,
                        reason=error.message)  # fmt: skip
            if error.code not in LINK_LOST:
                self._tell(EffectFailed(name, subject, error.code))
        fault("after-effect", name)


def _subject(effect: f.Effect) -> str:
    """Return the id an effect is about: what it must not overtake others of."""
    match effect:
        case f.Connect(_, _, agent_leg):
            return agent_leg
        case f.Present(offer):
            return offer
        case _:
            return effect.leg
