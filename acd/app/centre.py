"""The running centre as its users see it: the web server, the commands, the terminal.

One façade over loop, state and stores; it decides nothing.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from acd.app.loop import Loop
from acd.core.inputs import Input
from acd.core.state import State
from acd.core.timers import Instant
from acd.core.turn import Refused
from acd.ports.clock import Clock
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
        parts: name of a part to a check that returns its health at once.
    """

    loop: Loop
    clock: Clock
    agent_store: AgentStore
    token_store: TokenStore
    contact_store: ContactStore
    parts: dict[str, Callable[[], PartHealth]] = field(default_factory=dict)

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
