"""What can be wrong with a site's files: stable codes, and the list of all that was found."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from difflib import get_close_matches
from enum import Enum
from typing import NamedTuple

from acd.flow.where import Path, Where


class Code(Enum):
    """Every kind of problem; the value is (code, meaning). Codes are never reworded."""

    BAD_TOML = ("bad-toml", "the file is not TOML")
    BAD_ENCODING = ("bad-encoding", "the file is not UTF-8 text")
    UNREADABLE_FILE = ("unreadable-file", "the file cannot be read")
    FILE_TOO_LARGE = ("file-too-large", "the file is larger than anything sensible")
    MISSING_FILE = ("missing-file", "a file that every site needs is not there")
    DUPLICATE_KEY = ("duplicate-key", "a key or a table is written twice")
    DUPLICATE_NUMBER = ("duplicate-number", "a number is written twice")
    UNKNOWN_KEY = ("unknown-key", "no such key here")
    MISSING_KEY = ("missing-key", "a required key is missing")
    WRONG_TYPE = ("wrong-type", "a value of another type is needed")
    OUT_OF_RANGE = ("out-of-range", "a number, or the length of something, is out of its limits")
    BAD_VALUE = ("bad-value", "the value is of the right type but makes no sense here")
    BAD_NAME = ("bad-name", "a name has characters it must not have, or is reserved")
    BAD_NUMBER = ("bad-number", "not a number that can be dialled")
    BAD_HOURS = ("bad-hours", "opening hours that cannot be understood")
    BAD_TIMEZONE = ("bad-timezone", "no such time zone")
    UNKNOWN_COUNTRY = ("unknown-country", "no such country, or part of it, has known holidays")
    UNKNOWN_HOLIDAY = ("unknown-holiday", "no public holiday of that country has this name")
    UNKNOWN_TYPE = ("unknown-type", "no such type of node")
    UNKNOWN_NODE = ("unknown-node", "an exit leads to a node that does not exist")
    UNKNOWN_FLOW = ("unknown-flow", "no such flow")
    UNKNOWN_QUEUE = ("unknown-queue", "no such queue")
    UNKNOWN_CALENDAR = ("unknown-calendar", "no such calendar in hours.toml")
    UNKNOWN_SERVICE = ("unknown-service", "no such service in the settings, acd.toml")
    UNKNOWN_PROMOTION = ("unknown-promotion", "no such promotion in promotions.toml")
    UNKNOWN_REPLY = ("unknown-reply", "no such canned reply in replies.toml")
    BAD_EXPRESSION = ("bad-expression", "an expression that is not understood")
    BAD_DATE = ("bad-date", "not a date such as 2026-11-23")
    WRONG_CHANNEL = ("wrong-channel", "customers of a channel come here whom this cannot serve")
    UNKNOWN_PROMPT = ("unknown-prompt", "a prompt has no text in a language that the site speaks")
    UNKNOWN_LANGUAGE = ("unknown-language", "no prompts file for this language")
    UNKNOWN_ATTRIBUTE = ("unknown-attribute", "no node ever sets this attribute")
    UNSET_ATTRIBUTE = ("unset-attribute", "nothing has set this attribute by the time it is used")
    NEVER_A_NUMBER = ("never-a-number", "an attribute is compared as a number and is never one")
    SECRET_IN_FILE = ("secret-in-file", "a password, token or private key stands in a file")
    UNKNOWN_STRATEGY = ("unknown-strategy", "no such way of choosing an agent")
    MISSING_SOUND = ("missing-sound", "a recorded prompt names a file that is not in sounds/")
    BAD_SOUND = ("bad-sound", "a sound that Asterisk cannot play: see Prompts")
    NO_EXIT = ("no-exit", "a node may fail and nothing says where the caller goes then")
    UNREACHABLE_NODE = ("unreachable-node", "nothing leads to this node")
    LOOP_WITHOUT_WAIT = ("loop-without-wait", "nodes lead round without ever waiting")
    TRAP = ("trap", "somebody may never come from here to a human or to an end")
    SILENT_LOOP = ("silent-loop", "a caller who does nothing goes round for ever")
    TOO_LONG = ("too-long", "it takes too long to come from here to a human or to an end")
    BAD_DIALPLAN = ("bad-dialplan", "a line of asterisk/*.conf that Asterisk could not use")
    DIALPLAN_RESERVED = ("dialplan-reserved", "a context of the engine's own")
    DIALPLAN_REFUSED = ("dialplan-refused", "something that could run commands or read files")
    DIALPLAN_DEAD_END = ("dialplan-dead-end", "an extension that ends and drops the caller")
    UNKNOWN_CONTEXT = ("unknown-context", "no such context in asterisk/*.conf")
    BAD_STORY = ("bad-story", "a story that cannot be told")
    STORY_FAILED = ("story-failed", "a story went another way than it says")

    def __init__(self, code: str, meaning: str) -> None:
        self.code = code
        self.meaning = meaning


@dataclass(frozen=True, slots=True, order=True)
class Problem:
    """One problem, where it is and how to name it.

    Attributes:
        file: path relative to the site's directory.
        line: line, from 1; 1 for what concerns the file as a whole.
        code: stable kebab-case code, one of :class:`Code`.
        message: one sentence for people.
        hint: how to mend it; empty where the message says it or nobody knows.
        node: the flow's node it is about; empty for what is about none.
    """

    file: str
    line: int
    code: str
    message: str
    hint: str = ""
    node: str = ""

    @property
    def told(self) -> str:
        """The message, and in which node, unless it names it itself."""
        is_named = not self.node or quoted(self.node) in self.message
        return self.message if is_named else f"in {quoted(self.node)}: {self.message}"

    def __str__(self) -> str:
        hint = f" (hint: {self.hint})" if self.hint else ""
        return f"{self.file}:{self.line}: {self.code}: {self.told}{hint}"


@dataclass(slots=True)
class Report:
    """Collects problems and knows on which lines things are written."""

    problems: list[Problem] = field(default_factory=list)
    wheres: dict[str, Where] = field(default_factory=dict)

    def add(
        self, code: Code, message: str, hint: str = "", *, file: str, line: int, node: str = ""
    ) -> None:
        """Add a problem whose line is known."""
        self.problems.append(
            Problem(file, line, code.code, one_line(message), one_line(hint), one_line(node))
        )

    def at(self, file: str, *path: str | int) -> At:
        """Return the place ``path`` in ``file``."""
        return At(self, file, path)

    def sorted(self) -> list[Problem]:
        """Return all problems by file and line, each once."""
        return sorted(set(self.problems))


class At(NamedTuple):
    """A place in a file: where a value stands that may be complained about."""

    report: Report
    file: str
    path: Path = ()

    def __truediv__(self, key: str | int) -> At:
        return At(self.report, self.file, (*self.path, key))

    def along(self, path: Path) -> At:
        """Return the place to which ``path`` leads from here."""
        return At(self.report, self.file, self.path + path)

    @property
    def line(self) -> int:
        """The line of this place, or of the closest table around it."""
        where = self.report.wheres.get(self.file)
        return where.line(self.path) if where else 1

    @property
    def node(self) -> str:
        """The flow's node that this is a place of; empty for none."""
        match self.path:
            case ("node", str(name), *_) if "/" not in self.file:  # a flow lies in no folder
                return name
            case _:
                return ""

    def say(self, code: Code, message: str, hint: str = "") -> None:
        """Report a problem here, and how to mend it."""
        self.report.add(code, message, hint, file=self.file, line=self.line, node=self.node)


def one_line(text: str) -> str:
    """Return ``text`` with nothing in it that could break a line of output, at most 500 long."""
    clean = "".join(c if c.isprintable() else repr(c)[1:-1] for c in text[:500])
    return clean if len(text) <= 500 else clean + "…"


def quoted(value: object) -> str:
    """Return a value of a file as it is shown in a message: short, on one line."""
    if isinstance(value, int) and abs(value) >= 10**30:
        return "a huge number"  # Python refuses to write out what TOML's hexadecimals can hold
    text = f'"{value}"' if isinstance(value, str) else str(value)
    return text if len(text) <= 60 else text[:57] + "…"


def did_you_mean(name: str, known: Iterable[str]) -> str:
    """Return `` (did you mean "x"?)`` for the closest known name, or nothing."""
    close = get_close_matches(name[:100], sorted(known), n=1)
    return f' (did you mean "{close[0]}"?)' if close else ""
