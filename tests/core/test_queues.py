"""Flows and queues: menus, music, full queues, longest waits, voicemail, sites that change."""

from __future__ import annotations

import pytest

from acd.core import effects as f
from acd.core import events as e
from acd.core import inputs as i
from acd.core.agent import Presence
from acd.core.contact import EndReason
from acd.core.flows import DigitPressed, Enqueue, Prompt, Signal, Step, VisitNode
from acd.core.ids import LegId, PlaybackId, RecordingId
from acd.core.leg import GoneCause
from acd.core.queue import Queue
from acd.core.site import Site
from acd.testing.fakes import TinyFlows, tiny_site
from acd.testing.story import Story

pytestmark = pytest.mark.core


# --- flows --------------------------------------------------------------------------------------


def test_menu_by_key() -> None:
    story = Story().calls("c1", to="menu").in_flow("c1").presses("c1", "1").waits("c1")
    assert story.contact("c1").queue == "sales"
    assert story.contact("c1").attributes == {"choice": "1"}
    assert [x.node for x in story.events(e.NodeEntered)] == ["start"]


def test_menu_takes_nobody_prisoner() -> None:
    story = Story().calls("c1", to="menu").presses("c1", "9").in_flow("c1").at(5).in_flow("c1")
    story.at(10).waits("c1")
    assert len(story.done(f.Play)) == 3
    assert len(story.done(f.StopPlay)) == 3


def test_what_is_played_ends_and_the_menu_goes_on_waiting() -> None:
    story = Story().calls("c1", to="menu").hears("c1").in_flow("c1")
    story.tell(i.PlaybackEnded(LegId("c1"), PlaybackId("p-1"))).nothing_happens()
    story.at(5).in_flow("c1")
    assert len(story.done(f.Play)) == 2


def test_language_is_spoken_from_then_on() -> None:
    site = tiny_site(flows={"hola": {"language": "es", "menu": {}, "queue": "support"}})
    story = Story(site).calls("c1", to="hola")
    (play,) = story.done(f.Play)
    assert (play.language, play.site, play.prompts) == ("es", "v1", (Prompt("key", "menu"),))


@pytest.mark.parametrize(
    ("end", "reason"),
    [
        ("finished", EndReason.FLOW_ENDED),
        ("failed", EndReason.FLOW_FAILED),
        ("message_left", EndReason.VOICEMAIL),
    ],
)
def test_flow_ends_the_call(end: str, reason: EndReason) -> None:
    story = Story(tiny_site(flows={"end": {"end": end}})).calls("c1", to="end")
    story.ended("c1", reason).all_quiet()


def test_keys_mean_nothing_outside_a_flow() -> None:
    story = Story().agent("ann").calls("c1", "c2").presses("c2", "1").nothing_happens()
    story.answers("ann").presses("c1", "1").nothing_happens()
    story.tell(i.DigitReceived(story.phone("ann"), "1")).nothing_happens()
    story.tell(i.DigitReceived(LegId("nobody"), "1")).nothing_happens()


def test_flow_that_never_waits_ends_the_call() -> None:
    site = tiny_site(
        queues={"full": Queue("full", max_waiting=0)},
        flows={"round": {"queue": "full", "left": "again"}},
    )
    Story(site).calls("c1", to="round").ended("c1", EndReason.FLOW_FAILED).all_quiet()


def test_action_that_no_flow_may_take_is_a_bug() -> None:
    class Broken(TinyFlows):
        def step(
            self, site: Site, contact: object, signal: Signal, now: object, centre: object
        ) -> Step:
            if isinstance(signal, DigitPressed):
                return Step((DigitPressed("1"),), contact.cursor)  # type: ignore[arg-type,attr-defined]
            return super().step(site, contact, signal, now, centre)  # type: ignore[arg-type]

    story = Story(flows=Broken()).calls("c1", to="menu")
    with pytest.raises(AssertionError, match="ends a step"):
        story.presses("c1", "1")


# --- music --------------------------------------------------------------------------------------


def test_no_music_when_an_agent_answers_at_once() -> None:
    story = Story().agent("ann").calls("c1").rings("ann").at(0.6).answers("ann").at(5)
    assert not story.done(f.Hold)


