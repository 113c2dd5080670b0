"""Flows as they are drawn: what is on the chart, and that nothing lies on anything else."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import pytest
from flowkit import flow_text, read
from hypothesis import given, settings
from hypothesis import strategies as st

from acd.app.site import load_site
from acd.core.site import Site
from acd.flow.chart import Box, Chart, Way, chart_of
from acd.flow.layers import LETTERS, lines_of
from acd.flow.layout import Area, Drawing, draw

pytestmark = pytest.mark.core

MENU = """
title = "Main"
start = "know"
on_fail = "human"

[node.choice]
type = "menu"
prompt = ["hello", "menu"]
keys = { 1 = "kind", 3 = "kind", 2 = "away" }

[node.know]
type = "set"
values = { tier = "gold" }
next = "choice"

[node.kind]
type = "switch"
on = "tier"
cases = [{ is = ["gold", "silver"], to = "human" }, { starts_with = "5", to = "choice" }]
default = "bye"

[node.away]
type = "goto"
flow = "other"
"""

OTHER = 'title = "Elsewhere"\nstart = "bye"\n'


def site_of(**flows: str) -> Site:
    site, problems = read({f"{name}.toml": flow_text(text) for name, text in flows.items()})
    assert site is not None, problems
    return site


@pytest.fixture
def chart() -> Chart:
    return chart_of(site_of(main=MENU, other=OTHER), "main")


def ways(chart: Chart) -> dict[tuple[str, str, bool], str]:
    return {(way.source, way.target, way.is_failure): way.label for way in chart.ways}


def test_a_way_has_the_names_of_all_keys_that_lead_along_it(chart: Chart):
    found = ways(chart)
    failing = found.pop(("human", "bye", True)).split(", ")
    assert sorted(failing) == ["on_fail", "on_full", "on_timeout"]
    assert found == {
        ("know", "choice", False): "",
        ("choice", "kind", False): "1, 3",
        ("choice", "away", False): "2",
        ("choice", "human", True): "on_fail",
        ("kind", "human", False): "is gold/silver",
        ("kind", "choice", False): "starts_with 5",
        ("kind", "bye", False): "default",
        ("away", "flow:other", False): "",
    }


def test_boxes_say_what_the_customer_hears_or_what_is_done(chart: Chart):
    boxes = {box.id: box for box in chart.boxes}
    assert boxes["know"] == Box("know", "set", "know", "tier = gold", is_start=True)
    assert boxes["choice"] == Box("choice", "menu", "choice", "Hello. Press 1.")
    assert boxes["human"].text == "support"
    assert boxes["flow:other"] == Box("flow:other", "flow", "other", "Elsewhere")
    assert chart.title == "Main"


def test_a_text_that_is_too_long_is_cut():
    long = "word " * 100
    site = site_of(main=f'start="a"\n[node.a]\ntype="say"\ntext="{long[:190]}"\nnext="bye"\n')
    text = chart_of(site, "main").boxes[0].text
    assert len(text) <= 120
    assert text.endswith("…")


def test_an_unknown_flow_is_refused(chart: Chart):
    with pytest.raises(KeyError):
        chart_of(site_of(main=MENU, other=OTHER), "nowhere")


# --- layout -------------------------------------------------------------------------------------


def overlaps(one: Area, other: Area) -> bool:
    return (
        abs(one.x - other.x) < (one.width + other.width) / 2 - 0.01
        and abs(one.y - other.y) < (one.height + other.height) / 2 - 0.01
    )


def assert_clear(chart: Chart, drawing: Drawing) -> None:
    """Nothing lies on anything else, all of it on the paper, and lines end where they should."""
    areas = [*drawing.boxes.items(), *((way, line.label) for way, line in lines(chart, drawing))]
    for (what, area), (other, another) in combinations(areas, 2):
        assert not overlaps(area, another), (what, other)
    for _, area in areas:
        assert 0 <= area.x - area.width / 2 <= area.x + area.width / 2 <= drawing.width
        assert 0 <= area.y - area.height / 2 <= area.y + area.height / 2 <= drawing.height
    for way, line in lines(chart, drawing):
        points = [
            (float(x), float(y)) for x, y in re.findall(r"(-?[0-9.]+),(-?[0-9.]+)", line.path)
        ]
        for (x, y), box in ((points[0], way.source), (points[-1], way.target)):
            area = drawing.boxes[box]
            assert abs(x - area.x) <= area.width / 2 + 0.1
            assert abs(abs(y - area.y) - area.height / 2) < 0.1 or way.source == way.target


def lines(chart: Chart, drawing: Drawing):
    return zip(chart.ways, drawing.lines, strict=True)


def test_every_flow_of_the_sample_site_is_drawn_clear_and_from_the_top():
    site, problems = load_site(Path("dialplans"))
    assert site is not None, problems
    for name in site.flows:
        chart = chart_of(site, name)
        drawing = draw(chart)
        assert_clear(chart, drawing)
        tops = {box.id: drawing.boxes[box.id].y for box in chart.boxes}
        start = next(box.id for box in chart.boxes if box.is_start)
        assert tops[start] == min(tops.values())


def test_a_line_of_nodes_is_drawn_as_a_straight_one():
    boxes = tuple(Box(str(n), "play", str(n), "", n == 0) for n in range(5))
    drawing = draw(
        Chart("x", "", boxes, tuple(Way(str(n), str(n + 1), (), False) for n in range(4)))
    )
    assert len({round(area.x, 3) for area in drawing.boxes.values()}) == 1
    assert all("C" not in line.path for line in drawing.lines)


def test_ways_that_need_not_cross_do_not():
    boxes = tuple(Box(one, "menu", one, "", one == "a") for one in "abcdef")
    pairs = ("ab", "ac", "be", "cd", "bf")  # in the order written, c-d would cross b-e and b-f
    chart = Chart("x", "", boxes, tuple(Way(one, other, (), False) for one, other in pairs))
    at = {one: area.x for one, area in draw(chart).boxes.items()}
    assert (at["b"] < at["c"]) == (max(at["e"], at["f"]) < at["d"])


def test_an_empty_chart_is_empty_paper():
    assert draw(Chart("x", "", (), ())).boxes == {}


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_any_chart_is_drawn_clear_and_always_the_same(data: st.DataObject):
    names = [f"n{number}" for number in range(data.draw(st.integers(1, 12)))]
    texts = st.sampled_from(["", "short", "long enough for a second line of the box " * 2])
    boxes = tuple(Box(name, "play", name, data.draw(texts), name == "n0") for name in names)
    one = st.sampled_from(names)
    found = data.draw(
        st.dictionaries(
            st.tuples(one, one, st.booleans()),
            st.lists(st.sampled_from("0123456789"), unique=True, max_size=4),
            max_size=24,
        )
    )
    all_ways = tuple(Way(a, b, tuple(keys), fail) for (a, b, fail), keys in found.items())
    loops_seen: set[str] = set()
    kept = []
    for way in all_ways:  # a node has at most one way to itself here: two would lie on each other
        if way.source == way.target:
            if way.source in loops_seen:
                continue
            loops_seen.add(way.source)
        kept.append(way)
    chart = Chart("any", "", boxes, tuple(kept))
    drawing = draw(chart)
    assert_clear_but_loops(chart, drawing)
    assert draw(chart) == drawing


def assert_clear_but_loops(chart: Chart, drawing: Drawing) -> None:
    straight = [way.source != way.target for way in chart.ways]
    assert_clear(
        Chart(
            "any", "", chart.boxes, tuple(w for w, s in zip(chart.ways, straight, strict=True) if s)
        ),
        Drawing(
            drawing.width,
            drawing.height,
            drawing.boxes,
            tuple(one for one, s in zip(drawing.lines, straight, strict=True) if s),
        ),
    )


def test_a_large_flow_is_drawn_in_time():
    names = [f"n{number}" for number in range(200)]
    boxes = tuple(Box(name, "menu", name, "some words", name == "n0") for name in names)
    targets = {
        (at, min(at + step, 199) if (at + step) % 10 else at // 2)
        for at in range(200)
        for step in (1, 3, 7)
    }
    ways = tuple(
        Way(names[at], names[to], ("1",), is_failure=False)
        for at, to in sorted(targets)
        if at != to
    )
    drawing = draw(Chart("large", "", boxes, ways))
    assert len(drawing.lines) == len(ways)


@pytest.mark.parametrize(
    ("text", "most"),
    [
        ("a plain text that is longer than one line is", LETTERS),
        ("Добро пожаловать в компанию бытовой техники", LETTERS - 5),
        ("EVERYTHING IN CAPITALS TAKES MORE ROOM THAN THIS", LETTERS - 8),
        ("顧客サービスと修理のご依頼はこちらでございます。", LETTERS // 2 + 1),
    ],
)
def test_lines_are_broken_by_how_wide_their_letters_are(text: str, most: int) -> None:
    lines = lines_of(text)
    assert lines
    assert max(map(len, lines)) <= most
    assert len(lines[0]) > most / 2
    assert lines_of("") == []
