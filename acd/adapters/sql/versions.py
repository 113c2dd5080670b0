"""Versions of the site in tables; contents by hash, so that a sound is kept once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping

from sqlalchemy import Connection, delete, insert, select

from acd.adapters.sql.engine import Database
from acd.adapters.sql.schema import site_contents, site_files, site_versions
from acd.adapters.sql.transactions import Transactions
from acd.core.timers import Instant
from acd.ports.versions import VersionRow

LOCK = 20260005
"""Of PostgreSQL: one version is saved after another."""


class SqlVersions:
    """:class:`acd.ports.versions.VersionStore` on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._transactions = Transactions(database, lock=LOCK)

    async def close(self) -> None:
        """Close the connections."""
        await self._transactions.close()

    async def save_version(self, row: VersionRow, files: Mapping[str, bytes]) -> None:
        """Keep a version durably before returning; one of the same hash is replaced.

        Raises:
            StoreError: the database failed; contents may be kept that no version has.
        """
        digests = {path: hashlib.sha256(content).hexdigest() for path, content in files.items()}
        for path, digest in digests.items():
            content = files[path]

            # One a transaction: the engine's log must not wait while many sounds are written.
            def keep(
                connection: Connection, digest: str = digest, content: bytes = content
            ) -> None:
                wanted = select(site_contents.c.digest).where(site_contents.c.digest == digest)
                if connection.execute(wanted).one_or_none() is None:
                    values = {"digest": digest, "content": content}
                    connection.execute(insert(site_contents).values(values))

            await self._transactions.run(keep, "keep a file of the site")

        def write(connection: Connection) -> None:
            for table in (site_files, site_versions):
                connection.execute(delete(table).where(table.c.version == row.version))
            values = {
                "version": row.version,
                "at": row.at,
                "author": row.author,
                "note": row.note,
                "before": row.before,
            }
            connection.execute(insert(site_versions).values(values))
            if digests:
                rows = [
                    {"version": row.version, "path": path, "digest": digest}
                    for path, digest in digests.items()
                ]
                connection.execute(insert(site_files), rows)

        await self._transactions.run(write, "keep a version of the site")

    async def versions(self) -> list[VersionRow]:
        """Return all versions, newest first.

        Raises:
            StoreError: the database failed.
        """
        table = site_versions
        wanted = select(table).order_by(table.c.at.desc(), table.c.version)
        async with self._database.single("read the versions of the site") as connection:
            return [
                VersionRow(one.version, Instant(one.at), one.author, one.note, one.before)
                for one in await connection.execute(wanted)
            ]

    async def version_files(self, version: str) -> dict[str, bytes]:
        """Return the files of a version by path, in order; none if it is unknown.

        Raises:
            StoreError: the database failed.
        """
        wanted = (
            select(site_files.c.path, site_contents.c.content)
            .join(site_contents, site_contents.c.digest == site_files.c.digest)
            .where(site_files.c.version == version)
        )
        async with self._database.single("read a version of the site") as connection:
            found = {one.path: bytes(one.content) for one in await connection.execute(wanted)}
        return dict(sorted(found.items()))  # here: databases do not agree on an order of texts
