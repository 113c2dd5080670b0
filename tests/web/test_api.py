"""The JSON API: what it shows of a real engine, and what it refuses."""

from __future__ import annotations

from datetime import datetime

import pytest
from webkit import Web, profile, ready

from acd.core import inputs as i
from acd.core.ids import LegId
from acd.ports.store import AgentRow, Role

pytestmark = pytest.mark.app

CONTACT = {
    "id", "channel", "state", "customer", "queue", "agent", "ani", "dnis", "attributes",
    "priority", "opened_at", "queued_at", "answered_at", "closed_at", "end_reason", "segments",
}  # fmt: skip
QUEUE = {
    "name", "waiting", "longest_wait_seconds", "agents_available", "agents_busy", "offered",
    "answered", "abandoned", "service_level", "asa_seconds", "estimated_wait_seconds",
}  # fmt: skip
AGENT = {"name", "title", "presence", "reason", "state", "queues", "skills", "works"}


async def test_a_contact_from_ringing_to_its_end(web: Web):
    await ready(web, "ann")
    contact = await web.call("leg-1")
    _, found = await web.ask(f"/api/v1/contacts/{contact}")
    assert set(found) >= CONTACT
    assert (found["state"], found["queue"], found["agent"]) == ("offered", "support", None)
    assert found["customer"] == {"address": "+15550100", "name": "Zoe"}
    assert found["answered_at"] is None

    await web.answer()
    _, found = await web.ask(f"/api/v1/contacts/{contact}")
    assert (found["state"], found["agent"]) == ("active", "ann")

    await web.tell(i.LegGone(LegId("leg-1")))
    await web.settled()
    _, found = await web.ask(f"/api/v1/contacts/{contact}")
    assert (found["state"], found["end_reason"]) == ("closed", "customer_ended")
    instants = [found[f"{name}_at"] for name in ("opened", "queued", "answered", "closed")]
    assert instants == sorted(instants)
    assert all(datetime.fromisoformat(one).utcoffset().total_seconds() == 0 for one in instants)
    assert [segment["kind"] for segment in found["segments"]][-1] == "agent"


async def test_contacts_are_filtered_and_paged(web: Web):
    mine = [await web.call(f"leg-{n}", ani="+1555010" + str(n % 2)) for n in range(5)]
    newest_first = mine[::-1]
    _, found = await web.ask("/api/v1/contacts")
    assert [one["id"] for one in found["contacts"]] == newest_first
    assert found["next"] is None

    _, page = await web.ask("/api/v1/contacts?limit=2")
    assert [one["id"] for one in page["contacts"]] == newest_first[:2]
    _, page = await web.ask(f"/api/v1/contacts?limit=3&before={page['next']}")
    assert [one["id"] for one in page["contacts"]] == newest_first[2:]

    async def count(**query: str) -> int:
        _, answer = await web.ask("/api/v1/contacts", params=query)
        return len(answer["contacts"])

    assert await count(ani="+15550101") == 2
    assert await count(queue="support", open="true", channel="voice", state="waiting") == 5
    assert await count(open="false") == 0
    assert await count(agent="ann") == 0
    assert await count(opened_from="2020-01-01T00:00:00Z") == 5
    assert await count(opened_until="2020-01-01T00:00:00Z") == 0
    assert await count(ani="' OR 1=1 --") == 0


@pytest.mark.parametrize(
    "query",
    [
        "limit=0", "limit=501", "limit=x", "limit=1&limit=2", "limit=%2B5", "open=1", "open=yes",
        "opened_from=yesterday", "opened_from=9999999-01-01", "color=red", "limit=",
    ],
)  # fmt: skip
async def test_a_question_that_is_not_understood_is_refused(web: Web, query):
    status, answer = await web.ask(f"/api/v1/contacts?{query}")
    assert status == 400
    assert answer["error"]["code"] == "bad-request"
    assert answer["error"]["details"]["parameter"] == query.partition("=")[0]


async def test_trace_and_why_tell_the_story(web: Web):
    await ready(web, "bob")
    contact = await web.call("leg-1")
    await web.answer()
    _, found = await web.ask(f"/api/v1/contacts/{contact}/trace")
    types = [step["type"] for step in found["steps"]]
    assert types[0] == "LegArrived"
    assert "OfferMade" in types
    assert "OfferAccepted" in types
    _, found = await web.ask(f"/api/v1/contacts/{contact}/why")
    (made,) = found["decisions"]
    assert made["agent"] == "bob"
    assert {one["agent"] for one in made["candidates"]} == {"ann", "bob"}


async def test_a_queue_with_somebody_waiting(web: Web):
    await web.call("leg-1")
    await ready(web, "ann", "bob")
    await web.answer()
    await web.call("leg-2")
    await web.answer()
    await web.call("leg-3")
    status, found = await web.ask("/api/v1/queues/support")
    assert status == 200
    assert set(found) >= QUEUE
    assert (found["waiting"], found["agents_available"], found["agents_busy"]) == (1, 0, 2)
    assert (found["offered"], found["answered"], found["abandoned"]) == (3, 2, 0)
    assert found["longest_wait_seconds"] > 0
    assert found["service_level"] == 1
    assert found["asa_seconds"] < 5

    await web.tell(i.LegGone(LegId("leg-3")))
    _, found = await web.ask("/api/v1/queues/support")
    assert (found["waiting"], found["longest_wait_seconds"], found["abandoned"]) == (0, 0, 1)


