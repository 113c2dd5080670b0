"""``/api/v1/versions``: publish what admins have edited, try it on some contacts, take it back."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec
from aiohttp import web

from acd.app import version_documents as documents
from acd.app.centre import Centre
from acd.app.publishing import LONGEST_NOTE, Published, Publishing, Share
from acd.app.site_files import FileText, as_text, differences, read_directory
from acd.core.canary import Figure, Guard
from acd.ports.store import Role
from acd.web.auth import WHO
from acd.web.errors import ApiError
from acd.web.routes import route

DIRECTORY = "directory"
"""What a version is compared with by default: the files as they are being edited."""

_CLI = "cli"

Note = Annotated[str, msgspec.Meta(max_length=LONGEST_NOTE, pattern=r"^[^\x00-\x1f\x7f]*$")]
Name = Annotated[str, msgspec.Meta(max_length=64, pattern=r"^[0-9a-z]*$")]
Percent = Annotated[int, msgspec.Meta(ge=0, le=99)]
Address = Annotated[str, msgspec.Meta(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]+$")]
Addresses = Annotated[tuple[Address, ...], msgspec.Meta(max_length=1000)]
Points = Annotated[float, msgspec.Meta(ge=0, le=100)]
Count = Annotated[int, msgspec.Meta(ge=1, le=1_000_000)]


class GuardBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What ends a canary by itself.

    Attributes:
        figure: what is compared with the running version's.
        worse_by: percentage points by which it may be worse; what chance explains is allowed, too.
        least: contacts of each version before it is judged.
    """

    figure: Figure = Figure.LOST
    worse_by: Points = 10.0
    least: Count = 30


class CanaryBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """Which new contacts a canary gets.

    Attributes:
        percent: of all.
        numbers: contacts from or to these, whatever the percentage.
    """

    percent: Percent = 0
    numbers: Addresses = ()
    guard: GuardBody = msgspec.field(default_factory=GuardBody)

    def share(self) -> Share:
        """Return it as the application knows it."""
        guard = Guard(self.guard.figure, self.guard.worse_by, self.guard.least)
        return Share(self.percent, self.numbers, guard)


class PublishBody(msgspec.Struct, forbid_unknown_fields=True, kw_only=True):
    """What is sent to publish.

    Attributes:
        note: what to say of it.
        canary: try it on a share of the contacts only.
        directory: which directory of the engine's machine, by default that of its settings;
            only for the commands of its home.
    """

    note: Note = ""
    canary: CanaryBody | None = None
    directory: str | None = None


class RollBackBody(msgspec.Struct, forbid_unknown_fields=True):
    """Where to go back to: by default a canary ends, or what ran before runs again."""

    version: Name = ""


class DiffQuery(msgspec.Struct, kw_only=True, frozen=True):
    """What a version is compared with: another one, or ``directory``."""

    against: str = DIRECTORY


class Versions:
    """The handlers."""

    def __init__(self, centre: Centre, publishing: Publishing) -> None:
        self._centre = centre
        self._publishing = publishing
        self._kept = publishing.kept

    @route("GET", "/api/v1/versions", Role.ADMIN)
    async def versions(self, request: web.Request) -> documents.VersionList:
        """List the versions of the site, newest first, with the figures of their contacts."""
        rows = await self._kept.rows()
        tally = self._centre.metrics.state.versions
        return documents.version_list(rows, self._centre.state, tally)

    @route("GET", "/api/v1/versions/{version}/files", Role.ADMIN)
    async def files(self, request: web.Request, version: str) -> documents.VersionFiles:
        """Return the files of a version; its first letters are enough to name it."""
        row = await self._kept.find(version)
        found = await self._kept.files(row)
        return documents.file_list(row.version, await asyncio.to_thread(_texts, found))

    @route("GET", "/api/v1/versions/{version}/diff", Role.ADMIN)
    async def diff(
        self, request: web.Request, version: str, query: DiffQuery
    ) -> documents.DifferenceList:
        """Tell what is different, from a version to another or to the files being edited."""
        old = await self._kept.find(version)
        before = await self._kept.files(old)
        if query.against == DIRECTORY:
            new, after = DIRECTORY, await self._kept.directory_files()
        else:
            row = await self._kept.find(query.against)
            new, after = row.version, await self._kept.files(row)
        found = await asyncio.to_thread(lambda: differences(_texts(before), _texts(after)))
        return documents.difference_list(old.version, new, found)

    @route("POST", "/api/v1/versions", Role.ADMIN)
    async def publish(self, request: web.Request, body: PublishBody) -> documents.PublishedDocument:
        """Publish the files that are edited: to all new contacts, or as a canary to some.

        They are checked first: when anything is wrong with them, nothing has changed. Contacts in
        flight stay on their version.
        """
        began = time.monotonic()
        files = None
        if body.directory is not None:
            if request[WHO].actor != _CLI:
                raise ApiError(
                    "only the commands of this home may name a directory", code="not-yours"
                )
            files = await asyncio.to_thread(read_directory, Path(body.directory))
        share = None if body.canary is None else body.canary.share()
        done = await self._publishing.publish(
            request[WHO].actor, files=files, note=body.note, share=share
        )
        return _document(done, began)

    @route("POST", "/api/v1/versions/promote", Role.ADMIN)
    async def promote(self, request: web.Request) -> documents.PublishedDocument:
        """Make the canary the running version."""
        began = time.monotonic()
        return _document(await self._publishing.promote(request[WHO].actor), began)

    @route("POST", "/api/v1/versions/rollback", Role.ADMIN)
    async def roll_back(
        self, request: web.Request, body: RollBackBody
    ) -> documents.PublishedDocument:
        """Go back: end the canary, or make a version run that ran before."""
        began = time.monotonic()
        done = await self._publishing.roll_back(request[WHO].actor, body.version)
        return _document(done, began)


def _texts(files: Mapping[str, bytes]) -> dict[str, FileText]:
    return {path: as_text(content) for path, content in files.items()}


def _document(done: Published, began: float) -> documents.PublishedDocument:
    return documents.PublishedDocument(
        running=done.running,
        before=done.before,
        canary=done.canary,
        seconds=round(time.monotonic() - began, 3),
    )
