"""What all events are."""

from __future__ import annotations

from typing import ClassVar


class EventBase:
    """Base of events.

    Attributes:
        VERSION: of its meaning; an older one is lifted by an upcaster.
    """

    __slots__ = ()
    VERSION: ClassVar[int] = 1
