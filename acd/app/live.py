"""The live feed: what user interfaces show, told as it changes.

A subscriber gets one snapshot, then numbered changes. A *wallboard* shows everything; all of them
get the same frames, made once. A *desk* shows what is its agent's own.

Nothing is computed while nobody looks. Otherwise documents of what changed are made and encoded
once, together with all other changes of :data:`PERIOD_SECONDS`; desks are not kept waiting for
that. Whoever does not read fast enough is dropped, and begins again with a snapshot.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from enum import StrEnum
from typing import TypeVar

import msgspec
import structlog

from acd.app.board import Board
from acd.app.documents import moment
from acd.app.frames import LiveData, LiveFrame, Subscription, TypingDocument
from acd.app.messages import MessageDocument, Told
from acd.app.metrics import Metrics
from acd.app.typing import TypingMark
from acd.app.views import agent_document
from acd.core.channel import TRAITS
from acd.core.events import AgentDefined, CanaryStarted, SitePublished
from acd.core.ids import AgentName, ContactId
from acd.core.message import Author
from acd.core.record import Record
from acd.core.state import State
from acd.ports.clock import Clock
from acd.ports.store import ContactRow, StoreError

log = structlog.get_logger()

PERIOD_SECONDS = 0.25
"""Changes of so long go to wallboards together."""

ALIVE_SECONDS = 10.0
"""A frame is sent at least so often: long silence means to a page that the connection is lost."""

LoadMessages = Callable[[Sequence[ContactId]], Awaitable[list[MessageDocument]]]


class Topic(StrEnum):
    """What a subscriber shows."""

    DESK = "desk"
    WALLBOARD = "wallboard"


_encoder = msgspec.json.Encoder()

Name = TypeVar("Name", bound=str)


class LiveFeed:
    """Keeps subscribers up to date. Its methods in the middle are for whoever tells of changes."""

    def __init__(
        self, state: Callable[[], State], metrics: Metrics, clock: Clock, load: LoadMessages
    ) -> None:
        """Prepare.

        Args:
            state: returns the engine's state, to be read at once.
            metrics: what is counted.
            clock: the time.
            load: returns the messages of contacts.
        """
        self._state = state
        self._metrics = metrics
        self._clock = clock
        self._load = load
        self._board = Board(state, metrics, clock)
        self._boards: set[Subscription] = set()
        self._desks: dict[AgentName, set[Subscription]] = {}
        self._contacts: dict[ContactId, bytes] = {}
        self._touched_desks: dict[AgentName, set[ContactId]] = {}
        self._seq = 0
        self._flushed_at = 0.0
        self._flushing: asyncio.Handle | None = None
        self._flushing_desks: asyncio.Handle | None = None
        self._beating: asyncio.Handle | None = None
        self._loading: set[asyncio.Task[None]] = set()

    # --- looking --------------------------------------------------------------------------------

    def watch_board(self) -> Subscription:
        """Begin to show everything."""
        if not self._boards:
            self._board.touch_everything()
        self._flush()  # the snapshot is then what all others have, and its number is theirs
        agents, queues = self._board.documents()
        data = LiveData(agents=_raw(agents), queues=_raw(queues), contacts=_raw(self._contacts))
        subscription = Subscription(None)
        subscription.begin(self._seq, data)
        self._boards.add(subscription)
        self._beat_later()
        return subscription

    async def watch_desk(self, agent: AgentName) -> Subscription:
        """Begin to show what is an agent's own.

        Raises:
            StoreError: the messages cannot be read.
        """
        subscription = Subscription(agent, own=self._own(agent))
        # Added first: what is said while the older messages are read is told as well.
        self._desks.setdefault(agent, set()).add(subscription)
        self._beat_later()
        try:
            own = set(subscription.own)
            messages = await self._load(self._written(own))
        except BaseException:
            self.forget(subscription)
            raise
        data = LiveData(me=self._me(agent), contacts=self._documents(own), messages=messages)
        subscription.begin(0, data)
        return subscription

    def forget(self, subscription: Subscription) -> None:
        """End a subscription."""
        self._boards.discard(subscription)
        if subscription.agent is not None:
            desks = self._desks.get(subscription.agent, set())
            desks.discard(subscription)
            if not desks:
                self._desks.pop(subscription.agent, None)

    @property
    def count(self) -> int:
        """How many look."""
        return len(self._boards) + sum(len(desks) for desks in self._desks.values())

    async def close(self) -> None:
        """Stop telling."""
        for handle in (self._flushing, self._flushing_desks, self._beating):
            if handle is not None:
                handle.cancel()
        for task in self._loading:
            task.cancel()
        await asyncio.gather(*self._loading, return_exceptions=True)

    # --- hearing of changes ---------------------------------------------------------------------

    def observe(self, records: Sequence[Record]) -> None:
        """Take durable records: an observer of the loop."""
        if not self.count:
            return
        board = self._board
        for record in records:
            body = record.body
            if isinstance(body, SitePublished | CanaryStarted):
                board.touch_everything()
            elif isinstance(body, AgentDefined):
                board.touch_agent(body.agent)
            elif (agent := getattr(body, "agent", None)) is not None:
                board.touch_agent(agent)
                self._touch_desk(agent)
            if (queue := getattr(body, "queue", None)) is not None:
                board.touch_queue(queue)
        self._flush_later()

    def contacts_saved(self, rows: Sequence[ContactRow]) -> None:
        """Take contacts as they are now: a listener of the projector."""
        for row in rows:
            if row.closed_at is None:
                self._contacts[row.id] = row.document
            else:
                self._contacts.pop(row.id, None)
            if self._boards:
                self._board.touch_contact(row.id, row.queue)
            for agent in self._who_sees(row.id):
                self._touch_desk(agent, row.id)
        self._flush_later()

    def messages_told(self, told: Sequence[Told]) -> None:
        """Take messages: a listener of their projector."""
        by_agent: dict[AgentName, list[MessageDocument]] = {}
        for one in told:
            for agent in self._who_sees(one.message.contact):
                by_agent.setdefault(agent, []).append(one.message)
        for agent, messages in by_agent.items():
            self._change(agent, LiveData(messages=messages))

    def typing_marked(self, mark: TypingMark) -> None:
        """Take a mark that somebody is typing."""
        if mark.who is Author.CUSTOMER:
            document = TypingDocument(mark.who, moment(mark.until))
            for agent in self._who_sees(mark.contact):
                self._change(agent, LiveData(typing={mark.contact: document}))

    # --- telling wallboards ---------------------------------------------------------------------

    def _flush_later(self) -> None:
        if not self._boards or self._flushing is not None or not self._board.is_touched:
            return
        loop = asyncio.get_running_loop()
        at = max(loop.time(), self._flushed_at + PERIOD_SECONDS)
        self._flushing = loop.call_at(at, self._flush)

    def _flush(self) -> None:
        """Tell wallboards what has changed."""
        if self._flushing is not None:
            self._flushing.cancel()
            self._flushing = None
        self._flushed_at = asyncio.get_running_loop().time()
        agents, queues, contacts = self._board.changes()
        self._seq += 1
        if not self._boards:
            return
        data = LiveData(
            agents=_raw(agents),
            queues=_raw(queues),
            contacts={one: _maybe_raw(self._contacts.get(one)) for one in contacts},
        )
        frame = _encoder.encode(LiveFrame("delta", self._seq, data))
        for board in self._boards:
            board.put(frame)

    def _beat_later(self) -> None:
        if self._beating is None:
            loop = asyncio.get_running_loop()
            self._beating = loop.call_later(ALIVE_SECONDS, self._beat)

    def _beat(self) -> None:
        """Let nobody wait in silence, and tell how waits have grown."""
        self._beating = None
        if self._boards:
            self._board.touch_waiting()
            self._flush()
        for agent in self._desks:
            self._change(agent, LiveData())
        if self.count:
            self._beat_later()

    # --- telling desks --------------------------------------------------------------------------

    def _touch_desk(self, agent: AgentName, *contacts: ContactId) -> None:
        if agent not in self._desks:
            return
        self._touched_desks.setdefault(agent, set()).update(contacts)
        if self._flushing_desks is None:
            self._flushing_desks = asyncio.get_running_loop().call_soon(self._flush_desks)

    def _flush_desks(self) -> None:
        self._flushing_desks = None
        touched, self._touched_desks = self._touched_desks, {}
        for agent, contacts in touched.items():
            own, me = self._own(agent), self._me(agent)
            for desk in self._desks.get(agent, ()):
                gained, lost = own - desk.own, desk.own - own
                desk.own = own
                changed = self._documents((own & contacts) | gained)
                changed |= dict.fromkeys(lost)
                desk.change(LiveData(me=me, contacts=changed))
                if written := self._written(gained):
                    task = asyncio.create_task(self._tell_messages(desk, written))
                    self._loading.add(task)
                    task.add_done_callback(self._loading.discard)

    async def _tell_messages(self, desk: Subscription, contacts: Sequence[ContactId]) -> None:
        """Tell what was said before a contact came to this desk."""
        try:
            messages = await self._load(contacts)
        except StoreError as error:
            log.warning("messages not told", code=error.code, reason=error.message)
            desk.is_dropped = True  # it comes again, and asks for all
            return
        if messages:
            desk.change(LiveData(messages=messages))

    def _change(self, agent: AgentName, data: LiveData) -> None:
        for desk in self._desks.get(agent, ()):
            desk.change(data)

    def _own(self, agent: AgentName) -> set[ContactId]:
        known = self._state().agents.get(agent)
        return set() if known is None else {work.contact for work in known.works.values()}

    def _who_sees(self, contact_id: ContactId) -> set[AgentName]:
        """Return the agents at desks whose own a contact is."""
        contact = self._state().contacts.get(contact_id)
        if contact is None or not self._desks:
            return set()
        offer = self._state().offers.get(contact.offer) if contact.offer is not None else None
        agents = {contact.agent, offer.agent if offer is not None else None}
        return {
            agent
            for agent in agents
            if agent is not None and agent in self._desks and contact_id in self._own(agent)
        }

    def _written(self, contacts: Iterable[ContactId]) -> list[ContactId]:
        """Return those of some contacts that are conversations in writing."""
        known = self._state().contacts
        return [one for one in contacts if one in known and not TRAITS[known[one].channel].has_legs]

    def _documents(self, contacts: Iterable[ContactId]) -> dict[ContactId, msgspec.Raw | None]:
        return {one: msgspec.Raw(self._contacts[one]) for one in contacts if one in self._contacts}

    def _me(self, agent: AgentName) -> msgspec.Raw | None:
        document = agent_document(self._state(), self._metrics, agent, self._clock.now())
        return None if document is None else msgspec.Raw(_encoder.encode(document))


def _maybe_raw(document: bytes | None) -> msgspec.Raw | None:
    return None if document is None else msgspec.Raw(document)


def _raw(
    documents: Mapping[Name, bytes | None] | Mapping[Name, bytes],
) -> dict[Name, msgspec.Raw | None]:
    return {name: _maybe_raw(document) for name, document in documents.items()}