def test_music_when_nobody_answers_at_once() -> None:
    story = Story().agent("ann").calls("c1").rings("ann").at(0.69)
    assert not story.done(f.Hold)
    story.at(0.7)
    assert story.done(f.Hold) == [f.Hold(LegId("c1"), "default")]
    assert story.cause_of(e.MusicStarted) == "TimePassed"


def test_music_at_once_when_nobody_is_free() -> None:
    story = Story(tiny_site(queues={"support": Queue("support", music="jazz")})).calls("c1")
    assert story.done(f.Hold) == [f.Hold(LegId("c1"), "jazz")]
    assert story.cause_of(e.MusicStarted) == "ContactQueued"


def test_music_at_once_when_the_only_agent_refuses() -> None:
    story = Story().agent("ann").calls("c1").rings("ann").at(0.2).rejects("ann").waits("c1")
    assert story.done(f.Hold)
    assert story.cause_of(e.MusicStarted) == "OfferEnded"


def test_music_goes_on_over_missed_rings() -> None:
    story = Story().agent("ann").calls("c1").rings("ann").at(1).rejects("ann").at(10)
    assert len(story.done(f.Hold)) == 1


def test_music_again_after_the_agents_phone_died() -> None:
    story = Story().agent("ann").calls("c1").rings("ann").at(1).answers("ann")
    story.reachable("ann", False).phone_ends("ann", GoneCause.FAILED)
    assert len(story.done(f.Hold)) == 2


# --- limits -------------------------------------------------------------------------------------


def test_longest_wait() -> None:
    story = Story(tiny_site(queues={"support": Queue("support", max_wait_seconds=60)}))
    story.calls("c1").at(59).waits("c1").at(60).in_flow("c1")
    assert story.done(f.Unhold) == [f.Unhold(LegId("c1"))]
    assert story.events(e.QueueLeft)[0].reason == "timeout"
    story.hears("c1").ended("c1", EndReason.FLOW_ENDED).all_quiet()


def test_flow_may_shorten_the_wait_but_not_lengthen_it() -> None:
    flows = {
        "short": {"queue": "support", "max_wait": 10},
        "long": {"queue": "support", "max_wait": 9999},
    }
    story = Story(tiny_site(flows=flows)).calls("c1", to="short").calls("c2", to="long")
    story.at(10).in_flow("c1").waits("c2").at(599).waits("c2").at(600).in_flow("c2")


def test_longest_wait_passes_while_the_phone_rings() -> None:
    site = tiny_site(queues={"support": Queue("support", max_wait_seconds=10)})
    story = Story(site).agent("ann").calls("c1").rings("ann").at(12).is_offered("ann", "c1")
    story.at(20).in_flow("c1")
    assert story.cause_of(e.QueueLeft) == "TimePassed"


def test_longest_wait_passes_while_the_phone_rings_and_is_answered() -> None:
    site = tiny_site(queues={"support": Queue("support", max_wait_seconds=10)})
    story = Story(site).agent("ann").calls("c1").rings("ann").at(12).answers("ann")
    story.talks("c1", "ann").at(60).talks("c1", "ann")


def test_left_by_the_queue_into_another_one() -> None:
    site = tiny_site(
        queues={"support": Queue("support", max_wait_seconds=10)},
        flows={"support": {"queue": "support", "left": "sales"}},
    )
    story = Story(site).calls("c1").at(10).waits("c1").agent("ann", "sales")
    story.is_offered("ann", "c1")
    assert [x.queue for x in story.events(e.ContactQueued)] == ["support", "sales"]


def test_full_queue() -> None:
    story = Story(tiny_site(queues={"support": Queue("support", max_waiting=2)}))
    story.calls("c1", "c2").waits("c1", "c2").calls("c3").in_flow("c3").hangs_up("c1")
    story.calls("c4").waits("c4")
    assert "left-full" in [x.node for x in story.events(e.NodeEntered)]


def test_full_queue_still_takes_who_need_not_wait() -> None:
    site = tiny_site(
        queues={"support": Queue("support", max_waiting=1)},
        flows={"spanish": {"queue": "support", "require": [("es", 1, None)]}},
    )
    story = Story(site).agent("ann").calls("c1", to="spanish").waits("c1").calls("c2")
    story.is_offered("ann", "c2").calls("c3").in_flow("c3")


