"""Files that somebody, or a failing disk, has changed at random: never a traceback, never a trap.

Each of the sample site's files is changed in ways that a seed decides: bytes, lines, keys, values,
names. What is refused is refused with problems; what is accepted runs, whoever calls and whatever
they do.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from flowkit import Caller

from acd.app.holidays import public_holidays
from acd.app.site import load_site, read_files, time_zones
from acd.core.channel import Channel
from acd.core.flows import (
    DigitPressed,
    EndContact,
    Entered,
    FlowEnd,
    MessageDone,
    PlaybackDone,
    QueueLeft,
    Reattached,
    Said,
    Signal,
    TaskDone,
    TimedOut,
)
from acd.core.site import Site
from acd.flow import load as loading
from acd.flow.channels import channel_of
from acd.flow.interpreter import FlowInterpreter
from acd.flow.load import load, parse
from acd.flow.problems import Code, Problem, Report
from acd.flow.where import Where

pytestmark = pytest.mark.core

DIALPLANS = Path(__file__).parents[2] / "dialplans"
MUTATIONS = 500
CODES = {code.code for code in Code}

_NAME = re.compile(r'"([A-Za-z_][\w.-]*)"')
_KEY = re.compile(r"^([\w-]+) *=", re.MULTILINE)
_VALUE = re.compile(r"(?<== )[^\n]+")


@cache
def files() -> dict[str, bytes]:
    found, unreadable = read_files(DIALPLANS, "", "prompts")
    own, unreadable_too = read_files(DIALPLANS, "asterisk", suffix=".conf")
    assert not unreadable
    assert not unreadable_too
    return found | own


def checked(changed: dict[str, bytes]) -> tuple[Site | None, list[Problem]]:
    return load(changed, {}, time_zones(), public_holidays())


@pytest.fixture(autouse=True, scope="module")
def parsed_once() -> Iterator[None]:
    """Parse the files that nobody has changed once only: most of each site is."""
    kept: dict[tuple[str, bytes], tuple[dict[str, object], Where]] = {}

    def parse_once(name: str, content: bytes, report: Report) -> dict[str, object] | None:
        if files().get(name) != content:
            return parse(name, content, report)
        if (name, content) not in kept:
            raw = parse(name, content, report)
            assert raw is not None
            kept[name, content] = (raw, report.wheres[name])
        raw, report.wheres[name] = kept[name, content]
        return raw

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loading, "parse", parse_once)
        yield


def a_byte(random_: random.Random, content: bytes) -> bytes:
    place = random_.randrange(len(content))
    return content[:place] + bytes([random_.randrange(256)]) + content[place + 1 :]


def a_piece(random_: random.Random, content: bytes) -> bytes:
    one, other = sorted(random_.randrange(len(content)) for _ in range(2))
    return content[:one] + content[min(other, one + 40) :]


def a_line(random_: random.Random, content: bytes) -> bytes:
    lines = content.splitlines(keepends=True)
    place, other = random_.randrange(len(lines)), random_.randrange(len(lines))
    match random_.randrange(3):
        case 0:
            del lines[place]
        case 1:
            lines.insert(place, lines[other])
        case _:
            lines[place], lines[other] = lines[other], lines[place]
    return b"".join(lines)


def _replaced(
    random_: random.Random, content: bytes, what: re.Pattern[str], by: Callable[[str], str]
) -> bytes:
    text = content.decode()
    places = list(what.finditer(text))
    if not places:
        return content
    found = random_.choice(places)
    return (text[: found.start()] + by(found[0]) + text[found.end() :]).encode()


def a_name(random_: random.Random, content: bytes) -> bytes:
    """One name where another stood: an exit leads elsewhere, a prompt is another."""
    names = _NAME.findall(content.decode()) or ["x"]
    return _replaced(random_, content, _NAME, lambda _: f'"{random_.choice(names)}"')


def a_key(random_: random.Random, content: bytes) -> bytes:
    keys = _KEY.findall(content.decode()) or ["x"]
    return _replaced(random_, content, _KEY, lambda _: f"{random_.choice(keys)} =")


def a_value(random_: random.Random, content: bytes) -> bytes:
    values = ["true", "-1", "1e309", "nan", '""', '"{x}"', '"${EXTEN}"', "[]", "{}", "2026-02-01"]
    values += ['"\\u0000"', "[[[]]]", "{ a = 1 }", "0x7fffffffffffffffff", '"%s, {{7*7}}"', "1"]
    return _replaced(random_, content, _VALUE, lambda _: random_.choice(values))


MUTATE = (a_byte, a_piece, a_line, a_name, a_name, a_name, a_key, a_value, a_value)

SIGNALS: tuple[Callable[[random.Random], Signal], ...] = (
    lambda _: PlaybackDone(),
    lambda _: PlaybackDone(),
    lambda _: TimedOut(),
    lambda r: DigitPressed(r.choice("0123456789*#A")),
    lambda r: DigitPressed(r.choice("0123456789*#A")),
    lambda r: Said(r.choice(["1", "yes", "agent", "", "${x}", "\n", "9" * 300])),
    lambda r: QueueLeft(r.choice(["timeout", "full", "unknown"])),
    lambda r: TaskDone(r.choice(["ok", "failed", "not_found", "?"]), {"result": "x", "text": "1"}),
    lambda r: MessageDone(r.choice([0.0, 5.0]), "r-1"),
    lambda _: Reattached(),
)


def must_run(site: Site, random_: random.Random) -> None:
    """Walk into every number of a site; nothing raises, and no contact ends as failed."""
    flows = FlowInterpreter()  # one for all: it compiles the site once
    for address, number in site.numbers.items():
        channel = Channel.VOICE if address == "default" else channel_of(address)
        caller = Caller(site, channel=channel, dnis=address, language=number.language)
        caller.flows = flows
        caller.send(Entered(number.flow))
        for _ in range(25):
            ended = [a.how for a in caller.step.actions if isinstance(a, EndContact)]
            assert FlowEnd.FAILED not in ended, caller.step
            if ended:
                break
            caller.send(random_.choice(SIGNALS)(random_))
            caller.pass_seconds(random_.choice([0, 1, 60]))


def test_the_sample_site_as_it_is_runs() -> None:
    site, problems = checked(files())
    assert site is not None, problems
    must_run(site, random.Random(0))


@pytest.mark.parametrize("part", range(10))
def test_random_mutations_are_refused_or_run(part: int) -> None:
    accepted = 0
    for number in range(part, MUTATIONS, 10):
        random_ = random.Random(number)
        changed = dict(files())
        for _ in range(random_.choice((1, 1, 1, 2))):
            name = random_.choice([n for n in sorted(changed) if n.endswith(".toml")])
            mutate = random_.choice(MUTATE)
            try:
                changed[name] = mutate(random_, changed[name] or b"#")
            except UnicodeDecodeError:
                continue  # it was broken before
        site, problems = checked(changed)
        if site is None:
            assert problems
            for problem in problems:
                assert problem.code in CODES
                assert problem.line >= 1
                assert str(problem).isprintable()
        else:
            assert not problems
            accepted += 1
            must_run(site, random_)
    assert accepted, "no mutation was harmless: nothing was run"


def test_what_runs_is_untouched_by_what_is_refused(tmp_path: Path) -> None:
    """A site that was loaded stays what it was while its files are broken and mended."""
    for name, content in files().items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    running, problems = load_site(tmp_path)
    assert running is not None, problems
    version, flows = running.version, repr(running.flows)
    random_ = random.Random(7)
    for _ in range(10):
        broken = tmp_path / "main.toml"
        broken.write_bytes(a_piece(random_, files()["main.toml"]) + b"\n[broken")
        refused, problems = load_site(tmp_path)
        assert refused is None
        assert problems
        assert (running.version, repr(running.flows)) == (version, flows)
        must_run(running, random_)
    (tmp_path / "main.toml").write_bytes(files()["main.toml"])
    mended, _ = load_site(tmp_path)
    assert mended is not None
    assert mended.version == version
