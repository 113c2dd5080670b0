"""An agent: who they are, what they say of themselves, and what they work on.

*Presence* is what the agent says. *Availability* is what the engine computes from presence, works,
rest and phone. They never share a field.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from acd.core.channel import TRAITS, Channel
from acd.core.ids import AgentName, ContactId, LegId, OfferId, QueueName
from acd.core.skill import Need, Requirement, missing
from acd.core.timers import NEVER, Instant


class Presence(StrEnum):
    """What the agent says."""

    LOGGED_OUT = "logged_out"
    AVAILABLE = "available"
    NOT_READY = "not_ready"


_AVAILABLE = Presence.AVAILABLE  # to name a member through its enum is slow on Python 3.11

CODES: dict[str, tuple[Presence | None, str]] = {
    "*1": (Presence.AVAILABLE, "agent.logged_in"),
    "*2": (Presence.LOGGED_OUT, "agent.logged_out"),
    "*3": (Presence.AVAILABLE, "agent.ready"),
    "*4": (Presence.NOT_READY, "agent.not_ready"),
    "*5": (None, "agent.wrapup_done"),
}
"""What agents dial on their own phone: code to presence (None ends wrap-up) and spoken answer."""


class WorkState(StrEnum):
    """An agent's side of one contact."""

    OFFERED = "offered"
    ACTIVE = "active"
    HELD = "held"  # suspended by work of a channel that interrupts it
    WRAPUP = "wrapup"
    DONE = "done"


DIRECT = "agent:"
"""How the skill begins that is one agent and nobody else."""

INTERRUPTS: Mapping[Channel, tuple[Channel, ...]] = {Channel.VOICE: (Channel.MAIL,)}


@dataclass(frozen=True, slots=True)
class AgentProfile:
    """What admins set of an agent.

    Attributes:
        name: login, unique.
        title: name shown to people.
        skills: skill to level (1 or more).
        queues: queue to preference level, 1 served first.
        address: where the agent's phone is reached, a SIP user; empty without a phone.
        capacity: how many contacts of each channel at once.
        exclusive: sets of channels of which only one is worked on at a time.
        interrupts: channel to those whose work it suspends: they are held while it lasts, and none
            of them is offered meanwhile.
    """

    name: AgentName
    title: str = ""
    skills: Mapping[str, int] = field(default_factory=dict)
    queues: Mapping[QueueName, int] = field(default_factory=dict)
    address: str = ""
    capacity: Mapping[Channel, int] = field(default_factory=lambda: {Channel.VOICE: 1})
    exclusive: tuple[tuple[Channel, ...], ...] = ()
    interrupts: Mapping[Channel, tuple[Channel, ...]] = field(default_factory=lambda: INTERRUPTS)

    def lacks(self, requirement: Requirement) -> Need | None:
        """Return the first need that the agent does not meet, or None."""
        need = missing(self.skills, requirement)
        while need is not None and need.skill == DIRECT + self.name:
            requirement = requirement[requirement.index(need) + 1 :]
            need = missing(self.skills, requirement)
        return need

    def suspends(self, channel: Channel, running: Channel) -> bool:
        """Return whether work on ``channel`` suspends work on ``running``."""
        return running in self.interrupts.get(channel, ())

    def hinders(self, running: Channel, channel: Channel) -> bool:
        """Return whether nothing of ``channel`` is taken beside work on ``running``."""
        if running is channel or self.suspends(channel, running):
            return False
        if self.suspends(running, channel):
            return True
        return any(running in group and channel in group for group in self.exclusive)


_HELD = WorkState.HELD


@dataclass(slots=True)
class Work:
    """One piece of work: from the offer to the end of wrap-up."""

    offer: OfferId
    contact: ContactId
    channel: Channel
    queue: QueueName
    state: WorkState
    since: Instant
    leg: LegId | None = None


@dataclass(slots=True)
class Agent:
    """An agent in the state.

    Attributes:
        order: sequence number of the record that defined them: the last tie-break.
        idle_since: when their last answered work ended or they became available; a missed ring
            does not reset it.
        rest_until: not considered before this, whatever the presence.
        is_leaving: removed as soon as the work in hand is done.
        lines: legs that keep the phone busy without being work: a call being hung up, a ``*``
            code being dialled.
    """

    profile: AgentProfile
    order: int
    presence: Presence = Presence.LOGGED_OUT
    reason: str = ""
    presence_since: Instant = NEVER
    idle_since: Instant = NEVER
    rest_until: Instant | None = None
    rest_reason: str = ""
    is_reachable: bool = True
    is_leaving: bool = False
    works: dict[OfferId, Work] = field(default_factory=dict)
    lines: set[LegId] = field(default_factory=set)

    @property
    def name(self) -> AgentName:
        """The agent's login."""
        return self.profile.name

    def open_count(self, channel: Channel) -> int:
        """Return how many works of ``channel`` occupy the agent now."""
        return sum(1 for work in self.works.values() if work.channel is channel)

    def why_not(self, channel: Channel) -> str:
        """Return why the agent can take no contact of ``channel`` now; empty if they can.

        The answers are stable words: ``logged_out``, ``not_ready:<reason>``, ``resting:<reason>``,
        ``no_phone``, ``unreachable``, ``on_line``, ``no_capacity``; ``offered``, ``active``,
        ``held`` or ``wrapup`` for what occupies them, and the same after ``<channel>:`` for work of
        another channel beside which none of this one is taken.
        """
        if self.presence is not _AVAILABLE:
            return f"{self.presence}:{self.reason}" if self.reason else str(self.presence)
        if self.rest_until is not None:
            return f"resting:{self.rest_reason}"
        if TRAITS[channel].has_legs:
            if not self.profile.address:
                return "no_phone"
            if not self.is_reachable:
                return "unreachable"
            if self.lines:
                return "on_line"
        limit = self.profile.capacity.get(channel, 0)
        if limit == 0:
            return "no_capacity"
        if self.works:
            taken = [work for work in self.works.values() if work.channel is channel]
            if len(taken) >= limit:
                return taken[0].state.value
            for work in self.works.values():
                if work.state is not _HELD and self.profile.hinders(work.channel, channel):
                    return f"{work.channel}:{work.state}"
        return ""
