"""What a customer's browser says on one socket."""

from __future__ import annotations

import asyncio
import contextlib
import secrets
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import structlog

from acd.app.faults import fault
from acd.app.file_names import file_name
from acd.app.typing import TypingMarks
from acd.core.channel import Channel
from acd.core.message import Author
from acd.core.state import State
from acd.gateways.chat import frames as f
from acd.gateways.chat.line import POLICY, Allowance, Line
from acd.ports.clock import Clock
from acd.ports.gateway import Socket
from acd.ports.intake import Attachment, IntakeKind, IntakeRow, IntakeStore
from acd.ports.messages import ChatSession, ChatStore
from acd.ports.store import StoreError

log = structlog.get_logger()

BURST, PER_SECOND = 20.0, 2.0
"""Messages of one conversation: at once, and on the long run."""

FILE_BURST, FILE_BYTES_PER_SECOND = 4.0 * f.LARGEST_FILE, 256.0 * 1024
"""Bytes of files of one conversation."""

FRAME_BURST, FRAMES_PER_SECOND = 1_000.0, 100.0
"""Frames of one socket; who sends more is sent away."""

TYPING_COST = 0.1
"""A typing mark's share of a message's allowance."""


@dataclass(frozen=True, slots=True)
class Means:
    """What the chat works with."""

    intake: IntakeStore
    sessions: ChatStore
    state: Callable[[], State]
    typing: TypingMarks
    clock: Clock

    async def put_left(self, thread: str, key: str) -> None:
        """Note that a customer has left.

        Raises:
            StoreError: it may not be noted.
        """
        row = IntakeRow(
            source=thread,
            key=key,
            kind=IntakeKind.LEFT,
            received_at=self.clock.now(),
            channel=Channel.CHAT,
            address="",
            sender="",
            thread=thread,
        )
        await self.intake.put([row])


@dataclass(slots=True)
class Room:
    """A conversation with at least one tab on the line.

    Attributes:
        is_kept: it is in the store: something was written in it.
        lines: its tabs.
    """

    session: ChatSession
    is_kept: bool
    lines: list[Line] = field(default_factory=list)
    messages: Allowance = field(default_factory=lambda: Allowance(BURST, PER_SECOND))
    files: Allowance = field(default_factory=lambda: Allowance(FILE_BURST, FILE_BYTES_PER_SECOND))

    @property
    def thread(self) -> str:
        """What its contacts and messages belong to."""
        return f"chat:{self.session.id}"


@dataclass(slots=True)
class _Upload:
    frame: f.Upload
    content: bytearray = field(default_factory=bytearray)


class Talk:
    """Works off what comes over one socket."""

    def __init__(self, means: Means, socket: Socket, room: Room, line: Line) -> None:
        self._means = means
        self._socket = socket
        self._room = room
        self._line = line
        self._upload: _Upload | None = None
        self._now = asyncio.get_running_loop().time

    async def listen(self) -> None:
        """Take frame after frame until the browser is gone or is sent away."""
        pace = Allowance(FRAME_BURST, FRAMES_PER_SECOND)
        while (raw := await self._socket.receive()) is not None:
            if not pace.take(self._now()):
                await self._socket.close(POLICY, "too fast")
                return
            if isinstance(raw, bytes):
                await self._take_part(raw)
                continue
            try:
                frame = f.decode(raw)
            except f.FrameError as error:
                self._line.send(f.Refused(error.code))
            else:
                await self._take(frame)

    async def _take(self, frame: f.FromCustomer) -> None:
        match frame:
            case f.Say():
                await self._say(frame)
            case f.Upload():
                self._begin_upload(frame)
            case f.Typing():
                contact = self._means.state().threads.get(self._room.thread)
                if contact is not None and self._room.messages.take(self._now(), TYPING_COST):
                    self._means.typing.mark(contact, Author.CUSTOMER)
            case f.Leave():
                with self._keeping(frame.id):
                    await self._means.put_left(self._room.thread, frame.id)
            case f.Ping():
                self._line.send(f.Pong())
            case f.Hello():
                self._refuse("frame-invalid")

    async def _say(self, say: f.Say) -> None:
        """Keep a message and acknowledge it."""
        text = say.text.strip()
        if len(text) > f.LONGEST_TEXT or not (text or say.attachments):
            self._refuse("text-invalid", say.id)
            return
        if not self._room.messages.take(self._now()):
            self._refuse("too-fast", say.id, retry=True)
            return
        room, session = self._room, self._room.session
        with self._keeping(say.id):
            infos = {}
            if say.attachments:
                infos = await self._means.intake.attachment_infos(say.attachments, room.thread)
            if set(infos) != set(say.attachments):
                raise f.FrameError("a file is not there", code="attachment-unknown")
            if not room.is_kept:
                await self._means.sessions.save_session(session)
                room.is_kept = True
            row = IntakeRow(
                source=room.thread,
                key=say.id,
                received_at=self._means.clock.now(),
                channel=Channel.CHAT,
                address=session.address,
                sender=session.sender or room.thread,
                sender_name=session.name,
                thread=room.thread,
                text=text,
                language=session.language,
                attachments=tuple(infos[one] for one in say.attachments),
            )
            fault("before-put", "chat")
            await self._means.intake.put([row])
            fault("after-put", "chat")

    # --- files ----------------------------------------------------------------------------------

    def _begin_upload(self, upload: f.Upload) -> None:
        self._upload = None
        if upload.size > f.LARGEST_FILE:
            self._refuse("file-too-large", upload.id)
        elif not self._room.files.take(self._now(), upload.size):
            self._refuse("too-fast", upload.id, retry=True)
        else:
            self._upload = _Upload(upload)

    async def _take_part(self, part: bytes) -> None:
        """Take a part of the file that was announced; without one it is for nothing."""
        upload = self._upload
        if upload is None:
            return  # what was refused may be on its way still
        upload.content += part
        frame = upload.frame
        if len(upload.content) < frame.size:
            return
        self._upload = None
        if len(upload.content) > frame.size:
            self._refuse("file-invalid", frame.id)
            return
        attachment = Attachment(
            f"a-{secrets.token_hex(16)}",
            file_name(frame.name),
            frame.media,
            frame.size,
            bytes(upload.content),
        )
        try:
            await self._means.intake.add_attachment(attachment, self._room.thread)
        except StoreError as error:
            log.warning("file not kept", code=error.code, reason=error.message)
            self._refuse("not-kept", frame.id, retry=True)
        else:
            self._line.send(f.Uploaded(frame.id, attachment.info))

    # --- answers --------------------------------------------------------------------------------

    @contextlib.contextmanager
    def _keeping(self, key: str) -> Iterator[None]:
        """Acknowledge what is kept inside; ask to send it again if it could not be."""
        try:
            yield
        except f.FrameError as error:
            self._refuse(error.code, key)
        except StoreError as error:
            log.warning("chat not kept", code=error.code, reason=error.message)
            self._refuse("not-kept", key, retry=True)
        else:
            self._line.send(f.Ack(key))

    def _refuse(self, code: str, key: str = "", *, retry: bool = False) -> None:
        self._line.send(f.Refused(code, key, retry))
