"""What the tests of the web server share: a centre without a PBX, and clients of it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
from aiohttp import ClientSession, CookieJar
from aiohttp.test_utils import TestServer

from acd.adapters.clock import SystemClock
from acd.adapters.home import Home
from acd.adapters.recordings import RecordingFiles
from acd.adapters.sql.agents import SqlAgents
from acd.adapters.sql.audit import SqlAudit
from acd.adapters.sql.contacts import SqlContacts
from acd.adapters.sql.engine import Database
from acd.adapters.sql.lease import take
from acd.adapters.sql.log import SqlLog
from acd.adapters.sql.sessions import SqlSessions
from acd.adapters.sql.tokens import SqlTokens
from acd.adapters.sql.versions import SqlVersions
from acd.app.centre import Centre, PartHealth
from acd.app.counting import Counting, restore_metrics
from acd.app.course import restore_course
from acd.app.journeys import FOLD as JOURNEYS
from acd.app.journeys import Journeys
from acd.app.live import LiveFeed
from acd.app.loop import Loop
from acd.app.projections import ContactProjector
from acd.app.publishing import Publishing
from acd.app.recovery import first_input, restore
from acd.app.roster import Roster
from acd.app.scores import FOLD as SCORES
from acd.app.scores import Scores
from acd.app.versions import KeptVersions
from acd.bootstrap.clientele import Clientele
from acd.bootstrap.feed import live_feed
from acd.bootstrap.records import reasons_of, site_in, story_of, walk_in
from acd.bootstrap.texts import Texts
from acd.config import load_settings
from acd.core import inputs as i
from acd.core.agent import AgentProfile, Presence
from acd.core.channel import Channel
from acd.core.effects import Dial
from acd.core.ids import AgentName, ContactId, LegId, QueueName
from acd.core.timers import after
from acd.ports.store import AgentRow, Role
from acd.testing.fakes import TinyFlows, tiny_site
from acd.web.cookies import csrf_token
from acd.web.flows import Flows
from acd.web.guestcalls import GuestCalls
from acd.web.live import Live
from acd.web.recordings import Recordings
from acd.web.reports import Reports
from acd.web.server import make_app
from acd.web.sip import SipProxy
from acd.web.site import Sites
from acd.web.versions import Versions
from acd.web.watch import Watch

PASSWORD = "a password long enough"
"""Of everybody in the tests."""

OWN_TOKEN = "key-of-this-process-for-the-commands-of-its-home"


@dataclass(slots=True)
class Web:
    """A centre behind its web server.

    Attributes:
        tokens: text of a valid token of each role.
        feed: the live feed.
        said: the text channels, of which only what was said is folded.
        publishing: versions of the site, from the directory ``site``.
        phones: what the agents' table handed on, each time it was read.
        health: what the only part says of itself.
    """

    centre: Centre
    server: TestServer
    session: ClientSession
    projector: ContactProjector
    clientele: Clientele
    feed: LiveFeed
    said: Texts
    publishing: Publishing
    tokens: dict[Role, str]
    dialled: list[Dial] = field(default_factory=list)
    phones: list[int] = field(default_factory=list)
    health: PartHealth = field(default_factory=lambda: PartHealth(ok=True, detail="fine"))

    async def ask(
        self, path: str, *, method: str = "GET", token: str | None = OWN_TOKEN, **how: Any
    ) -> tuple[int, Any]:
        """Return status and JSON of an answer."""
        headers = dict(how.pop("headers", {}))
        if token is not None:
            headers["Authorization"] = f"Bearer {token}"
        url = self.server.make_url(path)
        async with self.session.request(method, url, headers=headers, **how) as reply:
            text = await reply.read()
            return reply.status, msgspec.json.decode(text) if text else None

    async def tell(self, cause: i.Input) -> None:
        """Tell the engine something that it must take."""
        assert await self.centre.ask(cause, "test") is None

    async def call(self, leg: str, to: str = "support", ani: str = "+15550100") -> ContactId:
        """Let a caller come in and wait; return the contact."""
        await self.tell(i.LegArrived(LegId(leg), "pbx", ani, to, "Zoe", is_up=True))
        await self.settled()
        contacts = self.centre.state.contacts.values()
        return next(contact.id for contact in contacts if contact.leg == leg)

    async def answer(self) -> None:
        """Let the agent whose phone rings last answer."""
        leg = self.dialled[-1].leg
        await self.tell(i.LegRinging(leg))
        await self.tell(i.LegAnswered(leg))
        await self.settled()

    async def settled(self) -> None:
        """Wait until the contacts have come up with the log."""
        async with asyncio.timeout(30):
            await self.projector.reach(self.centre.state.seq)


@dataclass(slots=True)
class Person:
    """Somebody at a browser: holds cookies, and sends what a page of ours would.

    Attributes:
        csrf: what the page knows after the sign-in.
    """

    web: Web
    session: ClientSession
    csrf: str = ""

    async def ask(self, path: str, *, method: str = "GET", **how: Any) -> tuple[int, Any]:
        """Return status and JSON of an answer; None for no content."""
        url = self.web.server.make_url(path)
        headers = {"X-CSRF-Token": self.csrf, "Origin": str(url.origin())} | how.pop("headers", {})
        async with self.session.request(method, url, headers=headers, **how) as reply:
            text = await reply.read()
            return reply.status, msgspec.json.decode(text) if text else None

    async def sign_in(self, login: str, password: str = PASSWORD) -> int:
        """Sign in and return the status."""
        body = {"login": login, "password": password}
        status, found = await self.ask("/api/v1/session", method="POST", json=body)
        if status == 200:
            self.csrf = found["csrf"]
        return status

    @property
    def cookie(self) -> str | None:
        """The secret that the browser holds."""
        for one in self.session.cookie_jar:
            if one.key == "acd_session":
                return one.value
        return None


@contextlib.asynccontextmanager
async def person(web: Web, login: str = "") -> AsyncIterator[Person]:
    """Be at a browser, signed in if a login is given."""
    async with ClientSession(cookie_jar=CookieJar(unsafe=True)) as session:
        one = Person(web, session)
        if login:
            secret = await signed_in(web, login)
            session.cookie_jar.update_cookies({"acd_session": secret}, web.server.make_url("/"))
            one.csrf = csrf_token(secret)
        yield one


async def give_password(web: Web, login: str) -> None:
    """Let an agent sign in with :data:`PASSWORD`; it takes a moment, so not everybody has one."""
    rows = {row.profile.name: row for row in await web.centre.agent_store.agents()}
    await web.centre.agent_store.save_agent(rows[AgentName(login)], password=PASSWORD)


async def signed_in(web: Web, login: str) -> str:
    """Return the secret of a new session, without the second that a password takes."""
    now = web.centre.now()
    return await web.centre.session_store.create_session(
        AgentName(login), now=now, until=after(now, 600)
    )


def profile(name: str, phone: str, *queues: str, **skills: int) -> AgentProfile:
    """Return an agent's profile."""
    return AgentProfile(
        AgentName(name),
        name.title(),
        skills,
        {QueueName(queue): 1 for queue in queues},
        phone,
        {Channel.VOICE: 1},
    )


