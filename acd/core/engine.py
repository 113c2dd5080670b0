"""The engine: a function of (state, input, time) giving events and effects.

    decide (pure, reads state) makes events
    apply  (total, decides nothing) changes state
    match  runs until no new offer

Nothing here waits, reads a clock, draws a random number or touches the outside.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from acd.core import inputs as i
from acd.core.contact import Contact, ContactState
from acd.core.decide import DECISIONS, match
from acd.core.effects import Effect
from acd.core.flows import Flows
from acd.core.ids import ContactId, LegId
from acd.core.inputs import Input
from acd.core.leg import LegRole, LegState
from acd.core.matching import Matcher
from acd.core.offer import Candidates
from acd.core.record import Record
from acd.core.state import State
from acd.core.timers import Instant, Timers
from acd.core.turn import Refused, Turn, World

FLAGS: tuple[str, ...] = ()
"""Logic flags of this engine; each names a change of behaviour that older logs do not have."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a step led to.

    Attributes:
        records: the input and its events, to be made durable before any effect is performed.
        effects: to be performed, in order.
        refused: why the input did not apply, if it did not.
    """

    records: tuple[Record, ...]
    effects: tuple[Effect, ...]
    refused: Refused | None = None


class Engine:
    """The routing core. One owner, one thread.

    Args:
        flows: the flow interpreter.
        state: a state to go on from; a new one by default.
        is_strict: raise on an illegal transition (tests) instead of counting it.
    """

    def __init__(
        self, flows: Flows, state: State | None = None, *, is_strict: bool = False
    ) -> None:
        state = state if state is not None else State()
        self._world = World(state, Timers(state.deadlines), Matcher(state), flows, is_strict)

    @property
    def state(self) -> State:
        """The state; read it, never write it."""
        return self._world.state

    @property
    def index(self) -> Matcher:
        """What the matching looks things up in; for checks."""
        return self._world.matcher

    @property
    def illegal_count(self) -> int:
        """How many illegal transitions were dropped: each is a bug."""
        return self._world.illegal_count

    def step(self, cause: Input, *, now: Instant, actor: str = "system") -> Outcome:
        """Work one input off.

        Args:
            cause: the input.
            now: the present; taken as the last record's instant if it is earlier than that.
            actor: who sent it.
        """
        self._world.matcher.rest()
        turn = Turn(self._world, max(now, self.state.at), actor)
        record = Record(self.state.seq + 1, turn.now, 0, actor, cause)
        self.fold(record)
        turn.records.append(record)
        turn.cause = record.seq
        DECISIONS[type(cause)](turn, cause)
        match(turn)
        return Outcome(tuple(turn.records), tuple(turn.effects), turn.refused)

    def advance(self, *, now: Instant) -> Outcome:
        """Work off every deadline at or before ``now``; nothing due is an empty outcome."""
        soonest = self.next_deadline()
        if soonest is None or soonest > now:
            return Outcome((), ())
        return self.step(i.TimePassed(), now=now, actor="clock")

    def next_deadline(self) -> Instant | None:
        """Return when :meth:`advance` has something to do, or None."""
        return self._world.timers.next()

    def fold(self, record: Record) -> None:
        """Apply a record of the log: restoring, not deciding."""
        self._world.fold(record)

    def candidates(self, contact: ContactId) -> Candidates:
        """Return the whole candidate table of a contact in a queue, as of now.

        Raises:
            LookupError: the contact is not open or was never queued.
        """
        found = self.state.contacts[contact]
        if found.queue is None:
            raise LookupError(f"{contact} was never queued")
        return self._world.matcher.candidates(found, self.state.at)

    def leased_legs(self) -> list[LegId]:
        """Return the customers' legs whose dead-man lease the shell has to renew.

        A leg in a talk has no lease: a crash of the engine never cuts a conversation.
        """
        return [leg for leg, contact in self._callers() if contact.state is not ContactState.ACTIVE]

    def talking_legs(self) -> list[LegId]:
        """Return the customers' legs that must not have a lease."""
        return [leg for leg, contact in self._callers() if contact.state is ContactState.ACTIVE]

    def _callers(self) -> Iterator[tuple[LegId, Contact]]:
        for leg in self.state.legs.values():
            if leg.role is LegRole.CUSTOMER and leg.state in (LegState.UP, LegState.DOWN):
                contact = self.state.contacts.get(leg.contact) if leg.contact else None
                if contact is not None:
                    yield leg.id, contact
