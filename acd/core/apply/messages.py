"""Messages: what is written, both ways, folded."""

from __future__ import annotations

from acd.core import events as e
from acd.core.apply.registry import folds
from acd.core.channel import TRAITS
from acd.core.effects import Deliver
from acd.core.message import SUBJECT, Author
from acd.core.state import State
from acd.core.timers import Instant, Timers


@folds(e.IntakeTaken)
def _(state: State, _: Timers, event: e.IntakeTaken, _at: Instant, _seq: int) -> None:
    state.intake = event.intake


@folds(e.MessageAdded)
def _(state: State, _: Timers, event: e.MessageAdded, at: Instant, _seq: int) -> None:
    contact = state.contacts[event.contact]
    if event.author is Author.CUSTOMER:
        return
    if event.author is Author.AGENT:
        contact.sent[event.key] = event.message
        contact.replied_at = contact.replied_at or at
    if TRAITS[contact.channel].is_delivered:
        state.outbox[event.message] = Deliver(
            event.message,
            contact.id,
            contact.channel,
            contact.dnis,
            contact.ani,
            contact.thread,
            event.text,
            event.author,
            contact.language,
            event.attachments,
            contact.attributes.get(SUBJECT, ""),
        )


@folds(e.MessageSettled)
def _(state: State, _: Timers, event: e.MessageSettled, _at: Instant, _seq: int) -> None:
    state.outbox.pop(event.message, None)
