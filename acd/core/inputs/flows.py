"""Flows: what came of what they had done outside."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import field

from acd.core.ids import TaskId
from acd.core.value import value


@value(frozen=True, slots=True)
class TaskReported:
    """A task is over.

    Attributes:
        outcome: ``ok``, or what went wrong.
        values: what came of it, as texts.
    """

    task: TaskId
    outcome: str
    values: Mapping[str, str] = field(default_factory=dict)


@value(frozen=True, slots=True)
class TaskBegun:
    """The customer has begun to do their part of a task, see :class:`acd.core.flows.TaskBegun`."""

    task: TaskId


FlowInput = TaskReported | TaskBegun
