"""Opening hours: what is open now, and a supervisor's word that counts more than the hours."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Annotated

import msgspec
from aiohttp import web

from acd.app.calendars import (
    CalendarDocument,
    Word,
    calendar_document,
    calendar_documents,
)
from acd.app.centre import Centre
from acd.core.inputs import OverrideCalendar
from acd.core.timers import Instant
from acd.ports.store import Role
from acd.web.audit import note
from acd.web.auth import WHO
from acd.web.errors import ApiError
from acd.web.routes import route

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Note = Annotated[str, msgspec.Meta(max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]


class OverrideBody(msgspec.Struct, forbid_unknown_fields=True):
    """What a calendar shall count as.

    Attributes:
        state: ``open`` or ``closed``; null: what its hours say.
        until: when its hours hold again by themselves; null for when somebody says so.
        note: why, for colleagues.
    """

    state: Word | None
    until: Annotated[datetime, msgspec.Meta(tz=True)] | None = None
    note: Note = ""


class CalendarList(msgspec.Struct):
    """Every calendar by name."""

    calendars: list[CalendarDocument]


class Calendars:
    """The handlers."""

    def __init__(self, centre: Centre) -> None:
        self._centre = centre

    @route("GET", "/api/v1/calendars", Role.READ)
    async def calendars(self, request: web.Request) -> CalendarList:
        """List the opening hours: what is open now, and until when."""
        return CalendarList(calendar_documents(self._centre.state, self._centre.now()))

    @route("POST", "/api/v1/calendars/{name}/override", Role.SUPERVISOR)
    async def override(
        self, request: web.Request, name: str, body: OverrideBody
    ) -> CalendarDocument:
        """Open or close a calendar whatever its hours are, or let them hold again.

        It counts at once, for contacts that are in a flow already, too, and survives a restart.
        Answers with the calendar as it is then.
        """
        self._calendar(name)
        is_open = None if body.state is None else body.state is Word.OPEN
        until = None if body.until is None else _instant(body.until)
        cause = OverrideCalendar(name, is_open, until, body.note)
        refused = await self._centre.ask(cause, request[WHO].actor)
        if refused is not None:
            raise ApiError(refused.message, code=refused.code)
        said = {"state": body.state, "until": body.until, "note": body.note}
        await note(self._centre, request, "calendars.override", f"calendar:{name}", said)
        return self._calendar(name)

    def _calendar(self, name: str) -> CalendarDocument:
        found = calendar_document(self._centre.state, name, self._centre.now())
        if found is None:
            raise ApiError(f"there is no calendar {name!r}", code="calendar-unknown")
        return found


def _instant(at: datetime) -> Instant:
    try:
        return Instant((at.astimezone(UTC) - _EPOCH) // timedelta(microseconds=1))
    except OverflowError:
        raise ApiError("this time is out of the calendar") from None
