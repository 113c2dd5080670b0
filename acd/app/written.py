"""Values as people of a language write them, by the rules of the Unicode consortium (Babel)."""

from __future__ import annotations

from datetime import date, time
from decimal import Decimal
from functools import cache

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal

from acd.core.flows import Prompt
from acd.flow.values import Money, parse

_SPACES = str.maketrans({"\u00a0": " ", "\u202f": " "})
# A short message with one such space in it would be cut to less than half its length.


def written(prompt: Prompt, language: str) -> str:
    """Return a prompt that is a value as it is written in a language; others as they came.

    A value that is none of its kind is shown as it came: a caller's entry never stops a flow.

    >>> written(Prompt("money", "1234.5 EUR"), "it")
    '1.234,50 €'
    >>> written(Prompt("date", "tomorrow"), "en")
    'tomorrow'
    """
    locale = locale_of(language)
    match parse(prompt.kind, prompt.value):
        case Decimal() as number:
            text = format_decimal(number, locale=locale, decimal_quantization=False)
        case Money(amount, currency):
            text = format_currency(amount, currency, locale=locale)
        case date() as day:
            text = format_date(day, "long", locale=locale)
        case time() as clock:
            text = format_time(clock, "short", locale=locale)
        case _:
            return prompt.value
    return text.translate(_SPACES)


@cache
def locale_of(language: str) -> Locale:
    """Return the conventions of a language such as ``pt-BR``; English for an unknown one."""
    for name in (language, language.partition("-")[0]):
        try:
            return Locale.parse(name, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    return Locale("en")
