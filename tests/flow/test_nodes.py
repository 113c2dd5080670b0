"""Each node: what it asks for, where it leads, what it makes of every signal."""

from __future__ import annotations

import pytest
from flowkit import Caller, call

from acd.core.flows import (
    AnswerCall,
    DigitPressed,
    EndContact,
    Enqueue,
    FlowEnd,
    MessageDone,
    NoteTrouble,
    PlaybackDone,
    QueueLeft,
    Reattached,
    SetAttribute,
    SetLanguage,
    Signal,
    StopPlaying,
    TakeMessage,
    TimedOut,
    VisitNode,
)
from acd.core.skill import Need
from acd.core.timers import Instant
from acd.flow.registry import node_types

pytestmark = pytest.mark.core

STALE: list[Signal] = [
    PlaybackDone(),
    TimedOut(),
    MessageDone(3),
    QueueLeft("timeout"),
    DigitPressed("5"),
]


def ignores(caller: Caller, *signals: Signal) -> None:
    """Assert that signals which do not fit change nothing at all."""
    before = caller.step
    for signal in signals:
        assert caller.send(signal) == ()
        assert caller.step.cursor == before.cursor
        assert caller.step.wait_seconds == before.wait_seconds


# --- play, say, answer, goto, hangup ------------------------------------------------------------


def test_play_answers_plays_and_goes_on_at_the_end() -> None:
    caller = call(
        'start = "a"\n[node.a]\ntype = "play"\nprompt = ["hello", "menu"]\nnext = "human"\n'
    )
    assert caller.step.actions[:2] == (VisitNode("main", "a"), AnswerCall())
    assert caller.heard() == ["hello", "menu"]
    assert caller.waits is None
    ignores(caller, DigitPressed("5"), TimedOut(), MessageDone(3), QueueLeft("full"))
    caller.listen()
    assert caller.visited() == ["human"]


def test_the_call_is_answered_once_in_a_flow() -> None:
    caller = call(
        """start = "a"
        [node.a]
        type = "play"
        prompt = "hello"
        next = "b"
        [node.b]
        type = "play"
        prompt = "menu"
        next = "bye"
        """
    )
    assert AnswerCall() in caller.step.actions
    assert AnswerCall() not in caller.listen()
    assert caller.heard() == ["menu"]


def test_answer_answers_and_goes_on() -> None:
    caller = call('start = "a"\n[node.a]\ntype = "answer"\nnext = "bye"\n')
    assert caller.step.actions == (
        VisitNode("main", "a"),
        AnswerCall(),
        VisitNode("main", "bye"),
        EndContact(FlowEnd.FINISHED),
    )


SAY = """start = "a"
[node.a]
type = "say"
text = {text}
next = "s"
[node.s]
type = "set"
values = {{ order = "{{order}}" }}
next = "human"
"""


def test_say_speaks_the_language_of_the_contact() -> None:
    text = '{ en = "Order", es = "Pedido de {ani} {order:digits}" }'
    caller = call(SAY.format(text=text), order="12", language="es")
    assert caller.heard() == ["Pedido de +15550199", "12"]
    kinds = [p.kind for p in caller.step.actions[-1].prompts]  # type: ignore[union-attr]
    assert kinds == ["text", "digits"]
    ignores(caller, DigitPressed("5"), TimedOut(), MessageDone(3), QueueLeft("full"))
    caller.listen()
    assert caller.node == "human"


def test_say_falls_back_to_the_first_language() -> None:
    text = '{ es = "Pedido {order:digits}", en = "Order" }'
    caller = call(SAY.format(text=text), language="fr")
    assert caller.heard() == ["Pedido"]  # and no digits, for there is no order


def test_say_a_text_alone() -> None:
    caller = call('start = "a"\n[node.a]\ntype = "say"\ntext = "Hi"\nnext = "bye"\n')
    assert caller.heard() == ["Hi"]


