"""The web chat's gateway.

    customer                               we
    hello(address, token?, last) ------->
            <------- welcome(token), all messages after ``last`` in order, state
    message(id, text) ------------------>  kept in the intake
            <------- ack(id)               and, once the engine has it, to every tab:
            <------- message(seq, id, …)

What is not acknowledged the client sends again, also after a reload; its id makes it one message.
A client that comes back says which message it has last and gets the others, each once. The resume
token is a secret of the browser; we keep its digest.
"""

from __future__ import annotations

import asyncio
import hashlib
import secrets
from collections.abc import Callable, Sequence

import structlog

from acd.app.messages import MessageDocument, Told, message_document
from acd.app.typing import TypingMark, TypingMarks
from acd.core import events as e
from acd.core.channel import Channel
from acd.core.contact import ContactState
from acd.core.effects import Deliver
from acd.core.ids import AgentName, ContactId
from acd.core.message import Author
from acd.core.record import Record
from acd.core.state import State
from acd.gateways.chat import frames as f
from acd.gateways.chat.line import GOING_AWAY, POLICY, TRY_AGAIN_LATER, Line
from acd.gateways.chat.talk import Means, Room, Talk
from acd.ports.clock import Clock
from acd.ports.gateway import Socket
from acd.ports.intake import IntakeStore
from acd.ports.messages import ChatSession, ChatStore, MessageStore
from acd.ports.store import StoreError

log = structlog.get_logger()

HELLO_SECONDS = 10.0
GONE_SECONDS = 120.0
"""A customer without any tab on the line for so long has left."""

SWEEP_SECONDS = 5.0
MOST_TABS = 8
"""Tabs of one conversation."""

PAGE = 200
_TOKEN_BYTES = 32
_SHOWN = {
    ContactState.IN_FLOW: "asked",
    ContactState.ACTIVE: "active",
    ContactState.WRAPUP: "closed",
}
_CHANGES = (
    e.ContactOpened,
    e.ContactQueued,
    e.QueueLeft,
    e.OfferAccepted,
    e.ContactEnded,
    e.ContactClosed,
)


