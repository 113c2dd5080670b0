"""What goes over a chat's websocket: JSON objects told apart by ``type``. Pure."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import msgspec

from acd.core.errors import AcdError
from acd.core.flows import Choice
from acd.ports.intake import AttachmentInfo

LONGEST_TEXT = 4_000
"""Characters of one message."""

LARGEST_FRAME = 64 * 1024
"""Bytes of one frame; the web server closes a socket that sends a larger one (1009)."""

LARGEST_FILE = 10 * 1024 * 1024

MOST_FILES = 10
"""Files with one message."""

Key = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9-]{8,64}$")]
"""The client's own id of what it sends; the same id is the same thing."""

Line = Annotated[str, msgspec.Meta(max_length=200)]


class FrameError(AcdError):
    """A frame that cannot be used (``frame-invalid``)."""

    code = "frame-invalid"


class _In(msgspec.Struct, tag_field="type", forbid_unknown_fields=True):
    pass


class Hello(_In, tag="hello"):
    """The first frame of every socket.

    Attributes:
        address: the widget, as in ``numbers.toml``.
        token: resume token of an earlier welcome; empty for a new conversation.
        last: ``seq`` of the last message the client has; all later ones are sent.
        name, email: as the customer says.
    """

    address: Annotated[str, msgspec.Meta(pattern=r"^widget:[a-z0-9-]{1,40}$")]
    token: Line = ""
    last: Annotated[int, msgspec.Meta(ge=0)] = 0
    name: Line = ""
    email: Line = ""
    language: Annotated[str, msgspec.Meta(pattern=r"^([a-z]{2})?$")] = ""


class Say(_In, tag="message"):
    """A message; sent again until it is acknowledged."""

    id: Key
    text: str
    attachments: Annotated[tuple[Line, ...], msgspec.Meta(max_length=MOST_FILES)] = ()


class Upload(_In, tag="upload"):
    """A file follows in binary frames, ``size`` bytes in all."""

    id: Key
    name: Line
    size: Annotated[int, msgspec.Meta(ge=1)]
    media: Line = ""


class Typing(_In, tag="typing"):
    """The customer is typing."""


class Leave(_In, tag="leave"):
    """The customer ends the conversation."""

    id: Key


class Ping(_In, tag="ping"):
    """Is anybody there? A page cannot see the protocol's own pings."""


FromCustomer = Hello | Say | Upload | Typing | Leave | Ping


class _Out(msgspec.Struct, tag_field="type", omit_defaults=True):
    pass


class Welcome(_Out, tag="welcome"):
    """The conversation is open; ``token`` resumes it, also in another tab."""

    token: str
    longest_text: int = LONGEST_TEXT
    largest_file: int = LARGEST_FILE


class Ack(_Out, tag="ack"):
    """What the client called ``id`` is kept for good."""

    id: str


class Message(_Out, tag="message"):
    """A message of the conversation.

    Attributes:
        id: the client's own id where the customer wrote it.
        author: ``customer``, ``agent`` or ``system``.
        name: the agent's.
        choices: answers that a press of a button gives; who takes one sends its key.
    """

    seq: int
    id: str
    author: str
    at: datetime
    text: str
    name: str = ""
    attachments: tuple[AttachmentInfo, ...] = ()
    choices: tuple[Choice, ...] = ()


class TypingShown(_Out, tag="typing"):
    """Somebody on our side is typing."""


class Standing(_Out, tag="state"):
    """How the conversation stands.

    Attributes:
        state: ``idle`` (nothing was written yet), ``asked`` (by a flow), ``waiting``,
            ``active`` or ``closed``.
        name: the agent's.
    """

    state: str
    name: str = ""


class Uploaded(_Out, tag="uploaded"):
    """A file is kept."""

    id: str
    attachment: AttachmentInfo


class Refused(_Out, tag="error"):
    """Something was not taken; ``id`` names it where it had one.

    Attributes:
        retry: the same may be taken later.
    """

    code: str
    id: str = ""
    retry: bool = False


class Pong(_Out, tag="pong"):
    """Somebody is."""


ToCustomer = Welcome | Ack | Message | TypingShown | Standing | Uploaded | Refused | Pong

_decoder: msgspec.json.Decoder[FromCustomer] = msgspec.json.Decoder(FromCustomer)
_encoder = msgspec.json.Encoder()


def decode(frame: str | bytes) -> FromCustomer:
    """Return what a frame says.

    Raises:
        FrameError: it says nothing that we know.
    """
    try:
        return _decoder.decode(frame)
    except (msgspec.DecodeError, UnicodeError, RecursionError) as error:
        raise FrameError(f"the frame cannot be used: {error}") from None


def encode(frame: ToCustomer) -> str:
    """Return a frame as it is sent."""
    return _encoder.encode(frame).decode()
