"""What the live feed costs: 500 agents, 50 queues, 100 events a second, ten wallboards."""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import Sequence

import pytest

from acd.adapters.clock import SystemClock
from acd.app.contact_fold import ContactFold
from acd.app.frames import Subscription
from acd.app.live import LiveFeed
from acd.app.messages import MessageDocument
from acd.app.metrics import Metrics
from acd.core import inputs as i
from acd.core.agent import AgentProfile, Presence
from acd.core.channel import Channel
from acd.core.engine import Engine
from acd.core.ids import AgentName, ContactId, QueueName
from acd.core.queue import Queue
from acd.testing.fakes import TinyFlows, tiny_site

pytestmark = pytest.mark.app

AGENTS, QUEUES, BOARDS, TALKING = 500, 50, 10, 300
RATE, SECONDS = 100, 3.0
CAPACITY = {Channel.CHAT: 3, Channel.VOICE: 1, Channel.MAIL: 5}


class Busy:
    """A centre where things happen, and the time that its feed takes."""

    def __init__(self) -> None:
        self.clock = SystemClock()
        self.engine = Engine(TinyFlows())
        self.metrics = Metrics()
        self.fold = ContactFold()
        self.feed = LiveFeed(lambda: self.engine.state, self.metrics, self.clock, _no_messages)
        self.events = 0
        self.cost = 0.0
        self._flush = self.feed._flush
        self.feed._flush = self.flush  # type: ignore[method-assign]
        self._random = random.Random(1)
        self._number = 0
        self._open: list[ContactId] = []

    def flush(self) -> None:
        began = time.thread_time()
        self._flush()
        self.cost += time.thread_time() - began

    def step(self, cause: i.Input) -> None:
        records = self.engine.step(cause, now=self.clock.now(), actor="test").records
        self.metrics.fold_all(records)
        for record in records:
            self.fold.fold(record)
        rows = self.fold.changed()
        self.fold.forget()
        self.events += sum(not record.is_input for record in records)
        began = time.thread_time()
        self.feed.observe(records)
        if rows:
            self.feed.contacts_saved(rows)
        self.cost += time.thread_time() - began

    def people(self) -> None:
        self.step(i.OpenLog("1", "seed"))
        names = [QueueName(f"queue-{number}") for number in range(QUEUES)]
        queues = {name: Queue(name, wrapup_seconds=0) for name in names}
        self.step(i.PublishSite(tiny_site(queues=queues)))
        for number in range(AGENTS):
            name = AgentName(f"agent-{number}")
            served = dict.fromkeys(self._random.sample(names, 3), 1)
            self.step(i.DefineAgent(AgentProfile(name, "", {}, served, "", CAPACITY)))
            self.step(i.SetPresence(name, Presence.AVAILABLE))

    def come(self) -> None:
        self._number += 1
        queue, thread = f"queue-{self._random.randrange(QUEUES)}", f"chat:{self._number}"
        self.step(i.MessageArrived(self._number, Channel.CHAT, queue, "z", "Zoe", thread, "Hi"))
        contact = self.engine.state.contacts[self.engine.state.threads[thread]]
        self._open.append(contact.id)
        if contact.offer is not None:
            self.step(i.AcceptOffer(contact.offer))

    def go(self) -> None:
        contact = self._open.pop(self._random.randrange(len(self._open)))
        self.step(i.EndContact(contact, by_customer=False))


async def _no_messages(_: Sequence[ContactId]) -> list[MessageDocument]:
    return []


async def _read(board: Subscription, frames: list[bytes]) -> None:
    while (frame := await board.next()) is not None:
        frames.append(frame)


async def test_a_busy_centre_costs_the_feed_less_than_a_tenth_of_a_core():
    busy = Busy()
    busy.people()
    for _ in range(TALKING):
        busy.come()
    frames: list[bytes] = []
    boards = [busy.feed.watch_board() for _ in range(BOARDS)]
    readers = [asyncio.create_task(_read(board, frames)) for board in boards]
    busy.events, busy.cost, began = 0, 0.0, time.perf_counter()
    while (elapsed := time.perf_counter() - began) < SECONDS:
        while busy.events < elapsed * RATE:
            busy.come()
            busy.go()
        await asyncio.sleep(0.01)
    assert busy.events >= RATE * SECONDS * 0.9
    assert len(frames) >= BOARDS * SECONDS * 2
    assert busy.cost / elapsed < 0.1
    for reader in readers:
        reader.cancel()
    await asyncio.gather(*readers, return_exceptions=True)
    await busy.feed.close()
