"""The interpreter: advances a contact through its flow, one signal at a time.

It is pure and total. Whatever the flows, the cursor and the signal are, a step ends with a wait
or an end after a bounded number of nodes: a way without a wait that is longer than there are
nodes in the site is a loop, and a loop is a failure like any other. A failing node leads to its
own ``on_fail``, else to the flow's; when that does not exist or loops as well the contact ends
with ``FAILED``, which :mod:`acd.flow.check` proves impossible for a checked site.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from acd.core.contact import Contact
from acd.core.flows import (
    Centre,
    Cursor,
    DigitPressed,
    EndContact,
    Enqueue,
    Entered,
    FlowEnd,
    PlaybackDone,
    Prompt,
    QueueLeft,
    Reattached,
    Said,
    Signal,
    Step,
    TaskDone,
    TimedOut,
    VisitNode,
)
from acd.core.site import Site, Written
from acd.core.timers import MICROSECONDS, Instant, after
from acd.flow.model import FAIL, Again, End, Entry, Flow, Go, Node, Return, Stay, Wait
from acd.flow.read import read_flow
from acd.flow.visit import Visit, whole
from acd.flow.words import given

_CACHED = 8  # versions of a site kept compiled: the running one and those with calls still in them

_KEYS = frozenset("0123456789*#ABCD")

# What the interpreter itself keeps in a cursor's memory, beside what the node remembers.
_ANSWERED = "answered"  # the call is answered
_PLAYING = "playing"  # something is being played
_FIRM = "firm"  # … that keys do not interrupt
_UNTIL = "until"  # instant until which is waited
_HOPS = "hops"  # nodes visited since time last passed, kept while a queue may refuse at once
_LATE = "late"  # a key that belongs to what was entered before, and the instant until which
_OWN = (_ANSWERED, _PLAYING, _FIRM, _UNTIL, _HOPS, _LATE)

MISUNDERSTOOD = "misunderstood"
"""What misunderstandings are counted as on a contact's way."""

_DEEPEST = 20  # flows called from flows
_LONGEST_TRAIL = 20  # questions that "back" can go back over


def plainly(prompt: Prompt, language: str) -> str:
    """Write a value as it came."""
    return prompt.value


class _Compiled(dict[str, Flow]):
    """Flows, each compiled when somebody first comes there: nobody waits for a whole large site."""

    def __init__(self, source: Mapping[str, Mapping[str, object]]) -> None:
        super().__init__()
        self._source = source

    def __missing__(self, name: str) -> Flow:
        flow = self[name] = read_flow(self._source[name])
        return flow


@dataclass(frozen=True, slots=True)
class _Program:
    """The flows of one version of a site.

    Attributes:
        source: as they were parsed.
        flows: flow by name; asking for one that there is not raises ``KeyError``.
        size: number of nodes in all of them.
    """

    source: Mapping[str, Mapping[str, object]]
    flows: Mapping[str, Flow]
    size: int

    @classmethod
    def of(cls, source: Mapping[str, Mapping[str, object]]) -> _Program:
        """Return the program of parsed flows."""
        nodes = (flow.get("node") for flow in source.values())
        return cls(source, _Compiled(source), sum(len(n) for n in nodes if isinstance(n, dict)))

    def flow(self, name: str) -> Flow | None:
        """Return a flow; None if there is none of that name."""
        try:
            return self.flows[name]
        except KeyError:
            return None


def _told(signal: Signal) -> DigitPressed | Said | None:
    """Return what the customer pressed, wrote or said, if that is what a signal is."""
    match signal:
        case DigitPressed() | Said():
            return signal
        case TaskDone("ok", {"text": text}):
            return Said(text)  # a recogniser's
        case _:
            return None


class FlowInterpreter:
    """The flows of a site as the core sees them (:class:`acd.core.flows.Flows`).

    Args:
        written: writes values for customers who read; by default they are shown as they came.
    """

    def __init__(self, written: Written = plainly) -> None:
        self._written = written
        self._programs: dict[str, _Program] = {}

    def step(
        self, site: Site, contact: Contact, signal: Signal, now: Instant, centre: Centre
    ) -> Step:
        """Advance ``contact`` until it has to wait or has left the flow; never raises."""
        walk = _Walk(self._program(site), Visit(site, contact, now, centre, self._written))
        if isinstance(signal, Entered):
            walk.flow = signal.flow
            return walk.finish(Go(None, signal.flow))
        if contact.cursor is None:
            return walk.finish(FAIL)
        return walk.resume(contact.cursor, signal)

    def _program(self, site: Site) -> _Program:
        program = self._programs.get(site.version)
        # Sites made by hand may share a version; the flows themselves tell them apart.
        if program is None or program.source is not site.flows:
            program = _Program.of(site.flows)
            self._programs.pop(site.version, None)
            self._programs[site.version] = program
            if len(self._programs) > _CACHED:
                del self._programs[next(iter(self._programs))]
        return program


