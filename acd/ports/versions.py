"""Versions of the site: the files that were published, who did it, and what ran before."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from acd.core.timers import Instant


@dataclass(frozen=True, slots=True)
class VersionRow:
    """A version that was published, or tried as a canary, at least once.

    Attributes:
        version: content hash of the site.
        at: when it was last published.
        author: by whom, as in the log of the engine: ``agent:<login>``, ``api:<token>``, ``cli``.
        note: what they said of it.
        before: the version that ran then, which a roll-back goes to; empty for the first.
    """

    version: str
    at: Instant
    author: str
    note: str
    before: str


class VersionStore(Protocol):
    """Every version with its files, kept for good; equal files are kept once."""

    async def save_version(self, row: VersionRow, files: Mapping[str, bytes]) -> None:
        """Keep a version durably before returning; one of the same hash is replaced.

        Args:
            row: what is said of it.
            files: path relative to the directory of dialplans to content.
        """
        ...

    async def versions(self) -> list[VersionRow]:
        """Return all versions, newest first."""
        ...

    async def version_files(self, version: str) -> dict[str, bytes]:
        """Return the files of a version by path, in order; none if it is unknown."""
        ...
