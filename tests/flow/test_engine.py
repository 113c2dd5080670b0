"""Flows in the engine: what happens to many callers at one instant."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import TypeVar

import pytest
from flowkit import MONDAY_NOON, flow_text, read

from acd.core import effects as f
from acd.core import events as e
from acd.core import inputs as i
from acd.core.contact import ContactState, EndReason
from acd.core.engine import Engine, Outcome
from acd.core.ids import LegId
from acd.core.leg import GoneCause, LegState
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


def centre(flow: str, **files: str) -> Engine:
    more = {f"{name}.toml": text for name, text in files.items()}
    site, problems = read({"main.toml": flow_text(flow), **more})
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


# --- one caller, and what may cross ---------------------------------------------------------------

LEG = LegId("leg")
T = TypeVar("T")


def call(flow: str, **files: str) -> tuple[Engine, Outcome]:
    engine = centre(flow, **files)
    return engine, send(engine, i.LegArrived(LEG, "pbx", "+15550199", "100"))


def the(outcome: Outcome, kind: type[T]) -> T:
    (effect,) = [effect for effect in outcome.effects if isinstance(effect, kind)]
    return effect


def seen_again(engine: Engine) -> Outcome:
    """Let the engine look at the PBX as after a crash."""
    return send(
        engine, i.PbxSeen("pbx", "epoch", (i.LegFact(LEG, LegState.UP),), (LEG,), is_fresh=True)
    )


MESSAGE = """start = "a"
[node.a]
type = "voicemail"
prompt = "hello"
"""


def test_a_message_given_up_for_a_command_is_recorded_no_further() -> None:
    engine, outcome = call(
        MESSAGE,
        commands='[operator]\nkey = "0"\nflow = "operator"\n',
        operator='start = "b"\n[node.b]\ntype = "hangup"\nprompt = "late"\n',
    )
    outcome = send(engine, i.PlaybackEnded(LEG, the(outcome, f.Play).playback))
    recording = the(outcome, f.TakeMessage).recording
    outcome = send(engine, i.DigitReceived(LEG, "0"))
    kinds = [type(effect) for effect in outcome.effects]
    assert kinds == [f.DropMessage, f.Play], "in this order: a channel that records plays nothing"
    assert the(outcome, f.DropMessage).recording == recording
    (contact,) = engine.state.contacts.values()
    assert not contact.is_leaving_message
    assert not send(engine, i.RecordingEnded(LEG, recording, 3.0)).effects, "it comes too late"
    ended = send(engine, i.LegGone(LEG)).records
    (reason,) = [r.body.reason for r in ended if isinstance(r.body, e.ContactEnded)]
    assert reason is EndReason.LEFT_FLOW


CHARGE = """start = "a"
on_fail = "bye"
[node.a]
type = "lookup"
service = "crm"
method = "POST"
path = "/charges"
body = { who = "{ani}" }
next = "human"
"""


def test_what_was_asked_before_a_crash_is_asked_as_the_same_thing_after_it() -> None:
    """A service that is told a thing twice takes it for one by its key: the task's id."""
    engine, outcome = call(CHARGE)
    asked = the(outcome, f.PerformTask)
    again = Engine(FlowInterpreter(), engine.state, is_strict=True)
    assert [errand.task for errand in again.state.errands.values()] == [asked.task]
    outcome = seen_again(again)
    assert the(outcome, f.PerformTask) == asked
    assert not [effect for effect in outcome.effects if isinstance(effect, f.CancelTask)]
    outcome = send(again, i.TaskReported(asked.task, "ok"))
    (contact,) = again.state.contacts.values()
    assert contact.state is ContactState.WAITING
    assert not again.state.errands
    assert not again.state.tasks


def test_the_answer_that_comes_before_the_caller_is_back_counts() -> None:
    engine, outcome = call(CHARGE.replace('next = "human"', 'next = "b"') + HEAR)
    asked = the(outcome, f.PerformTask)
    send(engine, i.TaskReported(asked.task, "ok"))
    outcome = seen_again(engine)
    assert the(outcome, f.Play)
    assert not [effect for effect in outcome.effects if isinstance(effect, f.PerformTask)]


HEAR = """[node.b]
type = "play"
prompt = "hello"
next = "human"
"""


