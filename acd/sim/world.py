"""The virtual world: customers, phones and agents that do what the engine's effects ask for.

It is the outside of the real engine. Customers arrive, lose patience and hang up; phones ring and
are answered; talks last as long as their law says. What happens becomes inputs of the engine.
"""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import IntEnum

from acd.core import effects as f
from acd.core import inputs as i
from acd.core.agent import WorkState
from acd.core.channel import TRAITS
from acd.core.effects import Effect
from acd.core.engine import Outcome
from acd.core.events import ContactOpened
from acd.core.ids import AgentName, ContactId, LegId, OfferId
from acd.core.inputs import Input
from acd.core.state import State
from acd.core.timers import Instant, after, seconds
from acd.sim.chance import Stream, standard_exponential, stream
from acd.sim.scenario import Scenario, Traffic
from acd.sim.schema import Poisson

NODE = "sim"
"""Name of the PBX that all calls come from."""


class _Kind(IntEnum):
    ARRIVE = 0
    LEAVE = 1
    ANSWER = 2
    ACCEPT = 3
    END = 4
    WRAPPED = 5


class _Where(IntEnum):
    WAITING = 0
    TALKING = 1
    GONE = 2


@dataclass(slots=True, eq=False)
class _Source:
    """One traffic stream at work."""

    traffic: Traffic
    times: Iterator[float]
    start: Instant
    handle: Stream
    patience: Stream
    ender: Stream
    short_wrapup: int | None  # duration, if the agent is done before the queue's time is over
    count: int = 0


@dataclass(slots=True, eq=False)
class _Customer:
    source: _Source
    handle: int  # durations in microseconds
    is_ended_by_customer: bool
    where: _Where = _Where.WAITING
    leg: LegId | None = None
    agent_leg: LegId | None = None
    contact: ContactId | None = None
    agent: AgentName | None = None


_Thing = _Source | _Customer | LegId | f.Present | tuple[AgentName, OfferId]
Said = tuple[Input, str]
"""An input and who sends it."""


