"""What the PBX cannot do, how it dies, and how a look at it mends every difference."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acd.core import effects as f
from acd.core import events as e
from acd.core import inputs as i
from acd.core.agent import Presence
from acd.core.contact import EndReason
from acd.core.ids import LegId
from acd.core.leg import GoneCause, LegState
from acd.core.offer import OfferOutcome
from acd.core.queue import Queue
from acd.testing.fakes import tiny_site
from acd.testing.story import NODE, Story

pytestmark = pytest.mark.core

C1 = LegId("c1")


def seen_as(story: Story, leg: str, state: LegState, bridge: str = "") -> dict[LegId, i.LegFact]:
    return story.facts() | {LegId(leg): i.LegFact(LegId(leg), state, bridge)}


def without(story: Story, leg: str) -> dict[LegId, i.LegFact]:
    return {id_: fact for id_, fact in story.facts().items() if id_ != leg}


def away(story: Story, leg: str = "c1", *, fresh: bool = False) -> Story:
    return story.looks(seen_as(story, leg, LegState.AWAY), fresh=fresh)


# --- a PBX in line with the state is left alone -------------------------------------------------


@pytest.mark.parametrize("fresh", [False, True])
@pytest.mark.parametrize("until", ["waiting", "ringing", "talking", "wrapup", "message"])
def test_nothing_to_mend(until: str, fresh: bool) -> None:
    story = Story(tiny_site(queues={"support": Queue("support", wrapup_seconds=60)}))
    story.looks({})
    if until == "message":
        story.calls("c1", to="mail").hears("c1").looks().nothing_happens()
        return
    story.calls("c1")
    if until != "waiting":
        story.agent("ann").rings("ann")
    if until in ("talking", "wrapup"):
        story.answers("ann")
    if until == "wrapup":
        story.hangs_up("c1").later(0)
    story.looks(fresh=fresh).nothing_happens()


def test_first_look_learns_the_epoch() -> None:
    story = Story().looks({})
    assert story.engine.state.epochs == {NODE: "e1"}
    story.looks({}).nothing_happens()


# --- events that were missed --------------------------------------------------------------------


def test_missed_hangup_of_a_caller() -> None:
    Story().calls("c1").looks({}).ended("c1", EndReason.UNSEEN).all_quiet()


def test_leg_that_was_not_asked_about_is_not_concluded_to_be_gone() -> None:
    Story().calls("c1").tell(i.PbxSeen(NODE, "e1", (), (), True)).waits("c1")


def test_other_nodes_legs_are_not_touched() -> None:
    story = Story().calls("c1").tell(i.PbxSeen("other", "e1", (), (C1,), True)).waits("c1")
    story.tell(i.PbxLost("other")).waits("c1")


def test_missed_hangup_of_an_agent() -> None:
    story = Story().agent("ann").calls("c1").answers("ann")
    story.looks(without(story, story.phone("ann")))
    story.is_offered("ann", "c1")  # the caller is still there: somebody else, or ann again


def test_dialled_leg_that_is_gone_is_no_fault_of_the_agent() -> None:
    story = Story().agent("ann").calls("c1").looks(without(Story(), ""), fresh=False)
    story = Story().agent("ann").calls("c1").rings("ann")
    story.looks(without(story, story.phone("ann")), fresh=True)
    story.outcome(OfferOutcome.WITHDRAWN).is_offered("ann", "c1")
    story.is_presence("ann", Presence.AVAILABLE)


def test_missed_ringing() -> None:
    story = Story().agent("ann").calls("c1")
    story.looks(seen_as(story, story.phone("ann"), LegState.RINGING)).later(5)
    story.is_offered("ann", "c1")
    assert len(story.events(e.OfferRinging)) == 1


def test_missed_answer() -> None:
    story = Story().agent("ann").calls("c1").rings("ann")
    story.looks(seen_as(story, story.phone("ann"), LegState.UP)).talks("c1", "ann")


def test_missed_arrival() -> None:
    fact = i.LegFact(C1, LegState.DOWN, "", "+c1", "support", "c1")
    story = Story().agent("ann").looks({C1: fact}).is_offered("ann", "c1")
    assert story.contact("c1").ani == "+c1"
    story.calls("c1").refused("leg-known")


def test_missed_arrival_that_is_up_or_rings() -> None:
    story = Story().looks({C1: i.LegFact(C1, LegState.UP, "", "", "support")})
    assert not story.done(f.Answer)
    story = Story().looks({C1: i.LegFact(C1, LegState.RINGING, "", "", "support")}).waits("c1")
    assert story.done(f.Answer)


def test_unknown_leg_of_ours_is_hung_up() -> None:
    orphan = LegId("l-7-orphan")
    story = Story().looks({orphan: i.LegFact(orphan, LegState.UP)})
    assert story.last.effects == (f.HangUp(orphan),)
    assert not story.engine.state.legs


def test_unknown_leg_that_is_away_comes_by_itself() -> None:
    story = Story().looks({}).looks({C1: i.LegFact(C1, LegState.AWAY)}).nothing_happens()
    story.returns("c1").waits("c1")


def test_unknown_leg_without_a_number_was_an_agents_code() -> None:
    story = Story().looks({C1: i.LegFact(C1, LegState.UP)})
    assert story.last.effects == (f.HangUp(C1),)
    assert not story.engine.state.contacts


def test_leg_being_hung_up_is_asked_again() -> None:
    story = Story().agent("ann").calls("c1").answers("ann")
    story.slow_to_hang_up = True
    phone = story.phone("ann")
    story.hangs_up("c1").looks(seen_as(story, phone, LegState.UP))
    assert len(story.done(f.HangUp, phone)) == 2
    story.looks({}).all_quiet()


# --- effects that were lost ---------------------------------------------------------------------


def test_lost_dial() -> None:
    story = Story().agent("ann").calls("c1")
    first = story.phone("ann")
    story.looks(fresh=True).is_offered("ann", "c1")
    assert story.phone("ann") != first
    assert len(story.done(f.Dial)) == 2


def test_lost_connect() -> None:
    story = Story().agent("ann").calls("c1").answers("ann")
    phone = story.phone("ann")
    alone = seen_as(story, phone, LegState.UP)
    story.looks(alone).looks(alone, fresh=True)
    assert len(story.done(f.Connect)) == 2
    story.looks(seen_as(story, "c1", LegState.UP, "h-x"), fresh=True)
    assert len(story.done(f.Connect)) == 3
    story.looks(fresh=True)
    assert len(story.done(f.Connect)) == 3


def test_lost_hold() -> None:
    story = Story().calls("c1").looks(seen_as(Story(), "c1", LegState.UP), fresh=True).waits("c1")
    assert len(story.done(f.Hold)) == 2
    story.looks(fresh=True)
    assert len(story.done(f.Hold)) == 2


def test_lost_hold_after_the_agents_phone_died() -> None:
    story = Story().agent("ann").calls("c1").answers("ann").reachable("ann", False)
    story.phone_ends("ann", GoneCause.FAILED)
    story.looks(seen_as(story, "c1", LegState.UP, "b-ann"), fresh=True)
    assert len(story.done(f.Hold)) == 2


def test_lost_unhold() -> None:
    story = Story(tiny_site(queues={"support": Queue("support", max_wait_seconds=5)}))
    story.calls("c1").at(5).in_flow("c1")
    story.looks(seen_as(story, "c1", LegState.UP, "h-pbx-default"), fresh=True).in_flow("c1")
    assert len(story.done(f.Unhold)) == 2
    assert len(story.done(f.Play)) == 2


def test_lost_unhold_of_a_caller_who_waits_again() -> None:
    site = tiny_site(
        queues={"support": Queue("support", max_wait_seconds=5)},
        flows={"support": {"queue": "support", "left": "sales"}},
    )
    story = Story(site).agent("ann", "sales").calls("c1").at(5).rings("ann", "c1")
    held = seen_as(story, "c1", LegState.UP, "h-pbx-default")
    story.looks(held, fresh=True).is_offered("ann", "c1").later(1)
    assert len(story.done(f.Hold)) == 2


def test_lost_answer() -> None:
    story = Story().calls("c1", to="menu")
    unanswered = seen_as(story, "c1", LegState.DOWN)
    story.looks(unanswered).looks(unanswered, fresh=True)
    assert len(story.done(f.Answer)) == 2


def test_lost_play_begins_the_node_again() -> None:
    story = Story().calls("c1", to="menu").at(3).looks(fresh=True).in_flow("c1")
    assert len(story.done(f.Play)) == 2
    assert len(story.done(f.StopPlay)) == 1
    story.at(7.9).in_flow("c1").at(8)
    assert len(story.done(f.Play)) == 3


def test_lost_recording_begins_again() -> None:
    story = Story().calls("c1", to="mail").hears("c1").looks(fresh=True)
    assert len(story.done(f.TakeMessage)) == 2
    story.speaks("c1", 3).ended("c1", EndReason.VOICEMAIL)


def test_lost_farewell() -> None:
    story = Story().agent("ann").dials("ann", "*4").looks(fresh=True)
    assert story.done(f.HangUp, "code")
    story.all_quiet()


def test_many_callers_in_flows_are_all_taken_up_again() -> None:
    story = Story()
    names = [f"c{number}" for number in range(80)]
    story.calls(*names, to="menu").looks(fresh=True).in_flow("c0").in_flow("c79")


# --- away in the fallback -----------------------------------------------------------------------


def test_away_while_waiting() -> None:
    story = Story().calls("c1", "c2")
    away(story).agent("ann").is_offered("ann", "c2")
    story.agent("bob").is_left_alone("bob").returns("c1").is_offered("bob", "c1")
    assert len(story.done(f.Hold, "c1")) == 2
    assert story.cause_of(e.OfferMade) == "LegChanged"


def test_away_while_ringing() -> None:
    story = Story().agent("ann").calls("c1").rings("ann")
    away(story).outcome(OfferOutcome.WITHDRAWN).is_left_alone("ann")
    story.returns("c1").is_offered("ann", "c1")


def test_away_while_ringing_and_the_longest_wait_is_over() -> None:
    story = Story(tiny_site(queues={"support": Queue("support", max_wait_seconds=5)}))
    story.agent("ann").calls("c1").rings("ann").at(6)
    away(story).waits("c1").at(60).waits("c1")
    story.says("ann", Presence.NOT_READY, "x").returns("c1").later(0).in_flow("c1")


def test_away_in_a_flow() -> None:
    story = Story().calls("c1", to="menu").at(2)
    away(story).at(60).in_flow("c1").fails("Play", "c1").nothing_happens()
    assert len(story.done(f.Play)) == 1
    story.returns("c1").in_flow("c1").presses("c1", "1").waits("c1")
    assert len(story.done(f.Play)) == 2


def test_away_in_a_talk() -> None:
    story = Story().agent("ann").calls("c1").answers("ann")
    away(story).returns("c1").talks("c1", "ann")
    assert len(story.done(f.Connect)) == 2


def test_away_in_a_talk_whose_agent_hangs_up() -> None:
    story = Story().agent("ann").calls("c1").answers("ann")
    away(story).puts_down("ann").ended("c1", EndReason.AGENT_ENDED)


def test_away_in_a_talk_whose_agents_phone_dies() -> None:
    story = Story().agent("ann").calls("c1").answers("ann")
    away(story).phone_ends("ann", GoneCause.FAILED).waits("c1").is_left_alone("ann")
    story.returns("c1").is_offered("ann", "c1")


def test_away_and_hung_up() -> None:
    story = Story().calls("c1")
    away(story).hangs_up("c1").ended("c1", EndReason.ABANDONED).all_quiet()


@pytest.mark.parametrize("fresh", [False, True])
def test_back_without_a_word(fresh: bool) -> None:
    story = Story().calls("c1", to="menu")
    away(story).looks(seen_as(story, "c1", LegState.UP), fresh=fresh).in_flow("c1")
    assert len(story.done(f.Play)) == 2
    assert story.facts()[C1].state is LegState.UP


def test_away_twice_is_once() -> None:
    story = Story().calls("c1")
    away(away(story)).nothing_happens()


def test_unanswered_call_goes_away_and_returns() -> None:
    slow = {"slow": {"end": "finished"}}
    story = Story(tiny_site(flows=slow)).calls("c1")
    away(story).returns("c1").waits("c1")


def test_agents_leg_that_is_away_will_come_by_itself() -> None:
    story = Story().agent("ann").calls("c1").rings("ann")
    away(story, story.phone("ann")).is_offered("ann", "c1").answers("ann").talks("c1", "ann")


def test_answer_while_we_were_not_there_is_in_time_however_late_we_are() -> None:
    story = Story().agent("ann").calls("c1").rings("ann").restores()
    away(story, story.phone("ann"), fresh=True).later(60).is_offered("ann", "c1")
    story.answers("ann").talks("c1", "ann")


def test_answered_leg_that_never_comes_is_no_missed_ring() -> None:
    story = Story().agent("ann").calls("c1").rings("ann").restores()
    away(story, story.phone("ann"), fresh=True).later(60)
    story.phone_ends("ann", GoneCause.FAILED).outcome(OfferOutcome.FAILED).waits("c1")


# --- coming back --------------------------------------------------------------------------------


def test_return_of_an_unknown_leg_is_a_new_call() -> None:
    story = Story().returns("c1", to="menu").in_flow("c1")
    assert story.contact("c1").ani == "+c1"


def test_return_in_a_flow_begins_the_node_again() -> None:
    story = Story().calls("c1", to="menu").returns("c1").in_flow("c1")
    assert len(story.done(f.Play)) == 2


def test_return_while_ringing_without_music() -> None:
    story = Story().agent("ann").calls("c1").rings("ann").returns("c1").is_offered("ann", "c1")
    assert not story.done(f.Hold)
    story.at(0.7)
    assert story.done(f.Hold)


def test_return_of_a_call_that_is_over() -> None:
    story = Story(tiny_site(queues={"support": Queue("support", wrapup_seconds=9)}))
    story.agent("ann").calls("c1").answers("ann")
    story.slow_to_hang_up = True
    story.puts_down("ann").wraps_up("c1", "ann").returns("c1")
    assert len(story.done(f.HangUp, "c1")) == 2
    story.later(9).ended("c1", EndReason.AGENT_ENDED).returns("c1")
    assert len(story.done(f.HangUp, "c1")) == 3
    story.hangs_up("c1").all_quiet()


# --- the PBX dies -------------------------------------------------------------------------------


def everywhere() -> Story:
    story = Story(tiny_site(queues={"support": Queue("support", wrapup_seconds=9)}))
    story.looks({}).agent("ann").agent("bob").calls("talking").rings("ann").answers("ann")
    story.calls("ringing").rings("bob").calls("waiting").calls("flow", to="menu")
    return story.dials("bob", "*9")


NAMES = ("talking", "ringing", "waiting", "flow")


def test_pbx_lost() -> None:
    story = everywhere().tell(i.PbxLost(NODE)).wraps_up("talking", "ann").later(9)
    for name in NAMES:
        story.ended(name, EndReason.PBX_LOST)
    story.all_quiet().is_presence("bob", Presence.AVAILABLE)
    story.calls("c1").is_offered("bob", "c1")


def test_pbx_restarted() -> None:
    story = everywhere()
    story.epoch = "e2"
    story.tell(i.PbxSeen(NODE, "e2", (), (), True)).later(9)
    for name in NAMES:
        story.ended(name, EndReason.PBX_LOST)
    story.all_quiet()
    assert story.engine.state.epochs == {NODE: "e2"}


def test_pbx_restarted_with_calls_already_on_it() -> None:
    story = everywhere()
    fact = i.LegFact(LegId("new"), LegState.DOWN, "", "+new", "menu", "")
    story.tell(i.PbxSeen(NODE, "e2", (fact,), (), True)).in_flow("new")


def test_engine_killed_and_restarted() -> None:
    story = everywhere().restores()
    story.looks(fresh=True).talks("talking", "ann").waits("waiting").in_flow("flow")
    assert len(story.done(f.Connect)) == 1
    story.restores().looks({}, fresh=True).later(9)
    for name in NAMES:
        story.ended(name, EndReason.UNSEEN)
    story.all_quiet()


# --- effects that fail --------------------------------------------------------------------------


def test_failed_play_goes_on_with_the_flow() -> None:
    site = tiny_site(flows={"odd": {"queue": "nowhere"}})
    story = Story(site).calls("c1", to="odd").in_flow("c1").fails("Play", "c1", "no-sound")
    story.ended("c1", EndReason.FLOW_ENDED)


def test_failed_play_when_nothing_is_played() -> None:
    Story().calls("c1").fails("Play", "c1").nothing_happens()


def test_failed_recording_is_an_empty_message() -> None:
    story = Story().calls("c1", to="mail").hears("c1").fails("TakeMessage", "c1")
    story.ended("c1", EndReason.FLOW_FAILED)
    Story().calls("c1").fails("TakeMessage", "c1").nothing_happens()


def test_failed_connect_keeps_the_callers_place() -> None:
    story = Story().agent("ann").agent("bob").calls("c1").rings("ann").answers("ann")
    story.fails("Connect", story.phone("ann")).is_offered("bob", "c1").is_left_alone("ann")
    story.rings("bob").answers("bob").talks("c1", "bob")


def test_failed_dial_of_an_offer_that_is_over() -> None:
    story = Story().agent("ann").calls("c1")
    story.slow_to_hang_up = True
    phone = story.phone("ann")
    story.hangs_up("c1").fails("Dial", phone).all_quiet()


@pytest.mark.parametrize("effect", ["Answer", "StopPlay", "Hold", "Unhold", "HangUp", "Present"])
def test_other_failures_are_left_to_the_next_look(effect: str) -> None:
    Story().calls("c1").fails(effect, "c1").nothing_happens()


def test_failure_about_a_leg_that_is_gone() -> None:
    Story().fails("Dial", "l-1-gone").nothing_happens()


def test_fact_is_plain_data() -> None:
    fact = i.LegFact(C1, LegState.UP)
    assert replace(fact, bridge="h-1").bridge == "h-1"
