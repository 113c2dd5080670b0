"""P9: decisions a second of the real engine's matching, and the cost of a whole call.

One *decision* is what the routing does from the moment an agent is free, or a contact has come to
wait, until the index is settled again: it looks at what the triggering event touched, finds the
pair, makes the candidate table, and takes both out of the lines. Not in it: the fold of events.

One *offer* is a decision as the engine carries it out: ``OfferMade`` is emitted with its ids,
folded into the state with its deadline, and the effect is asked for; on ``voice`` the phone's leg
is opened in the same breath: ``LegOpened`` emitted and folded, two more deadlines, ``Dial``. Not in
it: the fold of the triggering event, the log, and the undoing that keeps the population the same.

Queues here have more agents than a whole candidate table is kept for, so the table holds the chosen
agent and the terms of the choice.

Two triggers: *agent* (an agent is freed while all contacts wait and picks one) and *call* (a
contact comes while all agents are idle and is given one).
"""

from __future__ import annotations

import gc
import math
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from random import Random
from typing import Literal

from acd.core import effects as f
from acd.core import events as e
from acd.core import inputs as i
from acd.core.agent import AgentProfile, Presence
from acd.core.apply import apply
from acd.core.channel import Channel
from acd.core.contact import EndReason
from acd.core.decide import match
from acd.core.engine import Engine
from acd.core.ids import AgentName, ContactId, LegId, OfferId, QueueName, SegmentId
from acd.core.leg import GoneCause, LegRole, LegState
from acd.core.offer import OfferOutcome
from acd.core.queue import Queue
from acd.core.record import Record
from acd.core.site import Number, Site
from acd.core.skill import Need, Requirement
from acd.core.timers import Instant, after
from acd.core.turn import Turn
from acd.testing.fakes import TinyFlows, tiny_site
from bench.report import Figure, markdown

START = Instant(1_700_000_000_000_000)
SKILLS = [f"skill{number}" for number in range(50)]
QUEUE_COUNT = 20
REQUIREMENT_COUNT = 300
SIZES = [
    (1_000, 1_000), (1_000, 10_000), (1_000, 100_000),
    (10_000, 1_000), (10_000, 10_000), (10_000, 100_000),
]  # fmt: skip
TARGET_PER_SECOND = 50_000
TARGET_EXPONENT = 0.3


Kind = Literal["decision", "offer", "offer by phone", "whole call"]
KINDS: tuple[Kind, ...] = ("decision", "offer", "offer by phone")


@dataclass(frozen=True, slots=True)
class Row:
    """One measurement.

    Attributes:
        kind: what was measured.
        trigger: ``agent`` (a freed agent picks) or ``call`` (a contact picks).
        per_second: of them on one core.
        p50_us, p99_us: microseconds of one.
    """

    kind: Kind
    trigger: str
    agents: int
    waiting: int
    per_second: float
    p50_us: float
    p99_us: float


