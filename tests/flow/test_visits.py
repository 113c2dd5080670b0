"""A caller goes out to the site's own dialplan: what the core and the node make of it."""

from __future__ import annotations

import pytest
from flowkit import BYE, read

from acd.core import effects as f
from acd.core import events as e
from acd.core import inputs as i
from acd.core.contact import EndReason
from acd.core.ids import LegId, TaskId
from acd.core.leg import GoneCause, LegState
from acd.flow.interpreter import FlowInterpreter
from acd.testing.story import Story

pytestmark = pytest.mark.core

FLOW = f"""start = "out"
[node.out]
type = "dialplan"
context = "lab"
extension = "echo"
attribute = "heard"
max_seconds = 90
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
OTHER = f'start = "late"\n[node.late]\ntype = "play"\nprompt = "late"\nnext = "bye"\n{BYE}'
LAB = "[lab]\nexten => echo,1,Echo()\n same => n,Goto(acd-enter,other,1)\n"
FILES = {
    "main.toml": FLOW,
    "other.toml": OTHER,
    "numbers.toml": '"100" = "main"\n"200" = "other"\n',
    "asterisk/lab.conf": LAB,
}


def out() -> Story:
    """A caller who is out."""
    site, problems = read(FILES)
    assert site is not None, problems
    return Story(site, FlowInterpreter()).calls("c1", to="100", is_up=True)


def comes_back(story: Story, task: TaskId | None = None, **what: str) -> Story:
    sent = story.done(f.SendOut)[-1]
    return story.tell(i.LegBack(sent.leg, "pbx", "", "100", task=task or sent.task, **what))


def heard(story: Story) -> str:
    """Return the prompt that is played."""
    return story.events(e.PromptsStarted)[-1].prompts[0].value


def test_the_leg_is_away_and_the_pbx_is_told_where() -> None:
    story = out()
    (sent,) = story.done(f.SendOut)
    assert (sent.context, sent.extension, sent.max_seconds) == ("lab", "echo", 90.0)
    assert story.engine.state.legs[sent.leg].state is LegState.AWAY
    assert story.engine.leased_legs() == []
    assert story.engine.next_deadline() is None
    story.tell(i.DigitReceived(sent.leg, "1"))
    assert not story.events(e.PromptsStarted)


def test_back_with_a_word() -> None:
    story = comes_back(out(), result="fine")
    assert story.contact("c1").attributes["heard"] == "fine"
    assert heard(story) == "hello"
    assert story.engine.state.tasks == {}
    assert story.engine.leased_legs() == [story.contact("c1").leg]


@pytest.mark.parametrize("result", ["missing", "timeout", "invalid", "no-input"])
def test_back_in_vain(result: str) -> None:
    story = comes_back(out(), result=result)
    assert heard(story) == "wrong"
    assert "heard" not in story.contact("c1").attributes


def test_back_into_another_flow() -> None:
    story = comes_back(out(), flow="other")
    assert heard(story) == "late"
    assert [event.flow for event in story.events(e.FlowEntered)] == ["main", "other"]


def test_into_a_flow_that_is_not_there() -> None:
    assert heard(comes_back(out(), flow="nowhere")) == "wrong"


def test_hanging_up_outside_ends_the_contact() -> None:
    story = out()
    story.tell(i.LegGone(story.done(f.SendOut)[0].leg, GoneCause.NORMAL))
    assert story.events(e.ContactEnded)[-1].reason is EndReason.LEFT_FLOW
    assert story.engine.state.tasks == {}


def test_a_look_while_out_changes_nothing() -> None:
    story = out()
    leg = story.done(f.SendOut)[0].leg
    fact = i.LegFact(leg, LegState.AWAY)
    for is_fresh in (False, True):
        story.tell(i.PbxSeen("pbx", "e1", (fact,), (leg,), is_fresh))
        assert story.engine.state.legs[leg].state is LegState.AWAY
    assert heard(comes_back(story, result="x")) == "hello"


def test_it_could_not_be_sent() -> None:
    story = out()
    story.tell(i.EffectFailed("SendOut", story.done(f.SendOut)[0].leg, "ari-conflict"))
    assert heard(story) == "wrong"


def test_the_engine_died_before_it_sent() -> None:
    story = out()
    leg = story.done(f.SendOut)[0].leg
    fact = i.LegFact(leg, LegState.UP)
    story.tell(i.PbxSeen("pbx", "e1", (fact,), (leg,), is_fresh=True))
    first, second = story.done(f.SendOut)
    assert first.task != second.task
    assert list(story.engine.state.tasks) == [second.task]


def test_one_who_comes_back_twice_is_just_back() -> None:
    """The lease was lost after the return: the channel still says what it was out for."""
    story = out()
    task = story.done(f.SendOut)[0].task
    comes_back(story, result="fine")
    sent = len(story.done(f.SendOut))
    comes_back(story, task, result="fine")
    assert heard(story) == "hello"
    assert len(story.done(f.SendOut)) == sent
    story.tell(i.LegBack(LegId("stranger"), "pbx", "+15550199", "200", task=TaskId("t-9-x")))
    assert heard(story) == "late"
