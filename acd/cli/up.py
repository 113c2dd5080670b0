"""`acd up`: all parts in the foreground."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import signal
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
import uvloop
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from acd.adapters.home import DEMO_FILE, Home
from acd.bootstrap import Progress as OnProgress
from acd.bootstrap import Running, running
from acd.cli.live import LiveStatus
from acd.cli.logs import set_up_logs
from acd.cli.options import ConfigOption, HomeOption, settings_for
from acd.cli.output import error_console
from acd.cli.root import app
from acd.config import AsteriskMode, Settings


@app.command()
def up(
    home: HomeOption = None,
    config: ConfigOption = None,
    demo: Annotated[
        bool, typer.Option("--demo", help="Add sample agents; DIR/demo.json says how to use them.")
    ] = False,
    port: Annotated[
        int | None,
        typer.Option(
            min=0,
            max=65535,
            metavar="N",
            help="Port of the web server; 0 picks free ones for everything and keeps to them.",
            show_default=False,
        ),
    ] = None,
    asterisk: Annotated[
        AsteriskMode | None,
        typer.Option(
            help="Which Asterisk: the machine's own, a bundled one, either, or a remote one.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Run the engine: Asterisk, queues, flows, web server. Ctrl-C stops it.

    What is missing is installed first. When calls can be taken it prints `ready URL`.

    Examples:

    - `acd up --demo` with sample agents, to try everything
    - `acd up --home /srv/acd --config /etc/acd.toml` for a real centre
    - `acd up --demo --home /tmp/second --port 0` beside another one
    """
    settings = settings_for(home, config, **_given(port, asterisk))
    set_up_logs(settings.log)
    uvloop.run(_run(settings, with_demo=demo))


def _given(port: int | None, asterisk: AsteriskMode | None) -> dict[str, Any]:
    given: dict[str, Any] = {}
    if port is not None:
        given["http"] = {"port": port}
    if port == 0:
        given["sip"] = {"port": 0}
        given["asterisk"] = {"ari_port": 0, "ami_port": 0}
    if asterisk is not None:
        given.setdefault("asterisk", {})["mode"] = asterisk
    return given


async def _run(settings: Settings, *, with_demo: bool) -> None:
    """Serve until told to stop, wherever in its life the engine is by then."""
    serving = asyncio.create_task(_serve(settings, with_demo=with_demo), name="serve")
    loop = asyncio.get_running_loop()

    def stop() -> None:
        # The second Ctrl-C is for somebody who will not wait for a clean end.
        loop.remove_signal_handler(signal.SIGINT)
        error_console().print("acd: stopping …")
        serving.cancel()

    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop)
    try:
        await serving
    except asyncio.CancelledError:
        error_console().print("acd: stopped")


async def _serve(settings: Settings, *, with_demo: bool) -> None:
    with _shown_progress() as progress:
        stack = contextlib.AsyncExitStack()
        async with stack:
            centre = await stack.enter_async_context(
                running(settings, progress, with_demo=with_demo)
            )
            keep = stack.pop_all()
        # What is here by now stays; looking through all of it for garbage would hold up calls.
        gc.collect()
        gc.freeze()
    async with keep:
        if with_demo:
            _say_where(centre, settings)
        if centre.notice:
            error_console().print(f"acd: {centre.notice}")
        print(f"ready {centre.url}", flush=True)
        await _watch(centre, settings, with_demo=with_demo)


async def _watch(centre: Running, settings: Settings, *, with_demo: bool) -> None:
    """Show what goes on until a part fails for good."""
    out = Console()
    if not (out.is_terminal and sys.stderr.isatty()):
        await asyncio.shield(centre.failed)
        return
    if with_demo:
        _say_how_to_try(out, centre, settings)
    status = LiveStatus(centre, out)
    centre.centre.loop.observe(status.observe)
    shown = asyncio.create_task(status.run(), name="status")
    try:
        await asyncio.shield(centre.failed)
    finally:
        shown.cancel()
        await asyncio.gather(shown, return_exceptions=True)


def _say_where(centre: Running, settings: Settings) -> None:
    """Tell, beside what programs read, which two pages to open."""
    home = Home(settings.home)
    agents = (home.read(DEMO_FILE) or {}).get("agents") or []
    out = error_console()
    out.print(f"acd: the customer's page of the demo: {centre.url}/demo")
    out.print(f"acd: the desk, where agents sign in:  {centre.url}/")
    if agents:
        out.print(f"acd: for example {agents[0]['login']}; passwords: {home.path / DEMO_FILE}")


def _say_how_to_try(out: Console, centre: Running, settings: Settings) -> None:
    option = "" if settings.home == Path(".acd").absolute() else f" --home {settings.home}"
    number = next(iter(centre.site.numbers), "100")
    out.print("Try it, each in a terminal of its own:", highlight=False)
    out.print(f"  acd phone ann{option}", highlight=False)
    out.print(f"  acd call {number} --press 2{option}", highlight=False)


@contextlib.contextmanager
def _shown_progress() -> Iterator[OnProgress]:
    """Give what shows the steps of a start: moving on a terminal, else a line each."""
    out = error_console()
    if not out.is_terminal:
        yield _Lines(out).step
        return
    bars = Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=24),
        console=out,
        transient=True,
    )
    with bars:
        task = bars.add_task("starting", total=None)
        yield lambda step, done: bars.update(
            task, description=step, total=None if done is None else 1.0, completed=done or 0.0
        )


class _Lines:
    """Prints each step once; may be told from other threads."""

    def __init__(self, out: Console) -> None:
        self._out = out
        self._last = ""
        self._lock = threading.Lock()

    def step(self, step: str, done: float | None) -> None:
        with self._lock:
            if step != self._last:
                self._last = step
                self._out.print(f"acd: {step}")
