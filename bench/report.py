"""What comes out: figures with their targets, as a table and as JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

import msgspec
from rich.console import Console
from rich.table import Table

from bench.machine import Machine

WIDTH = 150
"""Columns of the table where there is no terminal."""


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table.

    Attributes:
        id: of the target, such as ``P1``.
        what: what was measured.
        value: what is judged.
        unit: of ``value``; ``×`` for a ratio engine ÷ app_queue.
        target: what ``value`` must not exceed, or must reach if ``at_least``; None if there is
            none and the line only informs.
        at_least: whether more is better.
        engine: the engine's own figure behind a ratio.
        app_queue: app_queue's figure behind a ratio.
        behind: unit of these two.
        note: what a reader must know.
    """

    id: str
    what: str
    value: float
    unit: str
    target: float | None
    at_least: bool = False
    engine: float | None = None
    app_queue: float | None = None
    behind: str = ""
    note: str = ""

    @property
    def verdict(self) -> str:
        """``met`` or ``missed``; empty where there is no target."""
        if self.target is None:
            return ""
        is_met = self.value >= self.target if self.at_least else self.value <= self.target
        return "met" if is_met else "missed"


def table(figures: Sequence[Figure]) -> Table:
    """Return the table that people read."""
    shown = Table(title="acd against Asterisk's own queue", title_justify="left")
    shown.add_column("#", no_wrap=True)
    shown.add_column("what")
    for name in ("engine", "app_queue", "result", "target"):
        shown.add_column(name, justify="right", no_wrap=True)
    shown.add_column("", no_wrap=True)
    shown.add_column("note")
    for figure in figures:
        style = {"met": "green", "missed": "red"}.get(figure.verdict, "")
        shown.add_row(
            figure.id,
            figure.what,
            _number(figure.engine, figure.behind),
            _number(figure.app_queue, figure.behind),
            _number(figure.value, figure.unit),
            _target(figure),
            f"[{style}]{figure.verdict}[/]" if style else "",
            figure.note,
        )
    return shown


def markdown(figures: Sequence[Figure]) -> str:
    """Return the same table for ``docs/benchmarks.md``."""
    lines = [
        "| # | what | engine | app_queue | result | target | | note |",
        "| --- | --- | ---: | ---: | ---: | ---: | --- | --- |",
    ]
    for figure in figures:
        cells = (
            figure.id,
            figure.what,
            _number(figure.engine, figure.behind),
            _number(figure.app_queue, figure.behind),
            _number(figure.value, figure.unit),
            _target(figure),
            figure.verdict,
            figure.note,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def write_json(
    path: Path,
    about: Machine,
    asterisk: str,
    figures: Sequence[Figure],
    details: Mapping[str, object],
) -> None:
    """Write everything measured, for programs."""
    document = {
        "machine": asdict(about),
        "asterisk": asterisk,
        "figures": [asdict(figure) | {"verdict": figure.verdict} for figure in figures],
        "details": dict(details),
    }
    path.write_bytes(msgspec.json.format(msgspec.json.encode(document), indent=2) + b"\n")


def show(figures: Sequence[Figure], about: Machine, asterisk: str) -> None:
    """Print machine and table."""
    out = Console()
    if not out.is_terminal:
        out = Console(width=WIDTH)
    out.print(f"{about}; Asterisk {asterisk}", highlight=False)
    out.print(table(figures))


def _target(figure: Figure) -> str:
    if figure.target is None:
        return ""
    return f"{'≥' if figure.at_least else '≤'} {_number(figure.target, figure.unit)}"


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return ""
    if unit == "×" and 0 < value < 0.1:
        return f"1/{1 / value:,.0f} ×"
    digits = 0 if abs(value) >= 100 else 1 if abs(value) >= 10 else 2 if abs(value) >= 1 else 3
    text = f"{value:,.{digits}f}"
    return f"{text} {unit}".rstrip()
