"""What flows have done outside, in the core: who waits, who does not, and what a restart does."""

from __future__ import annotations

import pytest
from flowkit import BYE, read

from acd.app import codec
from acd.core import effects as f
from acd.core import events as e
from acd.core import inputs as i
from acd.core.contact import EndReason
from acd.core.state import State
from acd.core.task import Lookup, Notify
from acd.flow.interpreter import FlowInterpreter
from acd.testing.story import Story

pytestmark = pytest.mark.core

ASK = f"""start = "a"
[node.a]
type = "lookup"
service = "crm"
path = "/x"
take = {{ tier = "tier" }}
next = "told"
on_fail = "sorry"
[node.told]
type = "play"
prompt = "hello"
next = "bye"
[node.sorry]
type = "play"
prompt = "wrong"
next = "bye"
{BYE}"""
TELL = f"""start = "a"
[node.a]
type = "webhook"
service = "crm"
path = "/x"
body = {{ from = "{{ani}}" }}
next = "told"
on_fail = "told"
[node.told]
type = "play"
prompt = "hello"
next = "bye"
{BYE}"""
FILES = {
    "main.toml": ASK,
    "tell.toml": TELL,
    "numbers.toml": '"100" = "main"\n"200" = "tell"\nchat = "main"\n',
}


def story() -> Story:
    site, problems = read(FILES)
    assert site is not None, problems
    return Story(site, FlowInterpreter())


def begun(told: Story) -> f.PerformTask:
    return told.done(f.PerformTask)[-1]


def test_a_caller_hears_what_came_of_it() -> None:
    told = story().calls("c1", to="100", is_up=True)
    asked = begun(told)
    assert isinstance(asked.what, Lookup)
    assert told.engine.state.errands == {asked.task: asked}
    told.tell(i.TaskReported(asked.task, "ok", {"tier": "gold"}))
    assert told.contact("c1").attributes["tier"] == "gold"
    assert told.events(e.PromptsStarted)[-1].prompts[0].value == "hello"
    told.tell(i.TaskReported(asked.task, "ok", {"tier": "lead"})).refused("task-over")
    assert told.contact("c1").attributes["tier"] == "gold"


def test_who_is_never_answered_goes_on() -> None:
    told = story().calls("c1", to="100", is_up=True).later(30)
    assert told.events(e.PromptsStarted)[-1].prompts[0].value == "wrong"
    assert [task.task for task in told.done(f.CancelTask)] == [begun(told).task]


def test_a_caller_who_hangs_up_waits_no_more() -> None:
    told = story().calls("c1", to="100", is_up=True).hangs_up("c1")
    assert told.done(f.CancelTask)
    assert told.engine.state.tasks == {}


def test_an_errand_outlives_the_call() -> None:
    told = story().calls("c1", to="200", is_up=True)
    errand = begun(told)
    assert errand.what == Notify("crm", "/x", {"from": "+c1"})
    told.hangs_up("c1")
    assert told.events(e.ContactEnded)[-1].reason is EndReason.LEFT_FLOW
    assert not told.done(f.CancelTask)
    assert list(told.engine.state.errands) == [errand.task]
    told.restores()
    saved = codec.decode(codec.encode(told.engine.state), State)
    assert saved.errands == {errand.task: errand}
    told.tell(i.TaskReported(errand.task, "ok"))
    assert told.engine.state.errands == {}
    assert told.events(e.TaskEnded)[-1].outcome == "ok"


def test_a_chat_keeps_its_task_over_a_restart() -> None:
    told = story().writes("jo", to="widget").restores()
    (errand,) = told.engine.state.errands.values()
    assert list(told.engine.state.tasks) == [errand.task]
    told.tell(i.TaskReported(errand.task, "failed"))
    assert told.events(e.MessageAdded)[-1].text == "No."
    assert told.engine.state.errands == {}


def test_a_caller_is_asked_about_as_the_same_thing_after_a_restart() -> None:
    told = story().calls("c1", to="100", is_up=True)
    first = begun(told)
    told.restores().looks(fresh=True)
    assert begun(told) == first
    assert not told.done(f.CancelTask)
    assert list(told.engine.state.tasks) == [first.task]
