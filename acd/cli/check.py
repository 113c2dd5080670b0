"""`acd check`: everything that is wrong with dialplans."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from pathlib import Path
from typing import Annotated

import typer

from acd.adapters.asterisk.dryload import dry_load
from acd.adapters.asterisk.install import at_hand, default_cache
from acd.app.check import check as check_directory
from acd.app.site import ASTERISK, read_files
from acd.cli.options import ConfigOption, JsonOption, settings_for
from acd.cli.output import print_json, say
from acd.cli.root import app
from acd.config import Settings
from acd.flow.problems import Problem


@app.command()
def check(
    directory: Annotated[
        Path | None,
        typer.Argument(
            metavar="[DIR]",
            help="Directory of dialplans (default: site.directory).",
            show_default=False,
        ),
    ] = None,
    stories: Annotated[
        bool, typer.Option("--stories", help="Also play the example calls in DIR/stories.")
    ] = False,
    config: ConfigOption = None,
    as_json: JsonOption = False,
) -> None:
    """Check dialplans: every problem as `file:line: code: message`; exit status 1 if any.

    The running engine keeps to what it has; nothing is changed. Where an Asterisk is on this
    machine, the files in DIR/asterisk are read by one that is thrown away after.

    Examples:

    - `acd check`
    - `acd check dialplans --stories`
    """  # fmt: skip
    settings = settings_for(None, config)
    where = directory or settings.site.directory
    found = check_directory(where, stories=stories, services=_services(settings, config))
    problems = found or loaded_dry(where, settings)
    if as_json:
        print_json(
            {
                "problems": [
                    {"file": p.file, "line": p.line, "code": p.code, "message": p.message}
                    for p in problems
                ]
            }
        )
    else:
        for problem in problems:
            say(str(problem))
        if not problems:
            say(f"{where}: no problem found")
    if problems:
        raise typer.Exit(1)


def _services(settings: Settings, config: Path | None) -> Collection[str] | None:
    """Return the names of the web services; None without a file that would tell."""
    return settings.services if (config or Path("acd.toml")).is_file() else None


def loaded_dry(where: Path, settings: Settings) -> list[Problem]:
    """Return what an Asterisk on this machine, if there is one, complains of in the dialplan.

    Raises:
        AcdError: it does not start.
    """
    files, _ = read_files(where, ASTERISK, suffix=".conf")
    mode = settings.asterisk.mode
    program = at_hand("auto" if mode == "remote" else mode, default_cache())
    if not files or program is None:
        return []
    texts = {Path(name).name: content.decode() for name, content in files.items()}
    return asyncio.run(dry_load(program, texts))
