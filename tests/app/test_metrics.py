"""Metrics: every figure by hand once, and all sums at every moment of busy centres."""

from __future__ import annotations

import dataclasses

import pytest

from acd.app.agent_time import AgentClock
from acd.app.codec import CodecError, encode
from acd.app.figures import Tally, figures_of
from acd.app.metrics import Metrics
from acd.app.metrics_state import MetricsState
from acd.core import events as e
from acd.core import inputs as i
from acd.core.agent import AgentProfile
from acd.core.leg import GoneCause
from acd.core.queue import Queue
from acd.core.timers import after
from acd.ports.store import Snapshot
from acd.testing.pretend import START, Pretend, busy_centre

pytestmark = pytest.mark.app

SALES = Queue("sales", wrapup_seconds=10, offer_seconds=20, max_wait_seconds=100)
ANN = AgentProfile("ann", queues={"sales": 1}, address="ann")


def _metrics(centre, **settings):
    metrics = Metrics(**settings)
    metrics.fold_all(centre.records)
    assert metrics.violations() == []
    return metrics


@pytest.fixture
def day():
    centre = Pretend([SALES], [ANN])
    centre.log_in(0, "ann")
    centre.call(10, "a", "sales")
    centre.answer(13, "a")
    centre.call(20, "b", "sales")
    centre.call(22, "c", "sales")
    centre.hang_up(24, "c")  # short
    centre.call(25, "d", "sales")
    centre.hang_up(60, "d")
    centre.hang_up(73, "a")  # wrap-up until 83, then b is offered and missed at 103
    centre.log_in(110, "ann")
    centre.answer(112, "b")
    centre.hang_up(142, "b")
    centre.tell(145, i.FinishWrapup("ann"))
    centre.away(146, "ann", "lunch")
    centre.call(150, "e", "sales")  # leaves at 250
    centre.call(255, "g", "sales")
    centre.tell(260)
    return centre


def test_every_figure_of_a_day(day):
    figures = _metrics(day).queue("sales", after(START, 260))
    assert dataclasses.asdict(figures) == {
        "offered": 6,
        "answered": 2,
        "abandoned": 2,
        "short_abandoned": 1,
        "left": {"timeout": 1},
        "waiting": 1,
        "handled": 2,
        "longest_wait_seconds": 5,
        "asa_seconds": (3 + 92) / 2,
        "mean_wait_seconds": (3 + 92 + 2 + 35 + 100) / 5,
        "mean_abandon_seconds": (2 + 35) / 2,
        "max_wait_seconds": 100,
        "wait_probability": 5 / 6,
        "abandon_rate": 2 / 6,
        "net_abandon_rate": 1 / 5,
        "talk_seconds": (60 + 30) / 2,
        "wrapup_seconds": (10 + 3) / 2,
        "aht_seconds": (70 + 33) / 2,
        "service_level": {
            "acd": 1 / (2 + 1 + 1),
            "answered": 1 / 2,
            "queue2": 2 / 4,
            "genesys": 1 / 3,
            "removed": 2 / 6,
            "strict": 1 / 6,
        },
    }


def test_an_agent_s_day(day):
    figures = _metrics(day).agent("ann", after(START, 260))
    assert figures.handled == 2
    assert figures.logged_in_seconds == 260
    assert figures.idle_seconds == 10 + 1
    assert figures.ringing_seconds == 3 + 20 + 2
    assert figures.handling_seconds == 70 + 33
    assert figures.not_ready_seconds == {"rona": 7, "lunch": 114}
    assert figures.offers == {"accepted": 2, "rona": 1}
    assert figures.occupancy == 103 / (103 + 25 + 11)
    assert figures.occupancy_without_ringing == 103 / (103 + 11)
    assert figures.utilisation == 103 / 260
    assert figures.non_response_rate == 1 / 3


def test_streams_and_groups(day):
    metrics = _metrics(day, group_of=lambda name: f"team of {name}")
    now = after(START, 260)
    assert metrics.stream("sales", now) == metrics.queue("sales", now) == metrics.total(now)
    team = metrics.group("team of ann")
    assert (team.offered, team.answered, team.handled) == (2, 2, 2)
    assert team.asa_seconds == (3 + 92) / 2
    assert team.wait_probability == 1 / 2
    assert metrics.agents_of("team of ann") == ["ann"]
    assert metrics.agents(["ann"], now) == metrics.agent("ann", now)


def test_the_attribute_names_the_stream():
    centre = Pretend([SALES], [ANN])
    for number, traffic in enumerate(["web", "app", "web"]):
        attributes = {"traffic": traffic}
        centre.tell(1, i.ContactArrived("chat", "x", f"v{number}", "sales", attributes=attributes))
    metrics = _metrics(centre)
    assert metrics.stream("web").offered == 2
    assert metrics.stream("app").waiting == 1


def test_nothing_counted_gives_none():
    figures = dataclasses.asdict(figures_of(Tally()))
    levels = figures.pop("service_level")
    assert set(levels.values()) == {None}
    counts = {name: value for name, value in figures.items() if value is not None}
    assert counts == {
        "offered": 0,
        "answered": 0,
        "abandoned": 0,
        "short_abandoned": 0,
        "left": {},
        "waiting": 0,
        "handled": 0,
    }
    nobody = Metrics().agent("nobody")
    assert (nobody.handled, nobody.logged_in_seconds) == (0, 0)
    assert nobody.occupancy is nobody.utilisation is nobody.non_response_rate is None