def test_queue_where_nobody_may_wait() -> None:
    story = Story(tiny_site(queues={"support": Queue("support", max_waiting=0)})).agent("ann")
    story.calls("c1").is_offered("ann", "c1").calls("c2").in_flow("c2")


def test_unknown_queue() -> None:
    story = Story(tiny_site(flows={"odd": {"queue": "nowhere"}})).calls("c1", to="odd")
    story.in_flow("c1").hears("c1").ended("c1", EndReason.FLOW_ENDED)
    assert "left-unknown" in [x.node for x in story.events(e.NodeEntered)]


# --- voicemail ----------------------------------------------------------------------------------

MAIL = {"support": {"queue": "support", "left": "voicemail"}}
SHORT = {"support": Queue("support", max_wait_seconds=10)}


def test_voicemail_after_the_longest_wait() -> None:
    story = Story(tiny_site(queues=SHORT, flows=MAIL)).calls("c1").at(10).hears("c1")
    (message,) = story.done(f.TakeMessage)
    assert message.recording == story.contact("c1").recording
    story.at(15).speaks("c1", 4.5).ended("c1", EndReason.VOICEMAIL).all_quiet()


def test_message_ended_by_hanging_up() -> None:
    story = Story().calls("c1", to="mail").hears("c1").hangs_up("c1")
    story.ended("c1", EndReason.VOICEMAIL)


def test_hanging_up_before_the_beep_leaves_no_message() -> None:
    Story().calls("c1", to="mail").hangs_up("c1").ended("c1", EndReason.LEFT_FLOW)


def test_message_told_twice_or_for_another_recording() -> None:
    site = tiny_site(flows={"mail": {"after": "stay"}})

    class Staying(TinyFlows):
        def step(
            self, site: Site, contact: object, signal: Signal, now: object, centre: object
        ) -> Step:
            step = super().step(site, contact, signal, now, centre)  # type: ignore[arg-type]
            is_done = type(signal).__name__ == "MessageDone"
            return Step((VisitNode("mail", "done"),), step.cursor) if is_done else step

    story = Story(site, Staying()).calls("c1", to="mail").hears("c1")
    story.tell(i.RecordingEnded(LegId("c1"), RecordingId("r-1"), 3)).nothing_happens()
    story.speaks("c1", 2).in_flow("c1").speaks("c1", 2).nothing_happens()


# --- sites --------------------------------------------------------------------------------------


def test_contacts_keep_the_site_they_came_with() -> None:
    story = Story().calls("c1", to="menu").calls("c2")
    new = tiny_site("v2", queues={"fast": Queue("fast")}, flows={"menu": {"queue": "fast"}})
    story.publishes(new).presses("c1", "2").waits("c1").calls("c3", to="menu").waits("c3")
    assert story.contact("c1").queue == "support"
    assert story.contact("c3").queue == "fast"
    assert set(story.engine.state.sites) == {"v1", "v2"}
    story.hangs_up("c1").hangs_up("c2")
    assert set(story.engine.state.sites) == {"v2"}


def test_queue_of_the_old_site_serves_its_callers_to_the_end() -> None:
    story = Story(tiny_site(queues={"support": Queue("support", wrapup_seconds=30)}))
    story.calls("c1").publishes(Site("v2")).agent("ann").answers("ann").hangs_up("c1")
    story.wraps_up("c1", "ann").later(30).all_quiet()
    assert set(story.engine.state.sites) == {"v2"}


def test_same_site_again_is_nothing() -> None:
    Story().publishes(tiny_site()).nothing_happens()


def test_unused_site_is_dropped_and_may_come_back() -> None:
    story = Story().calls("c1").publishes(tiny_site("v2")).publishes(tiny_site("v1"))
    assert set(story.engine.state.sites) == {"v1"}
    story.waits("c1").hangs_up("c1")
    assert set(story.engine.state.sites) == {"v1"}


def test_rule_of_each_site_chooses_for_its_own_callers() -> None:
    skilled = {"support": Queue("support", strategy="most_skilled")}
    story = Story().calls("c1").publishes(tiny_site("v2", queues=skilled)).calls("c2")
    story.agent("ann").is_offered("ann", "c1").says("ann", Presence.NOT_READY, "x")
    assert len(story.engine.index.standing()) == 2


def test_enqueue_needs_nothing_but_a_queue() -> None:
    assert Enqueue("support") == Enqueue("support", 0, (), None)
