"""The composition root: settings become adapters, adapters become a running centre."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
from collections.abc import AsyncIterator, Callable, Coroutine, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import structlog

from acd import demo
from acd.adapters.ami import AmiClient, Contact
from acd.adapters.ari.client import AriClient
from acd.adapters.ari.decode import EVENTS
from acd.adapters.ari.pbx import AriPbx
from acd.adapters.asterisk.install import default_cache, locate
from acd.adapters.asterisk.run import AsteriskServer, ServerState
from acd.adapters.asterisk.settings import AgentEndpoint, AsteriskSettings, Trunk
from acd.adapters.clock import SystemClock
from acd.adapters.home import Home, Secrets
from acd.adapters.speech import EspeakSounds
from acd.adapters.sql.agents import SqlAgents
from acd.adapters.sql.contacts import SqlContacts
from acd.adapters.sql.engine import Database
from acd.adapters.sql.lease import take
from acd.adapters.sql.log import SqlLog
from acd.adapters.sql.tokens import SqlTokens
from acd.app.centre import Centre, PartHealth
from acd.app.dispatch import Dispatcher
from acd.app.loop import Loop
from acd.app.recovery import Reconciler, Snapshots, first_input, restore
from acd.app.roster import Roster
from acd.app.site import load_site
from acd.config import Settings
from acd.core.errors import AcdError
from acd.core.ids import AgentName
from acd.core.inputs import PbxLost, PhoneReachable, PublishSite
from acd.core.site import Site
from acd.flow.interpreter import FlowInterpreter
from acd.ports.store import AgentRow

log = structlog.get_logger()

DATABASE_FILE = "acd.sqlite3"
HEALTH_EVERY_SECONDS = 5.0

Progress = Callable[[str, float | None], None]


class SiteError(AcdError):
    """The dialplans cannot be published; the message lists every problem."""

    code = "site-invalid"


def read_site(directory: Path) -> Site:
    """Return the checked site of a directory.

    Raises:
        SiteError: something is wrong with it.
    """
    site, problems = load_site(directory)
    if site is None:
        listed = "\n  ".join(str(problem) for problem in problems)
        raise SiteError(
            f"the dialplans in {directory} cannot be used:\n  {listed}",
            hint="mend them; `acd check` lists this again",
        )
    return site


def database_url(settings: Settings) -> str:
    """Return the URL of the record: the one set, or a SQLite file in the home."""
    return settings.store.url or f"sqlite+aiosqlite:///{settings.home / DATABASE_FILE}"


@dataclass(slots=True)
class Running:
    """A centre that takes calls.

    Attributes:
        centre: for the user interfaces.
        site: what it serves.
        url: where the web server answers.
        sip_host, sip_port: where telephones register.
        prompts: ``language/key`` of every prompt to its sound file.
        failed: gets the exception of a part that ended for good.
    """

    centre: Centre
    site: Site
    url: str
    sip_host: str
    sip_port: int
    prompts: dict[str, Path]
    failed: asyncio.Future[None]


@dataclass(slots=True)
class _Background:
    """Tasks that live as long as the centre."""

    failed: asyncio.Future[None]
    tasks: list[asyncio.Task[None]] = field(default_factory=list)

    def start(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        task.add_done_callback(self._ended)
        self.tasks.append(task)

    def _ended(self, task: asyncio.Task[None]) -> None:
        if task.cancelled() or self.failed.done():
            return
        error = task.exception()
        self.failed.set_exception(error or RuntimeError(f"{task.get_name()} ended"))
        self.failed.exception()  # somebody may be waiting for it; if not, that is no warning

    async def stop(self) -> None:
        for task in reversed(self.tasks):
            task.cancel()
        await asyncio.gather(*self.tasks, return_exceptions=True)


@contextlib.asynccontextmanager
async def running(
    settings: Settings, progress: Progress, *, with_demo: bool
) -> AsyncIterator[Running]:
    """Start every part in order, and stop them in the opposite one.

    Raises:
        AcdError: a part could not start; everything started before is stopped again.
    """
    async with contextlib.AsyncExitStack() as stack:
        home = stack.enter_context(Home(settings.home))
        yield await _Assembly(settings, home, stack, progress).start(with_demo=with_demo)


class _Assembly:
    def __init__(
        self,
        settings: Settings,
        home: Home,
        stack: contextlib.AsyncExitStack,
        progress: Progress,
    ) -> None:
        self._settings = settings
        self._home = home
        self._stack = stack
        self._progress = progress
        self._clock = SystemClock()
        self._background = _Background(asyncio.get_running_loop().create_future())
        self._node = settings.asterisk.node
        self._ports = home.ports(
            {
                "http": settings.http.port,
                "sip": settings.sip.port,
                "ari": settings.asterisk.ari_port,
                "ami": settings.asterisk.ami_port,
            }
        )
        self._asterisk = _asterisk_settings(settings, home.secrets(), self._ports, home.path)
        self._asterisk_health = PartHealth(ok=False, detail="starting")
        self._ari_health = PartHealth(ok=False, detail="not connected")
        self._server: AsteriskServer | None = None

    async def start(self, *, with_demo: bool) -> Running:
        self._progress("reading the dialplans", None)
        site = read_site(self._settings.site.directory)
        self._progress("opening the record", None)
        database = Database(database_url(self._settings))
        self._stack.push_async_callback(database.close)
        await database.migrate()
        lease = await take(database)
        self._stack.push_async_callback(lease.release)
        self._store = SqlLog(database, lease)
        self._stack.push_async_callback(self._store.close)
        agents, tokens = SqlAgents(database), SqlTokens(database)
        shown = await demo.provide_agents(agents, self._home) if with_demo else []

        engine = await restore(self._store, FlowInterpreter())
        dispatcher = Dispatcher(lambda cause: self._loop.tell(cause, "pbx"))
        self._loop = Loop(engine, self._store, self._clock, dispatcher.perform)
        snapshots = Snapshots(self._loop, self._store)
        self._loop.observe(snapshots)
        self._stack.push_async_callback(self._background.stop)
        self._background.start(self._loop.run(), "loop")
        self._background.start(lease.hold(), "lease")
        if not engine.state.seed:
            await self._loop.ask(first_input(self._home.secrets().seed), "system")
        await self._loop.ask(PublishSite(site), "system")
        self._stack.push_async_callback(snapshots.save)

        self._use_agents(await agents.agents())
        sounds = await self._start_asterisk()
        self._pbx = self._connect_pbx(sounds)
        self._stack.push_async_callback(self._pbx.client.close)
        dispatcher.use(self._pbx)
        roster = Roster(agents, self._loop, self._agents_changed)
        await roster.load("system")
        reconciler = self._reconciler
        self._background.start(self._pbx.run(), "ari")
        self._background.start(self._ami().run(), "ami")
        self._background.start(reconciler.renew(), "leases")
        self._background.start(reconciler.look(), "looks")
        self._background.start(self._watch_ari(), "health")
        self._progress("speaking the prompts", None)
        prompts = await sounds.prepare(
            site, lambda done, of: self._progress("speaking the prompts", done / of)
        )
        self._progress("connecting to Asterisk", None)
        await self._until(self._pbx.client.wait_up())

        centre = Centre(
            self._loop,
            self._clock,
            agents,
            tokens,
            SqlContacts(database),
            parts={
                "asterisk": lambda: self._asterisk_health,
                "ari": lambda: self._ari_health,
                "record": self._record_health,
            },
        )
        url = f"http://{self._settings.http.host}:{self._ports['http']}"
        sip = {"host": self._settings.sip.host, "port": self._ports["sip"]}
        if with_demo:
            await demo.write_file(
                self._home, url=url, sip=sip, site=site, agents=shown, tokens=tokens,
                clock=self._clock,
            )  # fmt: skip
        return Running(
            centre, site, url, self._settings.sip.host, self._ports["sip"], prompts,
            self._background.failed,
        )  # fmt: skip

    async def _until(self, waited: Coroutine[Any, Any, None]) -> None:
        """Wait for something, or for the failure of a part that it depends on."""
        task = asyncio.create_task(waited)
        await asyncio.wait({task, self._background.failed}, return_when=asyncio.FIRST_COMPLETED)
        if not task.done():
            task.cancel()
            await self._background.failed
        await task

    # --- Asterisk -------------------------------------------------------------------------------

    async def _start_asterisk(self) -> EspeakSounds:
        espeak: Sequence[str] = tuple(filter(None, [shutil.which("espeak-ng")]))
        sox: Sequence[str] = tuple(filter(None, [shutil.which("sox")]))
        mode = self._settings.asterisk.mode
        if mode != "remote":
            self._progress("looking for Asterisk", None)
            program = await asyncio.to_thread(
                locate, mode, cache=default_cache(), progress=self._progress
            )
            espeak, sox = program.espeak_argv or espeak, program.sox_argv or sox
            self._progress(f"starting Asterisk {program.version}", None)
            self._server = AsteriskServer(program, self._asterisk, on_state=self._asterisk_changed)
            self._stack.push_async_callback(self._stop_asterisk)
            await self._server.start()
        else:
            self._asterisk_health = PartHealth(ok=True, detail="remote")
        return EspeakSounds(
            espeak,
            sox,
            cache=self._home.path / "prompts",
            recorded=self._settings.site.directory / "sounds",
            site=lambda version: self._loop.engine.state.sites[version],
        )

    async def _stop_asterisk(self) -> None:
        """End Asterisk while the loop still writes down how each call ended."""
        if self._server is not None:
            await self._server.stop()
        await self._loop.ask(PbxLost(self._node), "system")

    def _asterisk_changed(self, state: ServerState, detail: str) -> None:
        self._asterisk_health = PartHealth(ok=state is ServerState.UP, detail=detail or state)
        if state is ServerState.DOWN:
            self._loop.tell(PbxLost(self._node), "system")

    def _connect_pbx(self, sounds: EspeakSounds) -> AriPbx:
        asterisk, wanted = self._asterisk, self._settings.asterisk
        url = wanted.ari_url or asterisk.ari_url
        self._reconciler = Reconciler(
            self._loop, lambda: self._pbx, self._loop.tell, asterisk.lease_seconds
        )
        return AriPbx(
            self._node,
            lambda connected, disconnected: AriClient(
                url,
                wanted.ari_user,
                wanted.ari_password or asterisk.ari_password,
                asterisk.ari_app,
                events=EVENTS,
                on_connected=connected,
                on_disconnected=disconnected,
            ),
            app=asterisk.ari_app,
            emit=lambda cause: self._loop.tell(cause, "pbx"),
            sounds=sounds,
            lease_seconds=asterisk.lease_seconds,
            resync=self._reconciler.resync,
            on_lost=self._ari_lost,
        )

    def _ari_lost(self, reason: str) -> None:
        self._ari_health = PartHealth(ok=False, detail=reason)

    async def _watch_ari(self) -> None:
        while True:
            health = await self._pbx.client.health()
            self._ari_health = PartHealth(health.ok, health.problem)
            await asyncio.sleep(HEALTH_EVERY_SECONDS)

    def _record_health(self) -> PartHealth:
        if self._loop.is_stalled:
            return PartHealth(ok=False, detail="the log cannot be written")
        return PartHealth(ok=True, detail=f"record {self._loop.engine.state.seq}")

    # --- agents and their phones ----------------------------------------------------------------

    def _use_agents(self, rows: Sequence[AgentRow]) -> None:
        endpoints = tuple(
            AgentEndpoint(row.profile.address, row.sip_digest)
            for row in rows
            if row.is_active and row.profile.address
        )
        self._asterisk = replace(self._asterisk, agents=endpoints)

    async def _agents_changed(self, rows: Sequence[AgentRow]) -> None:
        before = self._asterisk
        self._use_agents(rows)
        if self._server is not None and self._asterisk != before:
            await self._server.reload(self._asterisk)
        addresses = {row.profile.address: row.profile.name for row in rows}
        await self._pbx.watch_agents(addresses)

    def _ami(self) -> AmiClient:
        asterisk = self._asterisk

        async def phones_seen() -> None:
            reachable = {c.endpoint for c in await ami.contacts() if c.is_reachable}
            for agent in list(self._loop.engine.state.agents.values()):
                if agent.profile.address:
                    is_reachable = agent.profile.address in reachable
                    self._loop.tell(PhoneReachable(agent.name, is_reachable), "phones")

        async def phone_changed(contact: Contact) -> None:
            name = self._agent_at(contact.endpoint)
            if name is not None:
                self._loop.tell(PhoneReachable(name, contact.is_reachable), "phones")

        ami = AmiClient(
            asterisk.bind,
            asterisk.ami_port,
            asterisk.ami_user,
            asterisk.ami_password,
            on_contact=phone_changed,
            on_connected=phones_seen,
        )
        return ami

    def _agent_at(self, address: str) -> AgentName | None:
        agents = self._loop.engine.state.agents.values()
        return next((agent.name for agent in agents if agent.profile.address == address), None)


def _asterisk_settings(
    settings: Settings, secrets: Secrets, ports: dict[str, int], home: Path
) -> AsteriskSettings:
    raw = settings.site.directory / "asterisk"
    return AsteriskSettings(
        directory=home / "asterisk",
        bind=settings.sip.host,
        http_port=ports["ari"],
        sip_port=ports["sip"],
        ami_port=ports["ami"],
        rtp_start=settings.sip.rtp_start,
        rtp_end=settings.sip.rtp_end,
        ari_user=settings.asterisk.ari_user,
        ari_password=secrets.ari,
        ami_password=secrets.ami,
        caller_password=secrets.caller,
        systemname=settings.asterisk.node,
        trunks=tuple(Trunk(name, tuple(match)) for name, match in settings.sip.trunks.items()),
        lease_seconds=settings.asterisk.lease_seconds,
        dialplan_dir=raw if raw.is_dir() else None,
    )
