"""A call from its arrival to its end, and everything that can cut it short."""

from __future__ import annotations

import pytest

from acd.core import effects as f
from acd.core import events as e
from acd.core import inputs as i
from acd.core.agent import Presence
from acd.core.contact import ContactState, EndReason, Party, SegmentKind
from acd.core.ids import LegId
from acd.core.leg import GoneCause, LegState
from acd.core.offer import OfferOutcome
from acd.core.queue import Queue
from acd.core.site import Site
from acd.core.timers import MICROSECONDS
from acd.testing.fakes import tiny_site
from acd.testing.story import START, Story

pytestmark = pytest.mark.core


def test_a_call_from_end_to_end() -> None:
    story = Story(tiny_site(queues={"support": Queue("support", wrapup_seconds=30, record=True)}))
    story.agent("ann").at(0).calls("c1", to="menu").in_flow("c1").at(2).presses("c1", "2")
    story.rings("ann", "c1").at(2.5).answers("ann").talks("c1", "ann")
    story.at(66).hangs_up("c1").wraps_up("c1", "ann")
    story.at(80).finishes("ann", "solved").ended("c1", EndReason.CUSTOMER_ENDED).all_quiet()

    assert [type(x).__name__ for x in story.effects] == [
        *("Answer", "Play", "StopPlay", "Dial", "Connect", "HangUp")
    ]
    closed = story.record(e.ContactClosed).body
    assert closed.disposition == "solved"


def test_segments_tell_who_had_the_caller_and_when() -> None:
    story = Story(tiny_site(queues={"support": Queue("support", wrapup_seconds=30)}))
    story.agent("ann").calls("c1", to="menu").at(2).presses("c1", "2").rings("ann").at(5).answers(
        "ann"
    )
    story.at(9).hangs_up("c1")
    segments = story.contact("c1").segments
    at = [(s.start_at - START, (s.end_at or START) - START) for s in segments]
    assert [(s.kind, s.party, s.reason) for s in segments] == [
        (SegmentKind.FLOW, "menu", "queued"),
        (SegmentKind.QUEUE, "support", "answered"),
        (SegmentKind.AGENT, "ann", "customer_ended"),
    ]
    assert at == [(a * MICROSECONDS, b * MICROSECONDS) for a, b in [(0, 2), (2, 5), (5, 9)]]


def test_dial_tells_the_phone_all_it_needs() -> None:
    queue = Queue("support", offer_seconds=15, record=True)
    story = Story(tiny_site(queues={"support": queue})).agent("ann").calls("c1")
    (dial,) = story.done(f.Dial)
    assert (dial.caller, dial.address, dial.agent) == ("c1", "sip-ann", "ann")
    assert (dial.shown_number, dial.shown_name, dial.ring_seconds) == ("+c1", "c1", 15)
    assert dial.recording is not None
    assert dial.recording.startswith("r-")
    assert story.answers("ann").contact("c1").recording == dial.recording


def test_agent_hangs_up() -> None:
    story = Story().agent("ann").calls("c1").rings("ann").answers("ann").later(10)
    story.puts_down("ann").ended("c1", EndReason.AGENT_ENDED).is_left_alone("ann").all_quiet()
    assert story.done(f.HangUp, "c1")


def test_wrapup_ends_by_itself() -> None:
    story = Story(tiny_site(queues={"support": Queue("support", wrapup_seconds=30)}))
    story.agent("ann").calls("c1", "c2").rings("ann", "c1").answers("ann").hangs_up("c1")
    story.later(29).wraps_up("c1", "ann").waits("c2")
    story.later(1).ended("c1", EndReason.CUSTOMER_ENDED).is_offered("ann", "c2")
    assert story.cause_of(e.OfferMade) == "WorkDone"


def test_wrapup_ends_by_code() -> None:
    story = Story(tiny_site(queues={"support": Queue("support", wrapup_seconds=30)}))
    story.agent("ann").calls("c1").answers("ann").puts_down("ann").wraps_up("c1", "ann")
    story.dials("ann", "*5").ended("c1", EndReason.AGENT_ENDED)
    story.tell(i.PlaybackEnded(LegId("code"), story.done(f.Play)[-1].playback)).all_quiet()


def test_two_callers_one_agent() -> None:
    story = Story().agent("ann").calls("c1", "c2").rings("ann", "c1").answers("ann").waits("c2")
    story.later(20).hangs_up("c1").later(0).is_offered("ann", "c2").answers("ann").talks(
        "c2", "ann"
    )


# --- the caller leaves --------------------------------------------------------------------------


def test_leaves_in_the_flow() -> None:
    story = Story().calls("c1", to="menu").at(3).hangs_up("c1")
    story.ended("c1", EndReason.LEFT_FLOW).all_quiet()
    assert story.events(e.ContactEnded)[0].waited_seconds is None


def test_leaves_while_waiting() -> None:
    story = Story().calls("c1").at(7.5).hangs_up("c1").ended("c1", EndReason.ABANDONED).all_quiet()
    assert story.events(e.ContactEnded)[0].waited_seconds == 7.5


def test_leaves_while_the_phone_rings() -> None:
    story = Story().agent("ann").at(50).calls("c1").rings("ann").at(55)
    idle_since = story.agent_of("ann").idle_since
    story.hangs_up("c1").ended("c1", EndReason.ABANDONED).outcome(OfferOutcome.WITHDRAWN)
    story.is_presence("ann", Presence.AVAILABLE).all_quiet()
    assert story.agent_of("ann").idle_since == idle_since


