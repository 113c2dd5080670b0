"""Which channels' customers come to a node: a switch on the channel parts them."""

from __future__ import annotations

import pytest

from acd.flow.load import load
from acd.flow.problems import Problem

pytestmark = pytest.mark.core

FLOW = """
start = "apart"

[node.apart]
type = "switch"
on = "{on}"
cases = [{{ is = {cases}, to = "message" }}]
default = "bye"

[node.message]
type = "voicemail"
prompt = "hello"

[node.bye]
type = "hangup"
"""


def problems(on: str, cases: str) -> list[Problem]:
    files = {
        "numbers.toml": '"100" = "main"\nchat = "main"\n',
        "main.toml": FLOW.format(on=on, cases=cases),
        "prompts/en.toml": 'hello = "Hello"\n',
    }
    return load({name: text.encode() for name, text in files.items()}, {}, {"UTC"})[1]


def test_a_switch_on_the_channel_parts_callers_from_writers() -> None:
    assert problems("channel", '"voice"') == []


@pytest.mark.parametrize(("on", "cases"), [("language", '"en"'), ("channel", '["voice", "chat"]')])
def test_any_other_switch_does_not(on: str, cases: str) -> None:
    (found,) = problems(on, cases)
    assert (found.file, found.line, found.code) == ("main.toml", 10, "wrong-channel")
    assert "contacts by chat come here: switch on channel before" in found.message
