"""Comparisons of a text with a constant: what the cases of a switch ask. Nothing is evaluated."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

# Attributes are texts of strangers: what is not a plain number of sane length is not a number.
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(\.[0-9]{1,9})?")


@dataclass(frozen=True, slots=True)
class Comparison:
    """One comparison.

    Attributes:
        op: a key of :data:`TEXT_OPS` or :data:`NUMBER_OPS`.
        constants: what is compared with: any one that fits will do.
    """

    op: str
    constants: tuple[str, ...] | tuple[float, ...]

    def holds(self, value: str) -> bool:
        """Return whether ``value`` passes; a text that is no number passes no number's test."""
        if self.op in TEXT_OPS:
            compare = TEXT_OPS[self.op]
            return any(compare(value, c) for c in self.constants if isinstance(c, str))
        number = as_number(value)
        if number is None:
            return False
        ordered = NUMBER_OPS[self.op]
        return any(ordered(number, c) for c in self.constants if not isinstance(c, str))


TEXT_OPS: dict[str, Callable[[str, str], bool]] = {
    "is": lambda value, constant: value == constant,
    "starts_with": lambda value, constant: value.startswith(constant),
}
NUMBER_OPS: dict[str, Callable[[float, float], bool]] = {
    "at_least": lambda value, constant: value >= constant,
    "at_most": lambda value, constant: value <= constant,
}


def as_number(text: str) -> float | None:
    """Return the number that ``text`` writes, or None.

    >>> as_number("12.50"), as_number("1e999"), as_number("nan"), as_number("9" * 400)
    (12.5, None, None, None)
    """
    return float(text) if _NUMBER.fullmatch(text) else None
