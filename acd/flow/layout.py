"""Where the boxes and ways of a chart lie on paper: a drawing in layers, from top to bottom.

The method is Sugiyama's, as in Graphviz' ``dot``: everything gets its layer (:mod:`.layers`), and
then is pulled straight. No name covers another or a box.

It is written here because what there is did not fit: ``dot`` is a program that would have to be
installed beside the engine only for this, and the Python libraries of this kind tell where nodes
lie, but neither leave room for names nor say how ways run. The same chart gives the same drawing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import pairwise

from acd.flow.chart import Chart, Way
from acd.flow.layers import LABEL_HEIGHT, THIN, Key, Layers, label_width

MARGIN = 12.0
GAP = 26.0  # between two boxes of a layer; ways pass nearer
LAYER_GAP = 18.0

_STRAIGHT = 24.0  # bends of fewer pixels are not worth a bend


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


def draw(chart: Chart) -> Drawing:
    """Return where everything of a chart lies."""
    return _Drawer(chart).drawing()


class _Drawer:
    def __init__(self, chart: Chart) -> None:
        self._chart = chart
        self._layers = Layers(chart)
        self._places = self._layers.places

    def drawing(self) -> Drawing:
        if not self._chart.boxes:
            return Drawing(2 * MARGIN, 2 * MARGIN, {}, ())
        self._align()
        return self._finish()

    # --- columns --------------------------------------------------------------------------------

    def _align(self) -> None:
        """Pull every place between its neighbours, without one running into another."""
        for layer in self._layers.rows:
            self._lay(layer, lambda key: (0.0, 1.0))
        for sweep in range(2 * self._layers.sweeps):
            down, both = sweep % 2 == 0, sweep >= self._layers.sweeps
            for layer in self._layers.rows if down else self._layers.rows[::-1]:
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
        for layer in self._layers.rows:
            tops.append(y)
            y += max((self._places[key].height for key in layer), default=0.0) + LAYER_GAP
        boxes = {}
        for one in (box.id for box in self._chart.boxes):
            place = self._places[one, -1]
            y_middle = tops[place.layer] + place.height / 2
            boxes[one] = Area(place.x - left, y_middle, place.width, place.height)
        ports = self._ports()
        lines = tuple(
            self._line(number, chain, boxes, tops, left, ports)
            for number, chain in enumerate(self._layers.chains)
        )
        return Drawing(right - left, y - LAYER_GAP + MARGIN, boxes, lines)

    def _ports(self) -> dict[tuple[int, str, bool], float]:
        """Spread the ways of a box over its lower and upper side, in the order they lie there."""
        found: dict[tuple[int, str, bool], float] = {}
        sides: dict[tuple[str, bool], list[tuple[float, int]]] = {}
        for number, chain in enumerate(self._layers.chains):
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
            if place.width > THIN:
                label = Area(place.x - left, (top + bottom) / 2, place.width, LABEL_HEIGHT)
            elif key[1] % 2:  # among names: a way bends there only to keep clear of one
                between = (self._places[before].x + self._places[after].x) / 2
                if abs(place.x - between) < _STRAIGHT:
                    continue
            points += [(place.x - left, top), (place.x - left, bottom)]
        points.append((ports[number, chain[-1][0], False] - left, lower.y - lower.height / 2))
        return Line(_path(points[::-1] if number in self._layers.turned else points), label)


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
