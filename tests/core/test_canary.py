"""Canaries: who gets them, that nobody changes version, and what ends them."""

from __future__ import annotations

from dataclasses import replace
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acd.app.codec import decode, decode_body, encode, encode_body, export_jsonl
from acd.core import events as e
from acd.core import inputs as i
from acd.core.canary import (
    DOUBT,
    CanaryEnd,
    Figure,
    Guard,
    Outcomes,
    complaint,
    is_no_chance,
    lot,
)
from acd.core.channel import Channel
from acd.core.contact import EndReason
from acd.core.engine import Engine
from acd.core.ids import ContactId
from acd.core.state import State
from acd.core.timers import Instant
from acd.testing.fakes import TinyFlows, tiny_site
from acd.testing.story import START, Story

pytestmark = pytest.mark.core

OLD, NEW = tiny_site("v1"), tiny_site("v2")
BAD = replace(tiny_site("v2"), numbers={})
"""Reaches nothing: every contact with it fails."""


class Trial(Story):
    """A story with a canary."""

    def tries(self, site=NEW, percent=0, numbers=(), guard=None) -> Trial:
        return self.tell(i.StartCanary(site, percent, numbers, guard or Guard()), "cli")

    def site_of(self, caller: str) -> str:
        return self.contact(caller).site

    def ends_because(self) -> e.CanaryEnded:
        (found,) = [r.body for r in self.watch.records if isinstance(r.body, e.CanaryEnded)]
        return found


def test_listed_numbers_are_the_canarys_from_either_side() -> None:
    trial = Trial().tries(numbers=("+c1", "menu"))
    trial.calls("c1").calls("c2").calls("c3", to="menu")
    assert [trial.site_of(caller) for caller in ("c1", "c2", "c3")] == ["v2", "v1", "v2"]


@pytest.mark.parametrize(
    ("named", "caller"),
    [
        ("+1 (555) 010-0199", "+15550100199"),
        ("0015550100199", "+15550100199"),
        (" Zoe@Example.org", "zoe@example.org"),
        ("4711@example.org", "4711@EXAMPLE.org"),
    ],
)
def test_numbers_may_be_written_as_people_write_them(named: str, caller: str) -> None:
    trial = Trial().tries(numbers=(named,))
    for number, sender in enumerate((caller, "4711"), 1):
        trial.tell(i.MessageArrived(number, Channel.CHAT, "support", sender, "", sender, "", "hi"))
    assert [contact.site for contact in trial.engine.state.contacts.values()] == ["v2", "v1"]


def test_messages_have_a_share_too() -> None:
    trial = Trial().tries(numbers=("u7",))
    for number, sender in enumerate(("u7", "u8"), 1):
        trial.tell(i.MessageArrived(number, Channel.CHAT, "support", sender, "", sender, "", "hi"))
    assert [contact.site for contact in trial.engine.state.contacts.values()] == ["v2", "v1"]


@given(st.integers(1, 99), st.text(max_size=20))
@settings(deadline=None, max_examples=50)
def test_the_share_is_right_within_bounds(percent: int, seed: str) -> None:
    taken = sum(lot(ContactId(f"c-{n}-abcd"), seed) < percent for n in range(2000))
    spread = (2000 * percent * (100 - percent)) ** 0.5 / 100
    assert abs(taken - 20 * percent) <= 5 * spread


def test_a_share_of_the_calls_of_an_engine() -> None:
    trial = Trial().tries(percent=20)
    names = [f"c{n}" for n in range(400)]
    trial.calls(*names)
    taken = sum(trial.site_of(name) == "v2" for name in names)
    assert 50 <= taken <= 110


@pytest.mark.parametrize(
    ("cause", "running"),
    [
        (i.EndCanary(), "v1"),
        (i.PromoteCanary(), "v2"),
        (i.PublishSite(NEW), "v2"),
        (i.PublishSite(tiny_site("v3")), "v3"),
        (i.StartCanary(tiny_site("v3"), 99), "v1"),
    ],
)
def test_nobody_in_flight_changes_version(cause: i.Input, running: str) -> None:
    trial = Trial().tries(numbers=("+c1",)).calls("c1").calls("c2")
    trial.tell(cause, "cli")
    assert trial.engine.state.site == running
    assert (trial.site_of("c1"), trial.site_of("c2")) == ("v2", "v1")
    trial.agent("ann").answers("ann").hangs_up("c1").hangs_up("c2")
    assert "v2" in trial.engine.state.sites or running != "v2"


