"""A centre for measuring: the real `acd up` with its Asterisk, a hundred telephones, app_queue."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

import aiohttp

from acd.adapters.asterisk import process
from acd.adapters.asterisk.install import default_cache, locate
from acd.adapters.asterisk.run import AsteriskServer
from acd.adapters.asterisk.settings import AsteriskSettings
from acd.adapters.home import Home
from acd.bootstrap import asterisk_settings, choose_ports
from acd.cli.engine import Engine
from acd.config import load_settings
from acd.core.agent import AgentProfile
from acd.core.channel import Channel
from acd.core.ids import AgentName, QueueName
from acd.testing.house import provide_agents, sip_password
from bench import app_queue
from bench.sipp import CALLERS_HOST, Agents
from bench.start import FIRST_SECONDS, Up, UpError

AGENTS = 100
FEW = 10
"""Members of the second queue, where callers have to wait."""

READY_SECONDS = 20.0

_COUNTER = re.compile(r"^acd_(\w+)_total (\S+)$", re.MULTILINE)
_NUMBERS = '"{many}" = {{ flow = "many" }}\n"{few}" = {{ flow = "few" }}\n'
_FLOW = """start = "queue"

[node.queue]
type = "enqueue"
queue = "{queue}"
on_fail = "end"

[node.end]
type = "hangup"
"""
_QUEUES = """[many]
title = "Free agents"

[few]
title = "Callers wait"
"""
_SETTINGS = """[http]
port = 0

[sip]
port = 0
rtp_start = 20000
rtp_end = 23999
trunks = {{ bench = ["{callers}"] }}

[asterisk]
ari_port = 0
ami_port = 0

[site]
directory = "{site}"
"""

NUMBERS = {"engine": {"many": "100", "few": "200"}, "app_queue": {"many": "901", "few": "902"}}
"""What callers dial to reach each system's queues."""


