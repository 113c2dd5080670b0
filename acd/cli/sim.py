"""`acd sim`: the real routing core in virtual time."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeRemainingColumn

from acd.cli.options import JsonOption
from acd.cli.output import error_console, print_json, say
from acd.cli.root import app
from acd.sim.report import Report, as_text, simulate
from acd.sim.scenario import Scenario, load_scenario


@app.command()
def sim(
    scenario: Annotated[
        Path, typer.Argument(metavar="SCENARIO.toml", help="What to simulate.", show_default=False)
    ],
    seed: Annotated[
        int | None,
        typer.Option(metavar="N", help="Another seed than the scenario's.", show_default=False),
    ] = None,
    policy: Annotated[
        str | None,
        typer.Option(
            metavar="NAME",
            help="Another strategy than the queues' own, for all of them.",
            show_default=False,
        ),
    ] = None,
    as_json: JsonOption = False,
) -> None:
    """Simulate a contact centre with the real routing core, in virtual time.

    The same seed gives the same result and the same `log_hash` on every machine.

    Examples:

    - `acd sim acd/sim/scenarios/erlang-c-10.toml`
    - `acd sim tuesday.toml --seed 7 --policy most_skilled --json`
    """  # fmt: skip
    wanted = load_scenario(scenario)
    if seed is not None:
        wanted = replace(wanted, seed=seed)
    if policy is not None:
        wanted = wanted.with_policy(policy)
    report = _simulate(wanted)
    if as_json:
        print_json(report.document())
    else:
        say(as_text(report))


def _simulate(scenario: Scenario) -> Report:
    out = error_console()
    if not out.is_terminal:
        return simulate(scenario)
    columns = TextColumn("simulating"), BarColumn(), TimeRemainingColumn()
    with Progress(*columns, console=out, transient=True) as bar:
        task = bar.add_task("", total=1.0)
        return simulate(scenario, progress=lambda share: bar.update(task, completed=share))
