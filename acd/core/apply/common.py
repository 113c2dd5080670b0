"""What the folds of several subjects share."""

from __future__ import annotations

from acd.core.contact import Contact, Segment
from acd.core.leg import LegState
from acd.core.state import State
from acd.core.timers import Instant, Purpose, Timers


def next_segment(
    contact: Contact, at: Instant, reason: str, segment: Segment | None = None
) -> None:
    """End a contact's open segment, if any, and begin another, if any."""
    if contact.segments and contact.segments[-1].end_at is None:
        contact.segments[-1].end_at = at
        contact.segments[-1].reason = reason
    if segment is not None:
        contact.segments.append(segment)


def drop_site_if_unused(state: State, version: str) -> None:
    """Forget a version of the site that gets no new contacts and that none uses."""
    canary = state.canary.version if state.canary is not None else state.site
    if version in (state.site, canary):
        return
    if all(contact.site != version for contact in state.contacts.values()):
        state.sites.pop(version, None)


def arm_leaving(state: State, timers: Timers, contact: Contact) -> None:
    """Set the time at which a waiting contact goes back to its flow, if it came from one."""
    leg = state.legs.get(contact.leg) if contact.leg is not None else None
    is_away = leg is not None and leg.state is LegState.AWAY
    if contact.cursor is not None and not is_away:  # without a flow it has nowhere to go back to
        timers.set(Purpose.QUEUE, contact.id, contact.leave_at)


def clear_queue_timers(timers: Timers, contact: Contact) -> None:
    """Forget what was to happen to a contact while it waited."""
    for purpose in (Purpose.QUEUE, Purpose.RELAX, Purpose.MUSIC):
        timers.clear(purpose, contact.id)
