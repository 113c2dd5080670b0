"""The layers of a drawing: which box lies in which, and in what order, so that few ways cross.

Loops are opened, boxes get layers, and ways that are longer than a layer get a place in each layer
they pass. Between any two layers lies one that holds nothing but the names of ways.
"""

from __future__ import annotations

import textwrap
import unicodedata
from bisect import bisect_right, insort
from dataclasses import dataclass, field
from itertools import pairwise

from acd.flow.chart import Chart, Way

BOX_WIDTH, HEAD_HEIGHT, LINE_HEIGHT = 216.0, 32.0, 15.0
LETTERS, LINES = 36, 2  # of a node's text that are shown
LABEL_HEIGHT = 18.0
LETTER = 6.6  # width of a letter of a name, in the middle
COUNT_WIDTH = 42.0  # room for a number beside the name
THIN = 4.0  # width of a way

_SWEEPS = 16
_FEWEST_SWEEPS = 3
_PLACES_SWEPT = 30_000  # a chart of hundreds of nodes is drawn less neatly rather than late

Key = tuple[str, int]
"""A place in the drawing: a box's id and -1, or the way's number as text and a layer."""


@dataclass(slots=True)
class Place:
    """A place that something takes in a layer; ``above`` and ``below`` are what it is tied to."""

    width: float
    height: float
    layer: int
    x: float = 0.0
    above: list[Key] = field(default_factory=list)
    below: list[Key] = field(default_factory=list)


class Layers:
    """A chart in layers.

    Attributes:
        chart: the chart.
        places: everything that takes a place.
        rows: the layers from top to bottom, each from left to right.
        chains: of each way the places from its upper end to its lower one; one, if it is a loop.
        turned: ways that lead upwards.
        sweeps: how often so large a chart is gone through.
    """

    def __init__(self, chart: Chart) -> None:
        self.chart = chart
        self.turned = _turned(chart)
        self.places: dict[Key, Place] = {}
        self.chains: list[list[Key]] = []
        self.rows: list[list[Key]] = []
        self._ids = [box.id for box in chart.boxes]
        self._place()
        self.sweeps = max(_FEWEST_SWEEPS, min(_SWEEPS, _PLACES_SWEPT // max(1, len(self.places))))
        self._order()

    def _ends(self, number: int) -> tuple[str, str]:
        """Return where a way begins and ends once no way leads upwards."""
        way = self.chart.ways[number]
        ends = (way.source, way.target)
        return (ends[1], ends[0]) if number in self.turned else ends

    def _place(self) -> None:
        """Give every box a layer, and every way a place in each layer between its ends."""
        for box in self.chart.boxes:
            height = HEAD_HEIGHT + LINE_HEIGHT * len(lines_of(box.text))
            self.places[box.id, -1] = Place(BOX_WIDTH, height, 0)
        self._longest_paths()
        for number, way in enumerate(self.chart.ways):
            upper, lower = self._ends(number)
            first, last = self.places[upper, -1].layer, self.places[lower, -1].layer
            if upper == lower:
                self.chains.append([(upper, -1)])
                continue
            chain: list[Key] = [(upper, -1)]
            middle = first + 1  # the name stands near the node that has the key
            if number in self.turned:
                middle = last - 1
            for layer in range(first + 1, last):
                width = label_width(way) if layer == middle else THIN
                self.places[str(number), layer] = Place(width, LABEL_HEIGHT, layer)
                chain.append((str(number), layer))
            chain.append((lower, -1))
            self.chains.append(chain)
            for one, other in pairwise(chain):
                self.places[one].below.append(other)
                self.places[other].above.append(one)
        for key, place in self.places.items():
            while len(self.rows) <= place.layer:
                self.rows.append([])
            self.rows[place.layer].append(key)

    def _longest_paths(self) -> None:
        """Boxes lie in even layers, below everything that leads to them."""
        leads: dict[str, list[str]] = {one: [] for one in self._ids}
        missing = dict.fromkeys(self._ids, 0)
        for number in range(len(self.chart.ways)):
            upper, lower = self._ends(number)
            if upper != lower:
                leads[upper].append(lower)
                missing[lower] += 1
        ready = [one for one in self._ids if not missing[one]]
        for one in ready:  # grows while it is walked
            for other in leads[one]:
                place = self.places[other, -1]
                place.layer = max(place.layer, self.places[one, -1].layer + 2)
                missing[other] -= 1
                if not missing[other]:
                    ready.append(other)

    # --- order ----------------------------------------------------------------------------------

    def _order(self) -> None:
        """Change the order within layers while that makes fewer ways cross."""
        self._begin()
        best, fewest = [list(layer) for layer in self.rows], self._crossings()
        for sweep in range(self.sweeps):
            if not fewest:
                break
            self._sweep(down=sweep % 2 == 0)
            crossings = self._crossings()
            if crossings < fewest:
                best, fewest = [list(layer) for layer in self.rows], crossings
        self.rows = best

    def _begin(self) -> None:
        """Order every layer as a walk from the top comes to it."""
        found: dict[Key, None] = {}
        todo = [key for layer in reversed(self.rows) for key in reversed(layer)]
        while todo:
            key = todo.pop()
            if key not in found:
                found[key] = None
                todo += reversed(self.places[key].below)
        order = {key: number for number, key in enumerate(found)}
        for layer in self.rows:
            layer.sort(key=order.__getitem__)

    def _sweep(self, *, down: bool) -> None:
        layers = self.rows[1:] if down else self.rows[-2::-1]
        order = {key: at for layer in self.rows for at, key in enumerate(layer)}
        for layer in layers:

            def middle(key: Key) -> float:
                place = self.places[key]
                near = place.above if down else place.below
                return sum(order[one] for one in near) / len(near) if near else order[key]

            middles = {key: middle(key) for key in layer}
            layer.sort(key=middles.__getitem__)
            order.update({key: at for at, key in enumerate(layer)})

    def _crossings(self) -> int:
        total = 0
        for upper, lower in pairwise(self.rows):
            order = {key: at for at, key in enumerate(lower)}
            ends = [
                end for key in upper for end in sorted(order[o] for o in self.places[key].below)
            ]
            before: list[int] = []  # sorted
            for end in ends:
                total += len(before) - bisect_right(before, end)
                insort(before, end)
        return total


def lines_of(text: str) -> list[str]:
    """Return as much of a text as is shown in a box, by lines."""
    fitting = int(LETTERS * len(text) / max(1.0, sum(map(_width, text))))
    return textwrap.wrap(text, max(1, fitting), max_lines=LINES, placeholder="…")


def _width(letter: str) -> float:
    """Return about how wide a letter is, beside a small Latin one."""
    if unicodedata.east_asian_width(letter) in "WF":
        return 1.9
    if letter.isupper():
        return 1.3
    return 1.2 if "\u0370" <= letter < "\u0590" else 1.0  # Greek, Cyrillic, Armenian


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
