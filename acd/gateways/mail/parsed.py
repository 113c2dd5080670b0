"""What a mail says, as far as we could make it out. Structs, for they cross to another process."""

from __future__ import annotations

from enum import StrEnum

import msgspec


class Unreadable(StrEnum):
    """Why a mail could not be made out; its raw original is kept all the same."""

    TOO_COMPLEX = "too-complex"
    """More parts, or parts in parts, than anybody sends who wants to be read."""
    TOO_SLOW = "too-slow"
    """The parser took more than its seconds."""
    PARSER_FAILED = "parser-failed"
    """The parser died: of memory, or of a bug."""
    TOO_LARGE = "too-large"
    """It was not even fetched; the mailbox still has it."""


class Part(msgspec.Struct, frozen=True):
    """A file that came with a mail.

    Attributes:
        name: as the sender called it, without path and control characters.
        type: media type as claimed.
        content: decoded.
    """

    name: str
    type: str
    content: bytes


class Parsed(msgspec.Struct, frozen=True, kw_only=True):
    """A mail.

    Attributes:
        sender: address in lower case; empty if there is none, or none that could be answered.
        sender_name: as they call themselves.
        reply_to: where they want answers; empty for the sender's address.
        recipients: addresses of To and Cc, the first hundred.
        subject: one line.
        date: as the header says it.
        message_id: with its angle brackets; empty if missing or malformed.
        references: ids of the thread, oldest first, those of In-Reply-To last.
        text: what they wrote: plain, without what they quote.
        html: cleaned; empty if there was none.
        language: of Content-Language, such as ``es``.
        signs: header names and values by which machines are known, in lower case.
        attachments: files.
        unreadable: why there is no more; None for a mail that was read.
    """

    sender: str = ""
    sender_name: str = ""
    reply_to: str = ""
    recipients: tuple[str, ...] = ()
    subject: str = ""
    date: str = ""
    message_id: str = ""
    references: tuple[str, ...] = ()
    text: str = ""
    html: str = ""
    language: str = ""
    signs: dict[str, str] = {}
    attachments: tuple[Part, ...] = ()
    unreadable: Unreadable | None = None