def test_leaves_in_the_instant_of_the_answer() -> None:
    story = Story().agent("ann").calls("c1").rings("ann")
    story.slow_to_hang_up = True
    phone = story.phone("ann")
    story.hangs_up("c1").tell(i.LegAnswered(phone)).ended("c1", EndReason.ABANDONED)
    assert len(story.done(f.HangUp, phone)) == 2
    assert not story.done(f.Connect)
    story.slow_to_hang_up = False
    story.is_left_alone("ann").all_quiet()


def test_agent_answers_in_the_instant_the_caller_leaves() -> None:
    story = Story().agent("ann").calls("c1").rings("ann").answers("ann").hangs_up("c1")
    story.ended("c1", EndReason.CUSTOMER_ENDED).is_left_alone("ann").all_quiet()


def test_both_hang_up_at_once() -> None:
    story = Story().agent("ann").calls("c1").answers("ann")
    story.slow_to_hang_up = True
    phone = story.phone("ann")
    story.hangs_up("c1").tell(i.LegGone(phone)).ended("c1", EndReason.CUSTOMER_ENDED).all_quiet()
    story.tell(i.LegGone(phone)).nothing_happens()


def test_every_reason_has_a_party_to_blame() -> None:
    from acd.core.contact import BLAME

    assert BLAME.keys() == set(EndReason)
    assert set(BLAME.values()) <= set(Party)


# --- the phone is busy until it is confirmed down -----------------------------------------------


def test_no_new_offer_before_the_old_leg_is_gone() -> None:
    story = Story().agent("ann").calls("c1", "c2").rings("ann", "c1").answers("ann")
    story.slow_to_hang_up = True
    story.hangs_up("c1").is_left_alone("ann").waits("c2")
    story.slow_to_hang_up = False
    story.later(0).is_offered("ann", "c2")
    assert story.cause_of(e.OfferMade) == "LegClosed"


def test_late_answer_after_the_offer_is_over() -> None:
    story = Story().agent("ann").agent("bob", ready=False).calls("c1").rings("ann")
    phone = story.phone("ann")
    story.says("ann", Presence.NOT_READY, "lunch").waits("c1")
    story.tell(i.LegAnswered(phone)).waits("c1")
    assert story.done(f.HangUp, phone)
    assert not story.done(f.Connect)


def test_unknown_leg_that_answers_is_hung_up() -> None:
    story = Story().tell(i.LegAnswered(LegId("l-9-nobody")))
    assert story.last.effects == (f.HangUp(LegId("l-9-nobody")),)


def test_second_answer_is_nothing() -> None:
    story = Story().agent("ann").calls("c1").answers("ann")
    story.answers("ann").nothing_happens()


def test_second_arrival_is_refused() -> None:
    Story().calls("c1").calls("c1").refused("leg-known")


def test_ringing_of_an_unknown_leg_is_nothing() -> None:
    story = Story().tell(i.LegRinging(LegId("l-1"))).nothing_happens()
    story.tell(i.LegGone(LegId("l-1"))).nothing_happens()


# --- the agent's phone dies ---------------------------------------------------------------------


@pytest.mark.parametrize("cause", sorted(set(GoneCause) - {GoneCause.NORMAL}))
def test_phone_dies_in_a_talk_and_the_caller_keeps_the_place(cause: GoneCause) -> None:
    story = Story().agent("ann").calls("c1", "c2").rings("ann", "c1").answers("ann").later(5)
    story.phone_ends("ann", cause)
    story.is_offered("ann", "c1").waits("c2")  # c1 was there before c2
    assert story.contact("c1").order_at == START
    assert story.cause_of(e.OfferMade) == "ContactQueued"
    assert story.events(e.ContactQueued)[-1].order_at == START


def test_caller_leaves_after_the_agents_phone_died() -> None:
    story = Story().agent("ann").calls("c1").answers("ann").reachable("ann", False)
    story.phone_ends("ann", GoneCause.FAILED).waits("c1").later(3).hangs_up("c1")
    story.ended("c1", EndReason.ABANDONED).all_quiet()
    assert story.events(e.ContactEnded)[0].waited_seconds is None  # it had been answered


# --- numbers ------------------------------------------------------------------------------------


def test_unknown_number_is_turned_away() -> None:
    story = Story().calls("c1", to="nowhere").ended("c1", EndReason.NUMBER_UNKNOWN).all_quiet()
    assert story.done(f.HangUp) == [f.HangUp(LegId("c1"), GoneCause.UNREACHABLE)]


def test_default_number_takes_every_other() -> None:
    site = tiny_site(flows={"default": {"queue": "support"}})
    Story(site).agent("ann").calls("c1", to="nowhere").is_offered("ann", "c1")


def test_call_before_any_site_is_published() -> None:
    story = Story(Site())
    story.calls("c1").ended("c1", EndReason.NUMBER_UNKNOWN).all_quiet()


def test_a_call_that_is_up_is_not_answered_again() -> None:
    story = Story().calls("c1", is_up=True).waits("c1")
    assert not story.done(f.Answer)


# --- leases -------------------------------------------------------------------------------------


def test_lease_is_renewed_for_callers_not_yet_talking() -> None:
    story = Story().agent("ann").calls("c1", to="menu").calls("c2")
    assert story.engine.leased_legs() == ["c1", "c2"]
    story.answers("ann")
    assert story.engine.leased_legs() == ["c1"]
    facts = story.facts() | {LegId("c1"): i.LegFact(LegId("c1"), LegState.AWAY)}
    story.looks(facts)
    assert story.engine.leased_legs() == []
    assert story.contact("c2").state is ContactState.ACTIVE