@contextlib.asynccontextmanager
async def web_at(path: Path, *, mailbox: str = "", **leaders: Role) -> AsyncIterator[Web]:
    """Run a centre with the agents ann and bob in queue support, and its web server.

    Args:
        path: where its database shall be.
        mailbox: an address of ours; nothing is fetched or sent.
        leaders: login and role of others, who have no phone.
    """
    url = f"sqlite:///{path / 'acd.sqlite3'}"
    async with contextlib.AsyncExitStack() as stack:
        database = Database(url)
        stack.push_async_callback(database.close)
        await database.migrate()
        lease = await take(database)
        stack.push_async_callback(lease.release)
        store = SqlLog(database, lease)
        stack.push_async_callback(store.close)
        agents, tokens, contacts = SqlAgents(database), SqlTokens(database), SqlContacts(database)
        stack.push_async_callback(contacts.close)
        audit = SqlAudit(database)
        stack.push_async_callback(audit.close)
        clock = SystemClock()
        metrics = await restore_metrics(store, store)
        dialled: list[Dial] = []
        loop = Loop(
            await restore(store, TinyFlows()),
            store,
            clock,
            lambda effects: dialled.extend(one for one in effects if isinstance(one, Dial)),
        )
        projector = ContactProjector(store, contacts)
        course = await restore_course(metrics, clock, store)
        loop.observe(course.observe)
        journeys, scores = Journeys(), Scores()
        loop.observe(Counting(metrics, store))
        loop.observe(Counting(journeys, store, JOURNEYS))
        loop.observe(Counting(scores, store, SCORES))
        loop.observe(projector.observe)
        clientele = Clientele(database, store, loop, stack)
        home = stack.enter_context(Home(path / "home"))
        mailboxes = {"only": {"address": mailbox}} if mailbox else {}
        settings = load_settings(
            home=home.path, site={"directory": Path("dialplans")}, mailboxes=mailboxes
        )
        said = Texts(settings, home, database, store, loop, clock, stack)
        feed = live_feed(
            loop, metrics, clock,
            contacts=projector, messages=said.projector, store=said.messages,
            typing=said.typing, stack=stack,
        )  # fmt: skip
        versions = SqlVersions(database)
        stack.push_async_callback(versions.close)
        kept = KeptVersions(versions, directory=path / "site", unfolded=path / "versions")
        publishing = Publishing(loop, kept, audit, clock)
        # Its notes come of the loop, so that ends first.
        stack.push_async_callback(publishing.close)
        for work in (loop.run(), projector.run(), said.projector.run(), clientele.fold.run()):
            stack.push_async_callback(_end, asyncio.create_task(work))
        await loop.ask(first_input("seed of a test"), "system")
        await loop.ask(i.PublishSite(tiny_site()), "system")

        phones: list[int] = []

        async def changed(rows: Any) -> None:
            phones.append(len(rows))

        for one, role in (
            (profile("ann", "2001", "support", english=2), Role.AGENT),
            (profile("bob", "2002", "support"), Role.AGENT),
            *((profile(name, ""), role) for name, role in leaders.items()),
        ):
            await agents.save_agent(AgentRow(one, role, "0" * 32))
        roster = Roster(agents, loop, changed)
        await roster.load("system")
        centre = Centre(
            loop, clock, agents, tokens, contacts, metrics, roster.load,
            _in_thread(story_of, url), _in_thread(reasons_of, url), SqlSessions(database), audit,
            journeys=journeys, scores=scores,
        )  # fmt: skip
        texts = {}
        for role in Role:
            await tokens.revoke_token(f"a {role}", now=clock.now())
            texts[role] = await tokens.create_token(f"a {role}", role, now=clock.now())
        parts = (
            Recordings(centre, RecordingFiles(path)),
            Live(feed, Watch(centre)),
            SipProxy("ws://127.0.0.1:1/ws", Watch(centre)),
            GuestCalls(
                "ws://127.0.0.1:1/ws",
                ("300",),
                user="web-guest",
                password="s" * 32,
                origins=(),
                now=clock.now,
            ),
            *said.parts(centre),
            *clientele.parts(centre, said.post.gateway),
            Reports(centre, course, clock),
            Flows(
                centre,
                _in_thread(lambda url, contact: walk_in(url, contact, {}), url),
                lambda version: asyncio.to_thread(site_in, url, version),
            ),
            Sites(centre, path / "site"),
            Versions(centre, publishing),
        )
        server = TestServer(make_app(centre, own_token=OWN_TOKEN, host="127.0.0.1", parts=parts))
        await server.start_server()
        stack.push_async_callback(server.close)
        session = await stack.enter_async_context(ClientSession())
        web = Web(
            centre, server, session, projector, clientele, feed, said, publishing, texts, dialled,
            phones,
        )  # fmt: skip
        centre.parts["part"] = lambda: web.health
        yield web


def _in_thread(
    work: Callable[[str, ContactId], Any], url: str
) -> Callable[[ContactId], Awaitable[Any]]:
    async def run(contact: ContactId) -> Any:
        return (await asyncio.to_thread(work, url, contact)).document()

    return run


async def _end(task: asyncio.Task[None]) -> None:
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def eventually(true: Callable[[], object], seconds: float = 30) -> None:
    """Return once something is so."""
    async with asyncio.timeout(seconds):
        while not true():  # noqa: ASYNC110
            await asyncio.sleep(0.01)


async def ready(web: Web, *names: str) -> None:
    """Make agents ready."""
    for name in names:
        await web.tell(i.SetPresence(AgentName(name), Presence.AVAILABLE))
