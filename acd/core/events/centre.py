"""The centre: log, site, agents, PBXes."""

from __future__ import annotations

from acd.core.agent import AgentProfile, Presence
from acd.core.calendar import Override
from acd.core.events.base import EventBase
from acd.core.ids import (
    AgentName,
)
from acd.core.site import Site
from acd.core.timers import Instant
from acd.core.value import value


@value(frozen=True, slots=True)
class LogOpened(EventBase):
    """The log begins."""

    engine: str
    seed: str
    flags: tuple[str, ...]


@value(frozen=True, slots=True)
class SitePublished(EventBase):
    """A site became the running version."""

    site: Site


@value(frozen=True, slots=True)
class AgentDefined(EventBase):
    """An agent was added or their profile changed."""

    agent: AgentName
    profile: AgentProfile


@value(frozen=True, slots=True)
class AgentLeaving(EventBase):
    """An agent is removed as soon as the work in hand is done."""

    agent: AgentName


@value(frozen=True, slots=True)
class AgentRemoved(EventBase):
    """An agent is no more."""

    agent: AgentName


@value(frozen=True, slots=True)
class PresenceChanged(EventBase):
    """An agent's presence changed."""

    agent: AgentName
    presence: Presence
    reason: str


@value(frozen=True, slots=True)
class AgentRested(EventBase):
    """An agent is not considered until an instant, their presence unchanged."""

    agent: AgentName
    until: Instant
    reason: str


@value(frozen=True, slots=True)
class RestEnded(EventBase):
    """An agent is considered again."""

    agent: AgentName


@value(frozen=True, slots=True)
class PhoneChanged(EventBase):
    """An agent's phone became reachable or unreachable."""

    agent: AgentName
    is_reachable: bool


@value(frozen=True, slots=True)
class PbxEpochChanged(EventBase):
    """A PBX was seen for the first time or after a restart."""

    node: str
    epoch: str


@value(frozen=True, slots=True)
class CalendarOverridden(EventBase):
    """Somebody said that a calendar is open, or closed, whatever its hours are."""

    override: Override


@value(frozen=True, slots=True)
class OverrideEnded(EventBase):
    """A calendar's own hours hold again.

    Attributes:
        by: who said so; empty if its time was over.
    """

    calendar: str
    by: str


CentreEvent = (
    LogOpened
    | SitePublished
    | AgentDefined
    | AgentLeaving
    | AgentRemoved
    | PresenceChanged
    | AgentRested
    | RestEnded
    | PhoneChanged
    | PbxEpochChanged
    | CalendarOverridden
    | OverrideEnded
)
