"""What commands print: for people on a terminal, for programs as JSON, errors apart."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from rich.console import Console
from rich.table import Table

from acd.core.errors import AcdError


def console() -> Console:
    """Return standard output; words are never taken for markup or emoji, lines never cut."""
    return Console(markup=False, emoji=False, highlight=False, soft_wrap=True)


def error_console() -> Console:
    """Return standard error, likewise."""
    return Console(stderr=True, markup=False, emoji=False, highlight=False, soft_wrap=True)


class BadInput(AcdError):
    """What was asked for cannot be understood; exit status 2."""

    code = "bad-input"


def say(text: str) -> None:
    """Print a line for people."""
    console().print(text)


def print_json(document: Any) -> None:
    """Print one JSON document for programs."""
    text = msgspec.json.format(msgspec.json.encode(document), indent=2)
    sys.stdout.write(text.decode() + "\n")
    sys.stdout.flush()


def print_json_line(document: Any) -> None:
    """Print one event of a stream for programs: a JSON object on a line."""
    sys.stdout.write(msgspec.json.encode(document).decode() + "\n")
    sys.stdout.flush()


def print_table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Print a table for people."""
    table = Table(
        box=None,
        show_header=any(heads),
        header_style="bold",
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    for head in heads:
        table.add_column(head, overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    Console(markup=False, emoji=False, highlight=False).print(table)


def print_error(error: AcdError) -> None:
    """Print what went wrong in one clear line, then how to mend it."""
    out = error_console()
    first, *more = error.message.splitlines() or [error.code]
    out.print(f"acd: {first}", style="bold red" if out.is_terminal else None)
    for line in more:
        out.print(line)
    if error.hint:
        out.print(f"     {error.hint}")
