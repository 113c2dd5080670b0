"""Stories: what people and phones do, told to a real engine in virtual time.

    story = Story().agent("ann")
    story.at(0).calls("c1").rings("ann").at(4).answers("ann").talks("c1", "ann")

Every verb in the present tense either tells the engine something or asserts something; all return
the story. After every step all invariants are checked (:mod:`acd.testing.invariants`). A hang-up
the engine asks for is confirmed before the next verb, unless ``slow_to_hang_up``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Self, TypeVar

from acd.core import effects as f
from acd.core import events as e
from acd.core import inputs as i
from acd.core.agent import Agent, AgentProfile, Presence, Work, WorkState
from acd.core.channel import Channel
from acd.core.contact import Contact, ContactState, EndReason
from acd.core.engine import Engine, Outcome
from acd.core.flows import Flows
from acd.core.ids import AgentName, ContactId, LegId, OfferId, QueueName
from acd.core.leg import GoneCause, Leg, LegRole, LegState
from acd.core.offer import OfferOutcome
from acd.core.record import Record
from acd.core.site import Site
from acd.core.skill import Need
from acd.core.timers import Instant, after
from acd.testing.fakes import TinyFlows, tiny_site
from acd.testing.invariants import Watch

START = Instant(1_700_000_000_000_000)
NODE = "pbx"

Ev = TypeVar("Ev")
Ef = TypeVar("Ef")


class Story:
    """An engine, its virtual clock and those who call it.

    Args:
        site: the site; a tiny one by default.
        flows: the flows; :class:`TinyFlows` by default.
    """

    def __init__(self, site: Site | None = None, flows: Flows | None = None) -> None:
        self.flows = flows or TinyFlows()
        self.engine = Engine(self.flows, is_strict=True)
        self.watch = Watch(self.engine)
        self.now = START
        self.effects: list[f.Effect] = []
        self.last = Outcome((), ())
        self.slow_to_hang_up = False
        self.epoch = "e1"
        self._hanging: list[LegId] = []
        self._contacts: dict[str, ContactId] = {}
        self._intake = 0
        self.tell(i.OpenLog("test", "story"))
        self.tell(i.PublishSite(site or tiny_site()))

    # --- telling --------------------------------------------------------------------------------

    def tell(self, cause: i.Input, actor: str = "pbx") -> Self:
        """Give the engine an input, after the hang-ups it asked for have been confirmed."""
        if not self.slow_to_hang_up:
            self._confirm()
        self._step(cause, actor)
        return self

    def _confirm(self) -> None:
        while self._hanging:
            leg = self._hanging.pop(0)
            if leg in self.engine.state.legs:
                self._step(i.LegGone(leg), "pbx")

    def _step(self, cause: i.Input, actor: str) -> None:
        self._took(self.engine.step(cause, now=self.now, actor=actor))

    def _took(self, outcome: Outcome) -> None:
        self.last = outcome
        self.watch.after(outcome)
        self.effects += outcome.effects
        self._hanging += [x.leg for x in outcome.effects if isinstance(x, f.HangUp)]
        for record in outcome.records:
            if isinstance(record.body, e.ContactOpened):
                self._contacts[record.body.leg or record.body.ani] = record.body.contact

    def at(self, seconds: float) -> Self:
        """Let time pass until ``seconds`` after the start, working off every deadline."""
        return self._until(after(START, seconds))

    def later(self, seconds: float) -> Self:
        """Let ``seconds`` pass."""
        return self._until(after(self.now, seconds))

    def _until(self, then: Instant) -> Self:
        if not self.slow_to_hang_up:
            self._confirm()
        while (due := self.engine.next_deadline()) is not None and due <= then:
            self.now = max(self.now, due)
            self._took(self.engine.advance(now=self.now))
            if not self.slow_to_hang_up:
                self._confirm()
        self.now = then
        return self

    def agent(
        self,
        name: str,
        queues: str | Mapping[str, int] = "support",
        skills: Mapping[str, int] | None = None,
        *,
        capacity: Mapping[Channel, int] | None = None,
        exclusive: tuple[tuple[Channel, ...], ...] = (),
        address: str | None = None,
        ready: bool = True,
    ) -> Self:
        """Define an agent, who is ready unless told otherwise."""
        levels = dict.fromkeys(queues.split(), 1) if isinstance(queues, str) else queues
        profile = AgentProfile(
            AgentName(name),
            skills=skills or {},
            queues={QueueName(queue): level for queue, level in levels.items()},
            address=f"sip-{name}" if address is None else address,
            capacity=capacity or {Channel.VOICE: 1},
            exclusive=exclusive,
        )
        self.tell(i.DefineAgent(profile), "cli")
        return self.ready(name) if ready else self

    def ready(self, name: str) -> Self:
        """Let an agent say they take contacts."""
        return self.says(name, Presence.AVAILABLE)

    def says(self, name: str, presence: Presence, reason: str = "") -> Self:
        """Let an agent change their presence."""
        cause = i.SetPresence(AgentName(name), presence, reason)
        return self.tell(cause, f"agent:{name}")

    def removes(self, name: str) -> Self:
        """Remove an agent."""
        return self.tell(i.RemoveAgent(AgentName(name)), "cli")

    def publishes(self, site: Site) -> Self:
        """Make a site the running one."""
        return self.tell(i.PublishSite(site), "cli")

    def finishes(self, name: str, disposition: str = "") -> Self:
        """Let an agent end their wrap-up."""
        return self.tell(i.FinishWrapup(AgentName(name), disposition), f"agent:{name}")

    def dials(self, name: str, code: str, leg: str = "code") -> Self:
        """Let an agent dial a ``*`` code on their own phone."""
        return self.tell(i.CodeDialled(LegId(leg), NODE, f"sip-{name}", code))

    # --- callers --------------------------------------------------------------------------------

    def calls(self, *names: str, to: str = "support", is_up: bool = False) -> Self:
        """Let callers ring a number; a caller's leg has the caller's name."""
        for name in names:
            self.tell(i.LegArrived(LegId(name), NODE, f"+{name}", to, name, is_up))
        return self

    def returns(self, name: str, to: str = "support") -> Self:
        """Let a caller come back out of the PBX's fallback."""
        return self.tell(i.LegReturned(LegId(name), NODE, f"+{name}", to, name))

    def hangs_up(self, name: str, cause: GoneCause = GoneCause.NORMAL) -> Self:
        """Let a caller hang up."""
        return self.tell(i.LegGone(LegId(name), cause))

    def presses(self, name: str, digits: str) -> Self:
        """Let a caller press keys."""
        for digit in digits:
            self.tell(i.DigitReceived(LegId(name), digit))
        return self

    def hears(self, name: str) -> Self:
        """Let what a caller is being played come to its end."""
        playback = self.contact(name).playback
        assert playback is not None, f"{name} is played nothing"
        return self.tell(i.PlaybackEnded(LegId(name), playback))

    def speaks(self, name: str, seconds: float) -> Self:
        """Let a caller's message end after ``seconds``."""
        recording = self.contact(name).recording
        assert recording is not None, f"{name} leaves no message"
        return self.tell(i.RecordingEnded(LegId(name), recording, seconds))

    def chats(
        self,
        name: str,
        queue: str = "support",
        require: Sequence[Need] = (),
        attributes: Mapping[str, str] | None = None,
    ) -> Self:
        """Let a chat come in from somebody."""
        cause = i.ContactArrived(
            Channel.CHAT,
            "widget",
            name,
            QueueName(queue),
            requirement=tuple(require),
            attributes=attributes or {},
        )
        return self.tell(cause, "chat")

    def writes(
        self,
        name: str,
        text: str = "Hello",
        *,
        to: str = "support",
        channel: Channel = Channel.CHAT,
        again: bool = False,
    ) -> Self:
        """Let somebody write to an address; ``again`` repeats the last row of the intake."""
        self._intake += 0 if again else 1
        cause = i.MessageArrived(
            self._intake, channel, to, name, name.title(), f"{channel}:{name}", text
        )
        return self.tell(cause, channel)

    def leaves(self, name: str, channel: Channel = Channel.CHAT) -> Self:
        """Let somebody who wrote close the window."""
        self._intake += 1
        return self.tell(i.CustomerLeft(self._intake, f"{channel}:{name}"), channel)

    def replies(self, agent: str, name: str, text: str = "Hello", key: str = "k1") -> Self:
        """Let an agent write to a customer."""
        cause = i.SendMessage(self.contact(name).id, AgentName(agent), key, text)
        return self.tell(cause, f"agent:{agent}")

    def hands_over(
        self, agent: str, name: str, *, queue: str | None = None, to: str | None = None
    ) -> Self:
        """Let an agent transfer a contact to a queue or another agent."""
        cause = i.TransferContact(
            self.contact(name).id,
            AgentName(agent),
            QueueName(queue) if queue else None,
            AgentName(to) if to else None,
        )
        return self.tell(cause, f"agent:{agent}")

    # --- phones ---------------------------------------------------------------------------------

    def rings(self, name: str, caller: str | None = None) -> Self:
        """Assert that an agent's phone is dialled, for ``caller`` if given, and let it ring."""
        work = self.offered(name, caller)
        leg = work.leg
        assert leg is not None
        assert any(x.leg == leg for x in self.effects if isinstance(x, f.Dial)), "not dialled"
        return self.tell(i.LegRinging(leg))

    def answers(self, name: str) -> Self:
        """Let an agent answer the phone that is dialled."""
        return self.tell(i.LegAnswered(self.phone(name)))

    def phone_ends(self, name: str, cause: GoneCause) -> Self:
        """Let the leg to an agent's phone end: refused, busy, dead, or hung up."""
        return self.tell(i.LegGone(self.phone(name), cause))

    def rejects(self, name: str) -> Self:
        """Let an agent refuse the ringing call."""
        return self.phone_ends(name, GoneCause.DECLINED)

    def puts_down(self, name: str) -> Self:
        """Let an agent hang up after talking."""
        return self.phone_ends(name, GoneCause.NORMAL)

    def reachable(self, name: str, is_reachable: bool) -> Self:
        """Let the PBX learn whether an agent's phone can be reached."""
        return self.tell(i.PhoneReachable(AgentName(name), is_reachable))

    def accepts(self, name: str) -> Self:
        """Let an agent take an offer on the screen."""
        return self.tell(i.AcceptOffer(self._offer(name)), f"agent:{name}")

    def declines(self, name: str) -> Self:
        """Let an agent refuse an offer on the screen."""
        return self.tell(i.DeclineOffer(self._offer(name)), f"agent:{name}")

    def fails(self, effect: str, subject: str, code: str = "failed") -> Self:
        """Let an effect fail."""
        return self.tell(i.EffectFailed(effect, subject, code))

    # --- looks at the PBX -----------------------------------------------------------------------

    def facts(self) -> dict[LegId, i.LegFact]:
        """Return the legs as a PBX shows them that has done all it was asked to."""
        return {
            leg.id: i.LegFact(leg.id, leg.state, self._bridge(leg))
            for leg in self.engine.state.legs.values()
            if leg.state not in (LegState.CLOSING, LegState.DIALING)
        }

    def _bridge(self, leg: Leg) -> str:
        contact = self.engine.state.contacts.get(leg.contact) if leg.contact else None
        if contact is None or (leg.role is LegRole.AGENT and leg.state is not LegState.UP):
            return ""
        if contact.state is ContactState.ACTIVE:
            return f"b-{contact.agent}"
        return f"h-{NODE}-default" if contact.has_music else ""

    def looks(self, facts: Mapping[LegId, i.LegFact] | None = None, *, fresh: bool = False) -> Self:
        """Let the PBX be looked at; every leg is asked about."""
        seen = self.facts() if facts is None else facts
        asked = tuple(self.engine.state.legs)
        return self.tell(i.PbxSeen(NODE, self.epoch, tuple(seen.values()), asked, fresh))

    def restores(self) -> Self:
        """Kill the engine and let another one go on from the log."""
        engine = Engine(self.flows, is_strict=True)
        for record in self.watch.records:
            engine.fold(record)
        self.engine = self.watch.engine = engine
        return self

    # --- asking ---------------------------------------------------------------------------------

    def contact(self, name: str) -> Contact:
        """Return the open contact of a caller or sender."""
        return self.engine.state.contacts[self._contacts[name]]

    def agent_of(self, name: str) -> Agent:
        """Return an agent."""
        return self.engine.state.agents[AgentName(name)]

    def phone(self, name: str) -> LegId:
        """Return the leg to an agent's phone for the work in hand."""
        works = self.agent_of(name).works.values()
        legs = [work.leg for work in works if work.leg in self.engine.state.legs]
        assert len(legs) == 1, f"{name} has phone legs {legs}"
        assert legs[0] is not None
        return legs[0]

    def offered(self, name: str, caller: str | None = None) -> Work:
        """Return the work an agent is being offered; assert that it is ``caller``'s."""
        works = [w for w in self.agent_of(name).works.values() if w.state is WorkState.OFFERED]
        assert len(works) == 1, f"{name} is offered {works}"
        assert caller is None or works[0].contact == self._contacts[caller]
        return works[0]

    def _offer(self, name: str) -> OfferId:
        return self.offered(name).offer

    def events(self, kind: type[Ev]) -> list[Ev]:
        """Return every event of a kind so far."""
        return [r.body for r in self.watch.records if isinstance(r.body, kind)]

    def record(self, kind: type) -> Record:
        """Return the last record of a kind."""
        return next(r for r in reversed(self.watch.records) if isinstance(r.body, kind))

    def cause_of(self, kind: type) -> str:
        """Return the type of what led to the last record of a kind."""
        return self.watch.records[self.record(kind).cause - 1].type

    def done(self, kind: type[Ef], leg: str | None = None) -> list[Ef]:
        """Return every effect of a kind so far, on ``leg`` if given."""
        found = [x for x in self.effects if isinstance(x, kind)]
        return [x for x in found if leg in (None, getattr(x, "leg", None))]

    # --- asserting ------------------------------------------------------------------------------

    def waits(self, *names: str) -> Self:
        """Assert that callers wait in a queue with nobody asked for them."""
        for name in names:
            assert self.contact(name).state is ContactState.WAITING, self.contact(name)
        return self

    def in_flow(self, name: str) -> Self:
        """Assert that a caller is in a flow."""
        assert self.contact(name).state is ContactState.IN_FLOW, self.contact(name)
        return self

    def is_offered(self, name: str, caller: str) -> Self:
        """Assert that an agent is asked for a caller."""
        self.offered(name, caller)
        return self

    def is_left_alone(self, *names: str) -> Self:
        """Assert that agents have no work at all."""
        for name in names:
            assert not self.agent_of(name).works, self.agent_of(name)
        return self

    def is_presence(self, name: str, presence: Presence, reason: str = "") -> Self:
        """Assert what an agent's presence is."""
        agent = self.agent_of(name)
        assert (agent.presence, agent.reason) == (presence, reason)
        return self

    def talks(self, caller: str, name: str) -> Self:
        """Assert that a customer and an agent are together, and were joined if both have legs."""
        contact = self.contact(caller)
        assert contact.state is ContactState.ACTIVE, contact
        assert contact.agent == name, contact
        if contact.leg is not None:
            joined = f.Connect(AgentName(name), contact.leg, self.phone(name))
            assert joined in self.effects, "not connected"
        return self

    def wraps_up(self, caller: str, name: str) -> Self:
        """Assert that an agent does a contact's paperwork."""
        contact = self.contact(caller)
        assert (contact.state, contact.agent) == (ContactState.WRAPUP, name), contact
        return self

    def ended(self, name: str, reason: EndReason) -> Self:
        """Assert that a contact is closed, and why."""
        contact = self._contacts[name]
        assert contact not in self.engine.state.contacts, self.engine.state.contacts[contact]
        closed = [x.reason for x in self.events(e.ContactClosed) if x.contact == contact]
        assert closed == [reason], closed
        return self

    def outcome(self, outcome: OfferOutcome) -> Self:
        """Assert how the last offer ended."""
        assert self.events(e.OfferEnded)[-1].outcome is outcome
        return self

    def refused(self, code: str) -> Self:
        """Assert that the last input was refused."""
        assert self.last.refused is not None, "it was not refused"
        assert self.last.refused.code == code
        assert self.last.refused.message
        return self

    def nothing_happens(self) -> Self:
        """Assert that the last input led to no event and no effect."""
        assert len(self.last.records) == 1, self.last.records
        assert not self.last.effects, self.last.effects
        return self

    def all_quiet(self) -> Self:
        """Assert that nothing is left: no contact, leg, offer, or deadline but agents' rests."""
        self.tell(i.TimePassed())
        state = self.engine.state
        left = {key for key in state.deadlines if not key.startswith("rest:")}
        assert (state.contacts, state.legs, state.offers, left) == ({}, {}, {}, set())
        return self
