"""Values that flows let people hear and read: numbers, dates, times, money and digits.

A value travels as plain text beside its kind, as a prompt does
(:class:`acd.core.flows.Prompt`); how it is said and written in a language is the shell's business
(:mod:`acd.app.spoken`, :mod:`acd.app.written`).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal

_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,6})?")
_MONEY = re.compile(r"(-?[0-9]{1,12}(?:\.[0-9]{1,2})?) ?([A-Z]{3})")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_TIME = re.compile(r"([0-9]{2}:[0-9]{2})(:[0-9]{2})?")


@dataclass(frozen=True, slots=True)
class Money:
    """An amount of a currency.

    Attributes:
        amount: with at most two decimals.
        currency: ISO 4217 code, such as ``USD``.
    """

    amount: Decimal
    currency: str


Value = Decimal | date | time | Money | str


def _number(text: str) -> Value | None:
    return Decimal(text) if _NUMBER.fullmatch(text) and text.isascii() else None


def _money(text: str) -> Value | None:
    match = _MONEY.fullmatch(text)
    return Money(Decimal(match[1]), match[2]) if match else None


def _date(text: str) -> Value | None:
    try:
        return date.fromisoformat(text) if _DATE.fullmatch(text) else None
    except ValueError:
        return None


def _time(text: str) -> Value | None:
    match = _TIME.fullmatch(text)
    try:
        return time.fromisoformat(match[1]) if match else None
    except ValueError:
        return None


def _digits(text: str) -> Value | None:
    return text or None


_KINDS: Mapping[str, tuple[Callable[[str], Value | None], str]] = {
    "digits": (_digits, "anything: said character by character"),
    "number": (_number, "a number such as 1234.5, with at most 15 digits before the point"),
    "money": (_money, "an amount and a currency such as 12.50 USD"),
    "date": (_date, "a date such as 2026-12-24"),
    "time": (_time, "a time such as 14:30"),
}

KINDS: Mapping[str, str] = {kind: form for kind, (_, form) in _KINDS.items()}
"""Kind of value to what one looks like, for people."""


def parse(kind: str, text: str) -> Value | None:
    """Return what a value of ``kind`` means; None when it is none, or the kind is unknown.

    >>> parse("money", "12.50 USD")
    Money(amount=Decimal('12.50'), currency='USD')
    >>> parse("date", "24.12.2026") is None
    True
    """
    found = _KINDS.get(kind)
    return found[0](text.strip()) if found else None