CHANGES = st.sampled_from(["publish", "canary", "promote", "end", "call", "hang"])


@given(st.lists(st.tuples(CHANGES, st.integers(0, 3)), max_size=40))
@settings(deadline=None, max_examples=150)
def test_whatever_is_published_a_contact_keeps_its_version(steps) -> None:
    trial, calls = Trial(), 0
    born: dict[str, str] = {}
    for what, number in steps:
        site = tiny_site(f"v{number}")
        match what:
            case "publish":
                trial.tell(i.PublishSite(site))
            case "canary":
                trial.tell(i.StartCanary(site, 50, (), Guard(least=2)))
            case "promote":
                trial.tell(i.PromoteCanary())
            case "end":
                trial.tell(i.EndCanary())
            case "call":
                trial.calls(f"c{calls}")
                born[f"c{calls}"] = trial.site_of(f"c{calls}")
                calls += 1
            case "hang" if born:
                name = sorted(born)[number % len(born)]
                trial.hangs_up(name)
                del born[name]
        assert {name: trial.site_of(name) for name in born} == born
        state = trial.engine.state
        assert state.canary is None or state.canary.version != state.site


def test_a_worse_canary_is_ended_in_the_step_that_shows_it() -> None:
    trial = Trial().tries(BAD, percent=50, guard=Guard(Figure.FAILED_FLOWS, 10, 6))
    number = 0
    while trial.engine.state.canary is not None:
        number += 1
        trial.calls(f"c{number}")
        if f"c{number}" in {leg.id for leg in trial.engine.state.legs.values()}:
            trial.hangs_up(f"c{number}")
        assert number < 60
    ended = trial.ends_because()
    assert (ended.version, ended.reason, ended.by) == ("v2", CanaryEnd.WORSE, "")
    assert ended.detail.startswith("failed_flows 100 % of 7 contacts, with the running version 0 %")
    cause = next(r for r in trial.watch.records if r.body is ended).cause
    assert isinstance(trial.watch.records[cause - 1].body, e.ContactEnded)
    trial.calls("late")
    assert trial.site_of("late") == "v1"
    assert set(trial.engine.state.sites) == {"v1"}


def test_contacts_from_before_are_not_compared() -> None:
    trial = Trial().calls("old").later(1)
    trial.tries(percent=1).later(1).hangs_up("old")
    canary = trial.engine.state.canary
    assert canary is not None
    assert canary.others.ended == canary.own.ended == 0


@pytest.mark.parametrize(
    ("own", "others", "complains"),
    [
        (Outcomes(30, failed=6), Outcomes(120), True),
        (Outcomes(29, failed=29), Outcomes(120), False),  # too few
        (Outcomes(30, failed=30), Outcomes(29), False),  # too few to compare with
        (Outcomes(30, failed=9), Outcomes(120, failed=24), False),  # may be chance
        (Outcomes(300, failed=90), Outcomes(1200, failed=240), True),  # is not
        (Outcomes(1000, failed=59), Outcomes(4000, failed=0), False),  # is not, but allowed
        (Outcomes(100), Outcomes(100, failed=90), False),  # better
        (Outcomes(100, left=30, abandoned=30), Outcomes(100), True),
    ],
)
def test_what_the_guard_complains_of(own: Outcomes, others: Outcomes, complains: bool) -> None:
    assert bool(complaint(Guard(Figure.LOST, 10, 30), own, others)) is complains


