"""Contacts without legs: shown and accepted instead of ringing and being answered."""

from __future__ import annotations

import pytest

from acd.core import effects as f
from acd.core import events as e
from acd.core import inputs as i
from acd.core.agent import Presence
from acd.core.channel import Channel
from acd.core.contact import EndReason
from acd.core.ids import ContactId, OfferId
from acd.core.offer import OfferOutcome
from acd.core.queue import Queue
from acd.core.skill import Need
from acd.testing.fakes import tiny_site
from acd.testing.story import Story

pytestmark = pytest.mark.core

BOTH = {Channel.VOICE: 1, Channel.CHAT: 1}


def end(story: Story, name: str, *, by_customer: bool) -> Story:
    return story.tell(i.EndContact(story.contact(name).id, by_customer), "chat")


def test_chat_from_end_to_end() -> None:
    story = Story(tiny_site(queues={"support": Queue("support", wrapup_seconds=9)}))
    story.agent("ann", capacity=BOTH).chats("x", attributes={"b": "2", "a": "1"})
    work = story.offered("ann", "x")
    assert story.effects == [f.Present(work.offer, work.contact, work.contact and "ann")]  # type: ignore[arg-type]
    assert [(x.key, x.value) for x in story.events(e.AttributeSet)] == [("a", "1"), ("b", "2")]
    story.accepts("ann").talks("x", "ann").later(60)
    end(story, "x", by_customer=False).wraps_up("x", "ann").later(9)
    story.ended("x", EndReason.AGENT_ENDED).all_quiet()


def test_customer_ends_the_chat() -> None:
    story = Story().agent("ann", capacity=BOTH).chats("x").accepts("ann")
    end(story, "x", by_customer=True).ended("x", EndReason.CUSTOMER_ENDED).all_quiet()


def test_customer_leaves_before_it_is_accepted() -> None:
    story = Story().agent("ann", capacity=BOTH).chats("x")
    end(story, "x", by_customer=True).ended("x", EndReason.ABANDONED)
    story.outcome(OfferOutcome.WITHDRAWN).all_quiet()


def test_agent_declines() -> None:
    story = Story().agent("ann", capacity=BOTH).agent("bob", capacity=BOTH).chats("x")
    story.declines("ann").outcome(OfferOutcome.DECLINED).is_offered("bob", "x")


def test_agent_does_not_react() -> None:
    story = Story().agent("ann", capacity=BOTH).chats("x").at(20).waits("x")
    story.outcome(OfferOutcome.RONA).is_presence("ann", Presence.NOT_READY, "rona")


def test_chat_needs_no_phone_and_no_free_line() -> None:
    story = Story().agent("ann", capacity=BOTH, address="").chats("x").is_offered("ann", "x")
    story.agent("bob", capacity=BOTH).reachable("bob", False).chats("y").is_offered("bob", "y")


def test_one_chat_and_one_call_at_once() -> None:
    story = Story().agent("ann", capacity=BOTH).chats("x").accepts("ann").calls("c1")
    story.is_offered("ann", "c1").answers("ann").talks("c1", "ann").talks("x", "ann")
    story.chats("y").waits("y").hangs_up("c1").talks("x", "ann")


def test_missed_call_gives_the_other_offers_back() -> None:
    story = Story().agent("ann", capacity=BOTH).calls("c1").rings("ann").at(10).chats("x")
    story.at(20).waits("c1", "x").is_presence("ann", Presence.NOT_READY, "rona")
    assert [x.outcome for x in story.events(e.OfferEnded)] == [
        OfferOutcome.RONA,
        OfferOutcome.WITHDRAWN,
    ]


def test_agent_for_chats_only_is_never_asked_for_a_call() -> None:
    capacity = {Channel.VOICE: 0, Channel.CHAT: 2}
    story = Story().agent("ann", capacity=capacity).chats("x").calls("c1").waits("c1")
    rows = story.engine.candidates(story.contact("c1").id).rows
    assert rows[0].why == "no_capacity"


def test_chat_waits_for_ever_rather_than_being_lost() -> None:
    story = Story().chats("x").at(100_000).waits("x")
    assert not story.done(f.Hold)
    story.agent("ann", capacity=BOTH).is_offered("ann", "x")


def test_chat_skills() -> None:
    story = Story().agent("ann", capacity=BOTH).chats("x", require=[Need("es", 2)]).waits("x")
    story.agent("ann", skills={"es": 2}, capacity=BOTH, ready=False).is_offered("ann", "x")


def test_unknown_queue_is_refused() -> None:
    Story().chats("x", "nowhere").refused("queue-unknown")


def test_over_is_over() -> None:
    story = Story().agent("ann", capacity=BOTH).chats("x")
    offer = story.offered("ann").offer
    story.accepts("ann").tell(i.AcceptOffer(offer)).refused("offer-closed")
    story.tell(i.DeclineOffer(OfferId("o-1"))).refused("offer-closed")
    contact = story.contact("x").id
    end(story, "x", by_customer=True).tell(i.EndContact(contact, True)).refused("contact-closed")
    story.tell(i.EndContact(ContactId("c-0"), True)).refused("contact-closed")


def test_calls_are_answered_and_ended_on_the_phone() -> None:
    story = Story().agent("ann").calls("c1")
    story.accepts("ann").refused("answer-the-phone").declines("ann").refused("answer-the-phone")
    end(story, "c1", by_customer=True).refused("hang-up-the-phone")


def test_a_talk_does_not_fill_the_capacity_of_another_channel() -> None:
    story = Story().agent("ann").calls("c1").answers("ann")
    story.agent("ann", capacity={Channel.CHAT: 1}, ready=False)  # redefined in mid-talk
    story.chats("d1").is_offered("ann", "d1")
