"""``acd.core`` and ``acd.flow`` are functions of their arguments.

No clock, chance, thread, log, file or socket: what they need of the world comes in as an argument
and what they want of it goes out as an effect. That is what makes replay, simulation in virtual
time and the same log under every hash seed possible. Imports and calls are read from the syntax
tree; a third-party package is refused whatever it does, but for those of :data:`ALLOWED`.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

pytestmark = pytest.mark.core

ROOT = Path(__file__).resolve().parents[2]
PURE = ("acd/core", "acd/flow")

BANNED_MODULES = {
    *("time", "sched", "calendar"),
    *("random", "secrets", "uuid"),
    *("fileinput", "glob", "io", "os", "pathlib", "shelve", "shutil", "sqlite3", "tempfile"),
    *("platform", "pty", "signal", "subprocess"),
    *("ftplib", "http", "imaplib", "poplib", "select", "selectors", "smtplib", "socket"),
    *("socketserver", "ssl", "urllib", "xmlrpc"),
    *("asyncio", "concurrent", "contextvars", "multiprocessing", "queue", "threading"),
    *("logging", "warnings"),
}

ALLOWED = {"tomli"}
"""Text in, values out, and nothing else: the standard library's own ``tomllib``, compiled."""

# `hash` of a text and `id` differ from run to run: an order that rests on them cannot be replayed.
BANNED_CALLS = {
    *("breakpoint", "eval", "exec", "input", "open", "print", "sys.exit"),
    *("hash", "id"),
    *("datetime.datetime.now", "datetime.datetime.today", "datetime.datetime.utcnow"),
    "datetime.date.today",
}

BANNED_NAMES = {"sys.argv", "sys.stderr", "sys.stdin", "sys.stdout"}


def violations(source: str) -> Iterator[str]:
    """Yield ``line: what`` for each import, call or name that reaches outside."""
    tree = ast.parse(source)
    origins: dict[str, str] = {}  # local name -> dotted name it was imported from
    for node in ast.walk(tree):
        modules: list[str] = []
        if isinstance(node, ast.Import):
            modules = [alias.name for alias in node.names]
            for alias in node.names:
                if alias.asname:
                    origins[alias.asname] = alias.name
        elif isinstance(node, ast.ImportFrom) and not node.level:
            modules = [node.module or ""]
            for alias in node.names:
                origins[alias.asname or alias.name] = f"{node.module}.{alias.name}"
        for module in modules:
            top = module.partition(".")[0]
            if top in BANNED_MODULES:
                yield f"{node.lineno}: imports {module}"
            elif top not in {"acd"} | ALLOWED and top not in sys.stdlib_module_names:
                yield f"{node.lineno}: imports third-party {module}"
    for node in ast.walk(tree):
        if isinstance(node, ast.Call) and (name := dotted(node.func, origins)) in BANNED_CALLS:
            yield f"{node.lineno}: calls {name}"
        elif isinstance(node, ast.Attribute) and (name := dotted(node, origins)) in BANNED_NAMES:
            yield f"{node.lineno}: uses {name}"
        elif isinstance(node, ast.AsyncFunctionDef | ast.Await):
            yield f"{node.lineno}: is async"


def dotted(node: ast.expr, origins: dict[str, str]) -> str:
    """The full name that an expression such as ``dt.datetime.now`` stands for, else ``""``."""
    match node:
        case ast.Name(id=name):
            return origins.get(name, name)
        case ast.Attribute(value=value, attr=attr):
            left = dotted(value, origins)
            return left and f"{left}.{attr}"
        case _:
            return ""


def pure_files() -> list[str]:
    files = [path for part in PURE for path in sorted((ROOT / part).rglob("*.py"))]
    return [str(path.relative_to(ROOT)) for path in files]


def test_there_is_something_to_check() -> None:
    assert {path.rpartition("/")[0] for path in pure_files()} >= set(PURE)


@pytest.mark.parametrize("path", pure_files())
def test_reaches_nothing_outside(path: str) -> None:
    found = list(violations((ROOT / path).read_text()))
    assert not found, "\n".join(f"{path}:{one}" for one in found)


@pytest.mark.parametrize(
    ("source", "found"),
    [
        ("import time", "1: imports time"),
        ("import os.path", "1: imports os.path"),
        ("def f():\n    from uuid import uuid4", "2: imports uuid"),
        ("import asyncio as a", "1: imports asyncio"),
        ("from logging import getLogger", "1: imports logging"),
        ("import structlog", "1: imports third-party structlog"),
        ("import sqlalchemy.orm", "1: imports third-party sqlalchemy.orm"),
        ("open('x')", "1: calls open"),
        ("x = [print(y) for y in z]", "1: calls print"),
        ("key = hash(name)", "1: calls hash"),
        ("import datetime\ndatetime.datetime.now()", "2: calls datetime.datetime.now"),
        ("import datetime as dt\ndt.date.today()", "2: calls datetime.date.today"),
        ("from datetime import datetime\ndatetime.now()", "2: calls datetime.datetime.now"),
        ("import sys\nsys.stderr.write('x')", "2: uses sys.stderr"),
        ("async def f(): ...", "1: is async"),
    ],
)
def test_a_planted_violation_is_found(source: str, found: str) -> None:
    assert list(violations(source)) == [found]


@pytest.mark.parametrize(
    "source",
    [
        "from acd.core.ids import ContactId",
        "from .ids import ContactId",
        "from datetime import datetime\nx = datetime.fromtimestamp(0)",
        "self.now(); gate.open(); now = 3; clock.now()",
        "def open(): ...",
    ],
)
def test_what_is_pure_is_left_alone(source: str) -> None:
    assert list(violations(source)) == []
