"""Performs effects: in order for one contact, side by side for different ones."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import structlog

from acd.app.faults import fault
from acd.app.tasks import Performer, Tasks
from acd.core import effects as f
from acd.core.ids import LegId
from acd.core.inputs import EffectFailed, Input
from acd.ports.pbx import Pbx, PbxError

log = structlog.get_logger()

LINK_LOST = frozenset({"ari-disconnected", "ari-replaced"})
"""Failures that say nothing of the effect: the look after the next connect settles it."""


Deliverer = Callable[[f.Deliver], None]
"""Takes a message to be carried to a customer; returns at once."""


class Dispatcher:
    """Hands effects to the PBX, messages to whoever delivers them, and failures to the engine.

    Args:
        tell: where failures go.
        line_of: names what a leg is part of. Effects of one line never overtake each other: a late
            hold would pull a caller out of the talk, a hang-up before its dial hang up nobody.
    """

    def __init__(self, tell: Callable[[Input], None], line_of: Callable[[LegId], str]) -> None:
        self._tell = tell
        self._line_of = line_of
        self._pbx: Pbx | None = None
        self._deliver: Deliverer | None = None
        self._performers: dict[type[Any], Performer] = {}
        self._outside = Tasks(tell, self._performers)
        self._lines: dict[str, deque[f.PbxEffect]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def use(self, pbx: Pbx) -> None:
        """Perform effects on ``pbx`` from now on."""
        self._pbx = pbx

    def deliver_with(self, deliver: Deliverer) -> None:
        """Give messages to ``deliver`` from now on; until then they stay in the outbox."""
        self._deliver = deliver

    def perform_with(self, performers: Mapping[type[Any], Performer]) -> None:
        """Have tasks of flows done by ``performers`` too from now on, each kind by its own."""
        self._performers.update(performers)

    def perform(self, effects: Sequence[f.Effect]) -> None:
        """Begin to perform ``effects``; returns at once."""
        for effect in effects:
            if isinstance(effect, f.Deliver):
                if self._deliver is not None:
                    self._deliver(effect)
                continue
            if isinstance(effect, f.Present):
                continue  # the desk shows what is in the state
            if isinstance(effect, f.PerformTask):
                self._outside.start(effect)
                continue
            if isinstance(effect, f.CancelTask):
                self._outside.cancel(effect)
                continue
            name = self._name_of_line(effect)
            line = self._lines.get(name)
            if line is not None:
                line.append(effect)
                continue
            self._lines[name] = deque((effect,))
            task = asyncio.create_task(self._work_off(name), name=f"effects {name}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def idle(self) -> None:
        """Return once no effect on the PBX is under way."""
        while self._tasks:
            await asyncio.wait(self._tasks)

    async def stop(self) -> None:
        """Give up what flows have done outside."""
        await self._outside.stop()

    def _name_of_line(self, effect: f.PbxEffect) -> str:
        match effect:
            case f.Connect(_, caller):
                return self._line_of(caller)
            case _:
                return self._line_of(effect.leg)

    async def _work_off(self, name: str) -> None:
        line = self._lines[name]
        try:
            while line:
                await self._perform(line.popleft())
        finally:
            del self._lines[name]

    async def _perform(self, effect: f.PbxEffect) -> None:
        name, subject = type(effect).__name__, _subject(effect)
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


def _subject(effect: f.PbxEffect) -> str:
    """Return the id an effect is about: what its failure is told of."""
    match effect:
        case f.Connect(_, _, agent_leg):
            return agent_leg
        case _:
            return effect.leg
