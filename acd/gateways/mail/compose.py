"""Our mails as octets. Pure: the same message is the same mail, however often it is sent."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.header import Header
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, formataddr

from acd.core.timers import MICROSECONDS, Instant
from acd.gateways.mail.headers import is_address, message_ids, one_line
from acd.ports.intake import Attachment, IntakeRow

QUOTED_LINES = 200
_REPLIES = re.compile(r"(re|aw|sv|rv|vs|antw)\s*(\[\d+\])?\s*:", re.IGNORECASE)
_TYPE = re.compile(r"[a-z0-9.+-]{1,64}/[a-z0-9.+-]{1,64}")


@dataclass(frozen=True, slots=True)
class Letter:
    """What goes into a mail of ours.

    Attributes:
        message_id: ours, with its brackets.
        at: when it was written.
        sender, title: our address and the name it is shown with.
        recipient: one address.
        text: all of it, quotation included.
        answered: the customer's last mail of the thread, if any.
        subject: of a mail that answers none.
        is_automatic: nobody wrote it, and nobody's machine shall answer (RFC 3834).
    """

    message_id: str
    at: Instant
    sender: str
    title: str
    recipient: str
    text: str
    answered: IntakeRow | None
    is_automatic: bool
    subject: str = ""
    attachments: Sequence[Attachment] = ()


def compose(letter: Letter) -> bytes:
    """Return a mail as it is handed to a mail server.

    Headers are written here and not by the library, which encodes what does not fit a line,
    message ids too. No value can end its header: all are one line of visible characters.

    Raises:
        ValueError: the recipient is not one address.
    """
    if not is_address(letter.recipient):
        raise ValueError("the recipient is not an address")
    title = one_line(letter.title, 100)
    lines = [
        f"From: {formataddr((title, letter.sender), 'utf-8')}",
        f"To: {letter.recipient}",
        f"Subject: {_encoded(subject_of(letter.answered, letter.subject or title))}",
        f"Date: {format_datetime(_date(letter.at))}",
        f"Message-ID: {letter.message_id}",
    ]
    references = _references(letter.answered)
    if references:
        lines.append(f"In-Reply-To: {references[-1]}")
        lines.append("References: " + "\r\n ".join(references))
    if letter.is_automatic:
        how = "auto-generated" if letter.answered is None else "auto-replied"
        lines += [f"Auto-Submitted: {how}", "X-Auto-Response-Suppress: All"]
    head = "".join(f"{line}\r\n" for line in lines)
    return head.encode() + _body(letter).as_bytes()


def subject_of(answered: IntakeRow | None, own: str) -> str:
    """Return the subject of an answer, or our ``own`` where there is none to take it from."""
    if answered is None:
        return one_line(own, 200)
    subject = one_line(answered.subject, 200)
    return subject if _REPLIES.match(subject) else f"Re: {subject or one_line(own, 200)}"


def quote_of(text: str) -> str:
    """Return a text as it is quoted; the end of a long one is left out."""
    lines = text.split("\n")
    quoted = [f"> {line}".rstrip() for line in lines[:QUOTED_LINES]]
    return "\n".join([*quoted, "> […]"] if len(lines) > QUOTED_LINES else quoted)


def shown_date(at: Instant) -> str:
    """Return an instant as people read it in a quotation."""
    return f"{_date(at):%Y-%m-%d %H:%M} UTC"


def _date(at: Instant) -> datetime:
    return datetime.fromtimestamp(at // MICROSECONDS, UTC)


def _encoded(subject: str) -> str:
    if subject.isascii():
        return subject
    return Header(subject, "utf-8", maxlinelen=70).encode(linesep="\r\n")


def _references(answered: IntakeRow | None) -> tuple[str, ...]:
    """Return the ids of the thread up to the mail that is answered (RFC 5322, 3.6.4)."""
    if answered is None:
        return ()
    told = answered.attributes
    return message_ids(f"{told.get('mail_references', '')} {told.get('mail_id', '')}")


def _body(letter: Letter) -> EmailMessage:
    body = EmailMessage(policy=SMTP)
    body.set_content(letter.text, cte="quoted-printable")
    for file in letter.attachments:
        kind = file.type if _TYPE.fullmatch(file.type) else "application/octet-stream"
        if kind.startswith(("multipart/", "message/", "text/")):
            kind = "application/octet-stream"  # as it is: not re-encoded, not shown in line
        main, sub = kind.split("/")
        name = one_line(file.name, 150) or "file"
        body.add_attachment(file.content, maintype=main, subtype=sub, filename=name)
    return body
