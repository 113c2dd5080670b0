"""What the value of a key may be: a kind reads it, names what it refers to, documents itself.

A node's schema is made of these; checking, the graph of exits and the reference are derived from
it. A reader reports what is wrong at its place and returns :data:`BAD`; it never raises.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import Enum, StrEnum
from typing import Any, Final, NamedTuple, Protocol

from acd.flow.problems import At, Code, did_you_mean, quoted
from acd.flow.template import is_attribute, kinds, names
from acd.flow.values import KINDS

BAD: Final = object()
"""What a reader returns when the value was not usable and has been complained about."""

DIGITS = "0123456789*#"

_NAME = re.compile(r"[A-Za-z][A-Za-z0-9_-]{0,63}")
_PROMPT = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")


class Exit(Enum):
    """When a way out of a node is taken."""

    AT_ONCE = "at once"  # without any time passing
    IN_TIME = "in time"  # also when the caller does nothing
    BY_CALLER = "by the caller"  # only when the caller does something


class To(StrEnum):
    """What a reference refers to."""

    NODE = "node"
    FLOW = "flow"
    QUEUE = "queue"
    CALENDAR = "calendar"
    CONTEXT = "context"
    SERVICE = "service"
    PROMOTION = "promotion"
    REPLY = "reply"
    PROMPT = "prompt"
    LANGUAGE = "language"
    ATTRIBUTE = "attribute"
    NUMBER = "number"  # an attribute, named again where it is used as a number


class Ref(NamedTuple):
    """A name in a value and what it must name.

    Attributes:
        to: what kind of thing.
        name: its name.
        path: where it stands, from the key's value on.
        exit: for a node, when the caller takes this way.
        flow: for a node, its flow; None for the one it is named in. An empty name is its start.
    """

    to: To
    name: str
    path: tuple[str | int, ...] = ()
    exit: Exit = Exit.AT_ONCE
    flow: str | None = None


class Kind(Protocol):
    """One kind of value."""

    @property
    def label(self) -> str:
        """What the reference calls it."""
        ...

    def read(self, raw: object, at: At) -> Any:
        """Return the typed value of ``raw``, or :data:`BAD` after reporting what is wrong."""
        ...

    def refs(self, value: Any) -> Iterator[Ref]:
        """Iterate over what a value that was read refers to."""
        ...

    def sets(self, value: Any) -> Iterator[str]:
        """Iterate over the attributes that a node with this value sets."""
        ...


@dataclass(frozen=True, slots=True)
class Plain:
    """Base of kinds: refers to nothing and sets nothing."""

    label: str = ""

    def refs(self, value: Any) -> Iterator[Ref]:
        """Nothing."""
        yield from ()

    def sets(self, value: Any) -> Iterator[str]:
        """Nothing."""
        yield from ()


def wrong_type(at: At, wanted: str, raw: object) -> Any:
    """Report a value of the wrong type."""
    at.say(Code.WRONG_TYPE, f"must be {wanted}, not {_shown(raw)}")
    return BAD


def _shown(raw: object) -> str:
    match raw:
        case bool():
            return str(raw).lower()
        case str():
            return f"the text {quoted(raw)}"
        case int() | float():
            return f"the number {quoted(raw)}"
        case list():
            return "a list"
        case dict():
            return "a table"
        case datetime():
            return "a date and time"
        case date():
            return "a date"
        case _:
            return "a time of day"


def _wrong_text(at: At, raw: object) -> Any:
    """Report something that should have been a text, most often one without its quotes."""
    is_bare = isinstance(raw, int | float) and not isinstance(raw, bool)
    hint = f'write it in quotes: "{raw}"' if is_bare and len(quoted(raw)) <= 20 else ""
    at.say(Code.WRONG_TYPE, f"must be a text, not {_shown(raw)}", hint)
    return BAD


@dataclass(frozen=True, slots=True)
class Text(Plain):
    """A text taken as it is."""

    label: str = "text"
    shortest: int = 1
    longest: int = 200

    def read(self, raw: object, at: At) -> Any:
        """Read a text of ``shortest`` to ``longest`` characters."""
        if not isinstance(raw, str):
            return _wrong_text(at, raw)
        if not self.shortest <= len(raw) <= self.longest:
            limits = f"{self.shortest} to {self.longest}"
            at.say(Code.OUT_OF_RANGE, f"must have {limits} characters, not {len(raw)}")
            return BAD
        return raw


@dataclass(frozen=True, slots=True)
class Flag(Plain):
    """True or false."""

    label: str = "true or false"

    def read(self, raw: object, at: At) -> Any:
        """Read a boolean."""
        return raw if isinstance(raw, bool) else wrong_type(at, "true or false", raw)


@dataclass(frozen=True, slots=True)
class Number(Plain):
    """A number within limits."""

    label: str = "number"
    least: float = 0
    most: float = 86400
    whole: bool = False

    def read(self, raw: object, at: At) -> Any:
        """Read a number; ``whole`` ones must be written without a fraction."""
        wanted = "a whole number" if self.whole else "a number"
        if isinstance(raw, bool) or not isinstance(raw, int if self.whole else int | float):
            return wrong_type(at, wanted, raw)
        if not self.least <= raw <= self.most:  # also refuses nan
            at.say(
                Code.OUT_OF_RANGE,
                f"must be from {self.least:.15g} to {self.most:.15g}, not {quoted(raw)}",
            )
            return BAD
        return raw if self.whole else float(raw)


@dataclass(frozen=True, slots=True)
class OneOf(Plain):
    """One of a few words."""

    label: str = "word"
    words: tuple[str, ...] = ()
    code: Code = Code.BAD_VALUE

    def read(self, raw: object, at: At) -> Any:
        """Read a text that is one of the words."""
        if not isinstance(raw, str):
            return _wrong_text(at, raw)
        if raw not in self.words:
            hint = did_you_mean(raw, self.words) or f", only {', '.join(self.words)}"
            at.say(self.code, f"no such value: {quoted(raw)}{hint}")
            return BAD
        return raw


@dataclass(frozen=True, slots=True)
class Name(Plain):
    """The name of something else."""

    label: str = ""
    to: To = To.NODE
    exit: Exit = Exit.AT_ONCE

    def read(self, raw: object, at: At) -> Any:
        """Read a name; whether it exists is found out when everything is read."""
        if not isinstance(raw, str):
            return wrong_type(at, f"the name of a {self.to}", raw)
        if not raw:
            at.say(Code.OUT_OF_RANGE, f"must be the name of a {self.to}, not empty")
            return BAD
        return raw

    def refs(self, value: Any) -> Iterator[Ref]:
        """The name itself."""
        yield Ref(self.to, value, exit=self.exit)


def node(exit: Exit) -> Name:
    """Return the kind of a node's name, as the exit of another."""
    return Name("node", To.NODE, exit)


