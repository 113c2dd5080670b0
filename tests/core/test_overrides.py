"""Opening and closing by word: an override holds until its time, or until somebody ends it."""

from __future__ import annotations

import pytest

from acd.app import codec
from acd.core import events as e
from acd.core import inputs as i
from acd.core.calendar import WEEKDAYS, Calendar
from acd.core.site import Site
from acd.core.state import State
from acd.core.timers import after
from acd.testing.story import START, Story

pytestmark = pytest.mark.core

ALWAYS = Calendar("sales", "Europe/Berlin", dict.fromkeys(WEEKDAYS, ((0, 1440),)))


def open_centre() -> Story:
    story = Story()
    story.tell(i.PublishSite(Site("v2", calendars={"sales": ALWAYS})))
    return story


def is_open(story: Story) -> bool:
    return story.engine.state.is_open(ALWAYS, story.now)


def test_a_word_counts_more_than_the_hours() -> None:
    story = open_centre()
    assert is_open(story)
    story.tell(i.OverrideCalendar("sales", is_open=False, note="fire drill"))
    assert not is_open(story)
    said = story.engine.state.overrides["sales"]
    assert (said.note, said.since, said.until) == ("fire drill", story.now, None)
    assert said.by == story.record(e.CalendarOverridden).actor
    assert not is_open(story.at(1_000_000))
    story.tell(i.OverrideCalendar("sales", is_open=None))
    assert is_open(story)
    assert story.engine.state.overrides == {}
    story.tell(i.OverrideCalendar("sales", is_open=None))
    assert [record.type for record in story.last.records] == ["OverrideCalendar"]


def test_it_falls_away_when_its_time_is_over() -> None:
    story = open_centre().at(10)
    story.tell(i.OverrideCalendar("sales", is_open=False, until=after(START, 60.0)))
    assert not is_open(story.at(59.9))
    assert is_open(story.at(60))
    assert story.engine.state.overrides == {}
    assert story.record(e.OverrideEnded).body == e.OverrideEnded("sales", by="")
    assert story.engine.next_deadline() is None


def test_it_is_over_also_before_anybody_notes_it() -> None:
    story = open_centre()
    until = after(START, 60.0)
    story.tell(i.OverrideCalendar("sales", is_open=False, until=until))
    assert story.engine.state.is_open(ALWAYS, until)


def test_the_last_word_counts() -> None:
    story = open_centre()
    story.tell(i.OverrideCalendar("sales", is_open=False, until=after(START, 60.0)))
    story.tell(i.OverrideCalendar("sales", is_open=False))
    assert not is_open(story.at(100))
    story.tell(i.OverrideCalendar("sales", is_open=False, until=after(START, 200.0)))
    story.tell(i.OverrideCalendar("sales", is_open=True, until=after(START, 150.0)))
    assert is_open(story.at(120))


def test_what_makes_no_sense_is_refused() -> None:
    story = open_centre().at(10)
    story.tell(i.OverrideCalendar("slaes", is_open=False)).refused("calendar-unknown")
    past = i.OverrideCalendar("sales", is_open=False, until=after(START, 10.0))
    story.tell(past).refused("until-past")


def test_it_survives_a_restart() -> None:
    story = open_centre()
    story.tell(i.OverrideCalendar("sales", is_open=False, until=after(START, 60.0), note="ice"))
    state = story.engine.state
    again = codec.decode(codec.encode(state), State)
    assert again.overrides == state.overrides
    assert again.deadlines == state.deadlines
    cause = story.record(e.CalendarOverridden)
    assert codec.decode(codec.encode(cause.body), type(cause.body)) == cause.body
