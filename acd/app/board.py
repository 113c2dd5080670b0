"""What a wallboard shows: every agent, queue and open contact, encoded as it changes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

import msgspec

from acd.app.metrics import Metrics
from acd.app.views import agent_document, queue_documents, queue_names
from acd.core.ids import AgentName, ContactId, QueueName
from acd.core.state import State
from acd.ports.clock import Clock

Name = TypeVar("Name", bound=str)

_encoder = msgspec.json.Encoder()

AgentBytes = dict[AgentName, bytes | None]
QueueBytes = dict[QueueName, bytes | None]


class Board:
    """Documents of agents and queues, and the names of those that may have changed.

    Attributes:
        is_touched: something may have changed since :meth:`changes`.
    """

    def __init__(self, state: Callable[[], State], metrics: Metrics, clock: Clock) -> None:
        self.is_touched = False
        self._state = state
        self._metrics = metrics
        self._clock = clock
        self._agents: dict[AgentName, bytes] = {}
        self._queues: dict[QueueName, bytes] = {}
        self._touched_agents: set[AgentName] = set()
        self._touched_queues: set[QueueName] = set()
        self._touched_contacts: set[ContactId] = set()

    def touch_agent(self, name: AgentName) -> None:
        """Say that an agent may have changed; then the queues they serve may have, too."""
        self._touched_agents.add(name)
        self.is_touched = True

    def touch_queue(self, name: QueueName) -> None:
        """Say that a queue may have changed."""
        self._touched_queues.add(name)
        self.is_touched = True

    def touch_contact(self, contact: ContactId, queue: QueueName | None) -> None:
        """Say that a contact may have changed, and the queue it waits in or was taken from."""
        self._touched_contacts.add(contact)
        if queue is not None:
            self._touched_queues.add(queue)
        self.is_touched = True

    def touch_everything(self) -> None:
        """Say that every agent and queue may have changed."""
        self._touched_agents |= self._state().agents.keys() | self._agents.keys()
        self._touched_queues |= set(queue_names(self._state())) | self._queues.keys()
        self.is_touched = True

    def touch_waiting(self) -> None:
        """Say that the queues where somebody waits have changed: their waits have grown."""
        for contact in self._state().contacts.values():
            if contact.queue is not None and contact.is_open:
                self.touch_queue(contact.queue)

    def documents(self) -> tuple[dict[AgentName, bytes], dict[QueueName, bytes]]:
        """Return agents and queues as of :meth:`changes`."""
        return self._agents, self._queues

    def changes(self) -> tuple[AgentBytes, QueueBytes, set[ContactId]]:
        """Return what has changed since the last call: documents, None for what is gone."""
        state, now = self._state(), self._clock.now()
        agents: AgentBytes = {}
        for name in self._touched_agents:
            known = state.agents.get(name)
            if known is not None:
                self._touched_queues.update(known.profile.queues)
            document = agent_document(state, self._metrics, name, now)
            encoded = None if document is None else _encoder.encode(document)
            if encoded != self._agents.get(name):
                agents[name] = encoded
        queues: QueueBytes = dict.fromkeys(self._touched_queues)
        found = queue_documents(state, self._metrics, self._touched_queues, now)
        queues.update({name: _encoder.encode(document) for name, document in found.items()})
        queues = {n: encoded for n, encoded in queues.items() if encoded != self._queues.get(n)}
        _lay(self._agents, agents)
        _lay(self._queues, queues)
        contacts = self._touched_contacts
        self._touched_agents, self._touched_queues = set(), set()
        self._touched_contacts = set()
        self.is_touched = False
        return agents, queues, contacts


def _lay(known: dict[Name, bytes], changed: dict[Name, bytes | None]) -> None:
    for name, encoded in changed.items():
        if encoded is None:
            known.pop(name, None)
        else:
            known[name] = encoded
