"""The proof that nobody is trapped: whatever a customer does, a human or an end is reached in time.

A choice that only the customer can make is theirs: who presses "hear it again" for ever is not
trapped, and hanging up ends every flow. Where the other ways do not lead back, the graph is the
proof (:mod:`acd.flow.settled`). From every other node, for every channel whose customers come
there, everything is tried that may happen without the customer's wish: nothing is answered, the
answers are wrong, what is asked outside fails or never answers, the queue is full, is gone or gives
up, and whatever is decided falls out either way (:mod:`acd.flow.probe`).

Among what is left no state may come back, and the longest way must stay within
:data:`LONGEST_STEPS` and :data:`LONGEST_SECONDS`. Each state is followed once for all the ways
that lead to it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from math import inf

from acd.core.channel import TRAITS, Channel
from acd.core.site import Site
from acd.flow.check import Checked
from acd.flow.graph import Place
from acd.flow.probe import Cause, Explorer, Move, State, probed
from acd.flow.problems import Code, quoted
from acd.flow.settled import Cost

LONGEST_STEPS = 60
"""How often a customer may be made to wait for something before a human or an end."""

LONGEST_SECONDS = 600.0
"""How long that may take on the phone. Time in queues and with people is not counted."""

_DEEPEST = 2000  # states one after another; ways so long are too long by any count
_MOST_STATES = 200  # per node, on the average; more is a flow that counts without end
_LONGEST_WAY = 12  # nodes shown of a way

_HINTS: tuple[tuple[Cause, str], ...] = (
    (Cause.TIMEOUT, 'count the rounds with a node of type "loop", then take a message'),
    (Cause.REFUSED, "let on_full and on_fail of the queue lead to a message or an end"),
    (Cause.WRONG, "let on_fail lead to a human or an end"),
    (Cause.SILENCE, "let on_fail lead to a human or an end"),
    (Cause.TASK, "let on_fail lead on, not back"),
    (Cause.DATA, 'count the rounds with a node of type "loop", then lead to a human or an end'),
    (Cause.TIME, "let one of these nodes lead to a human or an end"),
)


_NOTHING = Cost()


@dataclass(frozen=True, slots=True)
class Finding:
    """A way that nobody should be led.

    Attributes:
        code: ``trap``, ``silent-loop`` or ``too-long``.
        place: where to mend it.
        way: the nodes walked, in order.
        causes: why it went on each time.
        cost: of the whole way, for one that is too long.
    """

    code: Code
    place: Place
    way: tuple[Place, ...]
    causes: frozenset[Cause] = frozenset()
    cost: Cost = _NOTHING


@dataclass(slots=True)
class _Frame:
    """A state that is being followed."""

    state: State
    moves: Iterator[Move]
    move: Move | None = None  # the one that is being followed
    steps: float = 0
    seconds: float = 0.0

    def take(self, move: Move, rest: Cost) -> None:
        """Count a way on whose rest is known."""
        waited = move.cause is not Cause.DATA
        self.steps = max(self.steps, rest.steps + waited)
        self.seconds = max(self.seconds, rest.seconds + move.seconds)


class Search:
    """Follows the flows of one channel.

    Args:
        explorer: says what may become of a contact.
        known: places that are known to be wrong: nothing is said about them again.
        is_whole: whether every name in the flows names something; else whoever has nowhere to go
            has been spoken of.
    """

    def __init__(
        self, explorer: Explorer, known: Collection[Place] = (), *, is_whole: bool = True
    ) -> None:
        self.findings: list[Finding] = []
        self._explorer = explorer
        self._is_whole = is_whole
        self._said = set(known)
        self._costs: dict[Place, Cost] = {}
        self._worst: dict[State, Cost] = {}
        self._order: dict[Place, int] = {}  # in which places were come to
        self._left = 0  # states that may still be looked at

    def follow(self, places: Sequence[Place], seconds: float) -> None:
        """Follow everything from each of ``places``; what is wrong goes to ``findings``.

        Args:
            places: nodes, those that contacts enter first.
            seconds: how long a way may take.
        """
        self._left = 10_000 + _MOST_STATES * len(places)
        covered: set[Place] = set()
        for place in places:
            entered = self._explorer.enter(place)
            self._note(entered)
            cost = self._costs[place] = self._solve(place, entered)
            if inf in cost or place in covered:
                continue
            if cost.steps > LONGEST_STEPS or cost.seconds > seconds:
                finding = self._too_long(place, entered, cost, cost.seconds > seconds)
                covered.update(finding.way)
                if finding.place not in self._said:
                    self._said.add(finding.place)
                    self.findings.append(finding)

    def cost(self, place: Place) -> Cost:
        """Return the worst that comes after a place that was followed."""
        return self._costs[place]

    def _solve(self, root: Place, entered: Move) -> Cost:
        """Return the worst that comes after ``entered``; infinite where there was no end of it."""
        if entered.to is None:
            if entered.failed and self._is_whole:
                self._found(Code.TRAP, (root,), frozenset())
            return Cost()
        if entered.to in self._worst:
            return self._rest(entered.to)
        worst, stack, depths = self._worst, [self._frame(entered.to)], {entered.to: 0}
        while stack:
            frame = stack[-1]
            move = frame.move = next(frame.moves, None)
            if move is None:
                del depths[stack.pop().state]
                worst[frame.state] = Cost(frame.steps, frame.seconds)
                if stack and (last := stack[-1].move) is not None:
                    stack[-1].take(last, self._rest(frame.state))
                continue
            self._note(move)
            to = move.to
            if to is None:
                frame.take(move, Cost())
                if move.failed and self._is_whole:
                    self._found(Code.TRAP, (frame.state.place,), frozenset({move.cause}))
            elif to in worst:
                frame.take(move, self._rest(to))
            elif to in depths:
                self._round(stack[depths[to] :])
            elif len(stack) >= _DEEPEST or self._left <= 0:
                worst.update((frame.state, Cost(inf, inf)) for frame in stack)
                self._found(Code.TOO_LONG, _way(stack), frozenset())
                return Cost(inf, inf)
            else:
                depths[to] = len(stack)
                stack.append(self._frame(to))
        return self._rest(entered.to)

    def _frame(self, state: State) -> _Frame:
        self._left -= 1
        frame = _Frame(state, self._explorer.moves(state))
        first = next(frame.moves, None)
        if first is None:
            # Nothing is waited for, so nothing will ever happen.
            self._found(Code.TRAP, (state.place,), frozenset())
        else:
            frame.moves = _with(first, frame.moves)
        return frame

    def _rest(self, state: State) -> Cost:
        """Return what is still before a contact; in a queue, that waits for a human, nothing."""
        return Cost() if state.pending.queue else self._worst[state]

    def _round(self, frames: Sequence[_Frame]) -> None:
        causes = frozenset(f.move.cause for f in frames if f.move is not None)
        silent = {Cause.SILENCE} <= causes <= {Cause.SILENCE, Cause.TIME, Cause.DATA}
        way = _way(frames)
        first = min(range(len(way)), key=lambda index: self._order[way[index]])
        way = (*way[first:], *way[:first])
        self._found(Code.SILENT_LOOP if silent else Code.TRAP, way, causes)

    def _note(self, move: Move) -> None:
        for place in move.visited:
            self._order.setdefault(place, len(self._order))

    def _found(self, code: Code, way: tuple[Place, ...], causes: frozenset[Cause]) -> None:
        if self._said.isdisjoint(way):
            self.findings.append(Finding(code, way[0], way, causes))
            self._said.update(way)

    def _too_long(self, root: Place, entered: Move, cost: Cost, in_time: bool) -> Finding:
        """Walk the longest way again to say where it goes and which node it stays at most."""
        way, shares = [root], Counter[Place]()
        state = entered.to
        while state is not None:
            best, most = None, -1.0
            for move in self._explorer.moves(state):
                rest = Cost() if move.to is None else self._rest_of(move.to)
                waited = move.cause is not Cause.DATA
                size = rest.seconds + move.seconds if in_time else rest.steps + waited
                if size > most:
                    best, most = move, size
            if best is None:
                break
            shares[state.place] += round(best.seconds * 1000) if in_time else 1
            way += best.visited
            state = None if best.to is None or best.to.pending.queue else best.to
        heaviest = max(shares, key=lambda place: shares[place])
        return Finding(Code.TOO_LONG, heaviest, tuple(way), cost=cost)

    def _rest_of(self, state: State) -> Cost:
        return self._rest(state) if state in self._worst else Cost()


def _with(first: Move, rest: Iterator[Move]) -> Iterator[Move]:
    yield first
    yield from rest


def _way(frames: Iterable[_Frame]) -> tuple[Place, ...]:
    places = []
    for frame in frames:
        places.append(frame.state.place)
        if frame.move is not None:
            places += frame.move.visited
    shown = places[:1]
    for place in places[1:]:
        if place != shown[-1]:
            shown.append(place)
    return tuple(shown[:-1] if len(shown) > 1 and shown[0] == shown[-1] else shown)


def prove(site: Site, checked: Checked, *, is_whole: bool = True) -> None:
    """Report every way on which somebody could be lost, each once.

    Args:
        site: what nodes look up in it; its flows are those that were checked.
        checked: the flows, who comes where, and what was said already. Where nobody comes,
            callers may.
        is_whole: whether nothing else is wrong with the site.
    """
    graph, ats = checked.graph, checked.ats
    names = [n for n in dict.fromkeys((*checked.entered, *graph.flows)) if n in graph.flows]
    starts = [(name, graph.flows[name].start) for name in names]
    places = [place for place in dict.fromkeys((*starts, *graph.edges)) if place in ats]
    callers = frozenset({Channel.VOICE})
    came = callers.union(*checked.reached.values())
    said = set(checked.said)
    for has_legs in (True, False):
        channels = [c for c in Channel if c in came and TRAITS[c].has_legs is has_legs]
        seconds = LONGEST_SECONDS if has_legs else inf
        own = [
            place
            for place in places
            if not _is_fine(checked.settled.get(place), seconds)
            and (node := graph.node(place)) is not None
            and not (checked.reached.get(place) or callers).isdisjoint(channels)
            and not node.type.channels.isdisjoint(channels)
        ]
        if not own:
            continue
        flows = probed(graph, {flow for flow, _ in own})
        search = Search(Explorer(site, flows, channels), said, is_whole=is_whole)
        search.follow(own, seconds)
        for finding in search.findings:
            ats[finding.place].say(finding.code, *_told(finding))
            said.update(finding.way)


def _is_fine(cost: Cost | None, seconds: float) -> bool:
    return cost is not None and cost.steps <= LONGEST_STEPS and cost.seconds <= seconds


def _told(finding: Finding) -> tuple[str, str]:
    """Return the message and the hint of a finding."""
    flow, name = finding.place
    way = _shown(finding.way, flow)
    if finding.code is Code.TOO_LONG:
        if not finding.cost.steps:
            return f"no end is found on the way {way}", _HINTS[-1][1]
        return (
            f"it may take {finding.cost.steps:.0f} waits and {finding.cost.seconds:.0f} s from "
            f"{quoted(finding.way[0][1])} to a human or an end, most of it at {quoted(name)}: "
            f"{way}; at most {LONGEST_STEPS} and {LONGEST_SECONDS:.0f} s",
            "wait less here, ask less often, or lead to a human before",
        )
    reasons = [cause for cause, _ in _HINTS if cause in finding.causes and cause is not Cause.TIME]
    hint = next((hint for cause, hint in _HINTS if cause in finding.causes), "")
    if not hint:
        return f"whoever comes to {quoted(name)} can go neither on nor back", "give it an exit"
    when = f", {reasons[0]}" if reasons else ""
    return f"round and round{when}: {way} → {_shown(finding.way[:1], flow)}", hint


def _shown(way: Sequence[Place], flow: str) -> str:
    names = [name if own == flow else f"{own}/{name}" for own, name in way]
    if len(names) > _LONGEST_WAY:
        names[_LONGEST_WAY // 2 : -_LONGEST_WAY // 2] = ["…"]
    return " → ".join(names)
