"""``/api/v1/missed`` and what is made of a missed call: agents who get in touch with customers.

An agent may go on with a contact they work on, and with a closed one of a queue they serve. What
the engine has forgotten of a closed one is looked up here and told along.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated

import msgspec
from aiohttp import web

from acd.app.centre import Centre
from acd.app.customers import is_carried
from acd.app.documents import ContactDocument
from acd.app.missed import MissedCall, missed_calls
from acd.app.timeline import entry_of
from acd.core.customer import Identity, IdentityKind, address_of
from acd.core.ids import AgentName, ContactId, ConversationId, CustomerId, QueueName
from acd.core.inputs import CallCustomer, Input, WriteCustomer
from acd.core.matter import Matter, matter_of
from acd.core.timers import MICROSECONDS, Instant
from acd.ports.customers import SAME_MATTER_SECONDS, CustomerStore
from acd.ports.gateway import Opener
from acd.ports.store import Role
from acd.web.auth import WHO
from acd.web.errors import ApiError
from acd.web.routes import route

MOST_CALLS = 50
"""The newest calls, that are looked at: who misses more needs more agents, not a longer list."""

Line = Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class MissedList(msgspec.Struct):
    """Missed calls of the last seven days, newest first.

    Attributes:
        can_write: there is a way out for mail.
    """

    calls: list[MissedCall]
    can_write: bool


class CallBody(msgspec.Struct, forbid_unknown_fields=True):
    """Where the customer is rung."""

    number: Annotated[str, msgspec.Meta(min_length=1, max_length=40)]


class WriteBody(msgspec.Struct, forbid_unknown_fields=True):
    """To whom is written; ``address`` must be one that the customer is known by."""

    address: Annotated[str, msgspec.Meta(min_length=3, max_length=320)]
    subject: Line = ""


class Begun(msgspec.Struct):
    """The contact that was begun; it is with the agent who asked."""

    contact: ContactId


_decoder = msgspec.json.Decoder(ContactDocument)


class Outreach:
    """The handlers."""

    def __init__(self, centre: Centre, store: CustomerStore, mail: Opener | None) -> None:
        """Prepare; without ``mail`` nobody can be written to."""
        self._centre = centre
        self._store = store
        self._mail = mail if mail is not None and mail.senders else None

    @route("GET", "/api/v1/missed", Role.AGENT)
    async def missed(self, request: web.Request) -> MissedList:
        """List customers who called, got no agent and were not dealt with since.

        Agents see the calls to the queues they serve; supervisors who serve none, and programs,
        see all. Callers who did not tell a number are in no list.
        """
        queues = self._queues(request)
        since = Instant(self._centre.now() - SAME_MATTER_SECONDS * MICROSECONDS)
        found = await self._store.unanswered(queues, since=since, limit=MOST_CALLS)
        return MissedList(missed_calls(found, queues), self._mail is not None)

    @route("POST", "/api/v1/contacts/{id}/call", Role.AGENT)
    async def call(self, request: web.Request, id: ContactId, body: CallBody) -> None:
        """Ring the customer of a contact, on the same matter; the agent's phone rings first.

        The contact is one that the agent works on, or a closed one of a queue they serve.
        """
        agent, matter = await self._matter(request, id)
        is_open = id in self._centre.state.contacts
        await self._ask(request, CallCustomer(id, agent, body.number, None if is_open else matter))

    @route("POST", "/api/v1/contacts/{id}/mail", Role.AGENT)
    async def write(self, request: web.Request, id: ContactId, body: WriteBody) -> Begun:
        """Begin a mail to the customer of a contact, on the same matter.

        The new contact is with the agent at once; what they send in it goes out, and the answer
        comes back to it. It is written from the address that the customer wrote to last on this
        matter, else from the first one of the settings.
        """
        agent, matter = await self._matter(request, id)
        if self._mail is None:
            raise ApiError("there is no mailbox to write from", code="mailbox-missing")
        address = address_of(body.address)
        if address is None or not await self._is_known_by(matter.customer, address):
            raise ApiError(
                "the customer is not known by this address",
                code="address-unknown",
                hint="add it to the customer first",
            )
        thread = self._mail.fresh_thread()
        sender = await self._sender(self._mail, matter.conversation)
        subject = " ".join(body.subject.split())
        await self._ask(
            request,
            WriteCustomer(id, agent, self._mail.channel, sender, address, thread, subject, matter),
        )
        return Begun(self._centre.state.threads[thread])

    # --------------------------------------------------------------------------------------------

    def _queues(self, request: web.Request) -> list[QueueName] | None:
        who = request[WHO]
        if who.agent is None:
            return None
        agent = self._centre.state.agents.get(who.agent)
        served = [] if agent is None else list(agent.profile.queues)
        return None if not served and who.may(Role.SUPERVISOR) else served

    async def _matter(self, request: web.Request, id: ContactId) -> tuple[AgentName, Matter]:
        """Return the agent who asks and what a contact that they may go on with is about."""
        who = request[WHO]
        contact = self._centre.state.contacts.get(id)
        if contact is not None:
            if contact.agent is None or not who.is_self(contact.agent) or contact.queue is None:
                raise _not_yours()
            matter = matter_of(contact)
        else:
            matter = await self._closed(id)
        if who.agent is None:
            raise _not_yours()
        own = {name: text for name, text in matter.attributes.items() if is_carried(name)}
        return who.agent, replace(matter, attributes=own)

    async def _closed(self, id: ContactId) -> Matter:
        """Look up what the engine has forgotten."""
        found = await self._centre.contact_store.contact(id)
        if found is None:
            raise ApiError(f"there is no contact {id!r}", code="contact-unknown")
        document = _decoder.decode(found)
        if document.queue is None:
            raise _not_yours()
        name, language = document.customer.name, document.language
        for known in await self._store.known([id]):
            attributes = {**known.context, **document.attributes}
            return Matter(
                document.queue, known.customer, known.conversation, name or known.name, language,
                attributes,
            )  # fmt: skip
        return Matter(document.queue, name=name, language=language, attributes=document.attributes)

    async def _is_known_by(self, customer: CustomerId | None, address: str) -> bool:
        row = None if customer is None else await self._store.customer(customer)
        return row is not None and Identity(IdentityKind.ADDRESS, address) in row.identities

    async def _sender(self, mail: Opener, conversation: ConversationId | None) -> str:
        rows = [] if conversation is None else await self._store.contacts_of(conversation)
        used = (one.to for one in map(entry_of, rows) if one.channel is mail.channel)
        return next((one for one in used if one in mail.senders), mail.senders[0])

    async def _ask(self, request: web.Request, cause: Input) -> None:
        refused = await self._centre.ask(cause, request[WHO].actor)
        if refused is not None:
            raise ApiError(refused.message, code=refused.code)


def _not_yours() -> ApiError:
    return ApiError("this is somebody else's", code="not-yours")
