"""Metrics: a fold of the log into counts by queue, by stream, by agent group and by agent.

The same fold serves the live centre and the simulator. It sees nothing but records, so whatever it
says can be checked against the log, and it can be begun again from a saved state.

A *stream* is where contacts come from: the contact's attribute ``traffic`` if it is set before the
contact is queued, else the number or address that was reached.

A visit is answered when an agent takes the contact; where they write to each other, when an agent
writes first: until then the customer waits, whoever has taken it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable

from acd.app import figures as fg
from acd.app.agent_time import AgentClock
from acd.app.codec import decode, encode
from acd.app.figures import AgentFigures, Figures, Tally
from acd.app.metrics_state import MetricsState, Target, Visit, Work
from acd.core import events as e
from acd.core.agent import Presence
from acd.core.channel import TRAITS
from acd.core.contact import EndReason
from acd.core.ids import AgentName, ContactId
from acd.core.message import Author
from acd.core.queue import Queue
from acd.core.record import Record
from acd.core.site import Site
from acd.core.timers import NEVER, Instant, seconds
from acd.ports.store import Snapshot

STREAM_ATTRIBUTE = "traffic"

TRANSFERRED = "transferred"
"""Why a contact left its queue that was handed on before anybody wrote."""

_GIVEN_UP = frozenset({EndReason.ABANDONED, EndReason.CUSTOMER_ENDED})
"""Ends by the customer. In a visit that is still open nobody had answered, so they are one."""


class Metrics:
    """The fold.

    Attributes:
        state: what it knows.
    """

    def __init__(
        self,
        *,
        counted_from: Instant = NEVER,
        group_of: Callable[[AgentName], str] = lambda _: "",
        state: MetricsState | None = None,
    ) -> None:
        """Begin with nothing, or with a saved ``state``.

        Args:
            counted_from: contacts queued and agents' time before this are not counted.
            group_of: the group an agent is counted in; asked once an agent.
            state: where to go on; ``counted_from`` is then the one it was begun with.
        """
        self.state = MetricsState(counted_from=counted_from) if state is None else state
        self._group_of = group_of

    @classmethod
    def restored(
        cls, snapshot: Snapshot, *, group_of: Callable[[AgentName], str] = lambda _: ""
    ) -> Metrics:
        """Go on where :meth:`snapshot` left off; fold the records after ``snapshot.seq`` next.

        Raises:
            CodecError: it was saved by another version: fold the log from its beginning.
        """
        return cls(state=decode(snapshot.data, MetricsState), group_of=group_of)

    def snapshot(self) -> Snapshot:
        """Return all that is known, to be saved."""
        return Snapshot(self.state.seq, encode(self.state))

    def fold(self, record: Record) -> None:
        """Take one record in."""
        state = self.state
        state.seq = record.seq
        state.at = record.at
        change = _FOLDS.get(type(record.body))
        if change is not None:
            change(self, record.body, record.at)

    def fold_all(self, records: Iterable[Record]) -> None:
        """Take several records in."""
        for record in records:
            self.fold(record)

    # --- asking ---------------------------------------------------------------------------------

    def total(self, now: Instant | None = None) -> Figures:
        """Return the figures over everything; ``now`` is the last record's instant if absent."""
        return self._figures(self.state.total, lambda _: True, now)

    def queue(self, name: str, now: Instant | None = None) -> Figures:
        """Return the figures of a queue; all zero or None for one without contacts."""
        tally = self.state.by_queue.get(name, Tally())
        return self._figures(tally, lambda visit: visit.queue == name, now)

    def stream(self, name: str, now: Instant | None = None) -> Figures:
        """Return the figures of the contacts of one stream."""
        tally = self.state.by_stream.get(name, Tally())
        return self._figures(tally, lambda visit: visit.stream == name, now)

    def group(self, name: str) -> Figures:
        """Return the figures of the visits answered by agents of a group: all are answered."""
        return fg.figures_of(self.state.by_group.get(name, Tally()))

    def _figures(
        self, tally: Tally, is_ours: Callable[[Visit], bool], now: Instant | None
    ) -> Figures:
        until = self.state.at if now is None else now
        ours = (visit.queued_at for visit in self.state.visits.values() if is_ours(visit))
        first = min(ours, default=None)
        return fg.figures_of(tally, None if first is None else until - first)

    def agent(self, name: AgentName, now: Instant | None = None) -> AgentFigures:
        """Return an agent's figures; all zero or None for one who never logged in."""
        return self.agents([name], now)

    def agents(self, names: Iterable[AgentName], now: Instant | None = None) -> AgentFigures:
        """Return the figures of several agents together."""
        until = self.state.at if now is None else now
        times: dict[str, int] = {}
        offers: dict[str, int] = {}
        handled = 0
        for name in names:
            clock = self.state.clocks.get(name)
            if clock is None:
                continue
            handled += clock.handled
            for place, time in clock.times_until(until, self.state.counted_from).items():
                times[place] = times.get(place, 0) + time
            for outcome, count in clock.offers.items():
                offers[outcome] = offers.get(outcome, 0) + count
        return fg.agent_figures_of(handled, times, offers)

    def agents_of(self, group: str) -> list[AgentName]:
        """Return the agents counted in a group."""
        return [name for name, clock in self.state.clocks.items() if clock.group == group]

    def violations(self) -> list[str]:
        """Return which sums do not add up; always empty unless there is a bug."""
        found = []
        state = self.state
        tallies = {"total": state.total}
        tallies |= {f"queue {name}": tally for name, tally in state.by_queue.items()}
        tallies |= {f"stream {name}": tally for name, tally in state.by_stream.items()}
        for name, tally in tallies.items():
            parts = tally.answered + tally.abandoned + sum(tally.left.values()) + tally.waiting
            if tally.offered != parts:
                found.append(f"{name}: {tally.offered} offered, but {parts} accounted for")
        if state.total.waiting != len(state.visits):
            found.append(f"{state.total.waiting} waiting, but {len(state.visits)} visits open")
        for name, clock in state.clocks.items():
            logged_in = clock.logged_in_until(state.at, state.counted_from)
            parts = sum(clock.times_until(state.at, state.counted_from).values())
            if parts != logged_in:
                found.append(f"agent {name}: logged in {logged_in} µs, parts sum to {parts}")
            if min(clock.ringing, clock.handling) < 0:
                found.append(f"agent {name}: more works ended than begun")
        return found

    # --- the centre and its agents --------------------------------------------------------------

    def _site_published(self, event: e.SitePublished, _at: Instant) -> None:
        for name, queue in event.site.queues.items():
            self.state.targets[name] = _target(event.site, queue)

    def _canary_started(self, event: e.CanaryStarted, _at: Instant) -> None:
        for name, queue in event.site.queues.items():  # those that run are measured as they were
            self.state.targets.setdefault(name, _target(event.site, queue))

    def _canary_ended(self, event: e.CanaryEnded, at: Instant) -> None:
        self.state.versions.canary_ended(event, at)

    def _clock(self, name: AgentName) -> AgentClock:
        clock = self.state.clocks.get(name)
        if clock is None:
            clock = self.state.clocks[name] = AgentClock(self._group_of(name))
        return clock

    def _presence_changed(self, event: e.PresenceChanged, at: Instant) -> None:
        clock = self._clock(event.agent)
        clock.presence = event.presence
        clock.reason = event.reason
        clock.rest = ""
        clock.turn(at, self.state.counted_from)

    def _agent_rested(self, event: e.AgentRested, at: Instant) -> None:
        clock = self._clock(event.agent)
        clock.rest = event.reason
        clock.turn(at, self.state.counted_from)

    def _rest_ended(self, event: e.RestEnded, at: Instant) -> None:
        clock = self._clock(event.agent)
        clock.rest = ""
        clock.turn(at, self.state.counted_from)

    def _phone_changed(self, event: e.PhoneChanged, at: Instant) -> None:
        clock = self._clock(event.agent)
        clock.is_reachable = event.is_reachable
        clock.turn(at, self.state.counted_from)

    def _agent_removed(self, event: e.AgentRemoved, at: Instant) -> None:
        clock = self._clock(event.agent)
        clock.presence = Presence.LOGGED_OUT
        clock.rest = ""
        clock.is_reachable = True  # as one who is defined again under this name begins
        clock.turn(at, self.state.counted_from)

    # --- contacts -------------------------------------------------------------------------------

    def _contact_opened(self, event: e.ContactOpened, _at: Instant) -> None:
        self.state.streams[event.contact] = event.dnis
        self.state.versions.opened(event)
        # Without a thread there is no way to write: the simulator's chats, for one.
        if event.thread and TRAITS[event.channel].is_answered_by_reply:
            self.state.written[event.contact] = event.channel

    def _attribute_set(self, event: e.AttributeSet, _at: Instant) -> None:
        if event.key == STREAM_ATTRIBUTE and event.contact in self.state.streams:
            self.state.streams[event.contact] = event.value

    def _contact_closed(self, event: e.ContactClosed, _at: Instant) -> None:
        self.state.streams.pop(event.contact, None)
        self.state.written.pop(event.contact, None)

    def _tallies(self, visit: Visit | Work) -> tuple[Tally, Tally, Tally]:
        state = self.state
        return (
            state.total,
            state.by_queue.setdefault(visit.queue, Tally()),
            state.by_stream.setdefault(visit.stream, Tally()),
        )

    def _contact_queued(self, event: e.ContactQueued, at: Instant) -> None:
        self.state.versions.queued(event)
        if at < self.state.counted_from:
            return
        self._leave(event.contact, TRANSFERRED, at)  # it was taken, but nobody had written yet
        stream = self.state.streams.get(event.contact, "")
        visit = Visit(event.queue, stream, at, self.state.written.get(event.contact))
        self.state.visits[event.contact] = visit
        for tally in self._tallies(visit):
            tally.offered += 1
            tally.waiting += 1

    def _queue_left(self, event: e.QueueLeft, at: Instant) -> None:
        self._leave(event.contact, event.reason, at)

    def _contact_ended(self, event: e.ContactEnded, at: Instant) -> None:
        self.state.versions.over(event)
        if event.reason not in _GIVEN_UP:
            self._leave(event.contact, event.reason, at)
            return
        visit = self.state.visits.pop(event.contact, None)
        if visit is None:
            return
        wait = at - visit.queued_at
        counted = self._counted(visit, at)
        target = self.state.targets[visit.queue]
        for tally in self._tallies(visit):
            tally.waiting -= 1
            tally.abandoned += 1
            tally.wait_abandoned += wait
            tally.short += counted < target.short
            tally.abandoned_in += counted <= target.answer
            tally.max_wait = max(tally.max_wait, wait)

    def _counted(self, visit: Visit, at: Instant) -> int:
        """Return how long a visit has waited, as the service level counts."""
        hours = self.state.targets[visit.queue].hours
        if hours is None or visit.written is None or TRAITS[visit.written].is_live:
            return at - visit.queued_at
        return seconds(hours.business_seconds(visit.queued_at, at))

    def _leave(self, contact: ContactId, reason: str, at: Instant) -> None:
        visit = self.state.visits.pop(contact, None)
        if visit is None:
            return
        wait = at - visit.queued_at
        for tally in self._tallies(visit):
            tally.waiting -= 1
            tally.left[reason] = tally.left.get(reason, 0) + 1
            tally.wait_left += wait
            tally.max_wait = max(tally.max_wait, wait)

    # --- offers and works -----------------------------------------------------------------------

    def _offer_made(self, event: e.OfferMade, at: Instant) -> None:
        clock = self._clock(event.agent)
        clock.ringing += 1
        clock.turn(at, self.state.counted_from)
        visit = self.state.visits.get(event.contact)
        if visit is not None and visit.offered_at == NEVER:
            visit.offered_at = at
            if at == visit.queued_at:
                for tally in self._tallies(visit):
                    tally.immediate += 1

    def _offer_ended(self, event: e.OfferEnded, at: Instant) -> None:
        clock = self._clock(event.agent)
        clock.ringing -= 1
        self._count_offer(clock, event.outcome, at)
        clock.turn(at, self.state.counted_from)

    def _count_offer(self, clock: AgentClock, outcome: str, at: Instant) -> None:
        if at >= self.state.counted_from:
            clock.offers[outcome] = clock.offers.get(outcome, 0) + 1

    def _offer_accepted(self, event: e.OfferAccepted, at: Instant) -> None:
        clock = self._clock(event.agent)
        clock.ringing -= 1
        clock.handling += 1
        self._count_offer(clock, "accepted", at)
        clock.turn(at, self.state.counted_from)
        visit = self.state.visits.get(event.contact)
        if visit is None:
            return
        self.state.works[event.offer] = Work(event.agent, visit.queue, visit.stream, at)
        if visit.written is None:
            self._answered(event.contact, event.agent, at)

    def _message_added(self, event: e.MessageAdded, at: Instant) -> None:
        if event.author is Author.AGENT and event.agent is not None:
            self._answered(event.contact, event.agent, at)

    def _answered(self, contact: ContactId, agent: AgentName, at: Instant) -> None:
        visit = self.state.visits.pop(contact, None)
        if visit is None:
            return
        wait = at - visit.queued_at
        is_in_time = self._counted(visit, at) <= self.state.targets[visit.queue].answer
        group = self.state.by_group.setdefault(self._clock(agent).group, Tally())
        group.offered += 1
        group.immediate += visit.offered_at == visit.queued_at
        tallies = self._tallies(visit)
        for tally in tallies:
            tally.waiting -= 1
        for tally in (*tallies, group):
            tally.answered += 1
            tally.wait_answered += wait
            tally.answered_in += is_in_time
            tally.max_wait = max(tally.max_wait, wait)

    def _wrapup_started(self, event: e.WrapupStarted, at: Instant) -> None:
        work = self.state.works.get(event.offer)
        if work is not None:
            work.wrap_at = at

    def _work_done(self, event: e.WorkDone, at: Instant) -> None:
        clock = self._clock(event.agent)
        clock.handling -= 1
        clock.turn(at, self.state.counted_from)
        work = self.state.works.pop(event.offer, None)
        if work is None:
            return
        clock.handled += 1
        talked_until = work.wrap_at or at
        group = self.state.by_group.setdefault(clock.group, Tally())
        for tally in (*self._tallies(work), group):
            tally.handled += 1
            tally.talk += talked_until - work.answered_at
            tally.wrap += at - talked_until


