"""Instants, durations and the deadline heap.

Time is an integer count of microseconds since the Unix epoch, always handed in. A timer is a
deadline kept in the state under a key naming its purpose and its object; setting a key again
replaces it, so a stale heap entry is recognised by its generation and ignored.
"""

from __future__ import annotations

import heapq
from enum import StrEnum
from typing import NewType

Instant = NewType("Instant", int)

MICROSECONDS = 1_000_000
NEVER = Instant(0)
"""The instant before everything, for what has not happened yet."""


def seconds(value: float) -> int:
    """Return a duration of ``value`` seconds in microseconds, rounded to the nearest one."""
    return round(value * MICROSECONDS)


def after(now: Instant, value: float) -> Instant:
    """Return the instant ``value`` seconds after ``now``."""
    return Instant(now + round(value * MICROSECONDS))


def elapsed_seconds(start: Instant, end: Instant) -> float:
    """Return the seconds from ``start`` to ``end``."""
    return (end - start) / MICROSECONDS


class Purpose(StrEnum):
    """Why the core wants to be called back; the first half of a deadline's key."""

    OFFER = "offer"  # the agent did not accept in time
    RINGING = "ringing"  # the agent's phone never even rang
    FLOW = "flow"  # a flow node's own time-out
    MUSIC = "music"  # a caller whose offer is not answered yet gets music
    QUEUE = "queue"  # longest wait in a queue
    RELAX = "relax"  # a requirement is dropped
    REST = "rest"  # an agent is considered again
    WRAPUP = "wrapup"  # wrap-up is over
    OVERRIDE = "override"  # a calendar's own hours hold again


class Timers:
    """Deadlines by key, soonest first, with lazy removal.

    A key is ``<purpose>:<about>``. The deadlines themselves are the dictionary given, which is part
    of the state; the heaps beside it are made from it, one for each purpose, because deadlines of
    one purpose come nearly in order and are then cheap to add however many there are. Equal
    instants come in the order of their keys, never of insertion or of a hash.
    """

    __slots__ = ("_due", "_heaps")

    def __init__(self, due: dict[str, Instant]) -> None:
        self._due = due
        self._heaps: dict[Purpose, list[tuple[Instant, str]]] = {p: [] for p in Purpose}
        for key, at in due.items():
            self._heaps[Purpose(key.partition(":")[0])].append((at, key))
        for heap in self._heaps.values():
            heap.sort()

    def __len__(self) -> int:
        """Return how many entries are kept, stale ones included."""
        return sum(len(heap) for heap in self._heaps.values())

    def set(self, purpose: Purpose, about: str, at: Instant) -> None:
        """Arm or move the deadline of ``(purpose, about)``."""
        key = purpose + ":" + about  # a format of an enum costs twice as much
        heap, due = self._heaps[purpose], self._due
        due[key] = at
        heapq.heappush(heap, (at, key))
        if len(heap) > 2 * len(due) + 64:
            heap[:] = sorted({entry for entry in heap if due.get(entry[1]) == entry[0]})

    def clear(self, purpose: Purpose, about: str) -> None:
        """Disarm a deadline; disarming one that is not set is nothing."""
        self._due.pop(purpose + ":" + about, None)

    def _soonest(self) -> tuple[Instant, str, Purpose] | None:
        # An entry is stale when its key was cleared or moved to another instant. A key set twice
        # to one instant leaves a twin that turns stale as soon as the first is popped.
        due, soonest = self._due, None
        for purpose, heap in self._heaps.items():
            while heap and due.get(heap[0][1]) != heap[0][0]:
                heapq.heappop(heap)
            if heap and (soonest is None or heap[0] < soonest[:2]):
                soonest = (*heap[0], purpose)
        return soonest

    def next(self) -> Instant | None:
        """Return the soonest deadline, or None."""
        soonest = self._soonest()
        return soonest[0] if soonest is not None else None

    def pop_due(self, now: Instant) -> tuple[Purpose, str] | None:
        """Remove and return the soonest deadline at or before ``now``."""
        soonest = self._soonest()
        if soonest is None or soonest[0] > now:
            return None
        _, key, purpose = soonest
        heapq.heappop(self._heaps[purpose])
        del self._due[key]
        return purpose, key.partition(":")[2]
