"""`acd replay`: decide a recorded log again."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Annotated

import typer

from acd.app.flows import flow_interpreter
from acd.bootstrap import records_of
from acd.cli.options import JsonOption, settings_for
from acd.cli.output import print_json, say
from acd.cli.record import require_record
from acd.cli.root import app
from acd.sim.replay import ReplayReport, read_jsonl
from acd.sim.replay import replay as replay_records


@app.command()
def replay(
    log: Annotated[
        str,
        typer.Argument(
            metavar="LOG",
            help="A log exported as JSON lines, the home of an engine, or the URL of a database.",
        ),
    ],
    as_json: JsonOption = False,
) -> None:
    """Decide a recorded log again and compare decision by decision; exit status 1 on a difference.

    Examples:

    - `acd replay .acd`
    - `acd replay tests/traces/two-callers.jsonl --json`
    """
    report = _replay(log)
    if as_json:
        print_json(report.document())
    else:
        say(report.as_text())
    if not report.is_same:
        raise typer.Exit(1)


def _replay(log: str) -> ReplayReport:
    flows = flow_interpreter()
    if "://" not in log and not Path(log).is_dir():
        return replay_records(read_jsonl(Path(log)), flows)
    url = log if "://" in log else require_record(settings_for(Path(log)))
    with closing(records_of(url)) as records:
        return replay_records(records, flows)
