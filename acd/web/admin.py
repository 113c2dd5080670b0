"""Administration: accounts of agents with their passwords, tokens of programs, the audit."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import msgspec
from aiohttp import web

from acd.app.accounts import (
    LOGIN,
    PHONE,
    SHORTEST_PASSWORD,
    AccountDocument,
    Accounts,
    Change,
    Made,
    document_of,
)
from acd.app.centre import Centre
from acd.app.documents import moment
from acd.app.views import queue_names
from acd.core.channel import Channel
from acd.core.ids import AgentName, QueueName
from acd.ports.store import Role
from acd.web.audit import note
from acd.web.auth import WHO
from acd.web.errors import ApiError
from acd.web.routes import route

PAGE = 100
LARGEST_PAGE = 500

Login = Annotated[str, msgspec.Meta(pattern=LOGIN)]
Title = Annotated[str, msgspec.Meta(min_length=1, max_length=80, pattern=r"^[^\x00-\x1f\x7f]*$")]
Phone = Annotated[str, msgspec.Meta(pattern=PHONE)]
Word = Annotated[str, msgspec.Meta(min_length=1, max_length=60, pattern=r"^[^\x00-\x1f\x7f]*$")]
Level = Annotated[int, msgspec.Meta(ge=1, le=100)]
Units = Annotated[int, msgspec.Meta(ge=0, le=100)]
Password = Annotated[str, msgspec.Meta(min_length=SHORTEST_PASSWORD, max_length=200)]

Channels = Annotated[tuple[Channel, ...], msgspec.Meta(max_length=8)]
Groups = Annotated[tuple[Channels, ...], msgspec.Meta(max_length=8)]
Queues = Annotated[dict[Word, Level], msgspec.Meta(max_length=500)]
Skills = Annotated[dict[Word, Level], msgspec.Meta(max_length=500)]


class AccountChange(msgspec.Struct, forbid_unknown_fields=True):
    """What shall be different; what is not given stays.

    Attributes:
        queues: queue to preference, 1 served first.
        skills: skill to level.
        capacity: channel to how many contacts at once.
    """

    title: Title | None = None
    role: Role | None = None
    phone: Phone | None = None
    queues: Queues | None = None
    skills: Skills | None = None
    capacity: dict[Channel, Units] | None = None
    exclusive: Groups | None = None
    interrupts: dict[Channel, Channels] | None = None

    def change(self) -> Change:
        """Return it as the application knows it."""
        if self.role is Role.READ:
            raise ApiError("that is a role of programs")
        queues = self.queues
        return Change(
            title=self.title,
            role=self.role,
            phone=self.phone,
            queues=None if queues is None else {QueueName(q): n for q, n in queues.items()},
            skills=self.skills,
            capacity=self.capacity,
            exclusive=self.exclusive,
            interrupts=self.interrupts,
        )


class NewAccount(AccountChange, forbid_unknown_fields=True, kw_only=True):
    """An agent to be; a password and a phone are found for them if none are given."""

    name: Login
    password: Password | None = None


class AccountList(msgspec.Struct):
    """Every account by name."""

    accounts: list[AccountDocument]


class MadeDocument(msgspec.Struct):
    """An account, and the passwords that were made for it: shown once, stored nowhere."""

    account: AccountDocument
    password: str | None
    sip_password: str | None


class PasswordBody(msgspec.Struct, forbid_unknown_fields=True):
    """A new password; one is made if none is given."""

    password: Password | None = None


class TokenDocument(msgspec.Struct, kw_only=True):
    """A token of a program; its text was shown once."""

    name: str
    role: Role
    created_at: datetime
    revoked_at: datetime | None


class TokenList(msgspec.Struct):
    """Every token by name, revoked ones included."""

    tokens: list[TokenDocument]


class NewToken(msgspec.Struct, forbid_unknown_fields=True):
    """A token to be."""

    name: Title
    role: Role


class TokenText(msgspec.Struct):
    """A token's text: shown once, stored nowhere."""

    token: str


class AuditQuery(msgspec.Struct, kw_only=True, frozen=True):
    """Which entries to list; what is not given does not filter."""

    actor: str | None = None
    subject: str | None = None
    before: Annotated[int, msgspec.Meta(ge=1)] | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=LARGEST_PAGE)] = PAGE


class AuditDocument(msgspec.Struct, kw_only=True):
    """Who did what; ``digest`` seals it together with all entries before."""

    seq: int
    at: datetime
    actor: str
    action: str
    subject: str
    details: dict[str, Any]
    digest: str


class AuditPage(msgspec.Struct):
    """Entries, newest first; ``next`` goes into ``before`` for the next page."""

    entries: list[AuditDocument]
    next: int | None


class AuditCheck(msgspec.Struct):
    """Whether the audit is as it was written; else the first entry that is not."""

    intact: bool
    first_broken: int | None


