"""Publishing: files become a version of the site, kept, tried on some contacts, run, taken back.

A version is checked from a copy of its files, made ready (prompts are spoken) and kept in the store
before the engine is told: at any error nothing has changed. One change goes on at a time. Contacts
in flight keep their version; so its files stay below the home too, where its sounds are played
from, whatever happens to the directory that admins edit.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import structlog

from acd.app import site_files
from acd.app.loop import Loop
from acd.app.site import load_site
from acd.core import inputs as i
from acd.core.canary import CanaryEnd, Guard
from acd.core.errors import AcdError
from acd.core.events import CanaryEnded
from acd.core.inputs import Input
from acd.core.record import Record
from acd.core.site import Site
from acd.core.state import State
from acd.ports.audit import AuditEntry, AuditStore
from acd.ports.clock import Clock
from acd.ports.versions import VersionRow, VersionStore

log = structlog.get_logger()

LONGEST_NOTE = 500
FIRST_NOTE = "the first start"
WATCHER = "watch"
"""Who publishes what was changed in the directory, where that is wanted."""

_STAGING = ".new-"

Files = Mapping[str, bytes]


class PublishError(AcdError):
    """What was asked for cannot be done; everything is as it was.

    Codes: ``version-unknown``, ``version-ambiguous``, ``version-running``, ``nothing-before`` (to
    go back to), ``version-lost`` (its files are not kept), ``version-not-ready`` (a prompt cannot
    be spoken, or Asterisk does not take it), and those of the engine: ``no-canary``,
    ``share-invalid``, ``nothing-published``.
    """

    code = "version-unknown"


class SiteError(AcdError):
    """Dialplans cannot be published; the message lists every problem."""

    code = "site-invalid"


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
    """Keeps the versions, and tells the engine which to run.

    Attributes:
        directory: what admins edit.
        prepare: makes a site ready to take contacts; raises if it cannot. Given the directory of
            its files.
        switch: told the directory of the version's files just before it becomes the running one;
            what it raises stops that.
    """

    def __init__(
        self,
        loop: Loop,
        store: VersionStore,
        audit: AuditStore,
        clock: Clock,
        *,
        directory: Path,
        unfolded: Path,
    ) -> None:
        """Prepare.

        Args:
            loop: the engine's.
            store: where versions are kept.
            audit: where each change is noted.
            clock: the time.
            directory: what admins edit.
            unfolded: where the files of versions in use lie, a directory each.
        """
        self.directory = directory
        self.prepare: Callable[[Site, Path], Awaitable[None]] = _nothing_to_prepare
        self.switch: Callable[[Path], Awaitable[None]] = _nothing_to_switch
        self._loop = loop
        self._store = store
        self._audit = audit
        self._clock = clock
        self._unfolded = unfolded
        self._one_change = asyncio.Lock()
        self._noting: set[asyncio.Task[None]] = set()
        loop.observe(self._observe)

    @property
    def _state(self) -> State:
        return self._loop.engine.state

    def path_of(self, version: str) -> Path:
        """Return where the files of a version in use lie."""
        return self._unfolded / version

    # --- looking --------------------------------------------------------------------------------

    async def versions(self) -> list[VersionRow]:
        """Return every version, newest first."""
        return await self._store.versions()

    async def find(self, prefix: str) -> VersionRow:
        """Return the one version that begins so.

        Raises:
            PublishError: none does, or several do.
        """
        rows = [row for row in await self._store.versions() if row.version.startswith(prefix)]
        if not rows or not prefix:
            raise PublishError(f"there is no version {prefix}", hint="`acd versions` lists them")
        if len(rows) > 1:
            names = ", ".join(row.version for row in rows)
            raise PublishError(f"{prefix} may be any of {names}", code="version-ambiguous")
        return rows[0]

    async def files(self, version: str) -> dict[str, bytes]:
        """Return a version's files by path.

        Raises:
            PublishError: it is not known.
        """
        return await self._store.version_files((await self.find(version)).version)

    async def directory_files(self) -> dict[str, bytes]:
        """Return the files of the directory that admins edit, right or wrong.

        Raises:
            SiteFilesError: one cannot be read.
        """
        return await asyncio.to_thread(site_files.read_directory, self.directory)

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
        async with self._one_change, self._checked(files) as (site, staged, given):
            before = self._state.site
            if site.version == before:
                if share is not None:
                    raise PublishError(f"{before} is running", code="version-running")
                return self._now(before)
            running = self._state.sites.get(before)
            if share is not None and running is not None and site.asterisk != running.asterisk:
                raise PublishError(
                    "asterisk/*.conf is different: Asterisk has one dialplan for all versions",
                    hint="publish that change to all contacts first, then try the rest",
                    code="version-not-ready",
                )
            row = VersionRow(site.version, self._clock.now(), author, note, before)
            await self._make_ready(site, staged)
            await self._store.save_version(row, given)
            await asyncio.to_thread(self._unfold, site.version, given)
            if share is None:
                await self._run(site, before, author)
            else:
                start = i.StartCanary(site, share.percent, share.numbers, share.guard)
                await self._ask(start, author)
            details: dict[str, object] = {"note": note, "before": before}
            if share is not None:
                details |= {"percent": share.percent, "numbers": len(share.numbers)}
            await self._note(author, "canary" if share else "publish", site.version, details)
            return self._now(before)

    async def promote(self, author: str) -> Published:
        """Make the canary the running version.

        Raises:
            PublishError: there is none, or it cannot be.
        """
        async with self._one_change:
            state = self._state
            if state.canary is None:
                raise PublishError("there is no canary", code="no-canary")
            before, version = state.site, state.canary.version
            await self._switched(version, before, i.PromoteCanary(), author)
            await self._note(author, "promote", version, {"before": before})
            return self._now(before)

    async def roll_back(self, author: str, version: str = "") -> Published:
        """Go back to a version; by default end the canary, or go to what ran before.

        Raises:
            PublishError: there is nothing to go back to, or its files are lost.
            SiteError: the version is not valid for this engine.
        """
        async with self._one_change:
            before, canary = self._state.site, self._state.canary
            if canary is not None and not version:
                await self._ask(i.EndCanary(), author)
                await self._note(author, "end-canary", canary.version, {})
                return self._now(before)
            wanted = await self.find(version) if version else await self._previous(before)
            if wanted.version == before:
                raise PublishError(f"{before} is running", code="version-running")
            site = self._state.sites.get(wanted.version)
            if site is None:
                site = await self._again(wanted, author)
            else:
                await self._make_ready(site, self.path_of(site.version))
            await self._run(site, before, author)
            await self._note(author, "roll-back", site.version, {"before": before})
            return self._now(before)

    async def _previous(self, version: str) -> VersionRow:
        rows = {row.version: row for row in await self._store.versions()}
        row = rows.get(version)
        if row is None or row.before not in rows:
            raise PublishError(
                f"nothing ran before {version}",
                hint="name a version: `acd versions` lists them",
                code="nothing-before",
            )
        return rows[row.before]

    async def _again(self, row: VersionRow, author: str) -> Site:
        """Check a version that nobody uses any more, and make it ready."""
        kept = await self._store.version_files(row.version)
        if not kept:
            raise PublishError(f"the files of {row.version} are lost", code="version-lost")
        async with self._checked(kept) as (site, staged, _):
            await self._make_ready(site, staged)
            if site.version != row.version:  # holidays of another year, say: it is told apart
                note = f"{row.version} again"
                made = VersionRow(site.version, self._clock.now(), author, note, row.before)
                await self._store.save_version(made, kept)
            await asyncio.to_thread(self._unfold, site.version, kept)
            return site

    async def _run(self, site: Site, before: str, author: str) -> None:
        await self._switched(site.version, before, i.PublishSite(site), author)

    async def _switched(self, version: str, before: str, cause: Input, author: str) -> None:
        """Tell the engine of another running version, and Asterisk first."""
        await _or_not_ready(self.switch(self.path_of(version)))
        try:
            await self._ask(cause, author)
        except BaseException:
            if before:
                await self.switch(self.path_of(before))
            raise

    async def _make_ready(self, site: Site, path: Path) -> None:
        await _or_not_ready(self.prepare(site, path))

    async def _ask(self, cause: Input, author: str) -> None:
        refused = await self._loop.ask(cause, author)
        if refused is not None:
            raise PublishError(refused.message, code=refused.code)

    def _now(self, before: str) -> Published:
        canary = self._state.canary
        return Published(self._state.site, before, None if canary is None else canary.version)

    # --- files ----------------------------------------------------------------------------------

    @contextlib.asynccontextmanager
    async def _checked(self, files: Files | None) -> AsyncIterator[tuple[Site, Path, Files]]:
        """Give a checked site, a copy of its files for as long as that takes, and the files."""
        if files is None:
            files = await self.directory_files()
        else:
            site_files.check_names(files)
        staged = self._unfolded / f"{_STAGING}{secrets.token_hex(8)}"
        try:
            await asyncio.to_thread(_write, staged, files)
            site, problems = await asyncio.to_thread(load_site, staged)
            if site is None:
                raise invalid("the dialplans", problems)
            yield site, staged, files
        finally:
            await asyncio.to_thread(shutil.rmtree, staged, ignore_errors=True)

    def _unfold(self, version: str, files: Files) -> None:
        """Write the files of a version to their place; blocks."""
        path = self.path_of(version)
        if path.is_dir():
            return
        staged = self._unfolded / f"{_STAGING}{secrets.token_hex(8)}"
        _write(staged, files)
        staged.rename(path)

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
        await asyncio.to_thread(self._sweep)
        if not self._state.site:
            await self.publish("system", note=FIRST_NOTE)
            return ""
        for version in list(self._state.sites):
            kept = await self._store.version_files(version)
            if kept:
                await asyncio.to_thread(self._unfold, version, kept)
        running = self._state.site
        try:
            async with self._one_change, self._checked(None) as (site, _, files):
                written = site.version
                if written == running and not self.path_of(running).is_dir():
                    # It ran before versions were kept.
                    row = VersionRow(running, self._clock.now(), "system", FIRST_NOTE, "")
                    await self._store.save_version(row, files)
                    await asyncio.to_thread(self._unfold, running, files)
        except AcdError as error:
            log.warning("directory not published", code=error.code, reason=error.message)
            return f"version {running} runs on: {self.directory} has problems (see `acd check`)"
        if written == running:
            return ""
        if follow and self._state.canary is None:
            await self.publish(WATCHER)
            return ""
        return (
            f"version {running} runs on: {self.directory} differs "
            "(`acd diff` shows how, `acd publish` makes it run)"
        )

    def _sweep(self) -> None:
        """Remove what a crash left, and versions that nobody uses; blocks."""
        self._unfolded.mkdir(parents=True, exist_ok=True)
        used = set(self._state.sites)
        for path in self._unfolded.iterdir():
            if path.name not in used:
                shutil.rmtree(path, ignore_errors=True)

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
            if isinstance(body, CanaryEnded) and body.reason is CanaryEnd.WORSE:
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


def _write(directory: Path, files: Files) -> None:
    try:
        site_files.write_directory(directory, files)
    except OSError as error:
        raise site_files.SiteFilesError(
            f"the files of the version cannot be kept in {directory.parent}: {error.strerror}"
        ) from None


def invalid(what: str, problems: Sequence[object]) -> SiteError:
    """Return the error that lists all problems."""
    listed = "\n  ".join(str(problem) for problem in problems)
    return SiteError(
        f"{what} cannot be used:\n  {listed}", hint="mend them; `acd check` lists this again"
    )


async def _or_not_ready(doing: Awaitable[None]) -> None:
    try:
        await doing
    except SiteError:
        raise
    except AcdError as error:
        raise PublishError(
            f"the version cannot take contacts: {error.message}",
            hint=error.hint,
            code="version-not-ready",
        ) from error


async def _nothing_to_prepare(_site: Site, _path: Path) -> None:
    pass


async def _nothing_to_switch(_path: Path) -> None:
    pass
