"""``/api/v1/recordings``: to be heard by those who may; each hearing is on record."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec
from aiohttp import web

from acd.app.centre import Centre
from acd.app.documents import ContactDocument
from acd.core.ids import ContactId, QueueName, RecordingId
from acd.ports.recordings import RecordingStore
from acd.ports.store import ContactFilter, Role
from acd.web.audit import note
from acd.web.errors import ApiError
from acd.web.routes import route

PAGE = 100
LARGEST_PAGE = 500


class RecordingsQuery(msgspec.Struct, kw_only=True, frozen=True):
    """Of which contacts; what is not given does not filter."""

    queue: str | None = None
    agent: str | None = None
    before: ContactId | None = None
    limit: Annotated[int, msgspec.Meta(ge=1, le=LARGEST_PAGE)] = PAGE


class RecordingDocument(msgspec.Struct, kw_only=True):
    """A recording.

    Attributes:
        party: the agent who spoke, or the flow that took a message.
        is_there: it can be heard; the file may have been removed.
    """

    id: RecordingId
    contact: ContactId
    queue: QueueName | None
    party: str
    start_at: datetime
    end_at: datetime | None
    is_there: bool


class RecordingPage(msgspec.Struct):
    """Recordings of a page of contacts, newest first; ``next`` goes into ``before``."""

    recordings: list[RecordingDocument]
    next: ContactId | None


class Recordings:
    """The handlers."""

    def __init__(self, centre: Centre, store: RecordingStore) -> None:
        self._centre = centre
        self._store = store

    @route("GET", "/api/v1/recordings", Role.SUPERVISOR)
    async def recordings(self, request: web.Request, query: RecordingsQuery) -> RecordingPage:
        """List the recordings of a page of contacts."""
        wanted = ContactFilter(
            queue=query.queue, agent=query.agent, before=query.before, limit=query.limit
        )
        found = [
            msgspec.json.decode(document, type=ContactDocument)
            for document in await self._centre.contact_store.contacts(wanted)
        ]
        recordings = [
            RecordingDocument(
                id=segment.recording,
                contact=contact.id,
                queue=contact.queue,
                party=segment.party,
                start_at=segment.start_at,
                end_at=segment.end_at,
                is_there=self._store.file_of(segment.recording) is not None,
            )
            for contact in found
            for segment in contact.segments
            if segment.recording is not None
        ]
        return RecordingPage(recordings, found[-1].id if len(found) == query.limit else None)

    @route("GET", "/api/v1/recordings/{id}", Role.SUPERVISOR, answer=bytes, media="audio/wav")
    async def hear(self, request: web.Request, id: RecordingId) -> web.StreamResponse:
        """Return the sound, whole or a range of it; who heard it is on record."""
        path = self._store.file_of(id)
        if path is None:
            raise ApiError(f"there is no recording {id!r}", code="recording-unknown")
        details = {"range": request.headers.get("Range", "")[:60]}
        await note(self._centre, request, "recordings.hear", f"recording:{id}", details)
        return web.FileResponse(path, headers={"Content-Type": "audio/wav"})
