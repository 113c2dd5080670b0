"""Whom the matching chooses, and how an offer ends that is not accepted."""

from __future__ import annotations

import pytest

from acd.core import effects as f
from acd.core import events as e
from acd.core import inputs as i
from acd.core.agent import AgentProfile, Presence
from acd.core.channel import Channel
from acd.core.contact import EndReason
from acd.core.leg import GoneCause
from acd.core.offer import OfferOutcome
from acd.core.queue import Queue
from acd.core.timers import after
from acd.testing.fakes import tiny_site
from acd.testing.story import START, Story

pytestmark = pytest.mark.core

NEEDS_SPANISH = {"queue": "support", "require": [("es", 3, None)]}
RELAXING = {"queue": "support", "require": [("es", 3, 30.0), ("vip", 1, 60.0)]}


# --- who is next --------------------------------------------------------------------------------


def test_first_come_first_served() -> None:
    story = Story().calls("c1").at(1).calls("c2").at(2).calls("c3")
    for caller in ("c1", "c2", "c3"):
        story.agent(f"for-{caller}").is_offered(f"for-{caller}", caller)


def test_callers_of_one_instant_come_in_the_order_of_the_log() -> None:
    Story().calls("b", "a").agent("ann").is_offered("ann", "b")


def test_higher_priority_first() -> None:
    site = tiny_site(flows={"gold": {"queue": "support", "priority": 5}})
    story = Story(site).calls("c1").at(9).calls("c2", to="gold").agent("ann")
    story.is_offered("ann", "c2")


def test_longest_idle_agent_is_asked() -> None:
    story = Story().agent("ann").at(5).agent("bob").at(10).calls("c1").is_offered("ann", "c1")
    story.answers("ann").at(20).hangs_up("c1").calls("c2").is_offered("bob", "c2")


def test_agents_idle_since_one_instant_come_in_the_order_of_the_log() -> None:
    Story().agent("bob").agent("ann").calls("c1").is_offered("bob", "c1")


def test_preferred_queue_first_for_the_agent() -> None:
    story = Story().calls("c1", to="support").at(1).calls("c2", to="sales")
    story.agent("ann", {"support": 2, "sales": 1}).is_offered("ann", "c2")


def test_agents_who_prefer_the_queue_first_for_the_contact() -> None:
    story = Story().agent("ann", {"support": 2}).at(5).agent("bob", {"support": 1})
    story.calls("c1").is_offered("bob", "c1")


def test_freed_agent_takes_the_caller_but_a_better_idle_one_answers() -> None:
    # bob became free later than ann is idle, and both can serve c1: ann is longest idle. She was
    # not asked before because her phone was on another line.
    story = Story().agent("ann").at(1).agent("bob").dials("ann", "*9").at(2)
    story.says("bob", Presence.NOT_READY, "lunch").calls("c1").waits("c1")
    farewell = story.done(f.Play)[-1].playback
    story.slow_to_hang_up = True
    story.tell(i.PlaybackEnded(story.done(f.Play)[-1].leg, farewell)).waits("c1")
    story.slow_to_hang_up = False
    story.later(0).is_offered("ann", "c1")


# --- skills -------------------------------------------------------------------------------------


def test_level_must_suffice() -> None:
    story = Story(tiny_site(flows={"spanish": NEEDS_SPANISH})).calls("c1", to="spanish")
    story.agent("ann").agent("bob", skills={"es": 2}).waits("c1")
    story.agent("eva", skills={"es": 3}).is_offered("eva", "c1")


def test_caller_who_needs_less_is_not_held_up_by_one_who_needs_more() -> None:
    story = Story(tiny_site(flows={"spanish": NEEDS_SPANISH})).calls("c1", to="spanish")
    story.calls("c2").agent("ann").waits("c1").is_offered("ann", "c2")


def test_needs_are_dropped_in_time() -> None:
    story = Story(tiny_site(flows={"vip": RELAXING})).agent("ann").agent("bob", skills={"vip": 1})
    story.calls("c1", to="vip").at(29.9).waits("c1").at(30).is_offered("bob", "c1")
    assert story.cause_of(e.OfferMade) == "RequirementRelaxed"
    story.says("bob", Presence.NOT_READY, "x").waits("c1")
    story.at(59).waits("c1").at(60).is_offered("ann", "c1")


