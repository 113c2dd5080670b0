"""The state: everything the engine knows, and nothing that can be derived from it."""

from __future__ import annotations

from dataclasses import dataclass, field

from acd.core.agent import Agent
from acd.core.calendar import Calendar, Override
from acd.core.canary import Canary
from acd.core.channel import Channel
from acd.core.contact import Contact
from acd.core.effects import Deliver, PerformTask
from acd.core.ids import AgentName, ContactId, LegId, MessageId, OfferId, TaskId
from acd.core.leg import Leg
from acd.core.offer import Offer
from acd.core.queue import Queue
from acd.core.site import Number, Site
from acd.core.timers import NEVER, Instant


@dataclass(slots=True)
class State:
    """A fold of the log.

    Attributes:
        seq: sequence number of the last record.
        at: instant of the last record; time never goes back.
        site: version of the running site.
        sites: the running site, the canary's, and those that contacts in flight still use.
        canary: the version that takes a share of the new contacts, if one does.
        epochs: PBX name to the epoch last seen.
        threads: thread to the open contact that its messages belong to.
        intake: number of the last row of the intake that was worked off.
        outbox: messages under way to customers.
        tasks: what flows have done outside, and which contact waits for it.
        errands: tasks that a restart takes up again, as the same thing: those that need no leg.
            Who is to do something on theirs comes back to the node, which starts anew.
        redeemed: promotion to code to the contact that used it.
        overrides: calendar to what somebody said instead of its hours.
        deadlines: see :class:`acd.core.timers.Timers`.
    """

    seed: str = ""
    flags: tuple[str, ...] = ()
    seq: int = 0
    at: Instant = NEVER
    site: str = ""
    sites: dict[str, Site] = field(default_factory=dict)
    canary: Canary | None = None
    agents: dict[AgentName, Agent] = field(default_factory=dict)
    contacts: dict[ContactId, Contact] = field(default_factory=dict)
    offers: dict[OfferId, Offer] = field(default_factory=dict)
    legs: dict[LegId, Leg] = field(default_factory=dict)
    epochs: dict[str, str] = field(default_factory=dict)
    threads: dict[str, ContactId] = field(default_factory=dict)
    intake: int = 0
    outbox: dict[MessageId, Deliver] = field(default_factory=dict)
    tasks: dict[TaskId, ContactId] = field(default_factory=dict)
    errands: dict[TaskId, PerformTask] = field(default_factory=dict)
    redeemed: dict[str, dict[str, ContactId]] = field(default_factory=dict)
    overrides: dict[str, Override] = field(default_factory=dict)
    deadlines: dict[str, Instant] = field(default_factory=dict)

    def entrance(
        self, contact: ContactId, channel: Channel, ani: str, dnis: str
    ) -> tuple[str, Number | None]:
        """Return the version of the site that a new contact enters, and what it reaches there.

        Args:
            contact: its id.
            channel: its channel.
            ani: where it is from.
            dnis: the number or address that it is to.
        """
        version, canary = self.site, self.canary
        if canary is not None and canary.takes(contact, self.seed, ani, dnis):
            version = canary.version
        site = self.sites.get(version)
        return version, None if site is None else site.number_of(dnis, channel)

    def site_of(self, contact: Contact) -> Site:
        """Return the site version the contact entered with."""
        return self.sites[contact.site]

    def is_open(self, calendar: Calendar, now: Instant) -> bool:
        """Return whether a calendar is open: by what somebody said, else by its hours."""
        override = self.overrides.get(calendar.name)
        if override is not None and override.holds(now):
            return override.is_open
        return calendar.is_open(now)

    def queue_of(self, contact: Contact) -> Queue:
        """Return the policy of the queue the contact is in or was taken from."""
        if contact.queue is None:
            raise LookupError(f"{contact.id} was never queued")
        return self.sites[contact.site].queues[contact.queue]
