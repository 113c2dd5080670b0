"""A day in a centre where everything happens at once: random interleavings, every step checked.

Callers, agents, phones, the link to the PBX, the PBX and the engine itself come and go by chance
from one seed, in virtual time, so a seed that found something finds it again.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from random import Random

from acd.core import effects as f
from acd.core import events as e
from acd.core import inputs as i
from acd.core.agent import AgentProfile, Presence
from acd.core.canary import Guard
from acd.core.channel import Channel
from acd.core.contact import Contact, ContactState, EndReason
from acd.core.engine import Engine, Outcome
from acd.core.flows import Flows
from acd.core.ids import (
    AgentName,
    ContactId,
    ConversationId,
    CustomerId,
    LegId,
    QueueName,
)
from acd.core.leg import GoneCause, LegRole, LegState
from acd.core.matter import Matter
from acd.core.queue import Queue
from acd.core.site import Site
from acd.core.timers import Instant
from acd.testing.fake_pbx import NODE, Chances, Clockwork, FakeLeg, FakePbx
from acd.testing.fakes import TinyFlows, tiny_site
from acd.testing.invariants import InvariantBroken, Watch

START = Instant(1_700_000_000_000_000)
LEASE_SECONDS = 15.0


def chaos_site(version: str = "v1") -> Site:
    """Return a site with something of everything."""
    return tiny_site(
        version,
        queues={
            "support": Queue(
                QueueName("support"), offer_seconds=12, wrapup_seconds=6, max_wait_seconds=90
            ),
            "sales": Queue(
                QueueName("sales"), strategy="most_skilled", offer_seconds=8, max_waiting=6
            ),
        },
        flows={
            "spanish": {"queue": "support", "require": [["es", 2, 20.0]], "left": "voicemail"},
            "vip": {"queue": "sales", "require": [["vip", 1, 5.0]], "priority": 3},
            "patient": {"queue": "support", "max_wait": 10, "left": "again"},
        },
    )


class Chaos:
    """One run.

    Args:
        seed: where all chance comes from.
        callers: how many calls, and a tenth of that many chats.
        agents: how many agents.
        thorough_every: see :class:`Watch`.
        chances: how phones and callers behave.

    Attributes:
        flows: what contacts walk.
        queues, skills: what agents may have.
        numbers, addresses: what is called, and written to.
    """

    flows: Flows = TinyFlows()
    queues: tuple[str, ...] = ("support", "sales")
    skills: tuple[str, ...] = ("en", "es", "vip")
    numbers: tuple[str, ...] = (
        *("menu", "menu", "support", "sales", "spanish", "vip", "patient", "mail", "?"),
    )
    addresses: tuple[tuple[Channel, str], ...] = (
        *((Channel.CHAT, "support"), (Channel.CHAT, "menu")),
        *((Channel.MAIL, "support"), (Channel.MAIL, "menu")),
    )

    def __init__(
        self,
        seed: int,
        callers: int = 300,
        agents: int = 8,
        thorough_every: int = 25,
        chances: Chances = Chances(),  # noqa: B008  # a constant
    ) -> None:
        self.random = Random(seed)
        self.clock = Clockwork(START)
        self.pbx = FakePbx(self.clock, self.random, self.tell, chances)
        self.engine = Engine(self.flows, is_strict=True)
        self.watch = Watch(self.engine, thorough_every=thorough_every)
        self.reasons: Counter[EndReason] = Counter()
        self.callers = callers
        self.is_closing = False
        self.quiet_checks = 0
        self._agents = [f"agent{number}" for number in range(agents)]
        self._arrived = 0
        self._intake = 0
        self._opened: Counter[str] = Counter()

    def site(self, version: str = "v1") -> Site:
        """Return a version of the site."""
        return chaos_site(version)

    def key(self) -> str:
        """Return a key that somebody presses."""
        return self.random.choice("123")

    def words(self) -> str:
        """Return what somebody writes."""
        return "2"

    def run(self) -> None:
        """Run until everybody has gone.

        Raises:
            InvariantBroken: something that must hold did not.
        """
        self.tell(i.OpenLog("chaos", "chaos"))
        self.tell(i.PublishSite(self.site()))
        self._look(is_fresh=True)
        for name in self._agents:
            self._define(name)
            self.tell(i.SetPresence(AgentName(name), Presence.AVAILABLE))
        for seconds, action in (
            (3.0, self._arrive),
            (30.0, self._chat),
            (15.0, self._write),
            (10.0, self._agent_writes_or_hands_over),
            (40.0, self._supervise),
            (6.0, self._agent_does_something),
            (60.0, self._outage),
            (25.0, self._fall_out),
            (900.0, self._pbx_dies),
            (200.0, self._publish),
        ):
            self._every(seconds, action)
        self.clock.call(60, self._look_again)
        while not (self.is_closing and self._is_empty()):
            self._next()
            if self.clock.now > START + 86_400_000_000:
                raise InvariantBroken(f"still here: {self.engine.state} {self.pbx.legs}")
        self._at_the_end()

    def _next(self) -> None:
        due, then = self.engine.next_deadline(), self.clock.next()
        if due is not None and (then is None or due <= then):
            self.clock.now = max(self.clock.now, due)
            self._took(self.engine.advance(now=self.clock.now))
        else:
            self.clock.run_next()
        self._quiet()

    def _is_empty(self) -> bool:
        state = self.engine.state
        return not (state.contacts or state.legs or self.pbx.legs or self.pbx.in_flight)

    def _every(self, seconds: float, action: Callable[[], None]) -> None:
        def again() -> None:
            if not self.is_closing:
                action()
                self._every(seconds, action)

        self.clock.call(self.random.expovariate(1 / seconds), again)

    # --- the engine -----------------------------------------------------------------------------

    def tell(self, cause: i.Input) -> None:
        """Step the engine and have its effects performed."""
        self._took(self.engine.step(cause, now=self.clock.now))

    def _took(self, outcome: Outcome) -> None:
        self.watch.after(outcome)
        for effect in outcome.effects:
            self.pbx.perform(effect)
            if isinstance(effect, f.Present):
                self._later(0, 15, lambda x=effect: self._react(x))  # type: ignore[misc]
        for record in outcome.records:
            self._follow(record.body)

    def _follow(self, body: object) -> None:
        match body:
            case e.ContactOpened(contact, _, leg):
                self._opened[leg or contact] += 1
                if leg is None:
                    self._later(5, 300, lambda: self._end_chat(contact, by_customer=True))
            case e.OfferAccepted(contact) if self.engine.state.contacts[contact].leg is None:
                self._later(5, 60, lambda: self._end_chat(contact, by_customer=False))
            case e.WrapupStarted(_, agent) if self.random.random() < 0.5:
                self._later(0, 5, lambda: self.tell(i.FinishWrapup(agent, "code")))
            case e.ContactClosed(_, reason):
                self.reasons[reason] += 1

    def _later(self, least: float, most: float, action: Callable[[], None]) -> None:
        self.clock.call(self.random.uniform(least, most), action)

    # --- people ---------------------------------------------------------------------------------

    def _arrive(self) -> None:
        self._arrived += 1
        if self._arrived > self.callers:
            self._close()
            return
        name = f"caller{self._arrived}"
        self.pbx.arrive(name, self.random.choice(self.numbers))
        for _ in range(self.random.randrange(3)):
            self._later(1, 12, lambda: self._press(LegId(name)))

    def _press(self, leg: LegId) -> None:
        if leg in self.pbx.legs and self.pbx.legs[leg].is_ours:
            self.pbx.emit(i.DigitReceived(leg, self.key()))

    def _chat(self) -> None:
        queue = QueueName(self.random.choice(self.queues))
        self.tell(i.ContactArrived(Channel.CHAT, "widget", "somebody", queue))

    def _write(self) -> None:
        self._intake += self.random.random() < 0.9  # now and then a row is told twice
        channel, to = self.random.choice(self.addresses)
        who = f"{channel}:{self.random.randrange(8)}"
        if channel is Channel.CHAT and self.random.random() < 0.2:
            self.tell(i.CustomerLeft(self._intake, who))
        else:
            cause = i.MessageArrived(self._intake, channel, to, who, "", who, self.words())
            self.tell(cause)

    def _agent_writes_or_hands_over(self) -> None:
        active = [c for c in self.engine.state.contacts.values() if c.agent is not None]
        if not active:
            return
        contact = self.random.choice(active)
        agent = AgentName(self.random.choice((contact.agent or "", *self._agents)))
        match self.random.randrange(6):
            case 5:
                self._begin(agent)
            case 4:
                number = f"+1555{self.random.randrange(10**6)}"
                self.tell(i.CallCustomer(contact.id, agent, number))
            case 0:
                queue = QueueName(self.random.choice((*self.queues, "nowhere")))
                self.tell(i.TransferContact(contact.id, agent, to_queue=queue))
            case 1:
                to = AgentName(self.random.choice(self._agents))
                self.tell(i.TransferContact(contact.id, agent, to_agent=to))
            case _:
                self.tell(i.SendMessage(contact.id, agent, str(self.random.randrange(3)), "Hi"))

    def _begin(self, agent: AgentName) -> None:
        """Let an agent go on with a contact that is closed."""
        number = self.random.randrange(20)
        closed = ContactId(f"c-closed-{number}")
        customer, matter = CustomerId(f"cu-{number}"), ConversationId(f"cv-{number}")
        told = Matter(QueueName(self.random.choice(self.queues)), customer, matter)
        if self.random.random() < 0.5:
            self.tell(i.CallCustomer(closed, agent, f"+1555{number:06}", told))
        else:
            thread = f"mail:begun{len(self.watch.records)}"
            cause = i.WriteCustomer(closed, agent, Channel.MAIL, "us", "them", thread, "", told)
            self.tell(cause)

    def _supervise(self) -> None:
        contacts = list(self.engine.state.contacts)
        if contacts:
            contact = self.random.choice(contacts)
            self.tell(i.SetPriority(contact, self.random.randrange(3)))
            if self.random.random() < 0.1:
                self.tell(i.WithdrawContact(contact))
        for message in list(self.engine.state.outbox):
            if self.random.random() < 0.9:
                self.tell(i.MessageDelivered(message))
            else:
                self.tell(i.MessageUndeliverable(message, "dead"))

    def _react(self, effect: f.Present) -> None:
        kind = self.random.choice((i.AcceptOffer, i.AcceptOffer, i.DeclineOffer))
        self.tell(kind(effect.offer))

    def _end_chat(self, contact: ContactId, *, by_customer: bool) -> None:
        self.tell(i.EndContact(contact, by_customer))

    def _define(self, name: str) -> None:
        levels = {skill: self.random.randrange(4) for skill in self.skills}
        queues = {QueueName(name): self.random.choice((1, 2)) for name in self.queues}
        if self.random.random() < 0.3:
            del queues[self.random.choice(list(queues))]
        capacity = {
            Channel.VOICE: 1,
            Channel.CHAT: self.random.choice((0, 1, 2)),
            Channel.MAIL: self.random.choice((0, 1, 2)),
        }
        exclusive = self.random.choice(((), ((Channel.VOICE, Channel.CHAT),)))
        profile = AgentProfile(
            AgentName(name), "", levels, queues, f"sip-{name}", capacity, exclusive
        )
        self.tell(i.DefineAgent(profile))

    def _agent_does_something(self) -> None:
        name = AgentName(self.random.choice(self._agents))
        match self.random.randrange(10):
            case 0:
                self.tell(i.SetPresence(name, Presence.NOT_READY, "break"))
            case 1:
                self._define(name)
            case 2 if self.random.random() < 0.3:
                self.tell(i.RemoveAgent(name))
                self._later(5, 60, lambda: self._define(name))
            case 3:
                self._dial_code(name)
            case 4:
                self.tell(i.PhoneReachable(name, False))
                self._later(1, 30, lambda: self.tell(i.PhoneReachable(name, True)))
            case _:
                self.tell(i.SetPresence(name, Presence.AVAILABLE))

    def _dial_code(self, name: str) -> None:
        if not self.pbx.is_linked:
            return
        leg = LegId(f"code{len(self.watch.records)}")
        self.pbx.legs[leg] = FakeLeg(leg, LegState.UP, f"sip-{name}")
        code = self.random.choice(("*1", "*2", "*3", "*4", "*5", "*6"))
        self.pbx.emit(i.CodeDialled(leg, NODE, f"sip-{name}", code))
        self._later(5, 20, lambda: self.pbx.end(leg, GoneCause.NORMAL))

    def _close(self) -> None:
        self.is_closing = True
        self._open_up()

    def _open_up(self) -> None:
        for name in self._agents:
            self._define(name)
            self.tell(i.SetPresence(AgentName(name), Presence.AVAILABLE))
        if not self._is_empty():
            self.clock.call(30, self._open_up)

    # --- what breaks ----------------------------------------------------------------------------

    def _outage(self) -> None:
        if not self.pbx.is_linked:
            return
        self.pbx.cut()
        seconds = self.random.choice((0.2, 2.0, 10.0, 40.0)) * self.random.random()
        if seconds > LEASE_SECONDS:
            self.clock.call(LEASE_SECONDS, self._leases_expire)
        self.clock.call(seconds, self._back)

    def _leases_expire(self) -> None:
        for leg in list(self.pbx.legs.values()):
            if not leg.talk:
                self.pbx.fall_out(leg)

    def _back(self) -> None:
        if self.random.random() < 0.5:
            self._restart_engine()
        self.pbx.join()
        self._look(is_fresh=True)

    def _restart_engine(self) -> None:
        engine = Engine(self.flows, is_strict=True)
        for record in self.watch.records:
            engine.fold(record)
        if engine.state != self.engine.state:
            raise InvariantBroken("the log does not tell the state")
        self.engine = self.watch.engine = engine

    def _look(self, *, is_fresh: bool) -> None:
        self.tell(self.pbx.look(list(self.engine.state.legs), is_fresh=is_fresh))

    def _look_again(self) -> None:
        """Look now and then; what was seen is told a little later, when it may be old."""
        if self.pbx.is_linked:
            legs = self.engine.state.legs.values()
            known = [leg.id for leg in legs if leg.state is not LegState.DIALING]
            self.pbx.emit(self.pbx.look(known, is_fresh=False))
        self.clock.call(60, self._look_again)

    def _fall_out(self) -> None:
        customers = [leg for leg in self.pbx.legs.values() if not leg.address]
        if customers:
            self.pbx.fall_out(self.random.choice(customers))

    def _pbx_dies(self) -> None:
        if self.pbx.is_linked:
            self.pbx.cut()
            self.pbx.die()
            if self.random.random() < 0.5:
                self.tell(i.PbxLost(NODE))
            self.clock.call(3, self._back)

    def _publish(self) -> None:
        site = self.site(self.random.choice(("v1", "v2", "v3")))
        half = i.StartCanary(site, 50, (), Guard(least=3))
        kinds = (i.PublishSite(site), half, half, i.PromoteCanary(), i.EndCanary())
        self.tell(self.random.choice(kinds))

    # --- what must hold -------------------------------------------------------------------------

    def _quiet(self) -> None:
        """When nothing is under way, PBX and state must show the same picture."""
        if self.pbx.in_flight or not self.pbx.is_linked:
            return
        self.quiet_checks += 1
        state, legs = self.engine.state, self.pbx.legs
        found = [
            f"nobody knows of {leg}"
            for leg in legs.values()
            if leg.is_ours and leg.id not in state.legs
        ]
        found += [
            f"{leg} is not there"
            for leg in state.legs.values()
            if leg.id not in legs and leg.state is not LegState.DIALING
        ]
        for contact in state.contacts.values():
            found += self._picture(contact)
        if found:
            told = [f"{r.at} {r.seq} <- {r.cause} {r.body}" for r in self.watch.records[-60:]]
            raise InvariantBroken("\n".join([*found, "after", *told]))

    def _picture(self, contact: Contact) -> list[str]:
        legs = self.pbx.legs
        mine = legs.get(contact.leg) if contact.leg is not None else None
        if mine is None or not mine.is_ours:
            return []
        if contact.state is ContactState.ACTIVE:
            state = self.engine.state.legs.values()
            phones = [
                legs[leg.id]
                for leg in state
                if leg.contact == contact.id and leg.role is LegRole.AGENT and leg.id in legs
            ]
            if all(phone.bridge != mine.bridge for phone in phones) or not mine.bridge:
                return [f"{contact.id} talks in {mine} with {phones}"]
        is_held = mine.bridge.startswith(i.HOLD_BRIDGE)
        if is_held and contact.state is ContactState.OFFERED:
            return []  # the end of an earlier hold was lost: music it is, here or in a moment
        if is_held is not contact.has_music and contact.state is not ContactState.ACTIVE:
            return [f"{contact.id} {contact.state} music {contact.has_music} stands in {mine}"]
        return []

    def _at_the_end(self) -> None:
        doubled = [who for who, count in self._opened.items() if count > 1]
        lost = sorted(self.pbx.shown - self._opened.keys())
        found = self.watch.thorough()
        if doubled:
            found.append(f"more than one contact for {doubled}")
        if lost:
            found.append(f"callers never became a contact: {lost}")
        if found:
            raise InvariantBroken("\n".join(found))
