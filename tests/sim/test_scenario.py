"""Scenarios: what may be written, and every mistake at once with its line."""

from __future__ import annotations

import pytest
from simkit import SCENARIOS, parsed, scenario

from acd.core.channel import Channel
from acd.core.errors import AcdError
from acd.core.skill import Need
from acd.flow.check import Names, check
from acd.flow.kinds import To
from acd.flow.problems import Report
from acd.flow.read import read_flow
from acd.sim.chance import Deterministic, Empirical, Exponential, Lognormal
from acd.sim.scenario import ScenarioError, load_scenario
from acd.sim.schema import Poisson, Trace

pytestmark = pytest.mark.core

QUEUE = """
[[queue]]
name = "support"
"""
AGENTS = """
[[agents]]
name = "team"
count = 2
queues = ["support"]
"""
TRAFFIC = """
[[traffic]]
name = "calls"
queue = "support"
arrivals = { process = "poisson", per_hour = 60 }
handle = { distribution = "exponential", mean_seconds = 120 }
"""
HEAD = "duration_seconds = 3600\n"


def problems(text: str, files: dict[str, str] | None = None) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        parsed(text, files)
    return [f"{p.line}: {p.code}: {p.message}" for p in caught.value.problems]


def test_the_example_of_the_contract() -> None:
    found = parsed(
        """
seed = 1
warmup_seconds = 3600
duration_seconds = 360000

[[queue]]                        # the same keys as in dialplans/queues.toml
name = "support"
strategy = "longest_idle"
service_level_seconds = 20

[[agents]]                       # a group of like agents
name = "generalist"
count = 62
queues = ["support"]             # or a table { support = 1, sales = 2 }: preference level, 1 first
skills = { billing = 2 }
capacity = { voice = 1, chat = 3 }

[[traffic]]
name = "calls"
queue = "support"
channel = "voice"
priority = 0
require = [{ skill = "billing", min = 1 }]
arrivals = { process = "poisson", per_hour = 1800 }
handle = { distribution = "exponential", mean_seconds = 120 }
patience = { distribution = "exponential", mean_seconds = 90 }
wrapup_seconds = 0
"""
    )
    (group,), (traffic,) = found.groups, found.traffic
    assert (found.seed, found.warmup_seconds, found.duration_seconds) == (1, 3600, 360000)
    assert (group.count, group.queues, group.skills) == (62, {"support": 1}, {"billing": 2})
    assert group.capacity == {Channel.VOICE: 1, Channel.CHAT: 3}
    assert traffic.arrivals == Poisson(1800)
    assert (traffic.handle, traffic.patience) == (Exponential(120), Exponential(90))
    assert traffic.requirement == (Need("billing", 1),)


@pytest.mark.parametrize("path", sorted(SCENARIOS.glob("*.toml")), ids=lambda p: p.stem)
def test_shipped_scenarios_are_right_and_say_what_they_are(path) -> None:
    load_scenario(path)
    assert path.read_text().startswith("# ")


@pytest.mark.parametrize("name", ["two-skills", "erlang-a-4"])
def test_flows_of_a_scenario_are_flows_a_site_could_have(name: str) -> None:
    found = scenario(name)
    site = found.site()
    report, names = Report(), Names()
    names.known[To.QUEUE] = frozenset(found.queues)
    flows = {flow: read_flow(raw, report.at(flow)) for flow, raw in site.flows.items()}
    names.known[To.FLOW] = frozenset(flows)
    check(report, flows, [], names)
    assert {p.code for p in report.problems} <= {"unreachable-node"}  # entered by number
    assert site.version == scenario(name).site().version
    assert site.version != found.with_policy("most_skilled").site().version


def test_laws_and_arrivals() -> None:
    found = parsed(
        HEAD
        + QUEUE
        + AGENTS
        + """
[[traffic]]
name = "a"
queue = "support"
arrivals = { process = "trace", file = "times.csv" }
handle = { distribution = "lognormal", mean_seconds = 100, cv = 0.5 }
patience = { distribution = "deterministic", mean_seconds = 30 }
[[traffic]]
name = "b"
queue = "support"
arrivals = { process = "poisson", per_hour = 1 }
handle = { distribution = "empirical", file = "talks.csv" }
patience = { distribution = "empirical", values = [1, 2.5] }
""",
        {"times.csv": "at,caller\n0,x\n\n1.5,y\n", "talks.csv": "60\n90\n"},
    )
    a, b = found.traffic
    assert a.arrivals == Trace((0.0, 1.5))
    assert (a.handle, a.patience) == (Lognormal(100, 0.5), Deterministic(30))
    assert (b.handle, b.patience) == (Empirical((60.0, 90.0)), Empirical((1.0, 2.5)))