class Centre:
    """A centre of a given size, driven by events instead of calls so that it is quick to fill."""

    def __init__(
        self, agents: int, waiting: int, channel: Channel, *, is_idle: bool, is_bare: bool
    ) -> None:
        self.channel = channel
        self._run = self._decide if is_bare else self._offer
        self.random = Random(9)
        self.engine = Engine(TinyFlows(), is_strict=True)
        self.world = self.engine._world
        self.now = START
        queues = {QueueName(f"queue{n}"): Queue(QueueName(f"queue{n}")) for n in range(QUEUE_COUNT)}
        site = Site("v1", numbers={"100": Number("queue0")}, queues=queues)
        for cause in (i.OpenLog("bench", "bench"), i.PublishSite(site)):
            self.engine.step(cause, now=self.now)
        self.kinds = self._kinds()
        presence = Presence.AVAILABLE if is_idle else Presence.NOT_READY
        turn = self.turn()
        for number in range(agents):
            turn.now = after(START, number / 1000)
            name = AgentName(f"agent{number}")
            turn.emit(e.AgentDefined(name, self._profile(name)))
            turn.emit(e.PresenceChanged(name, presence, ""))
        match(turn)
        self.names = list(self.engine.state.agents)
        self._contacts = 0
        for number in range(waiting):
            self.now = after(START, 60 + number / 1000)
            self.arrive(self.turn(), extra=(Need("nobody"),) if is_idle else ())
        self.world.matcher.rest()

    def turn(self) -> Turn:
        """Return a new turn."""
        return Turn(self.world, self.now, "bench", cause=self.engine.state.seq)

    def _kinds(self) -> list[tuple[QueueName, Requirement]]:
        """Some hundred different requirements, as a centre with 50 skills has them."""
        kinds = []
        for number in range(REQUIREMENT_COUNT):
            skills = self.random.sample(SKILLS, self.random.choice((1, 1, 2)))
            needs = tuple(Need(skill, self.random.choice((1, 1, 2))) for skill in skills)
            kinds.append((QueueName(f"queue{number % QUEUE_COUNT}"), needs))
        return kinds

    def _profile(self, name: AgentName) -> AgentProfile:
        skills = {s: self.random.randint(1, 3) for s in self.random.sample(SKILLS, 10)}
        numbers = self.random.sample(range(QUEUE_COUNT), 3)
        queues = {QueueName(f"queue{number}"): place for place, number in enumerate(numbers, 1)}
        return AgentProfile(name, "", skills, queues, f"sip-{name}", {self.channel: 1})

    def arrive(self, turn: Turn, extra: Requirement = ()) -> ContactId:
        """Let a call come to wait: a new one, with an answered leg."""
        self._contacts += 1
        contact = ContactId(f"c{self._contacts}")
        leg = LegId(f"in{self._contacts}") if self.channel is Channel.VOICE else None
        queue, needs = self.random.choice(self.kinds)
        opened = e.ContactOpened(contact, self.channel, leg, "+1", "100", "", "en", "v1")
        turn.emit(opened)
        if leg is not None:
            turn.emit(e.LegOpened(leg, "pbx", LegRole.CUSTOMER, LegState.UP, contact, None, None))
        priority = self.random.choice((0, 0, 0, 1))
        turn.emit(
            e.ContactQueued(
                contact,
                queue,
                SegmentId("s"),
                priority,
                needs + extra,
                turn.now,
                after(turn.now, 3600),
            )
        )
        return contact

    def _undo(self, offer: e.OfferMade) -> None:
        """Take an offer back: its contact ends, its agent is as before."""
        turn = self.turn()
        turn.emit(e.OfferEnded(offer.contact, offer.agent, offer.offer, OfferOutcome.WITHDRAWN))
        if offer.leg is not None:
            turn.emit(e.LegClosed(offer.leg, offer.contact, offer.agent, GoneCause.NORMAL))
        self._end(offer.contact)

    def _end(self, contact_id: ContactId) -> None:
        turn, leg = self.turn(), self.engine.state.contacts[contact_id].leg
        turn.emit(e.ContactEnded(contact_id, EndReason.ABANDONED, 1.0))
        turn.emit(e.ContactClosed(contact_id, EndReason.ABANDONED, ""))
        if leg is not None:
            turn.emit(e.LegClosed(leg, None, None, GoneCause.NORMAL))

    def _offer(self, turn: Turn) -> tuple[float, e.OfferMade | None]:
        """Return the seconds of one offer and it; None if it was that there is none."""
        before = len(turn.records)
        began = time.thread_time()
        match(turn)
        took = time.thread_time() - began
        offer = turn.records[before].body if turn.effects else None
        assert offer is None or isinstance(offer, e.OfferMade)
        return took, offer

    def _decide(self, turn: Turn) -> tuple[float, e.OfferMade | None]:
        """Return the seconds of one decision, and the offer that it is folded as."""
        matcher, state = self.world.matcher, self.world.state
        began = time.thread_time()
        pairs = matcher.pairs()
        pair = next(pairs, None)
        if pair is None:
            return time.thread_time() - began, None
        contact, agent = pair
        table = matcher.candidates(contact, turn.now, chosen=agent)
        took = time.thread_time() - began
        assert contact.queue is not None
        deadline = after(turn.now, 20.0)
        id_ = OfferId(turn.mint("o"))
        offer = e.OfferMade(
            contact.id, agent.name, id_, contact.queue, deadline, 1, None, None, table
        )
        record = Record(state.seq + 1, turn.now, turn.cause, turn.actor, offer)
        apply(state, self.world.timers, record)
        began = time.thread_time()
        matcher.touch_agent(agent.name)
        matcher.touch_contact(contact.id)
        assert next(pairs, None) is None
        return took + time.thread_time() - began, offer

    def freed_agents(self, count: int) -> list[float]:
        """Return the seconds of each of ``count`` times that a freed agent picks."""
        took: list[float] = []
        while len(took) < count:
            self.now = after(self.now, 0.01)
            name = self.random.choice(self.names)
            turn = self.turn()
            turn.emit(e.PresenceChanged(name, Presence.AVAILABLE, ""))
            seconds, offer = self._run(turn)
            self.turn().emit(e.PresenceChanged(name, Presence.NOT_READY, ""))
            if offer is not None:
                took.append(seconds)
                self._undo(offer)
                self.arrive(self.turn())
            self.world.matcher.rest()
        return took

    def arriving_calls(self, count: int) -> list[float]:
        """Return the seconds of each of ``count`` times that a contact comes and picks."""
        took: list[float] = []
        while len(took) < count:
            self.now = after(self.now, 0.01)
            turn = self.turn()
            contact = self.arrive(turn)
            seconds, offer = self._run(turn)
            if offer is not None:
                took.append(seconds)
                self._undo(offer)
            else:
                self._end(contact)
            self.world.matcher.rest()
        return took


