"""What a live story may say: it is a real call, in real time."""

from __future__ import annotations

import pytest

from acd.app.story import read_stories
from acd.flow.problems import Report

HEAD = """[[story]]
title = "A call"
at = 2026-11-23T10:00:00Z
live = true
"""


def problems(text: str) -> list[str]:
    report = Report()
    stories = read_stories({"stories/a.toml": text.encode()}, report)
    assert bool(stories) == (not report.problems)
    return [f"{one.line}: {one.code}: {one.message}" for one in report.sorted()]


@pytest.mark.parametrize(
    ("step", "why"),
    [
        ("{ waits = 21 }", "really waits, 20 s at most"),
        ("{ leaves_message = 30 }", "really waits, 20 s at most"),
        ('{ answers = { name = "Jo" } }', "cannot be answered"),
        ('{ promises = "+15550100" }', "cannot promise a call"),
        ('{ writes = "Hello" }', "nothing can be written"),
        ('{ reads = "Hello" }', "nothing can be read"),
    ],
)
def test_steps_that_a_real_call_cannot_have(step: str, why: str) -> None:
    first = 'calls = "100"\nsteps = [\n  { presses = "1" },\n'
    (found,) = problems(f"{HEAD}{first}  {step},\n]\n")
    assert found.startswith("8: bad-story: a live story ")
    assert why in found
    assert not problems(f"{HEAD}{first}  {step},\n]\n".replace("live = true", "live = false"))


def test_steps_that_it_can_have() -> None:
    steps = '{ waits = 20 }, { leaves_message = 0 }, { served = "ann" }, { scores = 3 }'
    assert not problems(f'{HEAD}calls = "100"\nsteps = [{steps}]\n')


@pytest.mark.parametrize(
    ("keys", "why"),
    [
        ('writes_to = "chat"', "only a call can be live"),
        ('calls = "100"\nfull = ["sales"]', "a live story cannot fill a queue"),
    ],
)
def test_stories_that_cannot_be_live(keys: str, why: str) -> None:
    (found,) = problems(f"{HEAD}{keys}\nsteps = [{{ hangs_up = true }}]\n")
    assert why in found


def test_when_a_story_begins() -> None:
    text = f'{HEAD}calls = "100"\nsteps = [{{ hangs_up = true }}]\n'
    local = text.replace("00Z", '00\ntimezone = "America/New_York"')
    (here,) = read_stories({"a.toml": text.encode()}, Report())
    (there,) = read_stories({"a.toml": local.encode()}, Report())
    assert here.story.begins_at() == 1_795_428_000_000_000
    assert there.story.begins_at() - here.story.begins_at() == 5 * 3_600_000_000
