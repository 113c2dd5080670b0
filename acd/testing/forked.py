"""An engine for text alone that starts in a tenth of a second, again and again, to be killed."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, field

from acd.config import Settings
from acd.testing.engine import EngineProcess

LOST = -999
"""Status of an engine of which nobody has told how it ended."""


@dataclass(slots=True)
class ForkedEngine(EngineProcess):
    """Engines of :mod:`acd.testing.textengine`, one at a time, in the home of ``settings``."""

    _born: asyncio.Event = field(default_factory=asyncio.Event)
    _pid: int = 0
    _status: int | None = None
    _ended: asyncio.Event = field(default_factory=asyncio.Event)
    _follower: asyncio.Task[None] | None = None

    async def open(self, environment: Mapping[str, str]) -> None:
        """Start the process that engines are forked from; they get ``environment``, too."""
        words = (str(self.settings.home), str(self.settings.site.directory))
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "acd.testing.textengine", *words),
            env={**os.environ, **environment},
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        self._follower = asyncio.create_task(self._follow(self._process))

    async def close(self) -> None:
        """End it, and the engine that runs."""
        if self._process is None or self._follower is None:
            return
        assert self._process.stdin is not None
        self._process.stdin.close()
        await self._process.wait()
        await self._follower

    async def launch(self, fault: str = "") -> None:
        """Start an engine; return once it is a process."""
        assert self._process is not None
        assert self._process.stdin is not None
        for event in (self._ready, self._born, self._ended):
            event.clear()
        self._status = None
        self._process.stdin.write(f"{fault}\n".encode())
        self._reader = asyncio.create_task(self._over())
        await self._born.wait()

    async def _over(self) -> None:
        await self._ended.wait()

    async def _follow(self, process: asyncio.subprocess.Process) -> None:
        assert process.stdout is not None
        async for raw in process.stdout:
            line = raw.decode(errors="replace").rstrip()
            word, _, rest = line.partition(" ")
            match word:
                case "born":
                    self._pid = int(rest)
                    self._born.set()
                case "ended":
                    self._status = int(rest)
                    self._ended.set()
                case _:
                    self.output.append(line)
                    if word == "ready":
                        self._ready.set()
        if self._status is None:
            self._status = LOST
        self._born.set()
        self._ended.set()

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._pid

    @property
    def is_running(self) -> bool:
        """Whether it has not ended yet."""
        return self._status is None

    async def ended(self) -> int:
        """Wait until it has ended and return its exit status."""
        await self._ended.wait()
        assert self._status is not None
        return self._status

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        if self._status is None and self._pid:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self._pid, number)

    async def kill(self) -> None:
        """End it as a crash does."""
        if self._pid:
            self.send(signal.SIGKILL)
            await self.ended()


@contextlib.asynccontextmanager
async def forked_engine(settings: Settings) -> AsyncIterator[ForkedEngine]:
    """Give engines, to be opened; ended at the end."""
    engine = ForkedEngine(settings)
    try:
        yield engine
    finally:
        await engine.close()
