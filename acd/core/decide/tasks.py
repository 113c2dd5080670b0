"""Tasks: what flows have done outside while their contacts wait."""

from __future__ import annotations

from acd.core import events as e
from acd.core import flows
from acd.core import inputs as i
from acd.core.decide.flow import run
from acd.core.decide.registry import decides
from acd.core.turn import Turn


@decides(i.TaskReported)
def task_reported(turn: Turn, cause: i.TaskReported) -> None:
    """Tell the flow, if its contact still waits for it."""
    errand = turn.state.errands.get(cause.task)
    known = turn.state.tasks.get(cause.task)
    if known is None and errand is not None:
        turn.emit(e.TaskEnded(errand.contact, cause.task, cause.outcome, cause.values))
        return
    if known is None:
        turn.refuse("task-over", "nobody waits for this any more")
        return
    contact = turn.state.contacts[known]
    turn.emit(e.TaskEnded(contact.id, cause.task, cause.outcome, cause.values))
    run(turn, contact, flows.TaskDone(cause.outcome, cause.values))


@decides(i.TaskBegun)
def task_begun(turn: Turn, cause: i.TaskBegun) -> None:
    """Tell the flow, if its contact still waits for it."""
    known = turn.state.tasks.get(cause.task)
    if known is not None:
        run(turn, turn.state.contacts[known], flows.TaskBegun())
