"""Raw octets to a mail. Pure, and not to be trusted with time: see :mod:`.parser`."""

from __future__ import annotations

import codecs
import email
import re
from collections.abc import Callable, Iterator
from email.message import Message

from acd.gateways.mail import headers
from acd.gateways.mail.parsed import Parsed, Part, Unreadable
from acd.gateways.mail.text import clean_html, cut, text_of_html, tidy, without_quotes
from acd.ports.intake import TEXT_BYTES

MOST_PARTS = 1000
MOST_ATTACHMENTS = 250
MOST_BOUNDARIES = 50_000
"""Lines that could part a mail; more than this, and the parser is not even asked."""

TEXT_OCTETS = 1024 * 1024
"""Of one part, as far as text is looked for in it."""

HEADER_OCTETS = 256 * 1024
"""How far into a mail its own header is looked for."""

SIGNS = (
    "auto-submitted",
    "list-id",
    "list-unsubscribe",
    "precedence",
    "return-path",
    "x-auto-response-suppress",
    "x-autoreply",
    "x-autorespond",
    "x-failed-recipients",
)
"""Headers by which machines are known."""

_TYPE = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,63}/[a-z0-9][a-z0-9!#$&^_.+-]{0,63}")
_END_OF_HEADER = re.compile(rb"\r?\n\r?\n")


class TooComplex(Exception):
    """More parts, or parts in parts, than a mail has."""


def decode(raw: bytes, without_quotes: Callable[[str], str] = without_quotes) -> Parsed:
    """Return what a mail says.

    Args:
        raw: the mail as it came.
        without_quotes: cuts what is quoted.

    Raises:
        TooComplex: nobody writes such a mail to be read.
        RecursionError: parts in parts without end.
        MemoryError: it does not fit the limits of this process.
    """
    if raw.count(b"\n--") > MOST_BOUNDARIES and b"multipart/" in raw[:HEADER_OCTETS].lower():
        raise TooComplex
    message = email.message_from_bytes(raw)
    plain, html, attachments = _content(message)
    clean = clean_html(html) if html else ""
    # Four times what is kept: what is quoted goes, and the search for it is slow in long texts.
    whole = cut(tidy(plain) or text_of_html(clean), 4 * TEXT_BYTES)
    text = cut(without_quotes(whole))
    return _read_header(message, text, clean, tuple(attachments))


def decode_header_only(raw: bytes, why: Unreadable) -> Parsed:
    """Return who wrote an unreadable mail, and on what, as far as its header tells."""
    head = raw[:HEADER_OCTETS]
    end = _END_OF_HEADER.search(head)
    message = email.message_from_bytes(head[: end.start()] if end else head)
    return _read_header(message, "", "", (), why)


def _read_header(
    message: Message,
    text: str,
    html: str,
    attachments: tuple[Part, ...],
    unreadable: Unreadable | None = None,
) -> Parsed:
    name, sender = next(headers.addresses(headers.raw_header(message, "From")), ("", ""))
    reply_to = next(headers.addresses(headers.raw_header(message, "Reply-To")), ("", ""))[1]
    recipients = (
        address
        for header in ("To", "Cc")
        for _, address in headers.addresses(headers.raw_header(message, header))
    )
    ids = headers.message_ids(headers.raw_header(message, "Message-ID"))
    signs = {name: headers.raw_header(message, name)[:200].strip().lower() for name in SIGNS}
    signs["content-type"] = message.get_content_type()
    return Parsed(
        sender=sender,
        sender_name=name or ("" if sender else _shown_sender(message)),
        reply_to="" if reply_to == sender else reply_to,
        recipients=tuple(dict.fromkeys(recipients))[: headers.MOST_RECIPIENTS],
        subject=headers.decoded(headers.raw_header(message, "Subject")),
        date=headers.one_line(headers.raw_header(message, "Date"), 100),
        message_id=ids[0] if ids else "",
        references=headers.message_ids(
            headers.raw_header(message, "References")
            + " "
            + headers.raw_header(message, "In-Reply-To")
        ),
        text=text,
        html=html,
        language=headers.language(headers.raw_header(message, "Content-Language")),
        signs={name: value for name, value in signs.items() if value},
        attachments=attachments,
        unreadable=unreadable,
    )


def _shown_sender(message: Message) -> str:
    return headers.decoded(headers.raw_header(message, "From"), 200)


def _content(message: Message) -> tuple[str, str, list[Part]]:
    """Return the plain text, the HTML and the files of a mail."""
    plain: list[str] = []
    html: list[str] = []
    files: list[Part] = []
    for number, part in enumerate(_leaves(message), start=1):
        if number > MOST_PARTS:
            raise TooComplex
        kind = part.get_content_type()
        name = _file_name(part)
        is_file = bool(name) or part.get_content_disposition() == "attachment"
        if kind in ("text/plain", "text/html") and not is_file:
            (plain if kind == "text/plain" else html).append(_text(part))
        elif len(files) < MOST_ATTACHMENTS:
            files.append(_file(part, name or f"part-{number}{_suffix(kind)}", kind))
    return "\n\n".join(plain), "\n".join(html), files


def _leaves(message: Message) -> Iterator[Message]:
    """Iterate over the parts that hold something; a mail in a mail is one of them."""
    waiting = [message]
    while waiting:
        part = waiting.pop()
        inner = part.get_payload() if part.is_multipart() else None
        if part.get_content_maintype() == "multipart" and isinstance(inner, list):
            waiting.extend(reversed([one for one in inner if isinstance(one, Message)]))
        else:
            yield part


_OF_PYTHON = frozenset({"idna", "punycode", "unicode-escape", "raw-unicode-escape"})
"""Codecs that are no charset of mails."""


def _text(part: Message) -> str:
    octets = _octets(part)[:TEXT_OCTETS]
    charset = headers.one_line(str(part.get_content_charset() or "utf-8"), 40)
    for name in (charset, "utf-8"):
        try:
            # Incrementally: what was cut off in the middle of a character is no mistake.
            if codecs.lookup(name).name in _OF_PYTHON:
                continue
            text = codecs.getincrementaldecoder(name)().decode(octets)
            return text.encode(errors="replace").decode()  # UTF-7 makes half characters
        except (LookupError, TypeError, ValueError):
            continue
    return octets.decode("cp1252", "replace")


def _octets(part: Message) -> bytes:
    content = part.get_payload(decode=True)
    return content if isinstance(content, bytes) else b""


def _file(part: Message, name: str, kind: str) -> Part:
    inner = part.get_payload()
    if isinstance(inner, list):  # message/rfc822 and message/delivery-status hold messages
        content = b"\n".join(one.as_bytes() for one in inner if isinstance(one, Message))
    else:
        content = _octets(part)
    return Part(name, kind if _TYPE.fullmatch(kind) else "application/octet-stream", content)


def _file_name(part: Message) -> str:
    try:
        name = part.get_filename() or ""
    except (
        AttributeError,
        LookupError,
        TypeError,
        ValueError,
    ):  # RFC 2231 allows for many mistakes
        name = ""
    name = headers.decoded(name.encode("utf-8", "replace").decode(), 300)
    return name.replace("\\", "/").rsplit("/", 1)[-1].strip(". ")[-150:]


def _suffix(kind: str) -> str:
    return ".eml" if kind == "message/rfc822" else ".bin"
