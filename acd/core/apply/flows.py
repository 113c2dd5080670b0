"""Flows: what they have done outside, what they keep, where they failed, folded."""

from __future__ import annotations

from acd.core import events as e
from acd.core.apply.registry import folds
from acd.core.effects import Deliver, PerformTask
from acd.core.message import Author
from acd.core.state import State
from acd.core.task import WITHOUT_LEG, CollectSecret, DialOutside
from acd.core.timers import Instant, Timers


@folds(e.TaskStarted)
def _(state: State, _: Timers, event: e.TaskStarted, _at: Instant, _seq: int) -> None:
    contact = state.contacts[event.contact]
    if contact.leg is None or isinstance(event.what, WITHOUT_LEG):
        state.errands[event.task] = PerformTask(event.task, contact.id, None, event.what)
    if not event.is_errand:
        contact.task = event.task
        contact.is_outside = isinstance(event.what, DialOutside)
        contact.is_secret = isinstance(event.what, CollectSecret)
        state.tasks[event.task] = contact.id


@folds(e.TaskEnded)
def _(state: State, _: Timers, event: e.TaskEnded, _at: Instant, _seq: int) -> None:
    state.errands.pop(event.task, None)
    if state.tasks.pop(event.task, None) is not None:
        contact = state.contacts[event.contact]
        contact.task, contact.is_outside, contact.is_secret = None, False, False


@folds(e.CodeRedeemed)
def _(state: State, _: Timers, event: e.CodeRedeemed, _at: Instant, _seq: int) -> None:
    state.redeemed.setdefault(event.promotion, {})[event.code] = event.contact


@folds(e.CallPromised)
def _(state: State, _: Timers, event: e.CallPromised, _at: Instant, _seq: int) -> None:
    state.contacts[event.contact].promise = event.promise


@folds(e.NoticeSent)
def _(state: State, _: Timers, event: e.NoticeSent, _at: Instant, _seq: int) -> None:
    contact = state.contacts[event.contact]
    state.outbox[event.message] = Deliver(
        event.message,
        event.contact,
        event.channel,
        address="",
        recipient=event.recipient,
        thread="",
        text=event.text,
        author=Author.SYSTEM,
        language=contact.language,
        subject=event.subject,
    )
