"""The no-trap proof finds each planted trap at the right node, and leaves honest flows in peace.

A trap is a set of files; ``#! code`` marks the nodes that must be named.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest
from flowkit import BYE, HUMAN, Caller, flow_text, read
from test_load import expected

from acd.app.site import load_site
from acd.core.channel import Channel
from acd.core.flows import EndContact, Enqueue, FlowEnd, PlaybackDone, TimedOut
from acd.flow.graph import graph_of
from acd.flow.probe import decisive
from acd.flow.proof import LONGEST_SECONDS, LONGEST_STEPS
from acd.flow.read import read_flow

pytestmark = pytest.mark.core

SAMPLE = Path(__file__).parents[2] / "dialplans"

ENDS = BYE + HUMAN
LOOKUP = 'type = "lookup"\nservice = "crm"\npath = "/x"\n'
MENU = 'type = "menu"\nprompt = "menu"\n'
PLAY = 'type = "play"\nprompt = "hello"\n'

TRAPS: dict[str, dict[str, str]] = {
    "a menu whose on_fail is itself": {
        "main.toml": f'start = "a"\n[node.a] #! silent-loop\n{MENU}keys = {{ 1 = "bye" }}\n'
        f'on_fail = "a"\n{BYE}'
    },
    "a menu that wrong keys keep, though silence ends it": {
        # The lookup stands for what only goes round when it fails.
        "main.toml": f'start = "a"\n[node.a] #! trap\n{MENU}keys = {{ 1 = "bye" }}\n'
        f'on_fail = "ask"\n[node.ask]\n{LOOKUP}next = "bye"\non_fail = "a"\n{BYE}'
    },
    "a loop through two flows": {
        "main.toml": f'start = "a"\n[node.a] #! silent-loop\n{MENU}keys = {{ 1 = "bye" }}\n'
        f'on_fail = "over"\n[node.over] #! silent-loop\ntype = "goto"\nflow = "other"\n{BYE}',
        "other.toml": 'start = "sorry"\n[node.sorry] #! silent-loop\n'
        f'{PLAY}next = "back"\n[node.back] #! silent-loop\ntype = "goto"\nflow = "main"\n',
    },
    "a subflow that comes back to where it was called": {
        "main.toml": 'start = "call"\n[node.call] #! trap\ntype = "subflow"\n'
        'flow = "greet"\nnext = "call"\n',
        "greet.toml": f'start = "hello"\n[node.hello]\n{PLAY}next = "end"\n'
        '[node.end]\ntype = "stop"\n',
    },
    "a subflow that never stops": {
        "main.toml": 'start = "call"\n[node.call]\ntype = "subflow"\nflow = "song"\n'
        f'next = "bye"\n{BYE}',
        "song.toml": f'start = "one"\n[node.one] #! trap\n{PLAY}next = "two"\n'
        f'[node.two] #! trap\n{PLAY}next = "one"\n',
    },
    "a goto round a wait": {
        "main.toml": 'start = "w"\n[node.w] #! trap\ntype = "wait"\nseconds = 5\nnext = "again"\n'
        '[node.again] #! trap\ntype = "goto"\nnode = "w"\n'
    },
    "a queue whose time-out leads back into it": {
        "main.toml": 'start = "q"\n[node.q] #! trap\ntype = "enqueue"\nqueue = "sales"\n'
        f'on_timeout = "busy"\non_fail = "bye"\n[node.busy]\n{PLAY}next = "q"\n{BYE}'
    },
    "a collect that asks again through a switch": {
        "main.toml": f'start = "a"\n[node.a] #! silent-loop\ntype = "collect"\nprompt = "hello"\n'
        'attribute = "x"\nnext = "bye"\non_fail = "who"\n'
        '[node.who]\ntype = "switch"\non = "ani"\ncases = [{ is = "1", to = "bye" }]\n'
        f'default = "a"\n{BYE}'
    },
    "a command into a flow without an end": {
        "main.toml": f'start = "a"\n[node.a]\n{MENU}keys = {{ 1 = "bye" }}\non_fail = "bye"\n{BYE}',
        "commands.toml": '[operator]\nkey = "0"\nflow = "lost"\n',
        "lost.toml": f'start = "sorry"\n[node.sorry] #! trap\n{PLAY}next = "sorry"\n',
    },
    "a choice of language that comes back to itself": {
        "main.toml": 'start = "lang"\n[node.lang] #! silent-loop\ntype = "language"\n'
        'prompt = "hello"\nname = "menu"\nkeys = { 1 = "en", 2 = "es" }\nnext = "bye"\n'
        f'on_fail = "lang"\n{BYE}'
    },
    "a look-up that failed is tried again for ever": {
        "main.toml": f'start = "ask"\n[node.ask] #! trap\n{LOOKUP}next = "bye"\n'
        f'on_fail = "sorry"\n[node.sorry]\n{PLAY}next = "ask"\n{BYE}'
    },
    "a look-up that is asked until it says something else": {
        "main.toml": f'start = "ask"\n[node.ask] #! trap\n{LOOKUP}take = {{ state = "state" }}\n'
        'next = "state"\non_fail = "bye"\n'
        '[node.state]\ntype = "switch"\non = "state"\ndefault = "hold"\n'
        f'cases = [{{ is = "done", to = "bye" }}]\n[node.hold]\n{PLAY}next = "ask"\n{BYE}'
    },
    "fifteen minutes of waiting": {
        "main.toml": 'start = "hello"\n[node.hello]\n'
        f'{PLAY}next = "w"\n[node.w] #! too-long\ntype = "wait"\nseconds = 900\nnext = "human"\n'
        f"{ENDS}"
    },
    "a song of a hundred verses": {
        "main.toml": 'start = "song"\n[node.song]\ntype = "loop"\ntimes = 100\nbody = "verse"\n'
        f'done = "bye"\n[node.verse] #! too-long\n{PLAY}next = "song"\n{BYE}'
    },
    "closed until it opens": {
        "main.toml": 'start = "h"\n[node.h] #! trap\ntype = "hours"\ncalendar = "office"\n'
        f'open = "bye"\nclosed = "w"\n[node.w]\ntype = "wait"\nseconds = 60\nnext = "h"\n{BYE}'
    },
    "a full queue and another full queue": {
        "main.toml": 'start = "a"\n[node.a] #! trap\ntype = "enqueue"\nqueue = "sales"\n'
        'on_timeout = "bye"\non_full = "say"\non_fail = "bye"\n'
        f'[node.say]\n{PLAY}next = "b"\n[node.b]\ntype = "enqueue"\nqueue = "support"\n'
        f'on_timeout = "bye"\non_full = "a"\non_fail = "bye"\n{BYE}'
    },
}


def found(files: dict[str, str]) -> list[tuple[str, int, str]]:
    _, problems = read(files)
    return [(p.file, p.line, p.code) for p in problems]


@pytest.mark.parametrize("files", TRAPS.values(), ids=TRAPS.keys())
def test_trap(files: dict[str, str]) -> None:
    assert found(files) == expected(files)


@pytest.mark.parametrize("files", TRAPS.values(), ids=TRAPS.keys())
def test_whoever_is_trapped_is_told_how_to_mend_it(files: dict[str, str]) -> None:
    _, problems = read(files)
    assert all(problem.hint and problem.hint in str(problem) for problem in problems)


HONEST: dict[str, str] = {
    "asked once more, and that is noted": f'start = "a"\n[node.a]\n{MENU}keys = {{ 1 = "bye" }}\n'
    'on_fail = "once"\n[node.once]\ntype = "switch"\non = "asked"\n'
    'cases = [{ is = "yes", to = "human" }]\ndefault = "note"\n'
    '[node.note]\ntype = "set"\nvalues = { asked = "yes" }\nnext = "a"\n' + ENDS,
    "… and counted": f'start = "a"\n[node.a]\n{MENU}keys = {{ 1 = "bye" }}\non_fail = "l"\n'
    '[node.l]\ntype = "loop"\ntimes = 2\nbody = "a"\ndone = "human"\n' + ENDS,
    "… by the flow": 'escalate_after = 5\non_fail = "human"\nstart = "a"\n'
    f'[node.a]\n{MENU}keys = {{ 1 = "bye" }}\non_fail = "a"\ntries = 2\n{ENDS}',
    "the caller may hear it as often as they like": f'start = "a"\n[node.a]\n{MENU}'
    f'keys = {{ 1 = "bye", 9 = "again" }}\non_fail = "bye"\n[node.again]\n{PLAY}next = "a"\n{BYE}',
    "a service is asked twice": f'start = "ask"\n[node.ask]\n{LOOKUP}next = "bye"\n'
    'on_fail = "twice"\n[node.twice]\ntype = "loop"\ntimes = 1\nbody = "sorry"\ndone = "human"\n'
    f'[node.sorry]\n{PLAY}next = "ask"\n{ENDS}',
    "news while waiting, three times": 'start = "q"\n[node.q]\ntype = "enqueue"\nqueue = "sales"\n'
    'on_timeout = "l"\non_fail = "bye"\n[node.l]\ntype = "loop"\ntimes = 3\nbody = "news"\n'
    f'done = "bye"\n[node.news]\n{PLAY}next = "q"\n{BYE}',
    "the long time is the queue's": 'start = "q"\n[node.q]\ntype = "enqueue"\nqueue = "sales"\n'
    'max_wait_seconds = 3600\non_timeout = "w"\non_fail = "bye"\n'
    f'[node.w]\ntype = "wait"\nseconds = 590\nnext = "bye"\n{BYE}',
}


@pytest.mark.parametrize("flow", HONEST.values(), ids=HONEST.keys())
def test_no_trap(flow: str) -> None:
    if 'on_fail = "a"' in flow:  # the graph alone cannot see what is counted
        assert {code for _, _, code in found({"main.toml": flow})} == {"silent-loop"}
        flow = flow.replace('on_fail = "a"', 'on_fail = "s"')
        flow += '[node.s]\ntype = "say"\ntext = "{ani}"\nnext = "x"\n'
        flow += '[node.x]\ntype = "switch"\non = "ani"\ndefault = "a"\n'
        flow += 'cases = [{ is = "1", to = "bye" }]\n'
    assert found({"main.toml": flow}) == []


def test_the_sample_site_has_no_trap() -> None:
    site, problems = load_site(SAMPLE)
    assert site is not None, "\n".join(map(str, problems))


@pytest.mark.parametrize(
    ("seconds", "codes"), [(LONGEST_SECONDS, []), (LONGEST_SECONDS + 1, ["too-long"])]
)
def test_the_limit_of_time_is_for_who_waits_on_the_phone(seconds: float, codes: list[str]) -> None:
    flow = f'start = "w"\n[node.w]\ntype = "wait"\nseconds = {seconds}\nnext = "bye"\n{BYE}'
    assert [code for _, _, code in found({"main.toml": flow})] == codes
    assert found({"main.toml": flow, "numbers.toml": 'chat = "main"\n'}) == []


@pytest.mark.parametrize(("over", "codes"), [(0, []), (1, ["too-long"])])
def test_the_limit_of_steps_is_for_everybody(over: int, codes: list[str]) -> None:
    times = LONGEST_STEPS - 1 + over  # who begins at the verse hears it once more
    flow = f'start = "l"\n[node.l]\ntype = "loop"\ntimes = {times}\nbody = "p"\ndone = "bye"\n'
    flow += f'[node.p]\n{PLAY}next = "l"\n{BYE}'
    for number in ('"1"', "chat", "mail"):
        files = {"main.toml": flow, "numbers.toml": f'{number} = "main"\n'}
        assert [code for _, _, code in found(files)] == codes


def test_a_flow_is_proved_for_each_channel_that_comes_there() -> None:
    flow = 'start = "c"\n[node.c]\ntype = "switch"\non = "channel"\ndefault = "bye"\n'
    flow += f'cases = [{{ is = "chat", to = "p" }}]\n[node.p]\n{PLAY}next = "who"\n'
    flow += f'[node.who]\n{MENU}keys = {{ 1 = "bye" }}\non_fail = "c"\n{BYE}'
    # A caller who is asked is not led back, a chatter is.
    looped = [("main.toml", 2, "silent-loop")]
    assert found({"main.toml": flow, "numbers.toml": 'chat = "main"\n'}) == looped
    assert found({"main.toml": flow, "numbers.toml": '"1" = "main"\n'}) == []


def test_what_decides_is_what_branches_read_and_what_that_is_made_of() -> None:
    text = 'start = "a"\n[node.a]\ntype = "set"\nvalues = { x = "{y}", z = "{w}" }\nnext = "b"\n'
    text += '[node.b]\ntype = "switch"\non = "x"\ndefault = "bye"\n'
    text += 'cases = [{ is = "1", to = "a" }]\n[node.bye]\ntype = "say"\ntext = "{v}"\nnext = "b"\n'
    assert decisive(graph_of({"main": read_flow(tomllib.loads(text))})) == {"w", "x", "y"}


def test_the_proof_says_what_the_interpreter_does() -> None:
    """The longest way that the proof knows of, walked by the interpreter."""
    flow = flow_text(f'start = "a"\n[node.a]\n{MENU}keys = {{ 1 = "human" }}\non_fail = "human"\n')
    site, _ = read({"main.toml": flow})
    assert site is not None
    caller = Caller(site, channel=Channel.VOICE)
    caller.enter()
    waits = 0
    while not any(isinstance(a, Enqueue | EndContact) for a in caller.step.actions):
        waits += 1
        seconds = caller.waits
        caller.send(PlaybackDone() if seconds is None else TimedOut())
    assert waits == 6
    assert EndContact(FlowEnd.FAILED) not in caller.step.actions
