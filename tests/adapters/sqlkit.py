"""What the tests of the SQL adapters share: records to write."""

from __future__ import annotations

from acd.core.events import NodeEntered
from acd.core.inputs import TimePassed
from acd.core.record import Record


def records(first: int, count: int, *, contact: str = "c-1") -> list[Record]:
    """Return an input and what it caused, ``count`` records in all."""
    made = [Record(first, 1_000_000 + first, 0, "clock", TimePassed())]
    made += [
        Record(seq, 1_000_000 + first, first, "clock", NodeEntered(contact, "main", f"n{seq}"))
        for seq in range(first + 1, first + count)
    ]
    return made


async def collect(stream) -> list[Record]:
    return [record async for record in stream]
