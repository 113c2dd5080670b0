"""Agents: codes on the phone, presence, being defined and removed."""

from __future__ import annotations

import pytest

from acd.core import effects as f
from acd.core import events as e
from acd.core import inputs as i
from acd.core.agent import Presence
from acd.core.channel import Channel
from acd.core.contact import EndReason
from acd.core.flows import Prompt
from acd.core.ids import LegId
from acd.core.queue import Queue
from acd.testing.fakes import tiny_site
from acd.testing.story import NODE, Story

pytestmark = pytest.mark.core

WRAPPING = {"support": Queue("support", wrapup_seconds=30)}


def heard(story: Story) -> str:
    return story.events(e.FarewellStarted)[-1].prompts[0].value


def end_code(story: Story, leg: str = "code") -> Story:
    playback = story.events(e.FarewellStarted)[-1].playback
    return story.tell(i.PlaybackEnded(LegId(leg), playback))


@pytest.mark.parametrize(
    ("before", "code", "after", "spoken"),
    [
        (Presence.LOGGED_OUT, "*1", Presence.AVAILABLE, "agent.logged_in"),
        (Presence.AVAILABLE, "*2", Presence.LOGGED_OUT, "agent.logged_out"),
        (Presence.NOT_READY, "*3", Presence.AVAILABLE, "agent.ready"),
        (Presence.AVAILABLE, "*4", Presence.NOT_READY, "agent.not_ready"),
        (Presence.AVAILABLE, "*5", Presence.AVAILABLE, "agent.refused"),
        (Presence.AVAILABLE, "*9", Presence.AVAILABLE, "agent.refused"),
    ],
)
def test_codes(before: Presence, code: str, after: Presence, spoken: str) -> None:
    story = Story().agent("ann", ready=False).says("ann", before).dials("ann", code)
    story.is_presence("ann", after)
    assert heard(story) == spoken
    (play,) = story.done(f.Play, "code")
    assert play.prompts == (Prompt("key", spoken),)
    end_code(story).all_quiet()
    assert story.done(f.HangUp, "code")


def test_no_offer_while_the_agent_still_listens_to_the_code() -> None:
    story = Story().agent("ann", ready=False).calls("c1").dials("ann", "*1").waits("c1")
    end_code(story).waits("c1").later(0).is_offered("ann", "c1")


def test_agent_hangs_up_on_the_code() -> None:
    story = Story().agent("ann", ready=False).dials("ann", "*1")
    story.tell(i.LegGone(LegId("code"))).all_quiet()
    story.calls("c1").is_offered("ann", "c1")


def test_code_proves_that_the_phone_can_be_reached() -> None:
    story = Story().agent("ann", ready=False).reachable("ann", False).dials("ann", "*1")
    assert story.agent_of("ann").is_reachable


def test_code_of_an_unknown_phone_is_refused() -> None:
    story = Story().agent("ann", address="").dials("stranger", "*1")
    assert heard(story) == "agent.refused"
    end_code(story).all_quiet()
    story.tell(i.CodeDialled(LegId("x"), NODE, "", "*2"))
    assert heard(story) == "agent.refused"
    story.is_presence("ann", Presence.AVAILABLE)


def test_code_told_twice_is_refused() -> None:
    Story().agent("ann").dials("ann", "*4").dials("ann", "*4").refused("leg-known")


def test_code_language_is_the_sites_first() -> None:
    story = Story(tiny_site()).agent("ann").dials("ann", "*4")
    assert story.done(f.Play)[0].language == "en"


def test_farewell_that_cannot_be_played_is_hung_up() -> None:
    story = Story().agent("ann").dials("ann", "*4").fails("Play", "code")
    assert story.done(f.HangUp, "code")
    story.all_quiet()


def test_not_ready_by_code_while_ringing() -> None:
    story = Story().agent("ann").calls("c1").rings("ann").dials("ann", "*4").waits("c1")
    story.is_presence("ann", Presence.NOT_READY)