def _target(site: Site, queue: Queue) -> Target:
    answer, short = queue.service_level_seconds, queue.short_abandon_seconds
    return Target(seconds(answer), seconds(short), site.calendars.get(queue.hours or ""))


_FOLDS: dict[type, Callable[..., None]] = {
    e.SitePublished: Metrics._site_published,
    e.CanaryStarted: Metrics._canary_started,
    e.CanaryEnded: Metrics._canary_ended,
    e.PresenceChanged: Metrics._presence_changed,
    e.AgentRested: Metrics._agent_rested,
    e.RestEnded: Metrics._rest_ended,
    e.PhoneChanged: Metrics._phone_changed,
    e.AgentRemoved: Metrics._agent_removed,
    e.ContactOpened: Metrics._contact_opened,
    e.AttributeSet: Metrics._attribute_set,
    e.ContactClosed: Metrics._contact_closed,
    e.ContactQueued: Metrics._contact_queued,
    e.QueueLeft: Metrics._queue_left,
    e.ContactEnded: Metrics._contact_ended,
    e.OfferMade: Metrics._offer_made,
    e.OfferEnded: Metrics._offer_ended,
    e.OfferAccepted: Metrics._offer_accepted,
    e.MessageAdded: Metrics._message_added,
    e.WrapupStarted: Metrics._wrapup_started,
    e.WorkDone: Metrics._work_done,
}
