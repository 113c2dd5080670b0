"""Accounts: agents as administrators see and change them, with their passwords."""

from __future__ import annotations

import secrets
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace

import msgspec

from acd.core.agent import AgentProfile
from acd.core.channel import Channel
from acd.core.errors import AcdError
from acd.core.ids import AgentName, QueueName
from acd.ports.phones import sip_digest
from acd.ports.store import AgentRow, AgentStore, Role

LOGIN = r"^[a-z][a-z0-9._-]{0,39}$"
PHONE = r"^([0-9]{2,15})?$"
SHORTEST_PASSWORD = 10

FIRST_PHONE = 2001
PASSWORD_BYTES = 12
SIP_PASSWORD_BYTES = 18


class AccountError(AcdError):
    """An account cannot be made or changed.

    Codes: ``agent-exists``, ``agent-unknown``, ``phone-taken``, ``queue-unknown``.
    """

    code = "agent-unknown"


class AccountDocument(msgspec.Struct, kw_only=True):
    """An agent as administrators see them.

    Attributes:
        phone: SIP user; empty without a phone.
        exclusive: sets of channels of which only one is worked on at a time.
        interrupts: channel to those whose work it suspends.
    """

    name: AgentName
    title: str
    role: Role
    phone: str
    queues: dict[QueueName, int]
    skills: dict[str, int]
    capacity: dict[Channel, int]
    exclusive: tuple[tuple[Channel, ...], ...]
    interrupts: dict[Channel, tuple[Channel, ...]]


@dataclass(frozen=True, slots=True)
class Made:
    """An account, and passwords made for it: told once, kept nowhere.

    Attributes:
        password, sip_password: empty if they are as before.
    """

    row: AgentRow
    password: str = ""
    sip_password: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """What shall be different; None is as before."""

    title: str | None = None
    role: Role | None = None
    phone: str | None = None
    queues: Mapping[QueueName, int] | None = None
    skills: Mapping[str, int] | None = None
    capacity: Mapping[Channel, int] | None = None
    exclusive: tuple[tuple[Channel, ...], ...] | None = None
    interrupts: Mapping[Channel, tuple[Channel, ...]] | None = None


