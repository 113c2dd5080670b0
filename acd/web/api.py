"""``/api/v1``: contacts, queues and agents as JSON."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Literal

import msgspec
from aiohttp import web

from acd.app.centre import Centre
from acd.app.documents import ContactDocument
from acd.app.views import AgentDocument, QueueDocument
from acd.core.ids import AgentName, ContactId, QueueName
from acd.core.timers import Instant
from acd.ports.store import ContactFilter, Role
from acd.web.auth import ACTOR
from acd.web.errors import ApiError
from acd.web.routes import route

PAGE = 100
LARGEST_PAGE = 500

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class ContactsQuery(msgspec.Struct, kw_only=True, frozen=True):
    """Which contacts to list; what is not given does not filter.

    Attributes:
        open: not closed yet, or closed.
        before: the page after this contact.
        limit: at most so many.
    """

    queue: str | None = None
    agent: str | None = None
    channel: str | None = None
    state: str | None = None
    ani: str | None = None
    open: bool | None = None
    opened_from: datetime | None = None
    opened_until: datetime | None = None
    before: ContactId | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=LARGEST_PAGE)] = PAGE


class ContactPage(msgspec.Struct):
    """Contacts, newest first; ``next`` goes into ``before`` for the next page."""

    contacts: list[ContactDocument]
    next: ContactId | None


class QueueList(msgspec.Struct):
    """Every queue by name."""

    queues: list[QueueDocument]


class AgentList(msgspec.Struct):
    """Every agent by name."""

    agents: list[AgentDocument]


class AgentCount(msgspec.Struct):
    """How many agents there are."""

    agents: int


class Api:
    """The handlers of what every centre has."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre

    # --- contacts -------------------------------------------------------------------------------

    @route("GET", "/api/v1/contacts", Role.READ, answer=ContactPage)
    async def contacts(self, request: web.Request, query: ContactsQuery) -> object:
        """List contacts, newest first; ``next`` goes into ``before`` for the next page."""
        wanted = ContactFilter(
            queue=query.queue,
            agent=query.agent,
            channel=query.channel,
            state=query.state,
            ani=query.ani,
            is_open=query.open,
            opened_from=instant(query.opened_from),
            opened_until=instant(query.opened_until),
            before=query.before,
            limit=query.limit,
        )
        found = await self._centre.contact_store.contacts(wanted)
        is_full = len(found) == query.limit
        last = msgspec.json.decode(found[-1], type=_Named).id if is_full else None
        return {"contacts": [msgspec.Raw(document) for document in found], "next": last}

    @route("GET", "/api/v1/contacts/{id}", Role.READ, answer=ContactDocument)
    async def contact(self, request: web.Request, id: ContactId) -> object:
        """Show one contact."""
        found = await self._centre.contact_store.contact(id)
        if found is None:
            raise _unknown("contact", id)
        return msgspec.Raw(found)

    @route("GET", "/api/v1/contacts/{id}/trace", Role.READ, answer=dict[str, Any])
    async def trace(self, request: web.Request, id: ContactId) -> object:
        """Tell a contact's whole story with its causes."""
        return await self._centre.story(id)

    @route("GET", "/api/v1/contacts/{id}/why", Role.READ, answer=dict[str, Any])
    async def why(self, request: web.Request, id: ContactId) -> object:
        """Say why each agent was or was not chosen, and why the contact still waits."""
        return await self._centre.reasons(id)

    # --- queues and agents ----------------------------------------------------------------------

    @route("GET", "/api/v1/queues", Role.READ)
    async def queues(self, request: web.Request) -> QueueList:
        """List the queues by name."""
        return QueueList(self._centre.queues())

    @route("GET", "/api/v1/queues/{name}", Role.READ)
    async def queue(self, request: web.Request, name: QueueName) -> QueueDocument:
        """Show one queue."""
        found = self._centre.queue(name)
        if found is None:
            raise _unknown("queue", name)
        return found

    @route("GET", "/api/v1/agents", Role.READ)
    async def agents(self, request: web.Request) -> AgentList:
        """List the agents by name."""
        return AgentList(self._centre.agents())

    @route("GET", "/api/v1/agents/{name}", Role.READ)
    async def agent(self, request: web.Request, name: AgentName) -> AgentDocument:
        """Show one agent."""
        return self._agent(name)

    @route("POST", "/api/v1/agents/reload", Role.ADMIN)
    async def reload_agents(self, request: web.Request) -> AgentCount:
        """Read the agents' tables again and bring engine and phones into line."""
        return AgentCount(await self._centre.reload_agents(request[ACTOR]))

    def _agent(self, name: AgentName) -> AgentDocument:
        found = self._centre.agent(name)
        if found is None:
            raise _unknown("agent", name)
        return found


class _Named(msgspec.Struct):
    id: str


def instant(at: datetime | None) -> Instant | None:
    """Return a moment as the core counts it."""
    return None if at is None else Instant((at - _EPOCH) // timedelta(microseconds=1))


def _unknown(kind: Literal["contact", "queue", "agent"], name: str) -> ApiError:
    return ApiError(f"there is no {kind} {name!r}", code=f"{kind}-unknown")
