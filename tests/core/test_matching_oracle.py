"""The index against a naive oracle: plain lists, whole scans, the rule read aloud."""

from __future__ import annotations

from collections.abc import Callable
from copy import deepcopy
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from acd.core import events as e
from acd.core import inputs as i
from acd.core import matching
from acd.core.agent import Agent, AgentProfile, Presence, Work, WorkState
from acd.core.channel import Channel
from acd.core.contact import Contact
from acd.core.engine import Engine, Outcome
from acd.core.ids import AgentName, OfferId, QueueName
from acd.core.matching import Matcher
from acd.core.queue import Queue
from acd.core.skill import Need
from acd.core.state import State
from acd.core.timers import after
from acd.testing.fakes import TinyFlows, tiny_site
from acd.testing.invariants import can_take, is_waiting, problems
from acd.testing.story import START

pytestmark = pytest.mark.core

NAMES = [AgentName(name) for name in ("ann", "bob", "eva")]
AGENTS = st.sampled_from(NAMES)
QUEUES = {"support": "longest_idle", "sales": "most_skilled", "back": "least_flexible"}
NEEDS = st.sampled_from(
    [(), (), (Need("en"),), (Need("es", 2),), (Need("es", 3, 10.0),), (Need("en"), Need("es", 2))]
)
SKILLS = st.sampled_from([{}, {"en": 1}, {"en": 2, "es": 2}, {"es": 3}, {"en": 3, "es": 3, "x": 1}])
AGENT_QUEUES = st.sampled_from(
    [
        {"support": 1, "sales": 2, "back": 1},
        {"support": 2, "sales": 1},
        {"support": 1, "sales": 1, "back": 2},
        {"back": 1},
    ]
)


# --- the rule, naively --------------------------------------------------------------------------


def rank(state: State, contact: Contact, agent: Agent) -> tuple[Any, ...]:
    """Return the place of an agent among those who could take a contact; lower is asked first."""
    assert contact.queue is not None
    skills = agent.profile.skills
    terms: dict[str, tuple[int, ...]] = {
        "longest_idle": (agent.idle_since,),
        "most_skilled": (
            -sum(skills.get(need.skill, 0) for need in contact.requirement),
            agent.idle_since,
        ),
        "least_flexible": (len(skills), agent.idle_since),
    }
    preference = agent.profile.queues[contact.queue]
    return (preference, *terms[state.queue_of(contact).strategy], agent.order, agent.name)


def order(contact: Contact) -> tuple[Any, ...]:
    """Return the place of a contact among those who wait."""
    return (-contact.priority, contact.order_at, contact.order, contact.id)


def best_agent(state: State, contact: Contact) -> Agent | None:
    able = [agent for agent in state.agents.values() if can_take(agent, contact)]
    return min(able, key=lambda agent: rank(state, contact, agent), default=None)


def expected(state: State) -> list[tuple[str, str]]:
    """Return whom the rule brings together, from a state in which some can be."""
    pairs = []
    waiting = [c for c in state.contacts.values() if is_waiting(state, c)]
    for contact in sorted(waiting, key=order):
        agent = best_agent(state, contact)
        if agent is not None:
            pairs.append((contact.id, agent.name))
            agent.works[OfferId(f"taken-{contact.id}")] = _busy(contact)
    return sorted(pairs)


def _busy(contact: Contact) -> Any:
    assert contact.queue is not None
    return Work(
        OfferId("x"), contact.id, contact.channel, contact.queue, WorkState.OFFERED, START, None
    )


