"""Carrying messages: again after a failure and a restart, in order, and never for ever."""

from __future__ import annotations

import asyncio

import pytest

from acd.app import delivery
from acd.app.breaker import FAILURES, OPEN_SECONDS, Breaker
from acd.app.delivery import Deliveries
from acd.core.channel import Channel
from acd.core.effects import Deliver
from acd.core.inputs import MessageDelivered, MessageUndeliverable
from acd.core.message import Author
from acd.ports.gateway import DeliveryError

pytestmark = pytest.mark.app


class Scripted:
    """A gateway that fails as it is told to."""

    name = "scripted"
    channel = Channel.SMS

    def __init__(self, *failures: DeliveryError) -> None:
        self.failures = list(failures)
        self.sent: list[str] = []

    async def run(self) -> None:
        await asyncio.Event().wait()

    async def deliver(self, effect: Deliver) -> None:
        self.sent.append(effect.message)
        if self.failures and effect.message != "m-3":
            raise self.failures.pop(0)


def effect(number: int, thread: str = "sms:1", channel: Channel = Channel.SMS) -> Deliver:
    return Deliver(
        f"m-{number}", "c-1", channel, "sms:+1", "+2", thread, "text", Author.AGENT, "en"
    )


def passing() -> DeliveryError:
    return DeliveryError("not now", is_passing=True)


async def settled(told, count: int) -> None:
    async with asyncio.timeout(5):
        while len(told) < count:  # noqa: ASYNC110  (looked at from outside)
            await asyncio.sleep(0.005)


@pytest.fixture
def pauses(monkeypatch):
    monkeypatch.setattr(delivery, "PAUSES", (0.01,))


async def test_it_is_tried_again_and_the_next_waits(pauses):
    told, gateway = [], Scripted(passing(), passing())
    deliveries = Deliveries(told.append, [gateway])
    deliveries.resume([effect(1), effect(2), effect(1)])  # what the outbox held at the start
    deliveries.perform(effect(1))  # under way already
    deliveries.perform(effect(3, thread="sms:2"))
    await settled(told, 3)
    assert [m for m in gateway.sent if m != "m-3"] == ["m-1", "m-1", "m-1", "m-2"]
    assert told.index(MessageDelivered("m-1")) < told.index(MessageDelivered("m-2"))
    assert deliveries.failing == {}
    await deliveries.close()


async def test_what_will_never_work_is_told(pauses, monkeypatch):
    told = []
    refused = DeliveryError("no", code="http-400", is_passing=False)
    deliveries = Deliveries(told.append, [Scripted(refused)])
    deliveries.perform(effect(1))
    deliveries.perform(effect(2, channel=Channel.MAIL))
    await settled(told, 2)
    assert set(told) == {
        MessageUndeliverable("m-1", "http-400"),
        MessageUndeliverable("m-2", "gateway-missing"),
    }
    monkeypatch.setattr(delivery, "GIVE_UP_SECONDS", -1.0)
    deliveries = Deliveries(told.append, [Scripted(passing())])
    deliveries.perform(effect(4))
    await settled(told, 3)
    assert told[2] == MessageUndeliverable("m-4", "delivery-failed")


async def test_what_is_under_way_at_the_end_is_told_nothing(pauses):
    told, gateway = [], Scripted(*(passing() for _ in range(1000)))
    deliveries = Deliveries(told.append, [gateway])
    deliveries.perform(effect(1))
    await settled(gateway.sent, 2)
    assert deliveries.failing == {"m-1": "delivery-failed"}
    await deliveries.close()
    assert told == []


def test_a_breaker_opens_tries_once_and_closes():
    breaker = Breaker()
    for _ in range(FAILURES - 1):
        breaker.failed(0.0)
    assert breaker.allows(0.0)
    breaker.failed(0.0)
    assert not breaker.allows(OPEN_SECONDS - 1)
    assert breaker.allows(OPEN_SECONDS + 1)  # one trial …
    assert not breaker.allows(OPEN_SECONDS + 1)  # … and nothing beside it
    breaker.failed(OPEN_SECONDS + 1)
    assert not breaker.allows(2 * OPEN_SECONDS)
    breaker.worked()
    assert breaker.allows(2 * OPEN_SECONDS)
    assert breaker.allows(2 * OPEN_SECONDS)
