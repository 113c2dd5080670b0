"""The engine as a process of its own, to be killed, stopped and starved from outside."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from dataclasses import dataclass, field

from acd.adapters.sql.engine import Database
from acd.adapters.sql.log import SqlLog
from acd.app import faults
from acd.app.flows import flow_interpreter
from acd.app.recovery import restore
from acd.bootstrap import database_url
from acd.config import Settings
from acd.core.record import Record
from acd.core.state import State

START_SECONDS = 30.0


@dataclass(slots=True)
class EngineProcess:
    """`acd up` in the home of ``settings``. Its Asterisk outlives :meth:`kill`, not :meth:`stop`.

    Attributes:
        words: the module that is run and its arguments.
        output: all lines it has printed, every start's.
    """

    settings: Settings
    words: tuple[str, ...] = ("acd", "up", "--port", "0")
    output: list[str] = field(default_factory=list)
    _process: asyncio.subprocess.Process | None = None
    _reader: asyncio.Task[None] | None = None
    _ready: asyncio.Event = field(default_factory=asyncio.Event)

    async def start(self, fault: str = "") -> None:
        """Start it and return when it takes calls.

        Args:
            fault: point at which it shall kill itself, see :mod:`acd.app.faults`.

        Raises:
            AssertionError: it ended instead; with what it printed.
        """
        await self.launch(fault)
        assert self._reader is not None
        ready = asyncio.create_task(self._ready.wait())
        await asyncio.wait(
            {ready, self._reader}, timeout=START_SECONDS, return_when=asyncio.FIRST_COMPLETED
        )
        ready.cancel()
        assert self._ready.is_set(), "\n".join(self.output[-30:])

    async def launch(self, fault: str = "") -> None:
        """Start it and return at once."""
        self._ready.clear()
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", *self.words),
            env=self.environment(fault),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        assert self._process.stdout is not None
        self._reader = asyncio.create_task(self.take(self._process.stdout))

    def environment(self, fault: str) -> dict[str, str]:
        """Return the environment of a process that shall kill itself at ``fault``."""
        settings = self.settings
        environment = {
            **os.environ,
            "ACD_HOME": str(settings.home),
            "ACD_SITE_DIRECTORY": str(settings.site.directory),
            "ACD_SIP_RTP_START": str(settings.sip.rtp_start),
            "ACD_SIP_RTP_END": str(settings.sip.rtp_end),
            "ACD_ASTERISK_LEASE_SECONDS": str(settings.asterisk.lease_seconds),
        }
        environment.pop(faults.VARIABLE, None)
        if fault:
            environment[faults.VARIABLE] = fault
        return environment

    async def take(self, output: asyncio.StreamReader) -> None:
        """Keep what a process prints, to its end."""
        async for line in output:
            self.output.append(line.decode(errors="replace").rstrip())
            if self.output[-1].startswith("ready "):
                self._ready.set()

    @property
    def url(self) -> str:
        """Where its web server answers."""
        return next(line for line in reversed(self.output) if line.startswith("ready "))[6:]

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._process is not None
        return self._process.pid

    async def ended(self) -> int:
        """Wait until it has ended and return its exit status."""
        assert self._process is not None
        assert self._reader is not None
        status = await self._process.wait()
        await self._reader
        return status

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        if self._process is not None and self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.send_signal(number)

    async def kill(self) -> None:
        """End it as a crash does, so that Asterisk stays."""
        if self._process is not None:
            self.send(signal.SIGKILL)
            await self.ended()

    async def stop(self) -> None:
        """End it properly, Asterisk included."""
        if self._process is not None:
            self.send(signal.SIGTERM)
            await self.ended()

    async def records(self) -> list[Record]:
        """Return its log so far."""
        database = Database(database_url(self.settings))
        try:
            return [record async for record in SqlLog(database).read()]
        finally:
            await database.close()

    async def state(self) -> State:
        """Return the state that its log tells of."""
        database = Database(database_url(self.settings))
        try:
            return (await restore(SqlLog(database), flow_interpreter())).state
        finally:
            await database.close()
