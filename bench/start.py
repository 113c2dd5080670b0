"""`acd up` as a child process, and how long it takes until calls can be taken."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory

from acd.core.errors import AcdError
from bench.report import Figure

STARTS = 5
READY_SECONDS = 60.0
FIRST_SECONDS = 300.0
"""The very first start may have to install Asterisk."""

STOP_SECONDS = 15.0
TARGET_SECONDS = 5.0


class UpError(AcdError):
    """`acd up` did not become ready."""

    code = "bench-up"


class Up:
    """One `acd up`.

    Attributes:
        pid: its process id.
        seconds: from starting the process to the line ``ready``.
    """

    def __init__(self, child: asyncio.subprocess.Process, seconds: float) -> None:
        self._child = child
        self.pid = child.pid
        self.seconds = seconds

    @classmethod
    async def start(cls, home: Path, *arguments: str, patience: float = READY_SECONDS) -> Up:
        """Start it in a home and return once it is ready; what it says goes to ``up.log`` there.

        Raises:
            UpError: it ended, or was not ready in time.
        """
        environment = {k: v for k, v in os.environ.items() if not k.startswith("ACD_")}
        with _log_file(home).open("ab") as log:
            began = time.monotonic()
            child = await asyncio.create_subprocess_exec(
                *(str(Path(sys.executable).parent / "acd"), "up", "--home", str(home), *arguments),
                env=environment,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=asyncio.subprocess.PIPE,
                stderr=log,
            )
        up = cls(child, 0.0)
        assert child.stdout is not None
        try:
            async with asyncio.timeout(patience):
                while not (line := await child.stdout.readline()).startswith(b"ready "):
                    if not line:
                        said = _log_file(home).read_text(errors="replace")[-800:]
                        raise UpError(f"acd up ended before it was ready:\n{said}")
        except BaseException as error:
            await up.kill()
            if isinstance(error, TimeoutError):
                raise UpError(f"acd up was not ready in {patience:.0f} s") from None
            raise
        up.seconds = time.monotonic() - began
        return up

    async def stop(self) -> None:
        """End it in order, its Asterisk too."""
        if self._child.returncode is None:
            self._child.terminate()
        try:
            await asyncio.wait_for(self._child.wait(), STOP_SECONDS)
        except TimeoutError:
            await self.kill()

    async def kill(self) -> None:
        """End it with SIGKILL: its Asterisk goes on, and the next `acd up` there adopts it."""
        if self._child.returncode is None:
            self._child.kill()
        await self._child.wait()


def _log_file(home: Path) -> Path:
    home.mkdir(parents=True, exist_ok=True)
    return home / "up.log"


async def measure(*, starts: int = STARTS) -> tuple[list[Figure], dict[str, object]]:
    """Start and stop `acd up --demo` in one home; the first start is not counted.

    Returns:
        The figure, and every time measured.
    """
    times = []
    with TemporaryDirectory(prefix="acd-bench-") as directory:
        home = Path(directory) / "home"
        for number in range(starts + 1):
            patience = READY_SECONDS if number else FIRST_SECONDS
            up = await Up.start(home, "--demo", "--port", "0", patience=patience)
            await up.stop()
            if number:
                times.append(up.seconds)
    value = median(times)
    note = f"median of {starts}; slowest {max(times):.1f} s"
    figure = Figure("up", "`acd up`, warm, to `ready`", value, "s", TARGET_SECONDS, note=note)
    return [figure], {"seconds": times}
