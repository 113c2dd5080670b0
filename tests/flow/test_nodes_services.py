"""Nodes that reach outside: lookup, webhook, send. What callers enter stays text everywhere."""

from __future__ import annotations

import pytest
from flowkit import BYE, FILES, UTOPIA, ZONES, Caller, call, flow_text, read

from acd.core.channel import Channel
from acd.core.flows import (
    DigitPressed,
    EndContact,
    NoteTrouble,
    PlaybackDone,
    Reattached,
    SendNotice,
    StartTask,
    TaskDone,
    TimedOut,
)
from acd.core.task import Lookup, Notify
from acd.flow.load import load
from acd.flow.problems import Problem
from acd.flow.services import path_of, percent_encoded
from acd.flow.visit import TASK_GRACE_SECONDS

pytestmark = pytest.mark.core

SORRY = '[node.sorry]\ntype = "play"\nprompt = "wrong"\nnext = "bye"\n'
FOUND = '[node.found]\ntype = "play"\nprompt = "hello"\nnext = "bye"\n'
NOBODY = '[node.nobody]\ntype = "play"\nprompt = "late"\nnext = "bye"\n'
KNOWN = '[node.known]\ntype = "set"\nvalues = { id = "{ani}" }\nnext = "a"\n'
PIN = {  # where it is asked for
    "pin.toml": f"""start = "a"
on_fail = "bye"
[node.a]
type = "secret"
prompt = "hello"
name = "pin"
next = "bye"
{BYE}"""
}
LOOKUP = f"""start = "known"
{KNOWN}[node.a]
type = "lookup"
service = "crm"
path = "/customers/{{id}}?fields=tier&name={{id}}"
take = {{ tier = "customer.tier", name = "customer.name" }}
timeout_seconds = 4
next = "found"
not_found = "nobody"
on_fail = "sorry"
{FOUND}{NOBODY}{SORRY}"""

HOSTILE = [
    "${EXTEN}", "{{ 7*7 }}", "%s%n", "a,b;c", "line\nline\r\n", "<speak>x</speak>", "../../admin",
    "a/b?c=d&e#f", "\\\\host\\x", "@evil.example", "//evil.example/", "{id}", "{secret.pin}",
    "ünï\u2028 \U0001f600", "\ud800", "%2e%2e%2f", "\x00\x7f", "' or 1=1 --",
]  # fmt: skip


def started(caller: Caller) -> StartTask:
    found = caller.the(StartTask)
    assert isinstance(found, StartTask)
    return found


def lookup(caller: Caller) -> Lookup:
    what = started(caller).task
    assert isinstance(what, Lookup)
    return what


# --- lookup -------------------------------------------------------------------------------------


def test_lookup_asks_and_remembers() -> None:
    caller = call(LOOKUP, ani="+1555")
    assert lookup(caller) == Lookup(
        "crm",
        "GET",
        "/customers/%2B1555?fields=tier&name=%2B1555",
        take={"tier": "customer.tier", "name": "customer.name"},
        timeout_seconds=4,
    )
    assert not started(caller).is_errand
    assert caller.waits == 4 + TASK_GRACE_SECONDS
    for signal in (PlaybackDone(), DigitPressed("1")):
        assert caller.send(signal) == ()
        assert caller.node == "a"
    caller.send(TaskDone("ok", {"tier": "gold", "other": "x"}))
    assert caller.node == "found"
    assert caller.contact.attributes | {"id": ""} == {"id": "", "tier": "gold", "name": ""}


@pytest.mark.parametrize(
    ("signal", "leads_to"),
    [
        (TaskDone("not_found"), "nobody"),
        (TaskDone("failed", {"error": "http-timeout", "tier": "gold"}), "sorry"),
        (TaskDone("anything else"), "sorry"),
        (TimedOut(), "sorry"),
    ],
)
def test_lookup_in_vain(signal: TaskDone | TimedOut, leads_to: str) -> None:
    caller = call(LOOKUP)
    caller.send(signal)
    assert caller.node == leads_to
    assert "tier" not in caller.contact.attributes


def test_lookup_knows_nobody_and_has_no_exit_for_it() -> None:
    caller = call(LOOKUP.replace('not_found = "nobody"\n', "").replace(NOBODY, ""))
    caller.send(TaskDone("not_found"))
    assert caller.node == "sorry"


def test_lookup_notes_its_failure() -> None:
    caller = call(LOOKUP)
    assert NoteTrouble("main", "a", "failed") in caller.send(TaskDone("failed"))


def test_lookup_asks_again_after_the_line_was_away() -> None:
    caller = call(LOOKUP)
    caller.send(Reattached())
    assert lookup(caller).path.startswith("/customers/")


@pytest.mark.parametrize("value", HOSTILE)
def test_no_value_changes_where_a_lookup_goes(value: str) -> None:
    caller = call(LOOKUP, ani=value)
    path = lookup(caller).path
    encoded = percent_encoded(value)
    assert path == f"/customers/{encoded}?fields=tier&name={encoded}"
    assert path.isascii()
    assert path.isprintable()
    assert set("/?#&=@;,{}\\ +$'") & set(encoded) == set()


