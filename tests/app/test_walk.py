"""Walks: what callers did in the flows, told again from the log."""

from __future__ import annotations

import json
from pathlib import Path

import msgspec
import pytest

from acd.app.site import load_site
from acd.app.trace import trace
from acd.app.walk import Walk, version_of, walk_of
from acd.core import events as e
from acd.core.site import Site
from acd.flow.interpreter import FlowInterpreter
from acd.testing.story import Story

pytestmark = pytest.mark.app


@pytest.fixture(scope="module")
def site() -> Site:
    found, problems = load_site(Path("dialplans"))
    assert found is not None, problems
    return found


@pytest.fixture
def story(site: Site) -> Story:
    story = Story(site, FlowInterpreter())
    return story.agent("ann", queues="sales support billing", skills={"support": 3, "billing": 3})


def walked(story: Story, site: Site | None) -> Walk:
    opened = story.events(e.ContactOpened)[-1]
    story_told = trace(story.watch.records, opened.contact)
    assert version_of(story_told) == opened.site
    return walk_of(story_told, {} if site is None else {site.version: site})


def places(walk: Walk) -> list[str]:
    return [f"{stay.flow}/{stay.node}" for stay in walk.stays]


def test_a_menu_and_the_way_to_a_human(story: Story, site: Site):
    story.calls("c1", to="100").later(3).presses("c1", "2")
    story.rings("ann").later(2).answers("ann").later(60).hangs_up("c1")
    walk = walked(story, site)
    assert places(walk)[:2] == ["main/welcome", "main/support"]
    first = walk.stays[0]
    assert (first.type, first.exit, first.to, first.why) == (
        "menu", "2", "main/support", "pressed 2",
    )  # fmt: skip
    heard, pressed = first.happenings
    english = site.prompts["en"]
    assert heard.text == f"{english['main.welcome']} {english['main.menu']}"
    assert heard.is_interrupted
    assert (pressed.what, pressed.text) == ("presses", "2")
    assert (walk.stays[1].exit, walk.stays[1].why) == ("", "at once")
    last = walk.stays[-1]
    assert (last.type, last.to, last.why) == ("enqueue", "queue:support", "ann answered")
    text = walk.as_text()
    assert "     0.000  main/welcome  (menu)" in text
    assert "2 → main/support  (pressed 2)" in text
    assert "customer_ended" in text


def test_the_language_changes_and_a_key_is_missed(story: Story, site: Site):
    story.calls("c1", to="100").presses("c1", "7").hears("c1").later(8).presses("c1", "9")
    story.hangs_up("c1")
    walk = walked(story, site)
    first = walk.stays[0]
    said = [(one.what, one.text.split(".")[0]) for one in first.happenings]
    assert [one for one in said if one[0] != "trouble"] == [
        ("hears", "Welcome to Fernhill Appliances"),
        ("presses", "7"),
        ("hears", "Sorry, that is not one of the choices"),
        ("hears", "Sorry, I did not hear a choice"),
        ("presses", "9"),
    ]
    assert first.exit == "9"
    assert "main/to_spanish" in places(walk)
    assert walk.stays[-1].happenings[0].text.startswith("Para ventas")
    assert walk.stays[-1].why == "the contact ended: left flow, by customer"


def test_time_that_is_over_leads_out_by_failure(story: Story, site: Site):
    story.calls("c1", to="100")
    for _ in range(3):
        story.hears("c1").later(8)
    first = walked(story, site).stays[0]
    assert first.to == "main/operator"
    assert "on_fail" in first.exit


def test_without_its_site_it_is_told_by_keys(story: Story):
    story.calls("c1", to="100").presses("c1", "2")
    walk = walked(story, None)
    assert walk.stays[0].type == ""
    assert walk.stays[0].happenings[0].text == "main.welcome main.menu"
    assert walk.stays[0].exit == ""


def test_what_is_written_is_told_too(story: Story, site: Site):
    story.writes("zoe", "My oven is cold", to="widget:site")
    walk = walked(story, site)
    assert places(walk)[0] == "chat/welcome"
    (heard,) = [one for one in walk.stays[0].happenings if one.what == "hears"]
    assert heard.text == site.prompts["en"]["chat.welcome"]
    assert walk.stays[-1].to == "queue:support"


def test_for_programs_it_is_plain(story: Story, site: Site):
    story.calls("c1", to="100").presses("c1", "2")
    found = json.loads(msgspec.json.encode(walked(story, site).document()))
    assert found["ended_at"] is None
    assert found["site"] == site.version
    step = found["steps"][0]
    assert (step["node"], step["exit"], step["to"], step["seconds"]) == (
        "welcome", "2", "main/support", 0.0,
    )  # fmt: skip
    assert [one["what"] for one in step["happenings"]] == ["hears", "presses"]
    assert found["steps"][-1]["seconds"] is None
