"""A turn: one input being worked off, its records and its effects."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from acd.core import events as e
from acd.core.apply import apply
from acd.core.effects import Effect
from acd.core.events import Event
from acd.core.flows import Flows
from acd.core.ids import AgentName, ContactId, LegId, tag
from acd.core.leg import Leg, LegState
from acd.core.machine import IllegalTransition
from acd.core.matching import Matcher
from acd.core.record import Record
from acd.core.state import State
from acd.core.timers import Instant, Timers


def _define(world: World, body: e.AgentDefined) -> None:
    world.matcher.agent_defined(world.state.agents[body.agent])


def _remove(world: World, body: e.AgentRemoved) -> None:
    world.matcher.agent_removed(body.agent)


def _touch_agent(world: World, body: Any) -> None:
    if body.agent is not None:
        world.matcher.touch_agent(body.agent)


def _touch_contact(world: World, body: Any) -> None:
    if body.contact is not None:
        world.matcher.touch_contact(body.contact)


def _touch_both(world: World, body: Any) -> None:
    matcher = world.matcher
    if body.agent is not None:
        matcher.touch_agent(body.agent)
    if body.contact is not None:
        matcher.touch_contact(body.contact)


# How the index is kept in step with the events that concern it.
_TOUCHES: dict[type, Callable[[World, Any], None]] = {
    e.AgentDefined: _define,
    e.AgentRemoved: _remove,
    e.PresenceChanged: _touch_agent,
    e.AgentRested: _touch_agent,
    e.RestEnded: _touch_agent,
    e.PhoneChanged: _touch_agent,
    e.LegOpened: _touch_agent,
    e.LegChanged: _touch_both,
    e.LegClosed: _touch_agent,
    e.ContactQueued: _touch_contact,
    e.QueueLeft: _touch_contact,
    e.RequirementRelaxed: _touch_contact,
    e.PriorityChanged: _touch_contact,
    e.OfferMade: _touch_both,
    e.OfferEnded: _touch_both,
    e.ContactEnded: _touch_contact,
    e.WorkHeld: _touch_agent,
    e.WorkResumed: _touch_agent,
    e.WorkDone: _touch_agent,
}
_ABOUT_AGENT = frozenset(k for k, touch in _TOUCHES.items() if touch is not _touch_contact)
_ABOUT_CONTACT = frozenset(k for k, t in _TOUCHES.items() if t in (_touch_contact, _touch_both))


@dataclass(frozen=True, slots=True)
class Refused:
    """The answer to an input that cannot apply (any more).

    Attributes:
        code: stable kebab-case code.
        message: one sentence for people.
    """

    code: str
    message: str


@dataclass(slots=True)
class World:
    """The state and what is derived from it."""

    state: State
    timers: Timers
    matcher: Matcher
    flows: Flows
    is_strict: bool
    illegal_count: int = 0

    def fold(self, record: Record) -> None:
        """Apply one record and keep the index in step.

        Raises:
            IllegalTransition: the event cannot follow; nothing has changed.
        """
        apply(self.state, self.timers, record)
        touch = _TOUCHES.get(type(record.body))
        if touch is not None:
            touch(self, record.body)


@dataclass(slots=True)
class Turn:
    """One step in progress.

    Attributes:
        world: what it works on.
        now: the instant of the step.
        actor: who sent the input.
        cause: sequence number that new events get as their parent unless told otherwise.
        to_soothe: contacts that came to wait in this turn, with the cause: they get music if
            nobody is found for them.
        flow_steps: how often each contact's flow was stepped: the guard against a flow that never
            waits. One turn may step very many flows once: after a restart, or at a common deadline.
    """

    world: World
    now: Instant
    actor: str
    cause: int = 0
    records: list[Record] = field(default_factory=list)
    effects: list[Effect] = field(default_factory=list)
    refused: Refused | None = None
    to_soothe: dict[ContactId, int] = field(default_factory=dict)
    flow_steps: dict[ContactId, int] = field(default_factory=dict)
    # The last record that may have made an agent or a contact match, brought up to date when asked.
    _touched_by: dict[AgentName | ContactId, int] = field(default_factory=dict)
    _traced: int = 0  # how many of the records are in it
    _tagged: int = 0
    _tag: str = ""

    @property
    def state(self) -> State:
        """The state as it is now, every event so far applied."""
        return self.world.state

    def mint(self, prefix: str) -> str:
        """Return the id of kind ``prefix`` for a thing born in the next event."""
        state = self.world.state
        number = state.seq + 1
        if number != self._tagged:
            self._tagged, self._tag = number, tag(number, state.seed)
        return f"{prefix}-{number}-{self._tag}"

    def emit(self, event: Event, *, cause: int | None = None) -> int:
        """Apply ``event`` and record it; return its sequence number.

        An illegal event is a bug of ours: it raises when strict (tests), else it is counted and
        dropped, and the centre goes on.

        Raises:
            IllegalTransition: strict, and the event cannot follow.
        """
        world = self.world
        seq = world.state.seq + 1
        record = Record(seq, self.now, self.cause if cause is None else cause, self.actor, event)
        try:
            world.fold(record)
        except IllegalTransition:
            if world.is_strict:
                raise
            world.illegal_count += 1
            return self.cause
        self.records.append(record)
        return seq

    def cause_of_match(self, contact: ContactId, agent: AgentName) -> int | None:
        """Return the record of this turn that brought ``contact`` and ``agent`` together."""
        if contact in self.to_soothe:
            return self.to_soothe[contact]
        touched_by = self._touched_by
        for record in self.records[self._traced :]:
            body: Any = record.body
            kind = type(body)
            if kind in _ABOUT_AGENT and body.agent is not None:
                touched_by[body.agent] = record.seq
            if kind in _ABOUT_CONTACT and body.contact is not None:
                touched_by[body.contact] = record.seq
        self._traced = len(self.records)
        return touched_by.get(contact) or touched_by.get(agent)

    def do(self, effect: Effect) -> None:
        """Ask for an effect; it is performed after the records are durable."""
        self.effects.append(effect)

    def refuse(self, code: str, message: str) -> None:
        """Answer the sender that the input cannot apply."""
        self.refused = Refused(code, message)

    def leg(self, leg_id: LegId | None) -> Leg | None:
        """Return a live leg, or None."""
        return self.state.legs.get(leg_id) if leg_id is not None else None

    def change_leg(self, leg: Leg, state: LegState, *, cause: int | None = None) -> None:
        """Move a leg to another state, unless it is there already."""
        if leg.state is not state:
            self.emit(e.LegChanged(leg.id, leg.contact, leg.agent, state), cause=cause)
