"""What flows cost: one step of the interpreter, and the check of a large site with its proof.

A *step* is everything that the interpreter does from a signal to the next wait, through every node
on the way; the figure is for one node. The *check* takes the files of 1,000 flows with 50 nodes
each, no two alike, from their bytes to a site: TOML, schemas, names, ways, variables, secrets, and
the proof that nobody is trapped. It is CPU time of one core, in a process that has nothing else in
memory; a quick run checks a twentieth and says what the whole would take.
"""

from __future__ import annotations

import gc
import sys
import time
from dataclasses import dataclass
from statistics import median

from acd.core.channel import Channel
from acd.core.contact import Contact, ContactState
from acd.core.flows import DigitPressed, Entered, PlaybackDone, Signal, VisitNode
from acd.core.ids import ContactId
from acd.core.site import Site
from acd.core.timers import Instant
from acd.flow.interpreter import FlowInterpreter
from acd.flow.load import load
from acd.testing.fakes import FixedCentre
from bench.report import Figure, markdown

FLOWS, NODES = 1000, 50
TARGET_STEP_US, TARGET_CHECK_SECONDS = 100.0, 2.0
_NOW = Instant(1_795_435_200_000_000)

_FILES = {
    "queues.toml": "[sales]\n",
    "hours.toml": '[office]\ntimezone = "UTC"\nweek = { mon-fri = ["09:00-17:00"] }\n',
    "prompts/en.toml": 'hello = "Hello."\n',
}

_KINDS = (
    'type = "menu"\nprompt = "hello"\nkeys = {{ 1 = "{next}", 2 = "bye", 0 = "human" }}\n',
    'type = "play"\nprompt = "hello"\nnext = "{next}"\n',
    'type = "set"\nvalues = {{ a{n} = "{flow} {{ani}}" }}\nnext = "{next}"\n',
    'type = "switch"\non = "a{before}"\ndefault = "{next}"\n'
    'cases = [{{ is = "v", to = "human" }}]\n',
    'type = "collect"\nprompt = "hello"\nattribute = "c{n}"\nmax_digits = 6\nnext = "{next}"\n',
    'type = "hours"\ncalendar = "office"\nopen = "{next}"\nclosed = "bye"\n',
)
_ENDS = """
[node.human]
type = "enqueue"
queue = "sales"
on_timeout = "bye"
[node.bye]
type = "hangup"
prompt = "hello"
"""


@dataclass(frozen=True, slots=True)
class Row:
    """What was measured.

    Attributes:
        step_us: microseconds of CPU for one node.
        steps: nodes that were stepped through.
        check_seconds: of CPU for the whole check, of :data:`FLOWS` flows.
        flows: flows that were really checked.
    """

    step_us: float
    steps: int
    check_seconds: float
    flows: int


def flow_text(flow: int, nodes: int = NODES) -> str:
    """Return a flow of ``nodes`` nodes: questions, prompts and decisions in a row."""
    text = f'title = "Flow {flow}"\nstart = "n0"\non_fail = "bye"\n'
    count = nodes - 2
    for n in range(count):
        following = f"n{n + 1}" if n + 1 < count else "human"
        kind = _KINDS[n % len(_KINDS)].format(n=n, before=n - 1, next=following, flow=flow)
        text += f"\n[node.n{n}]\n{kind}"
    return text + _ENDS


def site_files(flows: int) -> dict[str, bytes]:
    """Return the files of a site with so many flows."""
    texts = {f"f{flow}.toml": flow_text(flow) for flow in range(flows)}
    numbers = "".join(f'"{1000 + flow}" = "f{flow}"\n' for flow in range(flows))
    files = {**_FILES, **texts, "numbers.toml": numbers}
    return {name: text.encode() for name, text in files.items()}


def checked(flows: int) -> tuple[Site, float]:
    """Return a site of so many flows, and the seconds of CPU that its check took."""
    files = site_files(flows)
    gc.collect()
    began = time.process_time()
    site, problems = load(files, {}, {"UTC"})
    took = time.process_time() - began
    if site is None:
        raise AssertionError(problems)
    return site, took


def stepped(site: Site, calls: int) -> tuple[float, int]:
    """Return microseconds of CPU for a node, and how many nodes so many calls came through."""
    interpreter, centre = FlowInterpreter(), FixedCentre(site)
    signals: tuple[Signal, ...] = (PlaybackDone(), DigitPressed("1"))
    found, steps = [], 0
    for number in range(calls):
        flow = f"f{number % len(site.flows)}"
        contact = Contact(
            ContactId("c"), Channel.VOICE, site.version, ContactState.IN_FLOW, "+1", "", "", "en",
            _NOW,
        )  # fmt: skip
        interpreter.step(site, contact, Entered(flow), _NOW, centre)  # compiles the flow
        visited = 0
        began = time.process_time()
        step = interpreter.step(site, contact, Entered(flow), _NOW, centre)
        for turn in range(200):
            visited += sum(isinstance(action, VisitNode) for action in step.actions)
            if step.cursor.node in ("human", "bye"):
                break
            contact.cursor = step.cursor
            step = interpreter.step(site, contact, signals[turn % 2], _NOW, centre)
        took = time.process_time() - began
        found.append(took / visited * 1e6)
        steps += visited
    return median(found), steps


def run(*, is_quick: bool = False) -> Row:
    """Measure."""
    flows = FLOWS // 20 if is_quick else FLOWS
    checked(1)  # whatever is imported once
    site, took = checked(flows)
    step_us, steps = stepped(site, 20 if is_quick else 500)
    return Row(step_us, steps, took * FLOWS / flows, flows)


def figures(row: Row) -> list[Figure]:
    """Return what was measured as lines of the table."""
    return [
        Figure(
            "flows",
            "a node of a flow in the core",
            row.step_us,
            "µs",
            TARGET_STEP_US,
            note=f"median of calls through {row.steps:,} nodes, CPU time",
        ),
        Figure(
            "flows",
            f"check of {FLOWS:,} flows of {NODES} nodes with the proof",
            row.check_seconds,
            "s",
            TARGET_CHECK_SECONDS,
            note=f"CPU time of one core, from the bytes; {row.flows:,} were checked",
        ),
    ]


def main() -> None:
    """Measure and print."""
    print(markdown(figures(run(is_quick="--quick" in sys.argv))))


if __name__ == "__main__":
    main()
