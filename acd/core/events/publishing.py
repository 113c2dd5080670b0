"""Publishing: canaries. A site that becomes the running version is told of with the centre."""

from __future__ import annotations

from acd.core.canary import CanaryEnd, Guard
from acd.core.events.base import EventBase
from acd.core.site import Site
from acd.core.value import value


@value(frozen=True, slots=True)
class CanaryStarted(EventBase):
    """A version takes a share of the new contacts; see :class:`acd.core.canary.Canary`."""

    site: Site
    percent: int
    numbers: tuple[str, ...]
    guard: Guard


@value(frozen=True, slots=True)
class CanaryEnded(EventBase):
    """A canary gets no contacts any more, or all of them.

    Attributes:
        version: which.
        reason: why.
        detail: what its guard complained of; else empty.
        by: who ended it; empty if its guard did.
    """

    version: str
    reason: CanaryEnd
    detail: str
    by: str


PublishingEvent = CanaryStarted | CanaryEnded
