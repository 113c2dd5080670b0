"""``/api/v1/contacts/{id}/handover``: what an agent should know before the first word."""

from __future__ import annotations

import msgspec
from aiohttp import web

from acd.app.centre import Centre
from acd.app.documents import ContactDocument
from acd.app.handover import HandoverDocument, handover_of
from acd.app.replies import Reply
from acd.core.ids import ContactId
from acd.ports.store import Role
from acd.web.errors import ApiError
from acd.web.routes import route

_decoder = msgspec.json.Decoder(ContactDocument)


class Handovers:
    """The handler."""

    def __init__(self, centre: Centre, replies: tuple[Reply, ...]) -> None:
        self._centre = centre
        self._replies = replies

    @route("GET", "/api/v1/contacts/{id}/handover", Role.AGENT)
    async def handover(self, request: web.Request, id: ContactId) -> HandoverDocument:
        """Show the hand-over card of a contact.

        The way it came through the flows, what was collected there, what failed or was asked for,
        and the canned reply that its queue's node suggests.
        """
        found = await self._centre.contact_store.contact(id)
        if found is None:
            raise ApiError(f"there is no contact {id!r}", code="contact-unknown")
        document = _decoder.decode(found)
        state = self._centre.state
        contact = state.contacts.get(id)
        site = state.sites.get(state.site if contact is None else contact.site)
        return handover_of(document, site, self._replies)