# --- presence -----------------------------------------------------------------------------------


def test_presence_changes_while_talking_take_effect_afterwards() -> None:
    story = Story().agent("ann").calls("c1").answers("ann").says("ann", Presence.LOGGED_OUT)
    story.talks("c1", "ann").hangs_up("c1").calls("c2").waits("c2")
    story.ended("c1", EndReason.CUSTOMER_ENDED)


def test_same_presence_again_is_nothing() -> None:
    Story().agent("ann").ready("ann").nothing_happens()


def test_idle_clock_starts_with_being_available() -> None:
    story = Story().agent("ann").at(5).agent("bob").at(10).says("ann", Presence.NOT_READY)
    story.at(20).ready("ann").calls("c1").is_offered("bob", "c1")


def test_wrapup_blocks_and_its_end_frees() -> None:
    story = Story(tiny_site(queues=WRAPPING)).agent("ann").calls("c1").answers("ann")
    story.hangs_up("c1").calls("c2").waits("c2").finishes("ann", "done").is_offered("ann", "c2")
    assert story.events(e.ContactClosed)[0].disposition == "done"


def test_no_wrapup_to_finish() -> None:
    Story().agent("ann").finishes("ann").refused("no-wrapup")


# --- removing -----------------------------------------------------------------------------------


def test_idle_agent_is_removed_at_once() -> None:
    story = Story().agent("ann").removes("ann")
    assert "ann" not in story.engine.state.agents
    story.calls("c1").waits("c1")


def test_resting_agent_is_removed_with_the_deadline() -> None:
    story = Story().agent("ann").calls("c1").rejects("ann").removes("ann")
    assert not [key for key in story.engine.state.deadlines if key.startswith("rest:")]


def test_agent_at_work_is_removed_when_done() -> None:
    story = Story(tiny_site(queues=WRAPPING)).agent("ann").calls("c1").answers("ann")
    story.removes("ann").talks("c1", "ann").removes("ann").hangs_up("c1").wraps_up("c1", "ann")
    assert "ann" in story.engine.state.agents
    story.later(30).ended("c1", EndReason.CUSTOMER_ENDED)
    assert "ann" not in story.engine.state.agents
    assert story.cause_of(e.AgentRemoved) == "WorkDone"


def test_who_leaves_cannot_come_back_by_the_phone() -> None:
    story = Story().agent("ann").calls("c1").answers("ann").removes("ann").dials("ann", "*1")
    assert heard(story) == "agent.refused"
    story.hangs_up("c1")
    assert "ann" not in story.engine.state.agents


def test_who_is_defined_again_stays() -> None:
    story = Story().agent("ann").calls("c1").answers("ann").removes("ann")
    story.agent("ann").hangs_up("c1").calls("c2").is_offered("ann", "c2")


def test_removed_and_added_again_while_the_phone_is_still_hanging_up() -> None:
    story = Story().agent("ann").calls("c1").rings("ann")
    story.slow_to_hang_up = True
    story.removes("ann").agent("ann").waits("c1")
    story.slow_to_hang_up = False
    story.later(0).is_offered("ann", "c1")


def test_phone_of_who_was_removed_dies_in_the_talk() -> None:
    story = Story().agent("ann").agent("bob").calls("c1").answers("ann").removes("ann")
    story.fails("Connect", story.phone("ann")).is_offered("bob", "c1")
    assert "ann" not in story.engine.state.agents


def test_reason_of_a_presence_is_only_a_word() -> None:
    story = Story().agent("ann").calls("c1").answers("ann")
    story.says("ann", Presence.LOGGED_OUT, "removed").hangs_up("c1")
    assert "ann" in story.engine.state.agents


def test_capacity_of_two() -> None:
    story = Story().agent("ann", capacity={Channel.CHAT: 2}).chats("x").chats("y").chats("z")
    assert len(story.agent_of("ann").works) == 2
    story.waits("z")
