"""Contacts: they arrive, walk flows and wait in queues, folded."""

from __future__ import annotations

from acd.core import events as e
from acd.core.apply.common import arm_leaving, clear_queue_timers, next_segment
from acd.core.apply.registry import folds
from acd.core.contact import Contact, ContactState, Segment, SegmentKind
from acd.core.machine import CONTACT, move
from acd.core.skill import Requirement
from acd.core.state import State
from acd.core.timers import Instant, Purpose, Timers, after


@folds(e.ContactOpened)
def _(state: State, _: Timers, event: e.ContactOpened, at: Instant, _seq: int) -> None:
    state.contacts[event.contact] = Contact(
        event.contact,
        event.channel,
        event.site,
        ContactState.IN_FLOW,
        ani=event.ani,
        dnis=event.dnis,
        caller_name=event.caller_name,
        language=event.language,
        opened_at=at,
        leg=event.leg,
        thread=event.thread,
        dial=event.dial,
        begun_by=event.begun_by,
    )
    if event.thread:
        state.threads[event.thread] = event.contact


@folds(e.LegPassed)
def _(state: State, _: Timers, event: e.LegPassed, _at: Instant, _seq: int) -> None:
    state.legs[event.leg].contact = event.to
    state.contacts[event.to].leg = event.leg
    if event.contact in state.contacts:
        state.contacts[event.contact].leg = None


@folds(e.ContactIdentified)
def _(state: State, _: Timers, event: e.ContactIdentified, _at: Instant, _seq: int) -> None:
    contact = state.contacts[event.contact]
    contact.customer = event.customer
    contact.conversation = event.conversation
    contact.caller_name = contact.caller_name or event.name


@folds(e.FlowEntered)
def _(state: State, _: Timers, event: e.FlowEntered, at: Instant, _seq: int) -> None:
    contact = state.contacts[event.contact]
    segment = Segment(event.segment, SegmentKind.FLOW, event.flow, at)
    next_segment(contact, at, "", segment)


@folds(e.AttributeSet)
def _(state: State, _: Timers, event: e.AttributeSet, _at: Instant, _seq: int) -> None:
    state.contacts[event.contact].attributes[event.key] = event.value


@folds(e.LanguageSet)
def _(state: State, _: Timers, event: e.LanguageSet, _at: Instant, _seq: int) -> None:
    state.contacts[event.contact].language = event.language


@folds(e.PromptsStarted)
def _(state: State, _: Timers, event: e.PromptsStarted, _at: Instant, _seq: int) -> None:
    state.contacts[event.contact].playback = event.playback


@folds(e.PromptsEnded)
def _(state: State, _: Timers, event: e.PromptsEnded, _at: Instant, _seq: int) -> None:
    state.contacts[event.contact].playback = None


@folds(e.MessageStarted)
def _(state: State, _: Timers, event: e.MessageStarted, _at: Instant, _seq: int) -> None:
    contact = state.contacts[event.contact]
    contact.recording = event.recording
    contact.is_leaving_message = True


@folds(e.MessageEnded)
def _(state: State, _: Timers, event: e.MessageEnded, _at: Instant, _seq: int) -> None:
    contact = state.contacts[event.contact]
    contact.is_leaving_message, contact.has_left_message = False, event.seconds > 0


@folds(e.NodeEntered)
def _(state: State, _: Timers, event: e.NodeEntered, _at: Instant, _seq: int) -> None:
    state.contacts[event.contact].has_left_message = False


@folds(e.FlowWaiting)
def _(state: State, timers: Timers, event: e.FlowWaiting, _at: Instant, _seq: int) -> None:
    state.contacts[event.contact].cursor = event.cursor
    if event.deadline is None:
        timers.clear(Purpose.FLOW, event.contact)
    else:
        timers.set(Purpose.FLOW, event.contact, event.deadline)


def _arm_relaxing(timers: Timers, contact: Contact, requirement: Requirement, now: Instant) -> None:
    pending = [need.relax_after for need in requirement if need.relax_after is not None]
    if pending:
        at = after(contact.order_at, min(pending))
        timers.set(Purpose.RELAX, contact.id, max(at, now))
    else:
        timers.clear(Purpose.RELAX, contact.id)


@folds(e.ContactQueued)
def _(state: State, timers: Timers, event: e.ContactQueued, at: Instant, seq: int) -> None:
    contact = state.contacts[event.contact]
    contact.state = move(CONTACT, contact.state, ContactState.WAITING, contact.id)
    segment = Segment(event.segment, SegmentKind.QUEUE, event.queue, at)
    next_segment(contact, at, "queued", segment)
    if contact.queued_at is None:
        contact.queued_at = at
    contact.queue = event.queue
    contact.priority = event.priority
    contact.requirement = event.requirement
    contact.order_at = event.order_at
    contact.order = contact.order or seq
    contact.leave_at = event.deadline
    contact.offer = None
    contact.agent = None
    timers.clear(Purpose.FLOW, contact.id)
    arm_leaving(state, timers, contact)
    _arm_relaxing(timers, contact, event.requirement, at)


@folds(e.QueueLeft)
def _(state: State, timers: Timers, event: e.QueueLeft, at: Instant, _seq: int) -> None:
    contact = state.contacts[event.contact]
    contact.state = move(CONTACT, contact.state, ContactState.IN_FLOW, contact.id)
    contact.order = 0
    contact.has_music = False
    next_segment(contact, at, event.reason)
    clear_queue_timers(timers, contact)


@folds(e.RequirementRelaxed)
def _(state: State, timers: Timers, event: e.RequirementRelaxed, at: Instant, _seq: int) -> None:
    contact = state.contacts[event.contact]
    contact.requirement = event.requirement
    _arm_relaxing(timers, contact, event.requirement, at)


@folds(e.MusicStarted)
def _(state: State, timers: Timers, event: e.MusicStarted, _at: Instant, _seq: int) -> None:
    state.contacts[event.contact].has_music = True
    timers.clear(Purpose.MUSIC, event.contact)


@folds(e.PriorityChanged)
def _(state: State, _: Timers, event: e.PriorityChanged, _at: Instant, _seq: int) -> None:
    state.contacts[event.contact].priority = event.priority
