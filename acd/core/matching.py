"""Matching: waiting contacts x available agents, indexed, to a fixed point after every step.

Contacts wait in one heap for each *class*: a queue, a channel and a requirement. Within a class the
order is (priority, ordering clock, number), so only the head of each class can be next. An agent
is eligible for a class or not by queues and skills alone, so each agent keeps the list of their
classes, and a freed agent compares those heads only. Idle agents stand in one heap for each class
they serve, in the order of the queue's strategy. Entries are dropped lazily.

The invariant: after a step nobody waits for whom an eligible agent is available. So in the next
step only what the step touched can match: contacts that came to wait and agents that were freed.
Rule for both triggers: the contact first, by (preference of its queue, priority, clock, number),
then the best agent for that contact.
"""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from acd.core.agent import Agent
from acd.core.channel import Channel
from acd.core.contact import Contact, ContactState
from acd.core.ids import AgentName, ContactId, QueueName
from acd.core.leg import LegState
from acd.core.offer import Candidate, Candidates
from acd.core.skill import Requirement, missing
from acd.core.state import State
from acd.core.strategy import STRATEGIES, Rank
from acd.core.timers import Instant, elapsed_seconds

TABLE_LIMIT = 50
"""Agents of a queue up to which each decision keeps the whole candidate table."""

ClassKey = tuple[QueueName, Channel, tuple[tuple[str, int], ...], str]
Waiting = tuple[int, int, int, ContactId]  # -priority, ordering clock, number, id
Idle = tuple[Rank, AgentName, int]  # rank, name, token


@dataclass(slots=True, eq=False)
class _Class:
    queue: QueueName
    channel: Channel
    requirement: Requirement
    strategy: str
    waiting: list[Waiting] = field(default_factory=list)
    waiting_count: int = 0
    idle: list[Idle] = field(default_factory=list)
    members: dict[AgentName, int] = field(default_factory=dict)  # eligible agent -> preference


