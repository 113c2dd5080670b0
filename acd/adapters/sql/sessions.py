"""Sessions of people in a table: the hashes of their secrets only."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any

from sqlalchemy import Select, delete, insert, select

from acd.adapters.sql.engine import Database
from acd.adapters.sql.schema import agents, sessions
from acd.core.ids import AgentName
from acd.core.timers import Instant
from acd.ports.sessions import SessionRow
from acd.ports.store import Role, StoreError

SECRET_BYTES = 32


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _mark(password_hash: str | None) -> str:
    """Return what tells one password from another; argon2's salt makes it new each time."""
    return _digest(password_hash or "")


class SqlSessions:
    """:class:`acd.ports.sessions.SessionStore` on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create_session(self, agent: AgentName, *, now: Instant, until: Instant) -> str:
        """Begin a session of an agent and return its secret, which is kept nowhere.

        Raises:
            StoreError: there is no such agent (``agent-unknown``), or the database failed.
        """
        secret = secrets.token_urlsafe(SECRET_BYTES)
        wanted = select(agents.c.role, agents.c.password_hash).where(
            agents.c.name == agent, agents.c.is_active
        )
        async with self._database.single("begin a session") as connection:
            row = (await connection.execute(wanted)).one_or_none()
            if row is None:
                raise StoreError(f"there is no agent {agent}", code="agent-unknown")
            await connection.execute(delete(sessions).where(sessions.c.expires_at <= now))
            await connection.execute(
                insert(sessions).values(
                    digest=_digest(secret),
                    agent=agent,
                    role=row.role,
                    password_mark=_mark(row.password_hash),
                    created_at=now,
                    expires_at=until,
                )
            )
        return secret

    async def session(self, secret: str, *, now: Instant) -> SessionRow | None:
        """Return the session with this secret, or None.

        Raises:
            StoreError: the database failed.
        """
        wanted = _with_agents(now).where(sessions.c.digest == _digest(secret))
        async with self._database.single("check a session") as connection:
            row = (await connection.execute(wanted)).one_or_none()
        return _row(row) if row is not None and _is_as_before(row) else None

    async def living(self, *, now: Instant) -> set[str]:
        """Return the ids of all sessions that are valid.

        Raises:
            StoreError: the database failed.
        """
        async with self._database.single("check the sessions") as connection:
            rows = (await connection.execute(_with_agents(now))).all()
        return {row.digest for row in rows if _is_as_before(row)}

    async def end_session(self, secret: str) -> None:
        """End a session.

        Raises:
            StoreError: the database failed.
        """
        async with self._database.single("end a session") as connection:
            gone = delete(sessions).where(sessions.c.digest == _digest(secret))
            await connection.execute(gone)


def _with_agents(now: Instant) -> Select[Any]:
    return (
        select(
            sessions,
            agents.c.title,
            agents.c.role.label("role_now"),
            agents.c.password_hash,
        )
        .join(agents, agents.c.name == sessions.c.agent)
        .where(sessions.c.expires_at > now, agents.c.is_active)
    )


def _is_as_before(row: Any) -> bool:
    is_same: bool = row.role == row.role_now and row.password_mark == _mark(row.password_hash)
    return is_same


def _row(row: Any) -> SessionRow:
    return SessionRow(
        row.digest,
        AgentName(row.agent),
        row.title,
        Role(row.role),
        Instant(row.created_at),
        Instant(row.expires_at),
    )