@pytest.mark.parametrize("value", ["", ".", "..", "é" * 1000])
def test_a_value_that_would_be_another_path_fails(value: str) -> None:
    caller = call(LOOKUP, ani=value)
    assert caller.node == "sorry"
    assert not any(isinstance(action, StartTask) for action in caller.step.actions)


def test_values_together_are_no_way_up_either() -> None:
    assert path_of("/a/{x}{y}/b", {"x": ".", "y": "."}) is None
    assert path_of("/a/.{x}", {"x": "."}) is None
    assert path_of("/a/{x}", {"x": "..."}) == "/a/..."
    assert path_of("/a?b={x}", {"x": ".."}) == "/a?b=.."


POST = LOOKUP.replace('service = "crm"', 'service = "crm"\nmethod = "POST"').replace(
    "take",
    'body = { kind = "call {id}", customer = { number = "{id}" }, pin = "{secret.pin}" }\ntake',
)


@pytest.mark.parametrize("value", HOSTILE)
def test_the_body_of_a_lookup_is_texts(value: str) -> None:
    what = lookup(call(POST, PIN, ani=value))
    assert what.method == "POST"
    assert what.body == {"kind": f"call {value}", "customer.number": value}
    assert what.secrets == {"pin": "pin"}


@pytest.mark.parametrize(
    ("key", "value", "code"),
    [
        ("path", '"https://evil.example/x"', "bad-value"),
        ("path", '"//evil.example/x"', "bad-value"),
        ("path", '"/a//b"', "bad-value"),
        ("path", '"customers"', "bad-value"),
        ("path", '"/a/../b"', "bad-value"),
        ("path", '"/a#b"', "bad-value"),
        ("path", '"/a b"', "bad-value"),
        ("path", '"/a\\\\b"', "bad-value"),
        ("path", '"/a%2"', "bad-value"),
        ("path", '"/{ani:digits}"', "bad-value"),
        ("path", '"/{secret.pin}"', "bad-value"),
        ("path", '"/{nothing}"', "unknown-attribute"),
        ("path", "3", "wrong-type"),
        ("body", '{ pin = "my {secret.pin}" }', "bad-value"),
        ("body", '{ "a.b" = "x" }', "bad-name"),
        ("body", "{ a = 3 }", "wrong-type"),
        ("body", "{ a = {} }", "out-of-range"),
        ("body", "{ a = { b = { c = { d = { e = { f = '' } } } } } }", "out-of-range"),
        ("body", '{ a = { b = "{nothing}" } }', "unknown-attribute"),
        ("body", '"x"', "wrong-type"),
        ("method", '"GET"', "bad-value"),
        ("method", '"PUT"', "bad-value"),
        ("take", '{ Tier = "a" }', "bad-name"),
        ("take", '{ ani = "a" }', "bad-name"),
        ("take", '{ tier = "a..b" }', "bad-value"),
        ("take", "{ tier = 1 }", "wrong-type"),
        ("timeout_seconds", "31", "out-of-range"),
        ("service", '"crn"', "unknown-service"),
    ],
)
def test_what_a_lookup_refuses(key: str, value: str, code: str) -> None:
    lines = [line for line in POST.splitlines() if not line.startswith(f"{key} =")]
    lines.insert(lines.index('type = "lookup"') + 1, f"{key} = {value}")
    codes = [problem.code for problem in problems("\n".join(lines) + "\n")]
    assert code in codes, codes


def problems(flow: str) -> list[Problem]:
    # What follows a talk may know anything.
    after = {"queues.toml": '[sales]\nafter = "main"\n[support]\n'}
    files = FILES | PIN | after | {"main.toml": flow_text(flow)}
    encoded = {name: text.encode() for name, text in files.items()}
    return load(encoded, {}, ZONES, UTOPIA, services={"crm"})[1]


def test_services_nobody_knows_are_not_checked() -> None:
    assert problems(LOOKUP) == []
    site, _ = read({"main.toml": flow_text(LOOKUP.replace('"crm"', '"anything"'))})
    assert site is not None


# --- webhook ------------------------------------------------------------------------------------

WEBHOOK = f"""start = "known"
{KNOWN}[node.a]
type = "webhook"
service = "crm"
path = "/calls/{{id}}"
body = {{ number = "{{id}}" }}
next = "found"
on_fail = "sorry"
{FOUND}{SORRY}"""


def test_webhook_is_an_errand() -> None:
    caller = call(WEBHOOK, ani="a/b")
    assert started(caller) == StartTask(
        Notify("crm", "/calls/a%2Fb", {"number": "a/b"}), is_errand=True
    )
    assert caller.node == "found"


def test_webhook_that_is_waited_for() -> None:
    caller = call(_waiting())
    what = lookup(caller)
    assert (what.method, what.take, what.timeout_seconds) == ("POST", {}, 2)
    assert caller.node == "a"
    assert caller.waits == 2 + TASK_GRACE_SECONDS
    caller.send(TaskDone("ok"))
    assert caller.node == "found"


