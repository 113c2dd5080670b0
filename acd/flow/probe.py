"""Flows as a machine that can be explored: what may come of each signal, whatever is not known.

The real interpreter runs, over the real functions of the nodes. Only what they ask about is
different: a :class:`_Probe` stands for every contact and every hour at once. When a node reads
something that this walk has not determined (an attribute that was set before, opening hours,
figures of a queue, chance) it may have gone any of the ways that it takes at once, so all are
tried. What a walk itself has set is known, so a flow that notes "asked once already" is followed
as it really goes. Nodes are known by the signals they wait for and by their exits, not by name.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple, cast

from acd.core.channel import TRAITS, Channel
from acd.core.contact import Contact, ContactState
from acd.core.flows import (
    CallBack,
    Centre,
    Cursor,
    DigitPressed,
    EndContact,
    Enqueue,
    FlowEnd,
    MessageDone,
    PlaybackDone,
    QueueFigures,
    QueueLeft,
    Reattached,
    Said,
    Signal,
    StartTask,
    Step,
    TakeMessage,
    TaskDone,
    TimedOut,
    VisitNode,
)
from acd.core.ids import ContactId
from acd.core.site import Site
from acd.core.timers import Instant
from acd.flow.graph import Graph, Place
from acd.flow.interpreter import MISUNDERSTOOD, advance, plainly
from acd.flow.kinds import Exit, To
from acd.flow.model import Entry, Flow, Go, Node, Outcome, Wait
from acd.flow.schema import refs_of, sets_of
from acd.flow.visit import Visit

PLAY_SECONDS = 3.0
"""How long whatever is played takes, as in stories."""

_NUMBER = "15550199"  # stands for what is not known: most nodes can work with it
_WRONG_KEY = DigitPressed("D")  # no menu and no command can use it
_WRONG_WORDS = Said("\N{REPLACEMENT CHARACTER}")
_EPOCH = Instant(1_700_000_000_000_000)


class Cause(StrEnum):
    """Why a contact goes on."""

    TIME = "as time passes"
    SILENCE = "when nothing is answered"
    WRONG = "when the answer is wrong"
    TASK = "when what is asked outside fails or never answers"
    TIMEOUT = "when nobody in the queue answers"
    REFUSED = "when the queue is full or gone"
    DATA = "as it is decided"
    MESSAGE = "when a message was taken"


class Pending(NamedTuple):
    """What a contact waits for.

    Attributes:
        playing: the end of what is played.
        seconds: a time-out after so long; None for none.
        task, queue, message: what was started and will be answered.
        ways: where it may have gone at once instead, or what the choice was if it must go.
        must: whether it goes one of ``ways`` and waits for nothing.
    """

    playing: bool = False
    seconds: float | None = None
    task: bool = False
    queue: bool = False
    message: float | None = None
    ways: tuple[Go, ...] = ()
    must: bool = False


class State(NamedTuple):
    """Everything about a contact in a flow that decides how it may go on."""

    flow: str
    node: str
    memory: tuple[tuple[str, str], ...]
    stack: tuple[str, ...]
    counts: tuple[tuple[str, int], ...]
    known: tuple[tuple[str, str], ...]
    pending: Pending

    @property
    def place(self) -> Place:
        """Flow and node."""
        return (self.flow, self.node)


class Move(NamedTuple):
    """One way on.

    Attributes:
        to: where to; None for an end.
        cause: why.
        seconds: how long the contact waited for it.
        visited: the nodes entered on the way, in order.
        failed: whether it is an end because there was nowhere left to go.
    """

    to: State | None
    cause: Cause
    seconds: float = 0.0
    visited: tuple[Place, ...] = ()
    failed: bool = False


@dataclass(frozen=True, slots=True)
class _Chosen:
    """The signal by which the explorer takes one of a node's ways."""

    way: Go


class _Values(dict[str, str]):
    """What is known; notes when something else is read, and answers it with something likely."""

    __slots__ = ("asked",)

    def __init__(self, known: Mapping[str, str]) -> None:
        super().__init__(known)
        self.asked = False

    def __missing__(self, name: str) -> str:
        self.asked = True
        return _LIKELY.get(name, _NUMBER)

    def get(self, name: str, default: Any = None) -> Any:
        return self[name]

    def __contains__(self, name: object) -> bool:
        if not super().__contains__(name):
            self.asked = True
        return True

    def __iter__(self) -> Iterator[str]:
        self.asked = True
        return super().__iter__()


