"""A scenario: queues, groups of agents and traffic, as written in a TOML file.

It is read like the files of a site: every problem is found at once, each with its line.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, fields, replace
from itertools import pairwise
from pathlib import Path
from typing import Any

from acd.core.agent import AgentProfile
from acd.core.channel import Channel
from acd.core.errors import AcdError
from acd.core.ids import AgentName, QueueName
from acd.core.queue import Queue
from acd.core.site import Number, Site
from acd.core.skill import Need, Requirement, missing
from acd.core.strategy import STRATEGIES
from acd.flow.kinds import BAD
from acd.flow.load import parse
from acd.flow.problems import At, Code, Problem, Report, did_you_mean, quoted
from acd.flow.schema import read_schema
from acd.sim.chance import Law
from acd.sim.schema import (
    AgentKeys,
    Poisson,
    QueueTable,
    ScenarioKeys,
    Trace,
    TraceFile,
    TrafficKeys,
    ValuesFile,
)

ReadFile = Callable[[str], bytes]

_ONE_CALL: Mapping[str, int] = {Channel.VOICE: 1}


class ScenarioError(AcdError):
    """A scenario cannot be run; the message lists every problem as ``file:line: code: message``."""

    code = "scenario-invalid"

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = tuple(problems)
        super().__init__("\n".join(str(problem) for problem in self.problems))


@dataclass(frozen=True, slots=True)
class Group:
    """Like agents.

    Attributes:
        name: name of the group.
        count: how many there are.
        queues: queue to preference level, 1 first.
        skills: skill to level.
        capacity: how many contacts of each channel at once.
        ring_seconds: from the offer until they answer.
    """

    name: str
    count: int
    queues: Mapping[QueueName, int]
    skills: Mapping[str, int]
    capacity: Mapping[Channel, int]
    ring_seconds: float = 0.0

    def agents(self) -> list[AgentProfile]:
        """Return the agents of the group, ``name-1`` to ``name-count``."""
        return [
            AgentProfile(
                AgentName(f"{self.name}-{number}"),
                self.name,
                self.skills,
                self.queues,
                f"{self.name}-{number}",
                self.capacity,
            )
            for number in range(1, self.count + 1)
        ]

    def can_serve(self, queue: QueueName, channel: Channel, requirement: Requirement) -> bool:
        """Return whether its agents may ever get such contacts."""
        lasting = tuple(need for need in requirement if need.relax_after is None)
        return (
            queue in self.queues
            and self.capacity.get(channel, 0) > 0
            and missing(self.skills, lasting) is None
        )


@dataclass(frozen=True, slots=True)
class Traffic:
    """A stream of like contacts.

    Attributes:
        name: name of the stream; its contacts carry it as the attribute ``traffic``.
        handle: law of the time from answer to end.
        patience: law of the time after which who has not been answered leaves; None: never.
        wrapup_seconds: after-contact work; None: what the queue grants.
    """

    name: str
    queue: QueueName
    channel: Channel
    arrivals: Poisson | Trace
    handle: Law
    patience: Law | None = None
    priority: int = 0
    requirement: Requirement = ()
    wrapup_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Scenario:
    """What is simulated.

    Attributes:
        seed: every random number follows from it.
        warmup_seconds: simulated first and not counted.
        duration_seconds: counted.
        queues: queue by name, wrap-up as long as its longest traffic needs.
        groups, traffic: in the order of the file.
    """

    seed: int
    warmup_seconds: float
    duration_seconds: float
    queues: Mapping[QueueName, Queue]
    groups: tuple[Group, ...]
    traffic: tuple[Traffic, ...]

    def with_policy(self, name: str) -> Scenario:
        """Return the scenario with strategy ``name`` in every queue.

        Raises:
            AcdError: no such strategy (``strategy-unknown``).
        """
        if name not in STRATEGIES:
            raise AcdError(
                f"no strategy {quoted(name)}{did_you_mean(name, STRATEGIES)}",
                hint=f"one of {', '.join(sorted(STRATEGIES))}",
                code="strategy-unknown",
            )
        queues = {key: replace(queue, strategy=name) for key, queue in self.queues.items()}
        return replace(self, queues=queues)

    def site(self) -> Site:
        """Return the site that its calls meet: for each stream a number with a flow of its own."""
        numbers, flows = {}, {}
        for traffic in self.traffic:
            numbers[traffic.name] = Number(traffic.name, traffic.name)
            flows[traffic.name] = _flow(traffic)
        version = hashlib.blake2b(repr((self.queues, flows)).encode(), digest_size=8).hexdigest()
        return Site(version, numbers, self.queues, {}, flows, {})


def _flow(traffic: Traffic) -> dict[str, object]:
    require = [
        {"skill": need.skill, "min": need.min}
        | ({} if need.relax_after is None else {"relax_after": need.relax_after})
        for need in traffic.requirement
    ]
    return {
        "start": "mark",
        "on_fail": "end",
        "node": {
            "mark": {"type": "set", "values": {"traffic": traffic.name}, "next": "wait"},
            "wait": {
                "type": "enqueue",
                "queue": traffic.queue,
                "require": require,
                "priority": traffic.priority,
            },
            "end": {"type": "hangup"},
        },
    }


# --- reading ------------------------------------------------------------------------------------


def load_scenario(path: Path) -> Scenario:
    """Read a scenario and the files it names, which lie beside it.

    Raises:
        ScenarioError: the file cannot be read or used.
    """
    try:
        content = path.read_bytes()
    except OSError as error:
        reason = error.strerror or type(error).__name__
        problem = Problem(path.name, 1, Code.UNREADABLE_FILE.code, reason)
        raise ScenarioError([problem]) from error
    return parse_scenario(content, path.name, lambda name: (path.parent / name).read_bytes())


def parse_scenario(content: bytes, file: str, read_file: ReadFile) -> Scenario:
    """Return the scenario written in ``content``.

    Args:
        content: the TOML text.
        file: what to call it in problems.
        read_file: returns the content of a file that the scenario names; may raise OSError.

    Raises:
        ScenarioError: with every problem found.
    """
    report = Report()
    raw = parse(file, content, report)
    scenario = None
    if raw is not None:
        scenario = _Reader(report.at(file), read_file).scenario(raw)
    if scenario is None or report.problems:
        raise ScenarioError(report.sorted())
    return scenario


class _Reader:
    def __init__(self, at: At, read_file: ReadFile) -> None:
        self.at = at
        self.read_file = read_file
        self.named: frozenset[str] = frozenset()

    def scenario(self, raw: dict[str, object]) -> Scenario | None:
        tables = {key: raw.get(key, []) for key in ("queue", "agents", "traffic")}
        head = read_schema(ScenarioKeys, {k: v for k, v in raw.items() if k not in tables}, self.at)
        self.named = _names(tables["queue"])
        queues = self.tables("queue", tables["queue"], QueueTable)
        groups = self.tables("agents", tables["agents"], AgentKeys)
        traffic = self.tables("traffic", tables["traffic"], TrafficKeys)
        known = self.queues(queues)
        made_groups = [self.group(keys, at, known) for keys, at in groups]
        made_traffic = [self.stream(keys, at, known) for keys, at in traffic]
        if self.at.report.problems or head is BAD:
            return None
        scenario = Scenario(
            head.seed,
            head.warmup_seconds,
            head.duration_seconds,
            known,
            tuple(group for group in made_groups if group is not None),
            tuple(stream for stream in made_traffic if stream is not None),
        )
        self.fit_together(scenario)
        return _with_wrapups(scenario)

    def tables(self, key: str, raw: object, schema: type[Any]) -> list[tuple[Any, At]]:
        """Read an array of tables, each with a name of its own."""
        place = self.at / key
        if not isinstance(raw, list) or not all(isinstance(table, dict) for table in raw):
            place.say(Code.WRONG_TYPE, f"must be tables [[{key}]]")
            return []
        if not raw:
            place.say(Code.MISSING_KEY, f"there is no [[{key}]]")
        found: list[tuple[Any, At]] = []
        names: set[str] = set()
        for index, table in enumerate(raw):
            keys = read_schema(schema, table, place / index)
            if keys is BAD:
                continue
            if keys.name in names:
                (place / index / "name").say(
                    Code.DUPLICATE_KEY, f"{quoted(keys.name)} is written twice"
                )
            names.add(keys.name)
            found.append((keys, place / index))
        return found

    def queues(self, tables: list[tuple[Any, At]]) -> dict[QueueName, Queue]:
        return {
            QueueName(keys.name): Queue(**{f.name: getattr(keys, f.name) for f in fields(Queue)})
            for keys, _ in tables
        }

    def queue_name(self, name: str, at: At, known: Mapping[QueueName, Queue]) -> QueueName | None:
        queue = QueueName(name)
        if queue in known:
            return queue
        if name in self.named:  # it is there and has problems of its own
            return None
        at.say(Code.UNKNOWN_QUEUE, f"no queue {quoted(name)}{did_you_mean(name, known)}")
        return None

    def group(self, keys: AgentKeys, at: At, known: Mapping[QueueName, Queue]) -> Group | None:
        queues: dict[QueueName, int] = {}
        for name, preference in keys.queues.items():
            queue = self.queue_name(name, at / "queues" / name, known)
            if queue is not None:
                queues[queue] = preference
                if keys.ring_seconds >= known[queue].offer_seconds:
                    (at / "ring_seconds").say(
                        Code.BAD_VALUE,
                        f"nobody would ever answer: queue {quoted(name)} gives up after "
                        f"{known[queue].offer_seconds:g} seconds",
                    )
        capacity = {Channel(name): count for name, count in (keys.capacity or _ONE_CALL).items()}
        return Group(keys.name, keys.count, queues, keys.skills or {}, capacity, keys.ring_seconds)

    def stream(self, keys: TrafficKeys, at: At, known: Mapping[QueueName, Queue]) -> Traffic | None:
        queue = self.queue_name(keys.queue, at / "queue", known)
        arrivals = self.arrivals(keys.arrivals, at / "arrivals")
        handle = self.law(keys.handle, at / "handle")
        patience = self.law(keys.patience, at / "patience") if keys.patience is not None else None
        if queue is None or arrivals is None or handle is None:
            return None
        return Traffic(
            keys.name,
            queue,
            Channel(keys.channel),
            arrivals,
            handle,
            patience,
            keys.priority,
            tuple(Need(need.skill, need.min, need.relax_after) for need in keys.require),
            keys.wrapup_seconds,
        )

    def arrivals(self, keys: Poisson | TraceFile, at: At) -> Poisson | Trace | None:
        if isinstance(keys, Poisson):
            return keys
        times = self.numbers(keys.file, at / "file")
        if times is None:
            return None
        for line, (one, other) in enumerate(pairwise(times), start=2):
            if other < one:
                message = f"{quoted(keys.file)}: value {line} is earlier than the one before"
                (at / "file").say(Code.BAD_VALUE, message)
                return None
        return Trace(times)

    def law(self, keys: Law | ValuesFile, at: At) -> Law | None:
        if not isinstance(keys, ValuesFile):
            return keys
        values = self.numbers(keys.file, at / "file")
        return keys.law(values) if values else None

    def numbers(self, file: str, at: At) -> tuple[float, ...] | None:
        """Read seconds from the first column of a CSV file; a heading is allowed."""
        try:
            lines = self.read_file(file).decode().splitlines()
        except OSError as error:
            reason = error.strerror or type(error).__name__
            at.say(Code.UNREADABLE_FILE, f"{quoted(file)}: {reason}")
            return None
        except UnicodeDecodeError:
            at.say(Code.BAD_ENCODING, f"{quoted(file)} is not UTF-8 text")
            return None
        values: list[float] = []
        for number, line in enumerate(lines, start=1):
            cell = line.split(",")[0].strip()
            value = _seconds(cell)
            if value is not None:
                values.append(value)
            elif cell and number > 1:
                message = f"{quoted(file)} line {number}: {quoted(cell)} is no number of seconds"
                at.say(Code.BAD_VALUE, message)
                return None
        if not values:
            at.say(Code.BAD_VALUE, f"{quoted(file)} holds no number")
            return None
        return tuple(values)

    def fit_together(self, scenario: Scenario) -> None:
        """Report traffic that nobody can ever take."""
        for index, stream in enumerate(scenario.traffic):
            if not any(
                group.can_serve(stream.queue, stream.channel, stream.requirement)
                for group in scenario.groups
            ):
                (self.at / "traffic" / index).say(
                    Code.BAD_VALUE,
                    f"no agents can take {quoted(stream.name)}: none has its queue, its skills "
                    f"and a capacity for {stream.channel}",
                )


def _names(tables: object) -> frozenset[str]:
    rows = tables if isinstance(tables, list) else []
    return frozenset(str(row.get("name")) for row in rows if isinstance(row, dict))


def _seconds(cell: str) -> float | None:
    try:
        value = float(cell)
    except ValueError:
        return None
    return value if math.isfinite(value) and 0 <= value <= 1e9 else None


def _with_wrapups(scenario: Scenario) -> Scenario:
    """Let each queue grant the longest wrap-up of its traffic; agents end shorter ones."""
    queues = dict(scenario.queues)
    for name, queue in queues.items():
        wanted = [
            queue.wrapup_seconds if stream.wrapup_seconds is None else stream.wrapup_seconds
            for stream in scenario.traffic
            if stream.queue == name
        ]
        if wanted:
            queues[name] = replace(queue, wrapup_seconds=max(wanted))
    traffic = tuple(
        stream
        if stream.wrapup_seconds is not None
        else replace(stream, wrapup_seconds=scenario.queues[stream.queue].wrapup_seconds)
        for stream in scenario.traffic
    )
    return replace(scenario, queues=queues, traffic=traffic)
