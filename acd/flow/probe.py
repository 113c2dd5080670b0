"""Flows as a machine that can be explored: what may come of each signal, whatever is not known.

The real interpreter runs, over the real functions of the nodes. Only what they ask about is
different: a :class:`_Probe` stands for every contact and every hour at once. When a node reads
something that this walk has not determined (an attribute that was set before, opening hours,
figures of a queue, chance) it may have gone any of the ways that it takes at once, so all are
tried. What a walk itself has set is known, so a flow that notes "asked once already" is followed
as it really goes. Nodes are known by the signals they wait for and by their exits, not by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar, cast

from acd.core.channel import TRAITS, Channel
from acd.core.contact import Contact, ContactState
from acd.core.flows import (
    CallBack,
    Cursor,
    DigitPressed,
    EndContact,
    Enqueue,
    FlowEnd,
    MessageDone,
    NoteTrouble,
    PlaybackDone,
    PlayPrompts,
    QueueFigures,
    QueueLeft,
    Reattached,
    Said,
    Signal,
    StartTask,
    Step,
    StopPlaying,
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
from acd.flow.kinds import Exit
from acd.flow.model import Entry, Flow, Go, Node, Outcome, Wait
from acd.flow.settled import PLAY_SECONDS
from acd.flow.visit import Visit

T = TypeVar("T", str, int)

_NUMBER = "15550199"  # stands for what is not known: most nodes can work with it
_WRONG_KEY = DigitPressed("D")  # no menu and no command can use it
_WRONG_WORDS = Said("\N{REPLACEMENT CHARACTER}")
_EPOCH = Instant(1_700_000_000_000_000)
_NOT_REMEMBERED = frozenset({"answered", "playing", "firm", "until", "hops", "late"})  # by nodes


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

    def known(self, names: frozenset[str]) -> tuple[tuple[str, str], ...]:
        """Return what is known of ``names``, without asking."""
        return _sorted((n, self[n]) for n in names & self.keys())

    def __contains__(self, name: object) -> bool:
        if not super().__contains__(name):
            self.asked = True
        return True

    def __iter__(self) -> Iterator[str]:
        self.asked = True
        return super().__iter__()


_LIKELY = {"ani": "+15550199", "language": "en", "caller_name": "", "channel": "chat"}


class _Probe(Visit):
    """A visit of any contact at any time."""

    __slots__ = ("facts", "fresh", "must", "ways")

    def __init__(self, site: Site, contact: Contact, known: Mapping[str, str]) -> None:
        super().__init__(site, contact, _EPOCH, _NoCentre(), plainly)
        self._values = self.facts = _Values(known)
        self.fresh: list[str] = []
        self.ways: tuple[Go, ...] = ()
        self.must = False

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


@dataclass(frozen=True, slots=True)
class Probed:
    """Flows made ready to be explored.

    Attributes:
        graph: as they were read.
        flows: with nodes that stop where they have several ways.
        size: number of nodes.
        decisive: the attributes on which it depends where contacts go.
        counted: misunderstandings beyond this number change nothing.
    """

    graph: Graph
    flows: Mapping[str, Flow]
    size: int
    decisive: frozenset[str]
    counted: int


def probed(graph: Graph, names: Iterable[str]) -> Probed:
    """Return flows, and those they lead to, made ready to be explored."""
    graph = graph.led_to(names)
    flows = {
        name: replace(
            flow,
            nodes={
                n: _probed(node, ways_out(graph, (name, n), Exit.AT_ONCE))
                for n, node in flow.nodes.items()
            },
        )
        for name, flow in graph.flows.items()
    }
    size = sum(len(flow.nodes) for flow in flows.values())
    counted = max((flow.escalate_after or 0 for flow in flows.values()), default=0)
    return Probed(graph, flows, size, decisive(graph), counted)


def ways_out(graph: Graph, place: Place, *exits: Exit) -> tuple[Go, ...]:
    """Return the ways out of a node by some exits to nodes that are there."""
    targets = dict.fromkeys(
        edge.target
        for edge in graph.edges[place]
        if edge.exit in exits and graph.node(edge.target) is not None
    )
    return tuple(Go(name, None if flow == place[0] else flow) for flow, name in targets)


class Explorer:
    """What may become of contacts in the flows of a site.

    Args:
        site: what nodes look up in it: queues, prompts, promotions.
        flows: the flows.
        channels: how the contacts come, all on the phone or all in writing; of several, which one
            it is is not known.
    """

    def __init__(self, site: Site, flows: Probed, channels: Sequence[Channel]) -> None:
        self._site = site
        self._graph = flows.graph
        self._flows, self._size = flows.flows, flows.size
        self._decisive, self._counted = flows.decisive, flows.counted
        self._channels = frozenset(channels)
        self._has_legs = TRAITS[channels[0]].has_legs
        self._is_live = any(TRAITS[channel].is_live for channel in channels)
        self._always = {"channel": channels[0].value} if len(channels) == 1 else {}
        self._contact = Contact(
            ContactId("c"),
            channels[0],
            site.version,
            ContactState.IN_FLOW,
            _LIKELY["ani"],
            "",
            "",
            _LIKELY["language"],
            _EPOCH,
        )

    def enter(self, place: Place) -> Move:
        """Return what becomes of a contact that comes to a node, knowing nothing of it."""
        cursor = Cursor(*place)
        probe = _Probe(self._site, self._contact, self._always)
        step = advance(self._flows, self._size, probe, cursor, Reattached())
        return self._move(step, probe, None, Cause.TIME, 0.0, (place,))

    def moves(self, state: State) -> Iterator[Move]:
        """Iterate over the ways on from a state, each that nobody could call the caller's wish."""
        pending = state.pending
        for way in pending.ways:
            yield self._after(state, cast("Signal", _Chosen(way)), Cause.DATA, 0.0)
        if pending.must:
            return
        led_to: set[Place] = set()
        for signal, cause, seconds in self._signals(state):
            move = self._after(state, signal, cause, seconds)
            if move.to is not state and not self._is_wished(state, signal, move):
                led_to.update(move.visited[:1])
                yield move
        if pending.task:  # and whatever else may be answered
            for way in ways_out(self._graph, state.place, Exit.AT_ONCE, Exit.IN_TIME):
                if (way.flow or state.flow, way.node) not in led_to:
                    chosen = cast("Signal", _Chosen(way))
                    yield self._after(state, chosen, Cause.TASK, pending.seconds or 0.0)

    def _signals(self, state: State) -> Iterator[tuple[Signal, Cause, float]]:
        pending = state.pending
        waits = pending.seconds or 0.0
        play = PLAY_SECONDS if self._has_legs else 0.0
        if pending.playing:
            yield PlaybackDone(), Cause.TIME, play
        if pending.seconds is not None:
            node = self._graph.flows[state.flow].nodes[state.node]
            silence = Cause.TIME if node.type.ask is None else Cause.SILENCE
            yield TimedOut(), Cause.TASK if pending.task else silence, waits
        if pending.task:
            yield TaskDone("failed"), Cause.TASK, waits
            yield TaskDone("ok"), Cause.TASK, waits
        if pending.message is not None:
            yield MessageDone(0.0), Cause.SILENCE, pending.message
            yield MessageDone(9.0, "r"), Cause.MESSAGE, pending.message
        if pending.queue:
            if self._is_live:
                yield QueueLeft("timeout"), Cause.TIMEOUT, 0.0
                yield QueueLeft("full"), Cause.REFUSED, 0.0
            yield QueueLeft("unknown"), Cause.REFUSED, 0.0
        elif pending.playing:
            pass  # a key pressed now means what it means when everything was heard
        elif self._has_legs:
            yield _WRONG_KEY, Cause.WRONG, waits
        else:
            yield _WRONG_WORDS, Cause.WRONG, waits

    def _is_wished(self, state: State, signal: Signal, move: Move) -> bool:
        """Return whether the node is left by a way that only the customer can take."""
        if not move.visited or not isinstance(signal, Said | TaskDone | MessageDone):
            return False
        if move.visited[0] == (state.flow, self._graph.flows[state.flow].on_fail):
            return False  # they were given up on
        ways = [e.exit for e in self._graph.edges[state.place] if e.target == move.visited[0]]
        return bool(ways) and all(way is Exit.BY_CALLER for way in ways)

    def _after(self, state: State, signal: Signal, cause: Cause, seconds: float) -> Move:
        memory = dict(state.memory)
        if state.pending.playing:
            memory["playing"] = "1"
        if state.pending.seconds is not None:
            memory["until"] = "0"
        cursor = Cursor(state.flow, state.node, memory, state.stack, (), dict(state.counts))
        probe = _Probe(self._site, self._contact, {**self._always, **dict(state.known)})
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
        ways: list[Place] = []
        for action in step.actions:
            match action:
                case VisitNode(flow, node):
                    ways.append((flow, node))
                    task, queue, message = False, False, None
                case PlayPrompts() | StopPlaying() | NoteTrouble():
                    pass
                case StartTask(_, is_errand) if not is_errand:
                    task = True
                case TakeMessage(_, silence):
                    message = silence
                case Enqueue() | CallBack():
                    queue = True
                case EndContact(how):
                    failed = how is FlowEnd.FAILED
                    return Move(None, cause, seconds, (*visited, *ways), failed)
        cursor = step.cursor
        visited = (*visited, *ways)
        here = self._graph.node((cursor.flow, cursor.node))
        if here is None or self._channels.isdisjoint(here.type.channels):
            return Move(None, cause, seconds, visited)  # reported as the wrong channel
        memory = cursor.memory
        playing = "playing" in memory
        pending = Pending(playing, step.wait_seconds, task, queue, message, probe.ways, probe.must)
        to = State(
            cursor.flow,
            cursor.node,
            _sorted((name, memory[name]) for name in memory.keys() - _NOT_REMEMBERED),
            cursor.stack,
            self._counts(cursor.counts) if cursor.counts else (),
            probe.facts.known(self._decisive),
            pending,
        )
        return Move(to, cause, seconds, visited)

    def _counts(self, counts: Mapping[str, int]) -> tuple[tuple[str, int], ...]:
        most = {MISUNDERSTOOD: self._counted}
        found = ((name, min(count, most.get(name, count))) for name, count in counts.items())
        return _sorted((name, count) for name, count in found if count)


