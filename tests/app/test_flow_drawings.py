"""Flows written down as Mermaid and SVG, and the command that does it."""

from __future__ import annotations

import json
import os
import re
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree

import pytest
import warmkit

from acd.app.flowdrawings import mermaid, svg
from acd.app.flowviews import FlowDocument, flow_document
from acd.app.journeys import NodeTally, VersionTally
from acd.app.site import load_site
from acd.core.site import Site

pytestmark = pytest.mark.app

DIALPLANS = Path("dialplans").absolute()
SVG = "{http://www.w3.org/2000/svg}"

EVIL = 'end]"); click n0 "javascript:alert(1)" %% <script>alert("x")</script> & | {a} `b` #35; ${x}'


@pytest.fixture(scope="module")
def site() -> Site:
    found, problems = load_site(Path("dialplans"))
    assert found is not None, problems
    return found


def tally() -> VersionTally:
    welcome = NodeTally(entered=7, ways={"main/support": [4, 0], "main/operator": [2, 1]})
    return VersionTally(nodes={"main/welcome": welcome})


@pytest.fixture
def main(site: Site) -> FlowDocument:
    return flow_document(site, "main", tally())


def test_mermaid_has_every_node_and_way(main: FlowDocument):
    text = mermaid(main)
    lines = text.splitlines()
    assert lines[0] == "flowchart TD"
    assert len(lines) == 1 + len(main.boxes) + len(main.ways)
    assert any(re.fullmatch(r'  n\d+ -->\|"2"\| n\d+', line) for line in lines)
    assert any(re.fullmatch(r'  n\d+ -\.->\|"on_fail"\| n\d+', line) for line in lines)
    (start,) = [line for line in lines if "([" in line]
    assert "<b>welcome</b> menu<br>Welcome to" in start
    assert sum("[[" in line for line in lines) == sum(box.type == "flow" for box in main.boxes)


def test_mermaid_with_counts(main: FlowDocument):
    text = mermaid(main, with_counts=True)
    assert "<b>welcome</b> menu · 7" in text
    assert '-->|"2 · 4"|' in text
    assert '-->|"0 · 2"|' in text
    assert '-.->|"on_fail · 1"|' in text


def test_text_stays_text(site: Site):
    prompts = {"en": {**site.prompts["en"], "main.welcome": EVIL, "main.menu": EVIL}}
    changed = replace(site, version="evil", prompts=prompts)
    document = flow_document(changed, "main", VersionTally())
    drawn = svg(document)
    root = ElementTree.fromstring(drawn)
    tags = {one.tag.removeprefix(SVG) for one in root.iter()}
    assert tags == {"svg", "title", "defs", "marker", "path", "rect", "text"}
    assert any("end]" in (one.text or "") for one in root.iter(f"{SVG}text"))
    for line in mermaid(document).splitlines()[1:]:
        inner = line.partition('"')[2].rpartition('"')[0]
        assert not set('"`{}<>|[]&%$') & set(re.sub(r"</?b>|<br>", "", inner)), line


def test_an_svg_says_the_same(main: FlowDocument):
    root = ElementTree.fromstring(svg(main, with_counts=True))
    texts = [one.text for one in root.iter(f"{SVG}text")]
    assert {"welcome", "menu · 7", "2 · 4", "on_fail · 1"} <= set(texts)
    ways = [one for one in root.iter(f"{SVG}path") if one.get("marker-end")]
    assert len(ways) == len(main.ways)
    dashed = [one for one in ways if one.get("stroke-dasharray")]
    assert len(dashed) == sum(way.is_failure for way in main.ways)
    assert not any("style" in one.attrib for one in root.iter())  # a strict policy refuses them


def acd(where: Path, *words: str, status: int = 0) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ACD_")}
    given = {**kept, "ACD_HOME": str(where / "home")}
    done = warmkit.run(("flow", *words), cwd=where, environment=given)
    assert done.status == status, done
    assert "Traceback" not in done.err
    return done.err if status else done.out


def test_the_command_reads_a_directory(tmp_path: Path, site: Site):
    listed = json.loads(acd(tmp_path, "list", str(DIALPLANS), "--json"))
    assert [one["name"] for one in listed["flows"]] == sorted(site.flows)
    assert acd(tmp_path, "show", "main", str(DIALPLANS)) == mermaid(
        flow_document(site, "main", VersionTally())
    )
    acd(tmp_path, "show", "main", str(DIALPLANS), "--svg", "main.svg")
    assert ElementTree.parse(tmp_path / "main.svg").getroot().tag == f"{SVG}svg"


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (("show", "nowhere", str(DIALPLANS)), 1, "there is no flow"),
        (("show", "main", str(DIALPLANS), "--live"), 2, "neither counts nor versions"),
        (("show", "main", "--live"), 1, "no engine is ready"),
        (("show", "main", str(DIALPLANS), "--json", "--mermaid"), 2, "choose one of"),
        (("replay", "--last"), 1, "there is no record"),
    ],
)
def test_what_cannot_be_is_said(tmp_path: Path, words: tuple[str, ...], status: int, said: str):
    assert said in acd(tmp_path, *words, status=status)
