"""``/api/v1/reports``: figures over time."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec
from aiohttp import web

from acd.app.course import Course, CourseDocument
from acd.core.timers import Instant
from acd.ports.clock import Clock
from acd.ports.store import Role
from acd.web.api import instant
from acd.web.routes import route

DAY = timedelta(days=1)


class CourseQuery(msgspec.Struct, kw_only=True, frozen=True):
    """From when on; by default the last 24 hours. More than a day is not kept."""

    since: datetime | None = None


class Reports:
    """The handlers."""

    def __init__(self, course: Course, clock: Clock) -> None:
        self._course = course
        self._clock = clock

    @route("GET", "/api/v1/reports/course", Role.READ)
    async def course(self, request: web.Request, query: CourseQuery) -> CourseDocument:
        """Show the course of the day: what each queue counted, by quarter of an hour.

        `since` is an instant, such as today's midnight where you are. Contacts are offered in the
        interval in which they came, answered and abandoned in that in which it happened.
        """
        since = instant(query.since)
        if since is None:
            since = Instant(self._clock.now() - DAY // timedelta(microseconds=1))
        return self._course.document(since)
