"""Slips of the pen: what somebody who does not write TOML every day is told."""

from __future__ import annotations

import doctest

import pytest

from acd.flow import slips
from acd.flow.load import parse
from acd.flow.problems import Code, Problem, Report

pytestmark = pytest.mark.core


def complaint(text: str, name: str = "main.toml") -> Problem:
    """Return the one problem of a file that cannot be parsed."""
    report = Report()
    assert parse(name, text.encode(), report) is None
    (problem,) = report.problems
    return problem


def test_examples_hold():
    assert doctest.testmod(slips).failed == 0


@pytest.mark.parametrize(
    ("text", "line", "hint"),
    [
        ("start = menu\n", 1, "in quotes"),
        ("start = “menu”\n", 1, "straight"),
        ('a = 1\nstart = "menu\n', 2, "closing quote"),
        ("keys = {\n  1 = 2,\n}\n", 1, "one line"),
        ("keys = { 1 = 2,\n  3 = 4 }\n", 1, "one line"),
        ('keys = { 1 = "a", * = "b" }\n', 1, '"*"'),
        ('+1555 = "main"\n', 1, '"*"'),
        ("start: menu\n", 1, "not :"),
        ("a = 1\nx = [1,\n\n", 3, "not closed"),
        ('{"start": "menu"}\n', 1, "TOML"),
        ("[node.menu\nx = 1\n", 1, "[node.menu]"),
        ("at = 2026-11-23T19:30\n", 1, "seconds"),
    ],
)
def test_common_slips_get_a_hint(text: str, line: int, hint: str):
    problem = complaint(text)
    assert (problem.line, problem.code) == (line, "bad-toml")
    assert hint in problem.hint


@pytest.mark.parametrize("text", ["x = 1_\n", "= 1\n", "x = [1 2]\n"])
def test_nothing_is_guessed_where_no_guess_is_good(text: str):
    assert complaint(text).hint == ""


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("x = 1\ny = 2\nx = 3\n", '"x" is written twice, first in line 1'),
        ("[a]\nx = 1\n[b]\ny = 2\n[ a ]\n", "[a] is written twice, first in line 1"),
        ('[a]\nx = 1\n[b]\nx = 1\n"x" = 3\n', '"x" is written twice, first in line 4'),
        ("x = { y = 1, y = 2 }\n", "the same is written twice"),
    ],
)
def test_what_is_written_twice_is_named(text: str, message: str):
    problem = complaint(text)
    assert (problem.code, problem.message) == ("duplicate-key", message)


def test_a_number_written_twice_is_named():
    problem = complaint('"100" = "main"\n100 = "other"\n', "numbers.toml")
    assert str(problem) == (
        'numbers.toml:2: duplicate-number: "100" is written twice, first in line 1'
    )


def test_a_byte_order_mark_is_no_part_of_a_file():
    report = Report()
    assert parse("main.toml", b'\xef\xbb\xbfstart = "menu"\n', report) == {"start": "menu"}
    assert report.problems == []
    assert report.wheres["main.toml"].line(("start",)) == 1


def test_a_problem_says_in_which_node_it_is_once():
    report = Report()
    place = report.at("main.toml", "node", "menu", "prompt")
    place.say(*_slip("no prompt"))
    place.say(*_slip('"menu" has none'))
    report.at("prompts/en.toml", "node", "menu").say(*_slip("empty"))
    assert [str(one).partition("bad-value: ")[2] for one in report.problems] == [
        'in "menu": no prompt',
        '"menu" has none',
        "empty",
    ]
    assert [one.node for one in report.problems] == ["menu", "menu", ""]


def _slip(message: str) -> tuple[Code, str]:
    return Code.BAD_VALUE, message
