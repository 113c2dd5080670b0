"""`acd`: parses words, calls, prints."""

from __future__ import annotations

import asyncio
import signal
import sys
from pathlib import Path
from typing import Annotated, Optional

import structlog
import typer
import uvloop

from acd.bootstrap import running
from acd.config import load_settings
from acd.core.errors import AcdError

app = typer.Typer(no_args_is_help=True, add_completion=False)


@app.callback()
def root() -> None:
    """Open contact-centre engine."""


@app.command()
def up(
    home: Optional[Path] = None, config: Optional[Path] = None, demo: bool = False, port: Optional[int] = None,
) -> None:
    given = {}
    if home: given["home"] = home
    if port is not None:
        given["http"] = {"port": port}
        if port == 0: given |= {"sip": {"port": 0}, "asterisk": {"ari_port": 0, "ami_port": 0}}
    settings = load_settings(config, **given)

    async def go() -> None:
        stop = asyncio.Event()
        for s in (signal.SIGTERM, signal.SIGINT):
            asyncio.get_running_loop().add_signal_handler(s, stop.set)
        async with running(settings, lambda step, done: print(step, done, flush=True), with_demo=demo) as r:
            print("ready", r.url, flush=True)
            w = asyncio.create_task(stop.wait())
            await asyncio.wait({w, r.failed}, return_when=asyncio.FIRST_COMPLETED)
            if r.failed.done(): r.failed.result()
    uvloop.run(go())


def main() -> None:
    try:
        app()
    except AcdError as e:
        print(f"acd: {e}", file=sys.stderr); sys.exit(1)