def measure(kind: Kind, trigger: str, agents: int, waiting: int, *, count: int, rounds: int) -> Row:
    """Measure one size: the median round of ``rounds``."""
    is_idle = trigger == "call"
    channel = Channel.VOICE if kind == "offer by phone" else Channel.CHAT
    centre = Centre(agents, waiting, channel, is_idle=is_idle, is_bare=kind == "decision")
    run = centre.arriving_calls if is_idle else centre.freed_agents
    run(count // 10)  # warm
    gc.collect()
    gc.freeze()
    try:
        found = sorted((run(count) for _ in range(rounds)), key=sum)[rounds // 2]
    finally:
        gc.unfreeze()
    return _row(kind, trigger, agents, waiting, found)


def _row(kind: Kind, trigger: str, agents: int, waiting: int, found: list[float]) -> Row:
    ordered = sorted(found)
    p50, p99 = (ordered[int(len(ordered) * share)] * 1e6 for share in (0.5, 0.99))
    return Row(kind, trigger, agents, waiting, len(found) / sum(found), p50, p99)


def whole_calls(count: int) -> Row:
    """Measure a call through the engine: arrival, offer, ringing, answer, hang-up, both legs gone.

    Eight inputs and some twenty records; no log, no PBX.
    """
    engine = Engine(TinyFlows())
    for cause in (i.OpenLog("bench", "bench"), i.PublishSite(tiny_site())):
        engine.step(cause, now=START)
    for number in range(100):
        name = AgentName(f"agent{number}")
        profile = AgentProfile(name, queues={QueueName("support"): 1}, address=f"sip-{name}")
        engine.step(i.DefineAgent(profile), now=START)
        engine.step(i.SetPresence(name, Presence.AVAILABLE), now=START)
    found = [_call(engine, number) for number in range(count)]
    return _row("whole call", "call", 100, 0, found)


def _call(engine: Engine, number: int) -> float:
    now, leg = after(START, number), LegId(f"in{number}")
    began = time.thread_time()
    outcome = engine.step(i.LegArrived(leg, "pbx", "+1", "support"), now=now)
    phone = next(x.leg for x in outcome.effects if isinstance(x, f.Dial))
    for cause in (
        i.LegRinging(phone),
        i.LegAnswered(phone),
        i.LegGone(leg),
        i.LegGone(phone),
    ):
        engine.step(cause, now=now)
    return time.thread_time() - began


def run(*, is_quick: bool = False) -> list[Row]:
    """Measure every size; ``is_quick`` only shows that it works."""
    sizes = SIZES[:1] if is_quick else SIZES
    count, rounds = (50, 1) if is_quick else (1500, 3)
    rows = [
        measure(kind, trigger, agents, waiting, count=count, rounds=rounds)
        for kind in KINDS
        for trigger in ("agent", "call")
        for agents, waiting in sizes
    ]
    return [*rows, whole_calls(count)]


def exponent(rows: Sequence[Row], *, of: str) -> float:
    """Return how the cost of a decision grows: 1 is in proportion, 0 not at all.

    Args:
        rows: measurements of one kind and trigger.
        of: ``agents`` or ``waiting``: what grows while the other is at its largest.
    """
    other = "waiting" if of == "agents" else "agents"
    most = max(getattr(row, other) for row in rows)
    line = sorted((row for row in rows if getattr(row, other) == most), key=attrgetter(of))
    first, last = line[0], line[-1]
    growth = math.log(getattr(last, of) / getattr(first, of))
    return math.log(first.per_second / last.per_second) / growth if growth else 0.0


def figures(rows: Sequence[Row]) -> list[Figure]:
    """Return P9 as lines of the table."""
    found = []
    for kind, trigger, what in (
        ("decision", "agent", "decisions a second, freed agent picks"),
        ("decision", "call", "decisions a second, contact picks"),
        ("offer", "agent", "offers made a second, freed agent picks"),
        ("offer", "call", "offers made a second, contact picks"),
        ("offer by phone", "agent", "offers made and phones dialled a second, freed agent picks"),
        ("offer by phone", "call", "offers made and phones dialled a second, call picks"),
    ):
        ours = [row for row in rows if (row.kind, row.trigger) == (kind, trigger)]
        largest = max(ours, key=lambda row: (row.agents, row.waiting))
        is_target = kind == "decision"
        found.append(
            Figure(
                "P9",
                what,
                largest.per_second,
                "/s",
                TARGET_PER_SECOND if is_target else None,
                at_least=True,
                note=f"{largest.agents:,} agents × 50 skills × {largest.waiting:,} waiting, CPU "
                f"time; p50 {largest.p50_us:.1f} µs, p99 {largest.p99_us:.1f} µs",
            )
        )
        found += [
            Figure("P9", f"growth exponent in {of}", exponent(ours, of=of), "", TARGET_EXPONENT)
            for of in ("agents", "waiting")
        ]
    call = rows[-1]
    note = "arrival to both legs gone through the engine, CPU time, without log and PBX"
    return [*found, Figure("", "one whole call in the core", call.p50_us, "µs", None, note=note)]


def main() -> None:
    """Measure and print every row and the figures."""
    rows = run(is_quick="--quick" in sys.argv)
    for row in rows:
        print(
            f"{row.kind:>14} {row.trigger:>10} {row.agents:>6,} × {row.waiting:>7,}"
            f"  {row.per_second:>9,.0f}/s  p50 {row.p50_us:6.1f} µs  p99 {row.p99_us:6.1f} µs"
        )
    print(markdown(figures(rows)))


if __name__ == "__main__":
    main()