def advance(
    flows: Mapping[str, Flow], size: int, visit: Visit, cursor: Cursor, signal: Signal
) -> Step:
    """Take one step of a contact in flows that are compiled.

    Args:
        flows: flow by name.
        size: number of nodes in all of them.
        visit: new, of this contact.
        cursor: where the contact is.
        signal: what happens.
    """
    return _Walk(_Program({}, flows, size), visit).resume(cursor, signal)


class _Walk:
    """One step: from a signal to the next wait."""

    __slots__ = ("flow", "hops", "name", "program", "stack", "trail", "visit")

    def __init__(self, program: _Program, visit: Visit) -> None:
        self.program = program
        self.visit = visit
        self.flow = ""
        self.name = ""
        self.hops = 0
        self.stack: list[str] = []
        self.trail: list[str] = []

    def resume(self, cursor: Cursor, signal: Signal) -> Step:
        """Tell the node at ``cursor`` of ``signal`` and follow where that leads."""
        visit = self.visit
        self.flow, self.name = visit.flow, visit.node = cursor.flow, cursor.node
        self.stack, self.trail = list(cursor.stack), list(cursor.trail)
        visit.memory = {k: v for k, v in cursor.memory.items() if k not in _OWN}
        visit.counts = dict(cursor.counts)
        visit.answered = _ANSWERED in cursor.memory
        visit.playing = _PLAYING in cursor.memory
        visit.firm = _FIRM in cursor.memory
        visit.late = cursor.memory.get(_LATE, "")
        node = self._node()
        if node is None:
            return self.finish(FAIL)
        match signal:
            case Reattached():
                visit.stop()  # it may still be heard
                visit.answered = False
                kept = node.type.keeps
                visit.memory = {k: v for k, v in visit.memory.items() if k in kept}
                return self.finish(node.type.enter(node.keys, visit))
            case PlaybackDone():
                if not visit.playing:
                    return self._stay(cursor)
                visit.playing = visit.firm = False
            case TimedOut():
                if _UNTIL not in cursor.memory:
                    return self._stay(cursor)
            case DigitPressed(digit) if digit not in _KEYS or visit.firm or self._is_late(digit):
                return self._stay(cursor)
            case QueueLeft(reason) if reason != "timeout":
                self.hops = whole(cursor.memory.get(_HOPS, ""))
        outcome = node.type.signal(node.keys, visit, signal)
        if outcome is FAIL:
            visit.trouble("failed")
        is_own = isinstance(outcome, Again) and outcome.is_own
        told = _told(signal)
        if told is not None and not is_own and isinstance(outcome, Stay | Again):
            outcome = self._command(told) or outcome
        if isinstance(outcome, Again):
            outcome = self._ask_again(node, outcome)
        return self._stay(cursor) if isinstance(outcome, Stay) else self.finish(outcome)

    def _is_late(self, digit: str) -> bool:
        late = self.visit.late
        return late[:1] == digit and self.visit.now < whole(late[1:])

    def _command(self, signal: DigitPressed | Said) -> Go | None:
        """Return what a command of the site leads to, if the signal is one."""
        command = given(self.visit.site.commands, signal, self.visit.language)
        if command is None:
            return None
        if command.does == "back":
            return self._back()
        if command.does == "repeat":
            return Go(self.name, self.flow)
        self.visit.trouble(command.name)
        self.stack.clear()  # what they left is not over
        return Go(None, command.flow)

    def _back(self) -> Go:
        """Return to the question before this one, and to the flows that called for it then."""
        here = self._place()
        while self.trail and self.trail[-1].split()[0] == here:
            self.trail.pop()
        if not self.trail:
            return Go(self.name, self.flow)
        place, *self.stack = self.trail.pop().split()
        flow, _, name = place.partition("/")
        return Go(name, flow)

    def _ask_again(self, node: Node, again: Again) -> Entry:
        visit = self.visit
        visit.trouble(again.reason)
        flow = self.program.flows[self.flow]
        misunderstood, tries = visit.count(MISUNDERSTOOD), visit.tries()
        if flow.escalate_after is not None and misunderstood >= flow.escalate_after:
            return Go(flow.on_fail)
        if node.type.ask is None or tries >= node.keys.tries:
            return FAIL
        return node.type.ask(node.keys, visit, again.first)

    def finish(self, entry: Entry) -> Step:
        """Follow ``entry`` from node to node until one waits or ends."""
        while isinstance(entry, Go | Return):
            entry = self._enter(self._come_back() if isinstance(entry, Return) else entry)
        if isinstance(entry, Wait):
            return self._wait(entry.seconds)
        self.visit.actions.append(EndContact(entry.how))
        return Step(tuple(self.visit.actions), Cursor(self.flow, self.name))

    def _come_back(self) -> Go | End:
        if not self.stack:
            return End()
        flow, _, name = self.stack.pop().partition("/")
        return Go(name, flow)

    def _enter(self, go: Go | End) -> Entry:
        """Leave the node we are at, if any, and enter the one that ``go`` leads to."""
        visit = self.visit
        visit.stop()
        if isinstance(go, End):
            return go
        self.hops += 1
        target = self._target(go)
        if target is None:
            return End(FlowEnd.FAILED)
        if go.back is not None and len(self.stack) < _DEEPEST:
            self.stack.append(f"{self.flow}/{go.back}")
        self.flow, self.name = visit.flow, visit.node = target
        visit.memory = {}
        visit.actions.append(VisitNode(self.flow, self.name))
        node = self.program.flows[self.flow].nodes[self.name]
        if node.type.ask is not None:
            asked = " ".join((self._place(), *self.stack))
            if self.trail[-1:] != [asked]:
                self.trail = [*self.trail, asked][-_LONGEST_TRAIL:]
        entry = node.type.enter(node.keys, visit)
        if entry is FAIL:
            visit.trouble("failed")
        return entry

    def _target(self, go: Go) -> tuple[str, str] | None:
        """Return flow and node that ``go`` leads to; None when there is nowhere left to go."""
        program, limit = self.program, self.program.size
        if self.hops > 2 * limit + 1:
            return None
        if self.hops == limit + 1:  # a loop: once, whoever the flow names may take over
            here = program.flow(self.flow)
            return None if here is None else self._existing(self.flow, here.on_fail)
        if go.flow is not None:
            other = program.flow(go.flow)
            name = go.node or (other.start if other is not None else None)
            target = self._existing(go.flow, name)
        else:
            target = self._existing(self.flow, go.node)
        return target or self._existing(self.flow, self._on_fail())

    def _existing(self, flow: str, name: str | None) -> tuple[str, str] | None:
        known = self.program.flow(flow)
        return (flow, name) if name is not None and known and name in known.nodes else None

    def _on_fail(self) -> str | None:
        node, flow = self._node(), self.program.flow(self.flow)
        if node is not None:
            return node.on_fail
        return None if flow is None else flow.on_fail

    def _node(self) -> Node | None:
        flow = self.program.flow(self.flow)
        return None if flow is None else flow.nodes.get(self.name)

    def _place(self) -> str:
        return f"{self.flow}/{self.name}"

    def _wait(self, seconds: float | None) -> Step:
        visit, memory = self.visit, self.visit.memory
        if visit.answered:
            memory[_ANSWERED] = "1"
        if visit.playing:
            memory[_PLAYING] = "1"
        if visit.firm:
            memory[_FIRM] = "1"
        if seconds is not None:
            memory[_UNTIL] = str(after(visit.now, seconds))
        if visit.now < whole(visit.late[1:]):
            memory[_LATE] = visit.late
        if any(isinstance(action, Enqueue) for action in visit.actions):
            memory[_HOPS] = str(self.hops)
        cursor = Cursor(
            self.flow, self.name, memory, tuple(self.stack), tuple(self.trail), visit.counts
        )
        return Step(tuple(visit.actions), cursor, seconds)

    def _stay(self, cursor: Cursor) -> Step:
        """Go on waiting for as long as was left."""
        until = cursor.memory.get(_UNTIL)
        left = None if until is None else max(0, whole(until) - self.visit.now) / MICROSECONDS
        return Step((), cursor, left)