def test_the_warm_up_is_not_counted(day):
    """From 15 on: call a was queued before, so neither its wait nor its work counts."""
    metrics = _metrics(day, counted_from=after(START, 15))
    figures = metrics.queue("sales", after(START, 260))
    assert (figures.offered, figures.answered, figures.handled) == (5, 1, 1)
    assert figures.asa_seconds == 92
    agent = metrics.agent("ann", after(START, 260))
    assert agent.logged_in_seconds == 245
    assert agent.handling_seconds == 103 - 2
    assert agent.handled == 1


def test_a_contact_that_lost_its_agent_visits_again():
    centre = Pretend([SALES], [ANN])
    centre.log_in(0, "ann")
    centre.call(10, "a", "sales")
    centre.answer(12, "a")
    centre.tell(20, i.LegGone(centre.calls["a"], GoneCause.UNSEEN))
    centre.tell(30, i.LegGone("a"))
    figures = _metrics(centre).total()
    assert (figures.offered, figures.answered, figures.abandoned) == (2, 1, 1)
    assert figures.handled == 1


@pytest.mark.parametrize("seed", range(4))
def test_sums_hold_after_every_record(seed):
    centre = busy_centre(seed, 400)
    metrics = Metrics()
    kinds = set()
    for record in centre.records:
        metrics.fold(record)
        kinds.add(type(record.body))
        assert metrics.violations() == []
    total, state = metrics.state.total, metrics.state
    assert {e.OfferEnded, e.OfferAccepted, e.QueueLeft, e.AgentRested, e.WrapupStarted} <= kinds
    for field in dataclasses.fields(Tally):
        whole = getattr(total, field.name)
        for tallies in (state.by_queue, state.by_stream):
            parts = [getattr(tally, field.name) for tally in tallies.values()]
            if field.name == "left":
                assert sum(whole.values()) == sum(sum(part.values()) for part in parts)
            elif field.name == "max_wait":
                assert whole == max(parts)
            else:
                assert whole == sum(parts), field.name
    handled = [clock.handled for clock in state.clocks.values()]
    assert total.handled == sum(handled) > 0
    waiting = [
        c for c in centre.engine.state.contacts.values() if c.state in ("waiting", "offered")
    ]
    assert total.waiting == len(waiting)


@pytest.mark.parametrize("seed", range(4))
def test_counts_agree_with_a_plain_reading_of_the_log(seed):
    """Found by another way: from each contact's own story."""
    centre = busy_centre(seed, 400)
    total = _metrics(centre).state.total
    stories = {}
    for record in centre.records:
        contact = getattr(record.body, "contact", None)
        if contact is not None:
            stories.setdefault(contact, []).append(record)
    waits = {"OfferAccepted": [], "abandoned": []}
    for story in stories.values():
        queued_at = None
        for record in story:
            if record.type == "ContactQueued":
                queued_at = record.at
            elif record.type == "OfferAccepted":
                waits["OfferAccepted"].append(record.at - queued_at)
                queued_at = None
            elif record.type == "QueueLeft":
                queued_at = None
            elif record.type == "ContactEnded" and record.body.reason == "abandoned":
                waits["abandoned"].append(record.at - queued_at)
    assert total.answered == len(waits["OfferAccepted"])
    assert total.wait_answered == sum(waits["OfferAccepted"])
    assert total.abandoned == len(waits["abandoned"])
    assert total.wait_abandoned == sum(waits["abandoned"])
    assert total.short == sum(wait < 5_000_000 for wait in waits["abandoned"])


@pytest.mark.parametrize("seed", range(2))
def test_a_restart_changes_nothing(seed):
    centre = busy_centre(seed, 300)
    whole = Metrics(group_of=str.upper)
    whole.fold_all(centre.records)
    for cut in range(1, len(centre.records), 97):
        before = Metrics(group_of=str.upper)
        before.fold_all(centre.records[:cut])
        again = Metrics.restored(before.snapshot(), group_of=str.upper)
        assert again.state.seq == cut
        again.fold_all(centre.records[cut:])
        assert again.state == whole.state


def test_a_snapshot_of_something_else_is_refused():
    with pytest.raises(CodecError):
        Metrics.restored(Snapshot(1, encode(AgentClock(""))))
    with pytest.raises(CodecError):
        Metrics.restored(Snapshot(1, encode(MetricsState())[:-2]))


def test_what_does_not_add_up_is_told(day):
    metrics = Metrics()
    metrics.fold_all(day.records)
    metrics.state.by_queue["sales"].abandoned += 1
    metrics.state.total.waiting += 1
    metrics.state.clocks["ann"].times["idle"] += 1
    metrics.state.clocks["ann"].handling = -1
    assert [line.partition(":")[0] for line in metrics.violations()] == [
        "total",
        "queue sales",
        "2 waiting, but 1 visits open",
        "agent ann",
        "agent ann",
    ]
