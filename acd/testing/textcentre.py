"""A centre of text channels for tests: engine, record, gateways and web server, no Asterisk."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aiohttp import ClientSession, ClientTimeout, TCPConnector

from acd.adapters.clock import SystemClock
from acd.adapters.home import Home
from acd.adapters.sql.agents import SqlAgents
from acd.adapters.sql.audit import SqlAudit
from acd.adapters.sql.contacts import SqlContacts
from acd.adapters.sql.engine import Database
from acd.adapters.sql.lease import take
from acd.adapters.sql.log import SqlLog
from acd.adapters.sql.sessions import SqlSessions
from acd.adapters.sql.tokens import SqlTokens
from acd.app.centre import Centre
from acd.app.counting import restore_metrics
from acd.app.dispatch import Dispatcher
from acd.app.flows import flow_interpreter
from acd.app.loop import Loop
from acd.app.projections import ContactProjector
from acd.app.recovery import Snapshots, first_input, restore
from acd.bootstrap.assembly import read_site
from acd.bootstrap.background import Background
from acd.bootstrap.tasks import Outside
from acd.bootstrap.texts import Texts
from acd.config import load_settings
from acd.core import inputs as i
from acd.core.agent import AgentProfile, Presence
from acd.core.channel import Channel
from acd.core.contact import Contact
from acd.core.ids import AgentName, ContactId, QueueName
from acd.core.state import State
from acd.web.server import WebServer, make_app
from acd.web.widget import DemoSite

TOKEN = "key-of-this-process-for-the-commands-of-its-home"

PATIENCE_SECONDS = 30.0


@dataclass(slots=True)
class TextCentre:
    """A running centre and a client of its web server."""

    centre: Centre
    texts: Texts
    address: str
    session: ClientSession
    failed: asyncio.Future[None]
    outside: Outside

    @property
    def state(self) -> State:
        """The engine's state."""
        return self.centre.state

    def url(self, path: str) -> str:
        """Return where something is."""
        return self.address + path

    async def tell(self, cause: i.Input) -> None:
        """Tell the engine something that it must take."""
        refused = await self.centre.ask(cause, "test")
        assert refused is None, refused

    async def agent(self, name: str, queue: str = "desk", **capacity: int) -> AgentName:
        """Add an agent who is ready; ``capacity`` names channels."""
        profile = AgentProfile(
            AgentName(name),
            name.title(),
            queues={QueueName(queue): 1},
            capacity={Channel(channel): count for channel, count in capacity.items()},
        )
        await self.tell(i.DefineAgent(profile))
        await self.tell(i.SetPresence(profile.name, Presence.AVAILABLE))
        return profile.name

    async def accept(self, contact: ContactId) -> None:
        """Let the agent who is offered a contact take it."""
        await self.until(lambda: self.state.contacts[contact].offer is not None)
        offer = self.state.contacts[contact].offer
        assert offer is not None
        await self.tell(i.AcceptOffer(offer))

    async def contact_of(self, thread: str) -> Contact:
        """Return the open contact of a thread, once there is one."""
        await self.until(lambda: thread in self.state.threads)
        return self.state.contacts[self.state.threads[thread]]

    async def until(self, true: Callable[[], object], seconds: float = PATIENCE_SECONDS) -> None:
        """Return once something is so.

        Raises:
            TimeoutError: it did not come to be.
        """
        async with asyncio.timeout(seconds):
            while not _holds(true):
                await asyncio.sleep(0.01)
                if self.failed.done():
                    self.failed.result()


def _holds(true: Callable[[], object]) -> bool:
    try:
        return bool(true())
    except LookupError:
        return False


@contextlib.asynccontextmanager
async def text_centre(home: Path, site: Path, **given: Any) -> AsyncIterator[TextCentre]:
    """Run a centre in ``home`` with the dialplans of ``site``; ``given`` are further settings."""
    settings = load_settings(home=home, http={"port": 0}, site={"directory": site}, **given)
    async with contextlib.AsyncExitStack() as stack:
        kept = stack.enter_context(Home(home))
        database = Database(f"sqlite:///{home / 'acd.sqlite3'}")
        stack.push_async_callback(database.close)
        await database.migrate()
        lease = await take(database)
        stack.push_async_callback(lease.release)
        store = SqlLog(database, lease)
        stack.push_async_callback(store.close)
        contacts, audit = SqlContacts(database), SqlAudit(database)
        stack.push_async_callback(contacts.close)
        stack.push_async_callback(audit.close)
        clock = SystemClock()
        failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        background = Background(failed)
        dispatcher = Dispatcher(lambda cause: loop.tell(cause, "pbx"), str)
        loop = Loop(await restore(store, flow_interpreter()), store, clock, dispatcher.perform)
        outside = Outside(settings)
        texts = Texts(settings, kept, database, store, loop, clock, stack)
        projector = ContactProjector(store, contacts)
        snapshots = Snapshots(loop, store)
        loop.observe(snapshots)
        loop.observe(projector.observe)
        stack.push_async_callback(background.stop)
        outside.start(dispatcher, loop.engine.state, stack)
        background.start(loop.run(), "loop")
        background.start(projector.run(), "contacts")
        if not loop.engine.state.seed:
            await loop.ask(first_input("seed of a test"), "system")
        await loop.ask(i.PublishSite(read_site(site)), "system")
        stack.push_async_callback(snapshots.save)
        metrics = await restore_metrics(store, store)
        centre = Centre(
            loop, clock, SqlAgents(database), SqlTokens(database), contacts, metrics,
            _nothing, _nothing, _nothing, SqlSessions(database), audit,
            asked=outside.services.counts,
        )  # fmt: skip
        parts: Sequence[object] = (*texts.parts(centre), DemoSite())
        app = make_app(centre, own_token=TOKEN, host="127.0.0.1", parts=parts)
        port = kept.ports({"http": 0})["http"]
        await stack.enter_async_context(WebServer(app, "127.0.0.1", port))
        texts.start(background, dispatcher, stack)
        session = await stack.enter_async_context(
            ClientSession(
                connector=TCPConnector(limit=0),
                headers={"Authorization": f"Bearer {TOKEN}"},
                timeout=ClientTimeout(total=30),
            )
        )
        yield TextCentre(centre, texts, f"http://127.0.0.1:{port}", session, failed, outside)


async def _nothing(_: object) -> Any:
    raise LookupError("not in this centre")
