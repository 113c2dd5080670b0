"""Flows and queues: a contact walks a flow, enters a queue, and comes back from it."""

from __future__ import annotations

from acd.core import effects as f
from acd.core import events as e
from acd.core import flows
from acd.core.channel import TRAITS
from acd.core.contact import Contact, ContactState, EndReason, Promise
from acd.core.decide.acts import NO_END_SECONDS, cancel_task, end_contact, queue_again
from acd.core.decide.messages import add_message
from acd.core.decide.overview import Overview
from acd.core.ids import (
    ContactId,
    LegId,
    MessageId,
    PlaybackId,
    QueueName,
    RecordingId,
    SegmentId,
    TaskId,
)
from acd.core.leg import LegState
from acd.core.message import Author
from acd.core.queue import Queue
from acd.core.task import DIAL_CONTEXT, DialOutside, VisitDialplan
from acd.core.timers import after
from acd.core.turn import Turn

LONGEST_TALK_SECONDS = 4 * 3600.0
"""How long a caller may talk to somebody outside."""

_LEAVING = (
    flows.VisitNode,
    flows.StartTask,
    flows.DropTask,
    flows.Enqueue,
    flows.CallBack,
    flows.EndContact,
)
"""What a flow does when it does not wait any more for a task it started."""

FLOW_STEP_LIMIT = 50
"""Steps of a contact's flow in one turn; more means that it goes round without ever waiting."""

_REASONS: dict[flows.FlowEnd, EndReason] = {
    flows.FlowEnd.FINISHED: EndReason.FLOW_ENDED,
    flows.FlowEnd.MESSAGE_LEFT: EndReason.VOICEMAIL,
    flows.FlowEnd.FAILED: EndReason.FLOW_FAILED,
    flows.FlowEnd.TRANSFERRED: EndReason.TRANSFERRED,
}


def enter(turn: Turn, contact: Contact, flow: str, signal: flows.Signal) -> None:
    """Give a contact to a flow."""
    segment = SegmentId(turn.mint("s"))
    turn.emit(e.FlowEntered(contact.id, segment, flow))
    run(turn, contact, signal)


def run(turn: Turn, contact: Contact, signal: flows.Signal) -> None:
    """Tell a contact's flow something and do what it wants."""
    steps = turn.flow_steps[contact.id] = turn.flow_steps.get(contact.id, 0) + 1
    if steps > FLOW_STEP_LIMIT:
        end_contact(turn, contact, EndReason.FLOW_FAILED)
        return
    if isinstance(signal, flows.Reattached):
        stop_playing(turn, contact)
        if contact.promise is not None:  # all that is left is to let them go
            end_contact(turn, contact, EndReason.CALLBACK)
            return
    site = turn.state.site_of(contact)
    step = turn.world.flows.step(site, contact, signal, turn.now, Overview(turn))
    if any(isinstance(action, flows.VisitNode) for action in step.actions):
        _drop_message(turn, contact)
    was_written = False
    for action in step.actions:
        was_written = was_written or isinstance(action, flows.PlayPrompts)
        if isinstance(action, flows.StartTask) and _is_under_way(turn, contact, action):
            assert contact.task is not None
            turn.do(turn.state.errands[contact.task])
            continue
        if isinstance(action, _LEAVING):
            cancel_task(turn, contact)
        if isinstance(action, flows.CallBack):
            if _promise(turn, contact, action):
                continue
            _wait(turn, contact, step.cursor, None)
            run(turn, contact, flows.QueueLeft("unknown"))
            return
        if isinstance(action, flows.Enqueue):
            _wait(turn, contact, step.cursor, None)
            enqueue(turn, contact, action)
            return
        if isinstance(action, flows.EndContact):
            end_contact(turn, contact, _REASONS[action.how])
            return
        _perform(turn, contact, action)
    _wait(turn, contact, step.cursor, step.wait_seconds)
    if not TRAITS[contact.channel].has_legs:
        _go_on_in_writing(turn, contact, step, was_written=was_written)


def _go_on_in_writing(turn: Turn, contact: Contact, step: flows.Step, *, was_written: bool) -> None:
    """Tell a flow at once what takes time on the phone only."""
    if any(isinstance(action, flows.TakeMessage) for action in step.actions):
        run(turn, contact, flows.MessageDone(0.0))  # nothing is recorded
    elif was_written:
        run(turn, contact, flows.PlaybackDone())


def _is_under_way(turn: Turn, contact: Contact, action: flows.StartTask) -> bool:
    """Return whether a node that begins again asks for what it has asked for already.

    Asked as another task it would be another thing to whoever is asked: charged twice.
    """
    errand = turn.state.errands.get(contact.task) if contact.task is not None else None
    return errand is not None and not action.is_errand and errand.what == action.task


