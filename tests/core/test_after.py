"""What comes after a talk, callbacks, and what flows have done outside."""

from __future__ import annotations

from dataclasses import replace

import pytest

from acd.core import effects as f
from acd.core import events as e
from acd.core import flows
from acd.core import inputs as i
from acd.core.channel import Channel
from acd.core.contact import ContactState, EndReason
from acd.core.site import Site
from acd.core.task import DIAL_CONTEXT, DialOutside, Lookup
from acd.testing.fakes import TinyFlows, tiny_site
from acd.testing.story import Story

pytestmark = pytest.mark.core


def with_after() -> Site:
    site = tiny_site()
    queues = {name: replace(queue, after="menu") for name, queue in site.queues.items()}
    return replace(site, queues=queues)


def test_a_caller_goes_on_when_the_agent_has_hung_up() -> None:
    story = Story(with_after()).agent("ann").calls("zoe").rings("ann").answers("ann")
    first = story.contact("zoe")
    story.puts_down("ann")
    (passed,) = story.events(e.LegPassed)
    following = story.engine.state.contacts[passed.to]
    assert following.state is ContactState.IN_FLOW
    assert following.leg == "zoe"
    assert following.attributes["previous_agent"] == "ann"
    assert following.attributes["previous_contact"] == first.id
    assert not [effect for effect in story.effects if effect == f.HangUp("zoe")]  # type: ignore[arg-type]
    assert f.Unhold("zoe") in story.effects  # type: ignore[arg-type]
    ended = [event.reason for event in story.events(e.ContactEnded)]
    assert ended == [EndReason.AGENT_ENDED]
    story.tell(i.LegGone("zoe"))  # type: ignore[arg-type]
    assert story.events(e.ContactEnded)[-1].reason is EndReason.LEFT_FLOW


def test_nothing_comes_after_a_caller_who_has_hung_up() -> None:
    story = Story(with_after()).agent("ann").calls("zoe").rings("ann").answers("ann")
    story.hangs_up("zoe")
    assert not story.events(e.LegPassed)


def test_a_chat_goes_on_when_the_agent_has_ended_it() -> None:
    story = Story(with_after()).agent("ann", capacity={Channel.CHAT: 1})
    story.writes("zoe", to="support").accepts("ann")
    first = story.contact("zoe").id
    story.tell(i.EndContact(first, by_customer=False))
    (following,) = story.engine.state.threads.values()
    assert following != first
    assert story.engine.state.contacts[following].state is ContactState.IN_FLOW


class Promising(TinyFlows):
    """Whoever leaves the queue is promised a call."""

    def _left(self, site, flow, name, reason):  # type: ignore[no-untyped-def]
        return flows.Step(
            (flows.CallBack("+15550123", flow["queue"], 3), flows.EndContact()),
            flows.Cursor(name, "queue"),
        )


def test_who_is_called_back_keeps_the_place() -> None:
    story = Story(tiny_site(), Promising()).looks().calls("zoe")
    queue = story.contact("zoe").queue
    since = story.contact("zoe").order_at
    longest = story.engine.state.sites["v1"].queues[queue].max_wait_seconds  # type: ignore[index]
    story.later(longest + 1)
    ended = story.events(e.ContactEnded)[-1]
    assert ended.reason is EndReason.CALLBACK
    (promised,) = story.engine.state.contacts.values()
    assert promised.attributes["previous_contact"] == ended.contact
    assert (promised.dial, promised.order_at, promised.priority) == ("+15550123", since, 3)
    story.agent("ann").rings("ann")
    story.tell(i.LegAnswered(story.phone("ann")))
    (dialled,) = [effect for effect in story.effects if isinstance(effect, f.DialOut)]
    assert dialled.number == "+15550123"


def test_a_promised_call_survives_an_agent_who_does_not_answer() -> None:
    story = (
        Story(tiny_site(), Promising()).looks().calls("zoe").later(4000).agent("ann").rings("ann")
    )
    story.later(60)
    (promised,) = story.engine.state.contacts.values()
    assert promised.state is ContactState.WAITING


class Asking(TinyFlows):
    """The menu has something done outside first."""

    task: flows.Action = flows.StartTask(Lookup("crm", "GET", "/customers"))

    def step(self, site, contact, signal, now, centre):  # type: ignore[no-untyped-def]
        if isinstance(signal, flows.Entered):
            actions = (flows.VisitNode(signal.flow, "ask"), flows.AnswerCall(), self.task)
            return flows.Step(actions, flows.Cursor(signal.flow, "ask"), 10.0)
        if isinstance(signal, flows.TaskDone):
            kept = flows.SetAttribute("outcome", signal.outcome)
            return flows.Step((kept, flows.Enqueue("support")), flows.Cursor("menu", "queue"))
        if isinstance(signal, flows.TimedOut):
            enqueue = flows.Enqueue("support")
            return flows.Step((enqueue,), flows.Cursor("menu", "queue"))
        return super().step(site, contact, signal, now, centre)


def started(story: Story) -> f.PerformTask:
    (task,) = [effect for effect in story.effects if isinstance(effect, f.PerformTask)]
    return task


def test_a_task_is_told_once() -> None:
    story = Story(tiny_site(), Asking()).calls("zoe", to="menu")
    task = started(story).task
    story.tell(i.TaskReported(task, "ok", {"tier": "gold"}))
    assert story.contact("zoe").attributes["outcome"] == "ok"
    story.tell(i.TaskReported(task, "ok"))
    story.refused("task-over")


@pytest.mark.parametrize("how", ["gone", "late"])
def test_nobody_waits_for_a_task_that_the_contact_left(how: str) -> None:
    story = Story(tiny_site(), Asking()).calls("zoe", to="menu")
    task = started(story).task
    if how == "gone":
        story.hangs_up("zoe")
    else:
        story.later(11)
    assert [effect for effect in story.effects if isinstance(effect, f.CancelTask)]
    assert story.events(e.TaskEnded)[-1].outcome == "cancelled"
    story.tell(i.TaskReported(task, "ok"))
    story.refused("task-over")
    assert not story.engine.state.tasks


class Dialling(Asking):
    """The menu joins the caller to somebody outside."""

    task = flows.StartTask(DialOutside("+15550100", 20))


def test_who_hangs_up_on_somebody_outside_was_transferred() -> None:
    story = Story(tiny_site(), Dialling()).calls("zoe", to="menu")
    (out,) = [effect for effect in story.effects if isinstance(effect, f.SendOut)]
    assert (out.context, out.extension, out.ring_seconds) == (DIAL_CONTEXT, "+15550100", 20)
    story.tell(i.LegGone("zoe"))  # type: ignore[arg-type]
    assert story.events(e.ContactEnded)[-1].reason is EndReason.TRANSFERRED


@pytest.mark.parametrize(("result", "outcome"), [("ANSWER", "ok"), ("BUSY", "failed")])
def test_who_comes_back_from_outside_goes_on(result: str, outcome: str) -> None:
    story = Story(tiny_site(), Dialling()).calls("zoe", to="menu")
    (out,) = [effect for effect in story.effects if isinstance(effect, f.SendOut)]
    story.tell(i.LegBack("zoe", "pbx", "", "", task=out.task, result=result))  # type: ignore[arg-type]
    assert story.contact("zoe").attributes["outcome"] == outcome