class Lab:
    """Everything that calls need; an asynchronous context.

    The engine comes and goes: it is killed before app_queue is measured, and started again
    after, when it adopts the Asterisk that went on. So both are measured on the same Asterisk
    process, and neither while the other costs anything.

    Attributes:
        agents: the telephones.
        engine: the running `acd up`; None while it is away.
    """

    def __init__(self) -> None:
        self._stack = contextlib.AsyncExitStack()
        self.engine: Up | None = None

    async def __aenter__(self) -> Self:
        """Start Asterisk and the engine, load app_queue, register the telephones."""
        directory = Path(self._stack.enter_context(TemporaryDirectory(prefix="acd-bench-")))
        self._home, self._config = directory / "home", directory / "acd.toml"
        site = directory / "site"
        self._config.write_text(_SETTINGS.format(callers=CALLERS_HOST, site=site))
        write_site(site)
        self._settings = load_settings(self._config, home=self._home)
        users = [str(1001 + number) for number in range(AGENTS)]
        names = [f"agent{user}" for user in users]
        await provide_agents(
            self._settings,
            {
                name: _profile(name, user, is_few=number < FEW)
                for number, (name, user) in enumerate(zip(names, users, strict=True))
            },
        )
        etc = self._home / "asterisk/etc"
        etc.mkdir(parents=True)
        members = {"many": users, "few": users[:FEW]}
        (etc / "queues.conf").write_text(app_queue.queues_conf(members))
        try:
            self._stack.push_async_callback(self._end)
            await self._start(patience=FIRST_SECONDS)
            await self._server().rasterisk(f"module load {app_queue.MODULE}")
            numbers = {number: queue for queue, number in NUMBERS["app_queue"].items()}
            for command in app_queue.extensions(numbers):
                await self._server().rasterisk(command)
            self.agents = Agents()
            passwords = {user: sip_password(name) for name, user in zip(names, users, strict=True)}
            await asyncio.to_thread(self.agents.register, self.sip, passwords)
            await self._stack.enter_async_context(self.agents)
            await self._make_ready(names)
        except BaseException:
            await self._stack.aclose()
            raise
        return self

    async def __aexit__(self, *_exception: object) -> None:
        await self._stack.aclose()

    async def _end(self) -> None:
        if self.engine is not None:
            await self.engine.stop()
        if left := process.find(self._home / "asterisk"):
            await left.end(5.0)

    # --- the engine -----------------------------------------------------------------------------

    async def with_engine(self) -> None:
        """Have the engine running, all agents ready, before calls for it."""
        if self.engine is None:
            await self._start()
            await self._until_all_available()

    async def without_engine(self) -> None:
        """Take the engine away; no trace of it costs Asterisk anything."""
        if self.engine is None:
            return
        await self.engine.kill()
        self.engine = None
        asterisk = self._asterisk()
        credentials = aiohttp.encode_basic_auth(asterisk.ari_user, asterisk.ari_password)
        headers = {"Authorization": credentials}
        # Its application would go on listening to the telephones for an engine to come back.
        async with aiohttp.ClientSession(asterisk.ari_url + "/", headers=headers) as session:
            path = f"applications/{asterisk.ari_app}"
            async with session.get(path) as reply:
                endpoints = (await reply.json())["endpoint_ids"]
            for endpoint in endpoints:
                source = {"eventSource": f"endpoint:{endpoint}"}
                async with session.delete(f"{path}/subscription", params=source) as reply:
                    reply.raise_for_status()

    async def _start(self, *, patience: float = 60.0) -> None:
        self.engine = await Up.start(self._home, "--config", str(self._config), patience=patience)
        found = Engine.find(self._home)
        assert found is not None
        self._api = found

    async def _make_ready(self, names: list[str]) -> None:
        for name in names:
            await self._api.post(f"agents/{name}/presence", {"presence": "available"})
        await self._until_all_available()

    async def _until_all_available(self) -> None:
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            agents = (await self._api.get("agents"))["agents"]
            free = [agent for agent in agents if agent["state"] == "available"]
            if len(free) == AGENTS:
                return
            await asyncio.sleep(0.1)
        raise UpError(f"only {len(free)} of {AGENTS} agents became available")

    async def counters(self) -> dict[str, float]:
        """Return the engine's own counters, as ``/metrics`` shows them."""
        headers = {"Authorization": f"Bearer {self._api.token}"}
        async with (
            aiohttp.ClientSession(headers=headers) as session,
            session.get(f"{self._api.url}/metrics") as reply,
        ):
            text = await reply.text()
        return {name: float(value) for name, value in _COUNTER.findall(text)}

    # --- Asterisk -------------------------------------------------------------------------------

    @property
    def sip(self) -> tuple[str, int]:
        """Where Asterisk listens for SIP."""
        asterisk = self._asterisk()
        return asterisk.bind, asterisk.sip_port

    @property
    def asterisk_pid(self) -> int:
        """Process id of Asterisk."""
        found = process.find(self._home / "asterisk")
        assert found is not None, "Asterisk has ended"
        return found.pid

    async def console(self, command: str) -> str:
        """Return what Asterisk's console answers to a command."""
        return await self._server().rasterisk(command)

    async def until_silent(self) -> None:
        """Return once Asterisk has no channel left."""
        until = time.monotonic() + READY_SECONDS
        while time.monotonic() < until:
            if (await self.console("core show channels count")).startswith("0 active channels"):
                return
            await asyncio.sleep(0.2)
        raise UpError("Asterisk still has channels after the last call")

    def _asterisk(self) -> AsteriskSettings:
        home = Home(self._home)
        return asterisk_settings(self._settings, home, choose_ports(self._settings, home))

    def _server(self) -> AsteriskServer:
        program = locate("auto", cache=default_cache(), progress=lambda step, done: None)
        return AsteriskServer(program, self._asterisk())


def asterisk_version() -> str:
    """Return the release of the Asterisk that is used."""
    return locate("auto", cache=default_cache(), progress=lambda step, done: None).version


def _profile(name: str, user: str, *, is_few: bool) -> AgentProfile:
    queues = ("many", "few") if is_few else ("many",)
    return AgentProfile(
        AgentName(name),
        name,
        {},
        {QueueName(queue): 1 for queue in queues},
        user,
        {Channel.VOICE: 1},
    )


def write_site(site: Path) -> None:
    """Write the dialplans that lead callers straight into a queue of the engine's."""
    site.mkdir(parents=True)
    (site / "numbers.toml").write_text(_NUMBERS.format(**NUMBERS["engine"]))
    (site / "queues.toml").write_text(_QUEUES)
    for queue in ("many", "few"):
        (site / f"{queue}.toml").write_text(_FLOW.format(queue=queue))
