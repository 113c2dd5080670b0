"""Journeys: what became of contacts in the flows, told by calls and by records written by hand."""

from __future__ import annotations

import random
import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest

from acd.app import journeys as j
from acd.app.flowviews import FlowDocument, flow_document, flow_list
from acd.app.journeys import Journeys, Outcomes
from acd.app.site import load_site
from acd.core import events as e
from acd.core.channel import Channel
from acd.core.contact import EndReason
from acd.core.ids import ContactId, LegId, QueueName, RecordingId, SegmentId
from acd.core.record import Record
from acd.core.site import Site
from acd.core.timers import Instant
from acd.flow.interpreter import FlowInterpreter
from acd.testing.story import Story

pytestmark = pytest.mark.app

ONE = ContactId("c-1-x")


@pytest.fixture(scope="module")
def site() -> Site:
    found, problems = load_site(Path("dialplans"))
    assert found is not None, problems
    return found


@pytest.fixture
def story(site: Site) -> Story:
    return Story(site, FlowInterpreter())


def folded(records: Iterable[Record | e.Event]) -> Journeys:
    """Fold records, or events put into records."""
    journeys = Journeys()
    for seq, one in enumerate(records, 1):
        journeys.fold(one if isinstance(one, Record) else Record(seq, Instant(seq), 0, "", one))
        assert journeys.violations() == []
    return journeys


# --- real calls ---------------------------------------------------------------------------------


def test_calls_through_the_sample_site(story: Story, site: Site):
    story.agent("ann", queues="sales support billing", skills={"support": 3, "billing": 3})
    story.calls("c1", to="100").presses("c1", "2").rings("ann").answers("ann").hangs_up("c1")
    story.calls("c2", to="100").hangs_up("c2")
    story.calls("c3", to="100").presses("c3", "9").hears("c3").presses("c3", "1")
    story.later(1).hangs_up("c3")

    journeys = folded(story.watch.records)
    tally = journeys.version(site.version)
    assert tally.total.entered == 3
    assert tally.total.inside == 0
    assert tally.total.outcomes.lost == 1
    assert tally.nodes["main/welcome"].outcomes == Outcomes(lost=1)
    assert tally.nodes["main/welcome"].latest == [
        one.contact for one in story.events(e.ContactOpened)
    ]
    document = flow_document(site, "main", tally)
    assert taken(document, "welcome", "support") == 1
    assert taken(document, "welcome", "language") == 1
    assert taken(document, "menu", "sales") == 1
    assert taken(document, "sales", "flow:sales") == 1
    assert box(document, "flow:support").entered == 1
    assert box(document, "welcome").entered == 3
    assert document.entered == 3
    assert document.loss == pytest.approx(1 / 3)


def taken(document: FlowDocument, source: str, target: str) -> int:
    (way,) = [
        one
        for one in document.ways
        if (one.source, one.target) == (source, target) and not one.is_failure
    ]
    return way.taken


def box(document: FlowDocument, name: str):
    (found,) = [one for one in document.boxes if one.id == name]
    return found


def test_the_list_of_flows(story: Story, site: Site):
    story.calls("c1", to="100").hangs_up("c1")
    tally = folded(story.watch.records).version(site.version)
    found = flow_list(site, tally, running=site.version, versions=[site.version])
    figures = {one.name: one for one in found.flows}
    assert list(figures) == sorted(site.flows)
    assert (figures["main"].entered, figures["main"].lost, figures["main"].loss) == (1, 1, 1.0)
    assert (figures["billing"].entered, figures["billing"].containment) == (0, None)
    assert found.total.entered == 1


# --- what counts as what ------------------------------------------------------------------------


def opened(contact: ContactId = ONE, version: str = "v1") -> e.ContactOpened:
    return e.ContactOpened(contact, Channel.VOICE, LegId("l"), "+1", "100", "", "en", version)


def walk(*nodes: str, contact: ContactId = ONE) -> Iterator[e.Event]:
    """Enter nodes; ``!x`` fails at x, ``#x`` takes a key, ``queue`` waits, ``back`` comes back."""
    for node in nodes:
        if node.startswith("!"):
            yield e.NodeFailed(contact, "f", node[1:], "not_understood")
        elif node.startswith("#"):
            yield e.DigitTaken(contact, node[1:])
        elif node == "queue":
            yield e.ContactQueued(
                contact, QueueName("q"), SegmentId("s"), 0, (), Instant(0), Instant(9)
            )
        elif node == "back":
            yield e.QueueLeft(contact, QueueName("q"), "timeout")
        else:
            yield e.NodeEntered(contact, "f", node)


def ended(reason: EndReason, contact: ContactId = ONE) -> list[e.Event]:
    return [e.ContactEnded(contact, reason, None), e.ContactClosed(contact, reason, "")]


def at_nodes(events: Iterable[e.Event]) -> dict[str, Outcomes]:
    tally = folded(events).version("v1")
    return {
        place.removeprefix("f/"): node.outcomes
        for place, node in tally.nodes.items()
        if node.outcomes.decided
    }


@pytest.mark.parametrize(
    ("reason", "outcome"),
    [
        (EndReason.FLOW_ENDED, "contained"),
        (EndReason.VOICEMAIL, "contained"),
        (EndReason.LEFT_FLOW, "lost"),
        (EndReason.FLOW_FAILED, "failed"),
        (EndReason.PBX_LOST, "failed"),
        (EndReason.TRANSFERRED, "handed"),
        (EndReason.CALLBACK, "handed"),
    ],
)
def test_how_a_contact_ends_is_counted_where_it_stood(reason: EndReason, outcome: str):
    events = [opened(), *walk("menu", "last"), *ended(reason)]
    assert at_nodes(events) == {"last": Outcomes(**{outcome: 1})}


