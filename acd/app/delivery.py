"""Carries our messages to customers: at least once, and always the same message.

A message that a gateway could not hand over for now is tried again, with growing pauses; so is
every message that was under way when the engine ended. What came of it goes back to the engine.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable

import structlog

from acd.app.faults import fault
from acd.core.channel import Channel
from acd.core.effects import Deliver
from acd.core.ids import MessageId
from acd.core.inputs import Input, MessageDelivered, MessageUndeliverable
from acd.ports.gateway import DeliveryError, Gateway

log = structlog.get_logger()

PAUSES = (1, 2, 5, 10, 30, 60, 120, 300)
"""Seconds before each further attempt; the last one repeats."""

GIVE_UP_SECONDS = 24 * 3600.0
"""A message that could not be handed over for so long never will be."""

MOST_AT_ONCE = 8
"""Messages on their way through one gateway at a time."""


class Deliveries:
    """Performs :class:`acd.core.effects.Deliver`.

    Attributes:
        failing: message to the code of the last failure, while it is tried again.
    """

    def __init__(self, tell: Callable[[Input], None], gateways: Iterable[Gateway]) -> None:
        self.failing: dict[MessageId, str] = {}
        self._tell = tell
        self._gateways = {gateway.channel: gateway for gateway in gateways}
        self._turns: dict[Channel, asyncio.Semaphore] = {}
        self._tasks: dict[MessageId, asyncio.Task[None]] = {}
        self._last: dict[str, asyncio.Task[None]] = {}

    def perform(self, effect: Deliver) -> None:
        """Begin to carry a message; one that is under way already stays one."""
        if effect.message in self._tasks:
            return
        before = self._last.get(effect.thread) if effect.thread else None
        task = asyncio.create_task(self._carry(effect, before), name=f"deliver {effect.message}")
        self._tasks[effect.message] = task
        if effect.thread:  # a notice begins one, and waits for nobody
            self._last[effect.thread] = task
        task.add_done_callback(lambda done: self._forget(effect, done))

    def resume(self, outbox: Iterable[Deliver]) -> None:
        """Carry what was under way when the engine ended."""
        for effect in outbox:
            self.perform(effect)

    async def close(self) -> None:
        """Stop; what is under way is carried after the next start."""
        tasks = list(self._tasks.values())
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _forget(self, effect: Deliver, task: asyncio.Task[None]) -> None:
        del self._tasks[effect.message]
        self.failing.pop(effect.message, None)
        if self._last.get(effect.thread) is task:
            del self._last[effect.thread]
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("delivery broke", message=effect.message, exc_info=error)

    async def _carry(self, effect: Deliver, before: asyncio.Task[None] | None) -> None:
        if before is not None:  # messages of one thread never overtake each other
            await asyncio.wait({before})
        gateway = self._gateways.get(effect.channel)
        if gateway is None:
            self._tell(MessageUndeliverable(effect.message, "gateway-missing"))
            return
        turn = self._turns.setdefault(effect.channel, asyncio.Semaphore(MOST_AT_ONCE))
        clock = asyncio.get_running_loop().time
        until = clock() + GIVE_UP_SECONDS
        attempt = 0
        while True:
            fault("before-deliver", effect.channel)
            try:
                async with turn:
                    await gateway.deliver(effect)
            except DeliveryError as error:
                log.warning("message not delivered", message=effect.message, gateway=gateway.name,
                            code=error.code, is_passing=error.is_passing)  # fmt: skip
                if not error.is_passing or clock() > until:
                    self._tell(MessageUndeliverable(effect.message, error.code))
                    return
                self.failing[effect.message] = error.code
            else:
                fault("after-deliver", effect.channel)
                self._tell(MessageDelivered(effect.message))
                return
            await asyncio.sleep(PAUSES[min(attempt, len(PAUSES) - 1)])
            attempt += 1
