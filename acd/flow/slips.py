"""Slips of the pen in TOML: what somebody meant who does not write it every day.

The parser says where it stopped, in its own words; these are hints beside them. A hint is a guess
from the line, and so is nothing where no guess is good.
"""

from __future__ import annotations

import re

_HEADER = re.compile(r"\s*(\[{1,2}[^\[\]]+\]{1,2})\s*(#.*)?")
_KEY = re.compile(r"""\s*("[^"]*"|'[^']*'|[A-Za-z0-9_.-]+)\s*=""")
_BARE_TIME = re.compile(r"=\s*[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}\s*(#.*)?")
_PHONE_KEY = re.compile(r"(^|[{,])\s*[*#+]")
_COLON = re.compile(r"\s*[A-Za-z0-9_.-]+\s*:")
_WORD_VALUE = re.compile(r"=\s*[A-Za-z_]")


def twice(text: str, line: int) -> str:
    """Say what stands twice in a file, and where it stood first.

    Args:
        text: the file.
        line: where the parser stopped: the second time.

    >>> twice('[a]\\nx = 1\\ny = 2\\nx = 3\\n', 4)
    '"x" is written twice, first in line 2'
    """
    lines = text.splitlines()
    here = lines[line - 1] if line <= len(lines) else ""
    if (header := _HEADER.fullmatch(here)) is not None:
        what = _squeezed(header[1])
        before = [n for n, other in enumerate(lines[: line - 1], 1) if _header(other) == what]
        return f"{what} is written twice{_first(before)}"
    if (key := _KEY.match(here)) is not None:
        before = []
        for number in range(line - 1, 0, -1):
            other = lines[number - 1]
            if _HEADER.fullmatch(other):
                break
            if (match := _KEY.match(other)) is not None and _name(match[1]) == _name(key[1]):
                before.append(number)
        if before:
            return f'"{_name(key[1])}" is written twice{_first(before)}'
    return "the same is written twice"


def hint_for(message: str, text: str, line: int) -> str:
    """Return how to mend what the parser of TOML complained of; empty where it is anybody's guess.

    Args:
        message: the parser's, without the place.
        text: the file.
        line: the line where it stopped.

    >>> hint_for("Invalid value", "prompt = menu", 1)
    'a text stands in quotes: "…"'
    """
    lines = text.splitlines()
    here = lines[line - 1] if line <= len(lines) else ""
    before = lines[line - 2] if line >= 2 else ""
    if any(quote in here for quote in "“”„‘’«»") and '"' not in here:
        return 'quotes are straight: "…"'
    if "Illegal character" in message and "\\n" in message:
        return "a text ends on its line: is the closing quote missing?"
    if _BARE_TIME.search(here):
        return "a time of day has seconds: 2026-11-23T19:30:00"
    if _opens_table(here) or _opens_table(before):
        return 'a table in braces stands on one line: { 1 = "sales", 2 = "support" }'
    if _PHONE_KEY.search(here):
        return 'a key with *, # or + stands in quotes: "*" = …'
    if _COLON.match(here):
        return "a key and its value have = between them, not :"
    if message == "Invalid value" and _WORD_VALUE.search(here):
        return 'a text stands in quotes: "…"'
    if message.startswith("Expected ']'"):
        return "a table begins so: [node.menu]"
    if "at end of document" in message:
        return "something is not closed before the end of the file: ], } or a quote"
    if here.startswith(("{", "<")):
        return 'a file is TOML: lines such as start = "menu", and tables such as [node.menu]'
    return ""


def _opens_table(line: str) -> bool:
    return line.count("{") > line.count("}")


def _header(line: str) -> str:
    match = _HEADER.fullmatch(line)
    return "" if match is None else _squeezed(match[1])


def _squeezed(header: str) -> str:
    return "".join(header.split())


def _name(key: str) -> str:
    return key.strip("\"'")


def _first(lines: list[int]) -> str:
    return f", first in line {min(lines)}" if lines else ""
