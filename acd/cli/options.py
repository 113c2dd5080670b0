"""Options that many commands share, and what they mean."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from acd.config import Settings, load_settings

HomeOption = Annotated[
    Path | None,
    typer.Option(
        "--home",
        metavar="DIR",
        help="Run directory: database, recordings, Asterisk's files (default: .acd, or ACD_HOME).",
        show_default=False,
    ),
]
ConfigOption = Annotated[
    Path | None,
    typer.Option(
        "--config",
        metavar="FILE",
        help="Settings (default: acd.toml in the current directory, if there is one).",
        show_default=False,
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON, for programs.")]


def settings_for(home: Path | None, config: Path | None = None, **given: Any) -> Settings:
    """Return the settings with what the command line says on top.

    Raises:
        ConfigError: they cannot be used.
    """
    if home is not None:
        given["home"] = home
    return load_settings(config, **given)