def test_need_with_an_odd_time_is_dropped_once() -> None:
    odd = {"queue": "support", "require": [("es", 1, 1 / 3)]}
    story = Story(tiny_site(flows={"odd": odd})).calls("c1", to="odd").at(1)
    assert len(story.events(e.RequirementRelaxed)) == 1
    story.agent("ann").is_offered("ann", "c1")


def test_need_that_relaxes_while_the_phone_rings() -> None:
    story = Story(tiny_site(flows={"vip": RELAXING})).agent("bob", skills={"vip": 1, "es": 3})
    story.agent("ann", skills={"vip": 1}).at(15).calls("c1", to="vip").rings("bob").at(40)
    story.at(46).says("bob", Presence.NOT_READY, "x").is_offered("ann", "c1")


# --- refused, busy, unreachable -----------------------------------------------------------------


@pytest.mark.parametrize(
    ("cause", "outcome", "rest"),
    [
        (GoneCause.DECLINED, OfferOutcome.DECLINED, 5),
        (GoneCause.NORMAL, OfferOutcome.DECLINED, 5),
        (GoneCause.BUSY, OfferOutcome.BUSY, 10),
        (GoneCause.UNREACHABLE, OfferOutcome.UNREACHABLE, 30),
        (GoneCause.FAILED, OfferOutcome.FAILED, 5),
    ],
)
def test_phone_refuses(cause: GoneCause, outcome: OfferOutcome, rest: int) -> None:
    story = Story().agent("ann").at(100).calls("c1").rings("ann").phone_ends("ann", cause)
    story.outcome(outcome).waits("c1").is_presence("ann", Presence.AVAILABLE)
    story.at(100 + rest - 0.1).waits("c1").at(100 + rest).is_offered("ann", "c1")
    assert story.cause_of(e.OfferMade) == "RestEnded"
    assert story.agent_of("ann").idle_since == START
    assert story.contact("c1").attempts == 2


def test_other_agent_is_asked_at_once_when_one_refuses() -> None:
    story = Story().agent("ann").agent("bob").calls("c1").rings("ann").rejects("ann")
    story.is_offered("bob", "c1").is_left_alone("ann")
    assert story.cause_of(e.OfferMade) == "OfferEnded"


def test_ready_ends_a_rest() -> None:
    story = Story().agent("ann").calls("c1").rejects("ann").waits("c1").ready("ann")
    story.is_offered("ann", "c1")


def test_dial_fails() -> None:
    story = Story().agent("ann").calls("c1")
    story.fails("Dial", story.phone("ann"), "unreachable").outcome(OfferOutcome.UNREACHABLE)
    story.waits("c1").at(30).is_offered("ann", "c1")
    story.fails("Dial", story.phone("ann"), "ari-500").outcome(OfferOutcome.FAILED)


def test_phone_that_never_rings_is_unreachable() -> None:
    story = Story().agent("ann").agent("bob").calls("c1").is_offered("ann", "c1")
    story.at(2.9).is_offered("ann", "c1").at(3).outcome(OfferOutcome.UNREACHABLE)
    story.is_offered("bob", "c1")
    assert story.done(f.HangUp)


def test_phone_that_is_known_to_be_unreachable_is_not_dialled() -> None:
    story = Story().agent("ann").reachable("ann", False).calls("c1").waits("c1")
    story.reachable("ann", False).nothing_happens()
    story.reachable("ann", True).is_offered("ann", "c1")
    assert story.cause_of(e.OfferMade) == "PhoneChanged"


def test_agent_without_a_phone_gets_no_calls() -> None:
    Story().agent("ann", address="").calls("c1").waits("c1")


# --- no answer ----------------------------------------------------------------------------------


def test_rona() -> None:
    story = Story().agent("ann").at(50).calls("c1").rings("ann", "c1").calls("c2")
    story.at(69.9).is_offered("ann", "c1").at(70).outcome(OfferOutcome.RONA)
    story.is_presence("ann", Presence.NOT_READY, "rona").waits("c1", "c2")
    contact = story.contact("c1")
    assert contact.order_at == after(START, 50)
    story.at(80).agent("bob").is_offered("bob", "c1").waits("c2")  # the original place
    assert story.agent_of("ann").idle_since == START


