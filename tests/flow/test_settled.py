"""What the graph says is settled really is: exploring it finds no trap and no longer way."""

from __future__ import annotations

import tomllib
from dataclasses import replace
from math import inf
from pathlib import Path

import pytest
from flowkit import BYE, HUMAN, read
from hypothesis import given, settings
from hypothesis import strategies as st

from acd.app.site import load_site
from acd.core.channel import Channel
from acd.core.site import Site
from acd.flow.graph import Graph, Place, graph_of
from acd.flow.probe import Explorer, probed
from acd.flow.proof import Search
from acd.flow.read import read_flow
from acd.flow.settled import Cost, patience, settled

pytestmark = pytest.mark.core

SAMPLE = Path(__file__).parents[2] / "dialplans"
SPOKEN = (Channel.VOICE,)
WRITTEN = tuple(channel for channel in Channel if channel is not Channel.VOICE)

NODES = (
    'type = "menu"\nprompt = "menu"\nkeys = {{ 1 = "{0}" }}\non_fail = "{1}"\ntries = 2\n',
    'type = "menu"\nprompt = "menu"\nkeys = {{ 1 = "{0}", 2 = "{1}" }}\ntimeout = "late"\n',
    'type = "play"\nprompt = "hello"\nnext = "{0}"\n',
    'type = "say"\ntext = "{{ani}}"\nnext = "{0}"\n',
    'type = "wait"\nseconds = 20\nnext = "{0}"\n',
    'type = "set"\nvalues = {{ x = "{0}" }}\nnext = "{1}"\n',
    'type = "switch"\non = "ani"\ndefault = "{0}"\ncases = [{{ is = "1", to = "{1}" }}]\n',
    'type = "hours"\ncalendar = "office"\nopen = "{0}"\nclosed = "{1}"\n',
    'type = "collect"\nprompt = "hello"\nattribute = "x"\nnext = "{0}"\non_fail = "{1}"\n',
    'type = "lookup"\nservice = "crm"\npath = "/x"\nnext = "{0}"\non_fail = "{1}"\n',
    'type = "record"\nprompt = "hello"\nattribute = "r"\nnext = "{0}"\non_fail = "{1}"\n',
    'type = "voicemail"\nprompt = "hello"\n',
    'type = "enqueue"\nqueue = "sales"\non_timeout = "{0}"\non_full = "{1}"\non_fail = "bye"\n',
    'type = "callback"\nqueue = "sales"\nprompt = "menu"\nnumber_prompt = "hello"\n'
    'thanks = "hello"\nnext = "{0}"\non_fail = "{1}"\n',
    'type = "loop"\ntimes = 3\nbody = "{0}"\ndone = "{1}"\n',
    'type = "subflow"\nflow = "other"\nnext = "{0}"\n',
    'type = "goto"\nflow = "other"\n',
    'type = "goto"\nnode = "{0}"\n',
    'type = "stop"\n',
)
NAMES = ("a", "b", "c", "d", "bye", "human")


@st.composite
def flow_texts(draw: st.DrawFn) -> str:
    """A flow of four nodes of any type, each leading anywhere."""
    names = st.sampled_from(NAMES)
    text = f'start = "a"\non_fail = "{draw(st.sampled_from(("bye", "human", "d")))}"\n'
    if draw(st.booleans()):
        text += "escalate_after = 2\n"
    for name in NAMES[:4]:
        node = draw(st.sampled_from(NODES)).format(draw(names), draw(names))
        text += f"[node.{name}]\n{node}"
    return text + BYE + HUMAN


def site_of(files: dict[str, str]) -> Site:
    """A site with flows that nobody has checked."""
    base, _ = read({"main.toml": f'start = "bye"\n{BYE}'})
    assert base is not None
    flows = {name.removesuffix(".toml"): tomllib.loads(text) for name, text in files.items()}
    return replace(base, flows=flows)


def explored(site: Site, graph: Graph, place: Place, channels: tuple[Channel, ...]) -> Cost:
    """The worst that comes after a node, by trying everything; infinite for a trap."""
    search = Search(Explorer(site, probed(graph, graph.flows), channels))
    search.follow([place], inf)
    return Cost(inf, inf) if search.findings else search.cost(place)


def check_settled(site: Site) -> int:
    """Hold what the graph says against what is found, and return how many nodes that were."""
    graph = graph_of({name: read_flow(raw) for name, raw in site.flows.items()})
    assert not any(flow.broken for flow in graph.flows.values())
    found = settled(graph)
    for place, most in found.items():
        node = graph.node(place)
        assert node is not None
        for channels in (SPOKEN, WRITTEN):
            if node.type.channels.isdisjoint(channels):
                continue
            cost = explored(site, graph, place, channels)
            assert cost.steps <= most.steps, (place, channels)
            assert cost.seconds <= most.seconds or channels is WRITTEN, (place, channels)
    return len(found)


def test_the_sample_site() -> None:
    site, _ = load_site(SAMPLE)
    assert site is not None
    assert check_settled(site) > 50


@pytest.mark.parametrize("text", NODES)
def test_no_node_takes_longer_than_its_patience(text: str) -> None:
    stop = '[node.bye]\ntype = "stop"\n[node.human]\ntype = "stop"\n'
    flow = f'start = "a"\non_fail = "bye"\n[node.a]\n{text.format("bye", "human")}{stop}'
    site = site_of({"main.toml": flow, "other.toml": f'start = "bye"\n{stop}'})
    graph = graph_of({name: read_flow(raw) for name, raw in site.flows.items()})
    node = graph.node(("main", "a"))
    assert node is not None
    for channels in (SPOKEN, WRITTEN):
        if not node.type.channels.isdisjoint(channels):
            cost, most = explored(site, graph, ("main", "a"), channels), patience(node)
            assert cost.steps <= most.steps
            assert cost.seconds <= most.seconds or channels is WRITTEN


def test_whoever_comes_back_from_a_flow_waits_there_and_here() -> None:
    waits = '[node.w]\ntype = "wait"\nseconds = 300\nnext = "bye"\n' + BYE
    main = f'start = "call"\n[node.call]\ntype = "subflow"\nflow = "other"\nnext = "w"\n{waits}'
    other = f'start = "w"\n{waits}'.replace("hangup", "stop")
    site = site_of({"main.toml": main, "other.toml": other})
    assert check_settled(site) == 5


@settings(max_examples=150, deadline=None)
@given(flow_texts(), flow_texts())
def test_any_flows(main: str, other: str) -> None:
    check_settled(site_of({"main.toml": main, "other.toml": other}))
