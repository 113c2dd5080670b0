"""Kills the engine at named points and at random instants while messages are under way."""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import random
import signal
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from acd.testing.forked import ForkedEngine, forked_engine
from acd.testing.house import house_settings
from acd.testing.kills.agent import Agent
from acd.testing.kills.site import write_site
from acd.testing.kills.talk import PATIENCE_SECONDS, Customers, Talk

AT_ONCE = 4
"""Customers at a time."""

ROUNDS = 3
"""How often each named point is chosen: the first time it is come to, the second, the third."""

LONGEST_LIFE = 0.8
"""Seconds from being ready to a kill at a random instant."""

START_SHARE = 0.2
LONGEST_START = 0.3
"""Of the kills at random instants so many fall within so many seconds from the fork."""

STARTING, WORKING = "while starting", "at a random instant"

ARRIVING_SECONDS = 0.05
"""After a kill, for what was on the wire to arrive outside: it was sent by the one killed."""

Told = Callable[[str], None]


def plan(points: Sequence[str], kills: int, chance: random.Random) -> list[str]:
    """Return where to kill: named points in turn, then random instants."""
    named = [f"{point}#{turn}" for turn in range(1, ROUNDS + 1) for point in points][:kills]
    rest = kills - len(named)
    return named + [STARTING if chance.random() < START_SHARE else WORKING for _ in range(rest)]


@dataclass(frozen=True, slots=True)
class Life:
    """One engine, from its start to its end.

    Attributes:
        until: when it had ended, in Unix time; infinite for the last one.
        copies: how many messages had been taken outside by then.
    """

    until: float
    copies: int


@dataclass(slots=True)
class Run:
    """A channel under fire.

    Attributes:
        kills: by the point at which they fell.
        caught: of these, those that fell while messages were under way.
        talks: of all customers.
        lives: of all engines killed.
        wrong: what is seen to be wrong while it goes on.
    """

    customers: Customers
    engine: ForkedEngine
    agent: Agent
    chance: random.Random
    kills: Counter[str] = field(default_factory=Counter)
    caught: int = 0
    talks: list[Talk] = field(default_factory=list)
    lives: list[Life] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    _open: dict[str, Talk] = field(default_factory=dict)
    _is_over: bool = False

    async def fire(self, points: Sequence[str], tell: Told) -> None:
        """Kill at each of ``points``, then let everything come to its end."""
        people = [asyncio.create_task(self._customers(first)) for first in range(AT_ONCE)]
        working = asyncio.create_task(self.agent.work())
        try:
            for number, point in enumerate(points, 1):
                await self._kill(point)
                tell(f"{number}/{len(points)}  {point}  {len(self.talks)} customers")
            await self.engine.start()
            self._is_over = True
            done, late = await asyncio.wait(people, timeout=PATIENCE_SECONDS)
            self.wrong += [f"a customer failed: {task.exception()!r}" for task in done
                           if task.exception() is not None]  # fmt: skip
            self.wrong += [f"{name} waits in vain" for name in (self._open if late else ())]
        finally:
            for task in (*people, working):
                task.cancel()
            results = await asyncio.gather(*people, working, return_exceptions=True)
        if isinstance(results[-1], Exception):
            self.wrong.append(f"the agent failed: {results[-1]!r}")
        self.wrong += [f"the agent was told {odd} ({n} times)" for odd, n in self.agent.odd.items()]

    async def _customers(self, first: int) -> None:
        """Let one customer come after the other."""
        for number in itertools.count(first, AT_ONCE):
            talk = Talk(self.customers.sender(number))
            self.talks.append(talk)
            self._open[talk.sender] = talk
            await self.customers.converse(talk, self.engine.url)
            del self._open[talk.sender]
            if self._is_over:
                return

    async def _kill(self, point: str) -> None:
        if point == WORKING:
            await self.engine.start()
            await asyncio.sleep(self.chance.uniform(0, LONGEST_LIFE))
        elif point == STARTING:
            await self.engine.launch()
            await asyncio.sleep(self.chance.uniform(0, LONGEST_START))
        else:
            await self.engine.launch(fault=point)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(PATIENCE_SECONDS):
                    await self.engine.ended()
            if self.engine.is_running:
                self.wrong.append(f"nothing came to {point}")
        self.caught += bool(self._open)
        await self.engine.kill()
        status = await self.engine.ended()
        if status != -signal.SIGKILL:
            self.wrong.append(f"{point}: ended by itself with {status}: {self.engine.output[-1:]}")
        self.kills[point.partition("#")[0]] += 1
        await asyncio.sleep(ARRIVING_SECONDS)
        self.lives.append(Life(time.time(), len(self.customers.copies)))


@contextlib.asynccontextmanager
async def run_of(
    kind: type[Customers], directory: Path, chance: random.Random
) -> AsyncIterator[Run]:
    """Prepare everything for a channel; the engine has been there once and has an agent."""
    customers = kind(chance)
    settings = house_settings(directory / "home", write_site(directory / "site"))
    async with customers.ready(directory), forked_engine(settings) as engine:
        await engine.open(customers.environment)
        await engine.start()
        await engine.kill()
        yield Run(customers, engine, Agent(engine.url), chance)
