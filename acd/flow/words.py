"""Words of customers: what somebody wrote or said, compared with what was listed."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import TypeVar

from acd.core.flows import DigitPressed, Said
from acd.core.site import Command

T = TypeVar("T")

_WORD = re.compile(r"\w+")


def words_of(text: str) -> tuple[str, ...]:
    """Return the words of a text without case, accents and punctuation.

    >>> words_of("¡Quiero hablar con un AGENTE, por favor!")
    ('quiero', 'hablar', 'con', 'un', 'agente', 'por', 'favor')
    """
    bare = unicodedata.normalize("NFKD", text.casefold())
    return tuple(_WORD.findall("".join(c for c in bare if not unicodedata.combining(c))))


def of_language(table: Mapping[str, T], language: str) -> T | None:
    """Return what a table has for a language, or for the same without its region, or None.

    >>> of_language({"pt": ["sim"], "en": ["yes"]}, "pt-BR")
    ['sim']
    """
    return table.get(language) or table.get(language.partition("-")[0])


def contains(text: str, phrases: Iterable[str]) -> bool:
    """Return whether one of the phrases stands in a text, word by word.

    >>> contains("may I speak to a human being?", ["human"]), contains("humane", ["human"])
    (True, False)
    """
    said = f" {' '.join(words_of(text))} "
    return any(f" {' '.join(words)} " in said for p in phrases if (words := words_of(p)))


def hits(text: str, phrases: Iterable[str]) -> tuple[int, int]:
    """Return how many of the phrases stand in a text, and how many words those have together.

    >>> hits("My bill: I was charged twice!", ["bill", "charged twice", "invoice"])
    (2, 3)
    """
    found = {words_of(phrase) for phrase in phrases if contains(text, [phrase])}
    return len(found), sum(map(len, found))


def given(
    commands: Iterable[Command], signal: DigitPressed | Said, language: str
) -> Command | None:
    """Return the first command that a key or some words give, or None."""
    for command in commands:
        match signal:
            case DigitPressed(digit):
                is_given = digit == command.key
            case Said(text):
                own = of_language(command.words, language) or ()
                is_given = text.strip() == command.key or contains(text, own)
        if is_given:
            return command
    return None
