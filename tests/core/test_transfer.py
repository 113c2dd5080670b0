"""An agent hands a contact over; nothing that is known of it is lost."""

from __future__ import annotations

import pytest

from acd.core import effects as f
from acd.core import events as e
from acd.core.channel import Channel
from acd.testing.story import Story

pytestmark = pytest.mark.core

CHAT = {Channel.CHAT: 1}


def test_a_call_to_another_queue() -> None:
    story = Story().agent("ann").agent("dev", "sales").calls("v").rings("ann").answers("ann")
    story.later(30).hands_over("ann", "v", queue="sales").is_left_alone("ann")
    story.rings("dev", "v").answers("dev").talks("v", "dev")
    assert story.contact("v").queue == "sales"
    assert [s.reason for s in story.contact("v").segments][-3:] == ["queued", "answered", ""]
    assert story.cause_of(e.ContactTransferred) == "TransferContact"
    story.hangs_up("v").all_quiet()


def test_a_caller_hears_music_while_nobody_of_the_other_queue_is_free() -> None:
    story = Story().agent("ann").calls("v").rings("ann").answers("ann")
    story.hands_over("ann", "v", queue="sales").waits("v")
    assert story.done(f.Hold, "v")
    assert len(story.done(f.HangUp)) == 1, "the agent's leg only"


def test_to_one_agent_and_to_anybody_after_a_minute() -> None:
    story = Story().agent("ann", capacity=CHAT).writes("z").accepts("ann")
    story.agent("bob", capacity=CHAT).agent("eve", capacity=CHAT).writes("y").accepts("bob")
    story.hands_over("ann", "z", to="bob").waits("z").is_left_alone("ann", "eve")
    assert story.engine.state.agents["bob"].profile.lacks(story.contact("z").requirement) is None
    story.later(59).waits("z").later(2)
    assert len(story.engine.state.offers) == 1, "now anybody will do"


def test_to_an_agent_of_another_queue() -> None:
    story = Story().agent("ann", capacity=CHAT).writes("z").accepts("ann")
    story.agent("dev", "sales", capacity=CHAT).hands_over("ann", "z", to="dev")
    story.is_offered("dev", "z")
    assert story.contact("z").queue == "sales"


def test_to_the_own_queue_others_come_first() -> None:
    story = Story().agent("ann", capacity=CHAT).writes("z").accepts("ann")
    story.hands_over("ann", "z", queue="support").waits("z").later(5).is_offered("ann", "z")


def test_who_is_to_be_removed_hands_over_and_is_gone() -> None:
    story = Story().agent("ann", capacity=CHAT).writes("z").accepts("ann").removes("ann")
    story.hands_over("ann", "z", queue="support").waits("z")
    assert "ann" not in story.engine.state.agents
    story.agent("bob", capacity=CHAT).is_offered("bob", "z")


@pytest.mark.parametrize(
    ("agent", "to", "code"),
    [
        ("bob", {"queue": "sales"}, "contact-not-yours"),
        ("ann", {"queue": "nowhere"}, "queue-unknown"),
        ("ann", {"to": "nobody"}, "agent-unknown"),
        ("ann", {"to": "ann"}, "agent-unknown"),
    ],
)
def test_what_cannot_be_is_refused(agent: str, to: dict[str, str], code: str) -> None:
    story = Story().agent("ann", capacity=CHAT).writes("z").accepts("ann").agent("bob")
    story.hands_over(agent, "z", **to).refused(code).talks("z", "ann")


def test_nobody_hands_over_what_is_not_in_hand() -> None:
    story = Story().writes("z")
    story.hands_over("ann", "z", queue="sales").refused("contact-not-active")
