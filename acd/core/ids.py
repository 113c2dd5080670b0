"""Identifiers: typed, prefixed, minted by the core.

An id is ``<prefix>-<number>-<tag>``. The number is the sequence number of the log record that
created the thing, so an id leads straight to its birth in the log; the tag is a keyed hash of
the number under the log's seed, so ids of two installations never meet in one PBX and
cannot be guessed from each other. Nothing is random: the same log mints the same ids.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import NewType

ContactId = NewType("ContactId", str)
SegmentId = NewType("SegmentId", str)
OfferId = NewType("OfferId", str)
LegId = NewType("LegId", str)
PlaybackId = NewType("PlaybackId", str)
RecordingId = NewType("RecordingId", str)
MessageId = NewType("MessageId", str)
TaskId = NewType("TaskId", str)
CustomerId = NewType("CustomerId", str)
ConversationId = NewType("ConversationId", str)
AgentName = NewType("AgentName", str)
QueueName = NewType("QueueName", str)


def mint(prefix: str, number: int, seed: str) -> str:
    """Return the id of kind ``prefix`` born in record ``number`` of the log seeded ``seed``.

    >>> mint("c", 17, "demo") == mint("c", 17, "demo")
    True
    """
    return f"{prefix}-{number}-{tag(number, seed)}"


def tag(number: int, seed: str) -> str:
    """Return what the ids born in record ``number`` of the log seeded ``seed`` end with."""
    key = seed.encode()[:64]
    return blake2b(b"%d" % number, key=key, digest_size=4).hexdigest()
