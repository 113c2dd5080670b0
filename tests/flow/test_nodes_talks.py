"""Nodes that record, hand over, promise and ask for a judgement."""

from __future__ import annotations

import pytest
from flowkit import call, read

from acd.core.agent import DIRECT
from acd.core.channel import Channel
from acd.core.flows import (
    CallBack,
    DigitPressed,
    EndContact,
    Enqueue,
    FlowEnd,
    KeepScore,
    MessageDone,
    NoteTrouble,
    PlaybackDone,
    QueueLeft,
    Said,
    SetAttribute,
    StartTask,
    TakeMessage,
    TaskDone,
    TimedOut,
)
from acd.core.skill import Need
from acd.core.task import DialOutside

pytestmark = pytest.mark.core

RECORD = """start = "a"
[node.a]
type = "record"
prompt = "hello"
attribute = "description"
next = "human"
on_fail = "bye"
"""


def test_record_keeps_what_was_said() -> None:
    caller = call(RECORD)
    caller.listen()
    assert TakeMessage(60, 3) in caller.step.actions
    caller.send(MessageDone(4.5, "r-1"))
    assert SetAttribute("description", "r-1") in caller.step.actions
    assert caller.node == "human"


def test_record_nothing() -> None:
    caller = call(RECORD)
    caller.press("5")  # skips the prompt
    assert TakeMessage(60, 3) in caller.step.actions
    caller.send(MessageDone(0, "r-1"))
    assert caller.visited() == ["bye"]


TRANSFER = """start = "a"
[node.a]
type = "transfer"
{keys}
on_fail = "bye"
"""


def test_transfer_to_an_agent_waits_for_them_first() -> None:
    keys = 'agent = "{caller_name}"\nqueue = "sales"\nwait_seconds = 30'
    caller = call(TRANSFER.format(keys=keys.replace("{caller_name}", "ann")))
    assert Enqueue("sales", requirement=(Need(DIRECT + "ann", relax_after=30),)) == caller.the(
        Enqueue
    )
    caller.send(QueueLeft("timeout"))
    assert caller.visited() == ["bye"]


def test_transfer_outside_and_back() -> None:
    caller = call(TRANSFER.format(keys='number = "+1 (555) 0100"\nnext = "human"'))
    assert StartTask(DialOutside("+15550100", 30.0)) in caller.step.actions
    caller.send(DigitPressed("1"), TimedOut(), PlaybackDone())
    assert caller.node == "a"
    caller.send(TaskDone("ok", {"result": "ANSWER"}))
    assert caller.node == "human"


def test_transfer_outside_ends_there_or_fails() -> None:
    caller = call(TRANSFER.format(keys='number = "100"'))
    caller.send(TaskDone("ok"))
    assert caller.step.actions[-1] == EndContact(FlowEnd.TRANSFERRED)
    caller = call(TRANSFER.format(keys='number = "100"'))
    caller.send(TaskDone("failed", {"result": "BUSY"}))
    assert NoteTrouble("main", "a", "failed") in caller.step.actions
    assert caller.visited() == ["bye"]


@pytest.mark.parametrize("ani", ["", "anonymous", "${EXTEN}&PJSIP/evil"])
def test_transfer_to_no_number_fails(ani: str) -> None:
    caller = call(TRANSFER.format(keys='number = "{ani}"'), ani=ani)
    assert caller.visited() == ["a", "bye"]


@pytest.mark.parametrize(
    "keys", ['number = "1"\nagent = "ann"\nqueue = "sales"', 'agent = "ann"', 'queue = "sales"']
)
def test_transfer_must_say_to_whom(keys: str) -> None:
    text = TRANSFER.format(keys=keys) + '[node.bye]\ntype = "hangup"\n'
    _, problems = read({"main.toml": text})
    assert [p.code for p in problems] == ["bad-value"]


CALLBACK = """start = "a"
[node.a]
type = "callback"
queue = "sales"
prompt = "hello"
number_prompt = "menu"
thanks = "late"
priority = 2
tries = 2
next = "human"
on_fail = "bye"
"""


