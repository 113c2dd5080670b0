"""An engine told things by hand, with phones that obey at once: for tests of what reads its log."""

from __future__ import annotations

import random
from collections.abc import Sequence

from acd.core import effects as f
from acd.core import flows
from acd.core import inputs as i
from acd.core.agent import AgentProfile, Presence
from acd.core.channel import Channel
from acd.core.contact import Contact, ContactState
from acd.core.engine import FLAGS, Engine
from acd.core.ids import AgentName, LegId, QueueName
from acd.core.leg import GoneCause
from acd.core.queue import Queue
from acd.core.record import Record
from acd.core.site import Number, Site
from acd.core.timers import Instant, after

START = Instant(1_767_571_200_000_000)
"""Monday, 5 January 2026, midnight UTC."""


class StraightToQueue:
    """Flows named like queues: each puts its contacts into its queue, and ends them afterwards."""

    def step(
        self,
        _site: Site,
        contact: Contact,
        signal: flows.Signal,
        _now: Instant,
        _centre: flows.Centre,
    ) -> flows.Step:
        """Answer as :class:`acd.core.flows.Flows` asks."""
        if isinstance(signal, flows.Entered):
            cursor = flows.Cursor(signal.flow, "queue")
            return flows.Step((flows.Enqueue(signal.flow),), cursor)
        cursor = contact.cursor or flows.Cursor("none", "end")
        if isinstance(signal, flows.QueueLeft):
            return flows.Step((flows.EndContact(),), cursor)
        return flows.Step((), cursor)


class Pretend:
    """A centre of queues and agents. Times are seconds after :data:`START`, never going back.

    Numbers are the queues' names: a call to ``sales`` goes to the queue ``sales``.

    Attributes:
        records: the whole log.
        calls: caller's leg to the agent's leg last dialled for it.
    """

    def __init__(self, queues: Sequence[Queue], agents: Sequence[AgentProfile]) -> None:
        self.engine = Engine(StraightToQueue(), is_strict=True)
        self.records: list[Record] = []
        self.calls: dict[LegId, LegId] = {}
        site = Site(
            "v1",
            numbers={queue.name: Number(queue.name) for queue in queues},
            queues={queue.name: queue for queue in queues},
        )
        self.tell(0, i.OpenLog("test", "seed", FLAGS), i.PublishSite(site))
        self.tell(0, *(i.DefineAgent(profile) for profile in agents))

    def tell(self, at: float, *causes: i.Input) -> list[Record]:
        """Let time pass to ``at`` and tell the engine; return what was recorded on the way."""
        begun = len(self.records)
        now = after(START, at)
        while (deadline := self.engine.next_deadline()) is not None and deadline <= now:
            outcome = self.engine.advance(now=deadline)
            self._take(outcome.records, outcome.effects, deadline)
        for cause in causes:
            outcome = self.engine.step(cause, now=now, actor="test")
            self._take(outcome.records, outcome.effects, now)
        return self.records[begun:]

    def _take(self, records: Sequence[Record], effects: Sequence[f.Effect], now: Instant) -> None:
        self.records += records
        for effect in effects:
            if isinstance(effect, f.Dial):
                if effect.caller is not None:
                    self.calls[effect.caller] = effect.leg
                outcome = self.engine.step(i.LegRinging(effect.leg), now=now, actor="pbx")
            elif isinstance(effect, f.HangUp):
                outcome = self.engine.step(i.LegGone(effect.leg), now=now, actor="pbx")
            else:
                continue
            self._take(outcome.records, outcome.effects, now)

    def log_in(self, at: float, *agents: str) -> None:
        """Make agents available."""
        self.tell(at, *(i.SetPresence(AgentName(name), Presence.AVAILABLE) for name in agents))

    def away(self, at: float, agent: str, reason: str = "") -> None:
        """Make an agent not ready."""
        self.tell(at, i.SetPresence(AgentName(agent), Presence.NOT_READY, reason))

    def call(self, at: float, leg: str, queue: str, *, ani: str = "+15550100") -> None:
        """Let a caller ring."""
        self.tell(at, i.LegArrived(LegId(leg), "pbx", ani, queue, "A Caller"))

    def answer(self, at: float, leg: str) -> None:
        """Let the agent whose phone rings for a caller answer."""
        self.tell(at, i.LegAnswered(self.calls[LegId(leg)]))

    def hang_up(self, at: float, leg: str) -> None:
        """Let a caller hang up."""
        self.tell(at, i.LegGone(LegId(leg)))


def busy_centre(seed: int, happenings: int) -> Pretend:
    """Return a centre in which many different things happened, all drawn from ``seed``."""
    chance = random.Random(seed)
    queues = [
        Queue(QueueName("sales"), wrapup_seconds=5, offer_seconds=10, max_wait_seconds=60),
        Queue(QueueName("support"), record=True, offer_seconds=8, max_wait_seconds=90),
    ]
    both = {queue.name: 1 for queue in queues}
    names = ["ann", "bob", "cat"]
    capacity = {Channel.VOICE: 1, Channel.CHAT: 2}
    agents = [
        AgentProfile(AgentName(name), queues=both, address=name, capacity=capacity)
        for name in names
    ]
    centre = Pretend(queues, agents)
    clock = 0.0
    for number in range(happenings):
        clock += chance.expovariate(0.3)
        centre.tell(clock)
        cause = _something(centre, chance, number, names)
        if cause is not None:
            centre.tell(clock, cause)
    return centre


def _something(
    centre: Pretend, chance: random.Random, number: int, names: Sequence[str]
) -> i.Input | None:
    state = centre.engine.state
    agent = AgentName(chance.choice(names))
    queue = QueueName(chance.choice(["sales", "support"]))
    kind = chance.randrange(12)
    if kind <= 2:
        return i.LegArrived(LegId(f"in-{number}"), "pbx", f"+1555{number:04}", queue)
    if kind == 3:
        attributes = {"traffic": chance.choice(["web", "app"])}
        return i.ContactArrived(Channel.CHAT, "site", f"v{number}", queue, attributes=attributes)
    if kind == 4:
        return i.SetPresence(agent, chance.choice(list(Presence)), chance.choice(["", "lunch"]))
    if kind == 5:
        return i.SetPresence(agent, Presence.AVAILABLE)
    if kind == 6:
        works = list(state.agents[agent].works.values())
        return i.FinishWrapup(agent, "sold") if works else i.PhoneReachable(agent, number % 2 == 0)
    if kind == 7 and state.contacts:
        contact = state.contacts[chance.choice(list(state.contacts))]
        if contact.leg is not None:
            return i.LegGone(contact.leg, chance.choice([GoneCause.NORMAL, GoneCause.UNSEEN]))
        is_active = contact.state is ContactState.ACTIVE
        return i.EndContact(contact.id, by_customer=not is_active or chance.random() < 0.5)
    if not state.offers:
        return None
    offer = state.offers[chance.choice(list(state.offers))]
    if offer.leg is None:
        return i.DeclineOffer(offer.id) if chance.random() < 0.3 else i.AcceptOffer(offer.id)
    if kind == 8:
        cause = chance.choice([GoneCause.BUSY, GoneCause.DECLINED, GoneCause.UNREACHABLE])
        return i.LegGone(offer.leg, cause)
    return i.LegAnswered(offer.leg)
