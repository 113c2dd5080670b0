"""Values: dataclasses that are frozen for the type checker and cheap at run time.

``frozen=True`` makes ``__init__`` call ``object.__setattr__`` once a field: an event then costs
three times as much to make, and the engine makes some twenty a call. mypy refuses every assignment
to a field all the same.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

__all__ = ["value"]

if TYPE_CHECKING:
    from dataclasses import dataclass as value
else:
    from dataclasses import dataclass

    def value(*, frozen, slots):
        """Make a dataclass that compares and hashes by its fields like a frozen one."""
        assert frozen, "a value is frozen"
        return dataclass(slots=slots, unsafe_hash=True)
