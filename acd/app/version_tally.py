"""How contacts ended by version of the site, counted over the whole log."""

from __future__ import annotations

from dataclasses import dataclass, field

from acd.core import events as e
from acd.core.canary import CanaryEnd, Outcomes
from acd.core.ids import ContactId
from acd.core.timers import Instant


@dataclass(slots=True)
class Walk:
    """An open contact that a flow was given."""

    version: str
    was_queued: bool = False


@dataclass(frozen=True, slots=True)
class CanaryRun:
    """How a version's last time as a canary ended."""

    at: Instant
    reason: CanaryEnd
    detail: str


@dataclass(slots=True)
class VersionTally:
    """Counts by version, kept by :class:`acd.app.metrics.Metrics`.

    Attributes:
        ended: version to how its contacts ended.
        walks: open contacts; those that agents began are not counted.
        canaries: version to how its last time as a canary ended.
    """

    ended: dict[str, Outcomes] = field(default_factory=dict)
    walks: dict[ContactId, Walk] = field(default_factory=dict)
    canaries: dict[str, CanaryRun] = field(default_factory=dict)

    def opened(self, event: e.ContactOpened) -> None:
        """Take note of a new contact."""
        if event.begun_by is None:
            self.walks[event.contact] = Walk(event.site)

    def queued(self, event: e.ContactQueued) -> None:
        """Take note that a contact's flow did not resolve it."""
        walk = self.walks.get(event.contact)
        if walk is not None:
            walk.was_queued = True

    def over(self, event: e.ContactEnded) -> None:
        """Count a contact."""
        walk = self.walks.pop(event.contact, None)
        if walk is not None:
            outcomes = self.ended.setdefault(walk.version, Outcomes())
            outcomes.add(event.reason, was_queued=walk.was_queued)

    def canary_ended(self, event: e.CanaryEnded, at: Instant) -> None:
        """Take note of how a canary came out."""
        self.canaries[event.version] = CanaryRun(at, event.reason, event.detail)
