"""`acd`, or a part of it, in processes of its own that begin with everything imported.

Importing is most of what a short command does, and nearly all of an engine's start. Where neither
is what is tested, processes are forked from one that has done nothing else. From there on they are
as any other: they run the command's own entry point, have an environment, a directory and streams
of their own, and can be killed.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import multiprocessing
import os
import signal
import sys
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from multiprocessing.connection import Connection, wait
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from time import monotonic
from typing import Any, TextIO

from acd.app import faults
from acd.cli import main
from acd.cli.commands import MODULES
from acd.testing.engine import EngineProcess

_context = multiprocessing.get_context("forkserver")
_context.set_forkserver_preload([f"acd.cli.{name}" for name in ("main", *MODULES.values())])


@dataclass(frozen=True, slots=True)
class Ran:
    """What came of a command.

    Attributes:
        status: its exit status; negative for the signal that ended it.
        out: what it said on standard output.
        err: what it said on standard error.
    """

    status: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """What is in the document on standard output."""
        return json.loads(self.out)


def run(
    words: Sequence[str], *, cwd: Path, environment: Mapping[str, str], seconds: float = 60
) -> Ran:
    """Run `acd` to its end, with nothing on its standard input. Blocks.

    Raises:
        TimeoutError: it took too long, and was killed.
    """
    (out, out_end), (err, err_end) = _context.Pipe(duplex=False), _context.Pipe(duplex=False)
    process = _started(words, cwd, environment, out_end, err_end)
    said = {out: b"", err: b""}
    until = monotonic() + seconds
    for end in (out_end, err_end):
        end.close()
    try:
        left = {out, err}
        while left:
            ready = wait(left, max(0, until - monotonic()))
            if not ready:
                raise TimeoutError(f"acd {' '.join(words)} takes more than {seconds} s")
            for one in left.intersection(ready):
                piece = os.read(one.fileno(), 65536)
                said[one] += piece
                if not piece:
                    left.discard(one)
        process.join()
        assert process.exitcode is not None
        return Ran(process.exitcode, said[out].decode(), said[err].decode())
    finally:
        process.kill()
        for one in said:
            one.close()


@contextlib.contextmanager
def printing(work: Callable[[str], None], given: str) -> Iterator[tuple[ForkServerProcess, TextIO]]:
    """Run a function in a process of its own, killed at the end; give it and what it prints."""
    out, end = _context.Pipe(duplex=False)
    process = _context.Process(target=_work, args=(work, given, end))
    process.start()
    end.close()
    try:
        with os.fdopen(os.dup(out.fileno())) as printed:
            out.close()
            yield process, printed
    finally:
        process.kill()
        process.join()


def _started(
    words: Sequence[str],
    cwd: Path,
    environment: Mapping[str, str],
    out: Connection,
    err: Connection,
) -> ForkServerProcess:
    given = (tuple(words), cwd, dict(environment), out, err)
    process = _context.Process(target=_command, args=given)
    process.start()
    return process


def _command(
    words: Sequence[str],
    cwd: Path,
    environment: Mapping[str, str],
    out: Connection,
    err: Connection,
) -> None:
    """Be `acd` with these words; ends the process, which is this one's own."""
    os.dup2(out.fileno(), 1)
    os.dup2(err.fileno(), 2)
    for stream in {out, err}:
        stream.close()
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environment)
    faults.choose(environment.get(faults.VARIABLE, ""))
    sys.argv[:] = ["acd", *words]
    main()


def _work(what: Callable[[str], None], given: str, out: Connection) -> None:
    """Call a function whose prints go to ``out``, in a process of its own."""
    os.dup2(out.fileno(), 1)
    out.close()
    what(given)


@dataclass(slots=True)
class WarmEngine(EngineProcess):
    """An engine's process that starts in a tenth of the time, again and again."""

    _warm: ForkServerProcess | None = None

    async def launch(self, fault: str = "") -> None:
        """Start it and return at once."""
        self._ready.clear()
        out, end = _context.Pipe(duplex=False)
        environment = self.environment(fault)
        self._warm = await asyncio.to_thread(
            _started, self.words[1:], Path.cwd(), environment, end, end
        )
        end.close()
        self._reader = asyncio.create_task(self._follow(out))

    async def _follow(self, out: Connection) -> None:
        loop = asyncio.get_running_loop()
        stream = asyncio.StreamReader()
        pipe = os.fdopen(os.dup(out.fileno()), "rb", 0)
        out.close()
        transport, _ = await loop.connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(stream), pipe
        )
        try:
            await self.take(stream)
        finally:
            transport.close()

    @property
    def pid(self) -> int:
        """Its process id."""
        assert self._warm is not None
        assert self._warm.pid is not None
        return self._warm.pid

    async def ended(self) -> int:
        """Wait until it has ended and return its exit status."""
        assert self._warm is not None
        assert self._reader is not None
        await asyncio.to_thread(self._warm.join)
        await self._reader
        assert self._warm.exitcode is not None
        return self._warm.exitcode

    def send(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        if self._warm is not None and self._warm.exitcode is None:
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, number)

    async def kill(self) -> None:
        """End it as a crash does, so that Asterisk stays."""
        if self._warm is not None:
            self.send(signal.SIGKILL)
            await self.ended()

    async def stop(self) -> None:
        """End it properly, Asterisk included."""
        if self._warm is not None:
            self.send(signal.SIGTERM)
            await self.ended()