def test_rona_told_by_the_phone() -> None:
    story = Story().agent("ann").calls("c1").rings("ann").phone_ends("ann", GoneCause.NO_ANSWER)
    story.outcome(OfferOutcome.RONA).is_presence("ann", Presence.NOT_READY, "rona")


def test_short_offer_of_a_phone_that_did_not_ring_yet_is_not_held_against_the_agent() -> None:
    story = Story(tiny_site(queues={"support": Queue("support", offer_seconds=2)}))
    story.agent("ann").calls("c1").at(2).outcome(OfferOutcome.UNREACHABLE)
    story.is_presence("ann", Presence.AVAILABLE)


def test_rona_and_the_answer_in_one_instant() -> None:
    story = Story().agent("ann").calls("c1").rings("ann")
    phone = story.phone("ann")
    story.slow_to_hang_up = True
    story.at(20).outcome(OfferOutcome.RONA).tell(i.LegAnswered(phone)).waits("c1")
    assert len(story.done(f.HangUp, phone)) == 2


# --- the agent changes while the phone rings ----------------------------------------------------


@pytest.mark.parametrize("presence", [Presence.NOT_READY, Presence.LOGGED_OUT])
def test_presence_changes_while_ringing(presence: Presence) -> None:
    story = Story().agent("ann").agent("bob").calls("c1").rings("ann").says("ann", presence, "x")
    story.outcome(OfferOutcome.WITHDRAWN).is_offered("bob", "c1")
    story.is_presence("ann", presence, "x")


def test_ready_again_while_ringing_changes_nothing() -> None:
    Story().agent("ann").calls("c1").rings("ann").ready("ann").is_offered("ann", "c1")


def test_agent_removed_while_ringing() -> None:
    story = Story().agent("ann").calls("c1").rings("ann").removes("ann").waits("c1")
    assert "ann" not in story.engine.state.agents
    story.outcome(OfferOutcome.WITHDRAWN).hangs_up("c1").all_quiet()


def test_agent_loses_the_queue_while_ringing() -> None:
    story = Story().agent("ann").calls("c1").rings("ann").agent("ann", "sales", ready=False)
    story.outcome(OfferOutcome.WITHDRAWN).waits("c1").is_left_alone("ann")


def test_agent_loses_the_skill_while_ringing() -> None:
    story = Story(tiny_site(flows={"spanish": NEEDS_SPANISH})).agent("eva", skills={"es": 3})
    story.calls("c1", to="spanish").rings("eva").agent("eva", skills={"es": 2}, ready=False)
    story.outcome(OfferOutcome.WITHDRAWN).waits("c1")


def test_agent_loses_the_channel_while_ringing() -> None:
    story = Story().agent("ann").calls("c1").rings("ann")
    story.agent("ann", capacity={Channel.CHAT: 1}, ready=False)
    story.outcome(OfferOutcome.WITHDRAWN).waits("c1")


def test_agent_redefined_while_ringing_and_still_fit() -> None:
    story = Story().agent("ann").calls("c1").rings("ann")
    story.agent("ann", skills={"es": 1}, ready=False).is_offered("ann", "c1")


def test_agent_gains_a_skill_and_a_caller() -> None:
    story = Story(tiny_site(flows={"spanish": NEEDS_SPANISH})).agent("eva", skills={"es": 2})
    story.calls("c1", to="spanish").waits("c1").agent("eva", skills={"es": 3}, ready=False)
    story.is_offered("eva", "c1")
    assert story.cause_of(e.OfferMade) == "AgentDefined"


def test_agent_gains_and_loses_a_queue() -> None:
    story = Story().agent("ann", "sales").calls("c1").waits("c1")
    story.agent("ann", "sales support", ready=False).is_offered("ann", "c1").answers("ann")
    story.agent("ann", "sales", ready=False).talks("c1", "ann").hangs_up("c1")
    story.ended("c1", EndReason.CUSTOMER_ENDED).calls("c2").waits("c2")


def test_same_definition_again_is_nothing() -> None:
    story = Story().agent("ann", ready=False)
    story.agent("ann", ready=False).nothing_happens()


# --- explanations -------------------------------------------------------------------------------


