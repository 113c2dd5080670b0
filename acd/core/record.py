"""Records: the entries of the log."""

from __future__ import annotations

from typing import get_args

from acd.core.events import Event
from acd.core.inputs import Input
from acd.core.timers import Instant
from acd.core.value import value

INPUT_TYPES: dict[str, type] = {kind.__name__: kind for kind in get_args(Input)}
EVENT_TYPES: dict[str, type] = {kind.__name__: kind for kind in get_args(Event)}


@value(frozen=True, slots=True)
class Record:
    """One entry of the log: an input as it came, or an event as it happened.

    Attributes:
        seq: 1, 2, 3 … without gaps.
        at: when.
        cause: sequence number of what led to it; 0 for an input.
        actor: who sent the input: ``pbx``, ``clock``, ``agent:<name>``, ``api:<token>``, ``cli``.
        body: the input or event.
    """

    seq: int
    at: Instant
    cause: int
    actor: str
    body: Input | Event

    @property
    def type(self) -> str:
        """Name of what happened."""
        return type(self.body).__name__

    @property
    def is_input(self) -> bool:
        """Whether this is an input rather than an event."""
        return type(self.body).__name__ in INPUT_TYPES
