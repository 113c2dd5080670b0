"""``python -m bench``: measure, print one table, write JSON if asked to."""

from __future__ import annotations

import argparse
import asyncio
import sys
import time
from pathlib import Path

import uvloop
from rich.console import Console

from acd.core.errors import AcdError
from bench import commit, core, flows, lab, report, start, telephony
from bench.machine import machine
from bench.report import Figure

IDS = (*sorted(telephony.IDS), "P9", "flows", "log", "up")


def main() -> None:
    """Parse the words, measure, print."""
    words = _parser().parse_args()
    only = frozenset(words.only.split(",")) if words.only else frozenset(IDS)
    if unknown := sorted(only - frozenset(IDS)):
        sys.exit(f"bench: unknown: {', '.join(unknown)}; there are {', '.join(IDS)}")
    about, began = machine(), time.monotonic()
    try:
        figures, details = uvloop.run(_measure(only, is_quick=words.quick))
        version = lab.asterisk_version()
    except AcdError as error:
        sys.exit(f"bench: {error.message}" + (f"\n  {error.hint}" if error.hint else ""))
    report.show(figures, about, version)
    _say(f"took {time.monotonic() - began:.0f} s")
    if words.json is not None:
        report.write_json(words.json, about, version, figures, details)
    if words.markdown:
        print(report.markdown(figures))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m bench", description=main.__doc__)
    parser.add_argument("--only", metavar="IDS", help=f"some of {','.join(IDS)}")
    parser.add_argument("--quick", action="store_true", help="show that it works, measure nothing")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write everything measured")
    parser.add_argument("--markdown", action="store_true", help="print the table as Markdown too")
    return parser


async def _measure(
    only: frozenset[str], *, is_quick: bool
) -> tuple[list[Figure], dict[str, object]]:
    """Measure one after another: nothing runs beside what is measured."""
    figures: list[Figure] = []
    details: dict[str, object] = {}
    if wanted := only & telephony.IDS:
        plan = telephony.QUICK if is_quick else telephony.Plan()
        found, details["telephony"] = await telephony.measure(wanted, plan, _say)
        figures += found
    if "P9" in only:
        _say("decisions of the core")
        rows = await asyncio.to_thread(core.run, is_quick=is_quick)
        figures += core.figures(rows)
        details["core"] = rows
    if "flows" in only:
        _say("steps and check of flows")
        row = await asyncio.to_thread(flows.run, is_quick=is_quick)
        figures += flows.figures(row)
        details["flows"] = row
    if "log" in only:
        _say("core decision and log commit")
        found, details["log"] = await commit.measure(calls=20 if is_quick else commit.CALLS)
        figures += found
    if "up" in only:
        _say("starts of acd up")
        found, details["up"] = await start.measure(starts=1 if is_quick else start.STARTS)
        figures += found
    return figures, details


def _say(step: str) -> None:
    Console(stderr=True).print(f"bench: {step}", highlight=False)


if __name__ == "__main__":
    main()
