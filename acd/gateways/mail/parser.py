"""Parses mails in processes of their own, so that no mail can hold up or harm the engine."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import sys
from typing import Protocol

import msgspec
import structlog

from acd.gateways.mail import child
from acd.gateways.mail.decode import HEADER_OCTETS
from acd.gateways.mail.parsed import Parsed, Unreadable

log = structlog.get_logger()

CHILDREN = 2
WALL_SECONDS = 30.0
"""A child that is silent for so long is killed; its CPU is limited by the kernel."""

DYING_SECONDS = 2.0

LARGEST_ANSWER = 128 * 1024 * 1024


class Reader(Protocol):
    """Makes mails out of octets."""

    async def parse(self, raw: bytes) -> Parsed:
        """Return what a mail says; ``unreadable`` is set on one that cannot be made out."""
        ...

    async def parse_header(self, raw: bytes, why: Unreadable) -> Parsed:
        """Return what the header of an unreadable mail says."""
        ...


class MailParser:
    """A few warm children, one mail each at a time. An asynchronous context.

    Attributes:
        killed: how many children a mail has cost so far.
    """

    def __init__(self, children: int = CHILDREN) -> None:
        self.killed = 0
        self._children = children
        self._free: asyncio.Queue[_Child | None] = asyncio.Queue()
        self._all: set[_Child] = set()

    async def __aenter__(self) -> MailParser:
        for child_ in await asyncio.gather(*(_Child.start() for _ in range(self._children))):
            self._all.add(child_)
            self._free.put_nowait(child_)
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.gather(*(child_.end() for child_ in self._all))
        self._all.clear()

    async def parse(self, raw: bytes) -> Parsed:
        """Return what a mail says; ``unreadable`` is set on one that cannot be made out."""
        answer = await self._ask(child.WHOLE, raw)
        if isinstance(answer, Parsed):
            return answer
        return await self.parse_header(raw, answer)

    async def parse_header(self, raw: bytes, why: Unreadable) -> Parsed:
        """Return what the header of an unreadable mail says."""
        what = next(what for what, reason in child.HEADER_ONLY.items() if reason is why)
        answer = await self._ask(what, raw[:HEADER_OCTETS])
        return answer if isinstance(answer, Parsed) else Parsed(unreadable=why)

    async def _ask(self, what: int, raw: bytes) -> Parsed | Unreadable:
        worker = await self._free.get()
        try:
            if worker is None:
                worker = await _Child.start()
                self._all.add(worker)
            answer: Parsed | Unreadable
            try:
                async with asyncio.timeout(WALL_SECONDS):
                    return await worker.ask(what, raw)
            except TimeoutError:
                answer = Unreadable.TOO_SLOW
            except (OSError, EOFError, msgspec.DecodeError):
                answer = Unreadable.PARSER_FAILED
            killed = await self._give_up(worker)
            worker = None
            self.killed += 1
            log.warning("a mail could not be parsed", signal=killed, octets=len(raw))
            return Unreadable.TOO_SLOW if killed in _OUT_OF_TIME else answer
        except BaseException:
            if worker is not None:  # it may be in the middle of an answer that nobody will read
                await self._give_up(worker)
                worker = None
            raise
        finally:
            self._free.put_nowait(worker)

    async def _give_up(self, worker: _Child) -> int:
        self._all.discard(worker)
        return await worker.end()


_OUT_OF_TIME = (signal.SIGXCPU, signal.SIGVTALRM)


class _Child:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    @classmethod
    async def start(cls) -> _Child:
        return cls(
            await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "acd.gateways.mail.child"),
                stdin=asyncio.subprocess.PIPE,
                stdout=asyncio.subprocess.PIPE,
                env=_environment(),
                start_new_session=True,  # a Ctrl-C is for the engine, which ends us
            )
        )

    async def ask(self, what: int, raw: bytes) -> Parsed:
        source, sink = self._process.stdout, self._process.stdin
        assert source is not None
        assert sink is not None
        sink.write(child.ASK.pack(what, len(raw)))
        sink.write(raw)
        await sink.drain()
        (length,) = child.ANSWER.unpack(await source.readexactly(child.ANSWER.size))
        if length > LARGEST_ANSWER:
            raise EOFError
        return msgspec.msgpack.decode(await source.readexactly(length), type=Parsed)

    async def end(self) -> int:
        """End it at once; return the signal that had ended it before, or 0."""
        assert self._process.stdout is not None
        if self._process.stdout.at_eof():  # it is dying: killing it would hide of what
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(DYING_SECONDS):
                    await self._process.wait()
        if self._process.returncode is None:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
        status = await self._process.wait()
        transport = getattr(self._process, "_transport", None)
        if transport is not None:  # its pipes would be closed late, and complain of it
            transport.close()
        return -status if status < 0 and status != -9 else 0


def _environment() -> dict[str, str]:
    """Return what the child is told of this machine: where Python finds its modules."""
    wanted = ("PATH", "PYTHONPATH", "PYTHONHOME", "PYTHONDONTWRITEBYTECODE", "LANG")
    return {name: os.environ[name] for name in wanted if name in os.environ}
