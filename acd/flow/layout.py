"""Where the boxes and ways of a chart lie on paper: a drawing in layers, from top to bottom.

The method is Sugiyama's, as in Graphviz' ``dot``: loops are opened, nodes get layers, ways that
are longer than a layer get a place in each layer they pass, the order within the layers is
changed until few ways cross, and then everything is pulled straight. Between any two layers lies
one that holds nothing but the names of ways, so no name covers another or a box.

It is written here because what there is did not fit: ``dot`` is a program that would have to be
installed beside the engine only for this, and the Python libraries of this kind tell where nodes
lie, but neither leave room for names nor say how ways run. The same chart gives the same drawing.
"""

from __future__ import annotations

import textwrap
from bisect import bisect_right, insort
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise

from acd.flow.chart import Chart, Way

BOX_WIDTH, HEAD_HEIGHT, LINE_HEIGHT = 216.0, 32.0, 15.0
LETTERS, LINES = 36, 2  # of a node's text that are shown
LABEL_HEIGHT = 18.0
MARGIN = 12.0
GAP = 26.0  # between two boxes of a layer; ways pass nearer
LAYER_GAP = 18.0
LETTER = 6.6  # width of a letter of a name, in the middle
COUNT_WIDTH = 42.0  # room for a number beside the name

_SWEEPS = 16
_FEWEST_SWEEPS = 3
_PLACES_SWEPT = 30_000  # a chart of hundreds of nodes is drawn less neatly rather than late
_THIN = 4.0  # width of a way
_STRAIGHT = 24.0  # bends of fewer pixels are not worth a bend

Key = tuple[str, int]
"""A place in the drawing: a box's id and -1, or the way's number as text and a layer."""


@dataclass(frozen=True, slots=True)
class Area:
    """A rectangle: its middle and size."""

    x: float
    y: float
    width: float
    height: float


@dataclass(frozen=True, slots=True)
class Line:
    """How a way runs.

    Attributes:
        path: as the ``d`` of an SVG path, from the source to the target.
        label: where its name stands.
    """

    path: str
    label: Area


@dataclass(frozen=True, slots=True)
class Drawing:
    """A chart on paper.

    Attributes:
        boxes: box's id to where it lies.
        lines: of the chart's ways, in their order.
    """

    width: float
    height: float
    boxes: dict[str, Area]
    lines: tuple[Line, ...]


@dataclass(slots=True)
class _Place:
    width: float
    height: float
    layer: int
    x: float = 0.0
    above: list[Key] = field(default_factory=list)
    below: list[Key] = field(default_factory=list)


def draw(chart: Chart) -> Drawing:
    """Return where everything of a chart lies."""
    return _Drawer(chart).drawing()


