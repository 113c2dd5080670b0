"""Messages: the log folded into a table and told to whoever shows them, saved first.

Told are only messages that are in the table, in the order of their records. So whoever subscribes,
then reads the table and then takes what is told above the last one read, has each message once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from acd.app.documents import moment
from acd.app.follow import Follower
from acd.core import events as e
from acd.core.channel import Channel
from acd.core.flows import Choice
from acd.core.ids import ContactId, MessageId
from acd.core.message import Author
from acd.core.record import Record
from acd.ports.intake import AttachmentInfo
from acd.ports.messages import MessageRow, MessageState, MessageStore, Settlement, StoredMessage
from acd.ports.store import LogStore, SavedFolds, Snapshot

FOLD = "messages"

SNAPSHOT_RECORDS = 2_000
"""Records after which the position is saved: so many are folded again after a crash, at most."""


class MessageDocument(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A message as the API shows it.

    Attributes:
        seq: the order of messages; grows.
        key: its sender's own id of it.
        agent: who wrote it, if it was an agent.
        subject, html: of a mail; ``html`` is cleaned and meant for a sandboxed frame.
        failure: code of why it could not be delivered.
        choices: answers offered with it; who takes one writes its key.
    """

    id: MessageId
    contact: ContactId
    seq: int
    author: str
    at: datetime
    text: str
    state: MessageState
    agent: str = ""
    key: str = ""
    attachments: tuple[AttachmentInfo, ...] = ()
    subject: str = ""
    html: str = ""
    failure: str = ""
    choices: tuple[Choice, ...] = ()


def message_document(stored: StoredMessage) -> MessageDocument:
    """Return a stored message as the API shows it."""
    row = stored.row
    return MessageDocument(
        id=row.id,
        contact=row.contact,
        seq=row.seq,
        author=row.author,
        at=moment(row.at),
        text=row.text,
        state=row.state,
        agent=row.agent,
        key=row.key,
        attachments=stored.attachments,
        subject=stored.subject,
        html=stored.html,
        failure=row.failure,
        choices=row.choices,
    )


class Told(NamedTuple):
    """A message that was added, or of which something became."""

    thread: str
    message: MessageDocument


Listener = Callable[[Sequence[Told]], None]
"""Told of saved messages, in order; must return at once."""


class _Place(NamedTuple):
    """Where the messages of an open contact belong."""

    thread: str
    channel: Channel


_NOWHERE = _Place("", Channel.CHAT)  # of a contact without a thread: nobody follows it

_encoder = msgspec.json.Encoder()
_places = msgspec.json.Decoder(dict[ContactId, _Place])


class MessageProjector(Follower):
    """Keeps a :class:`MessageStore` up to date with the log, and tells of its messages."""

    def __init__(
        self, log_store: LogStore, folds: SavedFolds, store: MessageStore, *, told_after: int
    ) -> None:
        """Prepare.

        Args:
            log_store: what is followed.
            folds: where the position is kept.
            store: what is written.
            told_after: record up to which messages are old: nobody is told of them, unless the
                table did not have them yet when we started.
        """
        super().__init__(FOLD, log_store)
        self._folds = folds
        self._store = store
        self._told_after = told_after
        self._listeners: list[Listener] = []
        self._open: dict[ContactId, _Place] = {}
        self._added: list[tuple[MessageRow, Channel]] = []
        self._settled: list[Settlement] = []
        self._kept_at = 0

    def subscribe(self, listener: Listener) -> Callable[[], None]:
        """Tell ``listener`` of every message from now on; returns what ends that."""
        self._listeners.append(listener)
        return lambda: self._listeners.remove(listener)

    async def begin(self) -> int:
        """Go back to where the position was saved; see :class:`Follower`."""
        kept = await self._folds.load_fold(FOLD)
        self._open = _places.decode(kept.data) if kept is not None else {}
        self._added, self._settled = [], []
        self._kept_at = kept.seq if kept is not None else 0
        return self._kept_at

    def fold(self, record: Record) -> None:
        """Take one record in."""
        match record.body:
            case e.ContactOpened() as opened if opened.thread:
                self._open[opened.contact] = _Place(opened.thread, opened.channel)
            case e.ContactClosed() as closed:
                self._open.pop(closed.contact, None)
            case e.MessageAdded() as added:
                place = self._open.get(added.contact, _NOWHERE)
                self._added.append((_row(added, record, place.thread), place.channel))
            case e.MessageSettled() as settled:
                state = MessageState.FAILED if settled.failure else MessageState.DELIVERED
                self._settled.append(
                    Settlement(settled.message, record.seq, state, settled.failure)
                )

    async def save(self, position: int) -> None:
        """Write what is new, tell of it, and keep the position now and then."""
        added, settled = self._added, self._settled
        if added or settled:
            known = await self._known(added, settled)
            await self._store.save_messages([row for row, _ in added], settled)
            await self._tell(added, settled, known)
            self._added, self._settled = [], []
        if position - self._kept_at >= SNAPSHOT_RECORDS:
            await self.keep(position)

    async def keep(self, position: int | None = None) -> None:
        """Save the position; a restart goes on there."""
        position = self.position if position is None else position
        if position > self._kept_at:
            await self._folds.save_fold(FOLD, Snapshot(position, _encoder.encode(self._open)))
            self._kept_at = position

    async def _known(
        self, added: Sequence[tuple[MessageRow, Channel]], settled: Sequence[Settlement]
    ) -> dict[MessageId, int]:
        """Return which version of old messages the table has.

        Whoever was quick to ask after a crash has read it while it was behind the log.
        """
        old = [row.id for row, _ in added if row.version <= self._told_after]
        old += [one.message for one in settled if one.version <= self._told_after]
        if not old or not self._listeners:
            return {}
        return {stored.row.id: stored.row.version for stored in await self._store.messages(old)}

    async def _tell(
        self,
        added: Sequence[tuple[MessageRow, Channel]],
        settled: Sequence[Settlement],
        known: Mapping[MessageId, int],
    ) -> None:
        if not self._listeners:
            return

        def is_news(message: MessageId, version: int) -> bool:
            return version > self._told_after or version > known.get(message, 0)

        fresh = [(row, channel) for row, channel in added if is_news(row.id, row.version)]
        # What the row itself says is enough for most messages; the rest is read back.
        whole = [
            StoredMessage(row, "", "", ()) for row, channel in fresh if _is_plain(row, channel)
        ]
        others = [row.id for row, channel in fresh if not _is_plain(row, channel)]
        others += [one.message for one in settled if is_news(one.message, one.version)]
        if others:
            plain = {stored.row.id for stored in whole} - set(others)
            whole = [stored for stored in whole if stored.row.id in plain]
            whole += await self._store.messages(others)
            whole.sort(key=lambda stored: stored.row.seq)
        told = [Told(stored.row.thread, message_document(stored)) for stored in whole]
        if told:
            for listener in list(self._listeners):
                listener(told)


def _is_plain(row: MessageRow, channel: Channel) -> bool:
    return not row.attachments and not (channel is Channel.MAIL and row.intake)


def _row(added: e.MessageAdded, record: Record, thread: str) -> MessageRow:
    is_customers = added.author is Author.CUSTOMER
    return MessageRow(
        id=added.message,
        version=record.seq,
        contact=added.contact,
        thread=thread,
        seq=record.seq,
        intake=added.intake,
        author=str(added.author),
        agent=added.agent or "",
        at=record.at,
        key=added.key,
        text=added.text,
        attachments=added.attachments,
        state=MessageState.DELIVERED if is_customers else MessageState.SENT,
        choices=added.choices,
    )
