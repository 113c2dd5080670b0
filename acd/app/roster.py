"""Agents as administered, brought into the engine: tables on one side, profiles on the other."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

from acd.app.loop import Loop
from acd.core.inputs import DefineAgent, RemoveAgent
from acd.ports.store import AgentRow, AgentStore

OnChange = Callable[[Sequence[AgentRow]], Awaitable[None]]


class Roster:
    """Keeps the engine's agents equal to the tables.

    Args:
        store: the tables.
        loop: the engine's inbox.
        on_change: told of all active agents whenever they were read: the PBX needs their phones.
    """

    def __init__(self, store: AgentStore, loop: Loop, on_change: OnChange) -> None:
        self._store = store
        self._loop = loop
        self._on_change = on_change

    async def load(self, actor: str) -> int:
        """Tell the engine of every difference to the tables; return how many agents are active."""
        rows = [row for row in await self._store.agents() if row.is_active]
        known = self._loop.engine.state.agents
        wanted = {row.profile.name: row.profile for row in rows}
        for name, profile in wanted.items():
            if name not in known or known[name].profile != profile:
                await self._loop.ask(DefineAgent(profile), actor)
        for name in [name for name in known if name not in wanted]:
            await self._loop.ask(RemoveAgent(name), actor)
        await self._on_change(rows)
        return len(rows)
