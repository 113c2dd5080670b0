"""Node ``language``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from acd.core.flows import (
    Choice,
    DigitPressed,
    PlaybackDone,
    PlayPrompts,
    Prompt,
    Said,
    Signal,
    TimedOut,
)
from acd.flow import kinds
from acd.flow.kinds import Exit, Name, Number, TableOf, To, is_digit, node
from acd.flow.model import Again, Entry, Go, NodeType, Outcome, Stay
from acd.flow.schema import key
from acd.flow.visit import Visit, whole
from acd.flow.words import contains

_KEYS = TableOf(
    "table of phone key to language",
    value=Name("language", To.LANGUAGE),
    key_fits=is_digit,
    key_wanted='one of 0-9, "*", "#"',
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Language:
    """Let the customer choose the language.

    The prompt is heard in each language, one after another; a key chooses at any time. Who writes
    gets the names of the languages, each in its own, as a numbered list or as buttons.
    """

    prompt: str = key(kinds.prompt(), "heard in each language: `For English, press 1.`")
    name: str = key(kinds.prompt(), "the prompt that is each language's own name: `English`")
    keys: Mapping[str, str] = key(_KEYS, "the language of each phone key")
    timeout_seconds: float = key(
        Number(least=1, most=60), "how long to wait for a key after the last", default=5.0
    )
    tries: int = key(Number("whole number", 1, 10, whole=True), "how often to ask", default=2)
    next: str = key(node(Exit.BY_CALLER), "where the customer goes with the language")
    on_fail: str | None = key(
        node(Exit.IN_TIME), "… without having chosen, in the language of before", default=None
    )


def ask(keys: Language, visit: Visit, first: tuple[str, ...]) -> Entry:
    """Ask, in the first language."""
    visit.memory.setdefault("before", visit.language)
    visit.memory["turn"] = "0"
    if not visit.is_written:
        return _say_in_turn(keys, visit)
    names = {k: _text(visit, keys.name, lang) for k, lang in keys.keys.items()}
    wait = visit.play(keys.prompt)
    asked = visit.actions[-1]
    assert isinstance(asked, PlayPrompts)
    choices = tuple(Choice(digit, name) for digit, name in names.items())
    visit.actions[-1] = PlayPrompts(asked.prompts, choices)
    return wait


def enter(keys: Language, visit: Visit) -> Entry:
    """Ask for the first time."""
    return ask(keys, visit, ())


def _text(visit: Visit, name: str, language: str) -> str:
    return visit.site.text_of((Prompt("key", name),), language)


def _say_in_turn(keys: Language, visit: Visit) -> Entry:
    languages = list(keys.keys.values())
    visit.speak(languages[whole(visit.memory["turn"]) % len(languages)])
    return visit.play(keys.prompt)


def signal(keys: Language, visit: Visit, signal: Signal) -> Outcome:
    """Go from language to language until one is chosen."""
    match signal:
        case PlaybackDone() if not visit.is_written:
            turn = whole(visit.memory.get("turn", "")) + 1
            if turn < len(keys.keys):
                visit.memory["turn"] = str(turn)
                return _say_in_turn(keys, visit)
            _as_before(visit)
            return visit.reply_within(keys.timeout_seconds)
        case PlaybackDone():
            return visit.reply_within(keys.timeout_seconds)
        case DigitPressed(digit) if digit in keys.keys:
            return _chosen(keys, visit, digit)
        case Said(text):
            for digit, language in keys.keys.items():
                if text.strip() == digit or contains(text, [_text(visit, keys.name, language)]):
                    return _chosen(keys, visit, digit)
            return Again("not_understood")
        case DigitPressed():
            _as_before(visit)
            return Again("not_understood")
        case TimedOut():
            return Again("no_input")
        case _:
            return Stay()


def _as_before(visit: Visit) -> None:
    before = visit.memory.get("before", visit.language)
    if visit.language != before:
        visit.speak(before)


def _chosen(keys: Language, visit: Visit, digit: str) -> Go:
    visit.speak(keys.keys[digit])
    return Go(keys.next)


NODE = NodeType("language", Language, enter, signal, ask=ask, keeps=frozenset({"tries", "before"}))