def test_wrapup_of_the_queue_is_the_longest_of_its_traffic() -> None:
    found = parsed(HEAD + QUEUE + "wrapup_seconds = 10" + AGENTS + TRAFFIC)
    assert (found.queues["support"].wrapup_seconds, found.traffic[0].wrapup_seconds) == (10, 10)
    short = parsed(HEAD + QUEUE + "wrapup_seconds = 10" + AGENTS + TRAFFIC + "wrapup_seconds = 3")
    assert short.queues["support"].wrapup_seconds == 3
    other = TRAFFIC.replace('"calls"', '"other"') + "wrapup_seconds = 25"
    both = parsed(HEAD + QUEUE + AGENTS + TRAFFIC + "wrapup_seconds = 3" + other)
    assert both.queues["support"].wrapup_seconds == 25
    assert [traffic.wrapup_seconds for traffic in both.traffic] == [3, 25]


def test_every_mistake_at_once() -> None:
    text = """seed = -1
tempo = 3
[[queue]]
name = "a"
stretegy = "x"
[[queue]]
name = "b"
[[queue]]
name = "b"
[[agents]]
name = "g"
queues = ["b", "c"]
count = 1
ring_seconds = 20
[[agents]]
name = "h"
queues = { a = 0 }
count = 0
[[traffic]]
name = "t"
queue = "bb"
arrivals = { process = "poison" }
handle = { distribution = "empirical" }
[[traffic]]
name = "u u"
queue = "a"
channel = "fax"
arrivals = { process = "trace", file = "no.csv" }
handle = { mean_seconds = 3 }
patience = 7
"""
    found = problems(text)
    assert [line.split(":")[0] + line.split(":")[1] for line in found] == [
        "1 missing-key",
        "1 out-of-range",
        "2 unknown-key",
        "5 unknown-key",
        "9 duplicate-key",
        "12 unknown-queue",
        "14 bad-value",
        "17 out-of-range",
        "18 out-of-range",
        "22 bad-value",
        "23 bad-value",
        "25 bad-name",
        "27 bad-value",
        "29 missing-key",
        "30 wrong-type",
    ]
    assert 'did you mean "strategy"?' in found[3]
    assert 'did you mean "poisson"?' in found[9]


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("= 3", "1: bad-toml"),
        (HEAD + AGENTS + TRAFFIC, "1: missing-key: there is no [[queue]]"),
        (HEAD + "queue = 3\n" + AGENTS + TRAFFIC, "2: wrong-type: must be tables [[queue]]"),
        (HEAD + QUEUE + AGENTS + TRAFFIC.replace('"support"', '"suport"'), "13: unknown-queue"),
    ],
)
def test_whole_tables(text: str, line: str) -> None:
    assert any(line in found for found in problems(text))


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "No such file"),
        ("", "holds no number"),
        ("at\n", "holds no number"),
        ("1\nx\n", '"x" is no number of seconds'),
        ("1\n-2\n", '"-2" is no number of seconds'),
        ("1\nnan\n", "is no number of seconds"),
        ("5\n3\n", "value 2 is earlier"),
    ],
)
def test_trace_files(content: str | None, message: str) -> None:
    traffic = TRAFFIC.replace(
        '{ process = "poisson", per_hour = 60 }', '{ process = "trace", file = "t.csv" }'
    )
    files = {} if content is None else {"t.csv": content}
    (found,) = problems(HEAD + QUEUE + AGENTS + traffic, files)
    assert message in found
    assert found.startswith("14: ")


@pytest.mark.parametrize(
    "need",
    [
        'require = [{ skill = "spanish", min = 1 }]',
        'channel = "chat"',
    ],
)
def test_traffic_that_nobody_can_take(need: str) -> None:
    (found,) = problems(HEAD + QUEUE + AGENTS + TRAFFIC + need)
    assert 'no agents can take "calls"' in found
    relaxing = 'require = [{ skill = "spanish", min = 1, relax_after = 5 }]'
    parsed(HEAD + QUEUE + AGENTS + TRAFFIC + relaxing)


def test_policy() -> None:
    found = scenario("two-skills").with_policy("most_skilled")
    assert {queue.strategy for queue in found.queues.values()} == {"most_skilled"}
    with pytest.raises(AcdError, match="longest_idle"):
        found.with_policy("longest_idel")


def test_missing_scenario(tmp_path) -> None:
    with pytest.raises(ScenarioError, match=r"no\.toml:1: unreadable-file"):
        load_scenario(tmp_path / "no.toml")