def test_candidate_table_names_everybody_of_the_queue() -> None:
    story = Story(tiny_site(flows={"spanish": NEEDS_SPANISH}))
    story.agent("ann", skills={"es": 5}).agent("bob", skills={"es": 2}).at(3)
    story.agent("eva", skills={"es": 3}).agent("dan", skills={"es": 3}, ready=False)
    story.agent("zoe", "sales").calls("c1", to="spanish").calls("c2", to="spanish")
    first, second = (x.candidates for x in story.events(e.OfferMade))
    assert first.is_complete
    assert [(row.agent, row.rank, row.why) for row in first.rows] == [
        ("ann", 1, "preference 1, idle 3.0 s"),
        ("eva", 2, "preference 1, idle 0.0 s"),
        ("bob", 0, "skill:es needs 3 has 2"),
        ("dan", 0, "logged_out"),
    ]
    assert [(row.agent, row.why) for row in second.rows if not row.rank] == [
        ("ann", "offered"),
        ("bob", "skill:es needs 3 has 2"),
        ("dan", "logged_out"),
    ]


def test_large_queues_keep_the_chosen_and_explain_on_demand() -> None:
    story = Story()
    for number in range(51):
        story.agent(f"a{number:02}")
    candidates = story.calls("c1").events(e.OfferMade)[0].candidates
    assert not candidates.is_complete
    assert [(row.agent, row.rank) for row in candidates.rows] == [("a00", 1)]
    whole = story.engine.candidates(story.contact("c1").id)
    assert whole.is_complete
    assert len(whole.rows) == 51


@pytest.mark.parametrize(
    ("why", "tell"),
    [
        ("not_ready:lunch", lambda s: s.says("ann", Presence.NOT_READY, "lunch")),
        ("logged_out", lambda s: s.says("ann", Presence.LOGGED_OUT)),
        ("unreachable", lambda s: s.reachable("ann", False)),
        ("on_line", lambda s: s.dials("ann", "*9")),
        ("no_phone", lambda s: s.agent("ann", address="", ready=False)),
        ("no_capacity", lambda s: s.agent("ann", capacity={Channel.CHAT: 1}, ready=False)),
        ("active", lambda s: s.calls("c0").answers("ann")),
        ("resting:declined", lambda s: s.calls("c0").rejects("ann").hangs_up("c0")),
    ],
)
def test_why_an_agent_cannot(why: str, tell: object) -> None:
    story = Story().agent("ann")
    tell(story)  # type: ignore[operator]
    story.calls("c1").waits("c1")
    rows = story.engine.candidates(story.contact("c1").id).rows
    assert [(row.agent, row.why) for row in rows] == [("ann", why)]


def test_contact_that_was_never_queued_has_no_candidates() -> None:
    story = Story().calls("c1", to="menu")
    with pytest.raises(LookupError, match="never queued"):
        story.engine.candidates(story.contact("c1").id)


@pytest.mark.parametrize(
    ("strategy", "chosen", "why"),
    [
        ("most_skilled", "eva", "preference 1, levels 5, idle 0.0 s"),
        ("least_flexible", "bob", "preference 1, skills 1, idle 0.0 s"),
        ("longest_idle", "ann", "preference 1, idle 0.0 s"),
    ],
)
def test_strategies(strategy: str, chosen: str, why: str) -> None:
    site = tiny_site(
        queues={"support": Queue("support", strategy=strategy)},
        flows={"spanish": NEEDS_SPANISH},
    )
    story = Story(site).agent("ann", skills={"es": 3, "en": 1}).agent("bob", skills={"es": 4})
    story.agent("eva", skills={"es": 5, "en": 1}).calls("c1", to="spanish")
    story.is_offered(chosen, "c1")
    assert story.events(e.OfferMade)[0].candidates.rows[0].why == why


def test_no_offer_to_who_is_leaving() -> None:
    story = Story().agent("ann").calls("c1").answers("ann").removes("ann").talks("c1", "ann")
    story.ready("ann").refused("agent-leaving").hangs_up("c1")
    assert "ann" not in story.engine.state.agents
    story.calls("c2").waits("c2")


def test_unknown_agent_is_refused() -> None:
    story = Story().ready("nobody").refused("agent-unknown")
    story.removes("nobody").refused("agent-unknown")
    story.reachable("nobody", True).refused("agent-unknown")
    story.finishes("nobody").refused("agent-unknown")


def test_profile_is_all_an_agent_starts_with() -> None:
    story = Story().agent("ann", ready=False).is_presence("ann", Presence.LOGGED_OUT)
    assert isinstance(story.agent_of("ann").profile, AgentProfile)
