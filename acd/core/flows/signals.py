"""Signals: what a flow is told."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from acd.core.value import value


@value(frozen=True, slots=True)
class Entered:
    """The contact enters a flow at its start."""

    flow: str


@value(frozen=True, slots=True)
class PlaybackDone:
    """What was being played has ended."""


@value(frozen=True, slots=True)
class DigitPressed:
    """The customer pressed a key: one of ``0-9 * # A-D``."""

    digit: str


@value(frozen=True, slots=True)
class Said:
    """The customer said something: in writing, or as a recogniser understood it.

    Attributes:
        text: the words; empty when nothing was understood.
        confidence: of the recogniser, 0 to 1; what was written is certain.
    """

    text: str
    confidence: float = 1.0


@value(frozen=True, slots=True)
class TimedOut:
    """The wait that the last step asked for is over."""


@value(frozen=True, slots=True)
class MessageDone:
    """The message being taken has ended.

    Attributes:
        seconds: its length; 0 when nothing was said.
        recording: the id of what was recorded.
    """

    seconds: float
    recording: str = ""


@value(frozen=True, slots=True)
class TaskDone:
    """What the flow asked somebody outside to do is over, see :mod:`acd.core.task`.

    Attributes:
        outcome: ``ok``, or how it went wrong: a word that the task's node knows.
        values: what came of it.
    """

    outcome: str
    values: Mapping[str, str] = field(default_factory=dict)


@value(frozen=True, slots=True)
class TaskBegun:
    """The customer has begun to do their part of a task: pressed the first of hidden keys."""


@value(frozen=True, slots=True)
class QueueLeft:
    """The queue gave the contact back.

    Attributes:
        reason: ``timeout``, ``full`` or ``unknown`` (no such queue any more).
    """

    reason: str


@value(frozen=True, slots=True)
class Reattached:
    """The engine or the line was away for a moment: begin the current node again."""


Signal = (
    Entered
    | PlaybackDone
    | DigitPressed
    | Said
    | TimedOut
    | MessageDone
    | TaskDone
    | TaskBegun
    | QueueLeft
    | Reattached
)