class Accounts:
    """Changes accounts, and brings engine and phones into line.

    Args:
        store: the tables.
        queues: returns the names of the queues there are; None if nobody can tell.
        reload: reads the tables again, given who asks; see :class:`acd.app.roster.Roster`.
    """

    def __init__(
        self,
        store: AgentStore,
        queues: Callable[[], Iterable[QueueName]] | None,
        reload: Callable[[str], Awaitable[object]],
    ) -> None:
        self._store = store
        self._queues = queues
        self._reload = reload

    async def all(self) -> list[AgentRow]:
        """Return every account that is not removed, by name."""
        return [row for row in await self._store.agents() if row.is_active]

    async def one(self, name: AgentName) -> AgentRow:
        """Return an account.

        Raises:
            AccountError: there is none (``agent-unknown``).
        """
        for row in await self.all():
            if row.profile.name == name:
                return row
        raise AccountError(f"there is no agent {name}", hint="`acd agents list` lists them")

    async def create(self, name: AgentName, change: Change, password: str, actor: str) -> Made:
        """Make an account; without a phone in ``change`` it gets the next free one.

        Raises:
            AccountError: it exists, or the phone or a queue cannot be had.
            AcdError: the tables or the PBX failed.
        """
        rows = await self.all()
        if any(row.profile.name == name for row in rows):
            raise AccountError(
                f"there is an agent {name} already",
                hint=f"`acd agents edit {name}` changes them",
                code="agent-exists",
            )
        phone = change.phone if change.phone is not None else _next_phone(rows)
        empty = AgentRow(AgentProfile(name, str(name)), Role.AGENT, "")
        row = self._changed(empty, replace(change, phone=phone), rows)
        row, sip_password = _with_sip_password(row)
        password = password or secrets.token_urlsafe(PASSWORD_BYTES)
        await self._store.save_agent(row, password=password)
        await self._reload(actor)
        return Made(row, password, sip_password)

    async def change(self, name: AgentName, change: Change, actor: str) -> Made:
        """Change an account; a new phone gets a new SIP password.

        Raises:
            AccountError: there is none, or the phone or a queue cannot be had.
            AcdError: the tables or the PBX failed.
        """
        before = await self.one(name)
        row, sip_password = self._changed(before, change, await self.all()), ""
        if row.profile.address != before.profile.address:
            row, sip_password = _with_sip_password(row)  # its digest depends on the user
        await self._store.save_agent(row)
        await self._reload(actor)
        return Made(row, sip_password=sip_password)

    async def remove(self, name: AgentName, actor: str) -> None:
        """Remove an account; a talk in progress is finished first.

        Raises:
            AccountError: there is none.
            AcdError: the tables or the PBX failed.
        """
        await self.one(name)
        await self._store.remove_agent(name)
        await self._reload(actor)

    async def set_password(self, name: AgentName, password: str) -> Made:
        """Replace the web password; a text is made if none is given. Sessions end by it.

        Raises:
            AccountError: there is no such account.
            AcdError: the tables failed.
        """
        row = await self.one(name)
        text = password or secrets.token_urlsafe(PASSWORD_BYTES)
        await self._store.save_agent(row, password=text)
        return Made(row, password=text)

    async def renew_sip_password(self, name: AgentName, actor: str) -> Made:
        """Give the phone a new password.

        Raises:
            AccountError: there is no such account.
            AcdError: the tables or the PBX failed.
        """
        row, text = _with_sip_password(await self.one(name))
        await self._store.save_agent(row)
        await self._reload(actor)
        return Made(row, sip_password=text)

    def _changed(self, row: AgentRow, change: Change, rows: Iterable[AgentRow]) -> AgentRow:
        profile = row.profile
        given = {
            "title": change.title,
            "address": change.phone,
            "queues": change.queues,
            "skills": change.skills,
            "capacity": change.capacity,
            "exclusive": change.exclusive,
            "interrupts": change.interrupts,
        }
        kept = {name: value for name, value in given.items() if value is not None}
        profile = replace(profile, **kept)  # type: ignore[arg-type]
        if self._queues is not None and change.queues:
            known = {*self._queues(), *row.profile.queues}
            for queue in change.queues:
                if queue not in known:
                    raise AccountError(
                        f"there is no queue {queue!r}",
                        hint=f"there are {', '.join(sorted(known))}" if known else "",
                        code="queue-unknown",
                    )
        for other in rows:
            is_other = other.profile.name != profile.name
            if is_other and profile.address and other.profile.address == profile.address:
                raise AccountError(
                    f"phone {profile.address} is {other.profile.name}'s", code="phone-taken"
                )
        return replace(row, profile=profile, role=change.role or row.role)


def document_of(row: AgentRow) -> AccountDocument:
    """Return an account as administrators see it."""
    profile = row.profile
    return AccountDocument(
        name=profile.name,
        title=profile.title,
        role=Role(row.role),
        phone=profile.address,
        queues=dict(profile.queues),
        skills=dict(profile.skills),
        capacity=dict(profile.capacity),
        exclusive=profile.exclusive,
        interrupts=dict(profile.interrupts),
    )


def _with_sip_password(row: AgentRow) -> tuple[AgentRow, str]:
    """Return the agent with a new SIP password, and the password; nothing for no phone."""
    address = row.profile.address
    if not address:
        return replace(row, sip_digest=""), ""
    text = secrets.token_urlsafe(SIP_PASSWORD_BYTES)
    return replace(row, sip_digest=sip_digest(address, text)), text


def _next_phone(rows: Iterable[AgentRow]) -> str:
    taken = {row.profile.address for row in rows}
    number = FIRST_PHONE
    while str(number) in taken:
        number += 1
    return str(number)