def test_say_without_anything_to_say_goes_on_at_once() -> None:
    caller = call(SAY.format(text='"{order}"'))
    assert caller.heard() == []
    assert caller.node == "human"


@pytest.mark.parametrize("hostile", ["${HOME}", "{{7*7}}", "%s%n", 'a,b"c', "x\ny", "{ani}", "'"])
def test_say_takes_what_an_attribute_holds_as_text(hostile: str) -> None:
    caller = call(SAY.format(text='"Order {order} {order:digits}"'), order=hostile)
    assert caller.heard() == [f"Order {hostile}", hostile]


def test_say_is_never_longer_than_anyone_listens() -> None:
    caller = call(SAY.format(text='"Order {order} {order:digits}"'), order="9" * 100_000)
    assert [len(text) for text in caller.heard()] == [1000, 1000]


def test_goto_another_flow_begins_at_its_start() -> None:
    other = 'start = "x"\n[node.x]\ntype = "hangup"\nprompt = "hello"\n'
    caller = call('start = "a"\n[node.a]\ntype = "goto"\nflow = "b"\n', {"b.toml": other})
    assert caller.step.cursor.flow == "b"
    assert caller.heard() == ["hello"]


def test_goto_a_node_of_this_or_another_flow() -> None:
    other = 'start = "x"\n[node.x]\ntype = "goto"\nnode = "y"\n[node.y]\ntype = "hangup"\n'
    flow = 'start = "a"\n[node.a]\ntype = "goto"\nflow = "b"\nnode = "y"\n'
    assert call(flow, {"b.toml": other}).visited() == ["a", "y"]


def test_hangup_ends_at_once_without_a_prompt() -> None:
    assert call('start = "bye"\n').step.actions[-1] == EndContact(FlowEnd.FINISHED)


def test_hangup_says_goodbye_to_its_end() -> None:
    caller = call('start = "a"\n[node.a]\ntype = "hangup"\nprompt = "hello"\n')
    assert caller.heard() == ["hello"]
    ignores(caller, DigitPressed("5"), TimedOut(), MessageDone(3), QueueLeft("full"))
    assert caller.listen() == (EndContact(FlowEnd.FINISHED),)


@pytest.mark.parametrize("name", ["answer", "branch", "goto", "hours", "set"])
def test_nodes_that_wait_for_nothing_ignore_every_signal(name: str) -> None:
    """The engine never stands at one, but a log of an older version might say so."""
    node_type = node_types()[name]
    caller = call('start = "bye"\n')
    for signal in STALE:
        assert type(node_type.signal(None, caller, signal)).__name__ == "Stay"


# --- set, branch, hours -------------------------------------------------------------------------


def test_set_remembers_texts_with_attributes_in_order() -> None:
    caller = call(
        """start = "a"
        [node.a]
        type = "set"
        values = { tier = "gold", note = "{tier} caller {ani}", empty = "{note_missing}" }
        next = "b"
        [node.b]
        type = "set"
        values = { note_missing = "x" }
        next = "bye"
        """
    )
    assert caller.step.actions[1:4] == (
        SetAttribute("tier", "gold"),
        SetAttribute("note", "gold caller +15550199"),
        SetAttribute("empty", ""),
    )


def test_set_changes_the_language_for_what_follows() -> None:
    caller = call(
        """start = "a"
        [node.a]
        type = "set"
        language = "es"
        next = "b"
        [node.b]
        type = "switch"
        on = "language"
        cases = [{ is = "es", to = "human" }]
        default = "bye"
        """
    )
    assert SetLanguage("es") in caller.step.actions
    assert caller.node == "human"


BRANCH = """start = "a"
[node.a]
type = "switch"
on = "{on}"
cases = [{{ {case}, to = "human" }}]
default = "s"
[node.s]
type = "set"
values = {{ x = "" }}
next = "bye"
"""


