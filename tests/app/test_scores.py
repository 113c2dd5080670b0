"""Surveys: figures by hand, counted where answers belong, within bounds, over a restart."""

from __future__ import annotations

from datetime import date
from itertools import count

import pytest

from acd.app import scores as module
from acd.app.codec import CodecError
from acd.app.scores import Scores
from acd.core import events as e
from acd.core.ids import ContactId
from acd.core.record import Record
from acd.core.timers import after
from acd.ports.store import Snapshot
from acd.testing.pretend import START

pytestmark = pytest.mark.app

FIRST = date(2026, 1, 5)  # the day of START
LAST = date(2027, 12, 31)
DAY = 86_400


class Told:
    """A fold, told event by event."""

    def __init__(self) -> None:
        self.scores = Scores()
        self._seq = count(1)

    def tell(self, *bodies, at: float = 0) -> None:
        for body in bodies:
            self.scores.fold(Record(next(self._seq), after(START, at), 0, "test", body))

    def follows(self, name: str, agent: str, queue: str, channel: str = "voice") -> ContactId:
        """Let a contact follow a talk with an agent."""
        contact = ContactId(name)
        self.tell(
            e.ContactOpened(contact, channel, None, "ani", "dnis", "", "en", "v1", ""),
            e.AttributeSet(contact, "previous_contact", "c-0"),
            e.AttributeSet(contact, "previous_agent", agent),
            e.AttributeSet(contact, "previous_queue", queue),
        )
        return contact

    def answers(self, contact, score, scale="csat", question="overall", at: float = 0) -> None:
        self.tell(e.ScoreKept(contact, "after", question, scale, score), at=at)

    def by(self, by="survey"):
        """Return group, answers, mean, CSAT and NPS of all days."""
        return [
            (one.question, one.group, one.answers, one.mean, one.csat, one.nps)
            for one in self.scores.figures(FIRST, LAST, by)
        ]


def test_figures_by_hand():
    told = Told()
    contact = told.follows("c-1", "ann", "desk")
    for score in (5, 4, 4, 3, 1):
        told.answers(contact, score)
    for score in (10, 9, 9, 8, 7, 6, 0, 3):  # 3 promoters, 3 detractors, 2 passive
        told.answers(contact, score, "nps", "recommend")
    told.answers(contact, 10, "nps", "recommend")
    for score in (0, 9):
        told.answers(contact, score, "points", "ease")
    assert told.by() == [
        ("ease", "", 2, 4.5, None, None),
        ("overall", "", 5, 3.4, 0.6, None),
        ("recommend", "", 9, pytest.approx(62 / 9), None, pytest.approx(100 / 9)),
    ]
    assert told.scores.figures(FIRST, LAST)[1].counts == {"1": 1, "3": 1, "4": 2, "5": 1}


def test_an_answer_belongs_to_the_talk_before_it():
    told = Told()
    one = told.follows("c-1", "ann", "desk")
    told.tell(e.OfferAccepted(one, "o-1", "zed", "s-1"))  # whoever takes it later is not meant
    told.answers(one, 5)
    told.answers(told.follows("c-2", "bob", "sales", "chat"), 1)
    alone = ContactId("c-3")  # asked before any queue
    told.tell(e.ContactOpened(alone, "chat", None, "ani", "dnis", "", "en", "v1", ""))
    told.answers(alone, 3, at=2 * DAY)
    groups = {by: [(g, n) for _, g, n, *_ in told.by(by)] for by in module.GROUPS}
    assert groups == {
        "survey": [("", 3)],
        "queue": [("", 1), ("desk", 1), ("sales", 1)],
        "agent": [("", 1), ("ann", 1), ("bob", 1)],
        "channel": [("chat", 2), ("voice", 1)],
        "day": [("2026-01-05", 2), ("2026-01-07", 1)],
    }
    assert told.scores.figures(date(2026, 1, 6), LAST)[0].answers == 1
    assert told.scores.figures(date(2026, 1, 8), LAST) == []


def test_what_is_kept_is_bounded(monkeypatch):
    monkeypatch.setattr(module, "DAYS_KEPT", 3)
    monkeypatch.setattr(module, "MOST_CELLS", 4)
    told = Told()
    for day in range(5):
        told.answers(ContactId("c-0"), 5, at=day * DAY)
    for number in range(10):
        told.answers(told.follows(f"c-{number}", f"agent{number}", "desk"), 4, at=4 * DAY)
    state = told.scores.state
    assert list(state.days) == ["2026-01-07", "2026-01-08", "2026-01-09"]
    assert len(state.days["2026-01-09"]) == 5  # four, and one for all agents who came too late
    assert sum(n for *_, n, _, _, _ in told.by()) == 13  # none of the days kept is lost
    assert [sum(counts) for *_, counts in told.scores.totals()] == [15]  # never goes down
    for number in range(10):
        told.tell(e.ContactClosed(ContactId(f"c-{number}"), "flow_ended", ""))
    assert state.contacts == {}


def test_it_goes_on_where_it_was_saved():
    told = Told()
    contact = told.follows("c-1", "ann", "desk")
    told.answers(contact, 4)
    restored = Told()
    restored.scores = Scores.restored(told.scores.snapshot())
    restored.answers(contact, 2)
    assert restored.by("agent") == [("overall", "ann", 2, 3.0, 0.5, None)]
    with pytest.raises(CodecError):
        Scores.restored(Snapshot(1, b'{"what": "else"}'))
