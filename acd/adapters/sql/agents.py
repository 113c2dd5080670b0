"""Agents, their skills and queues, and their passwords, in tables."""

from __future__ import annotations

import asyncio
from functools import cache
from typing import Any, cast

import msgspec
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError
from sqlalchemy import CursorResult, delete, insert, select, update
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.adapters.sql.engine import Database
from acd.adapters.sql.schema import agent_queues, agent_skills, agents
from acd.core.agent import AgentProfile
from acd.core.channel import Channel
from acd.core.ids import AgentName, QueueName
from acd.ports.store import AgentRow, StoreError

_hasher = PasswordHasher()  # argon2id, RFC 9106 section 4, second recommended option


class _Capacity(msgspec.Struct, forbid_unknown_fields=True):
    """How much at once, as the column holds it."""

    units: dict[Channel, int]
    exclusive: tuple[tuple[Channel, ...], ...]
    interrupts: dict[Channel, tuple[Channel, ...]]


_capacity = msgspec.json.Decoder(_Capacity)


@cache
def _decoy() -> str:
    """A hash that fits nobody: checking a password against it takes as long as any other."""
    return _hasher.hash("nobody has this password")


def _fits(password_hash: str | None, password: str) -> bool:
    decoy = _decoy()  # made on the first call, whoever asks
    try:
        _hasher.verify(password_hash or decoy, password)
    except (VerificationError, InvalidHashError):
        return False
    return password_hash is not None


class SqlAgents:
    """:class:`acd.ports.store.AgentStore` on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def agents(self) -> list[AgentRow]:
        """Return every agent, by name, removed ones included.

        Raises:
            StoreError: the database failed.
        """
        async with self._database.single("read the agents") as connection:
            rows = (await connection.execute(select(agents).order_by(agents.c.name))).all()
            skills = await _by_agent(connection, agent_skills, "skill", "level")
            queues = await _by_agent(connection, agent_queues, "queue", "preference")
        return [
            AgentRow(
                _profile(row, skills.get(row.name, {}), queues.get(row.name, {})),
                row.role,
                row.sip_digest,
                row.is_active,
            )
            for row in rows
        ]

    async def save_agent(self, row: AgentRow, *, password: str | None = None) -> None:
        """Insert or change an agent; ``password`` replaces the web password (argon2id).

        Raises:
            StoreError: the database failed.
        """
        profile = row.profile
        values: dict[str, Any] = {
            "title": profile.title,
            "address": profile.address,
            "capacity": msgspec.json.encode(
                _Capacity(dict(profile.capacity), profile.exclusive, dict(profile.interrupts))
            ).decode(),
            "role": row.role,
            "sip_digest": row.sip_digest,
            "is_active": row.is_active,
        }
        if password is not None:
            # It takes long by intention; the loop must not.
            values["password_hash"] = await asyncio.to_thread(_hasher.hash, password)
        async with self._database.write("save the agent") as connection:
            change = update(agents).where(agents.c.name == profile.name).values(**values)
            changed = cast("CursorResult[Any]", await connection.execute(change))
            if changed.rowcount == 0:
                await connection.execute(insert(agents).values(name=profile.name, **values))
            for table, key, value, given in (
                (agent_skills, "skill", "level", dict(profile.skills)),
                (agent_queues, "queue", "preference", dict(profile.queues)),
            ):
                await connection.execute(delete(table).where(table.c.agent == profile.name))
                lines = [
                    {"agent": profile.name, key: name, value: number, "place": place}
                    for place, (name, number) in enumerate(given.items())
                ]
                if lines:
                    await connection.execute(insert(table), lines)

    async def remove_agent(self, name: AgentName) -> None:
        """Mark an agent removed.

        Raises:
            StoreError: there is no such agent (``agent-unknown``), or the database failed.
        """
        async with self._database.write("remove the agent") as connection:
            change = update(agents).where(agents.c.name == name).values(is_active=False)
            changed = cast("CursorResult[Any]", await connection.execute(change))
            if changed.rowcount == 0:
                raise StoreError(f"there is no agent {name}", code="agent-unknown")

    async def verify_password(self, name: AgentName, password: str) -> bool:
        """Return whether ``password`` is the agent's; unknown names take equally long.

        Raises:
            StoreError: the database failed.
        """
        wanted = select(agents.c.password_hash).where(agents.c.name == name, agents.c.is_active)
        async with self._database.single("check a password") as connection:
            password_hash = await connection.scalar(wanted)
        return await asyncio.to_thread(_fits, password_hash, password)


def _profile(row: Any, skills: dict[str, int], queues: dict[str, int]) -> AgentProfile:
    capacity = _capacity.decode(row.capacity)
    return AgentProfile(
        AgentName(row.name),
        row.title,
        skills=skills,
        queues={QueueName(queue): preference for queue, preference in queues.items()},
        address=row.address,
        capacity=capacity.units,
        exclusive=capacity.exclusive,
        interrupts=capacity.interrupts,
    )


async def _by_agent(
    connection: AsyncConnection, table: Any, key: str, value: str
) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    wanted = select(table.c.agent, table.c[key], table.c[value])
    for agent, name, number in await connection.execute(wanted.order_by(table.c.place)):
        found.setdefault(agent, {})[name] = number
    return found
