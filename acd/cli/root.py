"""The root of the command line; every module of commands hangs itself on it."""

from __future__ import annotations

from typing import Annotated

import typer

from acd import __version__
from acd.cli.output import say

app = typer.Typer(
    name="acd",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _version(wanted: bool) -> None:
    if wanted:
        say(f"acd {__version__}")
        raise typer.Exit


@app.callback()
def root(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Open contact-centre engine: queues and IVR flows on Asterisk.

    A first try, in two terminals:

    - `acd up --demo`, until it prints `ready`
    - `acd phone ann`, then `acd call 100 --press 2` in a third
    """
