"""Which mails belong together, and the ids of our own mails.

Our Message-ID names the message and its thread under a keyed hash. So an answer finds its thread
by any of our ids in its References or In-Reply-To, nobody else can make such an id, a repeated
attempt to send carries the same one, and a mail of ours that comes back is known for what it is.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from hashlib import blake2b

PREFIX = "mail:"
_THREAD_OCTETS = 10
_MARK_OCTETS = 6
_OURS = re.compile(r"<([a-z]+-[0-9]+-[0-9a-f]{8})\.([0-9a-f]{20})\.([0-9a-f]{12})@[^>]+>")


class OwnIds:
    """Makes and knows the Message-IDs of one installation."""

    def __init__(self, secret: str) -> None:
        """Use ``secret``, which must not change while answers may still come."""
        self._key = blake2b(secret.encode()).digest()

    def make(self, message: str, thread: str, domain: str) -> str:
        """Return the Message-ID of the core's message, always the same one (RFC 5322, 3.6.4)."""
        key = thread.removeprefix(PREFIX)
        return f"<{message}.{key}.{self._mark(message, key)}@{domain}>"

    def thread_of(self, message_id: str) -> str | None:
        """Return the thread that one of our ids names; None for another's id."""
        found = _OURS.fullmatch(message_id)
        if found is None or found[3] != self._mark(found[1], found[2]):
            return None
        return PREFIX + found[2]

    def _mark(self, message: str, key: str) -> str:
        text = f"{message}.{key}".encode()
        return blake2b(text, key=self._key, digest_size=_MARK_OCTETS).hexdigest()


def thread_of(
    own: OwnIds, mailbox: str, sender: str, message_id: str, references: Sequence[str], digest: str
) -> str:
    """Return the thread of a mail that came in.

    An answer to us names its thread. Else it is the first mail that this one goes back to, of
    this sender: whoever learns the id of somebody else's mail gets no foot into that talk.

    Args:
        own: knows our ids.
        mailbox: address that it came to.
        sender: address that it came from.
        message_id: its own id; empty if it has none.
        references: ids that it answers to, oldest first.
        digest: of the raw mail, for one without any id.
    """
    for reference in reversed(references):
        named = own.thread_of(reference)
        if named is not None:
            return named
    root = references[0] if references else message_id or digest
    return derived(mailbox, sender, root)


def fresh() -> str:
    """Return a thread that nobody can guess."""
    return PREFIX + secrets.token_hex(_THREAD_OCTETS)


def derived(*parts: str) -> str:
    """Return the thread that some texts stand for."""
    text = "\0".join(parts).encode("utf-8", "replace")
    return PREFIX + blake2b(text, digest_size=_THREAD_OCTETS).hexdigest()
