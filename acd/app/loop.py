"""The single writer: one task owns the engine and works one inbox off.

    drain what has come in, then what is due -> step the engine -> append the records
    -> perform the effects

Everything that came in meanwhile is appended in one go (group commit). Nothing is performed, told
or answered before its records are durable. There are no locks: everybody else sends inputs.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import structlog

from acd.app.faults import fault
from acd.core.effects import Effect
from acd.core.engine import Engine
from acd.core.inputs import Input
from acd.core.record import Record
from acd.core.timers import MICROSECONDS, Instant, after
from acd.core.turn import Refused
from acd.ports.clock import Clock
from acd.ports.store import LogStore, StoreError

log = structlog.get_logger()

BATCH_LIMIT = 256
"""Inputs worked off before their records are made durable."""

RETRY_SECONDS = 0.25

LATE_SECONDS = 1.0
"""A deadline that is worked off later than this was missed: the engine was stopped, or starved."""

LISTENING_SECONDS = 1.0
"""How long deadlines wait after one was missed, for what happened meanwhile to be read."""

LINK_SECONDS = 5.0
"""How long deadlines wait, at most, for the link to the PBX."""

Observer = Callable[[Sequence[Record]], None]
"""Told of durable records, in order; must return at once."""


def _keep_nothing(cause: Input) -> bool:
    return False


@dataclass(slots=True)
class _Message:
    cause: Input
    actor: str
    answer: asyncio.Future[Refused | None] | None = None


class Loop:
    """Runs an engine.

    Attributes:
        engine: the engine; others may read its state between two awaits, never change it.
        is_stalled: the log cannot be written; nothing is performed until it can.
        durable_seq: last record known to be durable; the engine's state may be ahead of it.
        divert: asked of each input when its turn has come, so that the state is what it will meet;
            what it keeps for itself (True) the engine never sees, and the log neither.
    """

    def __init__(
        self,
        engine: Engine,
        store: LogStore,
        clock: Clock,
        perform: Callable[[Sequence[Effect]], None],
    ) -> None:
        self.engine = engine
        self.is_stalled = False
        self.durable_seq = engine.state.seq
        self.divert: Callable[[Input], bool] = _keep_nothing
        self._store = store
        self._clock = clock
        self._perform = perform
        self._observers: list[Observer] = []
        self._inbox: deque[_Message] = deque()
        self._wake = asyncio.Event()
        self._patient_until = clock.now()
        self._missed_until = clock.now()

    def observe(self, observer: Observer) -> None:
        """Tell ``observer`` of every record from now on."""
        self._observers.append(observer)

    def tell(self, cause: Input, actor: str = "pbx") -> None:
        """Put an input into the inbox and go on."""
        self._inbox.append(_Message(cause, actor))
        self._wake.set()

    async def ask(self, cause: Input, actor: str) -> Refused | None:
        """Put an input into the inbox and wait until what it led to is durable.

        Returns:
            Why it was refused, or None.
        """
        answer: asyncio.Future[Refused | None] = asyncio.get_running_loop().create_future()
        self._inbox.append(_Message(cause, actor, answer))
        self._wake.set()
        return await answer

    def hold_deadlines(self, at_most: float = LINK_SECONDS) -> None:
        """Let deadlines wait for a moment: what happened meanwhile may have met them.

        An agent who answered in time, unheard, must not be taken for one who did not.
        """
        self._patient_until = after(self._clock.now(), at_most)

    def release_deadlines(self) -> None:
        """Go on: all that happened has been told."""
        self._patient_until = self._clock.now()
        self._wake.set()

    @property
    def backlog(self) -> int:
        """Inputs not worked off yet."""
        return len(self._inbox)

    async def run(self) -> None:
        """Work inputs and deadlines off until cancelled.

        Raises:
            StoreError: the log is lost to another writer; this engine must fall silent.
        """
        while True:
            await self._until_due()
            await self._work_off()

    async def _until_due(self) -> None:
        if self._inbox:
            return
        self._wake.clear()
        deadline = self.engine.next_deadline()
        timer = None
        if deadline is not None:
            delay = max(0, max(deadline, self._patient_until) - self._clock.now()) / MICROSECONDS
            timer = asyncio.get_running_loop().call_later(delay, self._wake.set)
        try:
            await self._wake.wait()
        finally:
            if timer is not None:
                timer.cancel()

    async def _work_off(self) -> None:
        records: list[Record] = []
        effects: list[Effect] = []
        answers: list[tuple[asyncio.Future[Refused | None], Refused | None]] = []
        now = self._clock.now()
        for _ in range(min(len(self._inbox), BATCH_LIMIT)):
            message = self._inbox.popleft()
            if self.divert(message.cause):
                continue
            fault("input", type(message.cause).__name__)
            outcome = self.engine.step(message.cause, now=now, actor=message.actor)
            records += outcome.records
            effects += outcome.effects
            if message.answer is not None:
                answers.append((message.answer, outcome.refused))
        if self._may_advance(now):
            due = self.engine.advance(now=now)
            records += due.records
            effects += due.effects
        if not records:
            return
        for record in records:
            fault("before-append", record.type)
        await self._append(records)
        self.durable_seq = records[-1].seq
        for record in records:
            fault("after-append", record.type)
        self._perform(effects)
        for observer in self._observers:
            observer(records)
        for future, refused in answers:
            if not future.done():
                future.set_result(refused)

    def _may_advance(self, now: Instant) -> bool:
        """Whether deadlines count; when one was missed, not before we have listened."""
        soonest = self.engine.next_deadline()
        if soonest is None:
            return False
        if self._missed_until < soonest < after(now, -LATE_SECONDS):
            self._missed_until = now
            self.hold_deadlines(LISTENING_SECONDS)
        return now >= self._patient_until

    async def _append(self, records: Sequence[Record]) -> None:
        """Append until it succeeds: what the engine has decided cannot be undecided."""
        while True:
            try:
                await self._store.append(records)
            except StoreError as error:
                if not error.is_passing:
                    raise
                if not self.is_stalled:
                    log.error("log cannot be written", code=error.code, reason=error.message)
                self.is_stalled = True
                await asyncio.sleep(RETRY_SECONDS)
            else:
                if self.is_stalled:
                    log.info("log can be written again")
                self.is_stalled = False
                return
