"""Lines of TOML: right for everything that the real parser finds, on whatever it accepts."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from acd.flow.where import locate

pytestmark = pytest.mark.core

ROOT = Path(__file__).resolve().parents[2]


def paths(value: object, path: tuple[str | int, ...] = ()) -> Iterator[tuple[str | int, ...]]:
    """Every key and element that the parser found, containers included."""
    items: Iterator[tuple[str | int, object]] = iter(())
    if isinstance(value, dict):
        items = iter(value.items())
    elif isinstance(value, list):
        items = iter(enumerate(value))
    for key, item in items:
        yield (*path, key)
        yield from paths(item, (*path, key))


TEXT = r"""
# a comment with [brackets] and "quotes"
title = "a # no comment"   # a comment
[node.main]
type = 'menu'
"quoted key" = 1
site."google.com" = true
keys = { 1 = "a", "#" = "b", nested.deep = { x = 1 } }
list = [
  1,   # one ]
  [2, 3],

  { a = "x" }, { a = "y" },
]
text = @@@
first \@@@ second
[node.not]
@@@
five = @@@a@@@""
raw = '''
x = "\'''
after = 1979-05-27 07:32:00

  [ node . "sp ace" ]
x.y.z = 3

[[story]]
title = "one"
[[story.steps]]
hears = "a"
[[story.steps]]
hears = "b"
[[story]]
title = "two"
[story.extra]
e = 1e3
[node]
late = 1
""".replace("@@@", '"""').lstrip()


def test_lines() -> None:
    where = locate(TEXT)
    assert set(paths(tomllib.loads(TEXT))) == set(where.lines)
    lines = TEXT.splitlines()
    expected = {
        ("title",): "title =",
        ("node", "main"): "[node.main]",
        ("node", "main", "quoted key"): '"quoted key"',
        ("node", "main", "site", "google.com"): "site.",
        ("node", "main", "keys", "#"): "keys =",
        ("node", "main", "keys", "nested", "deep", "x"): "keys =",
        ("node", "main", "list", 0): "  1,",
        ("node", "main", "list", 1, 1): "  [2, 3]",
        ("node", "main", "list", 3, "a"): "  { a",
        ("node", "main", "raw"): "raw =",
        ("node", "main", "after"): "after =",
        ("node", "sp ace"): "  [ node",
        ("node", "sp ace", "x", "y", "z"): "x.y.z",
        ("story", 0, "title"): 'title = "one"',
        ("story", 0, "steps", 1, "hears"): 'hears = "b"',
        ("story", 1): "[[story]]",
        ("story", 1, "title"): 'title = "two"',
        ("story", 1, "extra", "e"): "e = 1e3",
        ("node",): "[node]",
        ("node", "late"): "late = 1",
    }
    for path, start in expected.items():
        assert lines[where.line(path) - 1].startswith(start), path


def test_what_is_not_there_has_the_line_of_what_would_hold_it() -> None:
    where = locate(TEXT)
    assert where.line(("node", "main", "absent", "x")) == 3
    assert where.line(("absent",)) == 1
    assert where.line(()) == 1


def test_carriage_returns_do_not_move_lines() -> None:
    assert locate(TEXT.replace("\n", "\r\n")).lines == locate(TEXT).lines


# Documents are written from values, so that whoever reads them must find every one of them.

bare = st.text("abcXYZ012_-", min_size=1, max_size=4)
quoted = st.text(st.characters(exclude_categories=("C",)), max_size=4)
names = bare | quoted
scalars = st.one_of(
    st.integers(-5, 5).map(str),
    st.sampled_from(["true", "1.5", "1979-05-27T07:32:00Z", "07:32:00", "0x1F", "inf"]),
    st.sampled_from(['"""a\n"b""""', "'''\n[x]\n'''", '"""\\"""#"""', "'\"#'", '"]}"', "''", '""']),
)


def key(name: str) -> str:
    plain = name and set(name) <= set("abcXYZ012_-")
    return name if plain else '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


def inline(pairs: dict[str, str]) -> str:
    return "{ " + ", ".join(f"{key(k)} = {v}" for k, v in pairs.items()) + " }"


spaces = st.sampled_from(["", " ", "\n", " # ]\n", "\n\n  "])
composites = st.recursive(
    scalars,
    lambda inner: (
        st.tuples(st.lists(inner, max_size=3), spaces).map(
            lambda t: "[" + t[1] + ("," + t[1]).join(t[0]) + t[1] + "]"
        )
        | st.dictionaries(names, inner, max_size=3).map(inline)
    ),
    max_leaves=6,
)
tables = st.dictionaries(names, composites, max_size=4)


@st.composite
def documents(draw: st.DrawFn) -> str:
    lines = [f"{key(k)} = {v}" for k, v in draw(tables).items()]
    for header, pairs in draw(st.lists(st.tuples(st.lists(names, min_size=1, max_size=3), tables))):
        dotted = draw(st.sampled_from([".", " . "])).join(map(key, header))
        lines.append(f"[[{dotted}]]" if draw(st.booleans()) else f"  [{dotted}] # table")
        lines += [
            f"{key(k)}{draw(st.sampled_from(['', '.x', '.y']))} = {v}" for k, v in pairs.items()
        ]
    return "\n".join(lines)


@settings(max_examples=150, deadline=None)
@given(documents())
def test_finds_everything_the_parser_finds(text: str) -> None:
    try:
        value = tomllib.loads(text)
    except tomllib.TOMLDecodeError:  # two drawn tables do not go together
        assume(False)
    assert set(locate(text).lines) == set(paths(value))


@pytest.mark.parametrize("path", sorted((ROOT / "dialplans").rglob("*.toml")), ids=str)
def test_finds_everything_in_the_sample_site(path: Path) -> None:
    text = path.read_text()
    assert set(locate(text).lines) == set(paths(tomllib.loads(text)))