def test_callback_to_the_number_of_the_call() -> None:
    caller = call(CALLBACK)
    caller.press("1")
    assert caller.the(CallBack) == CallBack("+15550199", "sales", 2)
    assert caller.heard() == ["late"]
    assert caller.listen() == (EndContact(),)


def test_callback_to_another_number() -> None:
    caller = call(CALLBACK)
    caller.press("2")
    assert caller.heard() == ["menu"]
    caller.press("0123456#")
    assert caller.the(CallBack) == CallBack("0123456", "sales", 2)


def test_callback_asks_who_shows_no_number() -> None:
    caller = call(CALLBACK, ani="anonymous")
    caller.press("1")
    assert caller.heard() == ["menu"]
    caller.press("12")
    caller.send(TimedOut())
    assert caller.heard() == ["menu"]
    caller.listen()
    caller.send(TimedOut())
    assert caller.visited() == ["bye"]


@pytest.mark.parametrize("answer", [DigitPressed("9"), TimedOut()])
def test_callback_declined(answer: DigitPressed | TimedOut) -> None:
    caller = call(CALLBACK)
    caller.listen()
    caller.send(answer)
    assert caller.visited() == ["human"]


def test_callback_in_writing() -> None:
    caller = call(CALLBACK, channel=Channel.CHAT, ani="zoe")
    caller.listen()
    caller.send(Said("+34 91 123 45 67"))
    assert caller.the(CallBack) == CallBack("+34911234567", "sales", 2)


def test_callback_into_a_queue_that_is_not_there() -> None:
    caller = call(CALLBACK)
    caller.press("1")
    caller.send(QueueLeft("unknown"))
    assert caller.visited() == ["bye"]


SURVEY = """start = "a"
[node.a]
type = "survey"
survey = "service"
scale = "nps"
prompt = "hello"
invalid = "wrong"
attribute = "score"
next = "human"
on_fail = "bye"
"""


@pytest.mark.parametrize(("keys", "score"), [("7", 7), ("10", 10), ("1#", 1), ("0", 0)])
def test_survey_takes_a_number_of_its_scale(keys: str, score: int) -> None:
    caller = call(SURVEY)
    caller.press(keys)
    assert KeepScore("service", "overall", "nps", score) in caller.step.actions
    assert SetAttribute("score", str(score)) in caller.step.actions
    assert caller.node == "human"


def test_survey_waits_for_a_ten_and_then_no_more() -> None:
    caller = call(SURVEY)
    caller.press("1")
    assert caller.waits == 2
    caller.send(TimedOut())
    assert KeepScore("service", "overall", "nps", 1) in caller.step.actions


@pytest.mark.parametrize("text", ["11", "-1", "ten", "٣", "", "1 0"])
def test_survey_in_writing_is_of_the_scale(text: str) -> None:
    caller = call(SURVEY, channel=Channel.CHAT)
    caller.listen()
    caller.send(Said(text))
    assert caller.heard() == ["wrong", "hello"]
    caller.listen()
    caller.send(TimedOut())
    assert caller.visited() == ["bye"]


COLLECT = """start = "a"
[node.a]
type = "collect"
prompt = "hello"
attribute = "order"
valid = "{valid}"
invalid = "wrong"
tries = 1
next = "human"
on_fail = "bye"
"""


@pytest.mark.parametrize(
    ("valid", "keys", "kept"),
    [
        ("luhn", "4242424242424242", "4242424242424242"),
        ("luhn", "79927398713#", "79927398713"),
        ("date_dmy", "29022028#", "2028-02-29"),
        ("date_mdy", "12242026#", "2026-12-24"),
        ("date_ymd", "20261224#", "2026-12-24"),
    ],
)
def test_collect_what_can_be_right(valid: str, keys: str, kept: str) -> None:
    caller = call(COLLECT.format(valid=valid))
    caller.press(keys)
    assert SetAttribute("order", kept) in caller.step.actions
    assert caller.node == "human"


@pytest.mark.parametrize(
    ("valid", "keys"),
    [("luhn", "79927398710#"), ("date_dmy", "29022027#"), ("date_ymd", "2026122#")],
)
def test_collect_refuses_what_cannot(valid: str, keys: str) -> None:
    caller = call(COLLECT.format(valid=valid))
    caller.press(keys)
    assert caller.visited() == ["bye"]
