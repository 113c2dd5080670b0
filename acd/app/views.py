"""Queues and agents as user interfaces show them: the state and the metrics, put together. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import msgspec

from acd.app.documents import moment
from acd.app.figures import Figures, Tally, figures_of
from acd.app.metrics import Metrics
from acd.core.agent import Agent, Presence, WorkState
from acd.core.channel import Channel
from acd.core.contact import Contact, ContactState
from acd.core.ids import AgentName, ContactId, OfferId, QueueName
from acd.core.queue import Queue
from acd.core.state import State
from acd.core.timers import NEVER, Instant, elapsed_seconds


class AgentState(StrEnum):
    """What an agent does, in one word; presence, phone and works say why."""

    LOGGED_OUT = "logged_out"
    NOT_READY = "not_ready"
    RESTING = "resting"
    UNREACHABLE = "unreachable"
    AVAILABLE = "available"
    ON_LINE = "on_line"
    RINGING = "ringing"
    ACTIVE = "active"
    WRAPUP = "wrapup"


BUSY = frozenset({AgentState.ON_LINE, AgentState.RINGING, AgentState.ACTIVE, AgentState.WRAPUP})
"""States in which an agent is occupied by a contact, or on the phone."""


_WAITING = (ContactState.WAITING, ContactState.OFFERED)


class QueueDocument(msgspec.Struct, kw_only=True):
    """A queue as the API shows it. Seconds; shares from 0 to 1; null where nothing was counted.

    Attributes:
        waiting: contacts that no agent has answered yet, those that ring included.
        longest_wait_seconds: of these; 0 when nobody waits.
        agents_available: would get the next contact.
        agents_busy: occupied, or on the phone.
        agents_logged_in: those who have not logged out.
        offered, answered, abandoned: contacts counted so far.
        service_level: by our own definition, within ``service_level_target_seconds``.
        service_levels: by every definition in use.
        asa_seconds: average speed of answer.
        estimated_wait_seconds: of a contact that came now, see :func:`estimated_wait`.
    """

    name: QueueName
    title: str
    strategy: str
    waiting: int
    longest_wait_seconds: float
    agents_available: int
    agents_busy: int
    agents_logged_in: int
    offered: int
    answered: int
    abandoned: int
    left: dict[str, int]
    service_level: float | None
    service_levels: dict[str, float | None]
    service_level_target_seconds: float
    asa_seconds: float | None
    aht_seconds: float | None
    max_wait_seconds: float | None
    estimated_wait_seconds: float | None


class WorkDocument(msgspec.Struct, kw_only=True):
    """What an agent works on."""

    contact: ContactId
    offer: OfferId
    channel: Channel
    queue: QueueName
    state: WorkState
    since: datetime


class AgentDocument(msgspec.Struct, kw_only=True):
    """An agent as the API shows them.

    Attributes:
        name: login.
        presence: what they say; ``reason`` goes with it.
        state: what comes of presence, phone and works, in one word.
        takes: channels of which they would get a contact now.
        why_not: of the other channels they serve, why they would not.
        phone: SIP user.
        occupancy: share of their time spent with contacts, of that in which they could have been.
    """

    name: AgentName
    title: str
    presence: Presence
    reason: str
    presence_since: datetime | None
    state: AgentState
    takes: list[Channel]
    why_not: dict[Channel, str]
    phone: str
    is_reachable: bool
    queues: dict[QueueName, int]
    skills: dict[str, int]
    capacity: dict[Channel, int]
    works: list[WorkDocument]
    handled: int
    logged_in_seconds: float
    occupancy: float | None


def agent_state(agent: Agent) -> AgentState:
    """Return what an agent does."""
    working = {work.state for work in agent.works.values()}
    if WorkState.ACTIVE in working or WorkState.HELD in working:
        return AgentState.ACTIVE
    if WorkState.OFFERED in working:
        return AgentState.RINGING
    if WorkState.WRAPUP in working:
        return AgentState.WRAPUP
    if agent.lines:
        return AgentState.ON_LINE
    if agent.presence is not Presence.AVAILABLE:
        return AgentState(agent.presence.value)
    if agent.rest_until is not None:
        return AgentState.RESTING
    return AgentState.AVAILABLE if takes(agent) else AgentState.UNREACHABLE


def takes(agent: Agent) -> list[Channel]:
    """Return the channels of which an agent would get a contact now."""
    return [channel for channel in agent.profile.capacity if not agent.why_not(channel)]


def waiting(state: State, queue: QueueName) -> list[Contact]:
    """Return the contacts that wait in a queue, longest first."""
    found = [
        contact
        for contact in state.contacts.values()
        if contact.queue == queue and contact.state in _WAITING
    ]
    return sorted(found, key=lambda contact: (contact.order_at, contact.order))


def queue_names(state: State) -> list[QueueName]:
    """Return the queues of the running site and those that contacts still wait in."""
    site = state.sites.get(state.site)
    names = set(site.queues) if site is not None else set()
    names |= {c.queue for c in state.contacts.values() if c.queue is not None and c.is_open}
    return sorted(names)


def queue_document(
    state: State, metrics: Metrics, name: QueueName, now: Instant
) -> QueueDocument | None:
    """Return a queue, or None if there is none of this name."""
    return queue_documents(state, metrics, (name,), now).get(name)


@dataclass(slots=True)
class _Count:
    """Who waits in a queue and who serves it, now."""

    waiting: int = 0
    oldest: Instant | None = None
    available: int = 0
    busy: int = 0
    logged_in: int = 0


def queue_documents(
    state: State, metrics: Metrics, names: Iterable[QueueName], now: Instant
) -> dict[QueueName, QueueDocument]:
    """Return some queues; contacts and agents are gone through once for all of them."""
    counts = {name: _Count() for name in names}
    for contact in state.contacts.values():
        if contact.state in _WAITING and contact.queue in counts:
            count = counts[contact.queue]
            count.waiting += 1
            if count.oldest is None or contact.order_at < count.oldest:
                count.oldest = contact.order_at
    for agent in state.agents.values():
        served = [counts[name] for name in agent.profile.queues if name in counts]
        if not served:
            continue
        is_available, is_busy = bool(takes(agent)), agent_state(agent) in BUSY
        is_in = agent.presence is not Presence.LOGGED_OUT
        for count in served:
            count.available += is_available
            count.busy += is_busy
            count.logged_in += is_in
    found = {}
    for name, count in counts.items():
        policy = _policy(state, name)
        if policy is not None:
            figures = figures_of(metrics.state.by_queue.get(name, Tally()))
            found[name] = _queue_document(policy, count, figures, now)
    return found


def _queue_document(policy: Queue, count: _Count, figures: Figures, now: Instant) -> QueueDocument:
    longest = 0.0 if count.oldest is None else elapsed_seconds(count.oldest, now)
    return QueueDocument(
        name=policy.name,
        title=policy.title,
        strategy=policy.strategy,
        waiting=count.waiting,
        longest_wait_seconds=max(0.0, longest),
        agents_available=count.available,
        agents_busy=count.busy,
        agents_logged_in=count.logged_in,
        offered=figures.offered,
        answered=figures.answered,
        abandoned=figures.abandoned,
        left=figures.left,
        service_level=figures.service_level["acd"],
        service_levels=figures.service_level,
        service_level_target_seconds=policy.service_level_seconds,
        asa_seconds=figures.asa_seconds,
        aht_seconds=figures.aht_seconds,
        max_wait_seconds=figures.max_wait_seconds,
        estimated_wait_seconds=estimated_wait(
            figures, count.waiting, count.available, count.logged_in
        ),
    )


def estimated_wait(figures: Figures, waiting: int, available: int, logged_in: int) -> float | None:
    """Return how long a contact that came now would wait, in seconds.

    Nothing if somebody is free; else its place, times the mean handling time, over the agents who
    serve the queue: in steady state an agent comes free every so often. None when nobody serves it
    or nothing has been handled yet: then every number would be invented.
    """
    if available > waiting:
        return 0.0
    if logged_in == 0 or figures.aht_seconds is None:
        return None
    return (waiting + 1 - available) * figures.aht_seconds / logged_in


def agent_document(
    state: State, metrics: Metrics, name: AgentName, now: Instant
) -> AgentDocument | None:
    """Return an agent, or None if there is none of this name."""
    agent = state.agents.get(name)
    if agent is None:
        return None
    profile = agent.profile
    figures = metrics.agent(name, now)
    since = agent.presence_since
    return AgentDocument(
        name=name,
        title=profile.title,
        presence=agent.presence,
        reason=agent.reason,
        presence_since=None if since == NEVER else moment(since),
        state=agent_state(agent),
        takes=takes(agent),
        why_not={channel: why for channel in profile.capacity if (why := agent.why_not(channel))},
        phone=profile.address,
        is_reachable=agent.is_reachable,
        queues=dict(profile.queues),
        skills=dict(profile.skills),
        capacity=dict(profile.capacity),
        works=[
            WorkDocument(
                contact=work.contact,
                offer=work.offer,
                channel=work.channel,
                queue=work.queue,
                state=work.state,
                since=moment(work.since),
            )
            for work in agent.works.values()
        ],
        handled=figures.handled,
        logged_in_seconds=figures.logged_in_seconds,
        occupancy=figures.occupancy,
    )


def _policy(state: State, name: QueueName) -> Queue | None:
    for version in (state.site, *state.sites):
        site = state.sites.get(version)
        if site is not None and name in site.queues:
            return site.queues[name]
    return None
