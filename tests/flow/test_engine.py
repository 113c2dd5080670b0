"""Flows in the engine: what happens to many callers at one instant."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from flowkit import MONDAY_NOON, flow_text, read

from acd.core import effects as f
from acd.core import events as e
from acd.core import inputs as i
from acd.core.contact import ContactState, EndReason
from acd.core.engine import Engine, Outcome
from acd.core.ids import LegId
from acd.core.leg import LegState
from acd.flow.interpreter import FlowInterpreter

pytestmark = pytest.mark.core

CALLERS = 200
MENU = """start = "a"
on_fail = "bye"
[node.a]
type = "menu"
prompt = "menu"
keys = { 1 = "human" }
tries = 2
"""


def send(engine: Engine, cause: i.Input) -> Outcome:
    return engine.step(cause, now=MONDAY_NOON)


def centre(flow: str) -> Engine:
    site, problems = read({"main.toml": flow_text(flow)})
    assert site is not None, problems
    engine = Engine(FlowInterpreter(), is_strict=True)
    send(engine, i.OpenLog("test", "test"))
    send(engine, i.PublishSite(site))
    return engine


def arrive(engine: Engine) -> list[LegId]:
    """Let callers arrive and hear the menu to its end."""
    legs = [LegId(f"leg-{number}") for number in range(CALLERS)]
    for leg in legs:
        effects = send(engine, i.LegArrived(leg, "pbx", "+15550199", "100")).effects
        (play,) = [effect for effect in effects if isinstance(effect, f.Play)]
        send(engine, i.PlaybackEnded(leg, play.playback))
    return legs


def test_all_callers_in_a_menu_stay_in_it_over_a_restart() -> None:
    engine = centre(MENU)
    facts = tuple(i.LegFact(leg, LegState.UP) for leg in arrive(engine))
    outcome = send(
        engine, i.PbxSeen("pbx", "epoch", facts, tuple(fact.leg for fact in facts), is_fresh=True)
    )
    assert sum(isinstance(effect, f.Play) for effect in outcome.effects) == CALLERS
    states = Counter(contact.state for contact in engine.state.contacts.values())
    assert states == {ContactState.IN_FLOW: CALLERS}


def test_all_callers_whose_wait_ends_at_one_instant_hear_the_menu_again() -> None:
    engine = centre(MENU)
    arrive(engine)
    due = engine.next_deadline()
    assert due is not None
    outcome = engine.advance(now=due)
    assert sum(isinstance(effect, f.Play) for effect in outcome.effects) == CALLERS


def test_a_flow_and_a_queue_that_send_a_caller_round_end_it() -> None:
    """Only a flow that was not checked does so: its queue is gone, and is its own rescue."""
    site, _ = read({"main.toml": flow_text('start = "human"\non_fail = "human"\n')})
    assert site is not None
    node = {"type": "enqueue", "queue": "gone"}
    flows = {"main": {"start": "a", "on_fail": "a", "node": {"a": node}}}
    engine = Engine(FlowInterpreter(), is_strict=True)
    send(engine, i.OpenLog("test", "test"))
    send(engine, i.PublishSite(replace(site, flows=flows)))
    records = send(engine, i.LegArrived(LegId("leg"), "pbx", "1", "100")).records
    (ended,) = [r.body for r in records if isinstance(r.body, e.ContactEnded)]
    assert ended.reason is EndReason.FLOW_FAILED
