"""Pages whose examples tests follow: their blocks, and the files that they are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

_BLOCK = re.compile(r"(.*?)^```(\w*)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_FILE = re.compile(r"`((?:[\w-]+/)*[\w-]+\.toml)`")


@dataclass(frozen=True, slots=True)
class Block:
    """A block of the page: the paragraph before it, its kind, and what is in it."""

    before: str
    kind: str
    text: str


def blocks(page: str) -> Iterator[Block]:
    for before, kind, text in _BLOCK.findall(page):
        yield Block(before.rstrip().rpartition("\n\n")[2], kind, text)


def write(place: Path, block: Block) -> None:
    """Write the file that the paragraph before names first, or add to it."""
    named = _FILE.search(block.before)
    assert named is not None, block
    file = place / named[1]
    file.parent.mkdir(parents=True, exist_ok=True)
    old = file.read_text() + "\n" if block.before.startswith("Add to") else ""
    if file.parent.name == "prompts":
        old = old.removesuffix("\n")  # one table goes on
    file.write_text(old + block.text)
