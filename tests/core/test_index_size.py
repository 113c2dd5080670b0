"""The index does not grow with what has passed."""

from __future__ import annotations

import pytest

from acd.core import matching
from acd.core.agent import Presence
from acd.core.channel import Channel
from acd.core.skill import Need
from acd.testing.story import Story

pytestmark = pytest.mark.core

CHATS = {Channel.CHAT: 1}


def test_classes_nobody_waits_in_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(matching, "CLASS_LIMIT", 4)
    story = Story()
    story.engine.index._class_limit = 4
    story.agent("ann", capacity=CHATS, skills={f"skill{n}": 1 for n in range(20)})
    story.chats("kept", require=[Need("nobody")])
    for number in range(20):
        story.chats("x", require=[Need(f"skill{number}")]).is_offered("ann", "x")
        story.accepts("ann")
        contact = story.contact("x").id
        story.tell(story_end(contact)).waits("kept")
    assert len(story.engine.index.standing()) <= 6


def story_end(contact: object) -> object:
    from acd.core.inputs import EndContact

    return EndContact(contact, True)  # type: ignore[arg-type]


def test_heaps_are_cleared_of_what_is_stale() -> None:
    story = Story().agent("ann", capacity=CHATS).chats("first").declines("ann").waits("first")
    story.says("ann", Presence.NOT_READY, "x")
    for _ in range(100):
        story.chats("x")
        story.tell(story_end(story.contact("x").id))
    tell = story.tell(story_end(story.contact("first").id)).says
    for _ in range(100):
        tell("ann", Presence.AVAILABLE)
        tell("ann", Presence.NOT_READY, "x")
    (klass,) = story.engine.index._classes.values()
    assert len(klass.waiting) < 80
    assert len(klass.idle) < 80
