"""Bearer tokens in a table: their hashes only."""

from __future__ import annotations

import hashlib
import secrets
from typing import Any, cast

from sqlalchemy import CursorResult, insert, select, update
from sqlalchemy.exc import IntegrityError

from acd.adapters.sql.engine import Database
from acd.adapters.sql.errors import is_conflict
from acd.adapters.sql.schema import tokens
from acd.core.timers import Instant
from acd.ports.store import Role, StoreError, TokenRow

PREFIX = "acd_"
"""How every token begins, so that one in a wrong place is recognised as what it is."""

TOKEN_BYTES = 32


def _digest(text: str) -> str:
    # A plain hash is enough: the text is random, there is nothing to guess.
    return hashlib.sha256(text.encode()).hexdigest()


class SqlTokens:
    """:class:`acd.ports.store.TokenStore` on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def create_token(self, name: str, role: Role, *, now: Instant) -> str:
        """Make a token and return its text, which is kept nowhere.

        Raises:
            StoreError: a valid token of this name exists (``token-exists``), or the database
                failed.
        """
        text = PREFIX + secrets.token_urlsafe(TOKEN_BYTES)
        fresh = insert(tokens).values(
            digest=_digest(text), name=name, role=str(role), created_at=now
        )
        async with self._database.write("save the token") as connection:
            try:
                await connection.execute(fresh)
            except IntegrityError as error:
                if not is_conflict(error):
                    raise
                raise StoreError(
                    f"there is a token {name} already",
                    hint="revoke it first, or choose another name",
                    code="token-exists",
                ) from error
        return text

    async def tokens(self) -> list[TokenRow]:
        """Return every token, by name and age, revoked ones included.

        Raises:
            StoreError: the database failed.
        """
        async with self._database.single("read the tokens") as connection:
            rows = await connection.execute(
                select(tokens).order_by(tokens.c.name, tokens.c.created_at)
            )
            return [_row(row) for row in rows]

    async def revoke_token(self, name: str, *, now: Instant) -> bool:
        """Revoke a token; return whether there was a valid one.

        Raises:
            StoreError: the database failed.
        """
        change = (
            update(tokens)
            .where(tokens.c.name == name, tokens.c.revoked_at.is_(None))
            .values(revoked_at=now)
        )
        async with self._database.write("revoke the token") as connection:
            changed = cast("CursorResult[Any]", await connection.execute(change))
            return changed.rowcount > 0

    async def verify_token(self, text: str) -> TokenRow | None:
        """Return the valid token with this text, or None.

        Raises:
            StoreError: the database failed.
        """
        if not text.startswith(PREFIX) or not text.isascii():
            return None
        wanted = select(tokens).where(
            tokens.c.digest == _digest(text), tokens.c.revoked_at.is_(None)
        )
        async with self._database.single("check a token") as connection:
            row = (await connection.execute(wanted)).one_or_none()
        return None if row is None else _row(row)


def _row(row: Any) -> TokenRow:
    revoked_at = None if row.revoked_at is None else Instant(row.revoked_at)
    return TokenRow(row.name, Role(row.role), Instant(row.created_at), revoked_at)
