"""How a centre comes to life: every part in order, and the other way round at the end."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from acd import demo
from acd.adapters.asterisk.settings import GUEST
from acd.adapters.clock import SystemClock
from acd.adapters.home import ENGINE_FILE, Home
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
from acd.adapters.watch import changes_of
from acd.app.centre import Centre, PartHealth
from acd.app.counting import Counting, restore_fold, restore_metrics
from acd.app.course import restore_course
from acd.app.dispatch import Dispatcher
from acd.app.flows import flow_interpreter
from acd.app.journeys import FOLD as JOURNEYS
from acd.app.journeys import Journeys
from acd.app.loop import Loop
from acd.app.projections import ContactProjector
from acd.app.publishing import Publishing
from acd.app.recovery import Snapshots, first_input, restore
from acd.app.roster import Roster
from acd.app.scores import FOLD as SCORES
from acd.app.scores import Scores
from acd.app.site import load_site
from acd.app.versions import KeptVersions, invalid
from acd.bootstrap.background import Background
from acd.bootstrap.clientele import Clientele
from acd.bootstrap.feed import live_feed
from acd.bootstrap.places import (
    asterisk_settings,
    choose_ports,
    database_url,
    guest_numbers,
    versions_path,
)
from acd.bootstrap.records import reasons_of, site_in, story_of, walk_in
from acd.bootstrap.tasks import Outside
from acd.bootstrap.telephony import Progress, Telephony, try_dialplan
from acd.bootstrap.texts import Texts
from acd.config import Settings
from acd.core.engine import Engine
from acd.core.errors import AcdError
from acd.core.ids import ContactId, LegId
from acd.core.site import Site
from acd.ports.clock import Clock
from acd.web.flows import Flows
from acd.web.guestcalls import GuestCalls
from acd.web.live import Live
from acd.web.recordings import Recordings
from acd.web.reports import Reports
from acd.web.server import WebServer, make_app
from acd.web.sip import SipProxy
from acd.web.site import Sites
from acd.web.versions import Versions
from acd.web.watch import Watch
from acd.web.widget import DemoSite

CATCH_UP_SECONDS = 2.0
OPEN_SECONDS = 10.0


def read_site(directory: Path) -> Site:
    """Return the checked site of a directory.

    Raises:
        SiteError: something is wrong with it.
    """
    site, problems = load_site(directory)
    if site is None:
        raise invalid(f"the dialplans in {directory}", problems)
    return site


@dataclass(slots=True)
class Running:
    """A centre that takes calls.

    Attributes:
        centre: for the user interfaces.
        site: what it serves.
        url: where the web server answers.
        sip_host, sip_port: where telephones register.
        prompts: ``language/key`` of every prompt to its sound file.
        notice: what people should know, in one line; empty for nothing.
        failed: gets the exception of a part that ended for good.
    """

    centre: Centre
    site: Site
    url: str
    sip_host: str
    sip_port: int
    prompts: dict[str, Path]
    notice: str
    failed: asyncio.Future[None]


@contextlib.asynccontextmanager
async def running(
    settings: Settings, progress: Progress, *, with_demo: bool, clock: Clock | None = None
) -> AsyncIterator[Running]:
    """Start every part in order, and stop them in the opposite one.

    Args:
        settings: of the centre.
        progress: told which step has begun.
        with_demo: with the sample accounts, mailbox and page.
        clock: the machine's if not given.

    Raises:
        AcdError: a part could not start; everything started before is stopped again.
    """
    async with contextlib.AsyncExitStack() as stack:
        home = stack.enter_context(Home(settings.home))
        assembly = _Assembly(settings, home, stack, progress, clock or SystemClock())
        yield await assembly.start(with_demo=with_demo)


class _Assembly:
    def __init__(
        self,
        settings: Settings,
        home: Home,
        stack: contextlib.AsyncExitStack,
        progress: Progress,
        clock: Clock,
    ) -> None:
        self._settings = settings
        self._home = home
        self._stack = stack
        self._progress = progress
        self._clock = clock
        self._failed: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._background = Background(self._failed)
        self._one_reader = asyncio.Semaphore(1)
        self._ports = choose_ports(settings, home)
        self._url = f"http://{settings.http.host}:{self._ports['http']}"

    async def start(self, *, with_demo: bool) -> Running:
        follow = self._settings.site.watch
        follow = with_demo if follow is None else follow
        await self._start_engine(with_demo=with_demo)
        self._progress("reading the dialplans", None)
        self._publishing.prepare = partial(try_dialplan, self._settings)
        notice = await self._publishing.begin(follow=follow)
        state = self._loop.engine.state
        site = state.sites[state.site]
        asterisk = asterisk_settings(
            self._settings,
            self._home,
            self._ports,
            guest_numbers=guest_numbers(self._settings, site, with_demo=with_demo),
        )
        shown = (
            await demo.provide_accounts(self._agents, self._home, site.queues) if with_demo else {}
        )

        phones = Telephony(self._settings, asterisk, self._loop, self._failed, self._progress)
        roster = Roster(self._agents, self._loop, phones.agents_changed)
        centre = self._make_centre(phones, roster)
        own_token = secrets.token_urlsafe(32)
        watch = Watch(centre)
        sip = f"ws://{asterisk.bind}:{asterisk.http_port}/ws"
        app = make_app(
            centre,
            own_token=own_token,
            host=self._settings.http.host,
            parts=(
                Recordings(centre, RecordingFiles(asterisk.recordings_dir)),
                Live(self._feed, watch),
                SipProxy(sip, watch),
                GuestCalls(
                    sip,
                    asterisk.guest_numbers,
                    user=GUEST,
                    password=asterisk.guest_password,
                    origins=self._settings.chat.origins,
                    now=self._clock.now,
                ),
                *self._texts.parts(centre),
                *self._clientele.parts(centre, self._texts.post.gateway),
                Reports(centre, self._course, self._clock),
                Flows(centre, self._walk, self._old_site),
                Sites(centre, self._settings.site.directory),
                Versions(centre, self._publishing),
                *((DemoSite(),) if with_demo else ()),
            ),
        )
        await self._stack.enter_async_context(
            WebServer(app, self._settings.http.host, self._ports["http"])
        )

        await phones.start(await self._agents.agents(), self._stack)
        centre.counts["ari_operations"] = lambda: phones.pbx.operations
        centre.counts["ari_renewals"] = lambda: phones.pbx.renewals
        centre.counts["ari_events"] = lambda: phones.pbx.events
        self._dispatcher.use(phones.pbx)
        self._outside.listen(self._dispatcher, phones.pbx, asterisk.recordings_dir)
        await roster.load("system")
        self._texts.start(self._background, self._dispatcher, self._stack)
        phones.link(self._stack)
        self._progress("speaking the prompts", None)
        prompts = await phones.sounds.prepare(
            site, lambda done, of: self._progress("speaking the prompts", done / of)
        )
        for other in list(state.sites.values()):
            await phones.sounds.prepare(other)
        self._progress("connecting to Asterisk", None)
        await phones.linked()
        if self._texts.post.gateway is not None:
            late = AcdError("mail does not open", code="mail-unreachable")
            opened = self._texts.post.gateway.opened()
            await self._background.until(opened, OPEN_SECONDS, late)

        running = Running(
            centre, site, self._url, self._settings.sip.host, self._ports["sip"], prompts,
            notice, self._failed,
        )  # fmt: skip
        if with_demo:
            await demo.write_file(
                self._home,
                url=self._url,
                sip={"host": running.sip_host, "port": running.sip_port},
                mail=self._texts.post.demo_document(),
                site=site,
                accounts=shown,
                tokens=self._tokens,
                clock=self._clock,
            )
        self._tell_commands(running, own_token)
        self._stack.callback((self._home.path / ENGINE_FILE).unlink, missing_ok=True)

        async def prepare(site: Site) -> None:
            if site.asterisk != state.sites[state.site].asterisk:
                await try_dialplan(self._settings, site)
            running.prompts.update(await phones.sounds.prepare(site))
            self._tell_commands(running, own_token)

        self._publishing.prepare = prepare
        self._publishing.switch = phones.use_dialplan
        if follow:
            changes = changes_of(self._settings.site.directory)
            self._background.start(self._publishing.follow(changes), "watch")
        return running

    async def _start_engine(self, *, with_demo: bool) -> None:
        """Bring record and engine to where they were."""
        self._progress("opening the record", None)
        database = Database(database_url(self._settings))
        self._stack.push_async_callback(database.close)
        await database.migrate()
        lease = await take(database)
        self._stack.push_async_callback(lease.release)
        store = SqlLog(database, lease)
        self._stack.push_async_callback(store.close)
        self._agents, self._tokens = SqlAgents(database), SqlTokens(database)
        self._contacts = SqlContacts(database)
        self._stack.push_async_callback(self._contacts.close)
        self._sessions, self._audit = SqlSessions(database), SqlAudit(database)
        self._stack.push_async_callback(self._audit.close)

        engine = await restore(store, flow_interpreter())
        self._metrics = await restore_metrics(store, store)
        self._course = await restore_course(self._metrics, self._clock, store)
        self._journeys = await restore_fold(JOURNEYS, Journeys, Journeys.restored, store, store)
        self._scores = await restore_fold(SCORES, Scores, Scores.restored, store, store)
        self._dispatcher = Dispatcher(
            lambda cause: self._loop.tell(cause, "pbx"), self._contact_of_leg
        )
        self._loop = Loop(engine, store, self._clock, self._dispatcher.perform)
        self._outside = Outside(self._settings, self._loop)
        self._texts = Texts(
            self._settings, self._home, database, store, self._loop, self._clock, self._stack,
            with_demo=with_demo,
        )  # fmt: skip
        self._clientele = Clientele(database, store, self._loop, self._stack)
        snapshots, counting = Snapshots(self._loop, store), Counting(self._metrics, store)
        walking = Counting(self._journeys, store, JOURNEYS)
        scoring = Counting(self._scores, store, SCORES)
        projector = ContactProjector(store, self._contacts)
        counted = (self._course.observe, counting, walking, scoring)
        for observer in (snapshots, *counted, projector.observe):
            self._loop.observe(observer)
        self._feed = live_feed(
            self._loop,
            self._metrics,
            self._clock,
            contacts=projector,
            messages=self._texts.projector,
            store=self._texts.messages,
            typing=self._texts.typing,
            stack=self._stack,
        )
        versions = SqlVersions(database)
        self._stack.push_async_callback(versions.close)
        kept = KeptVersions(
            versions,
            directory=self._settings.site.directory,
            unfolded=versions_path(self._settings),
        )
        self._publishing = Publishing(self._loop, kept, self._audit, self._clock)
        self._stack.push_async_callback(self._publishing.close)
        self._stack.push_async_callback(self._background.stop)
        self._outside.start(self._dispatcher, engine.state, self._stack)
        self._loop.hold_deadlines()
        self._background.start(self._loop.run(), "loop")
        self._background.start(lease.hold(), "lease")
        self._background.start(projector.run(), "contacts")
        self._clientele.start(self._background)
        if not engine.state.seed:
            await self._loop.ask(first_input(self._home.secrets().seed), "system")
        self._stack.push_async_callback(snapshots.save)
        self._stack.push_async_callback(counting.save)
        self._stack.push_async_callback(walking.save)
        self._stack.push_async_callback(scoring.save)
        self._stack.push_async_callback(self._course.save)
        self._stack.push_async_callback(lambda: _caught_up(projector, engine))

    def _contact_of_leg(self, leg_id: LegId) -> str:
        leg = self._loop.engine.state.legs.get(leg_id)
        return leg_id if leg is None else leg.came_with or leg_id

    def _make_centre(self, phones: Telephony, roster: Roster) -> Centre:
        return Centre(
            self._loop,
            self._clock,
            self._agents,
            self._tokens,
            self._contacts,
            self._metrics,
            roster.load,
            self._story,
            self._reasons,
            self._sessions,
            self._audit,
            parts={
                "asterisk": lambda: phones.asterisk_health,
                "ari": lambda: phones.ari_health,
                "record": self._record_health,
                "mail": self._texts.post.health,
            },
            journeys=self._journeys,
            scores=self._scores,
            asked=self._outside.services.counts,
        )

    async def _story(self, contact: ContactId) -> Mapping[str, object]:
        """Tell a contact's story in a thread: the loop must not wait for a long log."""
        async with self._one_reader:
            found = await asyncio.to_thread(story_of, database_url(self._settings), contact)
        return found.document()

    async def _reasons(self, contact: ContactId) -> Mapping[str, object]:
        async with self._one_reader:
            found = await asyncio.to_thread(
                reasons_of, database_url(self._settings), contact, self._clock.now()
            )
        return found.document()

    async def _walk(self, contact: ContactId) -> Mapping[str, object]:
        sites = dict(self._loop.engine.state.sites)
        async with self._one_reader:
            found = await asyncio.to_thread(walk_in, database_url(self._settings), contact, sites)
        return found.document()

    async def _old_site(self, version: str) -> Site | None:
        async with self._one_reader:
            return await asyncio.to_thread(site_in, database_url(self._settings), version)

    def _record_health(self) -> PartHealth:
        if self._loop.is_stalled:
            return PartHealth(ok=False, detail="the log cannot be written")
        return PartHealth(ok=True, detail=f"record {self._loop.engine.state.seq}")

    def _tell_commands(self, running: Running, own_token: str) -> None:
        """Leave in the home what the commands need to reach us; its token dies with us."""
        self._home.write(
            ENGINE_FILE,
            {
                "url": running.url,
                "token": own_token,
                "sip": {"host": running.sip_host, "port": running.sip_port},
                "prompts": {name: str(path) for name, path in running.prompts.items()},
            },
        )


async def _caught_up(projector: ContactProjector, engine: Engine) -> None:
    """Let the contacts come up with the log, for whoever reads them while we are not there."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(CATCH_UP_SECONDS):
            await projector.reach(engine.state.seq)
