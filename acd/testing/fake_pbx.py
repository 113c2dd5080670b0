"""A PBX in virtual time: performs effects on made legs and tells what Asterisk would tell.

Its phones and callers behave by chance, from one seed. Effects on one leg keep their order, effects
on different legs overtake each other, events come in one order but late, and while the link is
down both are lost, as with one websocket. A caller may fall into the fallback and come back.
"""

from __future__ import annotations

import heapq
from collections.abc import Callable, Collection
from dataclasses import dataclass
from random import Random
from typing import NamedTuple

from acd.core import effects as f
from acd.core import inputs as i
from acd.core.ids import LegId, PlaybackId, RecordingId, TaskId
from acd.core.leg import GoneCause, LegState
from acd.core.timers import Instant, after

NODE = "pbx"


@dataclass(slots=True)
class FakeLeg:
    """One channel.

    Attributes:
        address: the agent's phone at its end; empty for a customer's.
        is_ours: under our control; else in the fallback, or an agent's that is not answered yet.
        talk: the id of the current stay in a talk bridge, for timers about it.
    """

    id: LegId
    state: LegState
    address: str = ""
    is_ours: bool = True
    bridge: str = ""
    dnis: str = ""
    playback: PlaybackId | None = None
    recording: RecordingId | None = None
    talk: int = 0


class Chances(NamedTuple):
    """How phones and callers behave; shares of 1, and seconds."""

    never_rings: float = 0.05
    rejects: float = 0.1
    unreachable: float = 0.05
    no_answer: float = 0.1
    dies_talking: float = 0.05
    patience: float = 40
    talk: float = 20
    effect_delay: float = 0.03
    event_delay: float = 0.05


class Clockwork:
    """Virtual time: what is to be done when, equal instants in the order they were asked for."""

    def __init__(self, now: Instant) -> None:
        self.now = now
        self._count = 0
        self._due: list[tuple[Instant, int, Callable[[], None]]] = []

    def call(self, delay: float, action: Callable[[], None]) -> None:
        """Do ``action`` in ``delay`` seconds."""
        self._count += 1
        heapq.heappush(self._due, (after(self.now, delay), self._count, action))

    def next(self) -> Instant | None:
        """Return when something is to be done next."""
        return self._due[0][0] if self._due else None

    def run_next(self) -> None:
        """Go to the next instant at which something is to be done, and do it."""
        at, _, action = heapq.heappop(self._due)
        self.now = max(self.now, at)
        action()


