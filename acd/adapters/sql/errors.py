"""What a driver's exception means to the engine."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

import asyncpg  # type: ignore[import-untyped]
from sqlalchemy.exc import DBAPIError, SQLAlchemyError

from acd.ports.store import StoreError

_HINTS = {
    "store-locked": "another process holds the database; end it if it does not let go",
    "store-full": "free some space on the disk of the database; writing goes on by itself",
    "store-unavailable": "start the database server or mend the way to it",
    "store-read-only": "give the user who runs acd the right to write to the database",
    "store-io": "look at the disk and at the system log",
    "store-denied": "mend the user, password or name of the database in the settings",
}

# https://www.sqlite.org/rescode.html, primary codes
_SQLITE = {
    sqlite3.SQLITE_BUSY: "store-locked",
    sqlite3.SQLITE_LOCKED: "store-locked",
    sqlite3.SQLITE_FULL: "store-full",
    sqlite3.SQLITE_READONLY: "store-read-only",
    sqlite3.SQLITE_CANTOPEN: "store-read-only",
    sqlite3.SQLITE_PERM: "store-read-only",
    sqlite3.SQLITE_IOERR: "store-io",
    sqlite3.SQLITE_CORRUPT: "store-io",
    sqlite3.SQLITE_NOTADB: "store-io",
}

# https://www.postgresql.org/docs/current/errcodes-appendix.html, longest prefix first
_POSTGRESQL = {
    "53100": "store-full",
    "55P03": "store-locked",  # lock_not_available
    "57014": "store-locked",  # query_canceled: statement_timeout
    "40": "store-locked",  # rolled back: serialization failure, deadlock
    "25006": "store-read-only",
    "42501": "store-denied",
    "28": "store-denied",
    "3D": "store-denied",
    "08": "store-unavailable",
    "53": "store-unavailable",
    "57": "store-unavailable",  # shutdown, crash, starting up
    "58": "store-io",
}


def _root(error: BaseException) -> BaseException:
    if isinstance(error, DBAPIError) and error.orig is not None:
        error = error.orig
    # SQLAlchemy wraps what asyncpg raised once more, as the cause of its own.
    if not isinstance(error, sqlite3.Error | asyncpg.PostgresError) and error.__cause__ is not None:
        return error.__cause__
    return error


def _code(error: BaseException) -> str:
    root = _root(error)
    if isinstance(root, sqlite3.Error):
        return _SQLITE.get(getattr(root, "sqlite_errorcode", 0) & 0xFF, "store-failed")
    if isinstance(root, asyncpg.PostgresError):
        state = root.sqlstate or ""
        return next(
            (c for prefix, c in _POSTGRESQL.items() if state.startswith(prefix)), "store-failed"
        )
    if isinstance(root, _LINK_FAILURES):
        return "store-unavailable"
    if isinstance(error, DBAPIError) and error.connection_invalidated:
        return "store-unavailable"
    return "store-failed"


# asyncpg calls it an internal error when the link breaks while it is sending.
_LINK_FAILURES = (
    OSError,
    TimeoutError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


def is_conflict(error: BaseException) -> bool:
    """Whether a row with the same unique key exists already."""
    root = _root(error)
    return isinstance(root, sqlite3.IntegrityError | asyncpg.UniqueViolationError)


def as_store_error(error: BaseException, doing: str) -> StoreError:
    """Return ``error``, raised while ``doing`` something, as what the ports promise."""
    code = _code(error)
    return StoreError(f"cannot {doing}: {_root(error)}", hint=_HINTS.get(code, ""), code=code)


FAILURES = (SQLAlchemyError, sqlite3.Error, asyncpg.PostgresError, *_LINK_FAILURES)
"""What drivers and SQLAlchemy raise when something is wrong outside the program."""


@contextmanager
def storing(doing: str) -> Iterator[None]:
    """Turn failures inside into :class:`StoreError`; ``doing`` completes "cannot …"."""
    try:
        yield
    except FAILURES as error:
        raise as_store_error(error, doing) from error
