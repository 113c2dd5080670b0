"""What the machine is, and what was going on on it besides the benchmark."""

from __future__ import annotations

import os
import platform
import time
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

TICK_MS = 1000 / os.sysconf("SC_CLK_TCK")

MOST_STEAL = 0.02
"""Share of the machine's time taken by the hypervisor, above which a round counts as disturbed."""

MOST_FOREIGN = 0.10
"""Cores used by strangers, above which a round counts as disturbed."""


@dataclass(frozen=True, slots=True)
class Machine:
    """The machine that figures belong to."""

    cpu: str
    cores: int
    memory_gib: float
    kernel: str
    python: str
    load: tuple[float, float, float]

    def __str__(self) -> str:
        load = " ".join(f"{one:.1f}" for one in self.load)
        return (
            f"{self.cpu}, {self.cores} cores, {self.memory_gib:.0f} GiB, Linux {self.kernel}, "
            f"Python {self.python}; load at the start {load}"
        )


def machine() -> Machine:
    """Describe this machine."""
    cpu = next(
        (
            line.partition(":")[2].strip()
            for line in Path("/proc/cpuinfo").read_text().splitlines()
            if line.startswith("model name")
        ),
        platform.machine(),
    )
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return Machine(
        cpu,
        len(os.sched_getaffinity(0)),
        memory,
        platform.release(),
        platform.python_version(),
        os.getloadavg(),
    )


def cpu_ms(pid: int) -> float:
    """Return the CPU time of a process with all its threads so far, in milliseconds (proc(5))."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) * TICK_MS


@dataclass(frozen=True, slots=True)
class Noise:
    """What disturbed a stretch of time.

    Attributes:
        steal: share of the machine's time that the hypervisor gave to others.
        foreign: cores that processes not ours used.
    """

    steal: float
    foreign: float

    @property
    def cores(self) -> float:
        """Cores that we did not have."""
        return self.steal * (os.cpu_count() or 1) + self.foreign

    @property
    def is_disturbed(self) -> bool:
        """Whether figures of this stretch should not be relied on."""
        return self.steal > MOST_STEAL or self.foreign > MOST_FOREIGN


class NoiseMeter:
    """Measures from its making to `read`."""

    def __init__(self, ours: Iterable[int]) -> None:
        """Start; ``ours`` are the process ids whose CPU time is not foreign."""
        self._ours = [(pid, cpu_ms(pid)) for pid in ours]
        self._children = _children_ms()
        self._began = time.monotonic()
        self._busy, self._steal = _machine_ms()

    def read(self) -> Noise:
        """Return the noise since the start; children that have ended since are ours too."""
        busy, steal = _machine_ms()
        lasted = (time.monotonic() - self._began) * 1000
        own = sum(cpu_ms(pid) - before for pid, before in self._ours)
        own += _children_ms() - self._children
        cores = os.cpu_count() or 1
        return Noise(
            (steal - self._steal) / lasted / cores, max(0.0, busy - self._busy - own) / lasted
        )


def _children_ms() -> float:
    """Return the CPU time of children that have ended."""
    times = os.times()
    return (times.children_user + times.children_system) * 1000


def _machine_ms() -> tuple[float, float]:
    """Return what all cores have worked and what was stolen, in milliseconds."""
    line = Path("/proc/stat").read_text().split("\n", 1)[0].split()[1:]
    user, nice, system, _idle, _iowait, irq, softirq, steal = (int(one) for one in line[:8])
    return (user + nice + system + irq + softirq) * TICK_MS, steal * TICK_MS
