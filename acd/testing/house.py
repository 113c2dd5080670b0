"""A whole centre for tests: engine, record, Asterisk and telephones, all real."""

from __future__ import annotations

import asyncio
import contextlib
import os
import subprocess
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from acd.adapters.asterisk.install import default_cache, locate
from acd.adapters.asterisk.program import minimal_environment
from acd.adapters.asterisk.settings import sip_digest
from acd.adapters.home import Home
from acd.adapters.sql.agents import SqlAgents
from acd.adapters.sql.engine import Database
from acd.adapters.sql.log import SqlLog
from acd.app.centre import Centre
from acd.bootstrap import Progress, Running, database_url, running
from acd.config import Settings, load_settings
from acd.core.agent import AgentProfile, Presence
from acd.core.channel import Channel
from acd.core.contact import Contact
from acd.core.ids import AgentName, QueueName
from acd.core.inputs import SetPresence
from acd.core.record import Record
from acd.core.state import State
from acd.ports.clock import Clock
from acd.ports.store import AgentRow, Role
from acd.testing.invariants import problems
from acd.testing.softphone import Answer, Phone, Phones, Policy

PATIENCE_SECONDS = 45.0


def sip_password(agent: str) -> str:
    """Return the SIP password of a test agent."""
    return f"{agent}-sip-password-of-a-test"


def house_settings(home: Path, site: Path, **given: Any) -> Settings:
    """Return settings with free ports, apart from those of other test workers."""
    worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:])
    rtp_start = 30000 + 2000 * worker
    return load_settings(
        home=home,
        http={"port": 0},
        sip={"port": 0, "rtp_start": rtp_start, "rtp_end": rtp_start + 1999} | given.pop("sip", {}),
        asterisk={"ari_port": 0, "ami_port": 0} | given.pop("asterisk", {}),
        site={"directory": site, "watch": given.pop("watch", False)},
        **given,
    )


async def provide_agents(settings: Settings, agents: dict[str, AgentProfile]) -> None:
    """Write test agents into the record of a home that is not running."""
    settings.home.mkdir(parents=True, exist_ok=True)
    database = Database(database_url(settings))
    try:
        await database.migrate()
        store = SqlAgents(database)
        for name, profile in agents.items():
            digest = sip_digest(profile.address, sip_password(name))
            await store.save_agent(AgentRow(profile, Role.AGENT, digest))
    finally:
        await database.close()


def agent_profile(name: str, number: int, *queues: str, **skills: int) -> AgentProfile:
    """Return the profile of a test agent whose phone is ``10<number>``."""
    return AgentProfile(
        AgentName(name),
        name.title(),
        skills,
        {QueueName(queue): 1 for queue in queues},
        str(1000 + number),
        {Channel.VOICE: 1},
    )


@dataclass(slots=True)
class House:
    """A running centre and the telephones around it."""

    settings: Settings
    running: Running
    phones: Phones
    caller_password: str
    _agents: list[Phone] = field(default_factory=list)
    _customers: list[Phone] = field(default_factory=list)

    @property
    def centre(self) -> Centre:
        """The centre."""
        return self.running.centre

    @property
    def state(self) -> State:
        """The engine's state."""
        return self.running.centre.state

    async def agent(self, name: str, policy: Policy | None = None, *, ready: bool = True) -> Phone:
        """Register an agent's phone and, unless told not to, make the agent ready."""
        address = self.state.agents[AgentName(name)].profile.address
        phone = await self.phones.agent(
            address,
            sip_password(name),
            host=self.running.sip_host,
            port=self.running.sip_port,
            policy=policy or Answer(),
        )
        self._agents.append(phone)
        await self.until(lambda: self.state.agents[AgentName(name)].is_reachable)
        if ready:
            await self.presence(name, Presence.AVAILABLE)
        return phone

    async def presence(self, name: str, presence: Presence, reason: str = "") -> None:
        """Set an agent's presence."""
        refused = await self.centre.ask(SetPresence(AgentName(name), presence, reason), "test")
        assert refused is None, refused

    async def customer(self, number: str = "+15550001", name: str = "") -> Phone:
        """Take a customer's telephone."""
        phone = await self.phones.caller(
            "caller",
            self.caller_password,
            from_user=number,
            from_name=name,
            host=self.running.sip_host,
            port=self.running.sip_port,
        )
        self._customers.append(phone)
        return phone

    async def hang_up_all(self) -> None:
        """Hang up every call of every telephone and take the agents' phones away."""
        for phone in (*self._customers, *self._agents):
            for call in list(phone.calls):
                await call.hangup()
        for phone in self._agents:
            await phone.unregister()
        self._customers.clear()
        self._agents.clear()

    async def until(self, true: Callable[[], object], *, seconds: float = PATIENCE_SECONDS) -> None:
        """Return once something is so.

        Raises:
            TimeoutError: it did not come to be.
        """
        async with asyncio.timeout(seconds):
            while not _holds(true):  # noqa: ASYNC110  (looked at from outside, there is no event)
                await asyncio.sleep(0.02)

    def contact(self) -> Contact:
        """Return the only contact there is.

        Raises:
            LookupError: there is none, or more than one.
        """
        contacts = list(self.state.contacts.values())
        if len(contacts) != 1:
            raise LookupError(f"there are {len(contacts)} contacts")
        return contacts[0]

    async def records(self) -> list[Record]:
        """Return the log so far."""
        database = Database(database_url(self.settings))
        try:
            return [record async for record in SqlLog(database).read()]
        finally:
            await database.close()

    async def all_quiet(self, *, seconds: float = PATIENCE_SECONDS) -> None:
        """Wait until no contact and no leg is left, and check the invariants."""
        await self.until(lambda: not self.state.contacts and not self.state.legs, seconds=seconds)
        assert not problems(self.state)
        assert self.centre.loop.engine.illegal_count == 0


def _holds(true: Callable[[], object]) -> bool:
    """Whether something is so; what it asks about may not be there yet."""
    try:
        return bool(true())
    except LookupError:
        return False


def console(home: Path, command: str) -> str:
    """Return what the console of a home's Asterisk prints for a command. Blocks."""
    program = locate("auto", cache=default_cache(), progress=lambda step, done: None)
    directory = home / "asterisk"
    words = (*program.argv, "-C", str(directory / "etc/asterisk.conf"), "-rx", command)
    done = subprocess.run(
        words,
        cwd=directory,
        env=minimal_environment(),
        capture_output=True,
        text=True,
        check=True,
        timeout=10,
    )
    return done.stdout


def orphans(home: Path) -> list[str]:
    """Return the channels of a home's Asterisk, and its bridges with somebody in them. Blocks."""
    channels = console(home, "core show channels concise").split()
    bridges = console(home, "bridge show all").splitlines()[1:]
    return channels + [line for line in bridges if line.split()[2] != "0"]


@contextlib.asynccontextmanager
async def house(
    home: Path, site: Path, agents: dict[str, AgentProfile], **given: Any
) -> AsyncIterator[House]:
    """Run a whole centre with agents of its own."""
    async with house_with(house_settings(home, site, **given), agents) as centre:
        yield centre


@contextlib.asynccontextmanager
async def house_with(
    settings: Settings,
    agents: dict[str, AgentProfile],
    *,
    clock: Clock | None = None,
    progress: Progress = lambda step, done: None,
) -> AsyncIterator[House]:
    """Run a whole centre as its settings say, by the machine's clock or another one."""
    await provide_agents(settings, agents)
    async with (
        running(settings, progress, with_demo=False, clock=clock) as centre,
        Phones() as phones,
    ):
        yield House(settings, centre, phones, Home(settings.home).secrets().caller)
