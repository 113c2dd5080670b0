"""The virtual world: phones, chats, wrap-up, patience, limits; and the real engine's invariants."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace

import pytest
from simkit import parsed, records_of, scenario, with_traffic

from acd.core import events as e
from acd.core import inputs as i
from acd.core.contact import EndReason
from acd.core.leg import LegState
from acd.core.offer import OfferOutcome
from acd.core.record import Record
from acd.core.timers import MICROSECONDS
from acd.sim.driver import START, Ended, run
from acd.sim.scenario import Scenario

pytestmark = pytest.mark.core

ONE = """
duration_seconds = 600
[[queue]]
name = "support"
{queue}
[[agents]]
name = "ann"
count = {count}
queues = ["support"]
capacity = {{ voice = 1, chat = 2 }}
{agents}
[[traffic]]
name = "calls"
queue = "support"
arrivals = {{ process = "trace", file = "at.csv" }}
handle = {{ distribution = "deterministic", mean_seconds = 60 }}
{traffic}
"""


def one(at: str, *, queue="", count=1, agents="", traffic="") -> Scenario:
    text = ONE.format(queue=queue, count=count, agents=agents, traffic=traffic)
    return parsed(text, {"at.csv": at})


def story(found: Scenario) -> list[tuple[float, str]]:
    """The events of contacts and offers, with seconds since the start."""
    wanted = (
        e.ContactQueued,
        e.OfferMade,
        e.OfferRinging,
        e.OfferAccepted,
        e.OfferEnded,
        e.ContactEnded,
        e.WrapupStarted,
        e.WorkDone,
        e.QueueLeft,
    )
    return [
        ((record.at - START) / MICROSECONDS, record.type)
        for record in records_of(found)
        if isinstance(record.body, wanted)
    ]


def ended_by(records: list[Record]) -> Counter[EndReason]:
    return Counter(r.body.reason for r in records if isinstance(r.body, e.ContactEnded))


def test_trace_arrivals_wait_for_the_one_agent() -> None:
    assert story(one("0\n10\n")) == [
        (0, "ContactQueued"),
        (0, "OfferMade"),
        (0, "OfferAccepted"),
        (10, "ContactQueued"),
        (60, "ContactEnded"),
        (60, "WorkDone"),
        (60, "OfferMade"),
        (60, "OfferAccepted"),
        (120, "ContactEnded"),
        (120, "WorkDone"),
    ]


def test_a_phone_rings_before_it_is_answered() -> None:
    assert story(one("5\n", agents="ring_seconds = 4"))[:4] == [
        (5, "ContactQueued"),
        (5, "OfferMade"),
        (5, "OfferRinging"),
        (9, "OfferAccepted"),
    ]


def test_patience_ends_while_it_rings() -> None:
    patience = 'patience = { distribution = "deterministic", mean_seconds = 3 }'
    found = one("5\n", agents="ring_seconds = 4", traffic=patience)
    assert story(found)[3:] == [(8, "OfferEnded"), (8, "ContactEnded")]
    records = records_of(found)
    assert ended_by(records) == {EndReason.ABANDONED: 1}
    outcomes = [r.body.outcome for r in records if isinstance(r.body, e.OfferEnded)]
    assert outcomes == [OfferOutcome.WITHDRAWN]


def test_patience_that_outlasts_the_wait_changes_nothing() -> None:
    patience = 'patience = { distribution = "deterministic", mean_seconds = 51 }'
    found = one("0\n10\n", traffic=patience)
    assert story(found) == story(one("0\n10\n"))
    # The forgotten patience does not advance the clock either: nothing happens at 51 or 61.
    assert {r.at for r in records_of(found)} == {
        START + s * MICROSECONDS for s in (0, 10, 60, 120)
    } | {START + 10 * MICROSECONDS}


def test_wrapup_keeps_the_agent() -> None:
    found = one("0\n10\n", queue="wrapup_seconds = 30")
    assert (60, "WrapupStarted") in story(found)
    assert (90, "OfferMade") in story(found)
    short = one("0\n10\n", traffic="wrapup_seconds = 5")
    assert (65, "OfferMade") in story(short)


def test_wrapup_shorter_than_the_queue_grants_is_ended_by_the_agent() -> None:
    two = one("0\n10\n", traffic="wrapup_seconds = 5")
    other = replace(two.traffic[0], name="long", wrapup_seconds=30.0)
    queues = {name: replace(q, wrapup_seconds=30.0) for name, q in two.queues.items()}
    found = replace(two, traffic=(two.traffic[0], other), queues=queues)
    records = records_of(found)
    finished = [r for r in records if isinstance(r.body, i.FinishWrapup)]
    assert [(r.at - START) / MICROSECONDS for r in finished] == [65, 220]
    assert {r.actor for r in finished} == {"agent:ann-1"}


def test_longest_wait_gives_the_caller_back_to_the_flow() -> None:
    found = one("0\n10\n", queue="max_wait_seconds = 20")
    assert (30, "QueueLeft") in story(found)
    assert ended_by(records_of(found))[EndReason.FLOW_ENDED] == 1


def test_a_full_queue_refuses() -> None:
    found = one("0\n10\n11\n12\n", queue="max_waiting = 1")
    records = records_of(found)
    assert sum(isinstance(r.body, e.ContactQueued) for r in records) == 2
    assert ended_by(records)[EndReason.FLOW_ENDED] == 2


def test_two_chats_at_once_and_the_third_waits() -> None:
    found = one("0\n1\n2\n", traffic='channel = "chat"', agents="ring_seconds = 2")
    assert [at for at, what in story(found) if what == "OfferAccepted"] == [2, 3, 64]
    assert ended_by(records_of(found)).total() == 3


def test_a_chat_is_abandoned_while_it_is_shown() -> None:
    patience = 'patience = { distribution = "deterministic", mean_seconds = 3 }'
    found = one("0\n", traffic='channel = "chat"\n' + patience, agents="ring_seconds = 5")
    assert story(found)[2:] == [(3, "OfferEnded"), (3, "ContactEnded")]


def test_both_parties_hang_up() -> None:
    reasons = ended_by(records_of(replace(scenario("erlang-a-4"), duration_seconds=40_000.0)))
    talked = reasons[EndReason.CUSTOMER_ENDED] + reasons[EndReason.AGENT_ENDED]
    assert abs(reasons[EndReason.AGENT_ENDED] / talked - 0.5) < 0.06
    assert reasons[EndReason.ABANDONED] > 100


def test_nobody_waits_while_somebody_is_free() -> None:
    found = replace(scenario("two-skills"), duration_seconds=3600.0, warmup_seconds=0.0)
    ended = run(found, lambda records: None)
    assert ended.contact_count > 250
    check(ended)


def check(ended: Ended) -> None:
    engine = ended.engine
    assert engine.illegal_count == 0
    for contact in engine.state.contacts.values():
        if contact.state == "waiting":
            assert not any(row.rank for row in engine.candidates(contact.id).rows)
    closing = [leg for leg in engine.state.legs.values() if leg.state is LegState.CLOSING]
    assert not closing  # every hang-up was done


def test_common_random_numbers() -> None:
    # Another policy, team or wrap-up meets the same callers at the same instants.
    def arrivals(found: Scenario) -> list[tuple[int, str]]:
        return [(r.at, r.body.ani) for r in records_of(found) if isinstance(r.body, i.LegArrived)]

    base = replace(scenario("erlang-a-10"), duration_seconds=5000.0)
    assert arrivals(base) == arrivals(base.with_policy("least_flexible"))
    assert arrivals(base) == arrivals(with_traffic(base, wrapup_seconds=9.0, patience=None))
    assert arrivals(base) != arrivals(replace(base, seed=2))


def test_progress_is_told() -> None:
    told: list[float] = []
    run(replace(scenario("erlang-a-4"), duration_seconds=100_000.0), lambda _: None, told.append)
    assert len(told) >= 3
    assert told == sorted(told)
    assert 0 < told[0] < told[-1] <= 1