class World:
    """Everything outside the engine, in virtual time.

    Args:
        scenario: what there is.
        state: the engine's state, read only.
        start: when arrivals begin.
    """

    def __init__(self, scenario: Scenario, state: State, start: Instant) -> None:
        self._state = state
        self._later: list[tuple[int, int, _Kind, _Thing]] = []
        self._counter = 0  # things of one instant happen in the order they were planned
        self._at_once: deque[Said] = deque()
        self._callers: dict[LegId, _Customer] = {}
        self._texters: dict[ContactId, _Customer] = {}
        self._ringing: set[LegId] = set()
        self._ring: dict[AgentName, int] = {
            profile.name: seconds(group.ring_seconds)
            for group in scenario.groups
            for profile in group.agents()
        }
        self.contact_count = 0
        for traffic in scenario.traffic:
            self._plan_arrival(_source(scenario, traffic, start))

    # --- what comes next ------------------------------------------------------------------------

    def next(self) -> Instant | None:
        """Return when something happens next, or None."""
        return Instant(self._later[0][0]) if self._later else None

    def happen(self) -> Said | None:
        """Let the next thing happen; return what the engine is told, None for nothing."""
        at, _, kind, thing = heapq.heappop(self._later)
        return _HAPPENINGS[kind](self, Instant(at), thing)

    def at_once(self) -> Said | None:
        """Return what else the engine is told in this instant, or None."""
        return self._at_once.popleft() if self._at_once else None

    def _plan(self, at: int, kind: _Kind, thing: _Thing) -> None:
        self._counter += 1
        heapq.heappush(self._later, (at, self._counter, kind, thing))

    # --- what happens ---------------------------------------------------------------------------

    def _plan_arrival(self, source: _Source) -> None:
        time = next(source.times, None)
        if time is not None:
            self._plan(after(source.start, time), _Kind.ARRIVE, source)

    def _arrive(self, now: Instant, source: _Source) -> Said:
        self._plan_arrival(source)
        self.contact_count += 1
        source.count += 1
        traffic = source.traffic
        # Everything about the customer is drawn here, so it does not depend on the policy.
        customer = _Customer(
            source,
            seconds(traffic.handle.draw(source.handle)),
            source.ender.random() < 0.5,
        )
        if traffic.patience is not None:
            patience = seconds(traffic.patience.draw(source.patience))
            self._plan(now + patience, _Kind.LEAVE, customer)
        who = f"{traffic.name}-{source.count}"
        if TRAITS[traffic.channel].has_legs:
            customer.leg = LegId(who)
            self._callers[customer.leg] = customer
            return i.LegArrived(customer.leg, NODE, who, traffic.name), "pbx"
        self._arriving = customer
        arrived = i.ContactArrived(
            traffic.channel,
            traffic.name,
            who,
            traffic.queue,
            traffic.priority,
            traffic.requirement,
            {"traffic": traffic.name},
        )
        return arrived, "gateway"

    def _leave(self, _now: Instant, customer: _Customer) -> Said | None:
        if customer.where is not _Where.WAITING:
            return None
        customer.where = _Where.GONE
        return self._goes(customer)

    def _goes(self, customer: _Customer) -> Said:
        if customer.leg is not None:
            del self._callers[customer.leg]
            return i.LegGone(customer.leg), "pbx"
        assert customer.contact is not None
        del self._texters[customer.contact]
        return i.EndContact(customer.contact, by_customer=True), "gateway"

    def _answer(self, _now: Instant, leg: LegId) -> Said | None:
        if leg not in self._ringing:
            return None
        self._ringing.remove(leg)
        return i.LegAnswered(leg), "pbx"

    def _accept(self, now: Instant, shown: f.Present) -> Said | None:
        if shown.offer not in self._state.offers:
            return None
        customer = self._texters[shown.contact]
        self._talk(now, customer, shown.agent)
        return i.AcceptOffer(shown.offer), f"agent:{shown.agent}"

    def _talk(self, now: Instant, customer: _Customer, agent: AgentName) -> None:
        customer.where = _Where.TALKING
        customer.agent = agent
        self._plan(now + customer.handle, _Kind.END, customer)

    def _end(self, now: Instant, customer: _Customer) -> Said:
        customer.where = _Where.GONE
        source, agent = customer.source, customer.agent
        assert agent is not None
        if source.short_wrapup is not None:
            offer = next(
                work.offer
                for work in self._state.agents[agent].works.values()
                if work.contact == self._contact(customer)
            )
            self._plan(now + source.short_wrapup, _Kind.WRAPPED, (agent, offer))
        if customer.is_ended_by_customer:
            return self._goes(customer)
        if customer.agent_leg is not None:
            return i.LegGone(customer.agent_leg), "pbx"
        assert customer.contact is not None
        del self._texters[customer.contact]
        return i.EndContact(customer.contact, by_customer=False), f"agent:{agent}"

    def _contact(self, customer: _Customer) -> ContactId | None:
        if customer.leg is not None:
            return self._state.legs[customer.leg].contact
        return customer.contact

    def _wrapped(self, _now: Instant, whose: tuple[AgentName, OfferId]) -> Said | None:
        agent, offer = whose
        work = self._state.agents[agent].works.get(offer)
        if work is None or work.state is not WorkState.WRAPUP:
            return None
        return i.FinishWrapup(agent), f"agent:{agent}"

    # --- what the engine asks for ---------------------------------------------------------------

    def learn(self, outcome: Outcome, now: Instant) -> None:
        """Take in what a step of the engine led to, and perform its effects."""
        first = outcome.records[0].body
        if type(first) is i.ContactArrived:
            opened = outcome.records[1].body
            assert isinstance(opened, ContactOpened)
            self._arriving.contact = opened.contact
            self._texters[opened.contact] = self._arriving
        for effect in outcome.effects:
            perform = _PERFORMERS.get(type(effect))
            if perform is not None:
                perform(self, effect, now)

    def _dial(self, effect: f.Dial, now: Instant) -> None:
        ring = self._ring[effect.agent]
        if ring:
            self._ringing.add(effect.leg)
            self._at_once.append((i.LegRinging(effect.leg), "pbx"))
            self._plan(now + ring, _Kind.ANSWER, effect.leg)
        else:
            self._at_once.append((i.LegAnswered(effect.leg), "pbx"))

    def _connect(self, effect: f.Connect, now: Instant) -> None:
        customer = self._callers[effect.caller]
        customer.agent_leg = effect.agent_leg
        self._talk(now, customer, effect.agent)

    def _hang_up(self, effect: f.HangUp, _now: Instant) -> None:
        customer = self._callers.pop(effect.leg, None)
        if customer is not None:
            customer.where = _Where.GONE
        self._ringing.discard(effect.leg)
        self._at_once.append((i.LegGone(effect.leg), "pbx"))

    def _present(self, effect: f.Present, now: Instant) -> None:
        self._plan(now + self._ring[effect.agent], _Kind.ACCEPT, effect)


def _source(scenario: Scenario, traffic: Traffic, start: Instant) -> _Source:
    def chance(purpose: str) -> Stream:
        return stream(scenario.seed, f"{traffic.name}/{purpose}")

    arrivals, wrapup = traffic.arrivals, traffic.wrapup_seconds
    if isinstance(arrivals, Poisson):
        times = _poisson(chance("arrivals"), 3600.0 / arrivals.per_hour)
    else:
        times = iter(arrivals.times)
    is_short = wrapup is not None and wrapup < scenario.queues[traffic.queue].wrapup_seconds
    return _Source(
        traffic,
        times,
        start,
        chance("handle"),
        chance("patience"),
        chance("ender"),
        seconds(wrapup) if is_short and wrapup is not None else None,
    )


def _poisson(chance: Stream, mean_seconds: float) -> Iterator[float]:
    time = 0.0
    while True:
        time += mean_seconds * standard_exponential(chance)
        yield time


_HAPPENINGS: dict[_Kind, Callable[..., Said | None]] = {
    _Kind.ARRIVE: World._arrive,
    _Kind.LEAVE: World._leave,
    _Kind.ANSWER: World._answer,
    _Kind.ACCEPT: World._accept,
    _Kind.END: World._end,
    _Kind.WRAPPED: World._wrapped,
}

_PERFORMERS: dict[type[Effect], Callable[..., None]] = {
    f.Dial: World._dial,
    f.Connect: World._connect,
    f.HangUp: World._hang_up,
    f.Present: World._present,
}
