"""``/api/v1/contacts/{id}/handover``: what an agent should know before the first word."""

from __future__ import annotations

import msgspec
from aiohttp import web

from acd.app.centre import Centre
from acd.app.documents import ContactDocument
from acd.app.handover import HandoverDocument, following, handover_of
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
        document = await self._document(id)
        if document is None:
            raise ApiError(f"there is no contact {id!r}", code="contact-unknown")
        # Who is called back, or asked after a talk, has walked as another contact.
        before = await self._document(ContactId(document.attributes.get("previous_contact", "")))
        if before is not None:
            document = following(before, document)
        state = self._centre.state
        contact = state.contacts.get(id)
        site = state.sites.get(state.site if contact is None else contact.site)
        return handover_of(document, site, self._replies)

    async def _document(self, id: ContactId) -> ContactDocument | None:
        found = await self._centre.contact_store.contact(id) if id else None
        return None if found is None else _decoder.decode(found)