class Admin:
    """The handlers."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre
        self._accounts = Accounts(
            centre.agent_store, lambda: queue_names(centre.state), centre.reload_agents
        )

    # --- accounts -------------------------------------------------------------------------------

    @route("GET", "/api/v1/accounts", Role.ADMIN)
    async def accounts(self, request: web.Request) -> AccountList:
        """List the agents as they are administered."""
        return AccountList([document_of(row) for row in await self._accounts.all()])

    @route("POST", "/api/v1/agents", Role.ADMIN)
    async def create(self, request: web.Request, body: NewAccount) -> MadeDocument:
        """Add an agent; passwords that were made for them are shown once."""
        name = AgentName(body.name)
        made = await self._accounts.create(
            name, body.change(), body.password or "", request[WHO].actor
        )
        await note(self._centre, request, "agents.create", f"agent:{name}", _told(body))
        return _made(made, hide_password=body.password is not None)

    @route("PATCH", "/api/v1/agents/{name}", Role.ADMIN)
    async def change(
        self, request: web.Request, name: AgentName, body: AccountChange
    ) -> MadeDocument:
        """Change an agent; calls in progress are not touched, another role ends their sessions."""
        if request[WHO].is_self(name) and body.role not in (None, Role.ADMIN):
            raise ApiError("somebody else must take your role away", code="not-yourself")
        made = await self._accounts.change(name, body.change(), request[WHO].actor)
        await note(self._centre, request, "agents.change", f"agent:{name}", _told(body))
        return _made(made)

    @route("DELETE", "/api/v1/agents/{name}", Role.ADMIN)
    async def remove(self, request: web.Request, name: AgentName) -> None:
        """Remove an agent; a talk in progress is finished first. What they did stays."""
        if request[WHO].is_self(name):
            raise ApiError("somebody else must remove you", code="not-yourself")
        await self._accounts.remove(name, request[WHO].actor)
        await note(self._centre, request, "agents.remove", f"agent:{name}")

    @route("POST", "/api/v1/agents/{name}/password", Role.ADMIN)
    async def set_password(
        self, request: web.Request, name: AgentName, body: PasswordBody
    ) -> MadeDocument:
        """Give an agent a new web password; it ends their sessions."""
        made = await self._accounts.set_password(name, body.password or "")
        await note(self._centre, request, "agents.password", f"agent:{name}")
        return _made(made, hide_password=body.password is not None)

    @route("POST", "/api/v1/agents/{name}/sip-password", Role.ADMIN)
    async def renew_sip_password(self, request: web.Request, name: AgentName) -> MadeDocument:
        """Give an agent's phone a new password, shown once."""
        made = await self._accounts.renew_sip_password(name, request[WHO].actor)
        await note(self._centre, request, "agents.sip-password", f"agent:{name}")
        return _made(made)

    # --- tokens ---------------------------------------------------------------------------------

    @route("GET", "/api/v1/tokens", Role.ADMIN)
    async def tokens(self, request: web.Request) -> TokenList:
        """List the tokens of programs."""
        return TokenList(
            [
                TokenDocument(
                    name=row.name,
                    role=row.role,
                    created_at=moment(row.created_at),
                    revoked_at=None if row.revoked_at is None else moment(row.revoked_at),
                )
                for row in await self._centre.token_store.tokens()
            ]
        )

    @route("POST", "/api/v1/tokens", Role.ADMIN)
    async def create_token(self, request: web.Request, body: NewToken) -> TokenText:
        """Make a token for a program; its text is shown once."""
        text = await self._centre.token_store.create_token(
            body.name, body.role, now=self._centre.now()
        )
        await note(
            self._centre, request, "tokens.create", f"token:{body.name}", {"role": body.role}
        )
        return TokenText(text)

    @route("DELETE", "/api/v1/tokens/{name}", Role.ADMIN)
    async def revoke_token(self, request: web.Request, name: str) -> None:
        """Revoke a token: it opens nothing from now on."""
        if not await self._centre.token_store.revoke_token(name, now=self._centre.now()):
            raise ApiError(f"there is no valid token {name!r}", code="token-unknown")
        await note(self._centre, request, "tokens.revoke", f"token:{name}")

    # --- audit ----------------------------------------------------------------------------------

    @route("GET", "/api/v1/audit", Role.ADMIN)
    async def audit(self, request: web.Request, query: AuditQuery) -> AuditPage:
        """List who did, changed or listened to what, newest first."""
        found = await self._centre.audit_store.entries(
            before=query.before, limit=query.limit, actor=query.actor, subject=query.subject
        )
        entries = [
            AuditDocument(
                seq=row.seq,
                at=moment(row.entry.at),
                actor=row.entry.actor,
                action=row.entry.action,
                subject=row.entry.subject,
                details=dict(row.entry.details),
                digest=row.digest,
            )
            for row in found
        ]
        return AuditPage(entries, found[-1].seq if len(found) == query.limit else None)

    @route("GET", "/api/v1/audit/check", Role.ADMIN)
    async def check(self, request: web.Request) -> AuditCheck:
        """Check that no entry was changed, removed or put between others."""
        broken = await self._centre.audit_store.first_broken()
        return AuditCheck(broken is None, broken)


def _told(body: AccountChange) -> dict[str, object]:
    """Return what was asked for, without what nobody may read later."""
    given = msgspec.to_builtins(body)
    return {k: v for k, v in given.items() if v is not None and k not in ("password", "name")}


def _made(made: Made, *, hide_password: bool = False) -> MadeDocument:
    password = None if hide_password else made.password or None
    return MadeDocument(document_of(made.row), password, made.sip_password or None)