def prompt() -> Name:
    """Return the kind of one prompt's key."""
    return Name("prompt", To.PROMPT)


@dataclass(frozen=True, slots=True)
class Prompts(Plain):
    """A prompt key, or several that are played one after another."""

    label: str = "prompt, or list of prompts"

    def read(self, raw: object, at: At) -> Any:
        """Read into a tuple of keys."""
        items = raw if isinstance(raw, list) else [raw]
        if not 1 <= len(items) <= 20:
            at.say(Code.OUT_OF_RANGE, "must list 1 to 20 prompts")
            return BAD
        for index, item in enumerate(items):
            if not isinstance(item, str):
                return wrong_type(at / index if isinstance(raw, list) else at, "a prompt key", item)
        return tuple(items)

    def refs(self, value: Any) -> Iterator[Ref]:
        """Each key."""
        for index, key in enumerate(value):
            yield Ref(To.PROMPT, key, (index,))


@dataclass(frozen=True, slots=True)
class Attribute(Plain):
    """The name of an attribute that the node sets."""

    label: str = "attribute name"

    def read(self, raw: object, at: At) -> Any:
        """Read an attribute's name: small letters, digits, underscores, not a built-in one."""
        if not isinstance(raw, str):
            return wrong_type(at, "an attribute's name", raw)
        return raw if _good_attribute(raw, at) else BAD

    def sets(self, value: Any) -> Iterator[str]:
        """The attribute."""
        yield value


def _good_attribute(name: str, at: At) -> bool:
    if is_attribute(name):
        return True
    at.say(Code.BAD_NAME, f"{quoted(name)} cannot be set: small letters, digits, underscores")
    return False


@dataclass(frozen=True, slots=True)
class Source(Plain):
    """The name of an attribute that the node reads, or of something built in."""

    label: str = "attribute name"

    def read(self, raw: object, at: At) -> Any:
        """Read a name."""
        return raw if isinstance(raw, str) else wrong_type(at, "an attribute's name", raw)

    def refs(self, value: Any) -> Iterator[Ref]:
        """The attribute."""
        yield Ref(To.ATTRIBUTE, value)