def _sorted(items: Iterable[tuple[str, T]]) -> tuple[tuple[str, T], ...]:
    return tuple(sorted(items))


def _probed(node: Node, ways: tuple[Go, ...]) -> Node:
    """Return a node that stops where it has several ways, instead of choosing one."""
    real = node.type

    def enter(keys: Any, visit: Visit) -> Entry:
        probe = cast("_Probe", visit)
        probe.facts.asked = False
        probe.fresh.clear()
        entry = real.enter(keys, visit)
        if not probe.facts.asked:
            return entry
        probe.forget_fresh()
        if isinstance(entry, Wait):
            probe.ways = ways
        elif isinstance(entry, Go):
            choice = ways if entry in ways else (entry, *ways)
            if len(choice) > 1:
                probe.ways, probe.must = choice, True
                return Wait()
        return entry

    def signal(keys: Any, visit: Visit, signal: Signal) -> Outcome:
        if isinstance(signal, _Chosen):
            for name in node.sets:
                cast("_Probe", visit).facts.pop(name, None)
            return signal.way
        outcome = real.signal(keys, visit, signal)
        cast("_Probe", visit).forget_fresh()
        return outcome

    return replace(node, type=replace(real, enter=enter, signal=signal))


def decisive(graph: Graph) -> frozenset[str]:
    """Return the attributes on which it depends where contacts go."""
    nodes = [node for flow in graph.flows.values() for node in flow.nodes.values()]
    found: set[str] = set()
    for node, edges in zip(nodes, graph.edges.values(), strict=True):
        if node.reads and len({e.target for e in edges if e.exit is Exit.AT_ONCE}) > 1:
            found |= node.reads
    passing_on = [node for node in nodes if node.reads and node.sets]
    while True:
        more = frozenset().union(
            *(node.reads for node in passing_on if not found.isdisjoint(node.sets))
        )
        if more <= found:
            return frozenset(found)
        found |= more
