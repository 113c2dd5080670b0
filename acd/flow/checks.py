"""Checks of digits that customers enter: what they mean, or that they cannot be right."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date


def luhn(digits: str) -> str | None:
    """Return digits whose check digit fits, else None (ISO/IEC 7812-1, annex B).

    >>> luhn("4242424242424242"), luhn("4242424242424241"), luhn("")
    ('4242424242424242', None, None)
    """
    doubled = (int(d) * (1 + place % 2) for place, d in enumerate(reversed(digits)))
    fits = sum(value - 9 if value > 9 else value for value in doubled) % 10 == 0
    return digits if digits and fits else None


def _date(order: str) -> Callable[[str], str | None]:
    places = {part: order.index(part) for part in "ymd"}

    def read(digits: str) -> str | None:
        if len(digits) != 8:
            return None
        widths = [4 if part == "y" else 2 for part in order]
        ends = [sum(widths[: at + 1]) for at in range(3)]
        parts = [digits[end - width : end] for end, width in zip(ends, widths, strict=True)]
        try:
            day = date(*(int(parts[places[part]]) for part in "ymd"))
        except ValueError:
            return None
        return day.isoformat()

    return read


CHECKS: Mapping[str, Callable[[str], str | None]] = {
    "luhn": luhn,
    "date_dmy": _date("dmy"),
    "date_mdy": _date("mdy"),
    "date_ymd": _date("ymd"),
}
"""Name of a check to a function that returns what digits mean, None when they cannot be right."""
