"""Commands of the site: what customers may press or say anywhere."""

from __future__ import annotations

import pytest
from flowkit import Caller, call

from acd.core.channel import Channel
from acd.core.flows import (
    CallBack,
    Choice,
    EndContact,
    Enqueue,
    MessageDone,
    NoteTrouble,
    PlaybackDone,
    PlayPrompts,
    Said,
    TakeMessage,
)

pytestmark = pytest.mark.core

COMMANDS = {
    "commands.toml": """
    [repeat]
    key = "*"
    does = "repeat"
    [back]
    key = "#"
    words = { en = ["back"] }
    does = "back"
    [operator]
    key = "0"
    words = { en = ["human", "real person"] }
    flow = "operator"
    """,
    "operator.toml": 'start = "q"\n[node.q]\ntype = "enqueue"\nqueue = "sales"\non_fail = "q2"\n'
    '[node.q2]\ntype = "hangup"\n',
}
TWO = """start = "a"
[node.a]
type = "menu"
prompt = "hello"
keys = { 1 = "b" }
labels = { 1 = "hello" }
on_fail = "bye"
[node.b]
type = "menu"
prompt = "menu"
keys = { 1 = "human", 0 = "bye" }
on_fail = "bye"
"""


def two(**known: str) -> Caller:
    return call(TWO, COMMANDS, **known)


def test_commands_are_obeyed_wherever_a_node_does_not_use_the_key() -> None:
    caller = two()
    caller.press("1")
    assert caller.node == "b"
    caller.press("*")
    assert caller.heard() == ["menu"]
    caller.press("#")
    assert caller.node == "a"
    caller.press("#")
    assert caller.node == "a"  # there is nothing before
    caller.press("0")
    assert NoteTrouble("main", "a", "operator") in caller.step.actions
    assert Enqueue("sales") in caller.step.actions


def test_a_key_of_the_menu_is_the_menus() -> None:
    caller = two()
    caller.press("1")
    caller.press("0")
    assert caller.visited() == ["bye"]


@pytest.mark.parametrize("text", ["a REAL person, please", "human", "0"])
def test_commands_in_writing(text: str) -> None:
    caller = two(channel=Channel.CHAT)
    caller.listen()
    caller.send(Said(text))
    assert Enqueue("sales") in caller.step.actions


def test_words_of_a_language_are_those_of_its_regions() -> None:
    caller = two(channel=Channel.CHAT, language="en-GB")
    caller.listen()
    caller.send(Said("a human, please"))
    assert Enqueue("sales") in caller.step.actions


@pytest.mark.parametrize("text", ["1", "Hello", "the HELLO please", " 1 "])
def test_a_menu_understands_numbers_and_labels(text: str) -> None:
    caller = two(channel=Channel.CHAT)
    (asked,) = [a for a in caller.step.actions if isinstance(a, PlayPrompts)]
    assert [type(choice) for choice in asked.choices] == [Choice]
    caller.listen()
    caller.send(Said(text))
    assert caller.node == "b"


def test_three_misunderstandings_anywhere_lead_to_a_human() -> None:
    flow = 'escalate_after = 3\non_fail = "human"\n' + TWO
    caller = call(flow, COMMANDS)
    caller.press("77")
    caller.press("1")
    assert caller.node == "b"
    caller.press("7")
    assert caller.visited() == ["human"]
    reasons = [a.reason for a in caller.step.actions if isinstance(a, NoteTrouble)]
    assert reasons == ["not_understood"]


def test_keys_do_not_interrupt_what_must_be_heard() -> None:
    files = {
        "prompts/en.toml": 'hello = { spoken = "Hello", barge_in = false }\nmenu = "Menu"\n',
        "prompts/es.toml": 'hello = "Hola"\nmenu = "Menú"\n',
    }
    caller = call(TWO, {**COMMANDS, **files})
    before = caller.step.cursor
    caller.press("10")
    assert caller.step.cursor == before
    caller.send(PlaybackDone())
    caller.press("1")
    assert caller.node == "b"


LAST = """start = "a"
[node.a]
type = "collect"
prompt = "hello"
attribute = "order"
min_digits = 2
max_digits = 2
valid = "{valid}"
next = "b"
on_fail = "bye"
[node.b]
type = "menu"
prompt = "menu"
keys = {{ 1 = "human" }}
on_fail = "bye"
"""


def test_who_ends_digits_that_are_complete_gives_no_command() -> None:
    caller = call(LAST.format(valid="any"), COMMANDS)
    caller.press("12#")
    assert caller.node == "b"
    caller.pass_seconds(1)
    caller.listen()
    caller.press("#")
    assert caller.node == "b"
    caller.pass_seconds(2)
    caller.press("#")
    assert caller.node == "a", "later it is a command"


def test_who_ends_wrong_digits_has_tried_once() -> None:
    caller = call(LAST.format(valid="luhn"), COMMANDS)
    caller.press("12#")
    assert caller.step.cursor.memory["tries"] == "1"
    caller.press("18#")
    assert caller.node == "b"