def _waiting() -> str:
    return WEBHOOK.replace("body", "wait = true\ntimeout_seconds = 2\nbody")


@pytest.mark.parametrize("signal", [TaskDone("not_found"), TaskDone("failed"), TimedOut()])
def test_webhook_that_is_not_taken(signal: TaskDone | TimedOut) -> None:
    caller = call(_waiting())
    assert caller.send(DigitPressed("1"), PlaybackDone()) == ()
    caller.send(signal)
    assert caller.node == "sorry"


def test_webhook_with_a_path_that_cannot_be() -> None:
    assert call(WEBHOOK, ani="..").node == "sorry"


def test_a_secret_does_not_outlive_the_call() -> None:
    secret = ('number = "{id}"', 'pin = "{secret.pin}"')
    assert [p.code for p in problems(WEBHOOK.replace(*secret))] == ["bad-value"]
    assert problems(_waiting().replace(*secret)) == []


# --- send ---------------------------------------------------------------------------------------

SEND = f"""start = "known"
{KNOWN}[node.a]
type = "send"
to = "mail"
address = "{{id}}"
subject = {{ en = "Order {{id}}", es = "Pedido {{id}}" }}
text = {{ en = "Thank you, {{id}}.", es = "Gracias, {{id}}." }}
next = "found"
on_fail = "sorry"
{FOUND}{SORRY}"""


def test_send_writes_in_the_language_of_the_contact() -> None:
    caller = call(SEND, ani="Jo@Example.org", language="es")
    assert caller.the(SendNotice) == SendNotice(
        Channel.MAIL, "jo@example.org", "Pedido Jo@Example.org", "Gracias, Jo@Example.org."
    )
    assert caller.node == "found"


def test_send_takes_the_first_text_where_there_is_none_in_the_language() -> None:
    notice = call(SEND, ani="jo@example.org", language="ru").the(SendNotice)
    assert isinstance(notice, SendNotice)
    assert notice.subject == "Order jo@example.org"


def test_send_to_whoever_it_is() -> None:
    flow = SEND.replace('address = "{id}"\n', "").replace('"mail"', '"sms"')
    flow = "".join(line for line in flow.splitlines(True) if not line.startswith("subject"))
    assert call(flow, ani="+1 (555) 0199").the(SendNotice) == SendNotice(
        Channel.SMS, "+15550199", "", "Thank you, +1 (555) 0199."
    )
    messaging = call(flow.replace('"sms"', '"messaging"'), ani="telegram:77")
    notice = messaging.the(SendNotice)
    assert isinstance(notice, SendNotice)
    assert notice.recipient == "telegram:77"


def test_send_prompts_as_they_are_written() -> None:
    lines = [line for line in SEND.splitlines() if not line.startswith("text")]
    lines.insert(lines.index('to = "mail"'), 'prompt = ["hello", "late"]')
    notice = call("\n".join(lines) + "\n", ani="jo@example.org", language="es").the(SendNotice)
    assert isinstance(notice, SendNotice)
    assert notice.text == "Hola. ¿Y?"


@pytest.mark.parametrize(
    "value",
    [
        "", "jo", "+15550199", "jo@example.org\nBcc: eve@example.org", "jo@example.org, eve@x.org",
        "<jo@example.org>, <eve@example.org>", "jo @example.org", "{id}@", "\ud800@example.org",
    ],
)  # fmt: skip
def test_send_to_what_is_no_address(value: str) -> None:
    caller = call(SEND, ani=value)
    assert caller.node == "sorry"
    assert not any(isinstance(action, SendNotice) for action in caller.step.actions)


@pytest.mark.parametrize("value", HOSTILE)
def test_what_is_sent_is_text(value: str) -> None:
    notice = call(SEND.replace('"{id}"\nsubject', '"jo@example.org"\nsubject'), ani=value).the(
        SendNotice
    )
    assert isinstance(notice, SendNotice)
    assert notice.text == f"Thank you, {value}."
    assert notice.subject == f"Order {value}"


def test_send_nothing_is_a_failure() -> None:
    empty = SEND.replace("Thank you, {id}.", "{nothing_said}")
    empty = empty.replace(
        'values = { id = "{ani}" }', 'values = { id = "{ani}", nothing_said = "" }'
    )
    assert call(empty, ani="jo@example.org").node == "sorry"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("next", 'prompt = "hello"\nnext'),
        ('to = "mail"', 'to = "sms"'),
        ('to = "mail"', 'to = "chat"'),
        ("es =", "xx ="),
    ],
)
def test_what_send_refuses(old: str, new: str) -> None:
    head, _, tail = SEND.partition("[node.a]")
    found = problems(f"{head}[node.a]{tail.replace(old, new, 1)}")
    assert found


def test_the_end_of_a_call_does_not_matter_to_what_was_sent() -> None:
    caller = call(SEND, ani="jo@example.org")
    assert isinstance(caller.send(PlaybackDone())[-1], EndContact)
