"""Run one Asterisk: start or adopt it, keep it up, reload it, stop it."""

from __future__ import annotations

import asyncio
import contextlib
import json
import time
from collections.abc import Callable
from enum import StrEnum

import aiohttp
import structlog

from acd.adapters.asterisk import process
from acd.adapters.asterisk.process import AsteriskError, Process
from acd.adapters.asterisk.program import AsteriskProgram, minimal_environment
from acd.adapters.asterisk.render import RenderedConfig, render
from acd.adapters.asterisk.settings import AsteriskSettings

log = structlog.get_logger(__name__)

START_PATIENCE = 30.0
STOP_PATIENCE = 5.0
COMMAND_PATIENCE = 10.0
FIRST_BACKOFF = 0.5
LONGEST_BACKOFF = 30.0
STEADY_AFTER = 60.0
"""Seconds. After this long up, the next failure starts the back-off anew."""


class ServerState(StrEnum):
    """What the supervisor reports."""

    STARTING = "starting"
    UP = "up"
    DOWN = "down"
    STOPPED = "stopped"


OnState = Callable[[ServerState, str], None]


class AsteriskServer:
    """Asterisk with one home, supervised.

    Asterisk survives the death of the engine; the next `start` in the same home adopts it with all
    its calls. Not for a remote Asterisk: there is nothing to run then.
    """

    def __init__(
        self,
        program: AsteriskProgram,
        settings: AsteriskSettings,
        *,
        on_state: OnState | None = None,
    ) -> None:
        self.program = program
        self.settings = settings
        self._on_state = on_state
        self._process: Process | None = None
        self._supervisor: asyncio.Task[None] | None = None
        self._adopted = False

    @property
    def pid(self) -> int | None:
        """Process id of Asterisk while it runs."""
        return self._process.pid if self._process else None

    @property
    def adopted(self) -> bool:
        """Whether the running Asterisk was found running by `start`."""
        return self._adopted

    async def start(self) -> None:
        """Render the configuration, adopt or start Asterisk, return when ARI answers; supervise.

        Raises:
            AsteriskError: ``port-in-use``, ``asterisk-start`` (with the last lines of its log).
            SettingError: the configuration cannot be rendered or written.
        """
        self._process = await self._adopt_or_launch()
        self._supervisor = asyncio.create_task(self._supervise(), name="asterisk-supervisor")

    async def release(self) -> None:
        """Stop supervising and leave Asterisk running, for another process to adopt."""
        if self._supervisor is not None:
            self._supervisor.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._supervisor
            self._supervisor = None

    async def stop(self) -> None:
        """Hang up all calls, end Asterisk and its children, stop supervising. Idempotent."""
        await self.release()
        if self._process is not None:
            await self._process.end(STOP_PATIENCE)
            self._process = None
            self._tell(ServerState.STOPPED, "")

    async def reload(self, settings: AsteriskSettings) -> None:
        """Put changed endpoints and dialplan in force without touching calls.

        Raises:
            AsteriskError: ``restart-needed`` when more than that has changed.
        """
        rendered = render(settings, self.program)
        if rendered.fixed_digest != self._launched().get("fixed"):
            raise AsteriskError(
                "this change needs a new start of Asterisk",
                hint="run `acd up` again when no call is up",
                code="restart-needed",
            )
        self.settings = settings
        await self._reload(rendered)

    async def rasterisk(self, command: str) -> str:
        """Run a command of Asterisk's console over its control socket; return what it prints.

        Raises:
            AsteriskError: it does not run or does not answer.
        """
        directory = self.settings.directory
        child = await asyncio.create_subprocess_exec(
            *self.program.argv,
            *("-C", str(process.config_file(directory)), "-rx", command),
            cwd=directory,
            env=minimal_environment(),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        try:
            out, _ = await asyncio.wait_for(child.communicate(), COMMAND_PATIENCE)
        except TimeoutError:
            child.kill()
            await child.wait()
            raise AsteriskError("Asterisk's console does not answer") from None
        if child.returncode != 0:
            raise AsteriskError(f"Asterisk's console: {out.decode(errors='replace').strip()}")
        return out.decode(errors="replace")

    async def _adopt_or_launch(self) -> Process:
        rendered = render(self.settings, self.program)
        running = process.find(self.settings.directory)
        if running is not None:
            if self._launched().get("fixed") == rendered.fixed_digest and await self._answers():
                await self._adopt(rendered)
                self._adopted = True
                self._tell(ServerState.UP, f"adopted process {running.pid}")
                return running
            log.warning("asterisk.stale_ended", pid=running.pid)
            await running.end(STOP_PATIENCE)
        rendered.write()
        process.require_free_ports(self.settings)
        return await self._launch(rendered)

    async def _adopt(self, rendered: RenderedConfig) -> None:
        if self._launched().get("reloadable") != rendered.reloadable_digest:
            await self._reload(rendered)

    async def _launch(self, rendered: RenderedConfig) -> Process:
        self._tell(ServerState.STARTING, self.program.version)
        process.keep_last_console(self.settings.directory)
        self._remember(rendered)
        started = process.launch(self.program, self.settings.directory)
        self._adopted = False
        ended = asyncio.create_task(started.wait())
        try:
            async with asyncio.timeout(START_PATIENCE):
                while not await self._answers():
                    if ended.done():
                        raise self._not_started(f"it {started.describe_end()}")
                    await asyncio.wait({ended}, timeout=0.05)
        except TimeoutError:
            await started.end(STOP_PATIENCE)
            raise self._not_started(f"no answer in {START_PATIENCE:.0f} s") from None
        except asyncio.CancelledError:
            await started.end(STOP_PATIENCE)
            raise
        finally:
            ended.cancel()
        self._tell(ServerState.UP, f"process {started.pid}")
        return started

    async def _supervise(self) -> None:
        backoff = FIRST_BACKOFF
        while True:
            since = time.monotonic()
            if self._process is not None:
                await self._process.wait()
                self._tell(ServerState.DOWN, self._process.describe_end())
                self._process = None
            backoff = FIRST_BACKOFF if time.monotonic() - since > STEADY_AFTER else backoff
            await asyncio.sleep(backoff)
            backoff = min(backoff * 2, LONGEST_BACKOFF)
            try:
                self._process = await self._adopt_or_launch()
            except Exception as error:
                # Whatever the reason, the only help is to try again; the reason is reported.
                log.exception("asterisk.restart_failed")
                self._tell(ServerState.DOWN, str(error))

    async def _reload(self, rendered: RenderedConfig) -> None:
        rendered.write()
        for command in ("module reload res_pjsip.so", "dialplan reload", "moh reload"):
            await self.rasterisk(command)
        self._remember(rendered)

    async def _answers(self) -> bool:
        """Tell whether ARI answers with our credentials, every module loaded."""
        credentials = aiohttp.encode_basic_auth(self.settings.ari_user, self.settings.ari_password)
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as session,
                session.get(
                    f"{self.settings.ari_url}/asterisk/info?only=status",
                    headers={"Authorization": credentials},
                ) as reply,
            ):
                return reply.status == 200
        except (aiohttp.ClientError, TimeoutError):
            return False

    def _launched(self) -> dict[str, str]:
        """Return the digests of the configuration that the running Asterisk has read."""
        try:
            found = json.loads((self.settings.directory / "run/launched.json").read_text())
        except (OSError, ValueError):
            return {}
        return {str(key): str(value) for key, value in found.items()}

    def _remember(self, rendered: RenderedConfig) -> None:
        target = self.settings.directory / "run/launched.json"
        temporary = target.with_suffix(".new")
        temporary.write_text(
            json.dumps({"fixed": rendered.fixed_digest, "reloadable": rendered.reloadable_digest})
        )
        temporary.replace(target)

    def _not_started(self, why: str) -> AsteriskError:
        directory = self.settings.directory
        return AsteriskError(
            f"Asterisk did not start: {why}; its log ends with:\n{process.log_tail(directory)}",
            hint=f"the whole log is {directory}/log/console.log",
            code="asterisk-start",
        )

    def _tell(self, state: ServerState, detail: str) -> None:
        log.info("asterisk.state", state=state, detail=detail)
        if self._on_state is not None:
            self._on_state(state, detail)
