"""Which decision takes which input."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from acd.core.turn import Turn

Cause = TypeVar("Cause")
Decision = Callable[[Turn, Cause], None]

DECISIONS: dict[type, Callable[[Turn, object], None]] = {}


def decides(kind: type[Cause]) -> Callable[[Decision[Cause]], Decision[Cause]]:
    """Register the decision that takes inputs of ``kind``."""

    def register(decision: Decision[Cause]) -> Decision[Cause]:
        DECISIONS[kind] = decision  # type: ignore[assignment]  # the key says which input it takes
        return decision

    return register
