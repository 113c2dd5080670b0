"""One Asterisk process: find it, launch it, see it end, end it. It outlives whoever started it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import subprocess
from dataclasses import dataclass
from pathlib import Path

from acd.adapters.asterisk.program import AsteriskProgram, minimal_environment
from acd.adapters.asterisk.settings import AsteriskSettings
from acd.core.errors import AcdError


class AsteriskError(AcdError):
    """Asterisk could not be started, stopped or spoken to."""

    code = "asterisk"


@dataclass(slots=True)
class Process:
    """A running Asterisk, our child or adopted from an engine that died.

    Attributes:
        pid: process id; the process leads its own session and group.
        child: handle when we started it, so that it can be reaped.
    """

    pid: int
    child: subprocess.Popen[bytes] | None = None

    async def wait(self) -> None:
        """Return when the process has ended. Works for a child and a stranger alike (pidfd)."""
        try:
            descriptor = os.pidfd_open(self.pid)
        except ProcessLookupError:
            self._reap()
            return
        loop = asyncio.get_running_loop()
        ended = asyncio.Event()
        loop.add_reader(descriptor, ended.set)
        try:
            await ended.wait()
        finally:
            loop.remove_reader(descriptor)
            os.close(descriptor)
        self._reap()

    async def end(self, patience: float) -> None:
        """Ask the process to end; after ``patience`` seconds kill it and all it started."""
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGTERM)
        try:
            await asyncio.wait_for(self.wait(), patience)
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self.pid, signal.SIGKILL)
            await self.wait()

    def describe_end(self) -> str:
        """Say how it ended, as far as that can be known."""
        status = self.child.returncode if self.child is not None else None
        if status is None:
            return "ended"
        return f"killed by {signal.Signals(-status).name}" if status < 0 else f"exit {status}"

    def _reap(self) -> None:
        if self.child is not None:
            self.child.wait()


def find(directory: Path) -> Process | None:
    """Find the Asterisk that runs with the configuration of ``directory``.

    The command line identifies it: a pid file can be stale, or not yet be there.
    """
    mark = [b"-f", b"-C", os.fsencode(config_file(directory))]
    for entry in Path("/proc").iterdir():
        if not entry.name.isdigit():
            continue
        try:
            words = (entry / "cmdline").read_bytes().rstrip(b"\0").split(b"\0")
        except OSError:
            continue
        if words[-3:] == mark:
            return Process(int(entry.name))
    return None


def launch(program: AsteriskProgram, directory: Path) -> Process:
    """Start Asterisk in its own session, so that no signal to the engine reaches it.

    It is not tied to our life (no PR_SET_PDEATHSIG): calls must survive a crash of the engine.
    """
    with (directory / "log/console.log").open("ab") as console:
        try:
            child = subprocess.Popen(
                [*program.argv, "-f", "-C", str(config_file(directory))],
                cwd=directory,
                env=minimal_environment(),
                stdin=subprocess.DEVNULL,
                stdout=console,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        except OSError as error:
            raise AsteriskError(
                f"cannot start {program.argv[0]}: {error.strerror}",
                hint="run `acd asterisk install`",
            ) from error
    return Process(child.pid, child)


def require_free_ports(settings: AsteriskSettings) -> None:
    """Raise `AsteriskError` (``port-in-use``) when a port we need is taken."""
    wanted = (
        ("http_port", settings.http_port, socket.SOCK_STREAM),
        ("ami_port", settings.ami_port, socket.SOCK_STREAM),
        ("sip_port", settings.sip_port, socket.SOCK_STREAM),
        ("sip_port", settings.sip_port, socket.SOCK_DGRAM),
    )
    for name, port, kind in wanted:
        with socket.socket(socket.AF_INET, kind) as probe:
            if kind == socket.SOCK_STREAM:  # as Asterisk does: closed connections do not count
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((settings.bind, port))
            except OSError as error:
                family = "TCP" if kind == socket.SOCK_STREAM else "UDP"
                raise AsteriskError(
                    f"{family} port {port} on {settings.bind} cannot be used: {error.strerror}",
                    hint=f"stop the program that holds it, or set asterisk.{name} in acd.toml",
                    code="port-in-use",
                ) from error


def keep_last_console(directory: Path) -> None:
    """Move the console log of the run before aside: it may say why that run ended."""
    console = directory / "log/console.log"
    with contextlib.suppress(FileNotFoundError):
        console.replace(console.with_suffix(".log.1"))


def log_tail(directory: Path, lines: int = 8) -> str:
    """Return the last complaints of Asterisk's console, for an error message."""
    try:
        text = (directory / "log/console.log").read_text(errors="replace")
    except OSError:
        return "(no log)"
    kept = [line for line in text.splitlines() if line.strip()]
    complaints = [line for line in kept if "ERROR[" in line or "WARNING[" in line]
    return "\n".join((complaints or kept)[-lines:]) or "(empty log)"


def config_file(directory: Path) -> Path:
    """Return the path of ``asterisk.conf``."""
    return directory / "etc/asterisk.conf"
