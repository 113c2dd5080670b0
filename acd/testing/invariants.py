"""What must hold of the core after every step, checked by plain scans.

Nothing here uses the index or the engine's own words for who is free: a rule that is computed the
same way twice is not checked. :func:`problems` looks at a state alone and may be asked of a live
engine at any time; :class:`Watch` follows an engine from its first record and knows its history.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from copy import deepcopy

from acd.core import events as e
from acd.core.agent import DIRECT, Agent, Presence, Work, WorkState
from acd.core.apply import apply
from acd.core.channel import TRAITS, Channel
from acd.core.contact import BLAME, Contact, ContactState
from acd.core.engine import Engine, Outcome
from acd.core.ids import AgentName, ContactId, QueueName
from acd.core.leg import Leg, LegRole, LegState
from acd.core.record import Record
from acd.core.state import State
from acd.core.task import Lookup
from acd.core.timers import Purpose, Timers


class InvariantBroken(AssertionError):
    """Something that must always hold does not; the message lists all of it."""


def problems(state: State) -> list[str]:
    """Return every broken rule of a state between two steps; empty when all hold."""
    found: list[str] = []
    for check in (
        _agents,
        _contacts,
        _messages,
        _tasks,
        _offers,
        _legs,
        _timers,
        _matching,
        _sites,
    ):
        found += check(state)
    return found


# --- one state ----------------------------------------------------------------------------------


def _agents(state: State) -> Iterator[str]:
    for name, agent in state.agents.items():
        if agent.name != name:
            yield f"agent {name} is filed under another name"
        offered = {w.channel for w in agent.works.values() if w.state is WorkState.OFFERED}
        for channel in offered:
            taken = sum(1 for w in agent.works.values() if w.channel is channel)
            if taken > agent.profile.capacity.get(channel, 0):
                yield f"{name} is over capacity: {taken} of {channel}"
        if agent.is_leaving and not agent.works:
            yield f"{name} was to be removed when done and is still here"
        for work in agent.works.values():
            contact = state.contacts.get(work.contact)
            if contact is None or contact.offer != work.offer:
                yield f"{name} works on {work.contact}, which does not know of it"
            yield from _hold(agent, work)


def _hold(agent: Agent, work: Work) -> Iterator[str]:
    suspended_by = [
        other.contact
        for other in agent.works.values()
        if other.state in (WorkState.ACTIVE, WorkState.WRAPUP)
        and work.channel in agent.profile.interrupts.get(other.channel, ())
    ]
    if work.state is WorkState.HELD and not suspended_by:
        yield f"{agent.name} has put {work.contact} aside for nothing"
    if work.state is WorkState.ACTIVE and suspended_by:
        yield f"{agent.name} works on {work.contact} during {suspended_by}"


def _messages(state: State) -> Iterator[str]:
    threads = {c.thread: c.id for c in state.contacts.values() if c.thread and c.is_open}
    if threads != state.threads:
        yield f"threads are {state.threads} instead of {threads}"
    for message, delivery in state.outbox.items():
        if delivery.message != message or not TRAITS[delivery.channel].is_delivered:
            yield f"{message} is in the outbox as {delivery}"


def _contacts(state: State) -> Iterator[str]:
    for contact_id, contact in state.contacts.items():
        holders = [
            (name, work)
            for name, agent in state.agents.items()
            for work in agent.works.values()
            if work.contact == contact_id
        ]
        if len(holders) > 1:
            yield f"{contact_id} is held by {[name for name, _ in holders]}"
        yield from _place(state, contact, holders[0][1].state if holders else None)
        if contact.segments and any(s.end_at is None for s in contact.segments[:-1]):
            yield f"{contact_id} has an open segment before its last"
        if contact.is_open:
            yield from _own_leg(state, contact)
        elif contact.end_reason is None or contact.end_reason not in BLAME:
            yield f"{contact_id} ended without a reason"


def _place(state: State, contact: Contact, work: WorkState | None) -> Iterator[str]:
    expected = {
        ContactState.IN_FLOW: (None,),
        ContactState.WAITING: (None,),
        ContactState.OFFERED: (WorkState.OFFERED,),
        ContactState.ACTIVE: (WorkState.ACTIVE, WorkState.HELD),
        ContactState.WRAPUP: (WorkState.WRAPUP,),
    }
    if contact.state not in expected:
        yield f"{contact.id} is {contact.state} and still in the state"
    elif work not in expected[contact.state]:
        yield f"{contact.id} is {contact.state} but its work is {work}"
    if (contact.offer in state.offers) is not (contact.state is ContactState.OFFERED):
        yield f"{contact.id} is {contact.state} with offer {contact.offer}"
    if contact.state is ContactState.IN_FLOW and contact.cursor is None:
        yield f"{contact.id} is in a flow, but nowhere in it"
    if contact.state is not ContactState.IN_FLOW and contact.playback is not None:
        yield f"{contact.id} is played something outside a flow"
    if contact.promise is not None and contact.state is not ContactState.IN_FLOW:
        yield f"{contact.id} is promised a call and has not gone: {contact.state}"
    if contact.state is ContactState.WAITING and contact.queue is None:
        yield f"{contact.id} waits in no queue"


def _own_leg(state: State, contact: Contact) -> Iterator[str]:
    if TRAITS[contact.channel].has_legs is not (contact.leg is not None) and not contact.dial:
        yield f"{contact.id} on {contact.channel} has leg {contact.leg}"
    if contact.leg is None:
        return
    leg = state.legs.get(contact.leg)
    if leg is None or leg.contact != contact.id or leg.state is LegState.CLOSING:
        yield f"{contact.id} is open but its leg is {leg}"


def _tasks(state: State) -> Iterator[str]:
    waited = {c.task: c.id for c in state.contacts.values() if c.task is not None}
    if waited != state.tasks:
        yield f"contacts wait for {waited} and not for {state.tasks}"
    for task, errand in state.errands.items():
        if errand.task != task or errand.leg is not None:
            yield f"{task} is an errand as {errand}"
    for task, contact in state.tasks.items():
        found, has_leg = state.errands.get(task), state.contacts[contact].leg is not None
        if found is None and not has_leg:
            yield f"{task} is never begun again after a restart"
        if found is not None and has_leg and not isinstance(found.what, Lookup):
            yield f"{task} is begun again twice after a restart"


def _offers(state: State) -> Iterator[str]:
    for offer_id, offer in state.offers.items():
        contact, agent = state.contacts.get(offer.contact), state.agents.get(offer.agent)
        if contact is None or contact.offer != offer_id:
            yield f"{offer_id} is for {offer.contact}, which does not know of it"
        if agent is None or offer_id not in agent.works:
            yield f"{offer_id} has reserved nobody"
        elif agent.presence is not Presence.AVAILABLE:
            yield f"{offer_id} rings {offer.agent}, who is {agent.presence}"
        if offer.leg is not None:
            leg = state.legs.get(offer.leg)
            if leg is None or leg.offer != offer_id:
                yield f"{offer_id} has lost its leg"
            elif leg.state not in (LegState.DIALING, LegState.RINGING, LegState.AWAY):
                yield f"{offer_id} is open while its leg is {leg.state}"


def _legs(state: State) -> Iterator[str]:
    for leg_id, leg in state.legs.items():
        if leg.id != leg_id:
            yield f"leg {leg_id} is filed under another id"
        if leg.state is LegState.CLOSING or leg.farewell is not None:
            pass
        elif leg.contact is None or leg.contact not in state.contacts:
            yield f"{leg_id} is {leg.state} and belongs to nothing"
        elif leg.role is LegRole.CUSTOMER:
            if state.contacts[leg.contact].leg != leg_id:
                yield f"{leg_id} is not the leg of {leg.contact}"
        elif not _serves(state, leg, state.contacts[leg.contact]):
            yield f"{leg_id} is {leg.state} for an offer that is over"
        holder = state.agents.get(leg.agent) if leg.agent is not None else None
        is_line = leg.state is LegState.CLOSING or leg.offer is None
        if holder is not None and is_line is not (leg_id in holder.lines):
            yield f"{leg_id} ({leg.state}) and the lines of {leg.agent} disagree"
    for name, agent in state.agents.items():
        for line in agent.lines:
            if line not in state.legs or state.legs[line].agent != name:
                yield f"{name} is kept busy by {line}, which is not theirs"


def _serves(state: State, leg: Leg, contact: Contact) -> bool:
    if leg.offer is None or contact.offer != leg.offer:
        return False
    agent = state.agents.get(leg.agent) if leg.agent is not None else None
    work = agent.works.get(leg.offer) if agent is not None else None
    return work is not None and work.leg == leg.id and work.state is not WorkState.WRAPUP


def _timers(state: State) -> Iterator[str]:
    expected: dict[str, object] = {}
    for contact in state.contacts.values():
        leg = state.legs.get(contact.leg) if contact.leg is not None else None
        is_away = leg is not None and leg.state is LegState.AWAY
        has_flow = contact.cursor is not None
        if contact.state is ContactState.WAITING and has_flow and not is_away:
            expected[f"{Purpose.QUEUE}:{contact.id}"] = contact.leave_at
        if contact.state is ContactState.WRAPUP:
            expected[f"{Purpose.WRAPUP}:{contact.id}"] = ...
        relaxes = any(need.relax_after is not None for need in contact.requirement)
        if relaxes and contact.state in (ContactState.WAITING, ContactState.OFFERED):
            expected[f"{Purpose.RELAX}:{contact.id}"] = ...
    for offer in state.offers.values():
        leg = state.legs.get(offer.leg) if offer.leg is not None else None
        if leg is None or leg.state is not LegState.AWAY:
            expected[f"{Purpose.OFFER}:{offer.id}"] = offer.deadline
        if leg is not None and leg.state is LegState.DIALING:
            expected[f"{Purpose.RINGING}:{offer.id}"] = ...
    for agent in state.agents.values():
        if agent.rest_until is not None:
            expected[f"{Purpose.REST}:{agent.name}"] = agent.rest_until
    for override in state.overrides.values():
        if override.until is not None:
            expected[f"{Purpose.OVERRIDE}:{override.calendar}"] = override.until
    for key, at in expected.items():
        if key not in state.deadlines or at not in (..., state.deadlines[key]):
            yield f"deadline {key} is {state.deadlines.get(key)} instead of {at}"
    for key in state.deadlines.keys() - expected.keys():
        if not _may_be_armed(state, key):
            yield f"deadline {key} is about nothing"


def _may_be_armed(state: State, key: str) -> bool:
    purpose, _, about = key.partition(":")
    contact = state.contacts.get(ContactId(about))
    if contact is None:
        return False
    if purpose == Purpose.FLOW:
        return contact.state is ContactState.IN_FLOW
    return purpose == Purpose.MUSIC and (
        contact.state is ContactState.OFFERED and not contact.has_music
    )


def _sites(state: State) -> Iterator[str]:
    used = {contact.site for contact in state.contacts.values()} | {state.site}
    used |= {state.canary.version} if state.canary is not None else set()
    if used - {""} != state.sites.keys():
        yield f"sites kept are {sorted(state.sites)}, used are {sorted(used)}"


# --- matching, naively --------------------------------------------------------------------------


def is_waiting(state: State, contact: Contact) -> bool:
    """Return whether ``contact`` could be given to an agent now."""
    if contact.state is not ContactState.WAITING:
        return False
    return contact.leg is None or state.legs[contact.leg].state is not LegState.AWAY


def can_take(agent: Agent, contact: Contact) -> bool:
    """Return whether ``agent`` could be asked for ``contact`` now."""
    profile, channel = agent.profile, contact.channel
    if contact.queue not in profile.queues:
        return False
    skills = {**profile.skills, DIRECT + profile.name: 1}
    if any(skills.get(need.skill, 0) < need.min for need in contact.requirement):
        return False
    if any(_excludes(agent, work, channel) for work in agent.works.values()):
        return False
    if agent.presence is not Presence.AVAILABLE or agent.rest_until is not None:
        return False
    has_phone = bool(profile.address) and agent.is_reachable and not agent.lines
    if channel is Channel.VOICE and not has_phone:
        return False
    taken = sum(1 for work in agent.works.values() if work.channel is channel)
    return taken < profile.capacity.get(channel, 0)


def _excludes(agent: Agent, work: Work, channel: Channel) -> bool:
    profile = agent.profile
    if work.state is WorkState.HELD or work.channel is channel:
        return False
    if channel in profile.interrupts.get(work.channel, ()):
        return True
    together = any({work.channel, channel} <= set(group) for group in profile.exclusive)
    return together and work.channel not in profile.interrupts.get(channel, ())


def _matching(state: State) -> Iterator[str]:
    for contact in state.contacts.values():
        if not is_waiting(state, contact):
            continue
        for agent in state.agents.values():
            if can_take(agent, contact):
                yield f"{contact.id} waits while {agent.name} is available"


# --- an engine and its history ------------------------------------------------------------------


class Watch:
    """Follows one engine from its first record.

    Args:
        engine: an engine that has not stepped yet.
        thorough_every: compare the whole fold and the whole index every so many steps; the rules of
            the state are looked at after each one.
    """

    def __init__(self, engine: Engine, *, thorough_every: int = 1) -> None:
        self.engine = engine
        self.records: list[Record] = []
        self._every = thorough_every
        self._steps = 0
        self._folded = deepcopy(engine.state)
        self._timers = Timers(self._folded.deadlines)
        self._ended: dict[ContactId, str] = {}
        self._in_queue: dict[ContactId, QueueName] = {}
        self._entered: Counter[QueueName] = Counter()
        self._left: Counter[QueueName] = Counter()
        self._opened = 0
        self._closed = 0

    def after(self, outcome: Outcome) -> None:
        """Check everything after a step.

        Raises:
            InvariantBroken: a rule does not hold; all that do not are named.
        """
        found: list[str] = []
        for record in outcome.records:
            found += self._take(record)
        found += problems(self.engine.state)
        found += self._equation()
        if self.engine.illegal_count:
            found.append(f"{self.engine.illegal_count} illegal transitions")
        self._steps += 1
        if self._steps % self._every == 0:
            found += self.thorough()
        if found:
            told = "\n".join(f"  {r.seq} <- {r.cause} {r.body}" for r in outcome.records[-12:])
            raise InvariantBroken("\n".join([*found, "after", told]))

    def thorough(self) -> list[str]:
        """Return what differs between the state and its fold, the index and a new one."""
        found = []
        if self._folded != self.engine.state:
            found.append(f"fold differs: {difference(self._folded, self.engine.state)}")
        kept, made = self.engine.index.standing(), self.engine.index.anew().standing()
        if kept != made:
            found.append(f"index kept {kept} is not the index made anew {made}")
        soonest = min(self.engine.state.deadlines.values(), default=None)
        if self.engine.next_deadline() != soonest:
            found.append(f"next deadline {self.engine.next_deadline()} is not {soonest}")
        return found

    def _take(self, record: Record) -> Iterator[str]:
        last = self.records[-1] if self.records else None
        if record.seq != (last.seq if last else 0) + 1:
            yield f"record {record.seq} follows {last.seq if last else 0}"
        if last is not None and record.at < last.at:
            yield f"record {record.seq} is earlier than the one before"
        if not record.cause < record.seq or record.is_input is not (record.cause == 0):
            yield f"record {record.seq} {record.type} has cause {record.cause}"
        self.records.append(record)
        yield from self._count(record)
        apply(self._folded, self._timers, record)
        if isinstance(record.body, e.OfferMade):
            yield from self._reserved(record.body.agent, record.body.contact)

    def _reserved(self, name: AgentName, contact_id: ContactId) -> Iterator[str]:
        agent, channel = self._folded.agents[name], self._folded.contacts[contact_id].channel
        taken = sum(1 for work in agent.works.values() if work.channel is channel)
        if taken > agent.profile.capacity.get(channel, 0):
            yield f"{name} was given {contact_id} over capacity"

    def _count(self, record: Record) -> Iterator[str]:
        match record.body:
            case e.ContactOpened(contact):
                self._opened += 1
                if contact in self._folded.contacts or contact in self._ended:
                    yield f"{contact} was opened twice"
            case e.ContactQueued(contact, queue):
                self._entered[queue] += 1
                self._in_queue[contact] = queue
            case e.QueueLeft(contact) | e.OfferAccepted(contact):
                yield from self._leave(contact, record)
            case e.ContactEnded(contact, reason):
                if contact in self._ended:
                    yield f"{contact} ended twice"
                self._ended[contact] = reason
                if contact in self._in_queue:
                    yield from self._leave(contact, record)
            case e.ContactClosed(contact, reason):
                self._closed += 1
                if self._ended.get(contact) != reason:
                    yield f"{contact} closed as {reason}, ended as {self._ended.get(contact)}"
                yield from self._last_segment(contact)
            case _:
                pass

    def _leave(self, contact: ContactId, record: Record) -> Iterator[str]:
        queue = self._in_queue.pop(contact, None)
        if queue is None:
            yield f"record {record.seq} takes {contact} out of no queue"
        else:
            self._left[queue] += 1

    def _last_segment(self, contact_id: ContactId) -> Iterator[str]:
        segments = self._folded.contacts[contact_id].segments
        if any(segment.end_at is None for segment in segments):
            yield f"{contact_id} closed with an open segment"

    def _equation(self) -> Iterator[str]:
        """Entered = answered + left + ended + still there, for each queue; and for contacts."""
        state = self.engine.state
        here = Counter(
            contact.queue
            for contact in state.contacts.values()
            if contact.state in (ContactState.WAITING, ContactState.OFFERED)
        )
        for queue, entered in self._entered.items():
            if entered != self._left[queue] + here[queue]:
                yield f"{queue}: {entered} entered, {self._left[queue]} left, {here[queue]} there"
        if self._opened != self._closed + len(state.contacts):
            yield f"{self._opened} opened, {self._closed} closed, {len(state.contacts)} open"


def difference(left: object, right: object, path: str = "") -> str:
    """Return where two values differ first, for people."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in left.keys() | right.keys():
            if key not in left or key not in right:
                side = "right" if key not in left else "left"
                return f"{path}[{key}] only {side}"
            if left[key] != right[key]:
                return difference(left[key], right[key], f"{path}[{key}]")
    names: Sequence[str] = getattr(type(left), "__slots__", ())
    if type(left) is type(right):
        for name in names:
            one, other = getattr(left, name), getattr(right, name)
            if one != other:
                return difference(one, other, f"{path}.{name}")
    return f"{path}: {left!r} is not {right!r}"
