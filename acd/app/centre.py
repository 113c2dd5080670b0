"""The running centre as its users see it: the web server, the commands, the terminal.

One façade over loop, state and stores; it decides nothing.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

from acd.app.journeys import Journeys
from acd.app.loop import Loop
from acd.app.metrics import Metrics
from acd.app.scores import Scores
from acd.app.views import (
    AgentDocument,
    QueueDocument,
    agent_document,
    queue_document,
    queue_documents,
    queue_names,
)
from acd.core.ids import AgentName, ContactId, QueueName
from acd.core.inputs import Input
from acd.core.state import State
from acd.core.timers import Instant
from acd.core.turn import Refused
from acd.ports.audit import AuditStore
from acd.ports.clock import Clock
from acd.ports.sessions import SessionStore
from acd.ports.store import AgentStore, ContactStore, TokenStore


@dataclass(frozen=True, slots=True)
class PartHealth:
    """Whether one part would serve a call now.

    Attributes:
        ok: it would.
        detail: what it says of itself; why not, if it would not.
    """

    ok: bool
    detail: str = ""


@dataclass(slots=True)
class Centre:
    """Everything a user interface may ask for.

    Attributes:
        metrics: the fold of the log that counts.
        parts: name of a part to a check that returns its health at once.
        counts: name of something counted since the start to its count.
        load_agents: reads the agents' tables again; given who asks, returns how many there are.
        story: returns a contact's whole story as plain values, see :mod:`acd.app.trace`.
        reasons: returns why a contact was given to whom, see :mod:`acd.app.why`.
        journeys: the fold of the log that counts in flows.
        scores: the fold of the log that counts what customers answered in surveys.
        asked: (service, outcome) to how often a web service was asked since the start.
    """

    loop: Loop
    clock: Clock
    agent_store: AgentStore
    token_store: TokenStore
    contact_store: ContactStore
    metrics: Metrics
    load_agents: Callable[[str], Awaitable[int]]
    story: Callable[[ContactId], Awaitable[Mapping[str, object]]]
    reasons: Callable[[ContactId], Awaitable[Mapping[str, object]]]
    session_store: SessionStore
    audit_store: AuditStore
    parts: dict[str, Callable[[], PartHealth]] = field(default_factory=dict)
    counts: dict[str, Callable[[], int]] = field(default_factory=dict)
    journeys: Journeys = field(default_factory=Journeys)
    scores: Scores = field(default_factory=Scores)
    asked: Mapping[tuple[str, str], int] = field(default_factory=dict)

    @property
    def state(self) -> State:
        """The engine's state: to be read between two awaits."""
        return self.loop.engine.state

    def now(self) -> Instant:
        """Return the present."""
        return self.clock.now()

    async def ask(self, cause: Input, actor: str) -> Refused | None:
        """Put a request to the engine; return why it was refused, or None once it is durable."""
        return await self.loop.ask(cause, actor)

    def health(self) -> dict[str, PartHealth]:
        """Return the health of every part."""
        return {name: check() for name, check in self.parts.items()}

    def counters(self) -> dict[str, int]:
        """Return everything counted since the start."""
        return {name: count() for name, count in self.counts.items()}

    def queues(self) -> list[QueueDocument]:
        """Return every queue by name."""
        names = queue_names(self.state)
        return list(queue_documents(self.state, self.metrics, names, self.now()).values())

    def queue(self, name: QueueName) -> QueueDocument | None:
        """Return a queue, or None if there is none of this name."""
        return queue_document(self.state, self.metrics, name, self.now())

    def agents(self) -> list[AgentDocument]:
        """Return every agent by name."""
        found = [self.agent(name) for name in sorted(self.state.agents)]
        return [agent for agent in found if agent is not None]

    def agent(self, name: AgentName) -> AgentDocument | None:
        """Return an agent, or None if there is none of this name."""
        return agent_document(self.state, self.metrics, name, self.now())

    async def reload_agents(self, actor: str) -> int:
        """Bring engine and phones into line with the agents' tables; return how many there are.

        Raises:
            AcdError: the tables or the PBX failed.
        """
        return await self.load_agents(actor)
