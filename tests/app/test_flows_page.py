"""docs/flows.md is followed step by step: its files are written, its commands run and compared."""

from __future__ import annotations

import difflib
import os
import re
import shlex
import shutil
import subprocess
from pathlib import Path

import pytest
import warmkit
from pagekit import Block, blocks, write

from acd.app.check import check

pytestmark = pytest.mark.app

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "flows.md").read_text()
TUTORIAL, REFERENCE = PAGE.split("\n## The files\n")


def run(place: Path, *words: str) -> str:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("ACD_")}
    given = {**kept, "ACD_HOME": str(place / "home")}
    if words[0] == "acd":
        done = warmkit.run(words[1:], cwd=place, environment=given)
        assert done.err == "", done
        return done.out
    other = subprocess.run(
        words, cwd=place, env=given, capture_output=True, text=True, timeout=60,
        stdin=subprocess.DEVNULL,
    )  # fmt: skip
    assert other.stderr == "", other
    return other.stdout


def converse(place: Path, block: Block) -> None:
    """Run each command of a block and compare what is shown; `...` stands for any lines."""
    for part in block.text.split("$ ")[1:]:
        command, _, shown = part.partition("\n")
        said = run(place, *shlex.split(command))
        wanted = "".join(
            r"(?:.*\n)*" if line == "...\n" else re.escape(line)
            for line in shown.splitlines(keepends=True)
        )
        assert re.fullmatch(wanted, said), "\n".join(
            difflib.unified_diff(shown.splitlines(), said.splitlines(), command, "said")
        )


def test_the_tutorial_is_followed(tmp_path: Path) -> None:
    kinds = []
    for block in blocks(TUTORIAL):
        kinds.append(block.kind)
        if block.kind == "toml":
            write(tmp_path, block)
        elif block.kind == "console":
            converse(tmp_path, block)
    assert kinds.count("toml") == 13
    assert kinds.count("console") == 7
    # Each promise of the page's title is kept by what was built.
    built = (tmp_path / "shop" / "workshop.toml").read_text()
    assert {'type = "hours"', 'type = "callback"'} < set(built.splitlines())
    menu = (tmp_path / "shop" / "main.toml").read_text()
    assert 'type = "menu"' in menu
    # "Take on_fail away, and read what it says."
    (tmp_path / "shop" / "main.toml").write_text(menu.replace('on_fail = "workshop"\n', ""))
    assert "no-exit" in {problem.code for problem in check(tmp_path / "shop")}


def test_the_commands_that_need_an_engine_exist_with_these_options(tmp_path: Path) -> None:
    commands = [
        line.partition("acd ")[2].partition("  #")[0]
        for block in blocks(TUTORIAL)
        if block.kind == "sh"
        for line in block.text.splitlines()
    ]
    assert {command.split()[0] for command in commands} >= {"up", "call", "publish", "rollback"}
    for command in commands:
        assert "Usage: acd" in run(tmp_path, "acd", *shlex.split(command), "--help")


def test_the_examples_of_the_reference_are_good_ones(tmp_path: Path) -> None:
    site = Path(shutil.copytree(ROOT / "dialplans", tmp_path / "dialplans"))
    tables = [b for b in blocks(REFERENCE) if b.kind == "toml"]
    hours, prompts, commands, replies, flow, story = tables
    (site / "commands.toml").write_text(commands.text)
    with (site / "replies.toml").open("a") as file:
        file.write(replies.text.replace("[greeting]", "[good_day]"))
    (site / "other.toml").write_text(flow.text)
    with (site / "hours.toml").open("a") as file:
        file.write(hours.text)
    for path in (site / "stories").glob("*.toml"):
        path.unlink()
    (site / "stories" / "one.toml").write_text(story.text)
    assert [str(problem) for problem in check(site, stories=True)] == []
    with (site / "prompts" / "en.toml").open("a") as file:
        file.write(prompts.text.replace("[main]", "[page]").replace("jingle", "bell"))
    assert [problem.code for problem in check(site)] == ["missing-sound"]
