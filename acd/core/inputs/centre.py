"""The centre: log, site, agents."""

from __future__ import annotations

from acd.core.agent import AgentProfile, Presence
from acd.core.ids import (
    AgentName,
    ContactId,
)
from acd.core.site import Site
from acd.core.timers import Instant
from acd.core.value import value


@value(frozen=True, slots=True)
class OpenLog:
    """The very first input of a log.

    Attributes:
        engine: version of the engine that began the log.
        seed: what ids are derived from.
        flags: logic flags: each names a change of behaviour that older logs do not have.
    """

    engine: str
    seed: str
    flags: tuple[str, ...] = ()


@value(frozen=True, slots=True)
class PublishSite:
    """Make a checked site the running version; contacts in flight stay on theirs."""

    site: Site


@value(frozen=True, slots=True)
class DefineAgent:
    """Add an agent or change their profile; presence and work are kept."""

    profile: AgentProfile


@value(frozen=True, slots=True)
class RemoveAgent:
    """Remove an agent; an agent at work is logged out first and removed when done."""

    agent: AgentName


@value(frozen=True, slots=True)
class SetPresence:
    """An agent, or somebody for them, says whether they take contacts."""

    agent: AgentName
    presence: Presence
    reason: str = ""


@value(frozen=True, slots=True)
class PhoneReachable:
    """The PBX learned that an agent's phone can or cannot be reached."""

    agent: AgentName
    is_reachable: bool


@value(frozen=True, slots=True)
class FinishWrapup:
    """The agent's after-contact work is done.

    Attributes:
        contact: of which contact; of all that are in wrap-up when None.
        note: what the agent wants to be read of it later.
    """

    agent: AgentName
    disposition: str = ""
    contact: ContactId | None = None
    note: str = ""


@value(frozen=True, slots=True)
class OverrideCalendar:
    """Somebody opens or closes a calendar by word, or lets its own hours hold again.

    Attributes:
        calendar: its name.
        is_open: what it shall count as; None for what its hours say.
        until: when its hours hold again by themselves; None for not.
        note: why, for colleagues.
    """

    calendar: str
    is_open: bool | None
    until: Instant | None = None
    note: str = ""


CentreInput = (
    OpenLog
    | PublishSite
    | DefineAgent
    | RemoveAgent
    | SetPresence
    | PhoneReachable
    | FinishWrapup
    | OverrideCalendar
)
