"""A node type is a file, and nothing else."""

from __future__ import annotations

import sys
import timeit
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from flowkit import Caller, call, flow_text, read

from acd.core.flows import Cursor, DigitPressed, EndContact, FlowEnd, TimedOut
from acd.core.site import Site
from acd.flow import nodes
from acd.flow.registry import node_types
from acd.testing.fakes import FixedCentre

pytestmark = pytest.mark.core

NEW = '''
from dataclasses import dataclass

from acd.flow.kinds import Exit, Number, node
from acd.flow.schema import key
from acd.flow.model import Go, NodeType, Stay, Wait
from acd.core.flows import TimedOut
from acd.testing.fakes import FixedCentre


@dataclass(frozen=True, kw_only=True)
class Pause:
    """Wait in silence."""

    seconds: float = key(Number(least=1), "how long")
    next: str = key(node(Exit.IN_TIME), "where then")


def enter(keys, call):
    return Wait(keys.seconds)


def signal(keys, call, signal):
    return Go(keys.next) if isinstance(signal, TimedOut) else Stay()


NODE = NodeType("pause", Pause, enter, signal)
'''


@pytest.fixture
def node_dir(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A directory in which node files are found."""
    before = set(sys.modules)
    monkeypatch.setattr(nodes, "__path__", [*nodes.__path__, str(tmp_path)])
    node_types.cache_clear()
    yield tmp_path
    node_types.cache_clear()
    for name in set(sys.modules) - before:
        if name.startswith(nodes.__name__):
            del sys.modules[name]
            delattr(nodes, name.rpartition(".")[2])


NODES = [
    *("answer", "branch", "callback", "collect", "dialplan", "enqueue", "goto", "hangup", "hours"),
    "intent",
    *("language", "lookup", "loop", "menu", "metrics", "play", "promo", "record", "say"),
    *("secret", "send"),
    *("set", "split", "stop", "subflow", "survey", "switch", "transfer", "voicemail", "wait"),
    "webhook",
]


def test_the_nodes_of_the_house() -> None:
    assert list(node_types()) == NODES


def test_a_new_file_is_a_new_node(node_dir: Path) -> None:
    (node_dir / "pause.py").write_text(NEW)
    flow = 'start = "a"\n[node.a]\ntype = "pause"\nseconds = 3\nnext = "bye"\n'
    caller = call(flow)
    assert caller.waits == 3
    assert caller.send(TimedOut())[-1] == EndContact(FlowEnd.FINISHED)
    _, problems = read({"main.toml": flow_text(flow.replace("bye", "by").replace("3", "0"))})
    assert [(p.line, p.code) for p in problems] == [(4, "out-of-range")]
    _, problems = read({"main.toml": flow_text(flow.replace("bye", "by"))})
    assert [(p.line, p.code) for p in problems] == [(5, "unknown-node")]


@pytest.mark.parametrize("source", ["", "NODE = 3", NEW.replace('"pause"', '"play"')])
def test_a_file_that_is_no_node_of_its_own_is_a_bug(node_dir: Path, source: str) -> None:
    (node_dir / "zzz.py").write_text(source)
    with pytest.raises(TypeError, match=r"zzz must define NODE"):
        node_types()


def test_every_node_is_described() -> None:
    for node_type in node_types().values():
        assert node_type.schema.__doc__
        assert not node_type.schema.__doc__.startswith(node_type.schema.__name__ + "(")


def test_a_step_is_quick() -> None:
    """Under 100 µs a node; the best of several, for the machine may be busy."""
    chain = "".join(
        f'[node.n{n}]\ntype = "switch"\non = "ani"\ncases = [{{ is = "x", to = "n0" }}]\n'
        f'default = "n{n + 1}"\n'
        for n in range(20)
    )
    menu = '[node.n20]\ntype = "menu"\nprompt = "hello"\nkeys = { 1 = "n0" }\n'
    site = Site("speed", flows={"main": tomllib.loads('start = "n0"\n' + chain + menu)})
    caller = Caller(site)
    caller.enter()
    assert len(caller.visited()) == 21
    best = min(timeit.repeat(lambda: caller.press("1"), number=50, repeat=10)) / 50
    assert best / 21 < 100e-6
    caller.contact.cursor = Cursor("main", "n20")
    assert caller.flows.step(
        site, caller.contact, DigitPressed("1"), caller.now, FixedCentre(site)
    ).actions
