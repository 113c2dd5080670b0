"""What stands between an event of Asterisk and the engine's answer to it: decision and commit.

The engine's own loop on its own record in SQLite, with the observers it has in service; in place
of Asterisk stands nothing. Measured from the moment an input is put into the inbox to the moment
its effects are handed out, which is after its records are durable.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from tempfile import TemporaryDirectory

from acd.adapters.clock import SystemClock
from acd.adapters.sql.contacts import SqlContacts
from acd.adapters.sql.engine import Database
from acd.adapters.sql.lease import take
from acd.adapters.sql.log import SqlLog
from acd.app.counting import Counting, restore_metrics
from acd.app.flows import flow_interpreter
from acd.app.loop import Loop
from acd.app.projections import ContactProjector
from acd.app.recovery import Snapshots, first_input, restore
from acd.bootstrap import read_site
from acd.core import inputs as i
from acd.core.agent import AgentProfile, Presence
from acd.core.effects import Dial, Effect
from acd.core.ids import AgentName, LegId, QueueName
from acd.core.leg import GoneCause
from bench.lab import NUMBERS, write_site
from bench.report import Figure
from bench.signalling import percentile

CALLS = 500
AGENTS = 100
PAUSE_SECONDS = 0.002
"""Between two inputs, so that each is a batch of its own: at speed a batch shares one commit."""

TARGET_MS = 5.0


class _Caller:
    """Puts the inputs of calls to a loop, one at a time."""

    def __init__(self) -> None:
        self.loop: Loop | None = None
        self.took: dict[str, list[float]] = {}
        self._handed_out: asyncio.Future[Sequence[Effect]] | None = None
        self._at = 0.0

    def perform(self, effects: Sequence[Effect]) -> None:
        """Take the effects in place of the dispatcher."""
        self._at = time.perf_counter()
        if self._handed_out is not None and not self._handed_out.done():
            self._handed_out.set_result(effects)

    async def put(self, cause: i.Input) -> Sequence[Effect]:
        """Put an input and return its effects, the milliseconds written down."""
        assert self.loop is not None
        self._handed_out = asyncio.get_running_loop().create_future()
        began = time.perf_counter()
        self.loop.tell(cause)
        effects = await self._handed_out
        self.took.setdefault(type(cause).__name__, []).append(1000 * (self._at - began))
        await asyncio.sleep(PAUSE_SECONDS)
        return effects

    async def call(self, number: int) -> None:
        """One call: it arrives and is given to an agent, who answers; both sides hang up."""
        leg = LegId(f"in-{number}")
        dialled = NUMBERS["engine"]["many"]
        effects = await self.put(i.LegArrived(leg, "acd", f"+1555{number}", dialled, is_up=True))
        phone = next(one.leg for one in effects if isinstance(one, Dial))
        await self.put(i.LegRinging(phone))
        await self.put(i.LegAnswered(phone))
        await self.put(i.LegGone(phone, GoneCause.NORMAL))
        await self.put(i.LegGone(leg, GoneCause.NORMAL))


async def measure(*, calls: int = CALLS) -> tuple[list[Figure], dict[str, object]]:
    """Measure; return the figures and the milliseconds of each kind of input."""
    with TemporaryDirectory(prefix="acd-bench-") as directory:
        async with _loop(Path(directory)) as caller:
            for number in range(calls // 10):
                await caller.call(-1 - number)  # warm
            caller.took.clear()
            for number in range(calls):
                await caller.call(number)
    every = [one for times in caller.took.values() for one in times]
    arrivals = caller.took["LegArrived"]
    what = "core decision and log commit"
    figures = [
        Figure("log", f"{what}, p99", percentile(every, 0.99), "ms", TARGET_MS,
               note=f"{len(every):,} inputs"),
        Figure("log", f"{what}, p50", percentile(every, 0.50), "ms", None),
        Figure("log", f"{what}, a call that gets an agent, p50", percentile(arrivals, 0.50), "ms",
               None),
    ]  # fmt: skip
    return figures, dict(caller.took)


@contextlib.asynccontextmanager
async def _loop(directory: Path) -> AsyncIterator[_Caller]:
    """Run an engine with a hundred ready agents on a record in ``directory``."""
    write_site(directory / "site")
    async with contextlib.AsyncExitStack() as stack:
        database = Database(f"sqlite:///{directory / 'acd.sqlite3'}")
        stack.push_async_callback(database.close)
        await database.migrate()
        lease = await take(database)
        stack.push_async_callback(lease.release)
        store = SqlLog(database, lease)
        stack.push_async_callback(store.close)
        caller = _Caller()
        engine = await restore(store, flow_interpreter())
        loop = caller.loop = Loop(engine, store, SystemClock(), caller.perform)
        projector = ContactProjector(store, SqlContacts(database))
        counting = Counting(await restore_metrics(store, store), store)
        for observer in (Snapshots(loop, store), counting, projector.observe):
            loop.observe(observer)
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(loop.run()), group.create_task(projector.run())]
            await loop.ask(first_input("bench"), "system")
            await loop.ask(i.PublishSite(read_site(directory / "site")), "system")
            for number in range(AGENTS):
                name = AgentName(f"agent{number}")
                queues = {QueueName("many"): 1}
                profile = AgentProfile(name, queues=queues, address=str(1001 + number))
                await loop.ask(i.DefineAgent(profile), "system")
                await loop.ask(i.SetPresence(name, Presence.AVAILABLE), "system")
            yield caller
            for task in tasks:
                task.cancel()
