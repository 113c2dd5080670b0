"""How much at once: units for each channel, exclusive sets, and what may interrupt what."""

from __future__ import annotations

import pytest

from acd.core import events as e
from acd.core import inputs as i
from acd.core.agent import AgentProfile, WorkState
from acd.core.channel import Channel
from acd.core.ids import AgentName
from acd.core.queue import Queue
from acd.testing.fakes import tiny_site
from acd.testing.story import Story

pytestmark = pytest.mark.core

VOICE, CHAT, MAIL = Channel.VOICE, Channel.CHAT, Channel.MAIL
ALL = {VOICE: 1, CHAT: 2, MAIL: 1}


def work_state(story: Story, agent: str, name: str) -> WorkState:
    contact = story.contact(name)
    assert contact.offer is not None
    return story.agent_of(agent).works[contact.offer].state


def test_two_chats_and_a_mail_and_a_call_at_once() -> None:
    story = Story().agent("ann", capacity=ALL)
    for name in ("a", "b"):
        story.writes(name).accepts("ann").talks(name, "ann")
    story.writes("m", channel=MAIL).accepts("ann").calls("v").rings("ann").answers("ann")
    story.talks("v", "ann").writes("c").waits("c")
    assert story.agent_of("ann").why_not(CHAT) == "active"


def test_a_call_interrupts_a_mail_and_the_mail_returns() -> None:
    story = Story(tiny_site(queues={"support": Queue("support", wrapup_seconds=9)}))
    story.agent("ann", capacity=ALL).writes("m", channel=MAIL).accepts("ann")
    story.calls("v").rings("ann")
    assert work_state(story, "ann", "m") is WorkState.ACTIVE, "not before the call is answered"
    story.answers("ann").talks("v", "ann")
    assert work_state(story, "ann", "m") is WorkState.HELD
    story.hangs_up("v").wraps_up("v", "ann")
    assert work_state(story, "ann", "m") is WorkState.HELD
    story.finishes("ann")
    assert work_state(story, "ann", "m") is WorkState.ACTIVE
    assert story.cause_of(e.WorkHeld) == "OfferAccepted"
    assert story.cause_of(e.WorkResumed) == "WorkDone"


def test_no_mail_is_offered_during_a_call() -> None:
    story = Story().agent("ann", capacity=ALL).calls("v").rings("ann").answers("ann")
    story.writes("m", channel=MAIL).waits("m")
    assert story.agent_of("ann").why_not(MAIL) == "voice:active"
    story.hangs_up("v").is_offered("ann", "m")


def test_a_mail_accepted_while_the_phone_was_ringing_is_held_at_once() -> None:
    story = Story().agent("ann", capacity=ALL).writes("m", channel=MAIL)
    mail = story.offered("ann", "m")
    story.calls("v").answers("ann").tell(i.AcceptOffer(mail.offer))
    assert work_state(story, "ann", "m") is WorkState.HELD


def test_a_held_mail_may_be_ended() -> None:
    story = Story().agent("ann", capacity=ALL).writes("m", channel=MAIL).accepts("ann")
    story.calls("v").rings("ann").answers("ann")
    story.tell(i.EndContact(story.contact("m").id, by_customer=False))
    story.hangs_up("v").all_quiet()


def test_exclusive_channels_wait_for_each_other() -> None:
    story = Story().agent("ann", capacity=ALL, exclusive=((VOICE, CHAT),))
    story.writes("a").accepts("ann").calls("v").waits("v")
    assert story.agent_of("ann").why_not(VOICE) == "chat:active"
    story.writes("b").is_offered("ann", "b").writes("m", channel=MAIL)
    assert {w.channel for w in story.agent_of("ann").works.values()} == {CHAT, MAIL}
    story.leaves("b").leaves("a")
    assert {w.channel for w in story.agent_of("ann").works.values()} == {VOICE, MAIL}


def test_a_changed_profile_holds_and_resumes() -> None:
    story = Story().agent("ann", capacity=ALL).writes("m", channel=MAIL).accepts("ann")
    story.calls("v").rings("ann").answers("ann")
    profile = story.agent_of("ann").profile
    never = AgentProfile(
        AgentName("ann"), queues=profile.queues, address=profile.address, capacity=ALL,
        interrupts={},
    )  # fmt: skip
    story.tell(i.DefineAgent(never))
    assert work_state(story, "ann", "m") is WorkState.ACTIVE
    story.tell(i.DefineAgent(profile))
    assert work_state(story, "ann", "m") is WorkState.HELD


def test_chats_go_to_who_has_fewest() -> None:
    site = tiny_site(queues={"support": Queue("support", strategy="least_loaded")})
    story = Story(site)
    for name in ("ann", "bob"):
        story.agent(name, capacity={CHAT: 3}).later(1)
    order = []
    for number in range(6):
        story.writes(f"c{number}").later(1)
        (offer,) = story.engine.state.offers.values()
        order.append(offer.agent)
        story.accepts(offer.agent)
    assert order == ["ann", "bob", "ann", "bob", "ann", "bob"]
