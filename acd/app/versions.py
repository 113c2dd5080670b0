"""The versions of the site: kept for good in the store, and as files below the home while in use.

Sounds are played from there, whatever happens to the directory that admins edit, for as long as a
contact is in flight that entered the version.
"""

from __future__ import annotations

import asyncio
import contextlib
import secrets
import shutil
from collections import Counter
from collections.abc import AsyncIterator, Collection, Iterator, Mapping, Sequence
from pathlib import Path

from acd.app import site_files
from acd.app.site import load_site
from acd.core.errors import AcdError
from acd.core.site import Site
from acd.ports.versions import VersionRow, VersionStore

_STAGING = ".new-"

Files = Mapping[str, bytes]
"""The files of a version by path."""


class VersionError(AcdError):
    """There is no such version.

    Codes: ``version-unknown``, ``version-ambiguous``, ``nothing-before`` (to go back to),
    ``version-lost`` (its files are not kept).
    """

    code = "version-unknown"


class SiteError(AcdError):
    """Dialplans cannot be published; the message lists every problem."""

    code = "site-invalid"


def invalid(what: str, problems: Sequence[object]) -> SiteError:
    """Return the error that lists all problems."""
    listed = "\n  ".join(str(problem) for problem in problems)
    return SiteError(
        f"{what} cannot be used:\n  {listed}", hint="mend them; `acd check` lists this again"
    )


class KeptVersions:
    """Finds versions, keeps them, and puts their files where they are used.

    Attributes:
        directory: what admins edit.
    """

    def __init__(self, store: VersionStore, *, directory: Path, unfolded: Path) -> None:
        """Prepare.

        Args:
            store: where versions are kept.
            directory: what admins edit.
            unfolded: where the files of versions in use lie, a directory each.
        """
        self.directory = directory
        self._store = store
        self._unfolded = unfolded
        self._unfolding = asyncio.Lock()
        self._staged: set[str] = set()
        self._held: Counter[str] = Counter()

    # --- looking --------------------------------------------------------------------------------

    async def rows(self) -> list[VersionRow]:
        """Return every version, newest first."""
        return await self._store.versions()

    async def find(self, prefix: str) -> VersionRow:
        """Return the one version that begins so.

        Raises:
            VersionError: none does, or several do.
        """
        rows = [row for row in await self._store.versions() if row.version.startswith(prefix)]
        if not rows or not prefix:
            raise VersionError(f"there is no version {prefix}", hint="`acd versions` lists them")
        if len(rows) > 1:
            names = ", ".join(row.version for row in rows)
            raise VersionError(f"{prefix} may be any of {names}", code="version-ambiguous")
        return rows[0]

    async def before(self, version: str) -> VersionRow:
        """Return what ran when a version was published.

        Raises:
            VersionError: nothing did.
        """
        rows = {row.version: row for row in await self._store.versions()}
        row = rows.get(version)
        if row is None or row.before not in rows:
            raise VersionError(
                f"nothing ran before {version}",
                hint="name a version: `acd versions` lists them",
                code="nothing-before",
            )
        return rows[row.before]

    async def files(self, row: VersionRow) -> dict[str, bytes]:
        """Return a version's files by path.

        Raises:
            VersionError: they are lost.
        """
        kept = await self._store.version_files(row.version)
        if not kept:
            raise VersionError(f"the files of {row.version} are lost", code="version-lost")
        return kept

    async def directory_files(self) -> dict[str, bytes]:
        """Return the files of the directory that admins edit, right or wrong.

        Raises:
            SiteFilesError: one cannot be read.
        """
        return await asyncio.to_thread(site_files.read_directory, self.directory)

    @contextlib.asynccontextmanager
    async def checked(self, files: Files | None = None) -> AsyncIterator[tuple[Site, Files]]:
        """Give the site that files are, checked from a copy of them; and the files.

        Args:
            files: path to content; those of the directory by default.

        Raises:
            SiteError: something is wrong with them.
            SiteFilesError: they cannot be published whatever is in them.
        """
        if files is None:
            files = await self.directory_files()
        else:
            site_files.check_names(files)
        staged = self._new_place()
        try:
            await asyncio.to_thread(_write, staged, files)
            site, problems = await asyncio.to_thread(load_site, staged)
            if site is None:
                raise invalid("the dialplans", problems)
            yield site, files
        finally:
            await asyncio.to_thread(self._leave, staged)

    # --- keeping --------------------------------------------------------------------------------

    async def keep(self, row: VersionRow, files: Files) -> None:
        """Keep a version for good."""
        await self._store.save_version(row, files)

    def path_of(self, version: str) -> Path:
        """Return where the files of a version in use lie."""
        return self._unfolded / version

    async def unfold(self, version: str, files: Files | None = None) -> None:
        """See to it that the files of a version lie in their place, whole.

        Args:
            version: which.
            files: as they were kept, if they are at hand; of a version that was never kept there
                are none, and what lies there is left alone.

        Raises:
            SiteFilesError: they cannot be written.
        """
        files = await self._store.version_files(version) if files is None else files
        if files:
            async with self._unfolding:
                await asyncio.to_thread(self._unfold, self.path_of(version), files)

    def _unfold(self, path: Path, files: Files) -> None:
        if _holds(path, files):
            return
        staged = self._new_place()
        try:
            _write(staged, files)
            shutil.rmtree(path, ignore_errors=True)  # somebody has been at it
            staged.rename(path)
        except OSError as error:
            raise _unkept(path, error) from None
        finally:
            self._leave(staged)

    def _new_place(self) -> Path:
        name = f"{_STAGING}{secrets.token_hex(8)}"
        self._staged.add(name)
        return self._unfolded / name

    def _leave(self, staged: Path) -> None:
        shutil.rmtree(staged, ignore_errors=True)
        self._staged.discard(staged.name)

    @contextlib.contextmanager
    def holding(self, version: str) -> Iterator[None]:
        """Keep the files of a version in their place, though nobody uses it yet."""
        self._held[version] += 1
        try:
            yield
        finally:
            self._held[version] -= 1

    async def sweep(self, used: Collection[str]) -> None:
        """Remove the files of versions that nobody uses any more, and what a crash left."""
        held = (version for version, times in self._held.items() if times)
        await asyncio.to_thread(self._sweep, frozenset((*used, *held)))

    def _sweep(self, used: frozenset[str]) -> None:
        for path in self._unfolded.glob("*"):
            if path.name not in used and path.name not in self._staged:
                shutil.rmtree(path, ignore_errors=True)


def _holds(path: Path, files: Files) -> bool:
    try:
        return all((path / name).read_bytes() == content for name, content in files.items())
    except OSError:
        return False


def _write(directory: Path, files: Files) -> None:
    try:
        site_files.write_directory(directory, files)
    except OSError as error:
        raise _unkept(directory, error) from None


def _unkept(path: Path, error: OSError) -> site_files.SiteFilesError:
    return site_files.SiteFilesError(
        f"the files of the version cannot be kept in {path.parent}: {error.strerror}"
    )