_LIKELY = {"ani": "+15550199", "language": "en", "caller_name": ""}


class _Probe(Visit):
    """A visit of any contact at any time."""

    __slots__ = ("facts", "fresh", "ways")

    def __init__(self, site: Site, contact: Contact, known: Mapping[str, str]) -> None:
        super().__init__(site, contact, _EPOCH, _NoCentre(), plainly)
        self._values = self.facts = _Values(known)
        self.facts["channel"] = contact.channel.value
        self.fresh: list[str] = []
        self.ways: tuple[Go, ...] = ()

    def is_open(self, calendar: str) -> bool | None:
        """Maybe."""
        self.facts.asked = True
        return True

    def queue(self, name: str) -> QueueFigures | None:
        """Whatever."""
        self.facts.asked = True
        return QueueFigures(0, 0.0, 0)

    def has_used(self, promotion: str, code: str) -> str:
        """Maybe."""
        self.facts.asked = True
        return "nobody"

    def chance(self) -> float:
        """Whatever."""
        self.facts.asked = True
        return 0.0

    def set(self, name: str, value: str) -> None:
        """Set, and remember that it was set at this node."""
        self.fresh.append(name)
        super().set(name, value)

    def speak(self, language: str) -> None:
        """Speak, and remember that it was changed at this node."""
        self.fresh.append("language")
        super().speak(language)

    def forget_fresh(self) -> None:
        """Forget what this node set: it came from what is not known."""
        for name in self.fresh:
            self.facts.pop(name, None)
        self.fresh.clear()


class _NoCentre:
    """Never asked: :class:`_Probe` answers itself."""

    def queue(self, name: str, contact: Contact, now: Instant) -> QueueFigures | None:
        return None

    def is_open(self, calendar: str, contact: Contact, now: Instant) -> bool | None:
        return None

    def redeemer(self, promotion: str, code: str) -> ContactId | None:
        return None