@pytest.mark.parametrize(
    ("on", "case", "value", "fits"),
    [
        ("x", 'is = "gold"', "gold", True),
        ("x", 'is = "gold"', "Gold", False),
        ("x", 'is = ["a", "b"]', "b", True),
        ("x", 'is = ""', "", True),
        ("ani", 'starts_with = "+1555"', "", True),
        ("dnis", 'starts_with = ["2", "3"]', "", False),
        ("caller_name", 'is = "x"', "", False),
        ("x", "at_least = 5", "5.0", True),
        ("x", "at_least = 5", "4.9", False),
        ("x", "at_most = 5", "-7", True),
        ("x", "at_most = [1, 2.5]", "2", True),
        ("x", "at_least = 0", "nan", False),
        ("x", "at_least = 0", "1e9", False),
        ("x", "at_least = 0", "9" * 400, False),
        ("x", "at_least = 0", "٣", False),
        ("x", "at_least = 0", "", False),
    ],
)
def test_branch(on: str, case: str, value: str, fits: bool) -> None:
    caller = call(BRANCH.format(on=on, case=case), x=value)
    assert caller.visited()[1:] == (["human"] if fits else ["s", "bye"])


def test_branch_takes_the_first_case_that_fits() -> None:
    caller = call(
        """start = "a"
        [node.a]
        type = "switch"
        on = "ani"
        cases = [{ is = "no", to = "bye" }, { is = "7", to = "human" }, { is = "7", to = "bye" }]
        default = "bye"
        """,
        ani="7",
    )
    assert caller.visited() == ["a", "human"]


HOURS = """start = "a"
[node.a]
type = "hours"
calendar = "office"
open = "human"
closed = "bye"
"""


def test_hours_open_and_closed() -> None:
    caller = call(HOURS)
    assert caller.node == "human"
    caller.pass_seconds(5 * 3600)  # 17:00, the first minute that is closed
    caller.enter()
    assert caller.visited() == ["a", "bye"]


# --- menu ---------------------------------------------------------------------------------------

MENU = """start = "a"
[node.a]
type = "menu"
prompt = ["hello", "menu"]
keys = { 1 = "human", "#" = "bye" }
tries = 3
timeout_seconds = 5
invalid = "wrong"
timeout = "late"
on_fail = "bye"
"""


def test_menu_key_after_the_prompt() -> None:
    caller = call(MENU)
    assert caller.heard() == ["hello", "menu"]
    caller.listen()
    assert caller.waits == 5
    actions = caller.press("1")
    assert StopPlaying() not in actions
    assert caller.node == "human"


def test_menu_key_during_the_prompt_stops_it_and_counts() -> None:
    caller = call(MENU)
    assert caller.press("#") == (
        StopPlaying(),
        VisitNode("main", "bye"),
        EndContact(FlowEnd.FINISHED),
    )


def test_menu_wrong_keys_and_silence_use_up_the_tries() -> None:
    caller = call(MENU)
    assert caller.press("7")[:2] == (
        NoteTrouble("main", "a", "not_understood"),
        StopPlaying(),
    )
    assert caller.heard() == ["wrong", "hello", "menu"]
    caller.listen()
    caller.send(TimedOut())
    assert caller.heard() == ["late", "hello", "menu"]
    assert caller.press("D")[-1] == EndContact(FlowEnd.FINISHED)


def test_menu_without_words_for_errors_just_repeats() -> None:
    flow = MENU.replace('invalid = "wrong"\ntimeout = "late"\n', "")
    caller = call(flow)
    caller.press("7")
    assert caller.heard() == ["hello", "menu"]


def test_menu_failure_without_an_exit_of_its_own_takes_that_of_the_flow() -> None:
    flow = 'on_fail = "human"\n' + MENU.replace('on_fail = "bye"\n', "").replace("= 3", "= 1")
    caller = call(flow)
    caller.press("7")
    assert caller.node == "human"


