"""People who are signed in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from acd.core.ids import AgentName
from acd.core.timers import Instant
from acd.ports.store import Role


@dataclass(frozen=True, slots=True)
class SessionRow:
    """A session as kept: the secret that its cookie holds is stored nowhere.

    Attributes:
        id: names the session; opens nothing.
        agent: who signed in.
        title: their name as shown.
        role: theirs at the sign-in and now: another role ends the session.
    """

    id: str
    agent: AgentName
    title: str
    role: Role
    created_at: Instant
    expires_at: Instant


class SessionStore(Protocol):
    """Sessions; one ends with its time, at sign-out, and when its agent is not as before."""

    async def create_session(self, agent: AgentName, *, now: Instant, until: Instant) -> str:
        """Begin a session of an agent and return its secret, 256 random bits.

        Raises:
            StoreError: there is no such agent (``agent-unknown``).
        """
        ...

    async def session(self, secret: str, *, now: Instant) -> SessionRow | None:
        """Return the session with this secret; None if there is none (any more).

        There is none any more when its agent was removed, or has another role or password.
        """
        ...

    async def living(self, *, now: Instant) -> set[str]:
        """Return the ids of all sessions that :meth:`session` would return."""
        ...

    async def end_session(self, secret: str) -> None:
        """End a session; nothing happens if there is none."""
        ...
