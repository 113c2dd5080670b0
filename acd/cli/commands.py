"""Where the commands are, in the order in which the help lists them."""

from __future__ import annotations

import importlib
from collections.abc import Sequence

MODULES = {
    "up": "up",
    "check": "check",
    "publish": "publish",
    "versions": "publish",
    "diff": "publish",
    "promote": "publish",
    "rollback": "publish",
    "prompts": "prompts",
    "flow": "flow",
    "call": "call",
    "phone": "phone",
    "mail": "mail",
    "trace": "trace",
    "why": "trace",
    "agents": "agents",
    "hours": "hours",
    "token": "token",
    "sim": "sim",
    "replay": "replay",
    "erlang": "erlang",
    "doctor": "doctor",
    "asterisk": "asterisk",
}
"""Command to the module of :mod:`acd.cli` that hangs it on the root."""


def load(words: Sequence[str]) -> None:
    """Import what the words of a command line need: one command's module, or for help all.

    Together they take a second, which nobody should wait for who wants one of them.
    """
    if words and words[0] == "--version":
        return
    named = MODULES.get(words[0]) if words else None
    for name in [named] if named else dict.fromkeys(MODULES.values()):
        importlib.import_module(f"acd.cli.{name}")
