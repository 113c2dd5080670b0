"""Endings: of contacts and of the work on them, folded."""

from __future__ import annotations

from acd.core import events as e
from acd.core.agent import WorkState
from acd.core.apply.common import clear_queue_timers, drop_site_if_unused, next_segment
from acd.core.apply.registry import folds
from acd.core.contact import ContactState
from acd.core.machine import CONTACT, WORK, move
from acd.core.state import State
from acd.core.timers import Instant, Purpose, Timers


@folds(e.ContactEnded)
def _(state: State, timers: Timers, event: e.ContactEnded, at: Instant, _seq: int) -> None:
    contact = state.contacts[event.contact]
    following = ContactState.WRAPUP if contact.state is ContactState.ACTIVE else ContactState.CLOSED
    contact.state = move(CONTACT, contact.state, following, contact.id)
    contact.ended_at = at
    contact.end_reason = event.reason
    contact.playback = None
    if state.canary is not None:
        state.canary.count(contact, state.site, event.reason)
    if state.threads.get(contact.thread) == contact.id:
        del state.threads[contact.thread]
    next_segment(contact, at, event.reason)
    clear_queue_timers(timers, contact)
    timers.clear(Purpose.FLOW, contact.id)


@folds(e.WrapupStarted)
def _(state: State, timers: Timers, event: e.WrapupStarted, at: Instant, _seq: int) -> None:
    work = state.agents[event.agent].works[event.offer]
    work.state = move(WORK, work.state, WorkState.WRAPUP, event.offer)
    work.since = at
    timers.set(Purpose.WRAPUP, event.contact, event.deadline)


@folds(e.WorkDone)
def _(state: State, timers: Timers, event: e.WorkDone, at: Instant, _seq: int) -> None:
    agent = state.agents[event.agent]
    del agent.works[event.offer]
    agent.idle_since = at
    timers.clear(Purpose.WRAPUP, event.contact)
    contact = state.contacts.get(event.contact)
    if contact is not None:
        contact.disposition = event.disposition or contact.disposition


@folds(e.ContactClosed)
def _(state: State, _: Timers, event: e.ContactClosed, _at: Instant, _seq: int) -> None:
    contact = state.contacts[event.contact]
    if contact.state is not ContactState.CLOSED:
        move(CONTACT, contact.state, ContactState.CLOSED, contact.id)
    del state.contacts[event.contact]
    drop_site_if_unused(state, contact.site)
    if contact.leg in state.legs:
        state.legs[contact.leg].contact = None
