"""What flows may ask of the centre, see :class:`acd.core.flows.Centre`."""

from __future__ import annotations

from acd.core.contact import Contact, ContactState
from acd.core.flows import QueueFigures
from acd.core.ids import ContactId, QueueName
from acd.core.timers import Instant, elapsed_seconds
from acd.core.turn import Turn


class Overview:
    """The state as a flow sees it in one turn."""

    __slots__ = ("_turn",)

    def __init__(self, turn: Turn) -> None:
        self._turn = turn

    def queue(self, name: str, contact: Contact, now: Instant) -> QueueFigures | None:
        """Return how things stand in a queue; it looks at every contact and agent once."""
        state = self._turn.state
        queue = QueueName(name)
        if queue not in state.site_of(contact).queues:
            return None
        waiting = [
            other.order_at
            for other in state.contacts.values()
            if other.queue == queue
            and other.state in (ContactState.WAITING, ContactState.OFFERED)
            and other.channel is contact.channel
        ]
        available = sum(
            queue in agent.profile.queues and not agent.why_not(contact.channel)
            for agent in state.agents.values()
        )
        longest = elapsed_seconds(min(waiting), now) if waiting else 0.0
        return QueueFigures(len(waiting), longest, available)

    def is_open(self, calendar: str, contact: Contact, now: Instant) -> bool | None:
        """Return whether a calendar is open, by word or by its hours."""
        state = self._turn.state
        found = state.site_of(contact).calendars.get(calendar)
        return None if found is None else state.is_open(found, now)

    def redeemer(self, promotion: str, code: str) -> ContactId | None:
        """Return the contact that has used a code, or None."""
        return self._turn.state.redeemed.get(promotion, {}).get(code)