def test_a_look_up_done_once_more_on_purpose_is_another() -> None:
    engine, outcome = call(CHARGE, commands='[repeat]\nkey = "*"\ndoes = "repeat"\n')
    first = the(outcome, f.PerformTask)
    outcome = send(engine, i.DigitReceived(LEG, "*"))
    assert the(outcome, f.CancelTask).task == first.task
    assert the(outcome, f.PerformTask).task != first.task
    (contact,) = engine.state.contacts.values()
    assert list(engine.state.errands) == [contact.task]


OFFER = """start = "a"
[node.a]
type = "callback"
queue = "support"
prompt = "menu"
number_prompt = "hello"
thanks = "late"
next = "bye"
on_fail = "bye"
"""


def promised(engine: Engine) -> list[str]:
    return [contact.dial for contact in engine.state.contacts.values() if contact.dial]


def offered() -> tuple[Engine, f.Play]:
    """Let a caller accept to be called back, and return what they begin to hear."""
    engine = centre(OFFER)
    send(engine, i.PbxSeen("pbx", "epoch", (), (), is_fresh=True))
    send(engine, i.LegArrived(LEG, "pbx", "+15550199", "100"))
    outcome = send(engine, i.DigitReceived(LEG, "1"))
    assert promised(engine) == [], "an agent would ring a line that is busy still"
    return engine, the(outcome, f.Play)


def ending(engine: Engine, cause: i.Input) -> EndReason:
    records = send(engine, cause).records
    (reason,) = [r.body.reason for r in records if isinstance(r.body, e.ContactEnded)]
    return reason


def test_who_hears_the_thanks_to_their_end_is_called_back() -> None:
    engine, thanks = offered()
    assert ending(engine, i.PlaybackEnded(LEG, thanks.playback)) is EndReason.CALLBACK
    assert promised(engine) == ["+15550199"]


def test_who_hangs_up_before_is_called_back_too() -> None:
    engine, _ = offered()
    assert ending(engine, i.LegGone(LEG)) is EndReason.CALLBACK
    assert promised(engine) == ["+15550199"]


def test_a_promise_outlives_the_pbx_and_the_engine() -> None:
    engine, _ = offered()
    engine = Engine(FlowInterpreter(), engine.state, is_strict=True)
    assert ending(engine, i.PbxLost("pbx")) is EndReason.PBX_LOST
    assert promised(engine) == ["+15550199"]
    engine, _ = offered()
    outcome = seen_again(engine)
    assert the(outcome, f.HangUp).leg == LEG, "they are asked nothing anew"
    assert promised(engine) == ["+15550199"]


def test_a_call_that_cannot_be_made_is_not_promised() -> None:
    engine = centre(OFFER)  # there is no PBX that could dial
    send(engine, i.LegArrived(LEG, "pbx", "+15550199", "100"))
    assert ending(engine, i.DigitReceived(LEG, "1")) is EndReason.FLOW_ENDED
    assert promised(engine) == []


def taken(flow: str, seconds: float) -> Engine:
    """Let a caller speak onto a message and let it end."""
    engine, outcome = call(flow)
    outcome = send(engine, i.PlaybackEnded(LEG, the(outcome, f.Play).playback))
    send(engine, i.RecordingEnded(LEG, the(outcome, f.TakeMessage).recording, seconds))
    return engine


@pytest.mark.parametrize("gone", [GoneCause.NORMAL, GoneCause.UNSEEN])
def test_a_message_is_left_though_nobody_waits_for_the_thanks(gone: GoneCause) -> None:
    assert ending(taken(MESSAGE, 5.0), i.LegGone(LEG, gone)) is EndReason.VOICEMAIL


def test_a_message_that_is_still_spoken_while_nobody_looks_is_left() -> None:
    engine, outcome = call(MESSAGE)
    send(engine, i.PlaybackEnded(LEG, the(outcome, f.Play).playback))
    assert ending(engine, i.LegGone(LEG, GoneCause.UNSEEN)) is EndReason.VOICEMAIL


def test_what_was_recorded_on_the_way_is_no_message() -> None:
    record = MESSAGE.replace("voicemail", "record") + 'attribute = "story"\nnext = "b"\n'
    engine = taken(record + 'on_fail = "bye"\n' + HEAR, 5.0)
    assert ending(engine, i.LegGone(LEG)) is EndReason.LEFT_FLOW