@pytest.mark.parametrize("reason", [EndReason.ABANDONED, EndReason.AGENT_ENDED])
def test_in_a_queue_it_is_handed_over_as_the_flow_meant(reason: EndReason):
    events = [opened(), *walk("menu", "#2", "enqueue", "queue"), *ended(reason)]
    assert at_nodes(events) == {"enqueue": Outcomes(handed=1)}


def test_a_node_that_fails_lets_it_escape_from_there():
    events = [opened(), *walk("menu", "#7", "!menu", "enqueue", "queue")]
    assert at_nodes([*events, *ended(EndReason.ABANDONED)]) == {"menu": Outcomes(escaped=1)}


def test_a_failed_try_alone_is_no_escape():
    waiting = e.FlowWaiting(ONE, None, None)  # type: ignore[arg-type]  # nobody looks
    events = [opened(), *walk("menu", "!menu"), waiting, *walk("#2", "enqueue", "queue")]
    tally = folded([*events, *ended(EndReason.ABANDONED)]).version("v1")
    assert tally.nodes["f/menu"].outcomes == Outcomes()
    assert tally.nodes["f/menu"].troubles == {"not_understood": 1}
    assert tally.nodes["f/enqueue"].outcomes == Outcomes(handed=1)
    assert tally.nodes["f/menu"].ways == {"f/enqueue": [1, 0]}


def test_who_chooses_after_a_failure_has_not_escaped():
    events = walk("menu", "!menu", "sorry", "#0", "enqueue", "queue")
    found = at_nodes([opened(), *events, *ended(EndReason.ABANDONED)])
    assert found == {"enqueue": Outcomes(handed=1)}


def test_who_comes_back_from_a_queue_is_resolved_without_a_human():
    events = walk("menu", "#2", "enqueue", "queue", "back", "voicemail")
    found = at_nodes([opened(), *events, *ended(EndReason.VOICEMAIL)])
    assert found == {"voicemail": Outcomes(contained=1)}


@pytest.mark.parametrize(("seconds", "outcome"), [(4.0, "contained"), (0.0, "lost")])
def test_who_hangs_up_after_leaving_a_message_is_not_lost(seconds: float, outcome: str):
    left = e.MessageEnded(ONE, RecordingId("r-1"), seconds)
    events = [opened(), *walk("voicemail"), left, *ended(EndReason.LEFT_FLOW)]
    assert at_nodes(events) == {"voicemail": Outcomes(**{outcome: 1})}


def test_a_contact_without_a_flow_is_not_counted():
    journeys = folded([opened(), *ended(EndReason.NUMBER_UNKNOWN)])
    assert journeys.state.versions == {}
    assert journeys.state.walkers == {}


def test_versions_are_counted_apart_and_only_so_many_are_kept():
    events: list[e.Event] = []
    count = j.VERSIONS_KEPT + 5
    for number in range(count):
        contact = ContactId(f"c-{number}")
        events += [opened(contact, f"v{number}"), *walk("menu", contact=contact)]
        events += ended(EndReason.FLOW_ENDED, contact)
    journeys = folded(events)
    assert list(journeys.state.versions) == [f"v{n}" for n in range(5, count)]
    assert journeys.state.flows["f"].outcomes.contained == count
    assert journeys.version("v0").total.entered == 0


def test_only_the_latest_contacts_are_remembered():
    events: list[e.Event] = []
    names = [ContactId(f"c-{number}") for number in range(j.LATEST_KEPT + 3)]
    for contact in names:
        events += [
            opened(contact),
            *walk("menu", contact=contact),
            *ended(EndReason.LEFT_FLOW, contact),
        ]
    assert folded(events).version("v1").nodes["f/menu"].latest == names[3:]


def test_a_command_that_is_on_no_chart_is_a_leap(site: Site):
    events = [
        opened(version=site.version),
        e.NodeEntered(ONE, "main", "welcome"),
        e.NodeEntered(ONE, "support", "queue"),
    ]
    document = flow_document(site, "main", folded(events).version(site.version))
    assert [(one.source, one.target, one.taken) for one in document.leaps] == [
        ("welcome", "support/queue", 1)
    ]


# --- kept and cheap -----------------------------------------------------------------------------


def random_walks(seed: int, contacts: int) -> list[Record]:
    """Many contacts at once that walk at random."""
    chance = random.Random(seed)
    events: list[e.Event] = []
    walking: list[ContactId] = []
    for number in range(contacts):
        walking.append(contact := ContactId(f"c-{number}"))
        events.append(opened(contact, f"v{number % 3}"))
        for _ in range(12):
            one = chance.choice(walking)
            node = chance.choice(["a", "b", "c", "!a", "!b", "#1", "queue", "back"])
            events += walk(node, contact=one)
        if len(walking) > 30:
            events += ended(chance.choice(list(EndReason)), walking.pop(chance.randrange(30)))
    return [Record(seq, Instant(seq), 0, "", one) for seq, one in enumerate(events, 1)]


@pytest.mark.parametrize("seed", range(5))
def test_whatever_happens_the_sums_agree_also_over_a_restart(seed: int):
    records = random_walks(seed, 200)
    whole = folded(records)
    first = Journeys()
    first.fold_all(records[: len(records) // 2])
    second = Journeys.restored(first.snapshot())
    second.fold_all(records[len(records) // 2 :])
    assert second.snapshot() == whole.snapshot()
    assert sum(tally.total.entered for tally in whole.state.versions.values()) > 100


def test_an_event_costs_next_to_nothing():
    records = random_walks(1, 2000)
    journeys = Journeys()
    started = time.perf_counter()
    journeys.fold_all(records)
    microseconds = (time.perf_counter() - started) * 1e6 / len(records)
    assert microseconds < 50, microseconds  # about 1 on an idle machine