class _Drawer:
    def __init__(self, chart: Chart) -> None:
        self._chart = chart
        self._ids = [box.id for box in chart.boxes]
        self._turned = _turned(chart)
        self._places: dict[Key, _Place] = {}
        self._chains: list[list[Key]] = []
        self._layers: list[list[Key]] = []
        self._sweeps = _SWEEPS

    def drawing(self) -> Drawing:
        if not self._ids:
            return Drawing(2 * MARGIN, 2 * MARGIN, {}, ())
        self._place()
        self._sweeps = max(_FEWEST_SWEEPS, min(_SWEEPS, _PLACES_SWEPT // len(self._places)))
        self._order()
        self._align()
        return self._finish()

    # --- layers ---------------------------------------------------------------------------------

    def _ends(self, number: int) -> tuple[str, str]:
        """Return where a way begins and ends once no way leads upwards."""
        way = self._chart.ways[number]
        ends = (way.source, way.target)
        return (ends[1], ends[0]) if number in self._turned else ends

    def _place(self) -> None:
        """Give every box a layer, and every way a place in each layer between its ends."""
        for box in self._chart.boxes:
            height = HEAD_HEIGHT + LINE_HEIGHT * len(lines_of(box.text))
            self._places[box.id, -1] = _Place(BOX_WIDTH, height, 0)
        self._longest_paths()
        for number, way in enumerate(self._chart.ways):
            upper, lower = self._ends(number)
            first, last = self._places[upper, -1].layer, self._places[lower, -1].layer
            if upper == lower:
                self._chains.append([(upper, -1)])
                continue
            chain: list[Key] = [(upper, -1)]
            middle = first + 1  # the name stands near the node that has the key
            if number in self._turned:
                middle = last - 1
            for layer in range(first + 1, last):
                width = label_width(way) if layer == middle else _THIN
                self._places[str(number), layer] = _Place(width, LABEL_HEIGHT, layer)
                chain.append((str(number), layer))
            chain.append((lower, -1))
            self._chains.append(chain)
            for one, other in pairwise(chain):
                self._places[one].below.append(other)
                self._places[other].above.append(one)
        for key, place in self._places.items():
            while len(self._layers) <= place.layer:
                self._layers.append([])
            self._layers[place.layer].append(key)

    def _longest_paths(self) -> None:
        """Boxes lie in even layers, below everything that leads to them."""
        leads: dict[str, list[str]] = {one: [] for one in self._ids}
        missing = dict.fromkeys(self._ids, 0)
        for number in range(len(self._chart.ways)):
            upper, lower = self._ends(number)
            if upper != lower:
                leads[upper].append(lower)
                missing[lower] += 1
        ready = [one for one in self._ids if not missing[one]]
        for one in ready:  # grows while it is walked
            for other in leads[one]:
                place = self._places[other, -1]
                place.layer = max(place.layer, self._places[one, -1].layer + 2)
                missing[other] -= 1
                if not missing[other]:
                    ready.append(other)

    # --- order ----------------------------------------------------------------------------------

    def _order(self) -> None:
        """Change the order within layers while that makes fewer ways cross."""
        self._begin()
        best, fewest = [list(layer) for layer in self._layers], self._crossings()
        for sweep in range(self._sweeps):
            if not fewest:
                break
            self._sweep(down=sweep % 2 == 0)
            crossings = self._crossings()
            if crossings < fewest:
                best, fewest = [list(layer) for layer in self._layers], crossings
        self._layers = best

    def _begin(self) -> None:
        """Order every layer as a walk from the top comes to it."""
        found: dict[Key, None] = {}
        todo = [key for layer in reversed(self._layers) for key in reversed(layer)]
        while todo:
            key = todo.pop()
            if key not in found:
                found[key] = None
                todo += reversed(self._places[key].below)
        order = {key: number for number, key in enumerate(found)}
        for layer in self._layers:
            layer.sort(key=order.__getitem__)

    def _sweep(self, *, down: bool) -> None:
        layers = self._layers[1:] if down else self._layers[-2::-1]
        order = {key: at for layer in self._layers for at, key in enumerate(layer)}
        for layer in layers:

            def middle(key: Key) -> float:
                place = self._places[key]
                near = place.above if down else place.below
                return sum(order[one] for one in near) / len(near) if near else order[key]

            middles = {key: middle(key) for key in layer}
            layer.sort(key=middles.__getitem__)
            order.update({key: at for at, key in enumerate(layer)})

    def _crossings(self) -> int:
        total = 0
        for upper, lower in pairwise(self._layers):
            order = {key: at for at, key in enumerate(lower)}
            ends = [
                end for key in upper for end in sorted(order[o] for o in self._places[key].below)
            ]
            before: list[int] = []  # sorted
            for end in ends:
                total += len(before) - bisect_right(before, end)
                insort(before, end)
        return total

    # --- columns --------------------------------------------------------------------------------

    def _align(self) -> None:
        """Pull every place between its neighbours, without one running into another."""
        for layer in self._layers:
            self._lay(layer, lambda key: (0.0, 1.0))
        for sweep in range(2 * self._sweeps):
            down, both = sweep % 2 == 0, sweep >= self._sweeps
            for layer in self._layers if down else self._layers[::-1]:
                self._lay(layer, partial(self._pull, down=down, both=both))

    def _pull(self, key: Key, *, down: bool, both: bool) -> tuple[float, float]:
        """Return where a place would like to be, and how much."""
        place = self._places[key]
        near = place.above if down else place.below
        if both or not near:
            near = [*place.above, *place.below]
        if not near:
            return place.x, 0.1
        weights = [self._stiffness(key, one) for one in near]
        total = sum(weights)
        wish = sum(self._places[one].x * w for one, w in zip(near, weights, strict=True)) / total
        return wish, total

    @staticmethod
    def _stiffness(one: Key, other: Key) -> float:
        """Long ways are kept straight rather than short ones."""
        return (1.0, 2.0, 8.0)[(one[1] >= 0) + (other[1] >= 0)]

    def _lay(self, layer: Sequence[Key], wish: Callable[[Key], tuple[float, float]]) -> None:
        """Lay a layer as near as can be to the wishes, in its order and with its gaps.

        With what lies to the left taken off each wish, the places only must not decrease: that is
        solved exactly by pooling those that do (pool adjacent violators).
        """
        offsets, offset = [], 0.0
        for at, key in enumerate(layer):
            if at:
                offset += self._apart(layer[at - 1], key)
            offsets.append(offset)
        pools: list[tuple[float, float, int]] = []  # mean, weight, how many
        for key, left in zip(layer, offsets, strict=True):
            wanted, weight = wish(key)
            mean, count = wanted - left, 1
            while pools and pools[-1][0] >= mean:
                other, heavy, many = pools.pop()
                mean = (other * heavy + mean * weight) / (heavy + weight)
                weight += heavy
                count += many
            pools.append((mean, weight, count))
        means = [mean for mean, _, count in pools for _ in range(count)]
        for key, mean, left in zip(layer, means, offsets, strict=True):
            self._places[key].x = mean + left

    def _apart(self, one: Key, other: Key) -> float:
        left, right = self._places[one], self._places[other]
        gap = GAP if one[1] < 0 and other[1] < 0 else GAP / 2
        return (left.width + right.width) / 2 + gap

    # --- on paper -------------------------------------------------------------------------------

    def _finish(self) -> Drawing:
        places = self._places.values()
        left = min(place.x - place.width / 2 for place in places) - MARGIN
        loops = [way.source for way in self._chart.ways if way.source == way.target]
        spare = max(
            (label_width(way) for way in self._chart.ways if way.source in loops), default=0
        )
        right = max(place.x + place.width / 2 for place in places) + MARGIN + spare
        tops, y = [], MARGIN
        for layer in self._layers:
            tops.append(y)
            y += max((self._places[key].height for key in layer), default=0.0) + LAYER_GAP
        boxes = {}
        for one in self._ids:
            place = self._places[one, -1]
            y_middle = tops[place.layer] + place.height / 2
            boxes[one] = Area(place.x - left, y_middle, place.width, place.height)
        ports = self._ports()
        lines = tuple(
            self._line(number, chain, boxes, tops, left, ports)
            for number, chain in enumerate(self._chains)
        )
        return Drawing(right - left, y - LAYER_GAP + MARGIN, boxes, lines)

    def _ports(self) -> dict[tuple[int, str, bool], float]:
        """Spread the ways of a box over its lower and upper side, in the order they lie there."""
        found: dict[tuple[int, str, bool], float] = {}
        sides: dict[tuple[str, bool], list[tuple[float, int]]] = {}
        for number, chain in enumerate(self._chains):
            if len(chain) > 1:
                sides.setdefault((chain[0][0], True), []).append((self._places[chain[1]].x, number))
                sides.setdefault((chain[-1][0], False), []).append(
                    (self._places[chain[-2]].x, number)
                )
        for (box, is_lower), ways in sides.items():
            place = self._places[box, -1]
            room = place.width - 2 * MARGIN
            step = min(28.0, room / len(ways))
            for at, (_, number) in enumerate(sorted(ways)):
                found[number, box, is_lower] = place.x + (at - (len(ways) - 1) / 2) * step
        return found

    def _line(
        self,
        number: int,
        chain: Sequence[Key],
        boxes: dict[str, Area],
        tops: Sequence[float],
        left: float,
        ports: dict[tuple[int, str, bool], float],
    ) -> Line:
        way = self._chart.ways[number]
        upper, lower = boxes[chain[0][0]], boxes[chain[-1][0]]
        if len(chain) == 1:
            return _loop(way, upper)
        points = [(ports[number, chain[0][0], True] - left, upper.y + upper.height / 2)]
        label = Area(0, 0, 0, 0)
        for before, key, after in zip(chain, chain[1:], chain[2:], strict=False):
            place, top = self._places[key], tops[key[1]]
            bottom = tops[key[1] + 1] - LAYER_GAP
            if place.width > _THIN:
                label = Area(place.x - left, (top + bottom) / 2, place.width, LABEL_HEIGHT)
            elif key[1] % 2:  # among names: a way bends there only to keep clear of one
                between = (self._places[before].x + self._places[after].x) / 2
                if abs(place.x - between) < _STRAIGHT:
                    continue
            points += [(place.x - left, top), (place.x - left, bottom)]
        points.append((ports[number, chain[-1][0], False] - left, lower.y - lower.height / 2))
        return Line(_path(points[::-1] if number in self._turned else points), label)


def lines_of(text: str) -> list[str]:
    """Return as much of a text as is shown in a box, by lines."""
    return textwrap.wrap(text, LETTERS, max_lines=LINES, placeholder="…")


def label_width(way: Way) -> float:
    """Return how much room a way's name takes, with a number beside it."""
    return max(len(way.label) * LETTER, 4.0) + COUNT_WIDTH


def _turned(chart: Chart) -> set[int]:
    """Return the ways that lead back to where a walk from the start is already."""
    leads: dict[str, list[tuple[int, str]]] = {box.id: [] for box in chart.boxes}
    for number, way in enumerate(chart.ways):
        leads[way.source].append((number, way.target))
    turned: set[int] = set()
    done: set[str] = set()
    roots = sorted(chart.boxes, key=lambda box: not box.is_start)
    for root in roots:
        if root.id in done:
            continue
        path, ways = [root.id], [iter(leads[root.id])]
        while path:
            step = next(ways[-1], None)
            if step is None:
                done.add(path.pop())
                ways.pop()
                continue
            number, target = step
            if target in path:
                turned.add(number)
            elif target not in done:
                path.append(target)
                ways.append(iter(leads[target]))
    return turned


def _path(points: Sequence[tuple[float, float]]) -> str:
    """Return a smooth line that is upright at every point."""
    words = [f"M{_round(points[0])}"]
    for (x, y), (to_x, to_y) in pairwise(points):
        if abs(x - to_x) < 0.5:
            words.append(f"L{_round((to_x, to_y))}")
        else:
            half = (y + to_y) / 2
            words.append(f"C{_round((x, half))} {_round((to_x, half))} {_round((to_x, to_y))}")
    return "".join(words)


def _loop(way: Way, box: Area) -> Line:
    x, y = box.x + box.width / 2, box.y
    points: Iterable[tuple[float, float]] = ((x + 26, y - 22), (x + 26, y + 22), (x, y + 12))
    path = f"M{_round((x, y - 12))}C{' '.join(_round(one) for one in points)}"
    width = label_width(way)
    return Line(path, Area(x + 24 + width / 2, y, width, LABEL_HEIGHT))


def _round(point: tuple[float, float]) -> str:
    return f"{point[0]:.1f},{point[1]:.1f}"