@pytest.mark.parametrize("guard", [Guard(), Guard(worse_by=0, least=5), Guard(least=1)], ids=str)
@pytest.mark.parametrize(("share", "lost"), [(5, 1), (5, 10), (20, 3), (20, 20)])
def test_equal_versions_are_seldom_ended_by_chance(guard: Guard, share: int, lost: int) -> None:
    """Looked at after each of 2,000 contacts; ``lost`` percent are with either version."""
    ended = 0
    for trial in range(60):
        own, others = Outcomes(), Outcomes()
        for number in range(2000):
            is_lost = lot(ContactId(f"{number}"), f"a{trial}") < lost
            which = own if lot(ContactId(f"{number}"), f"b{trial}") < share else others
            reason = EndReason.LEFT_FLOW if is_lost else EndReason.FLOW_ENDED
            which.add(reason, was_queued=False)
            if complaint(guard, own, others):
                ended += 1
                break
    assert ended <= 2


@given(st.integers(1, 40), st.integers(1, 60), st.data())
@settings(deadline=None)
def test_chance_is_counted_exactly(of_mine: int, of_theirs: int, data: st.DataObject) -> None:
    mine = data.draw(st.integers(0, of_mine))
    theirs = data.draw(st.integers(0, of_theirs))
    both = mine + theirs
    ways = sum(
        comb(of_mine, x) * comb(of_theirs, both - x) for x in range(mine, min(of_mine, both) + 1)
    )
    chance = ways / comb(of_mine + of_theirs, both)
    if abs(chance - DOUBT) > 1e-9:
        assert is_no_chance(mine, of_mine, theirs, of_theirs) is (chance < DOUBT)


@pytest.mark.parametrize(
    ("counts", "expected"),
    [((50_000, 100_000, 10_000, 400_000), True), ((20_100, 100_000, 80_000, 400_000), False)],
)
def test_chance_of_many_contacts(counts: tuple[int, int, int, int], expected: bool) -> None:
    assert is_no_chance(*counts) is expected


@pytest.mark.parametrize("figure", list(Figure))
def test_each_figure_counts_its_own(figure: Figure) -> None:
    outcomes = Outcomes()
    assert outcomes.percent(figure) is None
    for reason in (EndReason.LEFT_FLOW, EndReason.FLOW_FAILED, EndReason.FLOW_ENDED):
        outcomes.add(reason, was_queued=False)
    for reason in (EndReason.ABANDONED, EndReason.AGENT_ENDED, EndReason.NUMBER_UNKNOWN):
        outcomes.add(reason, was_queued=True)
    counts = {"lost": 4, "failed_flows": 2, "left_flow": 1, "abandoned": 1, "not_contained": 3}
    assert outcomes.count(figure) == counts[figure]
    assert outcomes.percent(figure) == pytest.approx(100 * counts[figure] / 6)


@pytest.mark.parametrize(
    ("cause", "code"),
    [
        (i.StartCanary(OLD, 20), "version-running"),
        (i.StartCanary(NEW, 100), "share-invalid"),
        (i.StartCanary(NEW, -1), "share-invalid"),
        (i.StartCanary(NEW), "share-invalid"),
        (i.PromoteCanary(), "no-canary"),
        (i.EndCanary(), "no-canary"),
    ],
)
def test_what_is_refused(cause: i.Input, code: str) -> None:
    assert Story().tell(cause).refused(code).engine.state.canary is None


def test_no_canary_before_anything_runs() -> None:
    engine = Engine(TinyFlows(), is_strict=True)
    engine.step(i.OpenLog("test", "x"), now=START)
    refused = engine.step(i.StartCanary(NEW, 20), now=START).refused
    assert refused is not None
    assert refused.code == "nothing-published"


def test_it_is_written_down_and_replays() -> None:
    trial = Trial().tries(percent=30, guard=Guard(Figure.ABANDONED, 5, 10))
    trial.calls(*(f"c{n}" for n in range(20))).hangs_up("c3").hangs_up("c7")
    records = trial.watch.records
    for record in records:
        assert decode_body(*encode_body(record.body)) == record.body
    state = decode(encode(trial.engine.state), State)
    assert state.canary == trial.engine.state.canary
    again = Engine(TinyFlows(), is_strict=True)
    told = []
    for record in records:
        if record.is_input:
            told += again.step(record.body, now=Instant(record.at), actor=record.actor).records
    assert list(export_jsonl(told)) == list(export_jsonl(records))
