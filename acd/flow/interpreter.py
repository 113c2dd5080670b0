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
    Cursor,
    DigitPressed,
    EndContact,
    Enqueue,
    Entered,
    FlowEnd,
    PlaybackDone,
    QueueLeft,
    Reattached,
    Signal,
    Step,
    TimedOut,
    VisitNode,
)
from acd.core.site import Site
from acd.core.timers import MICROSECONDS, Instant, after
from acd.flow.model import FAIL, Call, End, Entry, Flow, Go, Node, Stay, Wait, whole
from acd.flow.read import read_flow

_CACHED = 8  # versions of a site kept compiled: the running one and those with calls still in them

_KEYS = frozenset("0123456789*#ABCD")

# What the interpreter itself keeps in a cursor's memory, beside what the node remembers.
_ANSWERED = "answered"  # the call is answered
_PLAYING = "playing"  # something is being played
_UNTIL = "until"  # instant until which is waited
_HOPS = "hops"  # nodes visited since time last passed, kept while a queue may refuse at once
_OWN = (_ANSWERED, _PLAYING, _UNTIL, _HOPS)


@dataclass(frozen=True, slots=True)
class _Program:
    """The flows of one version of a site, compiled.

    Attributes:
        source: what they were compiled from.
        flows: flow by name.
        size: number of nodes in all of them.
    """

    source: Mapping[str, Mapping[str, object]]
    flows: Mapping[str, Flow]
    size: int


class FlowInterpreter:
    """The flows of a site as the core sees them (:class:`acd.core.flows.Flows`)."""

    def __init__(self) -> None:
        self._programs: dict[str, _Program] = {}

    def step(self, site: Site, contact: Contact, signal: Signal, now: Instant) -> Step:
        """Advance ``contact`` until it has to wait or has left the flow; never raises."""
        walk = _Walk(self._program(site), Call(site, contact, now))
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
            flows = {name: read_flow(raw) for name, raw in site.flows.items()}
            program = _Program(site.flows, flows, sum(len(f.nodes) for f in flows.values()))
            self._programs.pop(site.version, None)
            self._programs[site.version] = program
            if len(self._programs) > _CACHED:
                del self._programs[next(iter(self._programs))]
        return program


class _Walk:
    """One step: from a signal to the next wait."""

    __slots__ = ("call", "flow", "hops", "name", "program")

    def __init__(self, program: _Program, call: Call) -> None:
        self.program = program
        self.call = call
        self.flow = ""
        self.name = ""
        self.hops = 0

    def resume(self, cursor: Cursor, signal: Signal) -> Step:
        """Tell the node at ``cursor`` of ``signal`` and follow where that leads."""
        call = self.call
        self.flow, self.name = cursor.flow, cursor.node
        call.memory = {k: v for k, v in cursor.memory.items() if k not in _OWN}
        call.answered = _ANSWERED in cursor.memory
        call.playing = _PLAYING in cursor.memory
        node = self._node()
        if node is None:
            return self.finish(FAIL)
        match signal:
            case Reattached():
                call.stop()  # it may still be heard
                call.answered = False
                call.memory = {k: v for k, v in call.memory.items() if k == "tries"}
                return self.finish(node.type.enter(node.keys, call))
            case PlaybackDone():
                if not call.playing:
                    return self._stay(cursor)
                call.playing = False
            case TimedOut():
                if _UNTIL not in cursor.memory:
                    return self._stay(cursor)
            case DigitPressed(digit) if digit not in _KEYS:
                return self._stay(cursor)
            case QueueLeft(reason) if reason != "timeout":
                self.hops = whole(cursor.memory.get(_HOPS, ""))
        outcome = node.type.signal(node.keys, call, signal)
        return self._stay(cursor) if isinstance(outcome, Stay) else self.finish(outcome)

    def finish(self, entry: Entry) -> Step:
        """Follow ``entry`` from node to node until one waits or ends."""
        while isinstance(entry, Go):
            entry = self._enter(entry)
        if isinstance(entry, Wait):
            return self._wait(entry.seconds)
        self.call.actions.append(EndContact(entry.how))
        return Step(tuple(self.call.actions), Cursor(self.flow, self.name))

    def _enter(self, go: Go) -> Entry:
        """Leave the node we are at, if any, and enter the one that ``go`` leads to."""
        self.call.stop()
        self.hops += 1
        target = self._target(go)
        if target is None:
            return End(FlowEnd.FAILED)
        self.flow, self.name = target
        self.call.memory = {}
        self.call.actions.append(VisitNode(self.flow, self.name))
        node = self.program.flows[self.flow].nodes[self.name]
        return node.type.enter(node.keys, self.call)

    def _target(self, go: Go) -> tuple[str, str] | None:
        """Return flow and node that ``go`` leads to; None when there is nowhere left to go."""
        flows, limit = self.program.flows, self.program.size
        if self.hops > 2 * limit + 1:
            return None
        if self.hops == limit + 1:  # a loop: once, whoever the flow names may take over
            here = flows.get(self.flow)
            return None if here is None else self._existing(self.flow, here.on_fail)
        if go.flow is not None:
            other = flows.get(go.flow)
            name = go.node or (other.start if other is not None else None)
            target = self._existing(go.flow, name)
        else:
            target = self._existing(self.flow, go.node)
        return target or self._existing(self.flow, self._on_fail())

    def _existing(self, flow: str, name: str | None) -> tuple[str, str] | None:
        known = self.program.flows.get(flow)
        return (flow, name) if name is not None and known and name in known.nodes else None

    def _on_fail(self) -> str | None:
        node, flow = self._node(), self.program.flows.get(self.flow)
        if node is not None:
            return node.on_fail
        return None if flow is None else flow.on_fail

    def _node(self) -> Node | None:
        flow = self.program.flows.get(self.flow)
        return None if flow is None else flow.nodes.get(self.name)

    def _wait(self, seconds: float | None) -> Step:
        call, memory = self.call, self.call.memory
        if call.answered:
            memory[_ANSWERED] = "1"
        if call.playing:
            memory[_PLAYING] = "1"
        if seconds is not None:
            memory[_UNTIL] = str(after(call.now, seconds))
        if any(isinstance(action, Enqueue) for action in call.actions):
            memory[_HOPS] = str(self.hops)
        return Step(tuple(call.actions), Cursor(self.flow, self.name, memory), seconds)

    def _stay(self, cursor: Cursor) -> Step:
        """Go on waiting for as long as was left."""
        until = cursor.memory.get(_UNTIL)
        left = None if until is None else max(0, whole(until) - self.call.now) / MICROSECONDS
        return Step((), cursor, left)
