"""Where the commands are, in the order in which the help lists them."""

from __future__ import annotations

import importlib

MODULES = (
    "up",
    "check",
    "call",
    "phone",
    "trace",
    "agents",
    "token",
    "sim",
    "replay",
    "erlang",
    "doctor",
    "asterisk",
)


def load() -> None:
    """Import every module of commands; each hangs its commands on the root."""
    for name in MODULES:
        importlib.import_module(f"acd.cli.{name}")
