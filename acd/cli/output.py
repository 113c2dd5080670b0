"""What commands print: for people on a terminal, for programs as JSON, errors apart."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from rich.console import Console, Group
from rich.table import Table

from acd.core.errors import AcdError

_WIDEST = 10_000
"""Letters of a line that anything fits into."""

_LAST_COLUMN = 20
"""Letters that the last column of a table keeps, however narrow the terminal is."""


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
    """Print a table for people.

    Only the last column is broken into lines, and on a terminal alone: names, times and figures
    stay whole, so that they can be read, copied and searched for.
    """
    table = Table(
        box=None,
        show_header=any(heads),
        header_style="bold",
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
    for place, head in enumerate(heads, start=1):
        table.add_column(head, no_wrap=place < len(heads), overflow="fold")
    for row in rows:
        table.add_row(*("" if cell is None else str(cell) for cell in row))
    out = Console(markup=False, emoji=False, highlight=False)
    # Measured as if there were room for everything.
    whole = out.measure(table, options=out.options.update(max_width=_WIDEST)).maximum
    last = out.measure(Group(*table.columns[-1].cells)).maximum if heads else 0
    least = whole - max(0, last - _LAST_COLUMN)
    width = max(out.width, least) if out.is_terminal else whole
    out = Console(markup=False, emoji=False, highlight=False, width=max(1, width))
    if out.is_terminal:
        out.print(table)
        return
    with out.capture() as printed:
        out.print(table)
    sys.stdout.writelines(f"{line.rstrip()}\n" for line in printed.get().splitlines())


def print_error(error: AcdError) -> None:
    """Print what went wrong in one clear line, then how to mend it."""
    out = error_console()
    first, *more = error.message.splitlines() or [error.code]
    out.print(f"acd: {first}", style="bold red" if out.is_terminal else None)
    for line in more:
        out.print(line)
    if error.hint:
        out.print(f"     {error.hint}")