class FakePbx:
    """One PBX node.

    Args:
        clock: virtual time.
        random: where all chance comes from.
        tell: takes its inputs, late and in order.
        chances: how phones and callers behave.

    Attributes:
        shown: customers' legs that the engine was told of; who comes and goes while the link is
            down is never seen by anybody.
        in_flight: effects and events under way.
        flows: those that the site's own dialplan may lead a caller into who was sent there.
    """

    def __init__(
        self,
        clock: Clockwork,
        random: Random,
        tell: Callable[[i.Input], None],
        chances: Chances = Chances(),  # noqa: B008  # a constant
    ) -> None:
        self.clock = clock
        self.random = random
        self.chances = chances
        self.legs: dict[LegId, FakeLeg] = {}
        self.epoch = 1
        self.is_linked = True
        self.shown: set[LegId] = set()
        self.flows: tuple[str, ...] = ()
        self.link_count = 1
        self.in_flight = 0
        self._tell = tell
        self._talks = 0
        self._last_event = clock.now
        self._free_at: dict[LegId, Instant] = {}

    # --- the link -------------------------------------------------------------------------------

    def emit(self, cause: i.Input) -> None:
        """Tell of something, a little later and never before what was told earlier."""
        if not self.is_linked:
            return
        delay = self.random.expovariate(1 / self.chances.event_delay)
        at = self._last_event = max(self._last_event, after(self.clock.now, delay))
        self.in_flight += 1
        link = self.link_count
        self.clock.call((at - self.clock.now) / 1e6, lambda: self._deliver(cause, link))

    def _deliver(self, cause: i.Input, link: int) -> None:
        self.in_flight -= 1
        if self.is_linked and link == self.link_count:
            if isinstance(cause, i.LegArrived | i.LegReturned):
                self.shown.add(cause.leg)
            self._tell(cause)

    def cut(self) -> None:
        """Lose the link: whatever is under way either way is lost."""
        self.is_linked = False

    def join(self) -> None:
        """Have a link again; a look is due before anything else is told."""
        self.is_linked = True
        self.link_count += 1

    def perform(self, effect: f.Effect) -> None:
        """Perform an effect a little later; lost while the link is down."""
        if not self.is_linked:
            return
        subjects = _subjects(effect)
        delay = self.random.expovariate(1 / self.chances.effect_delay)
        at = max([after(self.clock.now, delay), *(self._free_at.get(x, 0) for x in subjects)])
        for subject in subjects:
            self._free_at[subject] = Instant(at)
        self.in_flight += 1
        link = self.link_count
        self.clock.call((at - self.clock.now) / 1e6, lambda: self._perform(effect, link))

    def _perform(self, effect: f.Effect, link: int) -> None:
        self.in_flight -= 1
        if not self.is_linked or link != self.link_count:
            return
        failure = self._do(effect)
        if failure:
            self.emit(i.EffectFailed(type(effect).__name__, _subjects(effect)[0], failure))

    def look(self, known: Collection[LegId], *, is_fresh: bool) -> i.PbxSeen:
        """Return what the PBX shows."""
        shown = [leg for id_, leg in self.legs.items() if leg.is_ours or id_ in known]
        self.shown |= {leg.id for leg in shown if leg.is_ours and leg.dnis}
        facts = tuple(
            i.LegFact(
                leg.id,
                leg.state if leg.is_ours or leg.state is LegState.RINGING else LegState.AWAY,
                leg.bridge,
                f"+{leg.id}",
                leg.dnis,
            )
            for leg in shown
        )
        return i.PbxSeen(NODE, f"e{self.epoch}", facts, tuple(known), is_fresh)

    # --- effects --------------------------------------------------------------------------------

    def _do(self, effect: f.Effect) -> str:
        """Perform an effect now; return why it failed, empty if it did not."""
        match effect:
            case f.HangUp(leg_id):
                self.end(leg_id, GoneCause.NORMAL)
                return ""
            case f.Dial():
                return self._dial(effect.leg, effect.address, effect.ring_seconds)
            case f.DialOut():
                return self._dial(effect.leg, effect.number, effect.ring_seconds)
            case f.Connect():
                return self._connect(effect)
            case f.Present() | f.Deliver() | f.PerformTask() | f.CancelTask():
                return ""
        leg = self.legs.get(effect.leg)
        if leg is None or not leg.is_ours:
            is_fine = isinstance(effect, f.Answer | f.StopPlay | f.DropMessage | f.Unhold)
            return "" if is_fine else "gone"
        match effect:
            case f.Answer():
                leg.state = LegState.UP
            case f.SendOut():
                leg.is_ours, leg.playback = False, None
                self._later(1, 8, lambda: self._return_with(leg, effect.task))
            case f.Play(_, playback):
                leg.playback = playback
                self._later(1, 5, lambda: self._played(leg, playback))
            case f.StopPlay(_, playback):
                self._played(leg, playback)
            case f.TakeMessage(_, recording):
                leg.recording = recording
                self._later(1, 8, lambda: self._recorded(leg, recording))
            case f.DropMessage(_, recording):
                self._recorded(leg, recording)
            case f.Hold(_, music):
                leg.bridge, leg.talk = f"{i.HOLD_BRIDGE}{NODE}-{music}", 0
            case f.Unhold():
                leg.bridge = ""
        return ""

    def _later(self, least: float, most: float, action: Callable[[], None]) -> None:
        self.clock.call(self.random.uniform(least, most), action)

    def _played(self, leg: FakeLeg, playback: PlaybackId) -> None:
        if leg.playback == playback:
            leg.playback = None
            self.emit(i.PlaybackEnded(leg.id, playback))

    def _recorded(self, leg: FakeLeg, recording: RecordingId) -> None:
        if leg.recording == recording:
            leg.recording = None
            self.emit(i.RecordingEnded(leg.id, recording, self.random.choice((0.0, 5.0))))

    def _dial(self, leg_id: LegId, address: str, ring_seconds: float) -> str:
        draw = self.random.random()
        if draw < self.chances.unreachable:
            return "unreachable"
        leg = FakeLeg(leg_id, LegState.DIALING, address, is_ours=False)
        busy = any(other.address == address for other in self.legs.values())
        self.legs[leg.id] = leg
        self.clock.call(ring_seconds + 2, lambda: self._give_up(leg))
        if busy:
            self._later(0, 0.2, lambda: self.end(leg.id, GoneCause.BUSY))
        elif draw > self.chances.unreachable + self.chances.never_rings:
            self._later(0, 0.4, lambda: self._ring(leg))
        return ""

    def _give_up(self, leg: FakeLeg) -> None:
        if leg.state is not LegState.UP:
            self.end(leg.id, GoneCause.NO_ANSWER)

    def _ring(self, leg: FakeLeg) -> None:
        if leg.id not in self.legs:
            return
        leg.state = LegState.RINGING
        self.emit(i.LegRinging(leg.id))
        draw = self.random.random()
        if draw < self.chances.rejects:
            self._later(0, 5, lambda: self.end(leg.id, GoneCause.DECLINED, unless_up=True))
        elif draw > self.chances.rejects + self.chances.no_answer:
            self._later(0, 6, lambda: self._answer(leg))

    def _answer(self, leg: FakeLeg) -> None:
        if leg.id in self.legs:
            leg.state, leg.is_ours = LegState.UP, True
            self.emit(i.LegAnswered(leg.id))

    def _connect(self, effect: f.Connect) -> str:
        pair = [self.legs.get(effect.caller), self.legs.get(effect.agent_leg)]
        legs = [leg for leg in pair if leg is not None and leg.is_ours]
        if len(legs) < 2:
            return "" if None in pair else "not-ours"  # the end of a gone one is told anyway
        self._talks += 1
        for leg in legs:
            leg.bridge, leg.talk = f"b-{effect.agent}", self._talks
        talk, (caller, phone) = self._talks, legs
        seconds = self.random.expovariate(1 / self.chances.talk)
        who = caller if self.random.random() < 0.5 else phone
        cause = GoneCause.NORMAL
        if self.random.random() < self.chances.dies_talking:
            who, cause = phone, GoneCause.FAILED
        self.clock.call(seconds, lambda: self._stop_talking(who, talk, cause))
        return ""

    def _stop_talking(self, leg: FakeLeg, talk: int, cause: GoneCause) -> None:
        if leg.talk == talk:
            self.end(leg.id, cause)

    # --- what happens by itself -----------------------------------------------------------------

    def arrive(self, name: str, dnis: str) -> None:
        """Let a caller ring; they hang up when their patience is over, unless they talk then."""
        leg = self.legs[LegId(name)] = FakeLeg(LegId(name), LegState.DOWN, dnis=dnis)
        self.emit(i.LegArrived(leg.id, NODE, f"+{name}", dnis))
        self.clock.call(
            self.random.expovariate(1 / self.chances.patience), lambda: self._lose_patience(leg)
        )

    def _lose_patience(self, leg: FakeLeg) -> None:
        talks_with = [x for x in self.legs.values() if x is not leg and x.talk == leg.talk]
        if leg.talk and talks_with:
            self.clock.call(5, lambda: self._lose_patience(leg))
        else:
            self.end(leg.id, GoneCause.NORMAL)

    def fall_out(self, leg: FakeLeg) -> None:
        """Let a caller fall into the fallback, and come back from it while the link is up."""
        if leg.id in self.legs and leg.is_ours and not leg.address:
            leg.is_ours, leg.bridge, leg.talk, leg.playback = False, "", 0, None
            leg.state = LegState.UP
            self._later(1, 20, lambda: self._come_back(leg))

    def _come_back(self, leg: FakeLeg) -> None:
        if leg.id not in self.legs:
            return
        if not self.is_linked:
            self.clock.call(2, lambda: self._come_back(leg))
            return
        leg.is_ours = True
        self.emit(i.LegReturned(leg.id, NODE, f"+{leg.id}", leg.dnis))

    def _return_with(self, leg: FakeLeg, task: TaskId) -> None:
        if leg.id not in self.legs:
            return
        if not self.is_linked:
            self.clock.call(2, lambda: self._return_with(leg, task))
            return
        leg.is_ours, leg.state = True, LegState.UP
        result, flow = self.random.choice(("", "done", "timeout")), ""
        if self.flows and self.random.random() < 0.2:
            result, flow = "", self.random.choice((*self.flows, "nowhere"))
        back = i.LegBack(leg.id, NODE, f"+{leg.id}", leg.dnis, task=task, result=result, flow=flow)
        self.emit(back)

    def end(self, leg_id: LegId, cause: GoneCause, *, unless_up: bool = False) -> None:
        """End a leg, whatever it is doing."""
        leg = self.legs.get(leg_id)
        if leg is None or (unless_up and leg.state is LegState.UP):
            return
        if leg.playback is not None:
            self._played(leg, leg.playback)
        if leg.recording is not None:
            self._recorded(leg, leg.recording)
        leg.talk = 0
        del self.legs[leg_id]
        self._free_at.pop(leg_id, None)
        self.emit(i.LegGone(leg_id, cause))

    def die(self) -> None:
        """Lose every leg at once, and begin a new life."""
        self.legs.clear()
        self.epoch += 1


def _subjects(effect: f.Effect) -> tuple[LegId, ...]:
    match effect:
        case f.Connect(_, caller, agent_leg):
            return agent_leg, caller
        case f.Present(offer):
            return (LegId(offer),)
        case f.Deliver(message):
            return (LegId(message),)
        case f.PerformTask(task) | f.CancelTask(task):
            return (LegId(task),)
        case _:
            return (effect.leg,)