@dataclass(frozen=True, slots=True)
class Template(Text):
    """A text with ``{attribute}`` in it.

    Attributes:
        spoken: whether ``{attribute:kind}`` may stand in it.
    """

    label: str = "text with `{attribute}`"
    longest: int = 1000
    spoken: bool = False

    def read(self, raw: object, at: At) -> Any:
        """Read a text whose values are of kinds that exist."""
        text = Text.read(self, raw, at)
        if text is BAD:
            return BAD
        if "{secret." in text:
            at.say(Code.BAD_VALUE, "a secret stands in the body of a lookup or webhook only")
            return BAD
        for kind in kinds(text):
            if not self.spoken:
                at.say(Code.BAD_VALUE, f"a value such as {{name:{kind}}} makes sense in say only")
                return BAD
            if kind not in KINDS:
                hint = did_you_mean(kind, KINDS) or f", only {', '.join(KINDS)}"
                at.say(Code.BAD_VALUE, f"no kind of value {quoted(kind)}{hint}")
                return BAD
        return text

    def refs(self, value: Any) -> Iterator[Ref]:
        """The attributes it names."""
        for name in names(value):
            yield Ref(To.ATTRIBUTE, name)


@dataclass(frozen=True, slots=True)
class TableOf(Plain):
    """A table whose keys and values all mean the same.

    Attributes:
        value: kind of the values.
        key_fits: whether a key may stand there.
        key_wanted: what a key must be, for the message.
        key_to: what the keys refer to, if anything.
        key_exit: when the caller takes this way, for keys that are nodes.
        key_sets: whether the keys are attributes that are set.
        may_be_empty: whether a table with nothing in it makes sense.
    """

    value: Kind = field(default_factory=Text)
    key_fits: Callable[[str], bool] = is_attribute
    key_wanted: str = ""
    key_to: To | None = None
    key_exit: Exit | None = None
    key_sets: bool = False
    may_be_empty: bool = False

    def read(self, raw: object, at: At) -> Any:
        """Read into a dict; one bad entry spoils the table, after all entries were looked at."""
        if not isinstance(raw, dict):
            return wrong_type(at, "a table", raw)
        if not raw and not self.may_be_empty:
            at.say(Code.OUT_OF_RANGE, "must not be empty")
            return BAD
        table = {}
        for key, item in raw.items():
            if not self.key_fits(key):
                at_key = at / key
                at_key.say(Code.BAD_NAME, f"{quoted(key)} cannot stand here: {self.key_wanted}")
                table[key] = BAD
            else:
                table[key] = self.value.read(item, at / key)
        return BAD if BAD in table.values() else table

    def refs(self, value: Any) -> Iterator[Ref]:
        """What the keys and the values refer to."""
        for key, item in value.items():
            if self.key_to is not None:
                yield Ref(self.key_to, key, (key,))
            if self.key_exit is not None:
                yield Ref(To.NODE, key, (key,), self.key_exit)
            for ref in self.value.refs(item):
                yield Ref(ref.to, ref.name, (key, *ref.path), ref.exit)

    def sets(self, value: Any) -> Iterator[str]:
        """The keys, if they are attributes."""
        if self.key_sets:
            yield from value


@dataclass(frozen=True, slots=True)
class ListOf(Plain):
    """A list of like things."""

    item: Kind = field(default_factory=Text)
    least: int = 0
    most: int = 100

    def read(self, raw: object, at: At) -> Any:
        """Read into a tuple."""
        if not isinstance(raw, list):
            return wrong_type(at, "a list", raw)
        if not self.least <= len(raw) <= self.most:
            at.say(Code.OUT_OF_RANGE, f"must list {self.least} to {self.most} things")
            return BAD
        items = tuple(self.item.read(item, at / index) for index, item in enumerate(raw))
        return BAD if BAD in items else items

    def refs(self, value: Any) -> Iterator[Ref]:
        """What the items refer to."""
        for index, item in enumerate(value):
            for ref in self.item.refs(item):
                yield Ref(ref.to, ref.name, (index, *ref.path), ref.exit)


def good_name(name: str, what: str, at: At) -> bool:
    """Return whether ``name`` may name a flow, node, queue or calendar; report it if not."""
    if _NAME.fullmatch(name):
        return True
    at.say(Code.BAD_NAME, f"{quoted(name)} cannot name a {what}: letters, digits, - and _")
    return False


def good_prompt(name: str) -> bool:
    """Return whether ``name`` may be the key of a prompt."""
    return len(name) <= 100 and _PROMPT.fullmatch(name) is not None


def is_name(name: str) -> bool:
    """Return whether ``name`` may name a node."""
    return _NAME.fullmatch(name) is not None


def is_digit(name: str) -> bool:
    """Return whether ``name`` is one key of a phone."""
    return len(name) == 1 and name in DIGITS
