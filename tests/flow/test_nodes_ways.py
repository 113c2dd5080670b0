"""Nodes that lead: by expressions, shares, counts, other flows, languages, time."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from flowkit import call, read

from acd.core.channel import Channel
from acd.core.flows import (
    DigitPressed,
    EndContact,
    FlowEnd,
    PlaybackDone,
    PlayPrompts,
    QueueFigures,
    Reattached,
    RedeemCode,
    Said,
    SetAttribute,
    SetLanguage,
    TimedOut,
)
from acd.core.ids import ContactId

pytestmark = pytest.mark.core

BRANCH = """start = "a"
[node.a]
type = "branch"
cases = [{{ when = {when}, to = "human" }}]
default = "bye"
[node.s]
type = "set"
values = {{ tier = "x", sum = "1", text = "" }}
next = "a"
"""


def leads(when: str, **known: str) -> bool:
    flow = BRANCH.format(when=f"'{when}'").replace('start = "a"', 'start = "a"\non_fail = "s"')
    return call(flow, **known).node == "human"


@pytest.mark.parametrize(
    ("when", "known"),
    [
        ('sum > 100 and tier in ("gold", "vip")', {"sum": "100.5", "tier": "vip"}),
        ('sum * 2 - 1 >= 9 or tier == "x"', {"sum": "5"}),
        ("not (sum == 5)", {"sum": "six"}),
        ("sum == 5", {"sum": "5.0"}),
        ('tier != "gold"', {}),
        ('starts_with(ani, "+34") and language == "es"', {"ani": "+3491", "language": "es"}),
        ("length(text) > 3", {"text": "four"}),
        ('says(text, "cancel my order")', {"text": "Please CANCEL my  order!"}),
        ('channel == "voice"', {}),
        ("-sum < 0", {"sum": "1"}),
    ],
)
def test_an_expression_that_is_true(when: str, known: dict[str, str]) -> None:
    assert leads(when, **known)


@pytest.mark.parametrize(
    ("when", "known"),
    [
        ("sum > 100", {"sum": "much"}),
        ("sum > 100", {}),
        ("sum / 0 > 1", {"sum": "1"}),
        ("sum / 0 <= 1", {"sum": "1"}),
        ('tier not in ("gold",)', {"tier": "gold"}),
        ("sum == 5", {"sum": "${5}"}),
        ('tier == "gold"', {"tier": 'gold" or "1" == "1'}),
    ],
)
def test_an_expression_that_is_not(when: str, known: dict[str, str]) -> None:
    assert not leads(when, **known)


@pytest.mark.parametrize(
    ("when", "said"),
    [
        ("sum", "not something true or false"),
        ("sum +", "not written like"),
        ('sum > "100"', "not a number"),
        ("tier == 5 == 5", "not understood"),
        ('tier == "a" and sum', "compare it"),
        ('__import__("os")', "no function"),
        ('tier.upper() == "A"', "not understood"),
        ("[x for x in tier]", "not understood"),
        ('tier in "gold"', "comes a list"),
        ("waiting(tier) > 1", "name in quotes"),
        ('1 == "1"', "is never"),
        ("sum > 1" + " + 1" * 200, "longer than"),
        ("not " * 30 + "sum > 1", "deeply"),
        ("sum ** 9 > 1", "not understood"),
        ("sum > 9999999999999999", "too large"),
        ("lambda: 0", "not understood"),
    ],
)
def test_an_expression_that_is_refused(when: str, said: str) -> None:
    flow = BRANCH.format(when=f"'{when}'").replace('start = "a"', 'start = "a"\non_fail = "s"')
    _, problems = read({"main.toml": flow + "\n" + ENDS})
    assert [p.code for p in problems] == ["bad-expression"]
    assert said in problems[0].message


def test_what_an_expression_names_must_exist() -> None:
    flow = BRANCH.format(when='\'teir == "a" and waiting("sals") > 1 and is_open("ofice")\'')
    _, problems = read({"main.toml": flow.replace("start", 'on_fail = "s"\nstart') + "\n" + ENDS})
    found = {p.code for p in problems}
    assert found == {"unknown-attribute", "unknown-queue", "unknown-calendar"}


def test_an_expression_sees_the_queues() -> None:
    flow = BRANCH.format(when='\'waiting("sales") > 3 and longest_wait("sales") >= 60\'')
    caller = call(flow.replace("start", 'on_fail = "s"\nstart'))
    assert caller.node == "bye"
    caller.centre.queues["sales"] = QueueFigures(4, 60.0, 0)
    caller.enter()
    assert caller.node == "human"


SPLIT = """start = "a"
[node.a]
type = "split"
ways = { human = 20, bye = 80 }
"""


def test_a_split_sends_its_share_and_always_the_same() -> None:
    caller = call(SPLIT + '# to "human" and "bye"\n')
    ways: Counter[str] = Counter()
    for number in range(2000):
        caller.contact = replace(caller.contact, id=ContactId(f"c-{number}"))
        caller.enter()
        first = caller.node
        caller.enter()
        assert caller.node == first
        ways[first] += 1
    assert 340 < ways["human"] < 460


def test_a_split_is_of_the_whole() -> None:
    _, problems = read({"main.toml": SPLIT.replace("80", "70") + ENDS})
    assert [p.message for p in problems] == ["the shares make 90 %, not 100 %"]


LOOP = """start = "a"
[node.a]
type = "loop"
times = 2
body = "w"
done = "bye"
[node.w]
type = "wait"
seconds = 5
next = "a"
"""


def test_a_loop_leads_so_many_times() -> None:
    caller = call(LOOP)
    for _ in range(2):
        assert (caller.node, caller.waits) == ("w", 5)
        caller.send(DigitPressed("1"))
        assert caller.node == "w"
        caller.send(TimedOut())
    assert caller.visited() == ["a", "bye"]
    assert EndContact() in caller.step.actions


def test_a_loop_without_a_wait_is_found() -> None:
    _, problems = read({"main.toml": LOOP.replace('body = "w"', 'body = "a"') + ENDS})
    assert "loop-without-wait" in {p.code for p in problems}


SUB = """start = "a"
[node.a]
type = "subflow"
flow = "ask"
next = "human"
"""
ASK = """start = "m"
[node.m]
type = "collect"
prompt = "menu"
attribute = "order"
max_digits = 2
next = "back"
on_fail = "back"
[node.back]
type = "stop"
"""


def test_a_subflow_comes_back_with_what_it_set() -> None:
    caller = call(SUB, {"ask.toml": ASK})
    assert (caller.step.cursor.flow, caller.node) == ("ask", "m")
    caller.press("12")
    assert caller.visited() == ["back", "human"]
    assert SetAttribute("order", "12") in caller.step.actions
    assert caller.step.cursor.stack == ()


def test_stop_without_a_caller_ends() -> None:
    caller = call('start = "a"\n[node.a]\ntype = "stop"\n')
    assert caller.step.actions[-1] == EndContact()


def test_metrics_remember_how_a_queue_stands() -> None:
    flow = """start = "a"
    [node.a]
    type = "metrics"
    queue = "sales"
    waiting = "people"
    longest_wait = "minutes"
    next = "b"
    [node.b]
    type = "say"
    text = "{people} wait, {minutes:number} minutes"
    next = "human"
    """
    caller = call(flow)
    assert caller.step.actions[-1] == EndContact(FlowEnd.FAILED)  # a site that was not checked
    caller.centre.queues["sales"] = QueueFigures(7, 199.0, 1)
    caller.enter()
    assert caller.heard() == ["7 wait,", "3", "minutes"]


LANGUAGE = """start = "a"
[node.a]
type = "language"
prompt = "hello"
name = "menu"
keys = { 1 = "en", 2 = "es" }
next = "human"
on_fail = "bye"
"""


def test_a_language_is_offered_in_itself() -> None:
    caller = call(LANGUAGE, language="es")
    assert SetLanguage("en") in caller.step.actions
    caller.listen()
    assert SetLanguage("es") in caller.step.actions
    caller.listen()
    assert caller.waits == 5
    caller.press("1")
    assert SetLanguage("en") in caller.step.actions
    assert caller.node == "human"


def test_nobody_who_was_away_changes_language_either() -> None:
    caller = call(LANGUAGE, language="en")
    caller.listen()
    assert caller.contact.language == "es"
    caller.send(Reattached())
    for _ in range(2):
        caller.send(PlaybackDone(), PlaybackDone(), TimedOut())
    assert (caller.node, caller.contact.language) == ("bye", "en")


def test_nobody_who_chose_nothing_changes_language() -> None:
    caller = call(LANGUAGE, language="en")
    for _ in range(2):
        caller.listen()
        caller.listen()
        caller.send(TimedOut())
    assert caller.contact.language == "en"
    assert caller.visited() == ["bye"]


def test_a_reader_gets_the_names_of_the_languages() -> None:
    caller = call(LANGUAGE, channel=Channel.CHAT)
    (asked,) = [a for a in caller.step.actions if isinstance(a, PlayPrompts)]
    assert [choice.key for choice in asked.choices] == ["1", "2"]
    caller.listen()
    assert caller.waits == 180
    caller.send(Said("2"))
    assert SetLanguage("es") in caller.step.actions


PROMO = """start = "c"
[node.c]
type = "collect"
prompt = "menu"
attribute = "code"
max_digits = 4
next = "a"
on_fail = "bye"
[node.a]
type = "promo"
promotion = "summer"
code = "{code}"
redeemed = "human"
duplicate = "c"
unknown = "bye"
expired = "bye"
"""
PROMOTIONS = {"promotions.toml": '[summer]\ncodes = ["12-34"]\nlast = 2026-12-31\n'}


def test_a_code_counts_once() -> None:
    caller = call(PROMO, PROMOTIONS)
    caller.press("1234")
    assert RedeemCode("summer", "1234") in caller.step.actions
    assert caller.node == "human"
    other = call(PROMO, PROMOTIONS)
    other.centre.redeemed["summer", "1234"] = ContactId("c-other")
    other.press("1234")
    assert other.node == "c"


def test_who_shows_their_code_again_keeps_it() -> None:
    caller = call(PROMO, PROMOTIONS)
    caller.centre.redeemed["summer", "1234"] = caller.contact.id
    caller.press("1234")
    assert caller.node == "human"
    assert RedeemCode("summer", "1234") not in caller.step.actions


@pytest.mark.parametrize("change", ["last = 2020-01-01", "first = 2030-01-01"])
def test_a_code_counts_in_its_days(change: str) -> None:
    files = {"promotions.toml": PROMOTIONS["promotions.toml"].replace("last = 2026-12-31", change)}
    caller = call(PROMO, files)
    caller.press("1234")
    assert caller.node == "bye"


ENDS = """
[node.human]
type = "enqueue"
queue = "support"
on_fail = "bye"
[node.bye]
type = "hangup"
"""
