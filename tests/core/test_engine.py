"""The engine's contract: time, refusals, bugs, folding, ids."""

from __future__ import annotations

import re
from copy import deepcopy

import pytest

from acd.core import events as e
from acd.core import inputs as i
from acd.core.agent import Presence
from acd.core.contact import ContactState
from acd.core.engine import Engine, Outcome
from acd.core.errors import AcdError
from acd.core.ids import AgentName, ContactId, LegId, mint
from acd.core.leg import GoneCause
from acd.core.machine import CONTACT, LEG, WORK, IllegalTransition, move
from acd.core.record import Record
from acd.core.timers import NEVER, Instant, Purpose, Timers
from acd.testing.fakes import TinyFlows
from acd.testing.invariants import InvariantBroken, difference, problems
from acd.testing.story import START, Story

pytestmark = pytest.mark.core


def test_a_log_is_opened_once() -> None:
    Story().tell(i.OpenLog("test", "other")).refused("log-open")


def test_nothing_due_is_an_empty_outcome() -> None:
    story = Story()
    assert story.engine.next_deadline() is None
    assert story.engine.advance(now=START) == Outcome((), ())


def test_clock_that_goes_back_stands_still() -> None:
    story = Story().at(100).calls("c1", to="menu")
    story.now = START
    story.calls("c2")
    assert story.watch.records[-1].at == START + 100_000_000
    assert story.contact("c2").order_at == START + 100_000_000
    assert story.engine.advance(now=START) == Outcome((), ())
    story.at(105).in_flow("c1")


def test_many_deadlines_come_due_in_their_order() -> None:
    story = Story().calls("c1", to="menu").at(1).calls("c2", to="menu")
    story.now = Instant(START + 6_000_000)
    story._took(story.engine.advance(now=story.now))
    waits = [r.body.contact for r in story.last.records if isinstance(r.body, e.FlowWaiting)]
    assert waits == [story.contact("c1").id, story.contact("c2").id]


def test_input_comes_before_what_it_causes() -> None:
    story = Story().agent("ann").calls("c1")
    first, *others = story.last.records
    assert first.is_input
    assert (first.cause, first.actor, first.type) == (0, "pbx", "LegArrived")
    assert not any(record.is_input for record in others)


def test_ids_lead_to_their_birth() -> None:
    story = Story().agent("ann").calls("c1")
    for prefix, kind, name in [("c", e.ContactOpened, "contact"), ("o", e.OfferMade, "offer")]:
        record = story.record(kind)
        assert getattr(record.body, name) == mint(prefix, record.seq, "story")


def test_ids_of_two_logs_never_meet() -> None:
    assert re.fullmatch(r"c-17-[a-z0-9]{6,8}", mint("c", 17, "one"))
    assert mint("c", 17, "one") != mint("c", 17, "two")
    assert len({mint("c", 17, "x" * 100), mint("c", 18, "x" * 100)}) == 2


# --- bugs of ours -------------------------------------------------------------------------------


@pytest.mark.parametrize(("table", "kind"), [(CONTACT, ContactState), (LEG, None), (WORK, None)])
def test_tables_name_every_state(table: dict[object, frozenset[object]], kind: object) -> None:
    states = set(table)
    assert states == set(type(next(iter(states))))
    assert all(following <= states for following in table.values())


def test_illegal_move_is_named() -> None:
    with pytest.raises(IllegalTransition, match="c-1 cannot go from closed to waiting") as caught:
        move(CONTACT, ContactState.CLOSED, ContactState.WAITING, "c-1")
    assert caught.value.code == "illegal-transition"


def broken_story(*, is_strict: bool) -> tuple[Engine, ContactId]:
    story = Story().calls("c1")
    engine = Engine(TinyFlows(), deepcopy(story.engine.state), is_strict=is_strict)
    contact = story.contact("c1").id
    # A leg that went on without us having taken note: being hung up, and now up.
    engine.state.legs[LegId("c1")].state = engine.state.legs[LegId("c1")].state.__class__.GONE
    return engine, contact


def test_illegal_transition_raises_in_tests() -> None:
    engine, _ = broken_story(is_strict=True)
    with pytest.raises(IllegalTransition):
        engine.step(i.LegReturned(LegId("c1"), "pbx", "", ""), now=START)


def test_illegal_transition_is_counted_in_production_and_the_centre_goes_on() -> None:
    engine, contact = broken_story(is_strict=False)
    outcome = engine.step(i.LegReturned(LegId("c1"), "pbx", "", ""), now=START)
    assert engine.illegal_count == 1
    assert len(outcome.records) == 1
    assert engine.state.contacts[contact].state is ContactState.WAITING


