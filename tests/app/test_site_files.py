"""Files of a version compared: right, and quick however large they are."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from acd.app.site_files import as_text, differences

pytestmark = pytest.mark.app


def diff(old: str, new: str) -> str:
    (found,) = differences({"x": as_text(old.encode())}, {"x": as_text(new.encode())})
    return found.text


def lines(count: int, seed: int) -> str:
    """Return lines of few kinds, which take a comparison the longest."""
    chance = random.Random(seed)
    return "".join(f"w{chance.randrange(150)}\n" for _ in range(count))


@pytest.mark.parametrize("count", [100, 40_000])
@pytest.mark.parametrize("end", ["", "no new line at the end"])
def test_a_diff_makes_the_old_file_the_new_one(tmp_path: Path, count: int, end: str) -> None:
    old, new = lines(count, 1) + end, lines(count, 2) + end
    said = diff(old, new)
    (tmp_path / "x").write_text(old)
    subprocess.run(("git", "apply"), cwd=tmp_path, input=said.encode(), check=True)
    assert (tmp_path / "x").read_text() == new


def test_files_that_take_too_long_to_compare_are_replaced_whole() -> None:
    old, new = lines(40_000, 1), lines(40_000, 2)
    said = diff(old, new).splitlines(keepends=True)[2:]
    head, *rest = said
    assert head == "@@ -1,40000 +1,40000 @@\n"
    assert "".join(line[1:] for line in rest) == old + new


@pytest.mark.parametrize("content", [b"\xff\xfe", b"a\0b"])
def test_a_sound_has_no_diff(content: bytes) -> None:
    (found,) = differences({"x": as_text(content)}, {"x": as_text(content + b"!")})
    assert (found.change, found.text) == ("changed", "")