def test_menu_ignores_what_it_does_not_wait_for() -> None:
    caller = call(MENU)
    ignores(caller, TimedOut(), MessageDone(1), QueueLeft("full"))
    caller.listen()
    ignores(caller, PlaybackDone(), MessageDone(1), QueueLeft("full"))


def test_an_ignored_signal_does_not_prolong_the_wait() -> None:
    caller = call(MENU)
    caller.listen()
    caller.pass_seconds(1.5)
    caller.send(QueueLeft("full"))
    assert caller.waits == 3.5
    caller.pass_seconds(60)
    caller.send(QueueLeft("full"))
    assert caller.waits == 0


@pytest.mark.parametrize("digit", ["", "12", "E", "${x}", "１", "\n"])
def test_what_is_no_key_of_a_phone_is_ignored(digit: str) -> None:
    caller = call(MENU)
    ignores(caller, DigitPressed(digit))


def test_menu_begins_again_with_its_tries_after_the_line_was_away() -> None:
    caller = call(MENU)
    caller.press("7")
    actions = caller.send(Reattached())
    assert actions[:2] == (StopPlaying(), AnswerCall())
    assert VisitNode("main", "a") not in actions
    assert caller.heard() == ["hello", "menu"]
    caller.press("7")
    caller.press("7")
    assert caller.step.actions[-1] == EndContact(FlowEnd.FINISHED)


# --- collect ------------------------------------------------------------------------------------

COLLECT = """start = "a"
[node.a]
type = "collect"
prompt = "hello"
attribute = "order"
min_digits = 3
max_digits = 5
timeout_seconds = 6
digit_timeout_seconds = 2
tries = 2
invalid = "wrong"
timeout = "late"
next = "human"
on_fail = "bye"
"""


def test_collect_is_complete_with_the_most_digits() -> None:
    caller = call(COLLECT)
    caller.listen()
    assert caller.waits == 6
    caller.press("1")
    assert caller.waits == 2
    actions = caller.press("2345")
    assert actions[0] == SetAttribute("order", "12345")
    assert caller.node == "human"


def test_collect_is_complete_with_the_terminator_or_in_time() -> None:
    caller = call(COLLECT)
    assert caller.press("4")[0] == StopPlaying()
    caller.press("56#")
    assert caller.contact.attributes["order"] == "456"
    caller = call(COLLECT)
    caller.press("789")
    caller.send(TimedOut())
    assert caller.contact.attributes["order"] == "789"


def test_collect_with_too_few_digits_asks_again_from_the_beginning() -> None:
    caller = call(COLLECT)
    caller.press("12#")
    assert caller.heard() == ["wrong", "hello"]
    caller.press("345#")
    assert caller.contact.attributes["order"] == "345"


def test_collect_gives_up_after_the_last_try() -> None:
    caller = call(COLLECT)
    caller.listen()
    caller.send(TimedOut())
    assert caller.heard() == ["late", "hello"]
    caller.press("1*")
    assert caller.step.actions[-1] == EndContact(FlowEnd.FINISHED)
    assert "order" not in caller.contact.attributes


def test_collect_without_a_terminator_takes_the_hash_for_a_wrong_key() -> None:
    caller = call(COLLECT.replace("tries", 'terminator = "none"\ntries'))
    caller.press("123#")
    assert caller.heard() == ["wrong", "hello"]


def test_collect_ignores_what_it_does_not_wait_for() -> None:
    caller = call(COLLECT)
    ignores(caller, TimedOut(), MessageDone(1), QueueLeft("full"))


def test_collect_begins_again_without_digits_after_the_line_was_away() -> None:
    caller = call(COLLECT)
    caller.press("12")
    caller.send(Reattached())
    caller.press("345#")
    assert caller.contact.attributes["order"] == "345"


# --- enqueue ------------------------------------------------------------------------------------

