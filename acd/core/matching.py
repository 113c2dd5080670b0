"""Matching: waiting contacts x available agents, indexed, to a fixed point after every step.

Contacts wait in one line for each *class*: a queue, a channel and a requirement. Within a class the
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
from bisect import insort
from collections.abc import Iterator
from operator import itemgetter

from acd.core.agent import Agent, Presence
from acd.core.channel import Channel
from acd.core.classes import Class, ClassKey, Waiting
from acd.core.contact import Contact, ContactState
from acd.core.ids import AgentName, ContactId, QueueName
from acd.core.leg import LegState
from acd.core.offer import Candidate, Candidates
from acd.core.skill import Requirement
from acd.core.state import State
from acd.core.strategy import STRATEGIES, Rank
from acd.core.timers import Instant

TABLE_LIMIT = 50
"""Agents of a queue up to which each decision keeps the whole candidate table."""

CLASS_LIMIT = 4096
"""Classes beyond which those nobody waits in are forgotten: requirements may come from outside."""

_Served = tuple[int, Class]  # an agent's preference of a class
_PREFERENCE = itemgetter(0)

_NOWHERE: tuple[None, None] = (None, None)

# All of an available agent that their place in the idle heaps rests on: the channels they can take,
# since when they are idle, how many works they have.
_Free = tuple[tuple[Channel, ...], Instant, int]

# A member named through its enum costs as much as a function call on Python 3.11.
_AVAILABLE, _WAITING, _AWAY = Presence.AVAILABLE, ContactState.WAITING, LegState.AWAY


class Matcher:
    """The index over a state. Derived: it can be thrown away and made again at any time."""

    def __init__(self, state: State) -> None:
        self._state = state
        self._classes: dict[ClassKey, Class] = {}
        self._class_limit = CLASS_LIMIT
        self._class_of: dict[ContactId, tuple[Class, Waiting]] = {}
        self._queue_members: dict[QueueName, dict[AgentName, None]] = {}
        self._served: dict[AgentName, list[_Served]] = {}  # by preference
        self._waiting_in: dict[QueueName, int] = {}
        self._free: dict[AgentName, _Free] = {}
        self._tokens: dict[AgentName, int] = {}  # current token of an agent standing in idle heaps
        self._last_token = 0
        self._touched: dict[AgentName, None] = {}
        self._freed: dict[AgentName, None] = {}
        self._arrived: dict[ContactId, None] = {}
        for agent in state.agents.values():
            self.agent_defined(agent)
        # In their order each is the last of their line, which is cheap.
        in_order = sorted(state.contacts.values(), key=lambda c: (-c.priority, c.order_at, c.order))
        for contact in in_order:
            self.touch_contact(contact.id)
        self.rest()

    # --- keeping the index ----------------------------------------------------------------------

    def agent_defined(self, agent: Agent) -> None:
        """Take a new or changed profile in."""
        self.agent_removed(agent.name)
        for queue in agent.profile.queues:
            self._queue_members.setdefault(queue, {})[agent.name] = None
        classes = self._classes.values()
        served = [(k.members[agent.name], k) for k in classes if _enlist(k, agent)]
        served.sort(key=_PREFERENCE)
        self._served[agent.name] = served
        self.touch_agent(agent.name)

    def agent_removed(self, name: AgentName) -> None:
        """Forget an agent."""
        for forget in (self._tokens, self._free, self._freed, self._touched):
            forget.pop(name, None)
        for members in self._queue_members.values():
            members.pop(name, None)
        for _, klass in self._served.pop(name, ()):
            klass.members.pop(name, None)

    def touch_agent(self, name: AgentName) -> None:
        """Look at an agent again, before the next match, after anything about them changed."""
        self._touched[name] = None

    def _look_again(self) -> None:
        """Find out who of the touched became free, ceased to be, or has another rank now."""
        agents, free_of = self._state.agents, self._free
        for name in self._touched:
            agent = agents.get(name)
            free = _availability(agent) if agent is not None else None
            if free == free_of.get(name):
                continue
            self._tokens.pop(name, None)  # what stands in the idle heaps is stale now
            if free is None:
                del free_of[name]
                self._freed.pop(name, None)
            else:
                free_of[name] = free
                self._freed[name] = None
        self._touched.clear()

    def touch_contact(self, contact_id: ContactId) -> None:
        """Look at a contact again after anything about it changed."""
        contact = self._state.contacts.get(contact_id)
        stands = self._class_of.get(contact_id)
        if contact is None or contact.state is not _WAITING or _is_away(self._state, contact):
            if stands is not None:
                self._leave(contact_id, *stands)
            return
        klass = self._class_for(contact)
        entry: Waiting = (-contact.priority, contact.order_at, contact.order, contact_id)
        if stands is not None:
            if stands[0] is klass and stands[1] == entry:
                return
            self._leave(contact_id, *stands)
        self._class_of[contact_id] = (klass, entry)
        insort(klass.waiting, entry, lo=klass.first)
        klass.waiting_count += 1
        if klass.head is None or entry < klass.head:
            klass.head = entry
        if len(klass.waiting) > 2 * klass.waiting_count + 64:
            klass.waiting = [w for w in klass.waiting if self._stands(w)]
            klass.first = 0
        queue = klass.key.queue
        self._waiting_in[queue] = self._waiting_in.get(queue, 0) + 1
        self._arrived[contact_id] = None

    def _leave(self, contact_id: ContactId, klass: Class, entry: Waiting) -> None:
        class_of, waiting = self._class_of, klass.waiting
        del class_of[contact_id]
        if entry is klass.head:
            klass.head = None
            for place in range(klass.first + 1, len(waiting)):
                following = waiting[place]
                if class_of.get(following[3], _NOWHERE)[1] is following:
                    klass.first, klass.head = place, following
                    break
            else:
                klass.waiting, klass.first = [], 0
        klass.waiting_count -= 1
        self._waiting_in[klass.key.queue] -= 1
        self._arrived.pop(contact_id, None)

    def _stands(self, entry: Waiting) -> bool:
        return self._class_of.get(entry[3], _NOWHERE)[1] is entry

    def _class_for(self, contact: Contact) -> Class:
        queue = self._state.queue_of(contact)
        return self._class(queue.name, contact.channel, contact.requirement, queue.strategy)

    def _class(
        self, queue: QueueName, channel: Channel, requirement: Requirement, strategy: str
    ) -> Class:
        needs = tuple([(need.skill, need.min) for need in requirement])
        key = ClassKey(queue, channel, needs, strategy)
        klass = self._classes.get(key)
        if klass is not None:
            return klass
        if len(self._classes) >= self._class_limit:
            self._forget_classes()
        klass = self._classes[key] = Class(key, channel, STRATEGIES[strategy], requirement)
        for name in self._queue_members.get(queue, ()):
            agent = self._state.agents[name]
            if _enlist(klass, agent):
                insort(self._served[name], (klass.members[name], klass), key=_PREFERENCE)
                if name in self._tokens:
                    self._stand_in(klass, agent)
        return klass

    def _forget_classes(self) -> None:
        self._classes = {key: k for key, k in self._classes.items() if k.waiting_count}
        for name, served in self._served.items():
            self._served[name] = [entry for entry in served if entry[1].waiting_count]
        self._class_limit = max(CLASS_LIMIT, 2 * len(self._classes))

    def rest(self) -> None:
        """Take what was folded without matching as a whole step that had been matched.

        By the invariant none of it can match among itself; should a log say otherwise, the contact
        is taken for one that just arrived.
        """
        self._settle()
        if self._arrived:
            stay = [c for c in self._arrived if self._best_agent(self._class_of[c][0]) is not None]
            self._arrived = dict.fromkeys(stay)

    # --- asking it ------------------------------------------------------------------------------

    def waiting_count(self, queue: QueueName) -> int:
        """Return how many contacts wait in ``queue``, those being offered not included."""
        return self._waiting_in.get(queue, 0)

    def can_serve(
        self, queue: QueueName, channel: Channel, requirement: Requirement, strategy: str
    ) -> bool:
        """Return whether somebody stands idle, whom nobody who waits could have."""
        self._look_again()
        return self._best_agent(self._class(queue, channel, requirement, strategy)) is not None

    def pairs(self) -> Iterator[tuple[Contact, Agent]]:
        """Yield matches until none is left; the caller makes each an offer before the next."""
        self._look_again()
        while self._freed or self._arrived:
            if self._freed:
                freed, self._freed = self._freed, {}
                yield from self._serve(freed)
            else:
                arrived, self._arrived = self._arrived, {}
                yield from self._place(arrived)

    def _serve(self, freed: dict[AgentName, None]) -> Iterator[tuple[Contact, Agent]]:
        """Yield the contacts that freed agents bring into the hands of somebody."""
        if len(freed) > 1:  # they compete: let them all stand first
            for name in freed:
                self._stand(self._state.agents[name])
        for name in freed:
            agent = self._state.agents[name]
            while name in self._free and (found := self._best_contact(name)) is not None:
                klass, contact = found
                best = self._best_agent(klass, agent)
                assert best is not None
                yield contact, best
                self._settle()
                if contact.id in self._class_of:  # it was not taken: leave it for the next step
                    break
            if name in self._free and name not in self._tokens:
                self._stand(agent)

    def _place(self, arrived: dict[ContactId, None]) -> Iterator[tuple[Contact, Agent]]:
        """Yield the contacts that came to wait and find somebody, in their order."""
        class_of = self._class_of
        order = sorted(arrived, key=lambda id_: class_of[id_][1]) if len(arrived) > 1 else arrived
        for contact_id in order:
            agent = self._best_agent(class_of[contact_id][0])
            if agent is not None:
                yield self._state.contacts[contact_id], agent
                self._settle()

    def _settle(self) -> None:
        """Let everybody who is available stand: nobody waits for them but who arrived now."""
        self._look_again()
        for name in self._freed:
            self._stand(self._state.agents[name])
        self._freed.clear()

    def _best_contact(self, name: AgentName) -> tuple[Class, Contact] | None:
        channels = self._free[name][0]
        best: Class | None = None
        best_head: Waiting | None = None
        best_preference = 0
        for preference, klass in self._served[name]:
            head = klass.head
            if best_head is not None and preference > best_preference:
                break
            if head is None or klass.channel not in channels:
                continue
            if best_head is None or head < best_head:
                best, best_head, best_preference = klass, head, preference
        if best is None or best_head is None:
            return None
        return best, self._state.contacts[best_head[3]]

    def _best_agent(self, klass: Class, freed: Agent | None = None) -> Agent | None:
        """Return the best of the standing agents and of one ``freed`` who may not stand yet."""
        idle, tokens = klass.idle, self._tokens
        while idle:
            rank, name, token = idle[0]
            if tokens.get(name) == token:
                if freed is None or (rank, name) < (self._rank(klass, freed), freed.name):
                    return self._state.agents[name]
                break
            heapq.heappop(idle)
        return freed

    def _rank(self, klass: Class, agent: Agent) -> Rank:
        terms = klass.strategy.rank(agent, klass.requirement)
        return (klass.members[agent.profile.name], *terms, agent.order)

    def _stand(self, agent: Agent) -> None:
        """Put an available agent into the idle heaps."""
        self._last_token += 1
        self._tokens[agent.name] = self._last_token
        for _, klass in self._served[agent.name]:
            self._stand_in(klass, agent)

    def _stand_in(self, klass: Class, agent: Agent) -> None:
        name = agent.profile.name
        if klass.channel not in self._free[name][0]:
            return
        entry = (self._rank(klass, agent), name, self._tokens[name])
        heapq.heappush(klass.idle, entry)
        if len(klass.idle) > 2 * len(klass.members) + 64:
            klass.idle = [i for i in klass.idle if self._tokens.get(i[1]) == i[2]]
            heapq.heapify(klass.idle)

    # --- checking it ----------------------------------------------------------------------------

    def standing(self) -> dict[ClassKey, tuple[list[ContactId], list[AgentName]]]:
        """Return who waits and who is idle in each class, best first."""
        return {
            key: (
                [entry[3] for entry in sorted(k.waiting) if self._stands(entry)],
                [name for _, name, token in sorted(k.idle) if self._tokens.get(name) == token],
            )
            for key, k in self._classes.items()
        }

    def anew(self) -> Matcher:
        """Return an index made of the state from nothing, with the same classes."""
        made = Matcher(self._state)
        for klass in self._classes.values():
            made._class(klass.key.queue, klass.key.channel, klass.requirement, klass.key.strategy)
        return made

    # --- explaining -----------------------------------------------------------------------------

    def candidates(self, contact: Contact, now: Instant, chosen: Agent | None = None) -> Candidates:
        """Return who could take ``contact`` now, by rank, and why the others cannot.

        With ``chosen`` the answer is kept short in large queues; without it, it is always whole.
        """
        assert contact.queue is not None
        stands = self._class_of.get(contact.id)
        klass = stands[0] if stands is not None else self._class_for(contact)
        names = self._queue_members.get(contact.queue, {})
        if chosen is not None and len(names) > TABLE_LIMIT:
            why = klass.strategy.explain(self._rank(klass, chosen), now)
            row = Candidate(chosen.profile.name, 1, why)
            return Candidates((row,), is_complete=False)
        eligible: list[tuple[Rank, Agent]] = []
        excluded: list[Candidate] = []
        for name in names:
            agent = self._state.agents[name]
            need = agent.profile.lacks(contact.requirement)
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
            Candidate(agent.name, place, klass.strategy.explain(rank, now))
            for place, (rank, agent) in enumerate(eligible, start=1)
        ]
        excluded.sort(key=lambda row: row.agent)
        return Candidates((*ranked, *excluded), is_complete=True)


def _enlist(klass: Class, agent: Agent) -> bool:
    preference = agent.profile.queues.get(klass.key.queue)
    if preference is None or agent.profile.lacks(klass.requirement):
        return False
    klass.members[agent.name] = preference
    return True


def _availability(agent: Agent) -> _Free | None:
    if agent.presence is not _AVAILABLE:
        return None
    capacity, work_count = agent.profile.capacity, len(agent.works)
    if len(capacity) == 1:  # the common case: one call at a time
        (channel,) = capacity
        if agent.why_not(channel):
            return None
        return ((channel,), agent.idle_since, work_count)
    channels = tuple([channel for channel in capacity if not agent.why_not(channel)])
    return (channels, agent.idle_since, work_count) if channels else None


def _is_away(state: State, contact: Contact) -> bool:
    leg = state.legs.get(contact.leg) if contact.leg is not None else None
    return leg is not None and leg.state is _AWAY