class Matcher:
    """The index over a state. Derived: it can be thrown away and made again at any time."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._classes: dict[ClassKey, _Class] = {}
        self._class_of: dict[ContactId, tuple[_Class, Waiting]] = {}
        self._queue_members: dict[QueueName, dict[AgentName, None]] = {}
        self._served: dict[AgentName, list[_Class]] = {}
        self._tokens: dict[AgentName, int] = {}  # current token of an agent standing in idle heaps
        self._next_token = 0
        self._freed: dict[AgentName, None] = {}
        self._arrived: dict[ContactId, None] = {}
        self._waiting_in: dict[QueueName, int] = {}
        for agent in state.agents.values():
            self.agent_defined(agent)
        for contact in state.contacts.values():
            self.touch_contact(contact.id)

    # --- keeping the index ----------------------------------------------------------------------

    def agent_defined(self, agent: Agent) -> None:
        """Take a new or changed profile in."""
        self._forget(agent.name)
        for queue in agent.profile.queues:
            self._queue_members.setdefault(queue, {})[agent.name] = None
        self._served[agent.name] = [k for k in self._classes.values() if self._enlist(k, agent)]
        self.touch_agent(agent.name)

    def agent_removed(self, name: AgentName) -> None:
        """Forget an agent."""
        self._forget(name)
        self._served.pop(name, None)

    def _forget(self, name: AgentName) -> None:
        self._tokens.pop(name, None)
        self._freed.pop(name, None)
        for members in self._queue_members.values():
            members.pop(name, None)
        for klass in self._served.get(name, ()):
            klass.members.pop(name, None)

    def _enlist(self, klass: _Class, agent: Agent) -> bool:
        preference = agent.profile.queues.get(klass.queue)
        if preference is None or missing(agent.profile.skills, klass.requirement):
            return False
        klass.members[agent.name] = preference
        return True

    def touch_agent(self, name: AgentName) -> None:
        """Look at an agent again after anything about them changed."""
        agent = self._state.agents.get(name)
        self._tokens.pop(name, None)  # what stands in the idle heaps is stale now
        if agent is not None and any(not agent.why_not(c) for c in agent.profile.capacity):
            self._freed[name] = None
        else:
            self._freed.pop(name, None)

    def touch_contact(self, contact_id: ContactId) -> None:
        """Look at a contact again after anything about it changed."""
        contact = self._state.contacts.get(contact_id)
        stands = self._class_of.get(contact_id)
        if contact is None or not _is_waiting(self._state, contact):
            if stands is not None:
                self._leave(contact_id, stands[0])
            return
        klass = self._class_for(contact)
        entry: Waiting = (-contact.priority, contact.order_at, contact.order, contact_id)
        if stands is not None:
            if stands[0] is klass and stands[1] == entry:
                return
            self._leave(contact_id, stands[0])
        self._class_of[contact_id] = (klass, entry)
        heapq.heappush(klass.waiting, entry)
        klass.waiting_count += 1
        if len(klass.waiting) > 2 * klass.waiting_count + 64:
            self._compact_waiting(klass)
        self._waiting_in[klass.queue] = self._waiting_in.get(klass.queue, 0) + 1
        self._arrived[contact_id] = None

    def _leave(self, contact_id: ContactId, klass: _Class) -> None:
        del self._class_of[contact_id]
        klass.waiting_count -= 1
        self._waiting_in[klass.queue] -= 1
        self._arrived.pop(contact_id, None)

    def _compact_waiting(self, klass: _Class) -> None:
        klass.waiting = [w for w in klass.waiting if self._stands(klass, w)]
        heapq.heapify(klass.waiting)

    def _stands(self, klass: _Class, entry: Waiting) -> bool:
        stands = self._class_of.get(entry[3])
        return stands is not None and stands[0] is klass and stands[1] is entry

    def _class_for(self, contact: Contact) -> _Class:
        assert contact.queue is not None
        strategy = self._state.queue_of(contact).strategy
        needs = tuple((need.skill, need.min) for need in contact.requirement)
        key = (contact.queue, contact.channel, needs, strategy)
        klass = self._classes.get(key)
        if klass is not None:
            return klass
        klass = _Class(contact.queue, contact.channel, contact.requirement, strategy)
        self._classes[key] = klass
        for name in self._queue_members.get(contact.queue, ()):
            agent = self._state.agents[name]
            if self._enlist(klass, agent):
                self._served[name].append(klass)
                if name in self._tokens:
                    self._stand(klass, agent)
        return klass

    # --- asking it ------------------------------------------------------------------------------

    def waiting_count(self, queue: QueueName) -> int:
        """Return how many contacts wait in ``queue``, those being offered not included."""
        return self._waiting_in.get(queue, 0)

    def head(self, klass: _Class) -> Waiting | None:
        """Return the first waiting entry of a class, dropping stale ones."""
        waiting = klass.waiting
        while waiting:
            if self._stands(klass, waiting[0]):
                return waiting[0]
            heapq.heappop(waiting)
        return None

    def pairs(self) -> Iterator[tuple[Contact, Agent]]:
        """Yield matches until none is left; the caller makes each an offer before the next."""
        while (pair := self._next_pair()) is not None:
            yield pair

    def _next_pair(self) -> tuple[Contact, Agent] | None:
        while self._freed:
            name = next(iter(self._freed))
            found = self._best_contact(self._state.agents[name])
            if found is not None:
                klass, contact = found
                agent = self._best_agent(klass, self._freed)
                assert agent is not None
                return contact, agent
            del self._freed[name]
            self._settle(self._state.agents[name])
        while self._arrived:
            contact_id = min(self._arrived, key=lambda id_: self._class_of[id_][1])
            klass, _ = self._class_of[contact_id]
            agent = self._best_agent(klass, ())
            if agent is not None:
                return self._state.contacts[contact_id], agent
            del self._arrived[contact_id]
        return None

    def _best_contact(self, agent: Agent) -> tuple[_Class, Contact] | None:
        best: tuple[tuple[int, Waiting], _Class] | None = None
        for klass in self._served[agent.name]:
            if not klass.waiting_count or agent.why_not(klass.channel):
                continue
            entry = self.head(klass)
            if entry is not None:
                key = (klass.members[agent.name], entry)
                if best is None or key < best[0]:
                    best = (key, klass)
        if best is None:
            return None
        return best[1], self._state.contacts[best[0][1][3]]

    def _best_agent(self, klass: _Class, freed: Iterable[AgentName]) -> Agent | None:
        """Return the best of the standing agents and the ``freed`` ones not standing yet."""
        idle, tokens = klass.idle, self._tokens
        while idle and tokens.get(idle[0][1]) != idle[0][2]:
            heapq.heappop(idle)
        best: tuple[Rank, AgentName] | None = (idle[0][0], idle[0][1]) if idle else None
        for name in freed:
            agent = self._state.agents[name]
            if name in klass.members and not agent.why_not(klass.channel):
                candidate = (self._rank(klass, agent), name)
                if best is None or candidate < best:
                    best = candidate
        return self._state.agents[best[1]] if best is not None else None

    def _rank(self, klass: _Class, agent: Agent) -> Rank:
        terms = STRATEGIES[klass.strategy].rank(agent, klass.requirement)
        return (klass.members[agent.name], *terms, agent.order)

    def _settle(self, agent: Agent) -> None:
        """Put an agent whom nobody waits for into the idle heaps."""
        self._next_token += 1
        self._tokens[agent.name] = self._next_token
        for klass in self._served[agent.name]:
            if not agent.why_not(klass.channel):
                self._stand(klass, agent)

    def _stand(self, klass: _Class, agent: Agent) -> None:
        token = self._tokens[agent.name]
        heapq.heappush(klass.idle, (self._rank(klass, agent), agent.name, token))
        if len(klass.idle) > 2 * len(klass.members) + 64:
            klass.idle = [i for i in klass.idle if self._tokens.get(i[1]) == i[2]]
            heapq.heapify(klass.idle)

    # --- explaining -----------------------------------------------------------------------------

    def candidates(self, contact: Contact, now: Instant, chosen: Agent | None = None) -> Candidates:
        """Return who could take ``contact`` now, by rank, and why the others cannot.

        With ``chosen`` the answer is kept short in large queues; without it, it is always whole.
        """
        assert contact.queue is not None
        klass = self._class_for(contact)
        names = self._queue_members.get(contact.queue, {})
        if chosen is not None and len(names) > TABLE_LIMIT:
            row = Candidate(chosen.name, 1, self._terms(klass, chosen, now))
            return Candidates((row,), is_complete=False)
        eligible: list[tuple[Rank, Agent]] = []
        excluded: list[Candidate] = []
        for name in names:
            agent = self._state.agents[name]
            need = missing(agent.profile.skills, contact.requirement)
            if need is not None:
                has = agent.profile.skills.get(need.skill, 0)
                why = f"skill:{need.skill} needs {need.min} has {has}"
            else:
                why = agent.why_not(contact.channel)
            if why:
                excluded.append(Candidate(name, 0, why))
            else:
                eligible.append((self._rank(klass, agent), agent))
        eligible.sort(key=lambda pair: (pair[0], pair[1].name))
        ranked = [
            Candidate(agent.name, place, self._terms(klass, agent, now))
            for place, (_, agent) in enumerate(eligible, start=1)
        ]
        excluded.sort(key=lambda row: row.agent)
        return Candidates((*ranked, *excluded), is_complete=True)

    def _terms(self, klass: _Class, agent: Agent, now: Instant) -> str:
        preference, *values, _ = self._rank(klass, agent)
        words = [f"preference {preference}"]
        for term, value in zip(STRATEGIES[klass.strategy].terms, values, strict=True):
            if term.endswith("_since"):
                age = elapsed_seconds(Instant(value), now)
                words.append(f"{term.removesuffix('_since')} {age:.1f} s")
            else:
                words.append(f"{term} {abs(value)}")
        return ", ".join(words)


def _is_waiting(state: State, contact: Contact) -> bool:
    if contact.state is not ContactState.WAITING:
        return False
    leg = state.legs.get(contact.leg) if contact.leg is not None else None
    return leg is None or leg.state is not LegState.AWAY
