"""An agent rings a customer on the matter of a contact they work on."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acd.core import effects as f
from acd.core import events as e
from acd.core import inputs as i
from acd.core.agent import Presence
from acd.core.channel import Channel
from acd.core.contact import ContactState, EndReason
from acd.core.ids import AgentName, ContactId, ConversationId, CustomerId, LegId, QueueName
from acd.core.leg import GoneCause, LegRole, LegState
from acd.core.matter import Matter
from acd.testing.invariants import problems
from acd.testing.story import Story

pytestmark = pytest.mark.core

BOTH = {Channel.VOICE: 1, Channel.CHAT: 1}
NUMBER = "+15550123"


def chatting() -> Story:
    story = Story().looks().agent("ann", capacity=BOTH).writes("zoe", "Help!").accepts("ann")
    cause = i.IdentifyContact(
        story.contact("zoe").id, CustomerId("k1"), ConversationId("v1"), "Zoe", {"order": "17"}
    )
    return story.tell(cause)


def rings_out(story: Story, number: str = NUMBER) -> Story:
    cause = i.CallCustomer(story.contact("zoe").id, AgentName("ann"), number)
    return story.tell(cause, "agent:ann")


def customer_leg(story: Story) -> LegId:
    return story.done(f.DialOut)[-1].leg


def test_the_agent_first_then_the_customer() -> None:
    story = rings_out(chatting()).rings("ann", NUMBER)
    assert not story.done(f.DialOut), "nobody rings a customer for an agent who is not there"
    story.answers("ann")
    assert story.done(f.DialOut)[0].number == NUMBER
    leg = customer_leg(story)
    story.tell(i.LegRinging(leg)).tell(i.LegAnswered(leg)).talks(NUMBER, "ann")
    call = story.contact(NUMBER)
    assert (call.conversation, call.customer, call.attributes) == ("v1", "k1", {"order": "17"})
    assert story.contact("zoe").state is ContactState.ACTIVE, "the chat goes on beside it"
    story.tell(i.LegGone(leg)).ended(NUMBER, EndReason.CUSTOMER_ENDED).leaves("zoe").all_quiet()


def test_a_look_at_a_line_that_does_not_ring_yet_changes_nothing() -> None:
    story = rings_out(chatting()).answers("ann")
    leg = customer_leg(story)
    facts = story.facts() | {leg: i.LegFact(leg, LegState.AWAY)}
    story.looks(facts).tell(i.LegRinging(leg)).looks(facts)
    assert story.engine.state.legs[leg].state is LegState.RINGING
    story.tell(i.LegAnswered(leg)).talks(NUMBER, "ann")


@pytest.mark.parametrize("cause", [GoneCause.BUSY, GoneCause.NO_ANSWER, GoneCause.DECLINED])
def test_the_customer_is_not_reached(cause: GoneCause) -> None:
    story = rings_out(chatting()).answers("ann")
    story.tell(i.LegGone(customer_leg(story), cause)).ended(NUMBER, EndReason.NOT_REACHED)
    story.leaves("zoe").all_quiet()


def test_a_number_that_may_not_be_rung() -> None:
    story = rings_out(chatting()).answers("ann")
    story.fails("DialOut", customer_leg(story), "outbound-not-allowed")
    story.ended(NUMBER, EndReason.NOT_REACHED).leaves("zoe").all_quiet()


def test_the_agent_does_not_answer_the_own_phone() -> None:
    story = rings_out(chatting()).rings("ann").later(20).ended(NUMBER, EndReason.WITHDRAWN)
    story.is_presence("ann", Presence.NOT_READY, "rona").leaves("zoe").all_quiet()


def test_the_agent_hangs_up_while_it_rings() -> None:
    story = rings_out(chatting()).answers("ann").puts_down("ann")
    story.ended(NUMBER, EndReason.AGENT_ENDED)
    assert customer_leg(story) in [x.leg for x in story.done(f.HangUp)]
    story.leaves("zoe").all_quiet()


def test_after_a_crash_the_answered_customer_is_connected() -> None:
    story = rings_out(chatting()).answers("ann").restores()
    facts = story.facts()
    leg = customer_leg(story)
    facts[leg] = i.LegFact(leg, story.engine.state.legs[leg].state.UP)
    story.looks(facts, fresh=True).talks(NUMBER, "ann")


def test_after_a_crash_a_customer_who_was_never_rung_ends_the_call() -> None:
    story = rings_out(chatting()).answers("ann").restores()
    story.looks(story.facts(), fresh=True).ended(NUMBER, EndReason.UNSEEN)


@pytest.mark.parametrize("number", ["", "zoe", "+1555x", "1" * 21, "*123", "+1 555"])
def test_what_is_no_number_is_not_rung(number: str) -> None:
    rings_out(chatting(), number).refused("number-invalid")


def test_only_who_works_on_it_and_can_be_rung() -> None:
    story = chatting().agent("bob", capacity=BOTH)
    story.tell(i.CallCustomer(story.contact("zoe").id, AgentName("bob"), NUMBER))
    story.refused("contact-not-yours")
    story.reachable("ann", False)
    rings_out(story).refused("agent-cannot-call")
    assert not story.events(e.OfferMade)[1:]
    assert all(leg.role is not LegRole.CUSTOMER for leg in story.engine.state.legs.values())


# --- closed contacts ----------------------------------------------------------------------------

EARLIER = Matter(
    QueueName("support"), CustomerId("k1"), ConversationId("v1"), "Zoe", "es", {"order": "17"}
)
CLOSED = ContactId("c-closed")
ADDRESS, OURS, THREAD = "zoe@example.org", "support@example.org", "mail:0123"


def desk(*agents: str) -> Story:
    story = Story().looks()
    for name in agents or ("ann",):
        story.agent(name, capacity={Channel.VOICE: 1, Channel.MAIL: 1})
    return story


def calls_back(story: Story, agent: str = "ann", matter: Matter | None = EARLIER) -> Story:
    return story.tell(i.CallCustomer(CLOSED, AgentName(agent), NUMBER, matter), f"agent:{agent}")


def writes_first(story: Story, agent: str = "ann", **other: str) -> Story:
    told = {"thread": THREAD, "subject": "Your call"} | other
    cause = i.WriteCustomer(
        CLOSED, AgentName(agent), Channel.MAIL, OURS, ADDRESS, matter=EARLIER, **told
    )
    return story.tell(cause, f"agent:{agent}")


def test_a_closed_contact_is_called_back() -> None:
    story = calls_back(desk()).rings("ann", NUMBER).answers("ann")
    leg = customer_leg(story)
    story.tell(i.LegRinging(leg)).tell(i.LegAnswered(leg)).talks(NUMBER, "ann")
    call = story.contact(NUMBER)
    assert (call.customer, call.conversation, call.attributes) == ("k1", "v1", {"order": "17"})
    assert (call.begun_by, call.language, call.caller_name) == ("ann", "es", "Zoe")
    story.tell(i.LegGone(leg)).ended(NUMBER, EndReason.CUSTOMER_ENDED).all_quiet()


def test_two_agents_do_not_call_back_the_same_customer() -> None:
    story = calls_back(desk("ann", "bob")).rings("ann", NUMBER)
    calls_back(story, "bob").refused("customer-in-touch")
    writes_first(story, "bob").refused("customer-in-touch")
    story.later(20).ended(NUMBER, EndReason.WITHDRAWN)
    calls_back(story, "bob").rings("bob", NUMBER)


def test_a_closed_contact_of_a_queue_that_is_not_theirs() -> None:
    story = desk().agent("bob", queues={"sales": 1}, capacity=BOTH)
    calls_back(story, "bob").refused("queue-not-yours")
    calls_back(story, matter=replace(EARLIER, queue=QueueName("gone"))).refused("queue-not-yours")
    calls_back(story, matter=None).refused("contact-not-yours")
    calls_back(story, "nobody").refused("contact-not-yours")


def test_a_mail_is_begun_and_answered() -> None:
    story = writes_first(desk())
    mail = story.contact(ADDRESS)
    assert (mail.state, mail.agent, mail.conversation) == (ContactState.ACTIVE, "ann", "v1")
    assert mail.attributes == {"order": "17", "subject": "Your call"}
    assert not problems(story.engine.state)
    story.tell(i.SendMessage(mail.id, AgentName("ann"), "key", "We missed your call"), "agent:ann")
    (delivery,) = story.done(f.Deliver)
    assert (delivery.recipient, delivery.address) == (ADDRESS, OURS)
    assert (delivery.thread, delivery.subject) == (THREAD, "Your call")
    story.tell(i.MessageDelivered(delivery.message))
    arrived = i.MessageArrived(1, Channel.MAIL, OURS, ADDRESS, "Zoe", THREAD, "Thanks")
    story.tell(arrived)
    assert len(story.engine.state.contacts) == 1, "the answer belongs to the mail"
    story.tell(i.EndContact(mail.id, by_customer=False)).ended(ADDRESS, EndReason.AGENT_ENDED)
    story.all_quiet()


def test_who_cannot_take_a_mail_begins_none() -> None:
    writes_first(writes_first(desk())).refused("customer-in-touch")
    writes_first(desk(), thread="").refused("thread-invalid")
    story = desk().says("ann", Presence.NOT_READY, "break")
    writes_first(story).refused("agent-cannot-write")
    assert not story.engine.state.contacts
