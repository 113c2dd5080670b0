"""What agents and supervisors do to offers and contacts. An agent acts on what is their own.

The engine's log has all of it, under who did it. What somebody does to another's is in the audit,
too.
"""

from __future__ import annotations

from typing import Annotated

import msgspec
from aiohttp import web

from acd.app.centre import Centre
from acd.app.views import AgentDocument
from acd.core.agent import Presence
from acd.core.contact import Contact
from acd.core.ids import AgentName, ContactId, OfferId, QueueName
from acd.core.inputs import (
    AcceptOffer,
    DeclineOffer,
    EndContact,
    FinishWrapup,
    Input,
    SetPresence,
    SetPriority,
    TransferContact,
    WithdrawContact,
)
from acd.ports.store import Role
from acd.web.audit import note
from acd.web.auth import WHO, Who
from acd.web.errors import ApiError
from acd.web.routes import route

HIGHEST_PRIORITY = 1_000_000

Reason = Annotated[str, msgspec.Meta(max_length=40, pattern=r"^[^\x00-\x1f\x7f]*$")]
Name = Annotated[str, msgspec.Meta(min_length=1, max_length=100)]


class PresenceBody(msgspec.Struct, forbid_unknown_fields=True):
    """What is sent to change a presence.

    Attributes:
        presence: what the agent shall be.
        reason: for ``not_ready``: why, a short word of the centre's own.
    """

    presence: Presence
    reason: Reason = ""


class WrapupBody(msgspec.Struct, forbid_unknown_fields=True):
    """What came of a contact.

    Attributes:
        disposition: one of the centre's own words.
        note: what the agent wants to be read of it later.
    """

    disposition: Annotated[str, msgspec.Meta(max_length=100)] = ""
    note: Annotated[str, msgspec.Meta(max_length=4000)] = ""


class TransferBody(msgspec.Struct, forbid_unknown_fields=True):
    """Where a contact goes: one of both."""

    queue: Name | None = None
    agent: Name | None = None


class PriorityBody(msgspec.Struct, forbid_unknown_fields=True):
    """How urgent a contact is; higher goes first."""

    priority: Annotated[int, msgspec.Meta(ge=-HIGHEST_PRIORITY, le=HIGHEST_PRIORITY)]


class Actions:
    """The handlers."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre

    # --- agents ---------------------------------------------------------------------------------

    @route("POST", "/api/v1/agents/{name}/presence", Role.AGENT)
    async def set_presence(
        self, request: web.Request, name: AgentName, body: PresenceBody
    ) -> AgentDocument:
        """Say whether an agent takes contacts: themselves, or a supervisor for them.

        Answers with the agent as they are then.
        """
        _require(request[WHO].is_self(name) or request[WHO].may(Role.SUPERVISOR))
        self._agent(name)
        await self._ask(request, SetPresence(name, body.presence, body.reason))
        if not request[WHO].is_self(name):
            said = {"presence": body.presence, "reason": body.reason}
            await note(self._centre, request, "agents.presence", f"agent:{name}", said)
        return self._agent(name)

    # --- offers ---------------------------------------------------------------------------------

    @route("POST", "/api/v1/offers/{id}/accept", Role.AGENT)
    async def accept(self, request: web.Request, id: OfferId) -> None:
        """Take a contact that is offered; a call is taken by answering the phone."""
        self._own_offer(request, id)
        await self._ask(request, AcceptOffer(id))

    @route("POST", "/api/v1/offers/{id}/decline", Role.AGENT)
    async def decline(self, request: web.Request, id: OfferId) -> None:
        """Leave a contact that is offered to somebody else."""
        self._own_offer(request, id)
        await self._ask(request, DeclineOffer(id))

    # --- contacts -------------------------------------------------------------------------------

    @route("POST", "/api/v1/contacts/{id}/end", Role.AGENT)
    async def end(self, request: web.Request, id: ContactId) -> None:
        """End a conversation in writing; a call is ended by hanging up."""
        contact = self._contact(id)
        _require(_is_agent_of(request[WHO], contact) or request[WHO].may(Role.SUPERVISOR))
        await self._ask(request, EndContact(id, by_customer=False))
        if not _is_agent_of(request[WHO], contact):
            await note(self._centre, request, "contacts.end", f"contact:{id}")

    @route("POST", "/api/v1/contacts/{id}/wrapup", Role.AGENT)
    async def wrap_up(self, request: web.Request, id: ContactId, body: WrapupBody) -> None:
        """Say what came of a contact, and be free for the next."""
        agent = self._own_contact(request, id)
        await self._ask(request, FinishWrapup(agent, body.disposition, id, body.note))

    @route("POST", "/api/v1/contacts/{id}/transfer", Role.AGENT)
    async def transfer(self, request: web.Request, id: ContactId, body: TransferBody) -> None:
        """Hand a contact over to a queue or to one agent."""
        if (body.queue is None) == (body.agent is None):
            raise ApiError("give either a queue or an agent")
        agent = self._own_contact(request, id)
        queue = None if body.queue is None else QueueName(body.queue)
        other = None if body.agent is None else AgentName(body.agent)
        await self._ask(request, TransferContact(id, agent, to_queue=queue, to_agent=other))

    @route("POST", "/api/v1/contacts/{id}/priority", Role.SUPERVISOR)
    async def set_priority(self, request: web.Request, id: ContactId, body: PriorityBody) -> None:
        """Let a contact that waits go before or behind others."""
        self._contact(id)
        await self._ask(request, SetPriority(id, body.priority))
        said = {"priority": body.priority}
        await note(self._centre, request, "contacts.priority", f"contact:{id}", said)

    @route("POST", "/api/v1/contacts/{id}/withdraw", Role.SUPERVISOR)
    async def withdraw(self, request: web.Request, id: ContactId) -> None:
        """Take a contact that nobody works on out of its queue."""
        self._contact(id)
        await self._ask(request, WithdrawContact(id))
        await note(self._centre, request, "contacts.withdraw", f"contact:{id}")

    # --------------------------------------------------------------------------------------------

    async def _ask(self, request: web.Request, cause: Input) -> None:
        refused = await self._centre.ask(cause, request[WHO].actor)
        if refused is not None:
            raise ApiError(refused.message, code=refused.code)

    def _agent(self, name: AgentName) -> AgentDocument:
        found = self._centre.agent(name)
        if found is None:
            raise ApiError(f"there is no agent {name!r}", code="agent-unknown")
        return found

    def _contact(self, id: ContactId) -> Contact:
        found = self._centre.state.contacts.get(id)
        if found is None:
            raise ApiError(f"there is no open contact {id!r}", code="contact-unknown")
        return found

    def _own_contact(self, request: web.Request, id: ContactId) -> AgentName:
        """Return the agent who asks, if they work on the contact."""
        contact = self._contact(id)
        _require(_is_agent_of(request[WHO], contact))
        assert contact.agent is not None
        return contact.agent

    def _own_offer(self, request: web.Request, id: OfferId) -> None:
        offer = self._centre.state.offers.get(id)
        if offer is None:
            raise ApiError(f"there is no open offer {id!r}", code="offer-closed")
        _require(request[WHO].is_self(offer.agent))


def _is_agent_of(who: Who, contact: Contact) -> bool:
    return who.is_self(contact.agent)


def _require(is_allowed: bool) -> None:
    if not is_allowed:
        raise ApiError("this is somebody else's", code="not-yours")
