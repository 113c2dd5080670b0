"""The right to write: one engine a database, fenced by an epoch.

The row is taken by raising its epoch. Every append checks the epoch in its own statement, so an
engine that was stopped, replaced and woken again can add nothing. A holder that is gone is
recognised at once on the same machine, by its process, and elsewhere when it has not renewed the
lease for ``TTL_SECONDS`` by the database's clock.
"""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import structlog
from sqlalchemy import CursorResult, insert, select, update
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import BigInteger

from acd.adapters.sql.engine import Database
from acd.adapters.sql.schema import lease
from acd.ports.store import StoreError

TTL_SECONDS = 5.0
RENEW_SECONDS = 1.0

_logger = structlog.get_logger(__name__)


class _database_now(FunctionElement[int]):
    """Microseconds since the epoch by the database's clock: the one clock all engines share."""

    type = BigInteger()
    inherit_cache = True


@compiles(_database_now, "sqlite")
def _(_element: Any, _compiler: Any, **_: Any) -> str:
    return "CAST((julianday('now') - 2440587.5) * 86400000000 AS INTEGER)"


@compiles(_database_now, "postgresql")
def _(_element: Any, _compiler: Any, **_: Any) -> str:
    return "CAST(extract(epoch FROM clock_timestamp()) * 1000000 AS BIGINT)"


def holder_name(pid: int | None = None) -> str:
    """Return the name under which a process of this machine holds the lease.

    ``host boot pid start``: the start time tells a process from a later one with its number.
    Empty if there is no such process.
    """
    pid = os.getpid() if pid is None else pid
    try:
        boot = Path("/proc/sys/kernel/random/boot_id").read_text(encoding="ascii").strip()
        stat = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    state, *fields = stat.rpartition(")")[2].split()  # proc(5): 3 is state, 22 is starttime
    return "" if state in "ZX" else f"{socket.gethostname()} {boot} {pid} {fields[18]}"


def _is_gone(holder: str) -> bool:
    """Whether ``holder`` certainly runs no more: a process of this host that is not there."""
    try:
        host, _boot, pid, _start = holder.rsplit(" ", 3)
        number = int(pid)
    except ValueError:
        return False
    return host == socket.gethostname() and holder_name(number) != holder


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to write, held since :func:`take`.

    Attributes:
        epoch: raised by one at each take-over; what appends are checked against.
        holder: who we are.
    """

    database: Database
    epoch: int
    holder: str

    async def renew(self) -> None:
        """Say that we are still here.

        Raises:
            StoreError: the lease is another's now (``lease-lost``), or the database failed.
        """
        async with self.database.single("renew the lease") as connection:
            changed = await connection.execute(self._mine().values(renewed_at=_database_now()))
            if cast("CursorResult[Any]", changed).rowcount != 1:
                raise lost()

    async def hold(self) -> None:
        """Renew until cancelled; a database that fails for a while is only logged.

        Raises:
            StoreError: the lease is another's now (``lease-lost``).
        """
        while True:
            await asyncio.sleep(RENEW_SECONDS)
            try:
                await self.renew()
            except StoreError as error:
                if error.code == "lease-lost":
                    raise
                _logger.warning("lease not renewed", code=error.code)

    async def release(self) -> None:
        """Let another engine write at once; nothing happens if one does already."""
        async with self.database.single("release the lease") as connection:
            await connection.execute(self._mine().values(holder=""))

    def _mine(self) -> Any:
        return update(lease).where(lease.c.id == 1, lease.c.epoch == self.epoch)


def lost() -> StoreError:
    """Return the error of an engine whose lease another has taken."""
    return StoreError(
        "another engine has taken over the database",
        hint="this one stops; the other one goes on with its calls",
        code="lease-lost",
    )


async def take(database: Database, *, is_gone: Callable[[str], bool] = _is_gone) -> Lease:
    """Become the writer of ``database``.

    Raises:
        StoreError: another engine is (``store-in-use``), or the database failed.
    """
    holder = holder_name()
    async with database.write("take the lease") as connection:
        row = (
            await connection.execute(
                select(lease, (_database_now() - lease.c.renewed_at).label("age")).with_for_update()
            )
        ).one_or_none()
        if row is None:
            # Two engines at this point at once: one of them fails on the primary key.
            fresh = insert(lease).values(id=1, epoch=1, holder=holder, renewed_at=_database_now())
            await connection.execute(fresh)
            return Lease(database, 1, holder)
        if row.holder and not is_gone(row.holder) and row.age < TTL_SECONDS * 1e6:
            raise StoreError(
                f"another engine writes to this database: {row.holder.rsplit(' ', 3)[0]},"
                f" process {row.holder.split(' ')[-2]}",
                hint="stop it, or give this one a home and a database of its own",
                code="store-in-use",
            )
        taken = update(lease).values(epoch=row.epoch + 1, holder=holder, renewed_at=_database_now())
        await connection.execute(taken)
        return Lease(database, row.epoch + 1, holder)