class Explorer:
    """What may become of contacts of one channel in the flows of a site.

    Args:
        site: what nodes look up in it: queues, prompts, promotions.
        graph: the flows.
        channel: how the contacts come.
    """

    def __init__(self, site: Site, graph: Graph, channel: Channel) -> None:
        self._site = site
        self._graph = graph
        self._traits = TRAITS[channel]
        self._contact = Contact(
            ContactId("c"),
            channel,
            site.version,
            ContactState.IN_FLOW,
            _LIKELY["ani"],
            "",
            "",
            _LIKELY["language"],
            _EPOCH,
        )
        self._size = sum(len(flow.nodes) for flow in graph.flows.values())
        self._decisive = decisive(graph)
        limits = [flow.escalate_after or 0 for flow in graph.flows.values()]
        self._counted = max(limits, default=0)  # misunderstandings beyond change nothing
        self._types: dict[tuple[int, tuple[Go, ...]], Any] = {}
        self._flows = {name: self._probed(name, flow) for name, flow in graph.flows.items()}

    def enter(self, place: Place) -> Move:
        """Return what becomes of a contact that comes to a node, knowing nothing of it."""
        cursor = Cursor(*place)
        probe = _Probe(self._site, self._contact, {})
        step = advance(self._flows, self._size, probe, cursor, Reattached())
        return self._move(step, probe, None, Cause.TIME, 0.0, (place,))

    def moves(self, state: State) -> Iterator[Move]:
        """Iterate over the ways on from a state, each that nobody could call the caller's wish."""
        pending = state.pending
        for way in pending.ways:
            yield self._after(state, cast("Signal", _Chosen(way)), Cause.DATA, 0.0)
        if pending.must:
            return
        for signal, cause, seconds in self._signals(pending):
            move = self._after(state, signal, cause, seconds)
            if move.to is not state and not self._is_wished(state, move):
                yield move

    def _signals(self, pending: Pending) -> Iterator[tuple[Signal, Cause, float]]:
        waits = pending.seconds or 0.0
        if pending.playing:
            yield PlaybackDone(), Cause.TIME, PLAY_SECONDS
        if pending.seconds is not None:
            yield TimedOut(), Cause.TASK if pending.task else Cause.SILENCE, waits
        if pending.task:
            yield TaskDone("failed"), Cause.TASK, waits
            yield TaskDone("ok"), Cause.TASK, waits
        if pending.message is not None:
            yield MessageDone(0.0), Cause.SILENCE, pending.message
            yield MessageDone(9.0, "r"), Cause.MESSAGE, pending.message
        if pending.queue:
            if self._traits.is_live:
                yield QueueLeft("timeout"), Cause.TIMEOUT, 0.0
                yield QueueLeft("full"), Cause.REFUSED, 0.0
            yield QueueLeft("unknown"), Cause.REFUSED, 0.0
        elif self._traits.has_legs:
            yield _WRONG_KEY, Cause.WRONG, PLAY_SECONDS if pending.playing else waits
        else:
            yield _WRONG_WORDS, Cause.WRONG, waits

    def _is_wished(self, state: State, move: Move) -> bool:
        """Return whether the node is left by a way that only the caller can take."""
        if not move.visited:
            return False
        ways = [e.exit for e in self._graph.edges[state.place] if e.target == move.visited[0]]
        return bool(ways) and all(way is Exit.BY_CALLER for way in ways)

    def _after(self, state: State, signal: Signal, cause: Cause, seconds: float) -> Move:
        memory = dict(state.memory)
        if state.pending.playing:
            memory["playing"] = "1"
        if state.pending.seconds is not None:
            memory["until"] = "0"
        cursor = Cursor(state.flow, state.node, memory, state.stack, (), dict(state.counts))
        probe = _Probe(self._site, self._contact, dict(state.known))
        step = advance(self._flows, self._size, probe, cursor, signal)
        if step.cursor is cursor:  # nothing came of it
            return Move(state, cause, seconds)
        return self._move(step, probe, state, cause, seconds, ())

    def _move(
        self,
        step: Step,
        probe: _Probe,
        before: State | None,
        cause: Cause,
        seconds: float,
        visited: tuple[Place, ...],
    ) -> Move:
        task = queue = False
        message: float | None = None
        if before is not None and cause is Cause.WRONG:  # what was begun goes on
            task, message = before.pending.task, before.pending.message
        playing = False
        ways: list[Place] = []
        for action in step.actions:
            match action:
                case VisitNode(flow, node):
                    ways.append((flow, node))
                    task, queue, message = False, False, None
                case StartTask(_, is_errand) if not is_errand:
                    task = True
                case TakeMessage(_, silence):
                    message = silence
                case Enqueue():
                    queue = True
                case CallBack():
                    return Move(None, cause, seconds, (*visited, *ways))
                case EndContact(how):
                    failed = how is FlowEnd.FAILED
                    return Move(None, cause, seconds, (*visited, *ways), failed)
        cursor = step.cursor
        visited = (*visited, *ways)
        if visited and self._serves(visited[-1]) is False:
            return Move(None, cause, seconds, visited)  # reported as the wrong channel
        memory = dict(cursor.memory)
        playing = memory.pop("playing", "") != ""
        for name in ("answered", "until", "hops", "firm"):
            memory.pop(name, None)
        known = tuple((n, v) for n in self._decisive if (v := probe.facts.known(n)) is not None)
        pending = Pending(
            playing,
            step.wait_seconds,
            task,
            queue,
            message,
            probe.ways,
            probe.must,
        )
        counts = dict(cursor.counts)
        if MISUNDERSTOOD in counts:
            counts[MISUNDERSTOOD] = min(counts[MISUNDERSTOOD], self._counted)
            if not self._counted:
                del counts[MISUNDERSTOOD]
        to = State(
            cursor.flow,
            cursor.node,
            tuple(sorted(memory.items())) if memory else (),
            cursor.stack,
            tuple(sorted(counts.items())) if counts else (),
            known,
            pending,
        )
        return Move(to, cause, seconds, visited)
