"""`acd erlang`: how many agents, and what becomes of a number of them."""

from __future__ import annotations

import math
from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from acd.cli.options import JsonOption
from acd.cli.output import BadInput, print_json, print_table
from acd.cli.root import app
from acd.sim.erlang import (
    Demand,
    Figures,
    Target,
    agents_for,
    figures_a,
    figures_b,
    figures_c,
    rostered,
)


class Model(StrEnum):
    """What who finds everybody busy does: is refused, waits for ever, waits for a while."""

    B = "b"
    C = "c"
    A = "a"


@app.command()
def erlang(
    per_hour: Annotated[float, typer.Option("--per-hour", metavar="N", help="Contacts an hour.")],
    handle: Annotated[
        float,
        typer.Option(
            "--handle",
            metavar="SECONDS",
            help="Mean time of an agent for one contact, wrap-up included.",
        ),
    ],
    patience: Annotated[
        float | None,
        typer.Option(
            "--patience",
            metavar="SECONDS",
            help="Mean patience; without it nobody leaves.",
            show_default=False,
        ),
    ] = None,
    agents: Annotated[
        int | None,
        typer.Option("--agents", metavar="N", help="So many agents.", show_default=False),
    ] = None,
    level: Annotated[
        float | None,
        typer.Option(
            "--level",
            metavar="SHARE",
            help="As many as answer this share in time, such as 0.8.",
            show_default=False,
        ),
    ] = None,
    within: Annotated[
        float, typer.Option("--within", metavar="SECONDS", help="The time of the service level.")
    ] = 20.0,
    abandon: Annotated[
        float | None,
        typer.Option(
            "--abandon",
            metavar="SHARE",
            help="As many as lose at most this share (B: refuse).",
            show_default=False,
        ),
    ] = None,
    asa: Annotated[
        float | None,
        typer.Option(
            "--asa",
            metavar="SECONDS",
            help="As many as answer after this time on average.",
            show_default=False,
        ),
    ] = None,
    shrinkage: Annotated[
        float,
        typer.Option(
            "--shrinkage", metavar="SHARE", help="Share of paid time that agents are not there."
        ),
    ] = 0.0,
    model: Annotated[
        Model | None,
        typer.Option(
            "--model",
            help="Erlang's B, C or A (default: A with a patience, else C).",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Calculate staffing with Erlang's formulas: for a number of agents, or for a target.

    Examples:

    - `acd erlang --per-hour 600 --handle 180 --level 0.8 --within 20`
    - `acd erlang --per-hour 600 --handle 180 --patience 90 --agents 31`
    - `acd erlang --per-hour 100 --handle 120 --model b --abandon 0.01`
    """  # fmt: skip
    if model is Model.A and patience is None:
        raise BadInput("Erlang A needs a patience", hint="add --patience SECONDS")
    demand = Demand(per_hour, handle, patience)
    wanted = model or (Model.A if patience is not None else Model.C)

    def does(count: int) -> Figures:
        match wanted:
            case Model.B:
                return figures_b(demand, count)
            case Model.C:
                return figures_c(demand, count, within)
            case Model.A:
                return figures_a(demand, count, within)

    has_target = any(one is not None for one in (level, abandon, asa))
    if (agents is not None) is has_target:
        raise BadInput(
            "give a number of agents, or a target to reach",
            hint="either --agents, or --level, --abandon and --asa",
        )
    if agents is not None:
        found = does(agents)
    else:
        found = agents_for(demand, Target(level, within, abandon, asa), does)
    _show(found, wanted, rostered(found.agents, shrinkage), as_json=as_json)


def _show(found: Figures, model: Model, paid: int, *, as_json: bool) -> None:
    document = {"model": model.value, "rostered": paid, **asdict(found)}
    if as_json:
        # JSON knows no infinity: a wait without end is null.
        print_json({key: _finite(value) for key, value in document.items()})
        return
    print_table(
        (f"Erlang {model.value.upper()}", ""),
        [
            (key.replace("_", " "), _said(value))
            for key, value in document.items()
            if key != "model"
        ],
    )


def _finite(value: object) -> object:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _said(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.4g}" if math.isfinite(value) else "without end"
    return str(value)