class Matching(RuleBasedStateMachine):
    """Chats come and go; agents too. Each step's offers are what the naive rule says."""

    def __init__(self) -> None:
        super().__init__()
        queues = {n: Queue(QueueName(n), strategy=s, offer_seconds=5) for n, s in QUEUES.items()}
        self.engine = Engine(TinyFlows(), is_strict=True)
        self.now = START
        for cause in (i.OpenLog("test", "oracle"), i.PublishSite(tiny_site(queues=queues))):
            self.engine.step(cause, now=self.now)

    @initialize(
        skills=st.lists(SKILLS, min_size=3, max_size=3),
        queues=st.lists(AGENT_QUEUES, min_size=3, max_size=3),
    )
    def staff(self, skills: list[Any], queues: list[Any]) -> None:
        for name, levels, serves in zip(NAMES, skills, queues, strict=True):
            self.define(name, levels, serves, 2)
            self.say(name, Presence.AVAILABLE)

    def tell(self, cause: i.Input) -> Outcome:
        return self._check(self.engine.step(cause, now=self.now))

    def _check(self, outcome: Outcome) -> Outcome:
        """Undo the step's offers and see whether the rule would make the same."""
        made = [r.body for r in outcome.records if isinstance(r.body, e.OfferMade)]
        state = deepcopy(self.engine.state)
        for offer in made:
            contact = state.contacts[offer.contact]
            contact.state = contact.state.__class__.WAITING
            contact.offer = None
            del state.agents[offer.agent].works[offer.offer]
        freed = {offer.agent for offer in made}
        touched = {
            r.body.agent
            for r in outcome.records
            if isinstance(r.body, e.PresenceChanged | e.AgentDefined | e.RestEnded | e.WorkDone)
        }
        if len(made) <= 1 or not freed <= touched:
            # With several freed agents at once each picks by their own preference; that they get
            # the best of what is left is checked by `nobody_waits_in_vain`.
            assert sorted((x.contact, x.agent) for x in made) == self._rule(state, made)
        return outcome

    def _rule(self, state: State, made: list[e.OfferMade]) -> list[tuple[str, str]]:
        if len(made) != 1:
            return expected(state)
        # One offer: whom it went to is the best for that contact, and the contact is the best of
        # those with that agent, by the preference of the queue, or the first of all.
        offer = made[0]
        contact, agent = state.contacts[offer.contact], state.agents[offer.agent]
        best = best_agent(state, contact)
        assert best is not None
        ours = [c for c in state.contacts.values() if is_waiting(state, c) and can_take(agent, c)]
        first = min(ours, key=lambda c: (agent.profile.queues[c.queue], *order(c)))  # type: ignore[index]
        return [(first.id, best.name)]

    # --- rules ----------------------------------------------------------------------------------

    @rule(
        agent=AGENTS,
        skills=SKILLS,
        queues=AGENT_QUEUES,
        chats=st.sampled_from([1, 2, 2, 0]),
    )
    def define(self, agent: AgentName, skills: Any, queues: Any, chats: int) -> None:
        self.tell(i.DefineAgent(AgentProfile(agent, "", skills, queues, "", {Channel.CHAT: chats})))

    @rule(agent=AGENTS)
    def remove(self, agent: AgentName) -> None:
        self.tell(i.RemoveAgent(agent))

    @rule(agent=AGENTS, presence=st.sampled_from([Presence.AVAILABLE] * 4 + list(Presence)))
    def say(self, agent: AgentName, presence: Presence) -> None:
        self.tell(i.SetPresence(agent, presence))

    @rule(queue=st.sampled_from(list(QUEUES)), priority=st.integers(0, 2), needs=NEEDS)
    def arrive(self, queue: str, priority: int, needs: Any) -> None:
        self.tell(i.ContactArrived(Channel.CHAT, "w", "x", QueueName(queue), priority, needs))

    @precondition(lambda self: self.engine.state.offers)
    @rule(data=st.data(), accepts=st.sampled_from([True, True, False]))
    def react(self, data: st.DataObject, accepts: bool) -> None:
        offer = data.draw(st.sampled_from(sorted(self.engine.state.offers)))
        self.tell((i.AcceptOffer if accepts else i.DeclineOffer)(offer))

    @precondition(lambda self: self.engine.state.contacts)
    @rule(data=st.data(), by_customer=st.booleans())
    def end(self, data: st.DataObject, by_customer: bool) -> None:
        contact = data.draw(st.sampled_from(sorted(self.engine.state.contacts)))
        self.tell(i.EndContact(contact, by_customer))

    @rule(seconds=st.sampled_from([0.5, 3.0, 7.0]))
    def pass_time(self, seconds: float) -> None:
        then = after(self.now, seconds)
        while (due := self.engine.next_deadline()) is not None and due <= then:
            self.now = max(self.now, due)
            self._check(self.engine.advance(now=self.now))
        self.now = then

    @rule()
    def restart(self) -> None:
        self.engine = Engine(TinyFlows(), deepcopy(self.engine.state), is_strict=True)

    @invariant()
    def nobody_waits_in_vain(self) -> None:
        assert problems(self.engine.state) == []
        assert self.engine.index.standing() == self.engine.index.anew().standing()


TestMatching = Matching.TestCase
TestMatching.settings = settings(
    max_examples=150,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    database=None,
    suppress_health_check=list(HealthCheck),
)


def _worst_agent_first(patch: pytest.MonkeyPatch) -> None:
    rank_of = Matcher._rank
    patch.setattr(Matcher, "_rank", lambda self, k, a: tuple(-term for term in rank_of(self, k, a)))


def _any_queue_first(patch: pytest.MonkeyPatch) -> None:
    enlist = matching._enlist

    def flat(klass: Any, agent: Agent) -> bool:
        is_member = enlist(klass, agent)
        if is_member:
            klass.members[agent.name] = 1
        return is_member

    patch.setattr(matching, "_enlist", flat)


@pytest.mark.parametrize("plant", [_worst_agent_first, _any_queue_first])
def test_oracle_finds_a_planted_bug(
    plant: Callable[[pytest.MonkeyPatch], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    plant(monkeypatch)
    once = settings(TestMatching.settings, phases=[Phase.generate])
    with pytest.raises(AssertionError):
        run_state_machine_as_test(Matching, settings=once)
