"""/api/v1/reports/surveys and what Prometheus sees of surveys."""

from __future__ import annotations

import pytest
from webkit import Web

from acd.core import events as e
from acd.core.ids import ContactId
from acd.core.record import Record
from acd.ports.store import Role

pytestmark = pytest.mark.app


def answer(web: Web, *scores: int, scale: str = "csat", question: str = "overall") -> None:
    """Let a customer have answered, about a talk with ann on the desk."""
    fold = web.centre.scores
    contact = ContactId("c-survey")
    bodies = [
        e.ContactOpened(contact, "chat", None, "ani", "dnis", "", "en", "v1", ""),
        e.AttributeSet(contact, "previous_agent", "ann"),
        e.AttributeSet(contact, "previous_queue", "desk"),
        *(e.ScoreKept(contact, "after-chat", question, scale, score) for score in scores),
    ]
    before = fold.state.seq
    fold.fold_all(Record(1, web.centre.now(), 0, "test", body) for body in bodies)
    fold.state.seq = before


async def test_figures_are_told_by_question_and_by_group(web: Web):
    answer(web, 5, 4, 2)
    answer(web, 10, 9, 3, scale="nps", question="recommend")
    token = web.tokens[Role.SUPERVISOR]
    status, found = await web.ask("/api/v1/reports/surveys", token=token)
    assert status == 200
    assert [(o["question"], o["answers"]) for o in found["surveys"]] == [
        ("overall", 3),
        ("recommend", 3),
    ]
    overall, recommend = found["surveys"]
    assert overall["csat"] == pytest.approx(2 / 3)
    assert overall["counts"] == {"2": 1, "4": 1, "5": 1}
    assert (overall["nps"], recommend["csat"]) == (None, None)
    assert recommend["nps"] == pytest.approx(100 / 3)
    status, found = await web.ask("/api/v1/reports/surveys?by=agent", token=token)
    assert {one["group"] for one in found["surveys"]} == {"ann"}
    _, found = await web.ask("/api/v1/reports/surveys?until=2020-01-01", token=token)
    assert (found["since"], found["surveys"]) == ("2019-12-26", [])
    status, found = await web.ask("/api/v1/reports/surveys?by=moon", token=token)
    assert status == 400


async def test_prometheus_sees_answers_and_figures(web: Web):
    answer(web, 5, 1, question="seen")
    async with web.session.get(web.server.make_url("/metrics")) as reply:
        lines = (await reply.text()).splitlines()
    wanted = 'acd_survey_answers_total{question="seen",scale="csat",score="5",survey="after-chat"}'
    assert f"{wanted} 1.0" in lines
    assert 'acd_survey_csat{question="seen",survey="after-chat"} 0.5' in lines
