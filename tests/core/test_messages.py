"""What customers write comes in once, what agents write goes out until it is settled."""

from __future__ import annotations

import pytest

from acd.core import effects as f
from acd.core import events as e
from acd.core import inputs as i
from acd.core.channel import Channel
from acd.core.contact import EndReason
from acd.core.ids import ContactId, ConversationId, CustomerId, MessageId
from acd.core.message import LONGEST_TEXT, Author
from acd.core.site import Number
from acd.testing.fakes import tiny_site
from acd.testing.story import Story

pytestmark = pytest.mark.core

CAPACITY = {Channel.VOICE: 1, Channel.CHAT: 2, Channel.MAIL: 1, Channel.SMS: 1}


def story_with_ann() -> Story:
    return Story().agent("ann", capacity=CAPACITY)


def written(story: Story) -> list[tuple[Author, str]]:
    return [(x.author, x.text) for x in story.events(e.MessageAdded)]


def test_a_chat_from_the_first_word_to_the_last() -> None:
    story = story_with_ann().writes("zoe", "Help!").accepts("ann").talks("zoe", "ann")
    story.replies("ann", "zoe", "Gladly.").writes("zoe", "Thanks").leaves("zoe")
    story.ended("zoe", EndReason.CUSTOMER_ENDED).all_quiet()
    assert written(story) == [("customer", "Help!"), ("agent", "Gladly."), ("customer", "Thanks")]
    assert not story.done(f.Deliver), "nobody has to carry a chat anywhere"


def test_a_row_of_the_intake_is_taken_once() -> None:
    story = story_with_ann().writes("zoe", "Help!")
    story.writes("zoe", "Help!", again=True).refused("intake-taken").nothing_happens()
    story.restores().writes("zoe", "Help!", again=True).refused("intake-taken")
    assert len(story.events(e.MessageAdded)) == len(story.events(e.ContactOpened)) == 1


def test_a_thread_has_one_open_contact() -> None:
    story = story_with_ann().writes("zoe").accepts("ann")
    first = story.contact("zoe").id
    story.writes("zoe", "more").tell(i.EndContact(first, by_customer=False))
    story.ended("zoe", EndReason.AGENT_ENDED).writes("zoe", "One more thing")
    assert story.contact("zoe").id != first
    assert [x.contact == first for x in story.events(e.MessageAdded)] == [True, True, False]


def test_mail_stays_in_the_outbox_until_it_is_settled() -> None:
    story = story_with_ann().writes("zoe", channel=Channel.MAIL).accepts("ann")
    story.replies("ann", "zoe", "Dear Zoe")
    (delivery,) = story.done(f.Deliver)
    assert (delivery.recipient, delivery.address, delivery.text) == ("zoe", "support", "Dear Zoe")
    assert story.engine.state.outbox == {delivery.message: delivery}
    story.restores()
    assert story.engine.state.outbox == {delivery.message: delivery}
    story.tell(i.MessageDelivered(delivery.message))
    assert not story.engine.state.outbox
    story.tell(i.MessageDelivered(delivery.message)).refused("message-settled")


def test_what_cannot_be_delivered_is_known() -> None:
    story = story_with_ann().writes("zoe", channel=Channel.SMS).accepts("ann").replies("ann", "zoe")
    (message,) = story.engine.state.outbox
    story.tell(i.MessageUndeliverable(message, "number-dead"))
    assert story.events(e.MessageSettled)[-1].failure == "number-dead"


def test_a_delivery_outlives_its_contact() -> None:
    story = (
        story_with_ann().writes("zoe", channel=Channel.MAIL).accepts("ann").replies("ann", "zoe")
    )
    story.tell(i.EndContact(story.contact("zoe").id, by_customer=False))
    story.ended("zoe", EndReason.AGENT_ENDED)
    (message,) = story.engine.state.outbox
    story.tell(i.MessageDelivered(message)).all_quiet()


