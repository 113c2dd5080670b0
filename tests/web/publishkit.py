"""A centre that only publishes, and may be killed at a point of a change."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

from acd.adapters.clock import SystemClock
from acd.adapters.sql.audit import SqlAudit
from acd.adapters.sql.engine import Database
from acd.adapters.sql.lease import take
from acd.adapters.sql.log import SqlLog
from acd.adapters.sql.versions import SqlVersions
from acd.app import site_files
from acd.app.flows import flow_interpreter
from acd.app.loop import Loop
from acd.app.publishing import Publishing, Share
from acd.app.recovery import first_input, restore
from acd.app.versions import KeptVersions
from acd.core.site import Site
from acd.core.state import State

MAIN = """\
start = "bye"

[node.bye]
type = "hangup"
prompt = "welcome"
"""
OWN = "[own]\nexten => s,1,Return({})\n"


def write_site(path: Path, welcome: str, own: str = "") -> None:
    """Write a small valid site; with ``own`` it has a dialplan of its own."""
    texts = {
        "numbers.toml": "100 = { flow = 'main' }\n",
        "queues.toml": "",
        "main.toml": MAIN,
        "prompts/en.toml": f"welcome = '{welcome}'\n",
    }
    if own:
        texts["asterisk/own.conf"] = OWN.format(own)
    for name, text in texts.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text)


class Centre:
    """What publishes, and how Asterisk would stand.

    Attributes:
        switched: sites whose dialplan Asterisk was told to use, in order.
    """

    def __init__(self, publishing: Publishing, loop: Loop, audit: SqlAudit) -> None:
        self.publishing = publishing
        self.loop = loop
        self.audit = audit
        self.switched: list[Site] = []
        publishing.switch = self._switch

    @property
    def state(self) -> State:
        return self.loop.engine.state

    @property
    def kept(self) -> KeptVersions:
        return self.publishing.kept

    async def _switch(self, site: Site) -> None:
        self.switched.append(site)

    def unfolded(self) -> list[str]:
        """Return the names of what lies below the home."""
        return sorted(path.name for path in self.kept.path_of("").iterdir())


@contextlib.asynccontextmanager
async def centre_at(path: Path) -> AsyncIterator[Centre]:
    """Run it; the dialplans that are edited are in ``path/site``."""
    database = Database(f"sqlite:///{path / 'acd.sqlite3'}")
    async with contextlib.AsyncExitStack() as stack:
        stack.push_async_callback(database.close)
        await database.migrate()
        lease = await take(database)
        stack.push_async_callback(lease.release)
        store, versions, audit = SqlLog(database, lease), SqlVersions(database), SqlAudit(database)
        for one in (store, versions, audit):
            stack.push_async_callback(one.close)
        clock = SystemClock()
        loop = Loop(await restore(store, flow_interpreter()), store, clock, lambda effects: None)
        kept = KeptVersions(versions, directory=path / "site", unfolded=path / "versions")
        publishing = Publishing(loop, kept, audit, clock)
        task = asyncio.create_task(loop.run())

        async def end() -> None:
            task.cancel()
            await asyncio.gather(task, return_exceptions=True)
            await publishing.close()

        stack.push_async_callback(end)
        if not loop.engine.state.seed:
            await loop.ask(first_input("seed of a test"), "system")
        yield Centre(publishing, loop, audit)


CHANGES: dict[str, Callable[[Publishing], Any]] = {
    "publish": lambda publishing: publishing.publish("ann"),
    "canary": lambda publishing: publishing.publish("ann", share=Share(50)),
    "promote": lambda publishing: publishing.promote("ann"),
    "rollback": lambda publishing: publishing.roll_back("ann"),
}
POINTS = ("unfolding", "unfolded", "ready", "kept", "switched", "asked", "noted")


def _die(*_: object) -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def mine(centre: Centre, point: str) -> None:
    """Have the process killed when it comes to a point."""
    publishing, kept = centre.publishing, centre.publishing.kept

    def after(work: Callable[..., Any]) -> Callable[..., Any]:
        async def run(*given: Any) -> None:
            await work(*given)
            _die()

        return run

    match point:
        case "unfolding":  # of the two times that files are written the second, half-way

            def write(path: Path, files: Any) -> None:
                if written:
                    path.mkdir()
                    (path / "numbers.toml").write_text("10")
                    _die()
                written.append(path)
                whole(path, files)

            written: list[Path] = []
            whole, site_files.write_directory = site_files.write_directory, write
        case "unfolded":
            kept.unfold = after(kept.unfold)  # type: ignore[method-assign]
        case "ready":
            publishing.prepare = after(publishing.prepare)
        case "kept":
            kept.keep = after(kept.keep)  # type: ignore[method-assign]
        case "switched":
            publishing.switch = after(publishing.switch)
        case "asked":
            centre.loop.ask = after(centre.loop.ask)  # type: ignore[method-assign]
        case "noted":
            centre.audit.add = after(centre.audit.add)  # type: ignore[assignment, method-assign]


async def _change(change: str, point: str, path: Path) -> None:
    async with centre_at(path) as centre:
        mine(centre, point)
        await CHANGES[change](centre.publishing)


def change_and_die(given: str) -> None:
    """Change something (``change point directory``), in a process that this is the end of."""
    change, point, path = given.split(" ", 2)
    asyncio.run(_change(change, point, Path(path)))
