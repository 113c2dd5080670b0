"""`acd check`: everything that is wrong with dialplans."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from acd.app.check import check as check_directory
from acd.cli.options import ConfigOption, JsonOption, settings_for
from acd.cli.output import print_json, say
from acd.cli.root import app


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

    The running engine keeps to what it has; nothing is changed.

    Examples:

    - `acd check`
    - `acd check dialplans --stories`
    """  # fmt: skip
    where = directory or settings_for(None, config).site.directory
    problems = check_directory(where, stories=stories)
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
