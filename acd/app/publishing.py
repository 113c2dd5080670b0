"""Publishing: files become a version of the site, kept, tried on some contacts, run, taken back.

A version is checked from a copy of its files, made ready (prompts are spoken) and kept in the store
before the engine is told: at any error nothing has changed, and whenever we are killed either the
old or the new version runs, as a whole. One change goes on at a time. Contacts in flight keep their
version.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field

import structlog

from acd.app.loop import Loop
from acd.app.versions import Files, KeptVersions
from acd.core import inputs as i
from acd.core.canary import CanaryEnd, Guard
from acd.core.errors import AcdError
from acd.core.events import CanaryEnded, CanaryStarted, SitePublished
from acd.core.inputs import Input
from acd.core.record import Record
from acd.core.site import Site
from acd.core.state import State
from acd.ports.audit import AuditEntry, AuditStore
from acd.ports.clock import Clock
from acd.ports.versions import VersionRow

log = structlog.get_logger()

LONGEST_NOTE = 500
FIRST_NOTE = "the first start"
WATCHER = "watch"
"""Who publishes what was changed in the directory, where that is wanted."""


class PublishError(AcdError):
    """What was asked for cannot be done; everything is as it was.

    Codes: ``version-running``, ``version-not-ready`` (a prompt cannot be spoken, or Asterisk does
    not take it), ``version-changed`` (another runs meanwhile), ``canary-ended`` (by its guard), and
    those of the engine: ``no-canary``, ``share-invalid``, ``nothing-published``.
    """

    code = "version-not-ready"


@dataclass(frozen=True, slots=True)
class Share:
    """Which contacts a canary gets, and what ends it; see :class:`acd.core.inputs.StartCanary`."""

    percent: int = 0
    numbers: tuple[str, ...] = ()
    guard: Guard = field(default_factory=Guard)


@dataclass(frozen=True, slots=True)
class Published:
    """What a change came to.

    Attributes:
        running: version that takes contacts now.
        before: the one that did before.
        canary: version that takes a share of them, if one does.
    """

    running: str
    before: str
    canary: str | None


class Publishing:
    """Tells the engine which version to run, and has it ready before.

    Attributes:
        kept: the versions.
        prepare: makes a site ready to take contacts; raises if it cannot. The files of its version
            lie in their place.
        switch: told of a site just before it becomes the running one; what it raises stops that.
    """

    def __init__(self, loop: Loop, kept: KeptVersions, audit: AuditStore, clock: Clock) -> None:
        """Prepare.

        Args:
            loop: the engine's.
            kept: the versions.
            audit: where each change is noted.
            clock: the time.
        """
        self.kept = kept
        self.prepare: Callable[[Site], Awaitable[None]] = _nothing_to_do
        self.switch: Callable[[Site], Awaitable[None]] = _nothing_to_do
        self._loop = loop
        self._audit = audit
        self._clock = clock
        self._one_change = asyncio.Lock()
        self._given_up = ""  # the canary that its guard has ended, until something else is changed
        self._noting: set[asyncio.Task[None]] = set()
        loop.observe(self._observe)

    @property
    def _state(self) -> State:
        return self._loop.engine.state

    # --- changing -------------------------------------------------------------------------------

    async def publish(
        self, author: str, *, files: Files | None = None, note: str = "", share: Share | None = None
    ) -> Published:
        """Make files the running version, or with ``share`` a canary beside it.

        Args:
            author: who asks.
            files: path to content; those of the directory by default.
            note: what they say of it.
            share: which contacts a canary gets.

        Raises:
            SiteError: something is wrong with the files.
            SiteFilesError: they cannot be published whatever is in them.
            PublishError: the engine, a prompt or Asterisk refuses.
        """
        try:
            async with self.kept.checked(files) as (site, given):
                return await self._publish(site, given, author, note, share)
        finally:
            await self.kept.sweep(self._state.sites)

    async def _publish(
        self, site: Site, files: Files, author: str, note: str, share: Share | None
    ) -> Published:
        before = self._state.site
        if share is None and site.version == before:
            return self._now(before)
        self._must_fit(site, share)
        # Speaking prompts may take minutes: who has to roll back does not wait for that.
        async with self._ready(site, files), self._one_change:
            if share is None and site.version == self._state.site:
                return self._now(before)
            if self._state.site != before:
                raise PublishError(
                    f"{self._state.site} has begun to run meanwhile",
                    hint="`acd diff` shows how it differs; publish again if this is still wanted",
                    code="version-changed",
                )
            said = note or await self._note_of(site.version)
            row = VersionRow(site.version, self._clock.now(), author, said, before)
            await self.kept.keep(row, files)
            tried = self._state.canary
            if share is None:
                await self._run(site, i.PublishSite(site), author)
            else:
                start = i.StartCanary(site, share.percent, share.numbers, share.guard)
                await self._ask(start, author)
            details: dict[str, object] = {"note": note, "before": before}
            if tried is not None and tried.version != site.version:
                details["replaced"] = tried.version
            if share is not None:
                details |= {"percent": share.percent, "numbers": len(share.numbers)}
            await self._note(author, "canary" if share else "publish", site.version, details)
            return self._now(before)

    def _must_fit(self, site: Site, share: Share | None) -> None:
        """Refuse a canary that cannot stand beside what runs."""
        running = self._state.sites.get(self._state.site)
        if share is None or running is None:
            return
        if site.version == running.version:
            raise PublishError(f"{running.version} is running", code="version-running")
        if site.asterisk != running.asterisk:
            raise PublishError(
                "asterisk/*.conf is different: Asterisk has one dialplan for all versions",
                hint="publish that change to all contacts first, then try the rest",
            )

    async def _note_of(self, version: str) -> str:
        """Return what was said of a version when it was published before."""
        return next((r.note for r in await self.kept.rows() if r.version == version), "")

    async def promote(self, author: str) -> Published:
        """Make the canary the running version.

        Raises:
            PublishError: there is none, or it cannot be.
        """
        async with self._change():
            before, canary = self._state.site, self._state.canary
            if canary is None:
                raise PublishError("there is no canary", code="no-canary")
            site = self._state.sites[canary.version]
            async with self._ready(site):
                await self._run(site, i.PromoteCanary(), author)
            await self._note(author, "promote", site.version, {"before": before})
            return self._now(before)

    async def roll_back(self, author: str, version: str = "") -> Published:
        """Go back to a version; by default end the canary, or go to what ran before.

        Raises:
            VersionError: there is nothing to go back to, or its files are lost.
            PublishError: a prompt or Asterisk refuses.
            SiteError: the version is not valid for this engine.
        """
        async with self._change():
            before, canary = self._state.site, self._state.canary
            if canary is not None and not version:
                await self._ask(i.EndCanary(), author)
                await self._note(author, "end-canary", canary.version, {})
                return self._now(before)
            if self._given_up and not version:  # who asks may not know it yet
                raise PublishError(
                    f"the canary {self._given_up} has ended by itself: {before} runs alone again",
                    hint="name a version to go back further: `acd versions` lists them",
                    code="canary-ended",
                )
            row = await (self.kept.find(version) if version else self.kept.before(before))
            if row.version == before:
                raise PublishError(f"{before} is running", code="version-running")
            site = self._state.sites.get(row.version) or await self._again(row, author)
            async with self._ready(site):
                await self._run(site, i.PublishSite(site), author)
            details = {"before": before}
            if canary is not None and canary.version != site.version:
                details["replaced"] = canary.version
            await self._note(author, "roll-back", site.version, details)
            return self._now(before)

    @contextlib.asynccontextmanager
    async def _change(self) -> AsyncIterator[None]:
        """Let nobody else change anything; then remove the files that nobody uses any more."""
        async with self._one_change:
            try:
                yield
            finally:
                await self.kept.sweep(self._state.sites)

    async def _again(self, row: VersionRow, author: str) -> Site:
        """Check a version that nobody uses any more."""
        files = await self.kept.files(row)
        async with self.kept.checked(files) as (site, _):
            if site.version != row.version:  # holidays of another year, say: it is told apart
                note = f"{row.version} again"
                made = VersionRow(site.version, self._clock.now(), author, note, row.before)
                await self.kept.keep(made, files)
            return site

    @contextlib.asynccontextmanager
    async def _ready(self, site: Site, files: Files | None = None) -> AsyncIterator[None]:
        """Have a site ready to take contacts, until the engine has been told of it."""
        with self.kept.holding(site.version):
            await self.kept.unfold(site.version, files)
            await _or_not_ready(self.prepare(site))
            yield

    async def _run(self, site: Site, cause: Input, author: str) -> None:
        """Tell the engine of another running version, and Asterisk first."""
        before = self._state.sites.get(self._state.site)
        await _or_not_ready(self.switch(site))
        try:
            await self._ask(cause, author)
        except PublishError:
            if before is not None:
                await _or_not_ready(self.switch(before))
            raise

    async def _ask(self, cause: Input, author: str) -> None:
        refused = await self._loop.ask(cause, author)
        if refused is not None:
            raise PublishError(refused.message, code=refused.code)

    def _now(self, before: str) -> Published:
        canary = self._state.canary
        return Published(self._state.site, before, None if canary is None else canary.version)

    # --- starting -------------------------------------------------------------------------------

    async def begin(self, *, follow: bool) -> str:
        """Have something run: what ran before, or at the first start what the directory holds.

        Args:
            follow: publish what the directory holds at every start.

        Returns:
            What people should know, in one line; empty for nothing.

        Raises:
            SiteError: it is the first start and the files cannot be published.
        """
        await self.kept.sweep(self._state.sites)
        running = self._state.site
        if not running:
            await self.publish("system", note=FIRST_NOTE)
            return ""
        for version in list(self._state.sites):
            await self.kept.unfold(version)
        try:
            async with self._change(), self.kept.checked() as (site, files):
                written = site.version
                if written == running and not await self._is_kept(running):
                    row = VersionRow(running, self._clock.now(), "system", FIRST_NOTE, "")
                    await self.kept.unfold(running, files)
                    await self.kept.keep(row, files)
            if written != running and follow and self._state.canary is None:
                await self.publish(WATCHER)
                return ""
        except AcdError as error:
            log.warning("directory not published", code=error.code, reason=error.message)
            return (
                f"version {running} runs on: {self.kept.directory} has problems (see `acd check`)"
            )
        if written == running:
            return ""
        return (
            f"version {running} runs on: {self.kept.directory} differs "
            "(`acd diff` shows how, `acd publish` makes it run)"
        )

    async def _is_kept(self, version: str) -> bool:
        """Return whether a version is kept; one that ran before versions were kept is not."""
        return any(row.version == version for row in await self.kept.rows())

    async def follow(self, changes: AsyncIterator[object]) -> None:
        """Publish the directory whenever it has changed and is valid; a canary is left alone."""
        async for _ in changes:
            if self._state.canary is not None:
                log.warning("directory not published", code="canary-running")
                continue
            try:
                done = await self.publish(WATCHER)
            except AcdError as error:
                log.warning("directory not published", code=error.code, reason=error.message)
            else:
                if done.running != done.before:
                    log.info("directory published", version=done.running, before=done.before)
        log.warning("directory no longer watched")
        await asyncio.Event().wait()

    # --- telling --------------------------------------------------------------------------------

    def _observe(self, records: Sequence[Record]) -> None:
        for record in records:
            body = record.body
            if isinstance(body, CanaryStarted | SitePublished):
                self._given_up = ""
            if isinstance(body, CanaryEnded) and body.reason is CanaryEnd.WORSE:
                self._given_up = body.version
                log.warning("canary ended by its guard", version=body.version, reason=body.detail)
                details = {"reason": body.detail}
                task = asyncio.create_task(
                    self._note("guard", "end-canary", body.version, details), name="audit"
                )
                self._noting.add(task)
                task.add_done_callback(self._noting.discard)

    async def _note(
        self, actor: str, action: str, version: str, details: Mapping[str, object]
    ) -> None:
        subject = f"version:{version}"
        now = self._clock.now()
        await self._audit.add(AuditEntry(now, actor, f"versions.{action}", subject, details))

    async def close(self) -> None:
        """Wait for what is still being noted."""
        await asyncio.gather(*self._noting, return_exceptions=True)


async def _or_not_ready(doing: Awaitable[None]) -> None:
    try:
        await doing
    except AcdError as error:
        raise _not_ready(error.message, error.hint) from error
    except OSError as error:  # the disk is full, say
        raise _not_ready(error.strerror or str(error)) from error


def _not_ready(reason: str, hint: str = "") -> PublishError:
    return PublishError(f"the version cannot take contacts: {reason}", hint=hint)


async def _nothing_to_do(_site: Site) -> None:
    pass