ENQUEUE = """start = "a"
[node.a]
type = "enqueue"
queue = "sales"
priority = 7
require = [{ skill = "english", min = 2 }, { skill = "sales", min = 1, relax_after = 30 }]
max_wait_seconds = 90
on_timeout = "late"
on_full = "full"
on_fail = "bye"
[node.late]
type = "hangup"
[node.full]
type = "hangup"
"""


def test_enqueue_hands_over_with_everything() -> None:
    caller = call(ENQUEUE)
    assert caller.the(Enqueue) == Enqueue(
        "sales",  # type: ignore[arg-type]
        7,
        (Need("english", 2), Need("sales", 1, 30)),
        90,
    )
    assert caller.waits is None
    ignores(caller, DigitPressed("1"), PlaybackDone(), TimedOut(), MessageDone(1))


@pytest.mark.parametrize(
    ("reason", "node"), [("timeout", "late"), ("full", "full"), ("unknown", "bye"), ("?", "bye")]
)
def test_enqueue_takes_the_contact_back(reason: str, node: str) -> None:
    caller = call(ENQUEUE)
    caller.send(QueueLeft(reason))
    assert caller.visited() == [node]


def test_enqueue_names_the_reply_that_the_agent_is_offered() -> None:
    flow = ENQUEUE.replace("priority = 7", 'reply = "sorry"')
    replies = '[sorry]\nen = "I am sorry."\n'
    caller = call(flow, files={"replies.toml": replies})
    assert caller.contact.attributes == {"suggested_reply": "sorry"}
    assert caller.the(Enqueue).queue == "sales"


@pytest.mark.parametrize("reason", ["timeout", "full", "unknown"])
def test_enqueue_exits_that_are_left_out_lead_to_on_fail(reason: str) -> None:
    caller = call(ENQUEUE.partition("on_timeout")[0] + 'on_fail = "bye"\n')
    caller.send(QueueLeft(reason))
    assert caller.visited() == ["bye"]


# --- voicemail ----------------------------------------------------------------------------------

VOICEMAIL = """start = "a"
[node.a]
type = "voicemail"
prompt = "hello"
thanks = "late"
max_seconds = 90
silence_seconds = 4
"""


def test_voicemail_takes_a_message_and_says_thanks() -> None:
    caller = call(VOICEMAIL)
    assert caller.heard() == ["hello"]
    assert caller.listen() == (TakeMessage(90, 4),)
    ignores(caller, DigitPressed("5"), PlaybackDone(), TimedOut())
    caller.send(MessageDone(7.5))
    assert caller.heard() == ["late"]
    ignores(caller, DigitPressed("5"), TimedOut(), MessageDone(1))
    assert caller.listen() == (EndContact(FlowEnd.MESSAGE_LEFT),)


def test_voicemail_prompt_can_be_skipped() -> None:
    caller = call(VOICEMAIL)
    assert caller.press("#") == (StopPlaying(), TakeMessage(90, 4))


def test_voicemail_without_a_word_is_no_message() -> None:
    caller = call(VOICEMAIL)
    caller.listen()
    assert caller.send(MessageDone(0)) == (EndContact(FlowEnd.FINISHED),)


def test_voicemail_begins_again_after_the_line_was_away() -> None:
    caller = call(VOICEMAIL)
    caller.listen()
    caller.send(Reattached())
    assert caller.heard() == ["hello"]
    assert caller.listen() == (TakeMessage(90, 4),)


def test_voicemail_has_thanks_of_its_own() -> None:
    caller = call(VOICEMAIL.replace('thanks = "late"\n', ""))
    caller.listen()
    caller.send(MessageDone(1))
    assert caller.heard() == ["system.thanks"]


def test_time_is_only_an_argument() -> None:
    one, two = call(MENU), call(MENU)
    two.now = Instant(one.now + 1)
    one.listen()
    two.listen()
    assert one.step.actions == two.step.actions
    assert one.step.cursor != two.step.cursor  # what it waits until is in the cursor
