"""Messages as folded from the log, and the web chat's conversations, in tables."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from sqlalchemy import ColumnElement, Connection, delete, select, update
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.adapters.sql.engine import Database
from acd.adapters.sql.intake import plain
from acd.adapters.sql.schema import attachments, chat_sessions, drafts, intake, messages
from acd.adapters.sql.transactions import Transactions
from acd.core.flows import Choice
from acd.core.ids import AgentName, ContactId, MessageId
from acd.core.timers import Instant
from acd.ports.intake import AttachmentInfo
from acd.ports.messages import ChatSession, MessageRow, MessageState, Settlement, StoredMessage

ADVISORY_LOCK = 20260013

_encoder = msgspec.json.Encoder()
_ids = msgspec.json.Decoder(tuple[str, ...])
_choices = msgspec.json.Decoder(tuple[Choice, ...])
_NAMES = tuple(column.name for column in messages.columns)


class SqlMessages:
    """:class:`acd.ports.messages.MessageStore` on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._transactions = Transactions(database, lock=ADVISORY_LOCK)

    async def close(self) -> None:
        """Close the connection that is held for writing."""
        await self._transactions.close()

    async def save_messages(
        self, added: Sequence[MessageRow], settled: Sequence[Settlement]
    ) -> None:
        """Keep new messages, then what became of messages; folding a record twice is harmless.

        Raises:
            StoreError: the database failed.
        """
        await self._transactions.run(
            lambda connection: _save(connection, added, settled), "save messages"
        )

    async def contact_messages(
        self, contact: ContactId, *, after: int = 0, limit: int = 500
    ) -> list[StoredMessage]:
        """Return a contact's messages whose ``seq`` is above ``after``, in order."""
        c = messages.c
        return await self._stored((c.contact == plain(contact)) & (c.seq > after), limit)

    async def thread_messages(
        self, thread: str, *, after: int = 0, limit: int = 500
    ) -> list[StoredMessage]:
        """Return a thread's messages whose ``seq`` is above ``after``, in order."""
        c = messages.c
        return await self._stored((c.thread == plain(thread)) & (c.seq > after), limit)

    async def messages(self, ids: Sequence[MessageId]) -> list[StoredMessage]:
        """Return these messages, in order of their ``seq``."""
        return await self._stored(messages.c.id.in_(ids), len(ids))

    async def draft(self, contact: ContactId, agent: AgentName) -> str:
        """Return what an agent has begun to write to a contact; empty if nothing."""
        mine = drafts.c.contact == plain(contact), drafts.c.agent == agent
        async with self._database.single("read a draft") as connection:
            return await connection.scalar(select(drafts.c.text).where(*mine)) or ""

    async def save_draft(self, contact: ContactId, agent: AgentName, text: str) -> None:
        """Keep what an agent has begun to write; an empty text forgets it.

        Raises:
            StoreError: the database failed.
        """
        dialect = sqlite if self._database.is_sqlite else postgresql
        mine = drafts.c.contact == plain(contact), drafts.c.agent == agent
        fresh = dialect.insert(drafts).values(contact=plain(contact), agent=agent, text=plain(text))
        kept = fresh.on_conflict_do_update(
            index_elements=["contact", "agent"], set_={"text": fresh.excluded.text}
        )
        async with self._database.single("keep a draft") as connection:
            await connection.execute(kept if text else delete(drafts).where(*mine))

    async def thread_with(self, attachment: str) -> str | None:
        """Return the thread whose message carries a file; None if none does."""
        wanted = select(attachments.c.thread).where(attachments.c.id == plain(attachment))
        async with self._database.single("look for a file") as connection:
            return await connection.scalar(wanted) or None

    async def _stored(self, which: ColumnElement[bool], limit: int) -> list[StoredMessage]:
        with_mail = messages.outerjoin(intake, messages.c.intake == intake.c.number)
        wanted = select(*messages.columns, intake.c.subject, intake.c.html).select_from(with_mail)
        wanted = wanted.where(which).order_by(messages.c.seq).limit(limit)
        async with self._database.single("read messages") as connection:
            found = [(_row(row), row) for row in await connection.execute(wanted)]
            infos = await _infos(connection, {a for row, _ in found for a in row.attachments})
        return [
            StoredMessage(
                row,
                extra.subject or "",
                extra.html or "",
                tuple(infos[a] for a in row.attachments if a in infos),
            )
            for row, extra in found
        ]


class SqlChat:
    """:class:`acd.ports.messages.ChatStore` on a database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def save_session(self, session: ChatSession) -> None:
        """Keep a conversation; one that is known gets the new sender, name and language.

        Raises:
            StoreError: the database failed.
        """
        dialect = sqlite if self._database.is_sqlite else postgresql
        told = {name: plain(getattr(session, name)) for name in ("sender", "name", "language")}
        fresh = dialect.insert(chat_sessions).values(
            id=session.id,
            digest=session.digest,
            address=plain(session.address),
            opened_at=session.opened_at,
            **told,
        )
        async with self._database.single("keep a chat") as connection:
            await connection.execute(fresh.on_conflict_do_update(index_elements=["id"], set_=told))

    async def session(self, digest: str) -> ChatSession | None:
        """Return the conversation with a resume token of this digest, or None."""
        wanted = select(chat_sessions).where(chat_sessions.c.digest == digest)
        async with self._database.single("read a chat") as connection:
            row = (await connection.execute(wanted)).one_or_none()
        if row is None:
            return None
        return ChatSession(**{**row._mapping, "opened_at": Instant(row.opened_at)})


def _save(
    connection: Connection, added: Sequence[MessageRow], settled: Sequence[Settlement]
) -> None:
    c = messages.c
    if added:
        dialect = sqlite if connection.dialect.name == "sqlite" else postgresql
        fresh = dialect.insert(messages).on_conflict_do_nothing(index_elements=["id"])
        connection.execute(fresh, [_values(row) for row in added])
    for row in added:
        if row.attachments:
            carried = attachments.c.id.in_(row.attachments)
            connection.execute(update(attachments).where(carried).values(thread=row.thread))
    for one in settled:
        change = update(messages).where(c.id == one.message, c.version < one.version)
        connection.execute(
            change.values(version=one.version, state=str(one.state), failure=one.failure)
        )


def _values(row: MessageRow) -> dict[str, Any]:
    values = {name: getattr(row, name) for name in _NAMES}
    values = {k: plain(v) if isinstance(v, str) else v for k, v in values.items()}
    return values | {
        "attachments": _encoder.encode(row.attachments).decode(),
        "choices": plain(_encoder.encode(row.choices).decode()),
    }


def _row(row: Any) -> MessageRow:
    values = {name: row._mapping[name] for name in _NAMES}
    return MessageRow(
        **values
        | {
            "at": Instant(row.at),
            "attachments": _ids.decode(row.attachments),
            "state": MessageState(row.state),
            "choices": _choices.decode(row.choices),
        }
    )


async def _infos(connection: AsyncConnection, ids: set[str]) -> dict[str, AttachmentInfo]:
    if not ids:
        return {}
    c = attachments.c
    rows = await connection.execute(select(c.id, c.name, c.type, c.size).where(c.id.in_(ids)))
    return {row.id: AttachmentInfo(*row) for row in rows}