class ChatGateway:
    """:class:`acd.ports.gateway.Gateway` and :class:`acd.ports.gateway.ChatDoor`."""

    name = "chat"
    channel = Channel.CHAT

    def __init__(
        self,
        intake: IntakeStore,
        sessions: ChatStore,
        messages: MessageStore,
        state: Callable[[], State],
        typing: TypingMarks,
        clock: Clock,
        *,
        gone_seconds: float = GONE_SECONDS,
    ) -> None:
        self._means = Means(intake, sessions, state, typing, clock)
        self._messages = messages
        self._gone_seconds = gone_seconds
        self._rooms: dict[str, Room] = {}
        self._by_digest: dict[str, Room] = {}
        self._gone: dict[str, float] = {}
        self._threads: dict[ContactId, str] = {}
        typing.subscribe(self._show_typing)

    # --- what the rest of the house tells -------------------------------------------------------

    def show(self, told: Sequence[Told]) -> None:
        """Take saved messages; to be subscribed to the message projector."""
        for thread, message in told:
            room = self._rooms.get(thread)
            if room is not None:
                for line in room.lines:
                    line.show(self._frame(message))

    def observe(self, records: Sequence[Record]) -> None:
        """Take durable records; to be given to the loop as an observer."""
        for record in records:
            body = record.body
            if isinstance(body, e.ContactOpened) and body.thread in self._rooms:
                self._threads[body.contact] = body.thread
            if isinstance(body, _CHANGES) and body.contact in self._threads:
                thread = self._threads[body.contact]
                if isinstance(body, e.ContactClosed):
                    del self._threads[body.contact]
                if self._means.state().threads.get(thread, body.contact) != body.contact:
                    continue  # another follows it already: how this one ends is not seen
                room = self._rooms.get(thread)
                standing = self._standing(body.contact)
                for line in room.lines if room is not None else ():
                    line.stand(standing)

    def _show_typing(self, mark: TypingMark) -> None:
        room = self._rooms.get(self._threads.get(mark.contact, ""))
        if room is not None and mark.who is not Author.CUSTOMER:
            for line in room.lines:
                line.send(f.TypingShown())

    async def deliver(self, effect: Deliver) -> None:
        """Do nothing: a chat's messages are shown to whoever is on the line."""

    async def run(self) -> None:
        """Take who is gone too long for one who has left, until cancelled."""
        while True:
            try:
                await self.sweep(asyncio.get_running_loop().time())
            except StoreError as error:
                log.warning("left chats not noted", code=error.code, reason=error.message)
            await asyncio.sleep(SWEEP_SECONDS)

    async def close(self) -> None:
        """Send everybody away: the engine ends; they come back to the next one."""
        lines = [line for room in self._rooms.values() for line in room.lines]
        await asyncio.gather(*(line.close(GOING_AWAY, "going away") for line in lines))

    async def sweep(self, now: float) -> None:
        """Note which customers have left; ``now`` is the event loop's time in seconds."""
        open_threads = {
            thread: contact
            for thread, contact in self._means.state().threads.items()
            if thread.startswith("chat:")
        }
        self._gone = {thread: at for thread, at in self._gone.items() if thread in open_threads}
        for thread, contact in open_threads.items():
            if thread in self._rooms:
                self._gone.pop(thread, None)
            elif now - self._gone.setdefault(thread, now) > self._gone_seconds:
                await self._means.put_left(thread, f"gone-{contact}")

    # --- one socket -----------------------------------------------------------------------------

    async def serve(self, socket: Socket) -> None:
        """Talk to a customer's browser until it is gone."""
        try:
            async with asyncio.timeout(HELLO_SECONDS):
                first = await socket.receive()
            hello = f.decode(first) if first is not None else None
        except (TimeoutError, f.FrameError):
            hello = None
        if not isinstance(hello, f.Hello):
            await socket.close(POLICY, "say hello first")
            return
        try:
            found = await self._enter(hello)
        except StoreError:
            await socket.close(TRY_AGAIN_LATER, "not now")
            return
        if found is None:
            await socket.send(f.encode(f.Refused("session-unknown")))
            await socket.close(POLICY, "session unknown")
            return
        room, token = found
        if len(room.lines) >= MOST_TABS:
            await socket.close(POLICY, "too many tabs")
            return
        await self._stay(socket, room, hello, token)

    async def _enter(self, hello: f.Hello) -> tuple[Room, str] | None:
        """Return the room of a conversation, and its token; None for a token nobody has."""
        token = hello.token or secrets.token_urlsafe(_TOKEN_BYTES)
        digest = hashlib.sha256(token.encode("utf-8", "replace")).hexdigest()
        if digest in self._by_digest:
            return self._by_digest[digest], token
        session = await self._means.sessions.session(digest) if hello.token else None
        if session is None and hello.token:
            return None
        room = Room(
            session
            or ChatSession(
                secrets.token_hex(8),
                digest,
                hello.address,
                hello.email,
                hello.name,
                hello.language,
                self._means.clock.now(),
            ),
            is_kept=session is not None,
        )
        self._rooms.setdefault(room.thread, room)
        return self._by_digest.setdefault(digest, room), token

    async def _stay(self, socket: Socket, room: Room, hello: f.Hello, token: str) -> None:
        line = Line(socket, hello.last)
        room.lines.append(line)
        self._gone.pop(room.thread, None)
        writer = None
        try:
            await socket.send(f.encode(f.Welcome(token)))
            if room.is_kept:
                await self._catch_up(line, room.thread)
            line.caught_up()
            contact = self._means.state().threads.get(room.thread)
            if contact is not None:
                self._threads[contact] = room.thread
            line.stand(self._standing(contact))
            writer = asyncio.create_task(line.write(), name="chat writer")
            await Talk(self._means, socket, room, line).listen()
        except StoreError as error:
            log.warning("chat broken off", code=error.code, reason=error.message)
            await socket.close(TRY_AGAIN_LATER, "not now")
        finally:
            room.lines.remove(line)
            if not room.lines:
                del self._rooms[room.thread], self._by_digest[room.session.digest]
                self._gone[room.thread] = asyncio.get_running_loop().time()
            if writer is not None:
                writer.cancel()
                await asyncio.gather(writer, return_exceptions=True)

    async def _catch_up(self, line: Line, thread: str) -> None:
        while True:
            page = await self._messages.thread_messages(thread, after=line.last, limit=PAGE)
            await line.catch_up([self._frame(message_document(stored)) for stored in page])
            if len(page) < PAGE:
                return

    # --- frames ---------------------------------------------------------------------------------

    def _frame(self, message: MessageDocument) -> f.Message:
        is_customers = message.author == Author.CUSTOMER
        return f.Message(
            seq=message.seq,
            id=message.key if is_customers else message.id,
            author=message.author,
            at=message.at,
            text=message.text,
            name=self._title(message.agent),
            attachments=message.attachments,
            choices=message.choices,
        )

    def _standing(self, contact_id: ContactId | None) -> f.Standing:
        contact = self._means.state().contacts.get(contact_id) if contact_id else None
        if contact is None:
            return f.Standing("idle" if contact_id is None else "closed")
        shown = _SHOWN.get(contact.state, "waiting")
        return f.Standing(shown, self._title(contact.agent) if shown == "active" else "")

    def _title(self, name: str | None) -> str:
        agent = self._means.state().agents.get(AgentName(name or ""))
        return agent.profile.title if agent is not None else ""
