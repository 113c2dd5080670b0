"""Which fold takes which event, and what several of them do."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from acd.core.record import Record
from acd.core.state import State
from acd.core.timers import Instant, Timers

E = TypeVar("E")
Fold = Callable[[State, Timers, E, Instant, int], None]
FOLDS: dict[type, Fold[object]] = {}


def folds(kind: type[E]) -> Callable[[Fold[E]], Fold[E]]:
    """Register the fold of events of ``kind``."""

    def register(fold: Fold[E]) -> Fold[E]:
        FOLDS[kind] = fold  # type: ignore[assignment]  # the key says which event it takes
        return fold

    return register


def apply(state: State, timers: Timers, record: Record) -> None:
    """Fold one record, input or event, into ``state``.

    Raises:
        IllegalTransition: the event cannot follow; the state is unchanged.
    """
    fold = FOLDS.get(type(record.body))
    if fold is not None:
        fold(state, timers, record.body, record.at, record.seq)
    state.seq = record.seq
    state.at = record.at
