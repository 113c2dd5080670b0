"""Nodes that listen and that must not: intent, secret."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from flowkit import BYE, FILES, UTOPIA, ZONES, Caller, call, flow_text, read

from acd.core.channel import Channel
from acd.core.flows import (
    DigitPressed,
    DropTask,
    NoteTrouble,
    PlaybackDone,
    PlayPrompts,
    Reattached,
    Said,
    SetAttribute,
    StartTask,
    StopPlaying,
    TaskBegun,
    TaskDone,
    TimedOut,
)
from acd.core.task import CollectSecret, Listen, Task
from acd.flow.load import load
from acd.flow.nodes.intent import RECOGNISE_SECONDS
from acd.flow.visit import TASK_GRACE_SECONDS

pytestmark = pytest.mark.core

BILLING = '[node.billing]\ntype = "play"\nprompt = "hello"\nnext = "bye"\n'
LOST = '[node.lost]\ntype = "play"\nprompt = "late"\nnext = "bye"\n'
SORRY = '[node.sorry]\ntype = "play"\nprompt = "wrong"\nnext = "bye"\n'
INTENT = f"""start = "a"
[node.a]
type = "intent"
prompt = "menu"
attribute = "topic"
invalid = "wrong"
timeout = "late"
tries = 2
keys = {{ 1 = "billing", 2 = "lost" }}
on_fail = "sorry"
[node.a.intents.bill]
words = {{ en = ["bill", "invoice", "charged twice"], es = ["factura"] }}
to = "billing"
[node.a.intents.card]
words = {{ en = ["lost my card", "card"] }}
to = "lost"
{BILLING}{LOST}{SORRY}"""

COMMANDS = {
    "commands.toml": '[operator]\nflow = "help"\nkey = "0"\nwords = { en = ["operator"] }\n',
    "help.toml": 'start = "h"\n[node.h]\ntype = "enqueue"\nqueue = "support"\non_fail = "e"\n'
    '[node.e]\ntype = "hangup"\n',
}


def started(caller: Caller) -> Task:
    found = caller.the(StartTask)
    assert isinstance(found, StartTask)
    return found.task


# --- intent -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "leads_to", "topic"),
    [
        ("A question about my BILL!", "billing", "bill"),
        ("I was charged   twice", "billing", "bill"),
        ("I have lost my card", "lost", "card"),
        ("bill for my card: I lost my card", "lost", "card"),  # two words against one
        ("2", "lost", None),
        ("bill card", "a", None),  # a tie
        ("billing", "a", None),
        ("", "a", None),
    ],
)
def test_what_is_written_leads_somewhere(text: str, leads_to: str, topic: str | None) -> None:
    caller = call(INTENT, channel=Channel.CHAT)
    caller.listen()
    caller.send(Said(text))
    assert caller.node == leads_to
    assert caller.contact.attributes.get("topic") == topic


def test_words_are_those_of_the_language() -> None:
    caller = call(INTENT, channel=Channel.CHAT, language="es-MX")
    caller.send(PlaybackDone(), Said("la factura"))
    assert caller.node == "billing"
    caller = call(INTENT, channel=Channel.CHAT, language="es")
    caller.send(PlaybackDone(), Said("my bill"))
    assert caller.node == "a"


def test_a_caller_is_listened_to_after_the_prompt() -> None:
    caller = call(INTENT)
    assert not any(isinstance(action, StartTask) for action in caller.step.actions)
    caller.listen()
    phrases = ("bill", "invoice", "charged twice", "lost my card", "card")
    assert started(caller) == Listen(phrases, "en", 8.0, 2.0)
    assert caller.waits == 8.0 + RECOGNISE_SECONDS + TASK_GRACE_SECONDS
    caller.send(TaskDone("ok", {"text": "about my bill", "confidence": "0.5"}))
    assert caller.node == "billing"
    assert caller.contact.attributes["topic"] == "bill"


def test_a_key_counts_while_the_prompt_plays_and_while_it_is_listened() -> None:
    caller = call(INTENT)
    caller.press("2")
    assert caller.node == "lost"
    caller = call(INTENT)
    caller.listen()
    caller.press("1")
    assert caller.node == "billing"
    assert "topic" not in caller.contact.attributes


def test_who_is_asked_again_is_not_listened_to_meanwhile() -> None:
    caller = call(INTENT)
    caller.listen()
    actions = caller.press("9")
    assert caller.heard() == ["wrong", "menu"]
    kinds = [type(action) for action in actions]
    assert kinds.index(DropTask) < kinds.index(PlayPrompts)
    caller.listen()
    assert isinstance(started(caller), Listen)


@pytest.mark.parametrize(
    ("signal", "heard"),
    [
        (TaskDone("ok", {"text": "", "confidence": "0.0"}), ["wrong", "menu"]),
        (TaskDone("ok"), ["wrong", "menu"]),
        (TaskDone("failed"), ["wrong", "menu"]),
        (TimedOut(), ["wrong", "menu"]),
    ],
)
def test_not_understood_is_asked_again_and_in_the_end_given_up(
    signal: TaskDone | TimedOut, heard: list[str]
) -> None:
    caller = call(INTENT)
    caller.listen()
    caller.send(signal)
    assert caller.heard() == heard
    assert NoteTrouble("main", "a", "not_understood") in caller.step.actions
    caller.listen()
    caller.send(signal)
    assert caller.node == "sorry"


def test_who_says_nothing_may_still_press_a_key() -> None:
    caller = call(INTENT)
    caller.send(PlaybackDone(), TaskDone("silent"))
    assert (caller.node, caller.waits) == ("a", 5.0)
    caller.send(TimedOut())
    assert caller.heard() == ["late", "menu"]
    caller.send(PlaybackDone(), TaskDone("silent"))
    caller.press("1")
    assert caller.node == "billing"


def test_without_a_recogniser_the_keys_are_left() -> None:
    caller = call(INTENT)
    caller.send(PlaybackDone(), TaskDone("unavailable"))
    assert caller.waits == 5.0
    caller.send(TimedOut())
    caller.listen()
    assert not any(isinstance(action, StartTask) for action in caller.step.actions)
    caller.press("1")
    assert caller.node == "billing"


def test_without_a_recogniser_and_without_keys_somebody_else_takes_over() -> None:
    caller = call(INTENT.replace('keys = { 1 = "billing", 2 = "lost" }\n', ""))
    caller.send(PlaybackDone(), TaskDone("unavailable"))
    assert caller.node == "sorry"


def test_a_command_may_be_spoken() -> None:
    caller = call(INTENT, COMMANDS)
    caller.listen()
    task = started(caller)
    assert isinstance(task, Listen)
    assert task.phrases[-1] == "operator"
    caller.send(TaskDone("ok", {"text": "the operator please"}))
    assert caller.node == "h"
    assert NoteTrouble("main", "a", "operator") in caller.step.actions


def test_intent_listens_again_after_the_line_was_away() -> None:
    caller = call(INTENT)
    caller.send(PlaybackDone(), Reattached())
    assert caller.heard() == ["menu"]
    caller.listen()
    assert isinstance(started(caller), Listen)


@pytest.mark.parametrize(
    ("good", "bad", "code"),
    [
        ('to = "billing"', 'to = "nowhere"', "unknown-node"),
        ('es = ["factura"]', 'xx = ["factura"]', "unknown-language"),
        ('words = { en = ["lost my card", "card"] }\n', "", "missing-key"),
        ('{ 1 = "billing"', '{ x = "billing"', "bad-name"),
    ],
)
def test_a_wrong_intent_is_refused(good: str, bad: str, code: str) -> None:
    assert good in INTENT
    _, problems = read({"main.toml": flow_text(INTENT.replace(good, bad, 1))})
    assert code in [str(problem.code) for problem in problems]


# --- secret -------------------------------------------------------------------------------------

PAID = '[node.paid]\ntype = "play"\nprompt = "hello"\nnext = "bye"\n'
SECRET = f"""start = "a"
[node.a]
type = "secret"
prompt = "menu"
name = "card"
min_digits = 13
max_digits = 19
check = "luhn"
attribute = "ends_in"
invalid = "wrong"
timeout = "late"
tries = 2
next = "paid"
on_fail = "sorry"
{PAID}{SORRY}"""
TASK = CollectSecret("card", 13, 19, "#", "luhn", 5.0)


def test_keys_are_hidden_before_the_prompt_begins() -> None:
    caller = call(SECRET)
    kinds = [type(action) for action in caller.step.actions]
    assert started(caller) == TASK
    assert kinds.index(StartTask) < kinds.index(PlayPrompts)
    caller.listen()
    assert caller.waits == 10.0


def test_the_first_key_stops_the_prompt() -> None:
    caller = call(SECRET)
    assert StopPlaying() in caller.send(TaskBegun())
    assert caller.waits == 19 * 5.0 + TASK_GRACE_SECONDS
    assert not any(isinstance(a, StartTask) for a in caller.step.actions)
    actions = caller.send(TaskDone("ok", {"length": "16", "last4": "1111"}))
    assert caller.node == "paid"
    assert [a for a in actions if isinstance(a, SetAttribute)] == [SetAttribute("ends_in", "1111")]


def test_a_prompt_that_is_unbroken_is_heard_to_the_end() -> None:
    prompts = FILES["prompts/en.toml"].replace(
        '"Press 1."', '{ spoken = "Your card.", barge_in = false }'
    )
    caller = call(SECRET, {"prompts/en.toml": prompts})
    assert StopPlaying() not in caller.send(TaskBegun())
    caller.listen()
    assert caller.waits is not None
    assert caller.waits > 90


@pytest.mark.parametrize(
    ("signal", "heard", "reason"),
    [
        (TaskDone("invalid"), ["wrong", "menu"], "not_understood"),
        (TimedOut(), ["late", "menu"], "no_input"),
    ],
)
def test_a_wrong_secret_is_asked_again_and_in_the_end_given_up(
    signal: TaskDone | TimedOut, heard: list[str], reason: str
) -> None:
    caller = call(SECRET)
    caller.send(PlaybackDone())
    caller.send(signal)
    assert caller.heard() == heard
    assert started(caller) == TASK
    assert NoteTrouble("main", "a", reason) in caller.step.actions
    caller.send(PlaybackDone())
    assert caller.waits == 10.0
    caller.send(signal)
    assert caller.node == "sorry"


def test_nobody_takes_secrets_here() -> None:
    caller = call(SECRET)
    caller.send(TaskDone("failed"))
    assert caller.node == "sorry"


def test_a_key_that_is_told_after_all_is_not_remembered() -> None:
    caller = call(SECRET)
    caller.send(DigitPressed("4"))
    assert caller.node == "a"
    assert "4" not in str(caller.contact.cursor)


@pytest.mark.parametrize(
    ("good", "bad"),
    [
        ('name = "card"', 'name = "My card"'),
        ("min_digits = 13", "min_digits = 20"),
        ("min_digits = 13", "min_digits = 4"),
        ('check = "luhn"\n', ""),
        ('check = "luhn"', 'check = "sum"'),
    ],
)
def test_a_wrong_secret_node_is_refused(good: str, bad: str) -> None:
    assert good in SECRET
    _, problems = read({"main.toml": flow_text(SECRET.replace(good, bad, 1))})
    assert problems


def test_a_secret_is_for_the_phone() -> None:
    _, problems = read(
        {"main.toml": flow_text(SECRET), "numbers.toml": '"100" = "main"\n"a@b.example" = "main"\n'}
    )
    assert "wrong-channel" in [str(problem.code) for problem in problems]


# --- the manual ---------------------------------------------------------------------------------


def test_the_examples_of_the_manual_are_in_order() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "words.md"
    words, secret = re.findall(r"```toml\n(.*?)```", page.read_text(), re.DOTALL)
    queues = "".join(
        f'[node.{name}]\ntype = "enqueue"\nqueue = "support"\non_fail = "bye"\n'
        for name in ("billing", "orders", "operator", "paid")
    )
    order = '[node.order]\ntype = "collect"\nprompt = "hello"\nattribute = "order"\nnext = "what"\n'
    order += 'on_fail = "operator"\n'
    text = (
        'start = "order"\n'
        + order
        + words.replace('to = "billing"', 'to = "card"')
        + secret
        + queues
    )
    keys = dict.fromkeys(re.findall(r'"((?:what|pay)\.\w+)"', text))
    prompts = "".join(f'"{key}" = "x"\n' for key in keys)
    files = {name: FILES[name] + prompts for name in ("prompts/en.toml", "prompts/es.toml")} | {
        "queues.toml": "[support]\n[sales]\n",
        "main.toml": text + BYE,
    }
    site, problems = load(
        {name: text.encode() for name, text in (FILES | files).items()},
        {},
        ZONES,
        UTOPIA,
        frozenset({"bank"}),
    )
    assert site is not None, "\n".join(map(str, problems))
    caller = Caller(site)
    caller.enter()
    caller.press("1#")
    caller.send(PlaybackDone(), TaskDone("ok", {"text": "an order status please"}))
    assert caller.node == "orders"