# --- in flows that come back ----------------------------------------------------------------------

OUTER = """start = "first"
[node.first]
type = "menu"
prompt = "menu"
keys = { 1 = "sub" }
on_fail = "bye"
[node.sub]
type = "subflow"
flow = "inner"
next = "second"
[node.second]
type = "menu"
prompt = "late"
keys = { 1 = "human", 9 = "over" }
on_fail = "bye"
[node.over]
type = "stop"
"""
INNER = """start = "ask"
[node.ask]
type = "menu"
prompt = "hello"
keys = { 1 = "done" }
on_fail = "done"
[node.done]
type = "stop"
"""


def outer(**known: str) -> Caller:
    return call(OUTER, {**COMMANDS, "inner.toml": INNER}, **known)


def test_back_into_a_flow_that_was_over_comes_back_from_it_again() -> None:
    caller = outer()
    caller.press("11")
    assert caller.node == "second"
    caller.press("#")
    assert (caller.step.cursor.flow, caller.node) == ("inner", "ask")
    caller.press("1")
    assert (caller.step.cursor.flow, caller.node) == ("main", "second")
    caller.press("9")
    assert caller.step.actions[-1] == EndContact()


def test_back_out_of_a_flow_leaves_nothing_to_come_back_to() -> None:
    caller = outer()
    caller.press("1#")
    assert (caller.step.cursor.flow, caller.node) == ("main", "first")
    assert caller.step.cursor.stack == ()
    caller.press("11")
    assert caller.step.cursor.stack == ()
    caller.press("9")
    assert caller.step.actions[-1] == EndContact(), "it is the outermost that is over"


def test_back_over_several_questions_and_flows() -> None:
    caller = outer()
    caller.press("11###")
    assert (caller.step.cursor.flow, caller.node) == ("main", "first")
    caller.press("11")
    assert caller.node == "second"


def test_who_leaves_a_flow_does_not_come_back_to_where_it_was_called_from() -> None:
    operator = """start = "q"
    [node.q]
    type = "say"
    text = "Nobody is here."
    next = "over"
    [node.over]
    type = "stop"
    """
    caller = call(OUTER, {**COMMANDS, "inner.toml": INNER, "operator.toml": operator})
    caller.press("10")
    assert caller.node == "q"
    caller.listen()
    assert caller.step.actions[-1] == EndContact()


# --- at nodes that take any key -----------------------------------------------------------------

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


@pytest.mark.parametrize(
    ("key", "node"), [("0", "q"), ("*", "a"), ("#", "a"), ("9", "bye"), ("1", "a")]
)
def test_an_offer_is_declined_by_what_is_no_command(key: str, node: str) -> None:
    caller = call(OFFER, COMMANDS)
    caller.press(key)
    assert caller.node == node


@pytest.mark.parametrize(
    ("text", "node"), [("a real person", "q"), ("back", "a"), ("no, thanks", "bye")]
)
def test_an_offer_in_writing(text: str, node: str) -> None:
    caller = call(OFFER, COMMANDS, channel=Channel.CHAT)
    caller.listen()
    caller.send(Said(text))
    assert caller.node == node


def test_a_promise_is_made_whatever_is_pressed_meanwhile() -> None:
    caller = call(OFFER, COMMANDS)
    caller.press("1")
    assert caller.the(CallBack) == CallBack("+15550199", "support")
    caller.press("0")
    assert caller.node == "a"
    assert caller.listen() == (EndContact(),)


SPEAK = """start = "a"
[node.a]
type = "{type}"
prompt = "hello"
{more}
"""


def speak(kind: str) -> Caller:
    more = 'attribute = "story"\nnext = "human"\non_fail = "bye"' if kind == "record" else ""
    return call(SPEAK.format(type=kind, more=more), COMMANDS)


@pytest.mark.parametrize("kind", ["record", "voicemail"])
def test_an_operator_is_asked_for_instead_of_speaking(kind: str) -> None:
    caller = speak(kind)
    caller.press("0")
    assert Enqueue("sales") in caller.step.actions
    caller = speak(kind)
    caller.press("5")
    assert [a for a in caller.step.actions if isinstance(a, TakeMessage)], "other keys skip"


@pytest.mark.parametrize("kind", ["record", "voicemail"])
def test_an_operator_is_asked_for_while_speaking(kind: str) -> None:
    caller = speak(kind)
    caller.listen()
    caller.press("0")
    assert Enqueue("sales") in caller.step.actions


@pytest.mark.parametrize("kind", ["record", "voicemail"])
def test_the_key_that_ends_a_recording_is_no_command(kind: str) -> None:
    caller = speak(kind)
    caller.listen()
    before = caller.step.cursor
    assert caller.press("#") == ()
    assert caller.step.cursor == before
    caller.send(MessageDone(4.0, "r-1"))
    assert caller.node == ("human" if kind == "record" else "a")
