"""Flows as they are shown: the drawing of each with what was counted on its ways and nodes."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import msgspec

from acd.app.journeys import FlowTally, NodeTally, Outcomes, VersionTally
from acd.core.ids import ContactId
from acd.core.site import Site
from acd.flow.chart import Box, Chart, Way, chart_of, flow_box, title_of
from acd.flow.layers import lines_of
from acd.flow.layout import Drawing, Line, draw

DRAWINGS_KEPT = 64
"""Drawings that are kept: one takes a few milliseconds."""


class OutcomesDocument(msgspec.Struct, kw_only=True):
    """What became of journeys, see :mod:`acd.app.journeys`.

    Attributes:
        contained: resolved without a human.
        handed: a human took them where the flow meant it to.
        escaped: a human took them because something failed or they asked for one.
        lost: they left inside the flow.
        failed: they ended in another way.
    """

    contained: int
    handed: int
    escaped: int
    lost: int
    failed: int


class FlowFigures(OutcomesDocument, kw_only=True):
    """What is counted of a flow; an outcome is one of the journeys that came through it.

    Attributes:
        entered: journeys that came into it.
        inside: those without an outcome yet.
        containment, escape, loss: shares in the outcomes; null before the first.
    """

    entered: int
    inside: int
    containment: float | None
    escape: float | None
    loss: float | None


class FlowSummary(FlowFigures, kw_only=True):
    """A flow in a list.

    Attributes:
        nodes: how many it has.
    """

    name: str
    title: str
    nodes: int


class FlowList(msgspec.Struct, kw_only=True):
    """The flows of a version of the site.

    Attributes:
        version: whose flows these are.
        running: the version that new contacts get.
        versions: those whose flows can be shown.
        total: of all flows together; a journey through several counts once.
    """

    version: str
    running: str
    versions: list[str]
    total: FlowFigures
    flows: list[FlowSummary]


class BoxDocument(OutcomesDocument, kw_only=True):
    """A node in a drawing, or another flow that is led to.

    Attributes:
        id: name of the node; ``flow:<name>`` for another flow.
        type: type of the node; ``flow`` for another flow.
        text: what it says or does.
        lines: of that what the box has room for.
        is_start: contacts begin here.
        x, y, width, height: its middle and size in the drawing.
        entered: how often contacts came to it.
        troubles: reason to how often it did not bring a contact on.
        latest: contacts that came here, the last first.
    """

    id: str
    type: str
    name: str
    text: str
    lines: list[str]
    is_start: bool
    x: float
    y: float
    width: float
    height: float
    entered: int
    troubles: dict[str, int]
    latest: list[ContactId]


class WayDocument(msgspec.Struct, kw_only=True):
    """A way between two boxes of a drawing.

    Attributes:
        source, target: their ids.
        label: what it is called at the source: ``1``, ``closed``, ``on_fail``.
        is_failure: nobody chooses it: it is taken when something did not work.
        path: how it runs, as the ``d`` of an SVG path.
        label_x, label_y, label_width: the middle and the width of the room for its label.
        taken: how often.
    """

    source: str
    target: str
    label: str
    is_failure: bool
    path: str
    label_x: float
    label_y: float
    label_width: float
    taken: int


class LeapDocument(msgspec.Struct, kw_only=True):
    """A way that was taken though no key of the node names it: a command, or a way back."""

    source: str
    target: str
    taken: int


class FlowDocument(FlowSummary, kw_only=True):
    """A flow as it is drawn, with what is counted.

    Attributes:
        version: of the site.
        width, height: of the drawing.
        leaps: ways between nodes that are not drawn; ``target`` is ``flow/node``.
    """

    version: str
    width: float
    height: float
    boxes: list[BoxDocument]
    ways: list[WayDocument]
    leaps: list[LeapDocument]


def flow_list(site: Site, tally: VersionTally, *, running: str, versions: list[str]) -> FlowList:
    """Return the flows of a site by name."""
    return FlowList(
        version=site.version,
        running=running,
        versions=versions,
        total=FlowFigures(**_figures(tally.total)),
        flows=[_summary(site, name, tally) for name in sorted(site.flows)],
    )


def flow_document(site: Site, name: str, tally: VersionTally) -> FlowDocument:
    """Return a flow as it is drawn.

    Raises:
        KeyError: there is no such flow.
    """
    if name not in site.flows:
        raise KeyError(name)
    chart, drawing = _drawn(_Key(site), name)
    boxes = [_box(name, box, chart, drawing, tally) for box in chart.boxes]
    ways = [
        _way(name, way, line, chart, tally)
        for way, line in zip(chart.ways, drawing.lines, strict=True)
    ]
    return FlowDocument(
        **msgspec.structs.asdict(_summary(site, name, tally)),
        version=site.version,
        width=round(drawing.width, 1),
        height=round(drawing.height, 1),
        boxes=boxes,
        ways=ways,
        leaps=_leaps(name, chart, tally),
    )


def prepare(site: Site, name: str) -> None:
    """Draw a flow, so that :func:`flow_document` need not: a large one takes a second.

    Pure, so it may be done in a thread.

    Raises:
        KeyError: there is no such flow.
    """
    _drawn(_Key(site), name)


class _Key:
    """A site as the key of a cache: two of a version are the same."""

    __slots__ = ("site",)

    def __init__(self, site: Site) -> None:
        self.site = site

    def __hash__(self) -> int:
        return hash(self.site.version)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Key) and self.site.version == other.site.version


@lru_cache(maxsize=DRAWINGS_KEPT)
def _drawn(key: _Key, name: str) -> tuple[Chart, Drawing]:
    chart = chart_of(key.site, name)
    return chart, draw(chart)


def _figures(tally: FlowTally) -> dict[str, Any]:
    return {
        **_outcomes(tally.outcomes),
        "entered": tally.entered,
        "inside": tally.inside,
        "containment": tally.share("contained"),
        "escape": tally.share("escaped"),
        "loss": tally.share("lost"),
    }


def _outcomes(found: Outcomes) -> dict[str, int]:
    return {
        "contained": found.contained,
        "handed": found.handed,
        "escaped": found.escaped,
        "lost": found.lost,
        "failed": found.failed,
    }


def _summary(site: Site, name: str, tally: VersionTally) -> FlowSummary:
    nodes = site.flows[name].get("node")
    return FlowSummary(
        name=name,
        title=title_of(site, name),
        nodes=len(nodes) if isinstance(nodes, dict) else 0,
        **_figures(tally.flows.get(name) or FlowTally()),
    )


def _node(tally: VersionTally, flow: str, node: str) -> NodeTally:
    return tally.nodes.get(f"{flow}/{node}") or NodeTally()


def _box(flow: str, box: Box, chart: Chart, drawing: Drawing, tally: VersionTally) -> BoxDocument:
    area = drawing.boxes[box.id]
    found = _node(tally, flow, box.id)
    entered = found.entered
    if box.is_flow:
        entered = sum(
            sum(counts)
            for one in chart.boxes
            for target, counts in _node(tally, flow, one.id).ways.items()
            if target.startswith(f"{box.name}/")
        )
    return BoxDocument(
        id=box.id,
        type=box.type,
        name=box.name,
        text=box.text,
        lines=lines_of(box.text),
        is_start=box.is_start,
        x=round(area.x, 1),
        y=round(area.y, 1),
        width=area.width,
        height=area.height,
        entered=entered,
        troubles=dict(found.troubles),
        latest=found.latest[::-1],
        **_outcomes(found.outcomes),
    )


def _way(flow: str, way: Way, line: Line, chart: Chart, tally: VersionTally) -> WayDocument:
    twin = any(
        other is not way and (other.source, other.target) == (way.source, way.target)
        for other in chart.ways
    )
    taken = 0
    for target, (by_course, by_failure) in _node(tally, flow, way.source).ways.items():
        if _target(flow, target) != way.target:
            continue
        if not twin:
            taken += by_course + by_failure
        else:
            taken += by_failure if way.is_failure else by_course
    return WayDocument(
        source=way.source,
        target=way.target,
        label=way.label,
        is_failure=way.is_failure,
        path=line.path,
        label_x=round(line.label.x, 1),
        label_y=round(line.label.y, 1),
        label_width=round(line.label.width, 1),
        taken=taken,
    )


def _target(flow: str, place: str) -> str:
    """Return the box of a flow's chart that stands for a place."""
    other, _, node = place.partition("/")
    return node if other == flow else flow_box(other)


def _leaps(flow: str, chart: Chart, tally: VersionTally) -> list[LeapDocument]:
    drawn = {(way.source, way.target) for way in chart.ways}
    found = []
    for box in chart.boxes:
        for target, counts in _node(tally, flow, box.id).ways.items():
            if (box.id, _target(flow, target)) not in drawn:
                found.append(LeapDocument(source=box.id, target=target, taken=sum(counts)))
    return found
