"""A turn: one input being worked off, its records and its effects."""

from __future__ import annotations

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

# After these the index looks again: at the agent, at the contact.
_TOUCHES: dict[type, tuple[bool, bool]] = {
    e.AgentDefined: (True, False),
    e.AgentRemoved: (True, False),
    e.PresenceChanged: (True, False),
    e.AgentRested: (True, False),
    e.RestEnded: (True, False),
    e.PhoneChanged: (True, False),
    e.LegOpened: (True, False),
    e.LegChanged: (True, True),
    e.LegClosed: (True, False),
    e.ContactQueued: (False, True),
    e.QueueLeft: (False, True),
    e.RequirementRelaxed: (False, True),
    e.OfferMade: (True, True),
    e.OfferEnded: (True, True),
    e.ContactEnded: (False, True),
    e.WorkDone: (True, False),
}


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
        touches = _TOUCHES.get(type(record.body))
        if touches is not None:
            self._touch(record.body, *touches)

    def _touch(self, body: Any, is_about_agent: bool, is_about_contact: bool) -> None:
        if isinstance(body, e.AgentDefined):
            self.matcher.agent_defined(self.state.agents[body.agent])
        elif isinstance(body, e.AgentRemoved):
            self.matcher.agent_removed(body.agent)
        elif is_about_agent and body.agent is not None:
            self.matcher.touch_agent(body.agent)
        if is_about_contact and body.contact is not None:
            self.matcher.touch_contact(body.contact)


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
        touched_by: agents and contacts that may match now, with the record that made them so.
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
    touched_by: dict[AgentName | ContactId, int] = field(default_factory=dict)
    flow_steps: dict[ContactId, int] = field(default_factory=dict)
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
        seq = self.world.state.seq + 1
        record = Record(seq, self.now, self.cause if cause is None else cause, self.actor, event)
        try:
            self.world.fold(record)
        except IllegalTransition:
            if self.world.is_strict:
                raise
            self.world.illegal_count += 1
            return self.cause
        self.records.append(record)
        touches = _TOUCHES.get(type(event))
        if touches is not None:
            body: Any = event
            if touches[0] and body.agent is not None:
                self.touched_by[body.agent] = seq
            if touches[1] and body.contact is not None:
                self.touched_by[body.contact] = seq
        return seq

    def cause_of_match(self, contact: ContactId, agent: AgentName) -> int | None:
        """Return the record of this turn that brought ``contact`` and ``agent`` together."""
        touched_by = self.touched_by
        return self.to_soothe.get(contact) or touched_by.get(contact) or touched_by.get(agent)

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