def _wait(turn: Turn, contact: Contact, cursor: flows.Cursor, wait_seconds: float | None) -> None:
    deadline = after(turn.now, wait_seconds) if wait_seconds is not None else None
    turn.emit(e.FlowWaiting(contact.id, cursor, deadline))


def _perform(turn: Turn, contact: Contact, action: flows.Action) -> None:
    match action:
        case flows.VisitNode(flow, node):
            turn.emit(e.NodeEntered(contact.id, flow, node))
        case flows.SetAttribute(key, value):
            turn.emit(e.AttributeSet(contact.id, key, value))
        case flows.SetLanguage(language):
            turn.emit(e.LanguageSet(contact.id, language))
        case flows.AnswerCall():
            answer(turn, contact)
        case flows.PlayPrompts(prompts, choices):
            _play(turn, contact, prompts, choices)
        case flows.StopPlaying():
            stop_playing(turn, contact)
        case flows.TakeMessage(max_seconds, silence_seconds):
            _take_message(turn, contact, max_seconds, silence_seconds)
        case flows.StartTask(what, is_errand):
            task = TaskId(turn.mint("t"))
            turn.emit(e.TaskStarted(contact.id, task, what, is_errand))
            if isinstance(what, VisitDialplan):
                _send_out(turn, contact, task, what)
            elif isinstance(what, DialOutside):
                _dial_outside(turn, contact, task, what)
            else:
                errand = turn.state.errands.get(task)
                turn.do(errand or f.PerformTask(task, contact.id, contact.leg, what))
        case flows.DropTask():
            pass  # it is dropped already, as by everything that leaves it
        case flows.NoteTrouble(flow, node, reason):
            turn.emit(e.NodeFailed(contact.id, flow, node, reason))
        case flows.RedeemCode(promotion, code):
            turn.emit(e.CodeRedeemed(contact.id, promotion, code))
        case flows.KeepScore(survey, question, scale, score):
            turn.emit(e.ScoreKept(contact.id, survey, question, scale, score))
        case flows.SendNotice(channel, recipient, subject, text):
            message = MessageId(turn.mint("m"))
            turn.emit(e.NoticeSent(contact.id, message, channel, recipient, subject, text))
            turn.do(turn.state.outbox[message])
        case _:
            raise AssertionError(f"{action} ends a step")


def answer(turn: Turn, contact: Contact) -> None:
    """Answer a contact's call unless it is answered."""
    leg = turn.leg(contact.leg)
    if leg is not None and leg.state is LegState.DOWN:
        turn.change_leg(leg, LegState.UP)
        turn.do(f.Answer(leg.id))


def _speaking_leg(turn: Turn, contact: Contact) -> LegId:
    answer(turn, contact)
    assert contact.leg is not None, "flows that speak need a leg"
    return contact.leg


def _play(
    turn: Turn,
    contact: Contact,
    prompts: tuple[flows.Prompt, ...],
    choices: tuple[flows.Choice, ...],
) -> None:
    traits = TRAITS[contact.channel]
    if not traits.has_legs:
        text = turn.state.site_of(contact).text_of(prompts, contact.language)
        if traits.is_delivered:  # where there are no buttons to press
            named = [one for one in choices if one.label != one.key]  # a number needs no name
            text = "\n".join([text, *(f"{one.key} - {one.label}" for one in named)])
        if text:
            add_message(turn, contact, Author.SYSTEM, text, choices=choices)
        return
    leg = _speaking_leg(turn, contact)
    stop_playing(turn, contact)
    playback = PlaybackId(turn.mint("p"))
    turn.emit(e.PromptsStarted(contact.id, playback, prompts))
    turn.do(f.Play(leg, playback, prompts, contact.language, contact.site))


def stop_playing(turn: Turn, contact: Contact) -> None:
    """Interrupt what a contact is being played, if anything."""
    if contact.playback is not None and contact.leg is not None:
        playback = contact.playback
        turn.emit(e.PromptsEnded(contact.id, playback, is_interrupted=True))
        turn.do(f.StopPlay(contact.leg, playback))


def _send_out(
    turn: Turn, contact: Contact, task: TaskId, what: VisitDialplan, ring_seconds: float = 0
) -> None:
    """Let a caller go out to the site's own dialplan: out of our hands until they are back."""
    leg = turn.leg(_speaking_leg(turn, contact))
    assert leg is not None
    stop_playing(turn, contact)
    turn.change_leg(leg, LegState.AWAY)
    out = f.SendOut(leg.id, task, what.context, what.extension, what.max_seconds, ring_seconds)
    turn.do(out)


def _dial_outside(turn: Turn, contact: Contact, task: TaskId, what: DialOutside) -> None:
    """Let the PBX join a caller to somebody outside: it needs us no more, and brings them back."""
    visit = VisitDialplan(DIAL_CONTEXT, what.number, LONGEST_TALK_SECONDS)
    _send_out(turn, contact, task, visit, what.ring_seconds)


