"""``/api/v1/site``: what the centre serves, and whether its files are right."""

from __future__ import annotations

import asyncio
from pathlib import Path

import msgspec
from aiohttp import web

from acd.app.centre import Centre
from acd.app.site import load_site
from acd.ports.store import Role
from acd.web.routes import route


class ProblemDocument(msgspec.Struct):
    """Something wrong in a file, as `acd check` prints it; `hint` says how to mend it."""

    file: str
    line: int
    code: str
    message: str
    hint: str = ""


class SiteDocument(msgspec.Struct, kw_only=True):
    """The site.

    Attributes:
        running: version that is served.
        written: version of the files as they are now; null if they have problems.
    """

    running: str
    written: str | None
    problems: list[ProblemDocument]


class Sites:
    """The handler.

    Args:
        centre: what is served.
        directory: where the site's files are.
    """

    def __init__(self, centre: Centre, directory: Path) -> None:
        self._centre = centre
        self._directory = directory
        self._one_reader = asyncio.Semaphore(1)

    @route("GET", "/api/v1/site", Role.ADMIN)
    async def site(self, request: web.Request) -> SiteDocument:
        """Check the files of the site; nothing that runs is touched."""
        async with self._one_reader:
            site, problems = await asyncio.to_thread(load_site, self._directory)
        return SiteDocument(
            running=self._centre.state.site,
            written=None if site is None else site.version,
            problems=[
                ProblemDocument(one.file, one.line, one.code, one.told, one.hint)
                for one in problems
            ],
        )
