"""`acd asterisk`: Asterisk as a part, by itself."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Annotated

import typer

from acd.adapters.asterisk import process
from acd.adapters.asterisk.install import default_cache, locate
from acd.adapters.asterisk.program import AsteriskProgram
from acd.adapters.asterisk.render import render as render_files
from acd.adapters.asterisk.run import AsteriskServer
from acd.adapters.asterisk.settings import AgentEndpoint, AsteriskSettings
from acd.adapters.home import PORTS_FILE, Home
from acd.adapters.sql.agents import SqlAgents
from acd.bootstrap import asterisk_settings, choose_ports
from acd.cli.options import ConfigOption, HomeOption, JsonOption, settings_for
from acd.cli.output import BadInput, error_console, print_json, print_table, say
from acd.cli.record import opened
from acd.cli.root import app
from acd.config import AsteriskMode, Settings
from acd.core.errors import AcdError
from acd.ports.store import StoreError

asterisk = typer.Typer(no_args_is_help=True, help="Asterisk: install, render, start, status.")
app.add_typer(asterisk, name="asterisk")

ModeOption = Annotated[
    AsteriskMode | None,
    typer.Option("--mode", help="system, bundled, or either (auto).", show_default=False),
]


@asterisk.command()
def install(
    mode: ModeOption = None, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Find an Asterisk, or fetch and unpack one below the cache directory, without root."""
    program = _located(settings_for(None, config), mode)
    if as_json:
        print_json(
            {"version": program.version, "source": program.source, "argv": list(program.argv)}
        )
    else:
        say(f"Asterisk {program.version}, {program.source}: {program.argv[-1]}")


@asterisk.command()
def render(home: HomeOption = None, config: ConfigOption = None) -> None:
    """Write the configuration into the home, as `acd up` would; a running one keeps its own."""
    settings = settings_for(home, config)
    with Home(settings.home) as ours:
        rendered = render_files(_wanted(settings, ours), _located(settings, None))
        rendered.write()
    say(str(settings.home / "asterisk/etc"))


@asterisk.command()
def start(home: HomeOption = None, config: ConfigOption = None) -> None:
    """Start the home's Asterisk and leave it running; the next `acd up` takes it over."""
    settings = settings_for(home, config)
    with Home(settings.home) as ours:
        server = AsteriskServer(_located(settings, None), _wanted(settings, ours))
        asyncio.run(_start(server))
    say(f"Asterisk {server.program.version} runs, process {server.pid}")


@asterisk.command()
def status(
    home: HomeOption = None, config: ConfigOption = None, as_json: JsonOption = False
) -> None:
    """Say whether the home's Asterisk runs, and what it does; exit status 1 if it does not."""
    settings = settings_for(home, config)
    found = process.find(settings.home / "asterisk")
    if found is None:
        raise AcdError(
            f"no Asterisk runs in {settings.home}", hint="`acd up`", code="asterisk-not-running"
        )
    server = AsteriskServer(_located(settings, None), _wanted(settings, Home(settings.home)))
    lines = asyncio.run(server.rasterisk("core show channels count")).splitlines()
    uptime = asyncio.run(server.rasterisk("core show uptime")).splitlines()
    shown = {
        "process": found.pid,
        "version": server.program.version,
        "source": server.program.source,
        "says": [line.strip() for line in (*uptime, *lines) if line.strip()],
    }
    if as_json:
        print_json(shown)
    else:
        says = "\n".join(str(line) for line in (*uptime, *lines))
        print_table(
            ("", ""), [(key, says if key == "says" else text) for key, text in shown.items()]
        )


async def _start(server: AsteriskServer) -> None:
    await server.start()
    await server.release()


def _located(settings: Settings, mode: AsteriskMode | None) -> AsteriskProgram:
    wanted = mode or settings.asterisk.mode
    if wanted == "remote":
        raise BadInput("a remote Asterisk is not ours to run", hint="use mode system or bundled")
    out = error_console()
    last = ""

    def progress(step: str, _done: float | None) -> None:
        nonlocal last
        if step != last:
            last = step
            out.print(f"acd: {step}")

    return locate(wanted, cache=default_cache(), progress=progress)


def _wanted(settings: Settings, home: Home) -> AsteriskSettings:
    """Return what `acd up` would start, agents' phones included."""
    # What the home's engine used last: to look at an Asterisk must not move it.
    ports = home.read(PORTS_FILE) or choose_ports(settings, home)
    made = asterisk_settings(settings, home, ports)
    return replace(made, agents=asyncio.run(_endpoints(settings)))


async def _endpoints(settings: Settings) -> tuple[AgentEndpoint, ...]:
    try:
        async with opened(settings) as database:
            rows = await SqlAgents(database).agents()
    except StoreError as error:
        if error.code != "no-record":
            raise
        return ()
    return tuple(
        AgentEndpoint(row.profile.address, row.sip_digest)
        for row in rows
        if row.is_active and row.profile.address
    )
