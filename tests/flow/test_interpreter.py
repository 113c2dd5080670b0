"""The interpreter as a whole: always a wait or an end, whatever the flows and the signals are."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from flowkit import Caller, read
from hypothesis import given, settings
from hypothesis import strategies as st

from acd.core.flows import (
    Cursor,
    DigitPressed,
    EndContact,
    Enqueue,
    Entered,
    FlowEnd,
    MessageDone,
    PlaybackDone,
    PlayPrompts,
    QueueLeft,
    Reattached,
    Signal,
    Step,
    StopPlaying,
    TakeMessage,
    TimedOut,
    VisitNode,
)
from acd.core.site import Site
from acd.flow.interpreter import FlowInterpreter
from acd.testing.fakes import FixedCentre

pytestmark = pytest.mark.core

FAILED = EndContact(FlowEnd.FAILED)


def unchecked(version: str = "v", /, **flows: str) -> Site:
    """A site that nobody checked."""
    return Site(version, flows={name: tomllib.loads(text) for name, text in flows.items()})


def enters(site: Site, flow: str = "main") -> Caller:
    caller = Caller(site)
    caller.enter(flow)
    return caller


# --- nothing is there: only in sites that were not checked --------------------------------------


@pytest.mark.parametrize(
    "text",
    [
        "",
        'start = "nowhere"',
        'start = "a"\n[node.a]\ntype = "nonsense"',
        'start = "a"\n[node.a]\ntype = "goto"\nflow = "other"',
        'start = "a"\n[node.a]\ntype = "goto"\nnode = "b"',
        'start = "a"\n[node.a]\ntype = "hours"\ncalendar = "c"\nopen = "a"\nclosed = "a"',
        'on_fail = "nowhere"\nstart = "a"\n[node.a]\ntype = "goto"\nnode = "b"',
        'start = "a"\nnode = 3',
    ],
)
def test_a_flow_that_leads_nowhere_fails(text: str) -> None:
    assert enters(unchecked(main=text)).step.actions[-1] == FAILED


def test_an_unknown_flow_or_cursor_fails() -> None:
    site = unchecked(main='start = "a"\n[node.a]\ntype = "hangup"\n')
    assert enters(site, "other").step.actions == (FAILED,)
    caller = Caller(site)
    assert caller.send(PlaybackDone()) == (FAILED,)
    for cursor in (Cursor("other", "a"), Cursor("main", "b")):
        caller.contact.cursor = cursor
        assert caller.send(PlaybackDone()) == (FAILED,)


def test_a_node_that_is_gone_leads_to_the_human_of_the_flow() -> None:
    text = 'on_fail = "h"\nstart = "gone"\n[node.h]\ntype = "enqueue"\nqueue = "q"\n'
    caller = enters(unchecked(main=text))
    assert caller.node == "h"
    caller.contact.cursor = Cursor("main", "lost")
    caller.send(TimedOut())
    assert caller.visited() == ["h"]


# --- loops --------------------------------------------------------------------------------------

LOOP = """
start = "a"
[node.a]
type = "set"
values = { x = "1" }
next = "b"
[node.b]
type = "goto"
node = "a"
"""


def test_a_loop_without_a_wait_fails() -> None:
    assert enters(unchecked(main=LOOP)).step.actions[-1] == FAILED


def test_a_loop_without_a_wait_leads_to_the_human_of_the_flow() -> None:
    human = '[node.h]\ntype = "enqueue"\nqueue = "q"\n'
    caller = enters(unchecked(main='on_fail = "h"' + LOOP + human))
    assert caller.visited() == ["a", "b", "a", "h"]
    assert isinstance(caller.step.actions[-1], Enqueue)


def test_a_loop_that_is_its_own_rescue_fails() -> None:
    assert enters(unchecked(main='on_fail = "b"' + LOOP)).step.actions[-1] == FAILED


def test_a_queue_that_refuses_for_ever_fails_across_steps() -> None:
    text = 'on_fail = "a"\nstart = "a"\n[node.a]\ntype = "enqueue"\nqueue = "q"\n'
    caller = enters(unchecked(main=text))
    for _ in range(5):
        if caller.send(QueueLeft("full"))[-1] == FAILED:
            return
    pytest.fail("the core and the flow would play ping-pong for ever")


def test_a_queue_may_time_out_for_ever() -> None:
    text = 'on_fail = "a"\nstart = "a"\n[node.a]\ntype = "enqueue"\nqueue = "q"\n'
    caller = enters(unchecked(main=text))
    for _ in range(100):
        assert isinstance(caller.send(QueueLeft("timeout"))[-1], Enqueue)


# --- versions -----------------------------------------------------------------------------------


def test_each_contact_walks_the_flows_of_its_own_site() -> None:
    one = unchecked("1", main='start = "a"\n[node.a]\ntype = "enqueue"\nqueue = "x"\n')
    two = unchecked("2", main='start = "b"\n[node.b]\ntype = "enqueue"\nqueue = "x"\n')
    flows = FlowInterpreter()
    contact = Caller(one).contact
    for site, node in ((one, "a"), (two, "b"), (one, "a")):
        assert (
            flows.step(
                site, contact, Entered("main"), Caller(one).now, FixedCentre(site)
            ).cursor.node
            == node
        )


def test_sites_without_a_version_are_told_apart() -> None:
    one = unchecked("", main='start = "a"\n[node.a]\ntype = "hangup"\n')
    two = unchecked("", main='start = "b"\n[node.b]\ntype = "hangup"\n')
    flows, caller = FlowInterpreter(), Caller(one)
    for site, node in ((one, "a"), (two, "b"), (one, "a")):
        assert (
            flows.step(
                site, caller.contact, Entered("main"), caller.now, FixedCentre(site)
            ).cursor.node
            == node
        )


def test_few_versions_are_kept_compiled() -> None:
    flows, caller = FlowInterpreter(), Caller(Site())
    for number in range(100):
        site = unchecked(str(number), main='start = "a"\n[node.a]\ntype = "hangup"\n')
        flows.step(site, caller.contact, Entered("main"), caller.now, FixedCentre(site))
    assert len(flows._programs) == 8


def test_a_step_is_compiled_once_a_version(monkeypatch: pytest.MonkeyPatch) -> None:
    import acd.flow.interpreter as module

    read_flow, counted = module.read_flow, []
    monkeypatch.setattr(module, "read_flow", lambda raw: counted.append(1) or read_flow(raw))
    site = unchecked(main='start = "a"\n[node.a]\ntype = "enqueue"\nqueue = "x"\n')
    flows, caller = FlowInterpreter(), Caller(site)
    for _ in range(3):
        flows.step(site, caller.contact, Entered("main"), caller.now, FixedCentre(site))
    assert len(counted) == 1


# --- properties ---------------------------------------------------------------------------------

MENU = """
start = "lang"
on_fail = "human"
[node.lang]
type = "switch"
on = "language"
cases = [{ is = "es", to = "menu" }]
default = "menu"
[node.menu]
type = "menu"
prompt = ["hello", "menu"]
keys = { 1 = "human", 2 = "order", 3 = "spanish", 4 = "mail", 5 = "office", 6 = "other" }
[node.spanish]
type = "set"
language = "es"
values = { greeted = "{ani} {order}" }
next = "lang"
[node.order]
type = "collect"
prompt = "hello"
attribute = "order"
max_digits = 4
next = "read"
[node.read]
type = "say"
text = "{order} {greeted} {order:digits}"
next = "menu"
[node.office]
type = "hours"
calendar = "office"
open = "human"
closed = "mail"
[node.mail]
type = "voicemail"
prompt = "late"
[node.other]
type = "goto"
flow = "other"
[node.human]
type = "enqueue"
queue = "support"
on_timeout = "rounds"
on_fail = "mail"
[node.rounds]
type = "loop"
times = 3
body = "hold"
done = "mail"
[node.hold]
type = "play"
prompt = "late"
next = "human"
"""
OTHER = """
start = "say"
[node.say]
type = "answer"
next = "back"
[node.back]
type = "goto"
flow = "main"
node = "menu"
"""


@cache
def sample() -> Site:
    site, problems = read({"main.toml": MENU, "other.toml": OTHER})
    assert site is not None, problems
    return site


digits = st.sampled_from(["1", "2", "3", "4", "5", "6", "7", "*", "#", "A", "", "12", "${x}"])
signals: st.SearchStrategy[Signal] = st.one_of(
    st.builds(DigitPressed, digits),
    st.builds(PlaybackDone),
    st.builds(TimedOut),
    st.builds(MessageDone, st.floats(0, 600)),
    st.builds(QueueLeft, st.sampled_from(["timeout", "full", "unknown", ""])),
    st.builds(Reattached),
)
texts = st.text(max_size=20) | st.sampled_from(["${x}", "{order}", "%s", "a,b", "\n", "9" * 500])


def must_be_sound(step: Step, playing: bool) -> bool:
    """Check a step against the contract; return whether something is playing after it."""
    for index, action in enumerate(step.actions):
        is_last = index == len(step.actions) - 1
        if isinstance(action, EndContact | Enqueue | TakeMessage):
            assert is_last
            assert isinstance(action, EndContact) or not playing
        elif isinstance(action, PlayPrompts):
            assert action.prompts
            assert not playing
            playing = True
        elif isinstance(action, StopPlaying):
            assert playing
            playing = False
    visits = [action for action in step.actions if isinstance(action, VisitNode)]
    if visits:
        assert (visits[-1].flow, visits[-1].node) == (step.cursor.flow, step.cursor.node)
    assert step.wait_seconds is None or step.wait_seconds >= 0
    return playing


def wake(step: Step, playing: bool) -> Signal | None:
    """The signal that the world owes a flow after a step; None if it has ended."""
    last = step.actions[-1] if step.actions else None
    if isinstance(last, EndContact):
        return None
    if playing:
        return PlaybackDone()
    if step.wait_seconds is not None:
        return TimedOut()
    return None


@settings(max_examples=300, deadline=None)
@given(st.lists(signals, max_size=40), texts, texts)
def test_every_step_ends_at_a_wait_or_an_end(sent: list[Signal], ani: str, order: str) -> None:
    caller = Caller(sample(), ani=ani, order=order)
    caller.enter()
    playing = must_be_sound(caller.step, playing=False)
    for signal in sent:
        if isinstance(signal, PlaybackDone) and playing:
            playing = False
        caller.send(signal)
        playing = must_be_sound(caller.step, playing)
        # A flow that was checked never fails.
        assert caller.step.actions[-1:] != (FAILED,)
        caller.pass_seconds(1)


memories = st.dictionaries(
    st.sampled_from(["tries", "digits", "part", "answered", "playing", "until", "hops", "x"]),
    st.sampled_from(["", "1", "-1", "9" * 30, "message", "thanks", "x", "²"]),
)
cursors = st.builds(
    Cursor,
    st.sampled_from(["main", "other", "nowhere"]),
    st.sampled_from(["menu", "order", "read", "mail", "human", "hold", "lang", "nowhere"]),
    memories,
)


@settings(max_examples=300, deadline=None)
@given(cursors, signals)
def test_no_cursor_and_no_signal_raises(cursor: Cursor, signal: Signal) -> None:
    site = sample()
    caller = Caller(site)
    caller.contact.cursor = cursor
    step = FlowInterpreter().step(site, caller.contact, signal, caller.now, FixedCentre(site))
    assert len(step.actions) < 100


values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=10,
)


@settings(max_examples=200, deadline=None)
@given(
    st.sampled_from(["lang", "menu", "spanish", "order", "read", "office", "mail", "human"]),
    st.data(),
)
def test_flows_that_nobody_checked_never_raise(node: str, data: st.DataObject) -> None:
    raw: dict[str, Any] = tomllib.loads(MENU)
    name = data.draw(st.sampled_from([*raw["node"][node], "type", "new"]))
    raw["node"][node] = {**raw["node"][node], name: data.draw(values)}
    site = sample()
    caller = Caller(replace(site, flows={**site.flows, "main": raw}))
    caller.enter()
    for signal in data.draw(st.lists(signals, max_size=10)):
        caller.send(signal)


def test_a_silent_caller_gets_to_a_human_or_an_end() -> None:
    caller = enters(sample())
    playing = must_be_sound(caller.step, playing=False)
    for _ in range(20):
        signal = wake(caller.step, playing)
        if signal is None:
            break
        playing = playing and not isinstance(signal, PlaybackDone)
        caller.send(signal)
        playing = must_be_sound(caller.step, playing)
    assert isinstance(caller.step.actions[-1], Enqueue)
