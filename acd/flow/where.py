"""On which line something stands in a TOML file.

The standard parser gives values without positions. This one gives positions without values: it
walks a text that ``tomllib`` has already accepted, so it need not recognise errors, only follow
the grammar of https://toml.io/en/v1.0.0 far enough to know where each key and element begins.
A test holds its paths against those of ``tomllib`` on generated documents.
"""

from __future__ import annotations

import tomllib
from bisect import bisect_right

Path = tuple[str | int, ...]

_BLANK = " \t"
_SPACE = " \t\r\n"
_BARE_END = frozenset(" \t.=]")
_PLAIN_END = frozenset(",]}#\r\n")


class Where:
    """The lines of one file; they are looked for when the first one is asked for."""

    __slots__ = ("_lines", "_text")

    def __init__(self, text: str) -> None:
        self._text = text
        self._lines: dict[Path, int] | None = None

    @property
    def lines(self) -> dict[Path, int]:
        """Path of a key, table or array element to the line it begins on."""
        if self._lines is None:
            try:
                self._lines = _Scanner(self._text).scan()
            except RecursionError:  # nested as deeply as the parser can just bear
                self._lines = {}
            self._text = ""
        return self._lines

    def line(self, path: Path) -> int:
        """Return the line of ``path``, or of the closest thing that holds it; 1 for the file."""
        while path:
            if path in self.lines:
                return self.lines[path]
            path = path[:-1]
        return 1


def locate(text: str) -> Where:
    """Return where everything stands in ``text``, which must be valid TOML."""
    return Where(text)


class _Scanner:
    def __init__(self, text: str) -> None:
        self.text = text
        self.pos = 0
        self.lines: dict[Path, int] = {}
        self.starts = [0] + [i + 1 for i, c in enumerate(text) if c == "\n"]
        self.arrays: dict[Path, int] = {}  # array of tables to the index of its last element

    def scan(self) -> dict[Path, int]:
        table: Path = ()
        while True:
            self.skip()
            if self.pos >= len(self.text):
                return self.lines
            if self.text[self.pos] == "[":
                table = self.header()
            else:
                self.assignment(table)

    def header(self) -> Path:
        line, array = self.line(), self.text.startswith("[[", self.pos)
        self.pos += 2 if array else 1
        *parents, last = self.key()
        self.pos += 2 if array else 1
        path: Path = ()
        for part in parents:
            path = self.inside((*path, part))
            self.mark(path, line)
        path = (*path, last)
        if array:
            self.mark(path, line)
            self.arrays[path] = self.arrays.get(path, -1) + 1
            path = (*path, self.arrays[path])
        # A table named only as somebody's parent so far gets the line of its own header.
        self.lines[path] = line
        return path

    def inside(self, path: Path) -> Path:
        """A header under an array of tables means the array's last element."""
        index = self.arrays.get(path)
        return path if index is None else (*path, index)

    def assignment(self, table: Path) -> None:
        line = self.line()
        path = table
        for part in self.key():
            path = (*path, part)
            self.mark(path, line)
        self.pos += 1  # the equals sign
        self.blank()
        self.value(path)

    def key(self) -> list[str]:
        """Read a possibly dotted key and the blanks around it."""
        parts: list[str] = []
        while True:
            self.blank()
            start = self.pos
            if self.text[start] in "\"'":
                self.string()
                parts.append(tomllib.loads("k=" + self.text[start : self.pos])["k"])
            else:
                while self.text[self.pos] not in _BARE_END:
                    self.pos += 1
                parts.append(self.text[start : self.pos])
            self.blank()
            if self.text[self.pos] != ".":
                return parts
            self.pos += 1

    def value(self, path: Path) -> None:
        first = self.text[self.pos]
        if first in "\"'":
            self.string()
        elif first == "[":
            self.array(path)
        elif first == "{":
            self.inline_table(path)
        else:
            while self.pos < len(self.text) and self.text[self.pos] not in _PLAIN_END:
                self.pos += 1

    def array(self, path: Path) -> None:
        self.pos += 1
        index = 0
        while True:
            self.skip()
            if self.text[self.pos] == "]":
                self.pos += 1
                return
            if self.text[self.pos] == ",":
                self.pos += 1
                continue
            self.mark((*path, index), self.line())
            self.value((*path, index))
            index += 1

    def inline_table(self, path: Path) -> None:
        self.pos += 1
        while True:
            self.skip()
            if self.text[self.pos] == "}":
                self.pos += 1
                return
            if self.text[self.pos] == ",":
                self.pos += 1
                continue
            self.assignment(path)

    def string(self) -> None:
        quote = self.text[self.pos]
        if self.text.startswith(quote * 3, self.pos):
            self.pos += 3
            while not self.text.startswith(quote * 3, self.pos):
                self.pos += 2 if quote == '"' and self.text[self.pos] == "\\" else 1
            self.pos += 3
            # Up to two quotation marks may stand right before the closing three.
            while self.text.startswith(quote, self.pos):
                self.pos += 1
            return
        self.pos += 1
        while self.text[self.pos] != quote:
            self.pos += 2 if quote == '"' and self.text[self.pos] == "\\" else 1
        self.pos += 1

    def blank(self) -> None:
        while self.pos < len(self.text) and self.text[self.pos] in _BLANK:
            self.pos += 1

    def skip(self) -> None:
        """Skip spaces, line ends and comments."""
        while self.pos < len(self.text):
            if self.text[self.pos] in _SPACE:
                self.pos += 1
            elif self.text[self.pos] == "#":
                end = self.text.find("\n", self.pos)
                self.pos = len(self.text) if end < 0 else end
            else:
                return

    def mark(self, path: Path, line: int) -> None:
        self.lines.setdefault(path, line)

    def line(self) -> int:
        return bisect_right(self.starts, self.pos)
