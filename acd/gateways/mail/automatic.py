"""Mails that no person wrote: they are shown, and never answered by a machine (RFC 3834)."""

from __future__ import annotations

import re
from collections.abc import Collection
from enum import StrEnum

from acd.gateways.mail.parsed import Parsed
from acd.gateways.mail.threads import OwnIds


class Automatic(StrEnum):
    """What kind of machine wrote a mail."""

    PERSON = ""
    OWN = "own"
    """It comes from one of our addresses, or is one of our mails that came back."""
    BOUNCE = "bounce"
    """A report on a mail of ours, or anything else with an empty return path."""
    REPLY = "reply"
    """An automatic answer, such as an absence notice."""
    BULK = "bulk"
    """A mailing list or newsletter."""


_NOBODY = re.compile(r"(mailer-daemon|postmaster|no-?reply|do-?not-?reply|bounces?)([+=-].*)?@.*")
_BULK = frozenset({"bulk", "list", "junk"})


def automatic(
    mail: Parsed, own: OwnIds, own_addresses: Collection[str], return_path: str | None = None
) -> Automatic:
    """Return what wrote a mail.

    Args:
        mail: the mail.
        own: knows our Message-IDs.
        own_addresses: of our mailboxes, in lower case.
        return_path: the envelope's sender where we were told it; empty for ``<>``.
    """
    signs = mail.signs
    if mail.sender in own_addresses or own.thread_of(mail.message_id) is not None:
        return Automatic.OWN
    if (
        return_path == ""
        or signs.get("return-path", "").replace(" ", "") == "<>"
        or signs.get("content-type") == "multipart/report"
        or "x-failed-recipients" in signs
    ):
        return Automatic.BOUNCE
    submitted = signs.get("auto-submitted", "no").split(";")[0].strip()
    precedence = signs.get("precedence", "")
    if (
        submitted != "no"
        or precedence == "auto_reply"
        or "x-autoreply" in signs
        or "x-autorespond" in signs
        or _suppresses(signs.get("x-auto-response-suppress", ""))
    ):
        return Automatic.REPLY
    if precedence in _BULK or "list-id" in signs or "list-unsubscribe" in signs:
        return Automatic.BULK
    return Automatic.BOUNCE if _NOBODY.fullmatch(mail.sender) else Automatic.PERSON


def _suppresses(value: str) -> bool:
    """Whether automatic answers are not wanted ([MS-OXCMAIL] 2.2.3.2.14)."""
    return any(word.strip() in ("all", "autoreply") for word in value.split(","))
