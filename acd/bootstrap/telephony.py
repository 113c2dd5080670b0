"""Asterisk, the links to it and the agents' phones, wired to the loop."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace

from acd.adapters.ami import AmiClient, AmiUnavailable, Contact, Registrations
from acd.adapters.ari.client import AriClient
from acd.adapters.ari.decode import EVENTS
from acd.adapters.ari.pbx import AriPbx
from acd.adapters.asterisk.dialplan import apply_dialplan, forget_old, write_dialplan
from acd.adapters.asterisk.dryload import dry_load
from acd.adapters.asterisk.install import at_hand, default_cache, locate
from acd.adapters.asterisk.run import AsteriskServer, ServerState
from acd.adapters.asterisk.settings import AgentEndpoint, AsteriskSettings
from acd.adapters.recordings import RecordingFiles
from acd.adapters.speech.sounds import PromptSounds
from acd.app.centre import PartHealth
from acd.app.loop import Loop
from acd.app.recovery import Reconciler
from acd.bootstrap.background import Background
from acd.bootstrap.places import outbound_of
from acd.bootstrap.speech import prompt_sounds
from acd.config import Settings
from acd.core.errors import AcdError
from acd.core.ids import AgentName
from acd.core.inputs import PbxLost, PhoneReachable
from acd.core.site import Site
from acd.ports.pbx import BROWSER
from acd.ports.store import AgentRow

HEALTH_EVERY_SECONDS = 5.0
CONNECT_SECONDS = 30.0

Progress = Callable[[str, float | None], None]
"""Told which step has begun and, where it is known, which share of it is done."""


class Telephony:
    """The one Asterisk of a centre.

    Attributes:
        asterisk_health: of the process we run, or "remote".
        ari_health: of the link.
        pbx: the port the loop's effects go to; there after :meth:`start`.
        sounds: speaks prompts; there after :meth:`start`.
    """

    pbx: AriPbx
    sounds: PromptSounds

    def __init__(
        self,
        settings: Settings,
        asterisk: AsteriskSettings,
        loop: Loop,
        failed: asyncio.Future[None],
        progress: Progress,
    ) -> None:
        self._settings = settings
        self._asterisk = asterisk
        self._loop = loop
        self._progress = progress
        self._links = Background(failed)
        self._server: AsteriskServer | None = None
        self._ami: AmiClient | None = None
        self._registered = Registrations()
        self._reconciler = Reconciler(loop, lambda: self.pbx, loop.tell, asterisk.lease_seconds)
        self.asterisk_health = PartHealth(ok=False, detail="starting")
        self.ari_health = PartHealth(ok=False, detail="not connected")

    async def start(self, rows: Sequence[AgentRow], stack: contextlib.AsyncExitStack) -> None:
        """Start Asterisk with the phones of these agents; make what talks to it.

        Raises:
            AcdError: it cannot be installed or started; what was started ends with ``stack``.
        """
        self._use_agents(rows)
        stack.push_async_callback(self._lose)
        program = None
        mode = self._settings.asterisk.mode
        if mode == "remote":
            self.asterisk_health = PartHealth(ok=True, detail="remote")
        else:
            self._progress("looking for Asterisk", None)
            program = await asyncio.to_thread(
                locate, mode, cache=default_cache(), progress=self._progress
            )
            self._progress(f"starting Asterisk {program.version}", None)
            self._server = AsteriskServer(program, self._asterisk, on_state=self._state_changed)
            stack.push_async_callback(self._end, self._server)
            state = self._loop.engine.state
            own = state.sites[state.site].asterisk
            await asyncio.to_thread(write_dialplan, self._asterisk.directory, own)
            await self._server.start()
            if self._server.adopted:  # it may have read another version
                await self._server.rasterisk("dialplan reload")
            forget_old(self._asterisk.directory, own)
        self.sounds = prompt_sounds(
            self._settings, program, lambda version: self._loop.engine.state.sites[version]
        )
        self.pbx = self._make_pbx()
        stack.push_async_callback(self.pbx.client.close)

    def link(self, stack: contextlib.AsyncExitStack) -> None:
        """Begin to listen to Asterisk, and to keep it in line with the state."""
        stack.push_async_callback(self._links.stop)
        self._links.start(self.pbx.run(), "ari")
        if self._server is not None:
            self._ami = self._make_ami()
            self._links.start(self._ami.run(), "ami")
        self._links.start(self._reconciler.renew(), "leases")
        self._links.start(self._reconciler.look(), "looks")
        self._links.start(self._watch_ari(), "health")

    async def use_dialplan(self, site: Site) -> None:
        """Put a site's own dialplan in force; calls go on.

        With a remote Asterisk that is its administrator's to do.

        Raises:
            AcdError: Asterisk cannot take it.
        """
        if self._server is not None:
            await apply_dialplan(self._server, site.asterisk)

    async def linked(self) -> None:
        """Return once calls can be taken.

        Raises:
            AcdError: the password is wrong, or nobody answers.
        """
        url = self._settings.asterisk.ari_url or self._asterisk.ari_url
        late = AcdError(
            f"Asterisk does not answer at {url}",
            hint="is it running, and are asterisk.ari_url and its ari.conf right?",
            code="ari-unreachable",
        )
        await self._links.until(self.pbx.client.wait_up(), CONNECT_SECONDS, late)
        self.ari_health = PartHealth(ok=True)

    async def _end(self, server: AsteriskServer) -> None:
        """End Asterisk; but if a part of us failed, its calls wait for the next engine."""
        if self._links.failed.done():
            await server.release()
        else:
            await server.stop()

    async def _lose(self) -> None:
        """Asterisk has ended: the loop writes down how each call did."""
        if self._server is not None and not self._links.failed.done():
            await self._loop.ask(PbxLost(self._settings.asterisk.node), "system")

    def _state_changed(self, state: ServerState, detail: str) -> None:
        self.asterisk_health = PartHealth(ok=state is ServerState.UP, detail=detail or state)
        if state is ServerState.DOWN:
            self._loop.tell(PbxLost(self._settings.asterisk.node), "system")

    def _make_pbx(self) -> AriPbx:
        asterisk, wanted = self._asterisk, self._settings.asterisk
        return AriPbx(
            wanted.node,
            lambda connected, disconnected: AriClient(
                wanted.ari_url or asterisk.ari_url,
                wanted.ari_user,
                wanted.ari_password or asterisk.ari_password,
                asterisk.ari_app,
                events=EVENTS,
                on_connected=connected,
                on_disconnected=disconnected,
            ),
            app=asterisk.ari_app,
            emit=lambda cause: self._loop.tell(cause, "pbx"),
            recorded_seconds=RecordingFiles(asterisk.recordings_dir).seconds_of,
            sounds=self.sounds,
            lease_seconds=asterisk.lease_seconds,
            endpoint_of=self._endpoint_of,
            outbound=outbound_of(self._settings),
            resync=self._reconciler.resync,
            on_lost=self._ari_lost,
        )

    def _ari_lost(self, reason: str) -> None:
        self.ari_health = PartHealth(ok=False, detail=reason)
        self._loop.hold_deadlines()

    async def _watch_ari(self) -> None:
        while True:
            await asyncio.sleep(HEALTH_EVERY_SECONDS)
            health = await self.pbx.client.health()
            self.ari_health = PartHealth(health.ok, health.problem)

    # --- agents and their phones ----------------------------------------------------------------

    def _use_agents(self, rows: Sequence[AgentRow]) -> None:
        endpoints = tuple(
            AgentEndpoint(row.profile.address, row.sip_digest)
            for row in rows
            if row.is_active and row.profile.address
        )
        self._asterisk = replace(self._asterisk, agents=endpoints)

    async def agents_changed(self, rows: Sequence[AgentRow]) -> None:
        """Bring the phones into line with the active agents.

        Raises:
            AcdError: Asterisk cannot take the change.
        """
        before = self._asterisk
        self._use_agents(rows)
        if self._server is not None and self._asterisk != before:
            await self._server.reload(self._asterisk)
        await self.pbx.watch_agents({row.profile.address: row.profile.name for row in rows})
        with contextlib.suppress(AmiUnavailable):  # it looks at them as soon as it is there
            await self._look_at_phones()

    def _make_ami(self) -> AmiClient:
        asterisk = self._asterisk

        async def phone_changed(contact: Contact) -> None:
            address = contact.endpoint.removesuffix(BROWSER)
            name = self._agent_at(address)
            if name is None:
                return
            self._registered.change(contact)
            self._loop.tell(PhoneReachable(name, self._can_ring(address)), "phones")

        return AmiClient(
            asterisk.bind,
            asterisk.ami_port,
            asterisk.ami_user,
            asterisk.ami_password,
            on_contact=phone_changed,
            on_connected=self._look_at_phones,
        )

    async def _look_at_phones(self) -> None:
        """Tell the engine of every agent's phone whether it is registered."""
        if self._ami is None:
            return
        self._registered.replace(await self._ami.contacts())
        for agent in list(self._loop.engine.state.agents.values()):
            if agent.profile.address:
                can_ring = self._can_ring(agent.profile.address)
                self._loop.tell(PhoneReachable(agent.name, can_ring), "phones")

    def _can_ring(self, address: str) -> bool:
        return address in self._registered or address + BROWSER in self._registered

    def _endpoint_of(self, address: str) -> str:
        """Return the one of an agent's two phones to ring.

        A browser registers only while its agent wants to talk there, a telephone on the table
        always: the browser goes first.
        """
        browser = address + BROWSER
        return browser if browser in self._registered else address

    def _agent_at(self, address: str) -> AgentName | None:
        agents = self._loop.engine.state.agents.values()
        return next((agent.name for agent in agents if agent.profile.address == address), None)


async def try_dialplan(settings: Settings, site: Site) -> None:
    """Let an Asterisk that is thrown away after read the site's own dialplan.

    With a remote Asterisk, and before the first one is installed, there is none to do it.

    Raises:
        AcdError: it complains (``dialplan-invalid``), or does not start.
    """
    mode = settings.asterisk.mode
    program = None
    if site.asterisk and mode != "remote":
        program = await asyncio.to_thread(at_hand, mode, default_cache())
    if program is None:
        return
    problems = await dry_load(program, site.asterisk)
    if problems:
        listed = "\n  ".join(str(problem) for problem in problems)
        raise AcdError(f"Asterisk cannot use it:\n  {listed}", code="dialplan-invalid")
