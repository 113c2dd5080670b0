"""The report of a run: for programs as one JSON object, for people as tables.

The figures are those of the live centre, by the same fold; standard errors come from batches.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from acd.app.codec import export_jsonl
from acd.app.figures import Figures, Tally, agent_figures_of, figures_of
from acd.app.metrics import Metrics
from acd.core.events import OfferMade
from acd.core.record import Record
from acd.core.timers import after
from acd.sim.batches import Batches, Counts, standard_error
from acd.sim.driver import START, Progress, run
from acd.sim.scenario import Scenario

HASH_BYTES = 16

COUNTS = ("offered", "answered", "abandoned")
FIGURES = ("wait_probability", "asa_seconds", "mean_wait_seconds", "abandon_rate")


@dataclass(frozen=True, slots=True)
class Scope:
    """What happened to the visits of a queue, of a stream, of a group of agents, or to all.

    Attributes:
        figures: as :mod:`acd.app.figures` defines them; waits include ringing.
        errors: a figure's name to its standard error.
        level_errors: a service level variant's name to its standard error.
    """

    figures: Figures
    errors: dict[str, float | None]
    level_errors: dict[str, float | None]

    def document(self) -> dict[str, Any]:
        """Return the figures as plain values."""
        document: dict[str, Any] = {name: getattr(self.figures, name) for name in COUNTS + FIGURES}
        document["service_level"] = self.figures.service_level
        document["max_wait_seconds"] = self.figures.max_wait_seconds
        document["standard_errors"] = {**self.errors, "service_level": self.level_errors}
        return document


@dataclass(frozen=True, slots=True)
class Group:
    """What a group of agents did.

    Attributes:
        visits: those they answered.
        occupancy: handling, of handling, ringing and idle time, over all agents of the group.
        occupancy_min, occupancy_max: the least and the most busy agent's.
        handled: works done.
    """

    visits: Scope
    occupancy: float | None
    occupancy_min: float | None
    occupancy_max: float | None
    occupancy_error: float | None
    handled: int

    def document(self) -> dict[str, Any]:
        """Return the figures as plain values."""
        document = self.visits.document()
        document["standard_errors"]["occupancy"] = self.occupancy_error
        for name in ("occupancy", "occupancy_min", "occupancy_max", "handled"):
            document[name] = getattr(self, name)
        return document


@dataclass(frozen=True, slots=True)
class Report:
    """The outcome of a run.

    Attributes:
        seed: of the scenario.
        duration_seconds: counted time, without the warm-up.
        decisions: agents chosen, warm-up included.
        log_hash: BLAKE2b (16 bytes, hexadecimal) of the run's log as ``export_jsonl`` writes it;
            None if it was not asked for.
    """

    seed: int
    duration_seconds: float
    decisions: int
    log_hash: str | None
    total: Scope
    queues: dict[str, Scope]
    traffic: dict[str, Scope]
    agents: dict[str, Group]

    def document(self) -> dict[str, Any]:
        """Return the object that ``acd sim --json`` prints."""
        return {
            "seed": self.seed,
            "duration_seconds": self.duration_seconds,
            "decisions": self.decisions,
            "log_hash": self.log_hash,
            "total": self.total.document(),
            "queues": {name: scope.document() for name, scope in self.queues.items()},
            "traffic": {name: scope.document() for name, scope in self.traffic.items()},
            "agents": {name: group.document() for name, group in self.agents.items()},
        }


def simulate(
    scenario: Scenario,
    *,
    progress: Progress | None = None,
    with_hash: bool = True,
    keep: Callable[[Sequence[Record]], None] | None = None,
) -> Report:
    """Run a scenario and report.

    Args:
        scenario: what to run.
        progress: told now and then which share is done, 0 to 1.
        with_hash: hash the log, which costs about a fifth of the time.
        keep: gets the records of each step as well.
    """
    from_at = after(START, scenario.warmup_seconds)
    until_at = after(from_at, scenario.duration_seconds)
    group_of = {profile.name: group.name for group in scenario.groups for profile in group.agents()}
    batches = Batches(
        Metrics(counted_from=from_at, group_of=group_of.__getitem__), from_at, until_at
    )
    digest = hashlib.blake2b(digest_size=HASH_BYTES)
    decisions = 0

    def sink(records: Sequence[Record]) -> None:
        nonlocal decisions
        batches.take(records)
        decisions += sum(type(record.body) is OfferMade for record in records)
        if with_hash:
            digest.update(b"".join(export_jsonl(records)))
        if keep is not None:
            keep(records)

    run(scenario, sink, progress)
    batches.close()
    return Report(
        scenario.seed,
        scenario.duration_seconds,
        decisions,
        digest.hexdigest() if with_hash else None,
        _scope(batches, lambda counts: counts.total),
        {name: _queue(batches, name) for name in scenario.queues},
        {traffic.name: _stream(batches, traffic.name) for traffic in scenario.traffic},
        {group.name: _group(batches, group.name) for group in scenario.groups},
    )


def _queue(batches: Batches, name: str) -> Scope:
    return _scope(batches, lambda counts: counts.queues.get(name, Tally()))


def _stream(batches: Batches, name: str) -> Scope:
    return _scope(batches, lambda counts: counts.streams.get(name, Tally()))


def _scope(batches: Batches, pick: Callable[[Counts], Tally]) -> Scope:
    figures = figures_of(pick(batches.marks[-1]))
    without_one = [figures_of(tally) for tally in batches.tallies_without_one(pick)]
    return Scope(
        figures,
        {name: standard_error(getattr(other, name) for other in without_one) for name in FIGURES},
        {
            name: standard_error(other.service_level[name] for other in without_one)
            for name in figures.service_level
        },
    )


def _group(batches: Batches, name: str) -> Group:
    metrics = batches.metrics
    until = batches.until_at
    names = metrics.agents_of(name)
    together = metrics.agents(names, until)
    each = [metrics.agent(agent, until).occupancy for agent in names]
    known = [occupancy for occupancy in each if occupancy is not None]
    return Group(
        _scope(batches, lambda counts: counts.groups.get(name, Tally())),
        together.occupancy,
        min(known, default=None),
        max(known, default=None),
        standard_error(
            agent_figures_of(0, times, {}).occupancy for times in batches.times_without_one(name)
        ),
        together.handled,
    )


# --- for people ---------------------------------------------------------------------------------

_VISITS = (
    "",
    "offered",
    "answered",
    "abandoned",
    "wait probability",
    "ASA s",
    "mean wait s",
    "longest s",
    "level acd",
    "level strict",
    "abandon rate",
)
_AGENTS = ("", "handled", "occupancy", "least", "most")


def as_text(report: Report) -> str:
    """Return the report as tables, each figure with its standard error where there is one."""
    scopes = [("total", report.total)]
    scopes += [(f"queue {name}", scope) for name, scope in report.queues.items()]
    scopes += [(f"traffic {name}", scope) for name, scope in report.traffic.items()]
    title = (
        f"seed {report.seed}, {report.duration_seconds:g} s counted, {report.decisions} decisions"
    )
    if report.log_hash is not None:
        title += f", log {report.log_hash}"
    lines = [title, "", *_table([_VISITS, *(_visits_row(*row) for row in scopes)])]
    groups = [_group_row(f"agents {name}", group) for name, group in report.agents.items()]
    lines += ["", *_table([_AGENTS, *groups]), "", "± is one standard error (batch means)"]
    return "\n".join(lines)


def _visits_row(title: str, scope: Scope) -> tuple[str, ...]:
    figures, errors, levels = scope.figures, scope.errors, scope.level_errors
    return (
        title,
        str(figures.offered),
        str(figures.answered),
        str(figures.abandoned),
        _share(figures.wait_probability, errors["wait_probability"]),
        _seconds(figures.asa_seconds, errors["asa_seconds"]),
        _seconds(figures.mean_wait_seconds, errors["mean_wait_seconds"]),
        _seconds(figures.max_wait_seconds),
        _share(figures.service_level["acd"], levels["acd"]),
        _share(figures.service_level["strict"], levels["strict"]),
        _share(figures.abandon_rate, errors["abandon_rate"]),
    )


def _group_row(title: str, group: Group) -> tuple[str, ...]:
    return (
        title,
        str(group.handled),
        _share(group.occupancy, group.occupancy_error),
        _share(group.occupancy_min),
        _share(group.occupancy_max),
    )


def _share(value: float | None, error: float | None = None) -> str:
    if value is None:
        return "–"
    return f"{100 * value:.1f} %" + (f" ±{100 * error:.1f}" if error else "")


def _seconds(value: float | None, error: float | None = None) -> str:
    if value is None:
        return "–"
    return f"{value:.2f}" + (f" ±{error:.2f}" if error else "")


def _table(rows: Sequence[Sequence[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell.ljust(width) if column == 0 else cell.rjust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        ).rstrip()
        for row in rows
    ]
