"""`commands.toml`: what customers may say or press at any point of any flow."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from acd.core.site import Command
from acd.flow import schema
from acd.flow.check import Named
from acd.flow.kinds import BAD, DIGITS, Name, OneOf, To, good_name
from acd.flow.problems import At, Code, quoted
from acd.flow.schema import read_schema, refs_of
from acd.flow.wording import WORDS


@dataclass(frozen=True, slots=True, kw_only=True)
class CommandKeys:
    """One table per command: `[operator]`.

    A node that uses a key or understands a word itself goes first: in a menu that offers `0`, the
    key `0` is the menu's. Words are found anywhere in what the customer wrote or said.
    """

    does: str = schema.key(
        OneOf("word", ("repeat", "back", "leave")),
        "`repeat` asks the question again, `back` goes back to the one before, `leave` goes to "
        "`flow`",
        default="leave",
    )
    flow: str | None = schema.key(Name("flow", To.FLOW), "the flow that it leads to", default=None)
    key: str | None = schema.key(OneOf("phone key", tuple(DIGITS)), "the phone key", default=None)
    words: Mapping[str, tuple[str, ...]] | None = schema.key(
        WORDS, "the words, by language", default=None
    )

    def contradiction(self) -> str | None:
        """Say so when it cannot be given or does nothing."""
        if self.key is None and self.words is None:
            return 'nobody can give this command: give it "key" or "words"'
        if (self.does == "leave") != (self.flow is not None):
            return 'a command has "flow" when it leaves, and only then'
        return None


def read_commands(raw: Mapping[str, object], at: At) -> tuple[tuple[Command, ...], list[Named]]:
    """Return the commands in the order written, and what they name and where."""
    commands: list[Command] = []
    named = []
    for name, table in raw.items():
        place = at / name
        keys = read_schema(CommandKeys, table, place)
        if not good_name(name, "command", place) or keys is BAD:
            continue
        _say_twice(keys, commands, place)
        commands.append(Command(name, keys.does, keys.flow or "", keys.key or "", keys.words or {}))
        named.append(Named(place, tuple(refs_of(keys))))
    return tuple(commands), named


def _say_twice(keys: CommandKeys, before: Sequence[Command], at: At) -> None:
    """Report a key, or words, that another command has: that one would always be meant."""
    for other in before:
        if keys.key is not None and keys.key == other.key:
            message = f"key {quoted(keys.key)} is that of {quoted(other.name)} already"
            (at / "key").say(Code.BAD_VALUE, message)
        for language, words in (keys.words or {}).items():
            taken = {word.casefold() for word in other.words.get(language, ())}
            for index, word in enumerate(words):
                if word.casefold() in taken:
                    message = f"{quoted(word)} is a word of {quoted(other.name)} already"
                    (at / "words" / language / index).say(Code.BAD_VALUE, message)
