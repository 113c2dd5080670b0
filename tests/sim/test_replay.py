"""Replay: an honest log replays, and a log changed anywhere is caught where it was changed."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import pytest
from simkit import records_of, scenario

from acd.app.codec import export_jsonl
from acd.core import events as e
from acd.core.flows import Step
from acd.core.ids import AgentName
from acd.core.record import Record
from acd.flow.interpreter import FlowInterpreter
from acd.sim.replay import ReplayError, read_jsonl, replay

pytestmark = pytest.mark.core


@cache
def log() -> tuple[Record, ...]:
    found = replace(scenario("two-skills"), warmup_seconds=0.0, duration_seconds=1800.0)
    return tuple(records_of(found))


def index_of(kind: type, after: int = 400) -> int:
    return next(n for n, r in enumerate(log()) if n > after and isinstance(r.body, kind))


def changed(place: int, **changes: object) -> list[Record]:
    records = list(log())
    records[place] = replace(records[place], **changes)  # type: ignore[arg-type]
    return records


def test_a_log_replays_from_its_file(tmp_path) -> None:
    path = tmp_path / "log.jsonl"
    path.write_bytes(b"".join(export_jsonl(log())))
    report = replay(read_jsonl(path), FlowInterpreter())
    assert report.is_same
    assert report.inputs + report.events == len(log())
    assert report.decisions == sum(isinstance(r.body, e.OfferMade) for r in log()) > 100
    assert report.illegal == 0
    assert report.as_text().startswith("no difference: ")
    assert report.document()["difference"] is None


def test_another_agent_is_a_difference() -> None:
    place = index_of(e.OfferMade)
    body = log()[place].body
    records = changed(place, body=replace(body, agent=AgentName("nobody")))
    report = replay(records, FlowInterpreter())
    assert not report.is_same
    found = report.difference
    assert (found.seq, found.fields) == (place + 1, (("agent", "nobody", body.agent),))
    assert [record.seq for record in found.context] == list(range(place - 7, place + 1))
    assert found.cause.is_input
    text = report.as_text()
    assert f"difference at record {place + 1}" in text
    assert "agent: nobody recorded" in text
    assert report.document()["difference"]["fields"][0]["recorded"] == "nobody"


@pytest.mark.parametrize(
    ("change", "field"),
    [({"cause": 1}, "cause"), ({"actor": "mallory"}, "actor"), ({"at": 5}, "at")],
)
def test_cause_actor_and_instant_count(change: dict[str, object], field: str) -> None:
    place = index_of(e.OfferAccepted)
    found = replay(changed(place, **change), FlowInterpreter()).difference
    assert found.seq == place + 1
    assert [name for name, _, _ in found.fields] == [field]


def test_a_change_deep_inside_is_named() -> None:
    place = index_of(e.OfferMade)
    body = log()[place].body
    row = replace(body.candidates.rows[0], why="because")
    table = replace(body.candidates, rows=(row, *body.candidates.rows[1:]))
    found = replay(changed(place, body=replace(body, candidates=table)), FlowInterpreter())
    assert found.difference.fields[0][:2] == ("candidates.rows.0.why", "because")


def test_another_kind_of_event() -> None:
    place = index_of(e.OfferAccepted)
    body = e.MusicStarted(log()[place].body.contact, "jazz")
    found = replay(changed(place, body=body), FlowInterpreter()).difference
    assert found.fields == (("type", "MusicStarted", "OfferAccepted"),)


def test_events_that_are_missing_or_too_many() -> None:
    place = index_of(e.ContactQueued)
    while not log()[place].is_input:
        place += 1
    cut = replay(log()[: place - 1], FlowInterpreter())
    assert (cut.difference.seq, cut.difference.recorded) == (place, None)
    assert "recorded: nothing more" in cut.as_text()
    extra = replace(log()[place - 1], seq=place + 1)
    more = replay([*log()[:place], extra], FlowInterpreter())
    assert (more.difference.seq, more.difference.decided) == (place + 1, None)
    assert "decided: nothing more" in more.as_text()
    assert more.document()["difference"]["decided"] is None


def test_other_flows_are_a_difference() -> None:
    class Hasty(FlowInterpreter):
        def step(self, site, contact, signal, now, centre):
            step = super().step(site, contact, signal, now, centre)
            return Step(step.actions[1:], step.cursor, step.wait_seconds)

    found = replay(log(), Hasty()).difference
    assert (found.recorded.type, found.cause.type) == ("NodeEntered", "LegArrived")


@pytest.mark.parametrize(
    ("records", "code"),
    [
        (lambda: (), "log-empty"),
        (lambda: log()[5:], "log-headless"),
        (lambda: (*log()[:50], *log()[51:]), "log-gap"),
        (lambda: [replace(log()[1], seq=1)], "log-headless"),
    ],
)
def test_what_is_no_log_is_refused(records, code: str) -> None:
    with pytest.raises(ReplayError) as caught:
        replay(records(), FlowInterpreter())
    assert caught.value.code == code


def test_a_file_that_is_not_there(tmp_path) -> None:
    with pytest.raises(ReplayError, match="cannot be read"):
        list(read_jsonl(tmp_path / "no.jsonl"))
