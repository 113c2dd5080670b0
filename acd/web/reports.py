"""``/api/v1/reports``: figures over time."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import msgspec
from aiohttp import web

from acd.app.centre import Centre
from acd.app.course import Course, CourseDocument
from acd.app.documents import moment
from acd.app.scores import SURVEY_DAYS, By, SurveyDocument, days_before
from acd.core.timers import Instant
from acd.ports.clock import Clock
from acd.ports.store import Role
from acd.web.api import instant
from acd.web.routes import route

DAY = timedelta(days=1)


class CourseQuery(msgspec.Struct, kw_only=True, frozen=True):
    """From when on; by default the last 24 hours. More than a day is not kept."""

    since: datetime | None = None


class SurveysQuery(msgspec.Struct, kw_only=True, frozen=True):
    """Which answers to put together; by default those of the last seven days, by question alone.

    Attributes:
        since, until: first and last day, in UTC.
    """

    since: date | None = None
    until: date | None = None
    by: By = "survey"


class SurveyList(msgspec.Struct):
    """The figures, by survey, question and group, of the days from ``since`` to ``until``."""

    since: date
    until: date
    surveys: list[SurveyDocument]


class Reports:
    """The handlers."""

    def __init__(self, centre: Centre, course: Course, clock: Clock) -> None:
        self._centre = centre
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

    @route("GET", "/api/v1/reports/surveys", Role.SUPERVISOR)
    async def surveys(self, request: web.Request, query: SurveysQuery) -> SurveyList:
        """Show what customers answered in surveys: CSAT, NPS, mean and how many answered.

        CSAT is the share of the answers 4 and 5 on a scale from 1 to 5; NPS the share of 9 and 10
        minus that of 0 to 6, times 100, on a scale from 0 to 10. Answers are counted where they
        belong: with the queue and the agent of the contact that they are about.
        """
        until = query.until or moment(self._clock.now()).date()
        since = query.since or days_before(until, SURVEY_DAYS)
        return SurveyList(since, until, self._centre.scores.figures(since, until, query.by))
