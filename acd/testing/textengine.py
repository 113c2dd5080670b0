"""`python -m acd.testing.textengine HOME SITE`: engines for text alone, one by one, to be killed.

Every line on standard input starts one; it says at which point the engine shall kill itself, see
:mod:`acd.app.faults`, or nothing. Each is a process of its own, forked from this one, which has
imported everything and opened nothing: it starts in a tenth of the time. Printed are ``born`` and
its id, what it says itself (``ready`` and where its web server answers), ``ended`` and its status.
"""

from __future__ import annotations

import asyncio
import os
import select
import signal
import sys
from pathlib import Path

from acd.app import faults, messages, recovery
from acd.core.agent import AgentProfile
from acd.core.ids import AgentName
from acd.ports.store import AgentRow, Role
from acd.testing.textcentre import text_centre

AGENT = AgentName("ann")
PASSWORD = "a long password of a test"
CAPACITY = 50

SNAPSHOT_RECORDS = 40
"""Engines that live for a second shall come back from snapshots, too, not from the log alone."""


async def engine(home: Path, site: Path) -> None:
    """Run until killed, with one agent who is ready; print where the web server answers."""
    recovery.SNAPSHOT_RECORDS = messages.SNAPSHOT_RECORDS = SNAPSHOT_RECORDS
    async with text_centre(home, site) as centre:
        if AGENT not in centre.state.agents:
            row = AgentRow(AgentProfile(AGENT, "Ann"), Role.AGENT, "0" * 32)
            await centre.centre.agent_store.save_agent(row, password=PASSWORD)
            await centre.agent(AGENT, chat=CAPACITY, mail=CAPACITY, sms=CAPACITY)
        print(f"ready {centre.address}", flush=True)
        await centre.failed


def main(home: Path, site: Path) -> None:
    """Start engines until standard input ends; an engine that still runs then is killed."""
    for line in sys.stdin:
        pid = os.fork()
        if pid == 0:
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            faults.choose(line.strip())
            asyncio.run(engine(home, site))
            os._exit(0)
        print(f"born {pid}", flush=True)
        end = os.pidfd_open(pid)
        if end not in select.select([0, end], [], [])[0]:
            os.kill(pid, signal.SIGKILL)
        os.close(end)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        print(f"ended {status}", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
