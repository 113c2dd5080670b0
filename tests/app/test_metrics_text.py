"""The service level where people write: a human reply answers, in business time for mail."""

from __future__ import annotations

import dataclasses
import itertools

import pytest

from acd.app.metrics import TRANSFERRED, Metrics
from acd.core import inputs as i
from acd.core.agent import AgentProfile
from acd.core.calendar import WEEKDAYS, Calendar
from acd.core.channel import TRAITS, Channel
from acd.core.queue import Queue
from acd.core.site import Site
from acd.core.timers import after
from acd.testing.pretend import START, Pretend

pytestmark = pytest.mark.app

HOUR = 3600
OFFICE = Calendar("office", "UTC", dict.fromkeys(WEEKDAYS[:5], ((540, 1020),)))
DESK = Queue("desk", service_level_seconds=2 * HOUR, short_abandon_seconds=60, hours="office")
PROFILE = AgentProfile(
    "ann", queues={"desk": 1, "second": 1}, address="ann", capacity=dict.fromkeys(Channel, 3)
)
SECOND = Queue("second")


class Desk(Pretend):
    """An agent who takes what is offered at once; Monday morning, midnight, is 0."""

    def __init__(self):
        super().__init__([DESK, SECOND], [PROFILE])
        site: Site = self.engine.state.sites[self.engine.state.site]
        site = dataclasses.replace(site, version="v2", calendars={"office": OFFICE})
        self.tell(0, i.PublishSite(site))
        self.log_in(0, "ann")
        self._rows = itertools.count(1)

    def write(self, at, thread, channel=Channel.CHAT):
        cause = i.MessageArrived(next(self._rows), channel, "desk", "zoe", "Zoe", thread, "Hello")
        self.tell(at, cause)

    def take(self, at):
        for offer in list(self.engine.state.offers.values()):
            self.tell(at, i.AcceptOffer(offer.id))

    def reply(self, at, thread):
        contact = self.engine.state.threads[thread]
        key = str(next(self._rows))
        self.tell(at, i.SendMessage(contact, "ann", key, "Good day"))

    def end(self, at, thread, *, by_customer):
        self.tell(at, i.EndContact(self.engine.state.threads[thread], by_customer))

    def figures(self, at):
        metrics = Metrics()
        for record in self.records:
            metrics.fold(record)
            assert metrics.violations() == []
        assert Metrics.restored(metrics.snapshot()).state == metrics.state
        return metrics.queue("desk", after(START, at))


@pytest.fixture
def desk():
    return Desk()


def test_the_first_reply_answers_not_the_taking(desk):
    desk.write(10, "x")
    desk.take(15)
    found = desk.figures(20)
    assert (found.answered, found.waiting, found.longest_wait_seconds) == (0, 1, 10)
    desk.reply(30, "x")
    desk.reply(50, "x")
    desk.write(60, "x")
    found = desk.figures(70)
    assert (found.offered, found.answered, found.waiting, found.asa_seconds) == (1, 1, 0, 20)
    assert found.service_level["acd"] == 1
    desk.end(80, "x", by_customer=True)
    found = desk.figures(80)
    assert (found.answered, found.abandoned, found.handled, found.talk_seconds) == (1, 0, 1, 65)


def test_who_leaves_without_a_reply_has_given_up(desk):
    desk.write(0, "short")
    desk.write(0, "long")
    desk.write(0, "in the queue")
    desk.write(0, "fourth")
    desk.take(5)
    desk.end(30, "short", by_customer=True)
    desk.end(90, "long", by_customer=True)
    desk.end(90, "fourth", by_customer=True)
    found = desk.figures(90)
    assert (found.abandoned, found.short_abandoned, found.answered) == (3, 1, 0)
    assert found.handled == 2


def test_who_is_sent_away_without_a_reply_was_not_answered(desk):
    desk.write(0, "x")
    desk.take(5)
    desk.end(30, "x", by_customer=False)
    found = desk.figures(30)
    assert (found.answered, found.abandoned, found.left) == (0, 0, {"agent_ended": 1})


def test_handed_on_before_a_reply_it_has_left_the_first_queue(desk):
    desk.write(0, "x")
    desk.take(5)
    contact = desk.engine.state.threads["x"]
    desk.tell(40, i.TransferContact(contact, "ann", to_queue="second"))
    found = desk.figures(40)
    assert (found.offered, found.answered, found.left) == (1, 0, {TRANSFERRED: 1})


def test_a_mail_over_night_is_answered_within_two_office_hours(desk):
    desk.write(16 * HOUR, "mail:1", Channel.MAIL)
    desk.take(16 * HOUR)
    desk.reply((24 + 9.5) * HOUR, "mail:1")
    found = desk.figures(34 * HOUR)
    assert (found.answered, found.service_level["acd"]) == (1, 1)
    assert found.asa_seconds == 17.5 * HOUR  # a figure that the calendar does not touch


def test_a_mail_that_waits_longer_than_the_target_is_late(desk):
    desk.write(14 * HOUR, "mail:1", Channel.MAIL)
    desk.take(14 * HOUR)
    desk.reply(16 * HOUR + 1, "mail:1")
    assert desk.figures(17 * HOUR).service_level["acd"] == 0


def test_a_mail_in_a_queue_without_hours_is_measured_by_the_clock(desk):
    queue = dataclasses.replace(DESK, hours=None)
    site = desk.engine.state.sites[desk.engine.state.site]
    desk.tell(1, i.PublishSite(dataclasses.replace(site, version="v3", queues={"desk": queue})))
    desk.write(16 * HOUR, "mail:1", Channel.MAIL)
    desk.take(16 * HOUR)
    desk.reply((24 + 9.5) * HOUR, "mail:1")
    assert desk.figures(34 * HOUR).service_level["acd"] == 0


def test_for_who_stays_and_waits_all_time_counts(desk):
    """A chat and a call in the night wait as long as they wait, whatever the calendar."""
    desk.write(3 * HOUR, "x")
    desk.take(3 * HOUR)
    desk.reply(6 * HOUR, "x")
    desk.call(7 * HOUR, "leg", "desk")
    desk.answer(7 * HOUR + 5, "leg")
    found = desk.figures(8 * HOUR)
    assert (found.answered, found.service_level["acd"]) == (2, 1 / 2)


def test_every_written_channel_is_answered_by_a_reply():
    for channel, traits in TRAITS.items():
        assert traits.is_answered_by_reply is not traits.has_legs, channel
        assert traits.senders, channel