def test_only_who_works_on_it_writes_and_each_message_once() -> None:
    story = story_with_ann().agent("bob", capacity=CAPACITY).writes("zoe")
    story.replies("ann", "zoe").refused("contact-not-active").accepts("ann")
    story.replies("bob", "zoe").refused("contact-not-yours")
    story.replies("ann", "zoe", key="k1").replies("ann", "zoe", key="k1").refused("message-known")
    story.replies("ann", "zoe", key="k2")
    assert [x.key for x in story.events(e.MessageAdded)] == ["", "k1", "k2"]
    story.tell(i.MessageDelivered(MessageId("m-0-none"))).refused("message-settled")


def test_nothing_is_written_to_a_caller() -> None:
    story = Story().agent("ann").calls("zoe").rings("ann").answers("ann")
    story.replies("ann", "zoe").refused("contact-not-written")


def test_a_very_long_text_is_cut() -> None:
    story = story_with_ann().writes("zoe", "x" * (LONGEST_TEXT + 1))
    assert len(story.events(e.MessageAdded)[0].text) == LONGEST_TEXT


def test_a_channel_as_a_whole_reaches_a_flow() -> None:
    site = tiny_site()
    site = type(site)(
        site.version,
        {"mail": Number("sales", language="es")},
        site.queues,
        site.calendars,
        site.flows,
        site.prompts,
    )
    story = Story(site).writes("zoe", to="help@example.org", channel=Channel.MAIL).waits("zoe")
    assert (story.contact("zoe").queue, story.contact("zoe").language) == ("sales", "es")
    story.writes("yan", to="widget:none").ended("yan", EndReason.NUMBER_UNKNOWN)


def test_a_menu_is_written_and_answered_by_its_key() -> None:
    site = tiny_site()
    site = type(site)(
        site.version, site.numbers, site.queues, site.calendars, site.flows,
        {"en": {"menu": "1 for sales, 2 for support"}},
    )  # fmt: skip
    story = Story(site).writes("zoe", to="menu").in_flow("zoe").writes("zoe", " 1 ").waits("zoe")
    assert story.contact("zoe").queue == "sales"
    assert written(story)[1] == ("system", "1 for sales, 2 for support")


def test_a_voicemail_is_no_dead_end_in_writing() -> None:
    story = Story().writes("zoe", to="mail")
    story.ended("zoe", EndReason.FLOW_FAILED).all_quiet()


def test_mail_waits_as_long_as_it_takes_and_a_chat_does_not() -> None:
    story = Story().writes("zoe", channel=Channel.MAIL).writes("yan").later(601)
    story.waits("zoe").ended("yan", EndReason.FLOW_ENDED)
    story.later(86_400 * 30).waits("zoe")


def test_who_it_is_from_becomes_known() -> None:
    story = Story().writes("zoe")
    contact = story.contact("zoe")
    story.tell(
        i.IdentifyContact(
            contact.id, CustomerId("k0"), ConversationId("v0"), attributes={"order": "17"}
        )
    )
    known = i.IdentifyContact(
        contact.id, CustomerId("k1"), ConversationId("v1"), "Zoe Z", {"order": "1", "plan": "gold"}
    )
    story.tell(known)
    assert (contact.customer, contact.conversation) == ("k1", "v1")
    assert contact.attributes == {"order": "17", "plan": "gold"}
    story.tell(known).nothing_happens()
    story.tell(i.IdentifyContact(ContactId("c-0"), CustomerId("k"), ConversationId("v")))
    story.refused("contact-closed")


def test_a_supervisor_reorders_and_withdraws() -> None:
    story = Story().writes("a").writes("b").writes("c")
    story.tell(i.SetPriority(story.contact("c").id, 5))
    story.tell(i.WithdrawContact(story.contact("a").id)).ended("a", EndReason.WITHDRAWN)
    story.agent("ann", capacity={Channel.CHAT: 1}).is_offered("ann", "c").accepts("ann")
    story.tell(i.WithdrawContact(story.contact("c").id)).refused("contact-active")
    story.tell(i.SetPriority(story.contact("c").id, 1)).refused("contact-not-waiting")
