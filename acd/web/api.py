"""``/api/v1``: contacts, queues and agents as JSON."""

from __future__ import annotations

from typing import Literal

import msgspec
from aiohttp import web

from acd.app.centre import Centre
from acd.app.views import AgentDocument
from acd.core.agent import Presence
from acd.core.ids import AgentName, ContactId, QueueName
from acd.core.inputs import SetPresence
from acd.ports.store import ContactFilter, Role
from acd.web.answers import Query, answer, body_of
from acd.web.auth import ACTOR, needs
from acd.web.errors import ApiError

PAGE = 100
LARGEST_PAGE = 500

_FILTERS = ("queue", "agent", "channel", "state", "ani")
_PARAMETERS = (*_FILTERS, "open", "opened_from", "opened_until", "before", "limit")


class PresenceBody(msgspec.Struct, forbid_unknown_fields=True):
    """What is sent to change a presence.

    Attributes:
        presence: what the agent shall be.
        reason: for ``not_ready``: why, a short word of the centre's own.
    """

    presence: Presence
    reason: str = ""

    def __post_init__(self) -> None:
        if len(self.reason) > 40 or not self.reason.isprintable():
            raise ValueError("a reason has at most 40 printable characters")


class Api:
    """The handlers; each names the least role that may use it."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre

    def routes(self) -> list[web.AbstractRouteDef]:
        """Return every route of the API."""
        return [
            web.get("/api/v1/contacts", self.contacts),
            web.get("/api/v1/contacts/{id}", self.contact),
            web.get("/api/v1/contacts/{id}/trace", self.trace),
            web.get("/api/v1/contacts/{id}/why", self.why),
            web.get("/api/v1/queues", self.queues),
            web.get("/api/v1/queues/{name}", self.queue),
            web.get("/api/v1/agents", self.agents),
            web.get("/api/v1/agents/{name}", self.agent),
            web.post("/api/v1/agents/reload", self.reload_agents),
            web.post("/api/v1/agents/{name}/presence", self.set_presence),
        ]

    # --- contacts -------------------------------------------------------------------------------

    @needs(Role.READ)
    async def contacts(self, request: web.Request) -> web.Response:
        """List contacts, newest first; ``next`` goes into ``before`` for the next page."""
        query = Query(request, _PARAMETERS)
        limit = query.number("limit", 1, LARGEST_PAGE) or PAGE
        before = query.text("before")
        wanted = ContactFilter(
            **{name: query.text(name) for name in _FILTERS},
            is_open=query.flag("open"),
            opened_from=query.instant("opened_from"),
            opened_until=query.instant("opened_until"),
            before=ContactId(before) if before is not None else None,
            limit=limit,
        )
        found = await self._centre.contact_store.contacts(wanted)
        last = msgspec.json.decode(found[-1], type=_Named).id if len(found) == limit else None
        return answer({"contacts": [msgspec.Raw(document) for document in found], "next": last})

    @needs(Role.READ)
    async def contact(self, request: web.Request) -> web.Response:
        """Show one contact."""
        found = await self._centre.contact_store.contact(ContactId(request.match_info["id"]))
        if found is None:
            raise _unknown("contact", request.match_info["id"])
        return answer(msgspec.Raw(found))

    @needs(Role.READ)
    async def trace(self, request: web.Request) -> web.Response:
        """Tell a contact's whole story with its causes."""
        return answer(await self._centre.story(ContactId(request.match_info["id"])))

    @needs(Role.READ)
    async def why(self, request: web.Request) -> web.Response:
        """Say why each agent was or was not chosen, and why the contact still waits."""
        return answer(await self._centre.reasons(ContactId(request.match_info["id"])))

    # --- queues and agents ----------------------------------------------------------------------

    @needs(Role.READ)
    async def queues(self, request: web.Request) -> web.Response:
        """List the queues by name."""
        Query(request, ())
        return answer({"queues": self._centre.queues()})

    @needs(Role.READ)
    async def queue(self, request: web.Request) -> web.Response:
        """Show one queue."""
        name = request.match_info["name"]
        found = self._centre.queue(QueueName(name))
        if found is None:
            raise _unknown("queue", name)
        return answer(found)

    @needs(Role.READ)
    async def agents(self, request: web.Request) -> web.Response:
        """List the agents by name."""
        Query(request, ())
        return answer({"agents": self._centre.agents()})

    @needs(Role.READ)
    async def agent(self, request: web.Request) -> web.Response:
        """Show one agent."""
        return answer(self._agent(request.match_info["name"]))

    @needs(Role.SUPERVISOR)
    async def set_presence(self, request: web.Request) -> web.Response:
        """Say for an agent whether they take contacts; answers with the agent as they are then."""
        wanted = await body_of(request, PresenceBody)
        name = self._agent(request.match_info["name"]).name
        cause = SetPresence(name, wanted.presence, wanted.reason)
        refused = await self._centre.ask(cause, request[ACTOR])
        if refused is not None:
            raise ApiError(refused.message, code=refused.code)
        return answer(self._agent(name))

    @needs(Role.ADMIN)
    async def reload_agents(self, request: web.Request) -> web.Response:
        """Read the agents' tables again and bring engine and phones into line."""
        return answer({"agents": await self._centre.reload_agents(request[ACTOR])})

    def _agent(self, name: str) -> AgentDocument:
        found = self._centre.agent(AgentName(name))
        if found is None:
            raise _unknown("agent", name)
        return found


class _Named(msgspec.Struct):
    id: str


def _unknown(kind: Literal["contact", "queue", "agent"], name: str) -> ApiError:
    return ApiError(f"there is no {kind} {name!r}", code=f"{kind}-unknown")