def test_illegal_offer_is_dropped_and_does_not_go_round_for_ever() -> None:
    story = Story().agent("ann", ready=False).calls("c1").calls("c2")
    engine = Engine(TinyFlows(), deepcopy(story.engine.state))
    engine.state.contacts[story.contact("c1").id].state = ContactState.CLOSED  # a bug
    engine.step(i.SetPresence(AgentName("ann"), Presence.AVAILABLE), now=START)
    assert engine.illegal_count == 1


def test_illegal_event_changes_nothing() -> None:
    story = Story().agent("ann").calls("c1")
    before = deepcopy(story.engine.state)
    offer = story.offered("ann")
    story.contact("c1").state = before.contacts[offer.contact].state = ContactState.CLOSED
    event = e.OfferAccepted(offer.contact, AgentName("ann"), offer.offer, "s-1")  # type: ignore[arg-type]
    record = Record(before.seq + 1, story.now, before.seq, "pbx", event)
    with pytest.raises(IllegalTransition):
        story.engine.fold(record)
    assert story.engine.state == before


# --- restoring ----------------------------------------------------------------------------------


def test_restored_engine_goes_on_alike() -> None:
    story = Story().agent("ann").agent("bob").calls("c1", "c2", "c3").rings("ann").at(3)
    other = Engine(TinyFlows(), deepcopy(story.engine.state), is_strict=True)
    third = Engine(TinyFlows(), is_strict=True)
    for record in story.watch.records:
        third.fold(record)
    cause = i.LegGone(LegId("c1"))
    outcomes = [x.step(cause, now=story.now) for x in (story.engine, other, third)]
    assert outcomes[0] == outcomes[1] == outcomes[2]


def test_contact_left_waiting_by_an_older_engine_is_matched() -> None:
    story = Story().calls("c1").agent("ann", ready=False)
    state = deepcopy(story.engine.state)
    state.agents[AgentName("ann")].presence = Presence.AVAILABLE
    engine = Engine(TinyFlows(), state)
    outcome = engine.step(i.LegRinging(LegId("x")), now=story.now)
    assert [type(r.body) for r in outcome.records[1:]] == [e.OfferMade, e.LegOpened]


# --- timers -------------------------------------------------------------------------------------


def test_timers_are_moved_and_cleared() -> None:
    due: dict[str, Instant] = {}
    timers = Timers(due)
    timers.set(Purpose.FLOW, "a", Instant(5))
    timers.set(Purpose.FLOW, "a", Instant(3))
    timers.set(Purpose.FLOW, "b", Instant(4))
    timers.clear(Purpose.FLOW, "b")
    timers.clear(Purpose.FLOW, "never")
    assert (timers.next(), due) == (3, {"flow:a": 3})
    assert timers.pop_due(Instant(2)) is None
    assert timers.pop_due(Instant(3)) == (Purpose.FLOW, "a")
    assert timers.pop_due(Instant(9)) is None
    assert not due


def test_timers_of_one_instant_come_in_the_order_of_their_keys() -> None:
    timers = Timers({"flow:b": Instant(1), "flow:a": Instant(1)})
    timers.set(Purpose.REST, "a", Instant(1))
    found = [timers.pop_due(Instant(1)) for _ in range(3)]
    assert found == [(Purpose.FLOW, "a"), (Purpose.FLOW, "b"), (Purpose.REST, "a")]


def test_cleared_timers_do_not_pile_up() -> None:
    timers = Timers({})
    for number in range(10_000):
        timers.set(Purpose.QUEUE, str(number), Instant(number))
        timers.clear(Purpose.QUEUE, str(number))
    assert len(timers) < 200


# --- the checks themselves ----------------------------------------------------------------------


def test_invariants_see_a_planted_fault() -> None:
    story = Story().agent("ann").calls("c1", "c2")
    state = story.engine.state
    assert problems(state) == []
    leg = state.legs.pop(story.phone("ann"))
    assert any("has lost its leg" in problem for problem in problems(state))
    state.legs[leg.id] = leg
    state.deadlines.clear()
    assert any("deadline offer:" in problem for problem in problems(state))
    story.contact("c2").state = ContactState.CLOSED
    with pytest.raises(InvariantBroken, match="still in the state"):
        story.hangs_up("c1", GoneCause.NORMAL)


def test_difference_is_named() -> None:
    one, other = Story().calls("c1").engine.state, Story().calls("c1").engine.state
    assert one == other
    next(iter(other.contacts.values())).priority = 7
    assert difference(one, other).endswith(".priority: 0 is not 7")
    other.contacts.clear()
    assert "only left" in difference(one, other)
    assert NEVER == 0


def test_error_shows_its_hint() -> None:
    error = AcdError("it broke", hint="mend it", code="broken")
    assert (str(error), error.code, str(AcdError("plain"))) == (
        "it broke (mend it)",
        "broken",
        "plain",
    )