def _take_message(turn: Turn, contact: Contact, max_seconds: float, silence_seconds: float) -> None:
    if not TRAITS[contact.channel].has_legs:
        return
    leg = _speaking_leg(turn, contact)
    recording = RecordingId(turn.mint("r"))
    turn.emit(e.MessageStarted(contact.id, recording))
    turn.do(f.TakeMessage(leg, recording, max_seconds, silence_seconds))


def _drop_message(turn: Turn, contact: Contact) -> None:
    """Stop recording whoever goes on in the middle of a message: they want something else now."""
    if contact.is_leaving_message and contact.leg is not None and contact.recording is not None:
        turn.emit(e.MessageEnded(contact.id, contact.recording, 0.0))
        turn.do(f.DropMessage(contact.leg, contact.recording))


# --- queues -------------------------------------------------------------------------------------


def enqueue(turn: Turn, contact: Contact, wish: flows.Enqueue) -> None:
    """Put a contact into a queue, or tell its flow why that cannot be."""
    queue = turn.state.site_of(contact).queues.get(QueueName(wish.queue))
    if queue is None:
        run(turn, contact, flows.QueueLeft("unknown"))
        return
    if _is_full(turn, contact, queue, wish):
        run(turn, contact, flows.QueueLeft("full"))
        return
    answer(turn, contact)
    stop_playing(turn, contact)
    # Who comes back to the queue it waited in has not lost its place.
    since = contact.order_at if contact.queue == queue.name else turn.now
    longest = queue.max_wait_seconds if TRAITS[contact.channel].is_live else NO_END_SECONDS
    if wish.max_wait_seconds is not None:
        longest = min(longest, wish.max_wait_seconds)
    turn.to_soothe[contact.id] = turn.emit(
        e.ContactQueued(
            contact.id,
            queue.name,
            SegmentId(turn.mint("s")),
            wish.priority,
            wish.requirement,
            order_at=since,
            deadline=after(turn.now, longest),
        )
    )


def _is_full(turn: Turn, contact: Contact, queue: Queue, wish: flows.Enqueue) -> bool:
    """Return whether a contact would have to wait where nobody more may wait."""
    index = turn.world.matcher
    if not TRAITS[contact.channel].is_live:
        return False
    if queue.max_waiting is None or index.waiting_count(queue.name) < queue.max_waiting:
        return False
    return not index.can_serve(queue.name, contact.channel, wish.requirement, queue.strategy)


def requeue(turn: Turn, contact: Contact, cause: int) -> None:
    """Put a contact that lost its agent back to its old place."""
    assert contact.queue is not None
    requirement = () if contact.begun_by else contact.requirement  # takes anybody now
    queue_again(turn, contact, contact.queue, requirement, since=contact.order_at, cause=cause)


def _promise(turn: Turn, contact: Contact, wish: flows.CallBack) -> bool:
    """Promise a customer a call that keeps their place, if it can be made."""
    queue = QueueName(wish.queue)
    if queue not in turn.state.site_of(contact).queues or not turn.state.epochs:
        return False  # no such queue, or nothing to ring with
    since = contact.order_at if contact.queue == queue else turn.now
    promise = Promise(wish.number, queue, wish.priority, wish.requirement, since)
    turn.emit(e.CallPromised(contact.id, promise))
    return True


def leave_queue_if_due(turn: Turn, contact: Contact) -> None:
    """Give a contact back to its flow if its longest wait is over; while it rings, it stays."""
    if contact.state is not ContactState.WAITING or turn.now < contact.leave_at:
        return
    if contact.cursor is None or contact.queue is None:  # it came without a flow to go back to
        return
    leg = turn.leg(contact.leg)
    if leg is not None and leg.state is LegState.AWAY:
        return
    if contact.has_music and contact.leg is not None:
        turn.do(f.Unhold(contact.leg))
    turn.emit(e.QueueLeft(contact.id, contact.queue, "timeout"))
    enter(turn, contact, contact.cursor.flow, flows.QueueLeft("timeout"))


def start_music(turn: Turn, contact_id: ContactId, cause: int | None = None) -> None:
    """Let a waiting caller hear music, unless they do already."""
    contact = turn.state.contacts.get(contact_id)
    if contact is None or contact.has_music:
        return
    if contact.state not in (ContactState.WAITING, ContactState.OFFERED):
        return
    leg = turn.leg(contact.leg)
    if leg is not None and leg.state is LegState.UP:
        music = turn.state.queue_of(contact).music
        turn.emit(e.MusicStarted(contact.id, music), cause=cause)
        turn.do(f.Hold(leg.id, music))