async def test_an_estimate_is_not_invented(web: Web):
    _, found = await web.ask("/api/v1/queues/support")
    assert found["estimated_wait_seconds"] is None
    await ready(web, "ann")
    _, found = await web.ask("/api/v1/queues/support")
    assert found["estimated_wait_seconds"] == 0


async def test_queues_are_listed_by_name(web: Web):
    _, found = await web.ask("/api/v1/queues")
    assert [queue["name"] for queue in found["queues"]] == ["sales", "support"]


async def test_an_agent_and_their_work(web: Web):
    await ready(web, "ann")
    contact = await web.call("leg-1")
    _, found = await web.ask("/api/v1/agents/ann")
    assert set(found) >= AGENT
    assert (found["presence"], found["state"], found["why_not"]) == (
        "available", "ringing", {"voice": "offered"},
    )  # fmt: skip
    (work,) = found["works"]
    assert (work["contact"], work["queue"], work["state"]) == (contact, "support", "offered")
    _, found = await web.ask("/api/v1/agents")
    assert [agent["name"] for agent in found["agents"]] == ["ann", "bob"]


async def test_a_supervisor_changes_a_presence(web: Web):
    token = web.tokens[Role.SUPERVISOR]
    status, found = await web.ask(
        "/api/v1/agents/ann/presence",
        method="POST",
        token=token,
        json={"presence": "not_ready", "reason": "lunch"},
    )
    assert status == 200
    assert (found["presence"], found["reason"], found["state"]) == (
        "not_ready", "lunch", "not_ready",
    )  # fmt: skip
    records = [record async for record in web.centre.loop._store.read()]  # type: ignore[attr-defined]
    asked = [record for record in records if isinstance(record.body, i.SetPresence)]
    assert asked[-1].actor == "api:a supervisor"


@pytest.mark.parametrize(
    "body",
    [
        b"", b"{", b"[]", b'{"presence": "away"}', b'{"presence": 1}', b'{}',
        b'{"presence": "available", "also": 1}', b'{"presence": "available", "reason": null}',
        b'{"presence": "not_ready", "reason": "' + b"x" * 41 + b'"}',
        b'{"presence": "not_ready", "reason": "a\\nb"}', b"\xff\xfe", b"[" * 60000,
    ],
    ids=range(12),
)  # fmt: skip
async def test_a_bad_body_is_refused_and_changes_nothing(web: Web, body):
    seq = web.centre.state.seq
    status, answer = await web.ask(
        "/api/v1/agents/ann/presence",
        method="POST",
        data=body,
        headers={"Content-Type": "application/json"},
    )
    assert (status, answer["error"]["code"]) == (400, "bad-request")
    assert web.centre.state.seq == seq


async def test_a_huge_body_and_another_kind_are_refused(web: Web):
    path = "/api/v1/agents/ann/presence"
    how = {"method": "POST", "headers": {"Content-Type": "application/json"}}
    status, _ = await web.ask(path, data=b" " * 100_000, **how)
    assert status == 413
    status, _ = await web.ask(path, method="POST", data={"presence": "available"})
    assert status == 400


async def test_the_tables_are_read_again(web: Web):
    row = AgentRow(profile("cid", "2003", "sales"), Role.AGENT, "0" * 32)
    await web.centre.agent_store.save_agent(row)
    await web.centre.agent_store.remove_agent("bob")
    status, found = await web.ask("/api/v1/agents/reload", method="POST")
    assert (status, found) == (200, {"agents": 2})
    _, found = await web.ask("/api/v1/agents")
    assert [agent["name"] for agent in found["agents"]] == ["ann", "cid"]
    assert web.phones == [2, 2]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("/api/v1/contacts/c-1-none", "contact-unknown"),
        ("/api/v1/contacts/c-1-none/trace", "contact-unknown"),
        ("/api/v1/contacts/%27/why", "contact-unknown"),
        ("/api/v1/contacts/%00%27/why", "not-found"),
        ("/api/v1/queues/none", "queue-unknown"),
        ("/api/v1/agents/none", "agent-unknown"),
        ("/api/v1/none", "not-found"),
        ("/api/v2/contacts", "not-found"),
        ("/..%2f..%2fetc/passwd", "not-found"),
    ],
)
async def test_what_is_not_there(web: Web, path, code):
    status, answer = await web.ask(path)
    assert status == 404
    assert set(answer["error"]) == {"code", "message", "details"}
    assert answer["error"]["code"] == code


async def test_what_may_only_be_read(web: Web):
    for method in ("POST", "PUT", "DELETE", "PATCH"):
        status, answer = await web.ask("/api/v1/contacts", method=method)
        assert (status, answer["error"]["code"]) == (405, "method-not-allowed")
